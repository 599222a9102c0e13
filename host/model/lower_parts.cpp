// Messages, scales to shifts and multipliers, activations in the tail.
#include "host/model/lower_parts.h"

#include <cmath>
#include <sstream>

#include "emu/numerics/dpu.h"
#include "emu/ops/activation.h"
#include "host/model/error.h"

namespace e8::model {

namespace {

std::string text(double x) {
  std::ostringstream out;
  out << x;
  return out.str();
}

// Rounded by the network's tie rule and clamped to int8. Rounding is monotone, so clamping the rounded value at the
// rounded limit equals rounding the clamped value.
std::int8_t limit(double x, num::Tie tie) {
  const double below = std::floor(x), rest = x - below;
  if (!(x > -128.5)) return -128;
  if (!(x < 127.5)) return 127;
  const auto q = static_cast<std::int64_t>(below);
  const bool tie_up = tie == num::Tie::kHalfUp || (tie == num::Tie::kHalfAway && x >= 0) ||
                      (tie == num::Tie::kHalfEven && (q & 1) != 0);
  return num::clamp8(q + ((rest > 0.5 || (rest == 0.5 && tie_up)) ? 1 : 0));
}

void apply_leaky(const Operation& o, double alpha, ops::Tail* tail) {
  if (o.arithmetic.dpu) {  // slope k / 256, as the hardware has it
    const double k = std::nearbyint(alpha * 256);
    *tail = ops::with_leaky(*tail, static_cast<std::uint32_t>(k), 8);
    return;
  }
  for (num::ChannelParam& p : tail->channel) p.mn = static_cast<std::uint32_t>(std::nearbyint(p.mp * alpha));
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
  if (!(rounded >= 0x1p-31F && rounded < 0x1p24F))
    o.fail("multiplier input scale * weight scale / output scale = " + text(m) +
           "; 2^-31 (4.66e-10) to 2^24 is allowed; choose scales nearer to each other");
  int exponent = 0;
  const float significand = std::frexp(rounded, &exponent);  // [0.5, 1): 24 bits
  const auto multiplier = static_cast<std::uint32_t>(significand * 0x1p24F);
  return {b2, multiplier, multiplier, static_cast<std::uint8_t>(24 - exponent + 1)};  // + 1: V is doubled
}

num::ChannelParam move_channel(const Operation& o) {
  if (o.x().scale == o.out_scale) return {};
  if (!o.arithmetic.dpu) return scaled_channel(o, o.x().scale / o.out_scale, 0);
  const int shift = o.in_range("shift px - py", o.px() - o.py(), -kMaxMoveShift, kMaxMoveShift,
                               "give input and output nearer positions");
  return num::dpu::channel(0, shift);
}

ops::Tail begin_tail(const Operation& o) {
  ops::Tail tail;
  tail.mode.tie = o.arithmetic.tie;
  return tail;
}

void apply_activation(const Operation& o, ops::Tail* tail) {
  if (o.activation == nullptr) return;
  switch (o.activation->op) {
    case Op::kRelu:
      *tail = ops::with_relu(*tail);
      return;
    case Op::kClip:
      tail->mode.lo = limit(o.activation->lo / o.out_scale, o.arithmetic.tie);
      tail->mode.hi = limit(o.activation->hi / o.out_scale, o.arithmetic.tie);
      return;
    case Op::kLeakyRelu:
      return apply_leaky(o, o.activation->alpha, tail);
    default:
      o.fail(std::string("activation ") + op_name(o.activation->op) + " cannot be fused");
  }
}

}  // namespace e8::model
