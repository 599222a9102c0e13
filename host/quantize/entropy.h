// Thresholds by the least Kullback-Leibler divergence between a histogram and what int8 would leave of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "host/quantize/histogram.h"
#include "host/quantize/values.h"

namespace e8::quantize {

/// Magnitudes by NVIDIA's rule (numerics.md 3.5): the first batch's largest fixes the width of 1024 bins; when a later
/// one is larger, the number of bins doubles until it fits. From kMostBins on pairs of bins become one instead, so that
/// memory is bounded. Depends on which batch comes first, not on threads.
class GrowingHistogram {
 public:
  static constexpr std::size_t kFirstBins = 1024, kMostBins = std::size_t{1} << 16;

  /// Finite values, not all zero.
  void add(const Values& x, const Range& range, int threads);
  bool empty() const { return bins_.empty(); }
  const std::vector<std::int64_t>& bins() const { return bins_; }
  double width() const { return width_; }
  double lo() const { return all_.lo; }  ///< smallest value or 0, exactly
  double hi() const { return all_.hi; }
  double max() const { return all_.magnitude(); }

 private:
  std::size_t bin_of(float x) const;
  void reach(double magnitude);

  std::vector<std::int64_t> bins_;
  double width_ = 0;
  Range all_;
};

/// Of the bins B >= `first` that hold something, the one whose middle is the best end for `levels` equal steps from 0:
/// P is the histogram with everything above B counted in B, Q the bins up to B, each step's count spread evenly over
/// its bins that hold something; least sum P ln(P / Q), both normalised; the largest B wins ties. Q is made before the
/// bins above are counted in, so that cutting off costs. The last bin that holds something when no such B is below it.
std::size_t least_divergence(const std::vector<std::int64_t>& bins, std::size_t levels, std::size_t first);

/// (13) Both ends after Intel: the one nearer to zero stays, the one farther away is cut where 255 steps over the whole
/// span diverge least; not below 0.7 of the span when all values have one sign, 0.6 otherwise. A Range around zero.
Range entropy_range(const Histogram& h);

/// (6') The threshold of 127 steps, bin 0 (zeros and next to zero) left out.
double entropy_threshold(const GrowingHistogram& h);

}  // namespace e8::quantize
