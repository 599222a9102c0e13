// Rounding real values to an int8 grid: the one place where the quantizer rounds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "emu/numerics/requant.h"

namespace e8::quantize {

/// Nearest integer of `v`, exactly, |v| < 2^51. Without branches, so that loops over it become vector code.
template <num::Tie tie>
inline double nearest(double v) {
  constexpr double kShift = 6755399441055744.0;  // 1.5 * 2^52: adding it leaves no bits behind the point
  const double even = (v + kShift) - kShift;
  const double rest = v - even;  // -0.5 .. 0.5
  if constexpr (tie == num::Tie::kHalfUp) return even + (rest == 0.5 ? 1.0 : 0.0);
  if constexpr (tie == num::Tie::kHalfAway)
    return even + (rest == 0.5 && v > 0 ? 1.0 : 0.0) - (rest == -0.5 && v < 0 ? 1.0 : 0.0);
  return even;
}

/// The values scale * q, q an integer in [lo, hi]; numerics.md 2: Q(x) = clamp(round(x / scale), lo, hi).
struct Grid {
  double scale = 1;
  int lo = -128, hi = 127;
  num::Tie tie = num::Tie::kHalfEven;
};

/// What an int8 activation means: real = (q - zero_point) * scale.
struct Affine {
  double scale = 0;
  int zero_point = 0;
};

/// q[i] = Q(x[i]).
void to_integers(const Grid& grid, const float* x, std::size_t n, std::int32_t* q);

/// x[i] = scale * Q(x[i]): what a tensor becomes when it is stored as int8.
void snap(const Grid& grid, float* x, std::size_t n);

/// snap, on several threads.
void snap_tensor(const Grid& grid, std::vector<float>* x, int threads);

/// Sum of (x[i] - scale * Q(x[i]))^2; the order of additions is fixed by n alone.
double squared_error(const Grid& grid, const float* x, std::size_t n);

struct Fate {
  std::size_t clamped = 0;  ///< values that round to integers outside [lo, hi]
  std::size_t ties = 0;     ///< of the others: exactly half way between two steps
};
Fate fate_of(const Grid& grid, const float* x, std::size_t n);

}  // namespace e8::quantize
