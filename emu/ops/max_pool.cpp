// out[y][x][c] = tail_c( max over ky, kx of in[y*sh + ky*dh - top][x*sw + kx*dw - left][c] ), padding being -128 (R5).
#include <algorithm>

#include "emu/ops/check.h"
#include "emu/ops/ops.h"

namespace e8::ops {
namespace {

std::int8_t largest(const Tensor& in, const Window& w, int y, int x, int c) {
  std::int8_t best = -128;
  for (int ky = 0; ky < w.kh; ++ky) {
    const int iy = y * w.sh + ky * w.dh - w.top;
    if (iy < 0 || iy >= in.shape.h) continue;
    for (int kx = 0; kx < w.kw; ++kx) {
      const int ix = x * w.sw + kx * w.dw - w.left;
      if (ix >= 0 && ix < in.shape.w) best = std::max(best, in.at(iy, ix, c));
    }
  }
  return best;
}

}  // namespace

Shape output_shape(const Shape& in, const MaxPoolParams& p) { return window_shape(in, p.window, in.c, "max_pool"); }

Tensor max_pool(const Tensor& in, const MaxPoolParams& p) {
  check_tensor(in, "max_pool");
  Tensor out(output_shape(in.shape, p));
  check_tail(p.tail, out.shape.c, "max_pool");
  for (int y = 0; y < out.shape.h; ++y) {
    for (int x = 0; x < out.shape.w; ++x) {
      for (int c = 0; c < out.shape.c; ++c) out.at(y, x, c) = rescale(largest(in, p.window, y, x, c), p.tail, c);
    }
  }
  return out;
}

}  // namespace e8::ops
