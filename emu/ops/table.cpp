// out = table[in + 128].
#include "emu/ops/table.h"

#include "emu/numerics/dpu.h"
#include "emu/ops/check.h"
#include "emu/ops/ops.h"

namespace e8::ops {
namespace {

template <typename F>
TableParams make_table(F f) {
  TableParams p;
  for (int x = -128; x <= 127; ++x) p.table[static_cast<std::size_t>(x + 128)] = f(x);
  return p;
}

}  // namespace

TableParams hard_sigmoid_table(int pt, int py) {
  require(pt >= 0 && pt <= 15 && py >= 7, "hard-sigmoid", "positions need pt in [0, 15] and py >= 7");
  require(14 + pt - py >= 0 && 14 + pt - py <= 31, "hard-sigmoid", "shift 14 + pt - py outside [0, 31]");
  return make_table([=](int x) { return num::dpu::hard_sigmoid(x, pt, py); });
}

TableParams h_swish_table(int pt, int py) {
  require(pt >= 0 && pt <= 15, "h-swish", "position pt outside [0, 15]");
  require(py <= pt + 7 && pt + 7 - py <= 62, "h-swish", "shift pt + 7 - py outside [0, 62]");
  return make_table([=](int x) { return num::dpu::h_swish(x, pt, py); });
}

Tensor table(const Tensor& in, const TableParams& p) {
  check_tensor(in, "table");
  Tensor out(in.shape);
  for (std::size_t i = 0; i < in.data.size(); ++i) out.data[i] = p.table[static_cast<std::size_t>(in.data[i] + 128)];
  return out;
}

}  // namespace e8::ops
