// A tensor's values as the scale selection sees them: a flat array in chunks, so that sums do not depend on threads.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace e8::quantize {

/// Does not own its data.
struct Values {
  static constexpr std::size_t kChunk = std::size_t{1} << 16;
  const float* data = nullptr;
  std::size_t size = 0;
  Values() = default;
  Values(const float* d, std::size_t n) : data(d), size(n) {}
  Values(const std::vector<float>& v) : data(v.data()), size(v.size()) {}  // NOLINT: a view
  std::size_t chunks() const { return (size + kChunk - 1) / kChunk; }
  Values chunk(std::size_t i) const { return {data + i * kChunk, std::min(kChunk, size - i * kChunk)}; }
};

struct Range {
  double lo = 0, hi = 0;
  bool finite = true;  ///< false: there are infinities or NaNs
  bool zero() const { return lo == 0 && hi == 0; }
  double magnitude() const { return std::max(-lo, hi); }
};

/// The range of the values and zero.
Range range_of(const Values& x, int threads);

}  // namespace e8::quantize
