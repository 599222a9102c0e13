// Choosing arbitrary scales of constants; those of activations come from host/quantize/histogram.h.
#include "host/quantize/scaled.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "host/model/parallel.h"

namespace e8::quantize {

double storable(double x) { return std::max(static_cast<float>(x), std::numeric_limits<float>::min()); }

Affine asymmetric(double lo, double hi) {
  const double scale = storable((hi - lo) / 255);
  return {scale, static_cast<int>(std::clamp(std::nearbyint(-128 - lo / scale), -128.0, 127.0))};
}

double max_scale(const Values& x) {
  const double magnitude = range_of(x, 1).magnitude();
  return magnitude == 0 ? 0 : storable(magnitude / kSymmetric);
}

double min_mse_scale(const Values& x) {
  constexpr int kSteps = 64;
  const double top = max_scale(x);
  if (top == 0) return 0;
  const auto error = [&](double s) {
    return squared_error({s, -kSymmetric, kSymmetric, num::Tie::kHalfEven}, x.data, x.size);
  };
  double best = top, least = error(top);
  for (int j = kSteps - 1; j >= kSteps / 2; --j) {
    const double scale = storable(top * j / kSteps), e = error(scale);
    if (e < least) {
      best = scale;
      least = e;
    }
  }
  return best;
}

std::vector<double> channel_scales(const Values& weights, std::size_t channels, bool min_mse, int threads) {
  std::vector<double> scales(channels);
  const std::size_t block = weights.size / channels;
  model::parallel_for(channels, threads, [&](std::size_t c) {
    const Values channel(weights.data + c * block, block);
    scales[c] = min_mse ? min_mse_scale(channel) : max_scale(channel);
  });
  const double largest = *std::max_element(scales.begin(), scales.end());
  std::replace(scales.begin(), scales.end(), 0.0, largest);
  return scales;
}

}  // namespace e8::quantize
