// Messages, scales to shifts and multipliers, activations in the tail.
#include "host/model/lower_parts.h"

#include <cmath>
#include <sstream>

#include "emu/numerics/dpu.h"
#include "host/model/error.h"
#include "host/model/limits.h"

namespace e8::model {

namespace {

std::string text(double x) {
  std::ostringstream out;
  out << x;
  return out.str();
}

num::ChannelParam with_slope(const Operation& o, double slope, num::ChannelParam p) {
  if (o.arithmetic.dpu)  // slope k / 256, as the hardware has it
    return num::dpu::leaky(p, static_cast<std::uint32_t>(std::nearbyint(slope * 256)), 8);
  for (; p.mp < (1U << 23); ++p.s) p.mp <<= 1;  // an identity has a multiplier of 1: room for the slope's 24 bits
  p.mn = static_cast<std::uint32_t>(std::nearbyint(p.mp * slope));
  return p;
}

// A record a channel where each has its own slope.
void apply_prelu(const Operation& o, const std::vector<float>& slopes, ops::Tail* tail) {
  const auto channels = o.activation == &o.node ? static_cast<std::size_t>(o.x().shape.c) : o.node.bias.size();
  if (channels != slopes.size())
    o.fail("PRelu '" + o.activation->name + "' has a slope an element of a flattened image; put it before the Flatten");
  std::vector<num::ChannelParam> records;
  for (std::size_t c = 0; c < slopes.size(); ++c)
    records.push_back(with_slope(o, double{slopes[c]}, tail->of(static_cast<int>(c))));
  tail->channel = std::move(records);
}

}  // namespace

void Operation::fail(const std::string& what, int id) const {
  throw UserError(id, graph.file + ": node '" + node.name + "' (" + op_name(node.op) + "): " + what);
}

int Operation::in_range(const std::string& field, std::int64_t value, std::int64_t lo, std::int64_t hi,
                        const std::string& remedy) const {
  if (value < lo || value > hi)
    fail(field + " = " + std::to_string(value) + "; " + std::to_string(lo) + " to " + std::to_string(hi) +
         " is allowed; " + remedy);
  return static_cast<int>(value);
}

int Operation::position(const std::string& what, double scale) const {
  int exponent = 0;
  if (std::frexp(scale, &exponent) != 0.5)
    fail("scale of " + what + " = " + text(scale) +
         "; the dpu scheme allows powers of two; quantize with --scheme dpu, or choose scaled");
  return 1 - exponent;
}

num::ChannelParam scaled_channel(const Operation& o, double m, std::int64_t b2) {
  const float rounded = static_cast<float>(m);
  if (!(double{rounded} >= kLeastMultiplier && double{rounded} < kMultiplierEnd))
    o.fail("multiplier input scale * weight scale / output scale = " + text(m) +
           "; 2^-31 (4.66e-10) to 2^24 is allowed; choose scales nearer to each other");
  int exponent = 0;
  const float significand = std::frexp(rounded, &exponent);  // [0.5, 1): 24 bits
  const auto multiplier = static_cast<std::uint32_t>(significand * 0x1p24F);
  return {b2, multiplier, multiplier, static_cast<std::uint8_t>(24 - exponent + 1)};  // + 1: V is doubled
}

// Rounding is monotone, so clamping a rounded value at a rounded limit equals rounding the clamped value.
std::int8_t to_int8(double x, num::Tie tie, int zero_point) {
  const double below = std::floor(x), rest = x - below;
  if (!(x > -512)) return -128;  // with any zero point
  if (!(x < 512)) return 127;
  const auto q = static_cast<std::int64_t>(below);
  const bool tie_up = tie == num::Tie::kHalfUp || (tie == num::Tie::kHalfAway && x >= 0) ||
                      (tie == num::Tie::kHalfEven && (q & 1) != 0);
  return num::clamp8(q + ((rest > 0.5 || (rest == 0.5 && tie_up)) ? 1 : 0) + zero_point);
}

void need_dpu_factor(const Operation& o, double of_dpu) {
  if (o.node.factor != 1 && std::abs(o.node.factor / of_dpu - 1) > 0.01)
    o.fail("is multiplied by " + text(o.node.factor) + "; the DPU's own approximation is " + text(of_dpu) +
           ", or none; remove the Mul, or choose the scaled scheme");
}

void need_layout(const Operation& o) {
  for (std::size_t i = 0; i < o.in.size(); ++i)
    if (!(o.x(i).shape == o.graph.in(o.node, i).shape))
      o.fail("works on the single elements of a flattened image; put it before the Flatten");
}

double multiplier(const Operation& o, double s_w, int divisor) {
  if (!o.arithmetic.onnx) return o.x().scale * s_w / o.out_scale / divisor;
  const auto x = static_cast<float>(o.x().scale), w = static_cast<float>(s_w), y = static_cast<float>(o.out_scale);
  const float product = x * w, quotient = y * static_cast<float>(divisor);
  return double{product / quotient};
}

ops::Tail move_tail(const Operation& o, std::size_t i) {
  ops::Tail tail = begin_tail(o);
  const bool one_scale = o.x(i).scale == o.out_scale;
  const bool leaky = o.activation != nullptr && is_leaky(o.activation->op);  // knows the sign of x - zero point only
  if (one_scale && o.x(i).zero_point == o.out_zero && !(leaky && o.out_zero != 0)) {
    tail.mode.zp = 0;
    tail.channel = {{}};
    return tail;
  }
  const std::int64_t b2 = -2 * o.x(i).zero_point;
  if (one_scale) {
    tail.channel = {{b2, 1, 1, 1}};
  } else if (o.arithmetic.dpu) {
    const int shift = o.in_range("shift px - py", o.px(i) - o.py(), -kMaxMoveShift, kMaxMoveShift,
                                 "give input and output nearer positions");
    tail.channel = {num::dpu::channel(b2, shift)};
  } else {
    tail.channel = {scaled_channel(o, o.x(i).scale / o.out_scale, b2)};
  }
  return tail;
}

ops::Tail begin_tail(const Operation& o) {
  ops::Tail tail;
  tail.mode.tie = o.arithmetic.tie;
  tail.mode.zp = static_cast<std::int8_t>(o.out_zero);
  return tail;
}

void apply_activation(const Operation& o, ops::Tail* tail) {
  if (o.activation == nullptr) return;
  switch (o.activation->op) {
    case Op::kRelu:
      tail->mode.lo = static_cast<std::int8_t>(o.out_zero);  // of an identity, whose own zero point is 0, too
      return;
    case Op::kClip:
      tail->mode.lo = to_int8(o.activation->lo / o.out_scale, o.arithmetic.tie, o.out_zero);
      tail->mode.hi = to_int8(o.activation->hi / o.out_scale, o.arithmetic.tie, o.out_zero);
      return;
    case Op::kLeakyRelu:
      for (num::ChannelParam& p : tail->channel) p = with_slope(o, o.activation->alpha, p);
      return;
    case Op::kPRelu:
      return apply_prelu(o, o.activation->slopes, tail);
    default:
      o.fail(std::string("activation ") + op_name(o.activation->op) + " cannot be fused");
  }
}

}  // namespace e8::model
