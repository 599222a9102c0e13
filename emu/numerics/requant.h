// The normative arithmetic of exact8. If anything disagrees with this header, the other thing is wrong.
//
// Everything is integer; every rounding names its tie rule. The RTL does not share this code: it works with guard and
// sticky bits (rtl/datapath/), this header with the floor form, and tests/vectors/ holds both to hand-written answers.
// Equations (1)-(6) are derived in emu/README.md; facts F1-F6 and rules R1-R10 in its numerics section.
#pragma once

#include <cstdint>

namespace e8::num {

/// What happens at exactly x.5. Values are the instruction fields' encoding (emu/isa/instructions.def).
enum class Tie : std::uint8_t {
  kHalfUp = 0,    ///< floor(x + 0.5): DPU hardware, TFLite single rounding
  kHalfAway = 1,  ///< away from zero: C std::round
  kHalfEven = 2,  ///< to the even neighbour: ONNX, numpy, IEEE
};

/// (1) floor(x / 2^n), n >= 0; n may exceed the width.
constexpr std::int64_t asr(std::int64_t x, int n) { return x >> (n > 63 ? 63 : n); }

/// (2) x / 2^n rounded to nearest with the tie rule `tie`; 0 <= n <= 62. Exact for every int64.
constexpr std::int64_t round_shift(std::int64_t x, int n, Tie tie) {
  if (n == 0) return x;
  const std::int64_t q = asr(x, n);
  const std::int64_t rest = x - q * (std::int64_t{1} << n);  // 0 <= rest < 2^n
  const std::int64_t half = std::int64_t{1} << (n - 1);
  bool up = rest > half;
  if (rest == half) {
    up = tie == Tie::kHalfUp || (tie == Tie::kHalfAway && x >= 0) || (tie == Tie::kHalfEven && (q & 1) != 0);
  }
  return q + (up ? 1 : 0);
}

/// (3) saturation to [lo, hi].
constexpr std::int64_t clamp(std::int64_t x, std::int64_t lo, std::int64_t hi) { return x < lo ? lo : x > hi ? hi : x; }
constexpr std::int8_t clamp8(std::int64_t x) { return static_cast<std::int8_t>(clamp(x, -128, 127)); }

/// One output channel's constants, made by the host once and stored in the program (rule R8).
struct ChannelParam {
  std::int64_t b2 = 0;   ///< doubled bias, 33-bit signed; odd = half-unit bias. Pow2: floor(2*b*2^sb)
  std::uint32_t mp = 1;  ///< multiplier of V >= 0, below 2^31
  std::uint32_t mn = 1;  ///< multiplier of V < 0, below 2^31 (differs from mp for leaky ReLU)
  std::uint8_t s = 1;    ///< shift, 1..62
};

/// What all channels of an instruction share.
struct TailMode {
  Tie tie = Tie::kHalfUp;
  bool double_round = false;  ///< TFLite: half-up by min(s, 32), then half-away by the rest; `tie` is not used
  bool zp_first = false;      ///< add zp before rounding; only with half-even
  std::int8_t zp = 0, lo = -128, hi = 127;
};

constexpr std::int64_t kMaxV = (std::int64_t{1} << 32) - 1;
constexpr std::int64_t kMinV = -(std::int64_t{1} << 32);

/// V must fit 33 bits signed; leaving the range is the sticky error OVERFLOW.
constexpr bool fits_v(std::int64_t v) { return v >= kMinV && v <= kMaxV; }

/// (4) Rounds the product T of V and its multiplier: Y before the clamp, zero point added.
constexpr std::int64_t round_tail(std::int64_t t, int s, const TailMode& mode) {
  if (mode.double_round) {
    const int first = s < 32 ? s : 32;
    return round_shift(round_shift(t, first, Tie::kHalfUp), s - first, Tie::kHalfAway) + mode.zp;
  }
  if (mode.zp_first) {  // even-ness of the sum decides the tie; adding zp * 2^s to T would overflow 64 bits
    const std::int64_t q = asr(t, s);
    const std::int64_t rest = t - q * (std::int64_t{1} << s), half = std::int64_t{1} << (s - 1);
    const bool odd = ((q + mode.zp) & 1) != 0;
    return q + mode.zp + ((rest > half || (rest == half && odd)) ? 1 : 0);
  }
  return round_shift(t, s, mode.tie) + mode.zp;
}

/// (5) The tail: V = 2*acc + b2, T = V * (V < 0 ? mn : mp), Y = round(T / 2^s) + zp, clamp to [lo, hi].
/// Requires fits_v(v). |T| <= 2^63 by construction, so int64 holds it.
constexpr std::int8_t requantize_v(std::int64_t v, const ChannelParam& p, const TailMode& mode) {
  const std::int64_t t = v * static_cast<std::int64_t>(v < 0 ? p.mn : p.mp);
  return static_cast<std::int8_t>(clamp(round_tail(t, p.s, mode), mode.lo, mode.hi));
}

/// (5) from an accumulator.
constexpr std::int64_t tail_v(std::int32_t acc, const ChannelParam& p) { return 2 * std::int64_t{acc} + p.b2; }
constexpr std::int8_t requantize(std::int32_t acc, const ChannelParam& p, const TailMode& mode) {
  return requantize_v(tail_v(acc, p), p, mode);
}

/// (6) Stage 2: V2 = 2*(T1[q] + T2[r]), then the same tail with one multiplier and shift.
constexpr std::int64_t stage2_v(std::int32_t t1, std::int32_t t2) { return 2 * (std::int64_t{t1} + t2); }

}  // namespace e8::num
