// out[y][x][c] = tail_c( in[y][x][c] ).
#include "emu/ops/check.h"
#include "emu/ops/ops.h"

namespace e8::ops {

Tensor requant(const Tensor& in, const RequantParams& p) {
  check_tensor(in, "requant");
  check_tail(p.tail, in.shape.c, "requant");
  Tensor out(in.shape);
  for (int y = 0; y < out.shape.h; ++y) {
    for (int x = 0; x < out.shape.w; ++x) {
      for (int c = 0; c < out.shape.c; ++c) out.at(y, x, c) = rescale(in.at(y, x, c), p.tail, c);
    }
  }
  return out;
}

}  // namespace e8::ops
