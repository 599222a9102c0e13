// A histogram of magnitudes with a bounded number of bins; batches and threads merge exactly, in any order.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "host/quantize/values.h"

namespace e8::quantize {

/// Bin i counts i * width <= |x| < (i + 1) * width, negative values and others apart. The width is the smallest power
/// of two with which kBins bins hold the largest magnitude seen, so it depends on the values alone: adding values
/// doubles it as needed, and pairs of bins become one. The largest magnitude is in the upper half of the bins: 16 bins
/// or more an int8 step.
class Histogram {
 public:
  static constexpr std::size_t kBins = 4096;

  /// Finite values; zeros count too.
  void add(const Values& x, const Range& range, int threads);
  void merge(const Histogram& other);

  std::int64_t count() const { return count_; }  ///< of values
  double width() const;
  double max() const { return max_; }  ///< the largest magnitude, exactly
  double lo() const { return lo_; }    ///< smallest value or 0, exactly
  double hi() const { return hi_; }
  std::int64_t bin(std::size_t i) const { return bins_[i] + bins_[kBins + i]; }
  std::int64_t above(std::size_t i) const { return bins_[i]; }          ///< of bin(i): x >= 0
  std::int64_t below(std::size_t i) const { return bins_[kBins + i]; }  ///< of bin(i): x < 0
  double centre(std::size_t i) const { return (static_cast<double>(i) + 0.5) * width(); }

 private:
  void widen(int exponent);
  void count_values(const Values& x);

  std::array<std::int64_t, 2 * kBins> bins_{};
  std::int64_t count_ = 0;
  double max_ = 0, lo_ = 0, hi_ = 0;
  int exponent_ = kNarrowest;              ///< width = 2^exponent_
  static constexpr int kNarrowest = -160;  ///< below float's smallest number: fits zeros only
};

/// (5) The smallest T such that `percent` of the values have |x| <= T; 0 < percent <= 100. At most max().
double percentile(const Histogram& h, double percent);

/// Squared error of the values, taken at their bins' centres, on the grid scale * [-127, 127].
double squared_error(const Histogram& h, double scale);

/// (6) The T among max() * j / 256, j = 1..256, whose grid T / 127 has the least squared error; the largest wins ties.
double min_mse_threshold(const Histogram& h);

}  // namespace e8::quantize
