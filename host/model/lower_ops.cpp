// Addition, pooling and changes of scale.
#include <algorithm>
#include <cmath>

#include "emu/numerics/dpu.h"
#include "host/model/limits.h"
#include "host/model/lower_parts.h"

namespace e8::model {

namespace {

void set_dpu(const Operation& o, ops::AddParams* p) {
  p->kind = ops::AddParams::Kind::kDpu;
  p->guard = o.arithmetic.guard_bits;
  const int least = std::min(o.px(0), o.px(1));
  for (std::size_t i = 0; i < 2; ++i)
    p->sr[i] = o.in_range("shift_read of input '" + o.x(i).name + "' (p - smallest p)", o.px(i) - least, 0,
                          kMaxAddShift, "give the inputs nearer positions");
  p->sw = o.in_range("shift_write (smallest p - py)", least - o.py(), -kMaxAddShift, kMaxAddShift,
                     "give inputs and output nearer positions");
}

// Both multipliers under one shift, the larger one filling 23 bits.
void set_scaled(const Operation& o, ops::AddParams* p) {
  p->kind = ops::AddParams::Kind::kScaled;
  const double m[2] = {o.x(0).scale / o.out_scale, o.x(1).scale / o.out_scale};
  const double larger = std::max(m[0], m[1]);
  int shift = 22 - std::ilogb(larger);
  if (std::nearbyint(std::ldexp(larger, shift)) >= 0x1p23) --shift;
  p->shift = o.in_range("shift of the multipliers input scale / output scale", shift, 0, 61,
                        "choose scales nearer to each other");
  for (std::size_t i = 0; i < 2; ++i) {
    p->zp_in[i] = static_cast<std::int8_t>(o.x(i).zero_point);
    p->mult[i] = static_cast<std::int32_t>(std::nearbyint(std::ldexp(m[i], p->shift)));
  }
}

// onnxruntime's QLinearAdd and QLinearAveragePool round the sum that has the zero point in it: an odd one decides the
// tie the other way.
bool zero_first(const Operation& o) {
  return o.arithmetic.onnx && o.arithmetic.tie == num::Tie::kHalfEven && o.out_zero % 2 != 0;
}

bool covers(const ops::Window& w, const ops::Shape& in) { return w.kh == in.h && w.kw == in.w; }

bool has_padding(const ops::Window& w) { return w.top + w.left + w.bottom + w.right > 0; }

/// An activation that has a multiplier of its own cannot be inside the rounding of `what`.
void need_no_slope(const Operation& o, const char* what) {
  if (o.activation != nullptr && is_leaky(o.activation->op))
    o.fail(std::string(op_name(o.activation->op)) + " inside the rounding of " + what +
           "; allowed are Relu and Clip; quantize its input before it");
}

}  // namespace

IntParams lower_add(const Operation& o) {
  if (!(o.x(0).shape == o.x(1).shape)) o.fail("adds a flattened image to another vector; flatten both, or neither");
  need_no_slope(o, "an addition");
  ops::AddParams p;
  p.subtract = o.node.op == Op::kSub;
  if (o.arithmetic.dpu) {
    set_dpu(o, &p);
  } else {
    set_scaled(o, &p);
  }
  ops::Tail tail = begin_tail(o);  // for its mode
  apply_activation(o, &tail);
  p.mode = tail.mode;
  p.mode.zp_first = zero_first(o) && p.shift <= kMaxZeroFirstShift;
  return p;
}

// The product of the integers is that of the values at the product of the scales: dpu a shift, else a multiplier.
IntParams lower_mul(const Operation& o) {
  need_layout(o);
  need_no_slope(o, "a product");
  ops::MulParams p;
  for (std::size_t i = 0; i < 2; ++i) p.zp_in[i] = static_cast<std::int8_t>(o.x(i).zero_point);
  p.tail = begin_tail(o);
  if (o.arithmetic.dpu) {
    const int shift = o.in_range("shift px0 + px1 - py", o.px(0) + o.px(1) - o.py(), -kMaxMoveShift, 3 * kMaxMoveShift,
                                 "give inputs and output nearer positions");
    p.tail.channel = {num::dpu::channel(0, shift)};
  } else {
    p.tail.channel = {scaled_channel(o, o.x(0).scale * o.x(1).scale / o.out_scale, 0)};
  }
  apply_activation(o, &p.tail);
  return p;
}

IntParams lower_max_pool(const Operation& o) {
  need_layout(o);
  return ops::MaxPoolParams{o.node.window, move_tail(o)};
}

IntParams lower_average_pool(const Operation& o) {
  need_layout(o);
  const ops::Window& w = o.node.window;
  const int pixels = o.in_range("pixels of the window", std::int64_t{w.kh} * w.kw, 1, 1 << 16, "pool in two steps");
  ops::AvgPoolParams p;
  p.window = w;
  p.count_pad = o.node.count_pad || !has_padding(w);
  p.mode = begin_tail(o).mode;
  p.mode.zp_first = zero_first(o) && !covers(w, o.x().shape);  // QLinearGlobalAveragePool adds it behind
  p.pad_value = static_cast<std::int8_t>(o.x().zero_point);
  if (!o.arithmetic.dpu) {
    const std::int64_t zero = o.x().zero_point;
    for (int n = p.count_pad ? pixels : 1; n <= pixels; ++n)
      p.by_count.push_back(scaled_channel(o, multiplier(o, 1, n) * o.node.factor, -2 * n * zero));
    return p;
  }
  if (!p.count_pad)
    o.fail(
        "leaves padding out of its averages; the dpu scheme counts it; export with count_include_pad = 1, "
        "without padding, or quantize with --scheme scaled");
  const int shift = o.in_range("shift px - py", o.px() - o.py(), -kMaxMoveShift, kMaxMoveShift,
                               "give input and output nearer positions");
  const num::dpu::Divisor d = num::dpu::pool_divisor(w.kh, w.kw);
  need_dpu_factor(o, std::ldexp(d.m, -d.n) * pixels);
  p.by_count = {num::dpu::average(d, shift)};
  return p;
}

IntParams lower_move(const Operation& o) {
  ops::Tail tail = move_tail(o);
  apply_activation(o, &tail);
  return ops::RequantParams{tail};
}

}  // namespace e8::model
