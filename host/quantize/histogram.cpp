// Counting, widening, merging; thresholds.
#include "host/quantize/histogram.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "host/model/parallel.h"
#include "host/quantize/grid.h"

namespace e8::quantize {
namespace {

// The smallest e with max < kBins * 2^e.
int exponent_for(double max) {
  int e = 0;
  std::frexp(max, &e);  // max < 2^e
  return e - 12;
}
static_assert(Histogram::kBins == std::size_t{1} << 12, "exponent_for knows the number of bins");

}  // namespace

double Histogram::width() const { return std::ldexp(1.0, exponent_); }

void Histogram::widen(int exponent) {
  if (exponent <= exponent_) return;
  const int by = std::min(exponent - exponent_, 12);
  for (std::size_t half : {std::size_t{0}, kBins})
    for (std::size_t i = 0, step = std::size_t{1} << by; i < kBins; ++i) {
      std::int64_t sum = 0;
      for (std::size_t j = i * step; j < std::min((i + 1) * step, kBins); ++j) sum += bins_[half + j];
      bins_[half + i] = sum;
    }
  exponent_ = exponent;
}

void Histogram::count_values(const Values& x) {
  const double scale = 1 / width();
  for (std::size_t i = 0; i < x.size; ++i) {
    const double v = double{x.data[i]};
    ++bins_[static_cast<std::size_t>(std::fabs(v) * scale) + (v < 0 ? kBins : 0)];
  }
  count_ += static_cast<std::int64_t>(x.size);
}

void Histogram::add(const Values& x, const Range& range, int threads) {
  max_ = std::max(max_, range.magnitude());
  lo_ = std::min(lo_, range.lo);
  hi_ = std::max(hi_, range.hi);
  if (max_ > 0) widen(exponent_for(max_));
  const std::size_t slices = std::min<std::size_t>(x.chunks(), static_cast<std::size_t>(std::max(threads, 1)));
  std::vector<Histogram> parts(slices);
  model::parallel_for(slices, threads, [&](std::size_t s) {
    parts[s].exponent_ = exponent_;
    for (std::size_t c = s; c < x.chunks(); c += slices) parts[s].count_values(x.chunk(c));
  });
  for (const Histogram& part : parts) merge(part);
}

void Histogram::merge(const Histogram& other) {
  Histogram o = other;
  widen(o.exponent_);
  o.widen(exponent_);
  for (std::size_t i = 0; i < bins_.size(); ++i) bins_[i] += o.bins_[i];
  count_ += o.count_;
  max_ = std::max(max_, o.max_);
  lo_ = std::min(lo_, o.lo_);
  hi_ = std::max(hi_, o.hi_);
}

double percentile(const Histogram& h, double percent) {
  const double wanted = percent * static_cast<double>(h.count()) / 100 * (1 - 1e-12);  // 99.99 % of 10000 is 9999
  std::int64_t seen = 0;
  for (std::size_t i = 0; i < Histogram::kBins; ++i) {
    seen += h.bin(i);
    if (static_cast<double>(seen) >= wanted) return std::min(static_cast<double>(i + 1) * h.width(), h.max());
  }
  return h.max();
}

double squared_error(const Histogram& h, double scale) {
  double sum = 0;
  for (std::size_t i = 0; i < Histogram::kBins; ++i) {
    if (h.bin(i) == 0) continue;
    const double v = h.centre(i) / scale, e = v - nearest<num::Tie::kHalfEven>(std::min(v, 127.0));
    sum += static_cast<double>(h.bin(i)) * e * e;
  }
  return sum * scale * scale;
}

double min_mse_threshold(const Histogram& h) {
  constexpr int kSteps = 256;
  double best = h.max(), least = squared_error(h, best / 127);
  for (int j = kSteps - 1; j > 0; --j) {
    const double threshold = h.max() * j / kSteps, error = squared_error(h, threshold / 127);
    if (error < least) {
      best = threshold;
      least = error;
    }
  }
  return best;
}

}  // namespace e8::quantize
