// Sums over planes; the normal distribution.
#include "host/quantize/statistics.h"

#include <algorithm>
#include <cmath>

#include "host/model/parallel.h"
#include "host/quantize/calibrate.h"

namespace e8::quantize {
namespace {

/// f(value) added up for each channel.
template <typename F>
std::vector<double> sums_of(const model::Batch& batch, int threads, F f) {
  const auto channels = static_cast<std::size_t>(batch.shape.c);
  const std::size_t plane = batch.shape.size() / channels;
  std::vector<double> sums(channels);
  model::parallel_for(channels, threads, [&](std::size_t c) {
    for (int i = 0; i < batch.n; ++i) {
      const float* x = batch.image(i) + c * plane;
      double sum = 0;
      for (std::size_t k = 0; k < plane; ++k) sum += f(x[k], c);
      sums[c] += sum;
    }
  });
  return sums;
}

double density(double x) { return std::isinf(x) ? 0 : std::exp(-x * x / 2) / std::sqrt(2 * std::acos(-1.0)); }
double share_below(double x) { return std::erfc(-x / std::sqrt(2.0)) / 2; }

}  // namespace

std::vector<double> channel_sums(const model::Batch& batch, int threads) {
  return sums_of(batch, threads, [](float x, std::size_t) { return double{x}; });
}

ChannelMoments channel_moments(const model::Graph& graph, const model::Batch& pictures, int batch, int threads,
                               const std::function<void(int)>& step) {
  // Deviations from the first batch's mean, so that squares do not cancel.
  struct Sums {
    std::vector<double> origin, first, second;
    double count = 0;
  };
  std::vector<Sums> sums(graph.values.size());
  const auto hook = [&](int value, model::Batch* data) {
    Sums& s = sums[static_cast<std::size_t>(value)];
    const double count = static_cast<double>(data->data.size()) / data->shape.c;
    if (s.origin.empty()) {
      s.origin = channel_sums(*data, threads);
      for (double& o : s.origin) o /= count;
      s.first.resize(s.origin.size());
      s.second.resize(s.origin.size());
    }
    const auto first = sums_of(*data, threads, [&](float x, std::size_t c) { return double{x} - s.origin[c]; });
    const auto second =
        sums_of(*data, threads, [&](float x, std::size_t c) { return (double{x} - s.origin[c]) * (x - s.origin[c]); });
    for (std::size_t c = 0; c < first.size(); ++c) {
      s.first[c] += first[c];
      s.second[c] += second[c];
    }
    s.count += count;
  };
  for (int begin = 0; begin < pictures.n; begin += batch) {
    const int count = std::min(batch, pictures.n - begin);
    model::run_float(graph, slice(pictures, begin, count), hook, threads);
    if (step) step(count);
  }
  ChannelMoments moments(sums.size());
  for (std::size_t v = 0; v < sums.size(); ++v)
    for (std::size_t c = 0; c < sums[v].origin.size(); ++c) {
      const double shift = sums[v].first[c] / sums[v].count;
      const double variance = sums[v].second[c] / sums[v].count - shift * shift;
      moments[v].push_back({sums[v].origin[c] + shift, std::sqrt(std::max(0.0, variance))});
    }
  return moments;
}

double clipped_mean(const Moments& x, double lo, double hi) {
  if (x.deviation == 0) return std::clamp(x.mean, lo, hi);
  const double a = (lo - x.mean) / x.deviation, b = (hi - x.mean) / x.deviation;
  const double below = share_below(a), above = share_below(-b);
  return (below > 0 ? lo * below : 0) + (above > 0 ? hi * above : 0) + x.mean * (1 - below - above) +
         x.deviation * (density(a) - density(b));
}

}  // namespace e8::quantize
