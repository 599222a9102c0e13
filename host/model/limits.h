// The ranges that shifts and multipliers must lie in: lower() refuses what leaves them, the quantizer moves scales
// until nothing does. numerics.md 4.1-4.4, 6.
#pragma once

#include <algorithm>
#include <cstdint>

#include "emu/numerics/requant.h"

namespace e8::model {

// dpu: scales are 2^-p; pw, px, pb, py of weights, input, bias, output.
constexpr int kMaxShiftCut = 16;   ///< pw + px - py in [0, 16]
constexpr int kMaxShiftBias = 16;  ///< pw + px - pb in [least_bias_shift(), 16]
constexpr int kMaxAddShift = 15;   ///< additions: p_i - min p in [0, 15], min p - py in [-15, 15]
constexpr int kMaxMoveShift = 15;  ///< |px - py| of operators that only move or pool values

// dpu: positions of HardSigmoid and HardSwish in integer form.
constexpr int kMaxTableP = 15;      ///< px in [0, 15]
constexpr int kLeastSigmoidP = 7;   ///< py of HardSigmoid is at least 7 and at most px + 14
constexpr int kSigmoidReach = 14;   ///< see above
constexpr int kSwishReach = 7;      ///< py of HardSwish is at most px + 7
constexpr int kMaxSwishShift = 62;  ///< px + 7 - py is at most 62

// scaled: multipliers input scale * weight scale / output scale.
constexpr double kLeastMultiplier = 0x1p-31, kMultiplierEnd = 0x1p24;  ///< in [2^-31, 2^24)

constexpr int kMaxZeroFirstShift = 30;  ///< of additions whose zero point is added before rounding

constexpr std::int64_t kMaxDepth = 131071;  ///< products of one sum: 2^14 each, an int32 in all (R1)

/// The least legal bias shift at shift_cut `cut`. Before a leaky activation the floor below the guard bit would be
/// seen; rules other than half-up see it below one bit (F4, F5).
constexpr int least_bias_shift(int cut, bool leaky, num::Tie tie) {
  if (leaky) return 0;
  const int least = std::min(0, cut - kMaxShiftCut);
  return tie == num::Tie::kHalfUp ? least : std::max(least, -1);
}

}  // namespace e8::model
