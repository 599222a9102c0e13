// Range checks of the accumulator and of V (rule R1): wrapping is never a result, it is an error.
#pragma once

#include <cstdint>
#include <limits>
#include <stdexcept>

#include "emu/numerics/requant.h"

namespace e8::num {

constexpr bool fits_acc(std::int64_t sum) {
  return sum >= std::numeric_limits<std::int32_t>::min() && sum <= std::numeric_limits<std::int32_t>::max();
}

/// The exact sum as an accumulator. Throws std::overflow_error when it leaves int32.
constexpr std::int32_t checked_acc(std::int64_t sum) {
  if (!fits_acc(sum)) throw std::overflow_error("accumulator leaves int32");
  return static_cast<std::int32_t>(sum);
}

/// requantize() of an exact sum. Throws std::overflow_error when the sum leaves int32 or V leaves 33 bits.
constexpr std::int8_t checked_requantize(std::int64_t sum, const ChannelParam& p, const TailMode& mode) {
  const std::int64_t v = tail_v(checked_acc(sum), p);
  if (!fits_v(v)) throw std::overflow_error("V = 2*acc + bias leaves 33 bits");
  return requantize_v(v, p, mode);
}

}  // namespace e8::num
