// Elementwise addition and subtraction in three arithmetics; see AddParams.
#include "emu/numerics/dpu.h"
#include "emu/numerics/tflite.h"
#include "emu/ops/check.h"
#include "emu/ops/ops.h"

namespace e8::ops {
namespace {

std::int8_t finish(std::int64_t y, const num::TailMode& mode) {
  return static_cast<std::int8_t>(num::clamp(y + mode.zp, mode.lo, mode.hi));
}

/// round( (floor(a * 2^(G - sr_a)) +- floor(b * 2^(G - sr_b))) / 2^(sw + G) )
std::int8_t add_dpu(int a, int b, const AddParams& p) {
  const std::int64_t ta = num::dpu::aligned(a, p.sr[0], p.guard), tb = num::dpu::aligned(b, p.sr[1], p.guard);
  return finish(num::dpu::add(p.subtract ? ta - tb : ta + tb, p.sw, p.guard, p.mode.tie), p.mode);
}

/// round( ((a - zp_a) * mult_a +- (b - zp_b) * mult_b) / 2^shift ): stage 2 of the tail, with V = 2 * (ta + tb).
std::int8_t add_scaled(int a, int b, const AddParams& p) {
  const std::int32_t ta = (a - p.zp_in[0]) * p.mult[0], tb = (b - p.zp_in[1]) * p.mult[1];
  const num::ChannelParam halve{0, 1, 1, static_cast<std::uint8_t>(p.shift + 1)};
  return num::requantize_v(num::stage2_v(ta, p.subtract ? -tb : tb), halve, p.mode);
}

/// M(out, M(in_a, (a - zp_a) << left_shift) + M(in_b, (b - zp_b) << left_shift)), M a TFLite multiplication.
std::int8_t add_tflite(int a, int b, const AddParams& p) {
  const std::int64_t one = std::int64_t{1} << p.left_shift;
  const std::int64_t sum = num::tflite::multiply((a - p.zp_in[0]) * one, p.in_m[0], p.in_shift[0]) +
                           num::tflite::multiply((b - p.zp_in[1]) * one, p.in_m[1], p.in_shift[1]);
  return finish(num::tflite::multiply(sum, p.out_m, p.out_shift), p.mode);
}

void check_dpu(const AddParams& p) {
  require(p.guard >= 0 && p.guard <= 15, "add", "guard bits outside [0, 15]");
  for (const int sr : p.sr) require(sr >= 0 && sr <= 15, "add", "read shift outside [0, 15]");
  require(p.sw >= -15 && p.sw <= 15, "add", "write shift outside [-15, 15]");
  require(!p.mode.double_round && !p.mode.zp_first, "add", "the dpu arithmetic rounds once, before the zero point");
}

void check_scaled(const AddParams& p) {
  require(p.shift >= 0 && p.shift <= 61, "add", "shift outside [0, 61]");
  for (const std::int32_t m : p.mult) {
    require(m > -(1 << 23) && m < 1 << 23, "add", "multiplier of more than 23 bits");
  }
}

void check_tflite(const AddParams& p) {
  require(!p.subtract, "add", "the tflite arithmetic does not subtract");
  require(p.left_shift >= 0 && p.left_shift <= 22, "add", "left shift outside [0, 22]");
  require(p.in_m[0] >= 0 && p.in_m[1] >= 0 && p.out_m >= 0, "add", "negative TFLite multiplier");
  for (const int s : p.in_shift) require(s >= -31 && s <= 0, "add", "input exponent outside [-31, 0]");
  require(p.out_shift >= -30 && p.out_shift <= 0, "add", "output exponent outside [-30, 0]");
}

}  // namespace

Tensor add(const Tensor& a, const Tensor& b, const AddParams& p) {
  check_tensor(a, "add");
  check_tensor(b, "add");
  require(a.shape == b.shape, "add", "inputs of different shapes");
  check_mode(p.mode, "add");
  const auto run = [&](std::int8_t (*element)(int, int, const AddParams&)) {
    Tensor out(a.shape);
    for (std::size_t i = 0; i < out.data.size(); ++i) out.data[i] = element(a.data[i], b.data[i], p);
    return out;
  };
  switch (p.kind) {
    case AddParams::Kind::kDpu:
      check_dpu(p);
      return run(add_dpu);
    case AddParams::Kind::kScaled:
      check_scaled(p);
      return run(add_scaled);
    case AddParams::Kind::kTflite:
      check_tflite(p);
      return run(add_tflite);
  }
  throw std::invalid_argument("add: unknown arithmetic");
}

}  // namespace e8::ops
