// Operators that compute nothing but a change of scale, and tables.
#include "emu/ops/table.h"
#include "host/model/functions.h"
#include "host/model/limits.h"
#include "host/model/lower_parts.h"

namespace e8::model {

namespace {

// Padding and slicing have no requantizer.
void need_one_scale(const Operation& o) {
  if (o.x().scale != o.out_scale) o.fail("its input and its output have different scales; give both the input's scale");
  if (o.x().zero_point != o.out_zero)
    o.fail("its input has zero point " + std::to_string(o.x().zero_point) + ", its output " +
           std::to_string(o.out_zero) + " (as int8); give both the input's zero point");
}

// The DPU's integer forms (numerics 4.2), where positions allow them.
ops::TableParams dpu_table(const Operation& o) {
  const char* remedy = "move the positions into this range, or choose the scaled scheme";
  need_dpu_factor(o, 2731 / 16384.0 * 6);
  const int px = o.in_range("position px of its input", o.px(), 0, kMaxTableP, remedy);
  if (o.node.op == Op::kHardSwish) {
    const int py =
        o.in_range("position py of its output", o.py(), px + kSwishReach - kMaxSwishShift, px + kSwishReach, remedy);
    return ops::h_swish_table(px, py);
  }
  const int py = o.in_range("position py of its output", o.py(), kLeastSigmoidP, px + kSigmoidReach, remedy);
  return ops::hard_sigmoid_table(px, py);
}

}  // namespace

IntParams lower_function(const Operation& o) {
  if (o.arithmetic.dpu && has_dpu_form(o.node)) return dpu_table(o);
  ops::TableParams p;
  for (int q = -128; q <= 127; ++q)
    p.table[static_cast<std::size_t>(q + 128)] = to_int8(
        apply_function(o.node, (q - o.x().zero_point) * o.x().scale) / o.out_scale, o.arithmetic.tie, o.out_zero);
  return p;
}

IntParams lower_concat(const Operation& o) {
  need_layout(o);
  ops::ConcatParams p;
  p.axis = o.node.axis;
  for (std::size_t i = 0; i < o.in.size(); ++i) p.tails.push_back(move_tail(o, i));
  return p;
}

IntParams lower_pad(const Operation& o) {
  need_layout(o);
  need_one_scale(o);
  const ops::Window& w = o.node.window;
  return ops::PadParams{w.top, w.left, w.bottom, w.right,
                        to_int8(o.node.pad_value / o.out_scale, o.arithmetic.tie, o.out_zero)};
}

IntParams lower_slice(const Operation& o) {
  need_layout(o);
  need_one_scale(o);
  return o.node.slice;
}

IntParams lower_upsample(const Operation& o) {
  need_layout(o);
  return ops::UpsampleParams{o.node.factor_h, o.node.factor_w, move_tail(o)};
}

}  // namespace e8::model
