// Growing bins; divergences of all candidates from running sums.
#include "host/quantize/entropy.h"

#include <algorithm>
#include <cmath>

#include "host/model/parallel.h"

namespace e8::quantize {
namespace {

/// Sums over bins [0, i) for every i.
struct RunningSums {
  std::vector<double> count, used, plogp;  ///< counts; bins that hold something; sum of n ln n
  explicit RunningSums(const std::vector<std::int64_t>& bins)
      : count(bins.size() + 1), used(bins.size() + 1), plogp(bins.size() + 1) {
    for (std::size_t i = 0; i < bins.size(); ++i) {
      const auto n = static_cast<double>(bins[i]);
      count[i + 1] = count[i] + n;
      used[i + 1] = used[i] + (n > 0 ? 1 : 0);
      plogp[i + 1] = plogp[i] + (n > 0 ? n * std::log(n) : 0);
    }
  }
};

/// Sum of P ln(P / Q) when bin `b` is the last. Step k covers the bins whose middle lies in [k, k + 1) steps; the last
/// one the middle of b too. With the counts n_j, N of all, M up to b, t above b, and m_k, u_k the counts and used bins
/// of step k: N * KL = sum n_j ln n_j (b's with t) - N ln N + N ln M - sum (m_k, with t in b's step) ln(m_k / u_k).
double divergence(const RunningSums& s, std::size_t b, std::size_t levels) {
  const double all = s.count.back(), below = s.count[b + 1], tail = all - below;
  const double last = below - s.count[b] + tail;
  double sum = s.plogp[b] + last * std::log(last) - all * std::log(all / below);
  std::size_t begin = 0;
  for (std::size_t k = 1; k <= levels; ++k) {
    // The first bin j with (j + 1/2) * levels / (b + 1/2) >= k.
    const std::size_t reach = k * (2 * b + 1);
    const std::size_t end = k == levels       ? b + 1
                            : reach <= levels ? 0
                                              : (reach - levels + 2 * levels - 1) / (2 * levels);
    const double mass = s.count[end] - s.count[begin];
    if (mass > 0) sum -= (mass + (k == levels ? tail : 0)) * std::log(mass / (s.used[end] - s.used[begin]));
    begin = end;
  }
  return sum / all;
}

}  // namespace

std::size_t least_divergence(const std::vector<std::int64_t>& bins, std::size_t levels, std::size_t first) {
  std::size_t best = bins.size() - 1;
  while (best > 0 && bins[best] == 0) --best;
  const RunningSums sums(bins);
  double least = divergence(sums, best, levels);
  for (std::size_t b = best; b-- > first;) {
    if (bins[b] == 0) continue;  // Q would have nothing where P has the tail
    const double d = divergence(sums, b, levels);
    if (d < least) {
      least = d;
      best = b;
    }
  }
  return best;
}

std::size_t GrowingHistogram::bin_of(float x) const {
  return std::min(bins_.size() - 1, static_cast<std::size_t>(std::fabs(double{x}) / width_));  // the largest: its end
}

void GrowingHistogram::reach(double magnitude) {
  if (bins_.empty()) {
    bins_.resize(kFirstBins);
    width_ = magnitude / static_cast<double>(kFirstBins);
  }
  while (magnitude > width_ * static_cast<double>(bins_.size())) {
    if (bins_.size() < kMostBins) {
      bins_.resize(2 * bins_.size());
      continue;
    }
    for (std::size_t i = 0; i < kMostBins; ++i) bins_[i] = i < kMostBins / 2 ? bins_[2 * i] + bins_[2 * i + 1] : 0;
    width_ *= 2;
  }
}

void GrowingHistogram::add(const Values& x, const Range& range, int threads) {
  all_.lo = std::min(all_.lo, range.lo);
  all_.hi = std::max(all_.hi, range.hi);
  reach(range.magnitude());
  const std::size_t slices = std::min<std::size_t>(x.chunks(), static_cast<std::size_t>(std::max(threads, 1)));
  std::vector<std::vector<std::int64_t>> parts(slices, std::vector<std::int64_t>(bins_.size()));
  model::parallel_for(slices, threads, [&](std::size_t s) {
    for (std::size_t c = s; c < x.chunks(); c += slices) {
      const Values part = x.chunk(c);
      for (std::size_t i = 0; i < part.size; ++i) ++parts[s][bin_of(part.data[i])];
    }
  });
  for (const auto& part : parts)
    for (std::size_t i = 0; i < bins_.size(); ++i) bins_[i] += part[i];
}

double entropy_threshold(const GrowingHistogram& h) {
  constexpr std::size_t kLevels = 127;
  std::vector<std::int64_t> bins = h.bins();
  bins[0] = 0;
  const double middle = static_cast<double>(least_divergence(bins, kLevels, kLevels)) + 0.5;
  return std::min(middle * h.width(), h.max());
}

Range entropy_range(const Histogram& h) {
  constexpr std::size_t kLevels = 255;
  const bool mirrored = -h.lo() > h.hi();  // the end that is searched comes last
  const auto near_end = [&](std::size_t i) { return mirrored ? h.above(i) : h.below(i); };
  const auto far_end = [&](std::size_t i) { return mirrored ? h.below(i) : h.above(i); };
  std::size_t before = Histogram::kBins, after = Histogram::kBins;  // zero
  while (before > 0 && near_end(before - 1) == 0) --before;
  while (after > 0 && far_end(after - 1) == 0) --after;
  std::vector<std::int64_t> bins;
  for (std::size_t i = before; i-- > 0;) bins.push_back(near_end(i));
  for (std::size_t i = 0; i < after; ++i) bins.push_back(far_end(i));
  const double share = before == 0 ? 0.7 : 0.6;
  const auto first = std::max(before, static_cast<std::size_t>(share * static_cast<double>(bins.size())));
  const double middle = static_cast<double>(least_divergence(bins, kLevels, first) - before) + 0.5;
  const double end = std::min(middle * h.width(), h.max());
  return mirrored ? Range{-end, h.hi(), true} : Range{h.lo(), end, true};
}

}  // namespace e8::quantize
