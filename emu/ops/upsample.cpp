// out[y][x][c] = tail_c( in[y / fy][x / fx][c] ).
#include "emu/ops/check.h"
#include "emu/ops/ops.h"

namespace e8::ops {

Shape output_shape(const Shape& in, const UpsampleParams& p) {
  require(p.fy >= 1 && p.fx >= 1, "upsample", "factor below 1");
  return {in.h * p.fy, in.w * p.fx, in.c};
}

Tensor upsample(const Tensor& in, const UpsampleParams& p) {
  check_tensor(in, "upsample");
  Tensor out(output_shape(in.shape, p));
  check_tail(p.tail, out.shape.c, "upsample");
  for (int y = 0; y < out.shape.h; ++y) {
    for (int x = 0; x < out.shape.w; ++x) {
      for (int c = 0; c < out.shape.c; ++c) out.at(y, x, c) = rescale(in.at(y / p.fy, x / p.fx, c), p.tail, c);
    }
  }
  return out;
}

}  // namespace e8::ops
