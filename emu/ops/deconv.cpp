// out[Y][X][o] = tail_o( sum over ky, kx, i of  w[o][ky][kx][i] * in[y][x][g*n + i] ) where Y = y*sh + ky*dh - top and
// X = x*sw + kx*dw - left, with n = cin / groups, g = o / (cout / groups); where no (y, x) fits there is no term.
#include "emu/ops/check.h"
#include "emu/ops/ops.h"

namespace e8::ops {
namespace {

/// The input position that reaches output `at` through tap k, or -1.
int source(int at, int pad, int k, int dilation, int stride, int size) {
  const int scaled = at + pad - k * dilation;
  return scaled >= 0 && scaled % stride == 0 && scaled / stride < size ? scaled / stride : -1;
}

std::int64_t accumulate(const Tensor& in, const DeconvParams& p, int y, int x, int o) {
  const Window& w = p.window;
  const int n = in.shape.c / p.groups, first = o / (p.cout / p.groups) * n;
  const auto weights = p.weights.begin() + static_cast<std::ptrdiff_t>(o) * w.kh * w.kw * n;
  std::int64_t sum = 0;
  for (int ky = 0; ky < w.kh; ++ky) {
    const int iy = source(y, w.top, ky, w.dh, w.sh, in.shape.h);
    for (int kx = 0; kx < w.kw && iy >= 0; ++kx) {
      const int ix = source(x, w.left, kx, w.dw, w.sw, in.shape.w);
      if (ix < 0) continue;
      const auto tap = weights + static_cast<std::ptrdiff_t>(ky * w.kw + kx) * n;
      for (int i = 0; i < n; ++i) sum += tap[i] * in.at(iy, ix, first + i);
    }
  }
  return sum;
}

}  // namespace

Shape output_shape(const Shape& in, const DeconvParams& p) {
  const Window& w = p.window;
  check_window(w, "deconv");
  require(in.h > 0 && in.w > 0 && in.c > 0, "deconv", "input dimensions must be positive");
  require(p.out_pad_h >= 0 && p.out_pad_w >= 0, "deconv", "negative output padding");
  require(p.groups >= 1 && p.cout >= 1, "deconv", "groups and output channels must be positive");
  require(in.c % p.groups == 0 && p.cout % p.groups == 0, "deconv", "channels not divisible by groups");
  const Shape out{(in.h - 1) * w.sh - w.top - w.bottom + w.dh * (w.kh - 1) + 1 + p.out_pad_h,
                  (in.w - 1) * w.sw - w.left - w.right + w.dw * (w.kw - 1) + 1 + p.out_pad_w, p.cout};
  require(out.h > 0 && out.w > 0, "deconv", "padding leaves no output");
  return out;
}

Tensor deconv(const Tensor& in, const DeconvParams& p) {
  check_tensor(in, "deconv");
  Tensor out(output_shape(in.shape, p));
  const Shape filter{p.window.kh, p.window.kw, in.shape.c / p.groups};
  require(p.weights.size() == filter.size() * static_cast<std::size_t>(p.cout), "deconv",
          "weights are not cout * kh * kw * cin / groups");
  check_tail(p.tail, p.cout, "deconv");
  for (int y = 0; y < out.shape.h; ++y) {
    for (int x = 0; x < out.shape.w; ++x) {
      for (int o = 0; o < out.shape.c; ++o) {
        out.at(y, x, o) = num::checked_requantize(accumulate(in, p, y, x, o), p.tail.of(o), p.tail.mode);
      }
    }
  }
  return out;
}

}  // namespace e8::ops
