// out[y][x][c] = tail_c( (a[y][x][c] - zp_a) * (b[y][x][c] - zp_b) ); of a b with one pixel, b[0][0][c].
#include "emu/ops/check.h"
#include "emu/ops/ops.h"

namespace e8::ops {

Shape output_shape(const Shape& a, const Shape& b, const MulParams& p) {
  require(a == b || b == Shape{1, 1, a.c}, "mul", "inputs of different shapes; the second may be one pixel");
  check_tail(p.tail, a.c, "mul");
  return a;
}

Tensor mul(const Tensor& a, const Tensor& b, const MulParams& p) {
  check_tensor(a, "mul");
  check_tensor(b, "mul");
  Tensor out(output_shape(a.shape, b.shape, p));
  for (std::size_t i = 0; i < out.data.size(); ++i) {
    const int factor = b.data[i % b.data.size()] - p.zp_in[1];
    const int c = static_cast<int>(i % static_cast<std::size_t>(a.shape.c));
    out.data[i] = num::checked_requantize((a.data[i] - p.zp_in[0]) * factor, p.tail.of(c), p.tail.mode);
  }
  return out;
}

}  // namespace e8::ops
