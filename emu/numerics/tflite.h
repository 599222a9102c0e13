// TensorFlow Lite's quantized multipliers: m / 2^31 * 2^shift, m in [2^30, 2^31) or 0, in terms of requant.h.
//
// TFLite rounds a product twice (SaturatingRoundingDoublingHighMul is half-up, RoundingDivideByPOT half-away); its
// single-rounding build rounds half-up once. Turning a real scale into (m, shift) is the host's work (rule R8).
#pragma once

#include <cstdint>
#include <stdexcept>

#include "emu/numerics/requant.h"

namespace e8::num::tflite {

/// (18) The channel constants of `acc * m * 2^(shift - 31)`: S = 32 - shift serves both roundings.
/// Throws std::invalid_argument unless shift is in [-30, 31] and m in [0, 2^31).
constexpr ChannelParam channel(std::int64_t bias, std::int32_t m, int shift) {
  if (shift < -30 || shift > 31) throw std::invalid_argument("TFLite shift outside [-30, 31]");
  if (m < 0) throw std::invalid_argument("negative TFLite multiplier");
  const auto multiplier = static_cast<std::uint32_t>(m);
  return {2 * bias, multiplier, multiplier, static_cast<std::uint8_t>(32 - shift)};
}

/// (19) MultiplyByQuantizedMultiplier with double rounding. |x| * 2^max(shift, 0) < 2^31, shift in [-62, 31].
constexpr std::int64_t multiply(std::int64_t x, std::int32_t m, int shift) {
  const std::int64_t t = x * (std::int64_t{1} << (shift > 0 ? shift : 0)) * m;
  return round_shift(round_shift(t, 31, Tie::kHalfUp), shift < 0 ? -shift : 0, Tie::kHalfAway);
}

/// (20) Constants that divide a sum of n int8 by n and round half away from zero without error, n in [1, 16384].
/// M = ceil(2^k / n) errs upwards by less than |sum| / 2^k, which is below the 1/(2n) between a quotient and the next
/// tie because 256 * n^2 < 2^k; an exact tie moves away from zero, where half-away sends it. M fits 24 bits.
constexpr ChannelParam average(int n) {
  if (n < 1 || n > 16384) throw std::invalid_argument("average over a number of pixels outside [1, 16384]");
  int k = 23;
  while ((std::int64_t{1} << (k - 22)) <= n) ++k;  // k = 23 + floor(log2(n))
  const auto m = static_cast<std::uint32_t>(((std::int64_t{1} << k) + n - 1) / n);
  return {0, m, m, static_cast<std::uint8_t>(k + 1)};
}

}  // namespace e8::num::tflite
