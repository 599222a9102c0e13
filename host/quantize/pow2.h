// Scales that are powers of two (scheme dpu): value = q * 2^-p. Equations (1)-(3) of README.md; numerics.md 3.1-3.3.
#pragma once

#include <cstddef>
#include <map>
#include <optional>

#include "emu/numerics/requant.h"
#include "host/quantize/values.h"

namespace e8::quantize {

/// p stays in [-kMaxP, kMaxP], so that 2^-p and its square are ordinary floats.
constexpr int kMaxP = 60;

/// 2^-p.
double scale_of_p(int p);

/// The p of a scale that is a power of two.
int p_of_scale(double scale);

/// (1) The largest p at which nothing overflows: round(lo * 2^p) >= -128 and round(hi * 2^p) <= 127.
/// Needs lo < 0 or hi > 0.
int non_overflow_p(double lo, double hi);

/// (2) Of p0..p0+4 the p with the least squared error; the smallest wins ties. `range` is that of `x`: finite, not
/// zero.
int min_mse_p(const Values& x, const Range& range, num::Tie tie, int threads);

/// (3) The p that most batches chose; the smallest wins ties. Empty when there was none.
class ModeOfP {
 public:
  void add(int p) { ++count_[p]; }
  std::optional<int> mode() const;

 private:
  std::map<int, int> count_;
};

}  // namespace e8::quantize
