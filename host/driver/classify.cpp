// See classify.h.
#include "host/driver/classify.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace e8::driver {

std::vector<double> dequantize(const ops::Tensor& tensor, const model::IntTensor& info) {
  std::vector<double> real(tensor.data.size());
  std::transform(tensor.data.begin(), tensor.data.end(), real.begin(),
                 [&](std::int8_t q) { return (q - info.zero_point) * info.scale; });
  return real;
}

std::vector<double> softmax(const std::vector<double>& x) {
  if (x.empty()) return {};
  const double largest = *std::max_element(x.begin(), x.end());
  std::vector<double> p(x.size());
  std::transform(x.begin(), x.end(), p.begin(), [&](double v) { return std::exp(v - largest); });
  const double sum = std::accumulate(p.begin(), p.end(), 0.0);
  for (double& v : p) v /= sum;
  return p;
}

int argmax(const std::vector<double>& x, ArgmaxTie tie) { return top_k(x, 1, tie).at(0).index; }

std::vector<int> argmax_of_pixels(const ops::Tensor& tensor, ArgmaxTie tie) {
  std::vector<int> channels;
  for (auto pixel = tensor.data.begin(); pixel != tensor.data.end(); pixel += tensor.shape.c)
    channels.push_back(argmax(std::vector<double>(pixel, pixel + tensor.shape.c), tie));
  return channels;
}

std::vector<Score> top_k(const std::vector<double>& x, int k, ArgmaxTie tie) {
  std::vector<Score> scores;
  for (const double v : x) scores.push_back({static_cast<int>(scores.size()), v});
  const auto best = scores.begin() + std::clamp<std::ptrdiff_t>(k, 0, static_cast<std::ptrdiff_t>(scores.size()));
  std::partial_sort(scores.begin(), best, scores.end(), [&](const Score& a, const Score& b) {
    if (a.value != b.value) return a.value > b.value;
    return tie == ArgmaxTie::kFirst ? a.index < b.index : a.index > b.index;
  });
  scores.erase(best, scores.end());
  return scores;
}

}  // namespace e8::driver
