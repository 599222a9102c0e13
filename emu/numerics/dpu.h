// Integer formulas of the `dpu` profile: per-tensor power-of-two scales, real = int * 2^-p.
//
// Shift names: sc = pw + px - py (cut), sb = pw + px - pb (bias). The formulas end in the tail of requant.h wherever
// one rounding suffices; hard-sigmoid and h-swish round twice by definition and are made into tables (emu/ops/table.h).
#pragma once

#include <array>
#include <cstdint>

#include "emu/numerics/requant.h"

namespace e8::num::dpu {

/// (7) x * 2^-n rounded with `tie`; n <= 0 is a wide left shift that never wraps. |x| < 2^40, -20 <= n <= 62.
constexpr std::int64_t scale_pow2(std::int64_t x, int n, Tie tie) {
  return n <= 0 ? x * (std::int64_t{1} << -n) : round_shift(x, n, tie);
}

/// (8) The doubled bias floor(2 * b * 2^sb): one guard bit, floored below it. b is 8 bits, sb <= 16.
constexpr std::int64_t doubled_bias(std::int64_t b, int sb) {
  return sb >= -1 ? b * (std::int64_t{1} << (sb + 1)) : asr(b, -(sb + 1));
}

/// (9) The channel constants of shift sc: V / 2^(sc + 1). sc in [-29, 61]; sc < 0 multiplies by 2^-sc, S = 1 (rule R3).
constexpr ChannelParam channel(std::int64_t b2, int sc) {
  const std::uint32_t m = sc < 0 ? std::uint32_t{1} << -sc : 1u;
  return {b2, m, m, static_cast<std::uint8_t>(sc < 0 ? 1 : sc + 1)};
}

/// (10) Leaky ReLU with slope num / 2^bits inside the single rounding (26/256 on the DPU): V < 0 uses mp * num, V >= 0
/// uses mp * 2^bits, and S grows by bits. Requires mp * max(num, 2^bits) < 2^31 and s + bits <= 62.
constexpr ChannelParam leaky(ChannelParam p, std::uint32_t num = 26, int bits = 8) {
  return {p.b2, p.mp << bits, p.mp * num, static_cast<std::uint8_t>(p.s + bits)};
}

/// (11) Upper clamp of ReLU6 at position py: min(127, 6 * 2^py), half-up where that is no integer; py >= -30.
constexpr std::int8_t relu6_hi(int py) {
  const std::int64_t six = py >= 5 ? 127 : scale_pow2(6, -py, Tie::kHalfUp);
  return static_cast<std::int8_t>(clamp(six, 0, 127));
}

/// (12) An operand of an elementwise addition, aligned: floor(x * 2^(guard - sr)). guard and sr are 0..15.
constexpr std::int64_t aligned(std::int64_t x, int sr, int guard) { return asr(x * (std::int64_t{1} << guard), sr); }

/// (13) Elementwise addition before the final clamp: aligned sum / 2^(sw + guard), rounded. sw is -15..15.
/// Exact for two inputs iff sw >= 1 - guard (fact F6).
constexpr std::int64_t add(std::int64_t aligned_sum, int sw, int guard, Tie tie) {
  return scale_pow2(aligned_sum, sw + guard, tie);
}

/// The DPU's fixed-point stand-in for 1 / (kh * kw): m / 2^n.
struct Divisor {
  int m = 1, n = 0;
};

/// (14) Average-pool divisor. Five square kernels are fixed by the hardware; every other takes the first n <
/// ceil(log2(128 * k)), k = kh * kw <= 2^16, whose m = round(2^n / k) has the least error. Compared exactly, as
/// integers: |m/2^n - 1/k| = |m*k - 2^n| / (k * 2^n).
constexpr Divisor pool_divisor(int kh, int kw) {
  if (kh == 3 && kw == 3) return {7, 6};
  if (kh == 5 && kw == 5) return {10, 8};
  if (kh == 6 && kw == 6) return {7, 8};
  if (kh == 7 && kw == 7) return {21, 10};
  if (kh == 14 && kw == 14) return {21, 12};
  const std::int64_t k = std::int64_t{kh} * kw;
  Divisor best{0, 0};
  std::int64_t best_error = k;  // numerator over k * 2^best.n: an error of 1, worse than any candidate's
  for (int n = 0; (std::int64_t{1} << n) < 128 * k; ++n) {
    const std::int64_t one = std::int64_t{1} << n;
    const std::int64_t m = (2 * one + k) / (2 * k);
    const std::int64_t error = m * k > one ? m * k - one : one - m * k;
    if (error * (std::int64_t{1} << best.n) < best_error * one) {
      best = {static_cast<int>(m), n};
      best_error = error;
    }
  }
  return best;
}

/// (15) Average pooling's constants: sum * m / 2^(n + px - py), with V = 2 * sum. n + px - py in [-20, 61].
constexpr ChannelParam average(Divisor d, int px_minus_py) {
  ChannelParam p = channel(0, d.n + px_minus_py);
  p.mp *= static_cast<std::uint32_t>(d.m);
  p.mn = p.mp;
  return p;
}

/// (16) Hard-sigmoid of an int8 at position pt, result at position py: 2731/16384 stands for 1/6.
/// pt in [0, 15], py >= 7, 14 + pt - py in [0, 31].
constexpr std::int8_t hard_sigmoid(std::int64_t t, int pt, int py) {
  const std::int64_t line = 2731 * t + 3 * 2731 * (std::int64_t{1} << pt);
  return clamp8(scale_pow2(clamp(line, 0, std::int64_t{1} << 32), 14 + pt - py, Tie::kHalfUp));
}

/// (17) h-swish: t * hard_sigmoid(t), the latter rounded to int8 at position 7. pt >= 0, py <= pt + 7.
constexpr std::int8_t h_swish(std::int64_t t, int pt, int py) {
  return clamp8(scale_pow2(t * hard_sigmoid(t, pt, 7), pt + 7 - py, Tie::kHalfUp));
}

}  // namespace e8::num::dpu
