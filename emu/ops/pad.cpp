// out[y + top][x + left][c] = in[y][x][c]; everything else is `value`.
#include "emu/ops/check.h"
#include "emu/ops/ops.h"

namespace e8::ops {

Shape output_shape(const Shape& in, const PadParams& p) {
  require(p.top >= 0 && p.left >= 0 && p.bottom >= 0 && p.right >= 0, "pad", "negative padding");
  return {in.h + p.top + p.bottom, in.w + p.left + p.right, in.c};
}

Tensor pad(const Tensor& in, const PadParams& p) {
  check_tensor(in, "pad");
  Tensor out(output_shape(in.shape, p), p.value);
  for (int y = 0; y < in.shape.h; ++y) {
    for (int x = 0; x < in.shape.w; ++x) {
      for (int c = 0; c < in.shape.c; ++c) out.at(y + p.top, x + p.left, c) = in.at(y, x, c);
    }
  }
  return out;
}

}  // namespace e8::ops
