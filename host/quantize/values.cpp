// Smallest, largest, finite.
#include "host/quantize/values.h"

#include <cmath>

#include "host/model/parallel.h"

namespace e8::quantize {
namespace {

Range range_of_chunk(const Values& x) {
  float lo = 0, hi = 0, bad = 0;
  for (std::size_t i = 0; i < x.size; ++i) {
    const float v = x.data[i];
    lo = v < lo ? v : lo;
    hi = v > hi ? v : hi;
    bad += v - v;  // NaN when v is an infinity or NaN, else 0
  }
  return {lo, hi, !std::isnan(bad)};
}

}  // namespace

Range range_of(const Values& x, int threads) {
  std::vector<Range> parts(x.chunks());
  model::parallel_for(parts.size(), threads, [&](std::size_t c) { parts[c] = range_of_chunk(x.chunk(c)); });
  Range all;
  for (const Range& r : parts) {
    all.lo = std::min(all.lo, r.lo);
    all.hi = std::max(all.hi, r.hi);
    all.finite = all.finite && r.finite;
  }
  return all;
}

}  // namespace e8::quantize
