// Choosing powers of two.
#include "host/quantize/pow2.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "host/model/parallel.h"
#include "host/quantize/grid.h"

namespace e8::quantize {

double scale_of_p(int p) { return std::ldexp(1.0, -p); }

int p_of_scale(double scale) { return -std::ilogb(scale); }

int non_overflow_p(double lo, double hi) {
  // floor(log2(1 / m)) without a logarithm: m = f * 2^e with f in [0.5, 1).
  int e = 0;
  const double f = std::frexp(std::max(lo / -128.5, hi / 127.5), &e);
  return std::clamp(f == 0.5 ? 1 - e : -e, -kMaxP, kMaxP);
}

int min_mse_p(const Values& x, const Range& range, num::Tie tie, int threads) {
  constexpr std::size_t kCandidates = 5;
  const int p0 = non_overflow_p(range.lo, range.hi);
  std::vector<std::array<double, kCandidates>> sums(x.chunks());
  model::parallel_for(x.chunks(), threads, [&](std::size_t c) {
    const Values part = x.chunk(c);
    for (std::size_t i = 0; i < kCandidates; ++i)
      sums[c][i] = squared_error({scale_of_p(p0 + static_cast<int>(i)), -128, 127, tie}, part.data, part.size);
  });
  std::array<double, kCandidates> total{};
  for (const auto& s : sums)
    for (std::size_t i = 0; i < kCandidates; ++i) total[i] += s[i];
  const auto best = std::min_element(total.begin(), total.end());  // the first of equals: the smallest p
  return p0 + static_cast<int>(best - total.begin());
}

std::optional<int> ModeOfP::mode() const {
  const auto less = [](const auto& a, const auto& b) { return a.second < b.second; };
  const auto best = std::max_element(count_.begin(), count_.end(), less);  // the first of equals: the smallest p
  return best == count_.end() ? std::nullopt : std::optional<int>(best->first);
}

}  // namespace e8::quantize
