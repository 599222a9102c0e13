// out[y][x][c] = in[y0 + y*sy][x0 + x*sx][c0 + c].
#include "emu/ops/check.h"
#include "emu/ops/ops.h"

namespace e8::ops {

Shape output_shape(const Shape& in, const SliceParams& p) {
  require(p.shape.h > 0 && p.shape.w > 0 && p.shape.c > 0, "slice", "result dimensions must be positive");
  require(p.sy >= 1 && p.sx >= 1, "slice", "stride below 1");
  require(p.y0 >= 0 && p.x0 >= 0 && p.c0 >= 0, "slice", "negative start");
  require(p.y0 + (p.shape.h - 1) * p.sy < in.h && p.x0 + (p.shape.w - 1) * p.sx < in.w && p.c0 + p.shape.c <= in.c,
          "slice", "leaves the image");
  return p.shape;
}

Tensor slice(const Tensor& in, const SliceParams& p) {
  check_tensor(in, "slice");
  Tensor out(output_shape(in.shape, p));
  for (int y = 0; y < out.shape.h; ++y) {
    for (int x = 0; x < out.shape.w; ++x) {
      for (int c = 0; c < out.shape.c; ++c) out.at(y, x, c) = in.at(p.y0 + y * p.sy, p.x0 + x * p.sx, p.c0 + c);
    }
  }
  return out;
}

}  // namespace e8::ops
