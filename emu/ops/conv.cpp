// out[y][x][o] = tail_o( sum over ky, kx, i of  w[o][ky][kx][i] * in[y*sh + ky*dh - top][x*sw + kx*dw - left][g*n + i]
// ) with n = cin / groups, g = o / (cout / groups); pixels outside the image read pad_value (rules R1, R5, R6).
#include "emu/ops/check.h"
#include "emu/ops/kernels/kernels.h"
#include "emu/ops/ops.h"
#include "emu/ops/path.h"

namespace e8::ops {
namespace {

std::int64_t accumulate(const Tensor& in, const ConvParams& p, int y, int x, int o) {
  const Window& w = p.window;
  const int n = in.shape.c / p.groups, first = o / (p.cout / p.groups) * n;
  auto weight = p.weights.begin() + static_cast<std::ptrdiff_t>(o) * w.kh * w.kw * n;
  std::int64_t sum = 0;
  for (int ky = 0; ky < w.kh; ++ky) {
    const int iy = y * w.sh + ky * w.dh - w.top;
    for (int kx = 0; kx < w.kw; ++kx) {
      const int ix = x * w.sw + kx * w.dw - w.left;
      const bool inside = iy >= 0 && iy < in.shape.h && ix >= 0 && ix < in.shape.w;
      for (int i = 0; i < n; ++i) sum += *weight++ * (inside ? in.at(iy, ix, first + i) : p.pad_value);
    }
  }
  return sum;
}

Tensor conv_reference(const Tensor& in, const ConvParams& p, const Shape& shape) {
  Tensor out(shape);
  for (int y = 0; y < shape.h; ++y) {
    for (int x = 0; x < shape.w; ++x) {
      for (int o = 0; o < shape.c; ++o) {
        out.at(y, x, o) = num::checked_requantize(accumulate(in, p, y, x, o), p.tail.of(o), p.tail.mode);
      }
    }
  }
  return out;
}

}  // namespace

Shape output_shape(const Shape& in, const ConvParams& p) {
  const Shape out = window_shape(in, p.window, p.cout, "conv");
  require(p.groups >= 1 && p.cout >= 1, "conv", "groups and output channels must be positive");
  require(in.c % p.groups == 0 && p.cout % p.groups == 0, "conv", "channels not divisible by groups");
  return out;
}

Tensor conv(const Tensor& in, const ConvParams& p) {
  check_tensor(in, "conv");
  const Shape shape = output_shape(in.shape, p);
  const Shape filter{p.window.kh, p.window.kw, in.shape.c / p.groups};
  require(p.weights.size() == filter.size() * static_cast<std::size_t>(p.cout), "conv",
          "weights are not cout * kh * kw * cin / groups");
  check_tail(p.tail, p.cout, "conv");
  const kernels::Kernels* fast = kernels::find(path());
  if (fast == nullptr || filter.size() > kernels::kMaxDepth) return conv_reference(in, p, shape);
  return kernels::conv(in, p, shape, *fast);
}

}  // namespace e8::ops
