// Factors of channels, pair by pair, to a fixpoint.
#include "host/quantize/equalize.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "host/quantize/chains.h"

namespace e8::quantize {
namespace {

using model::Graph;
using model::Node;

constexpr int kMostRounds = 40;
constexpr double kSettled = 0.01;
// Guards of Vitis AI: a channel of next to no weight would otherwise stretch the one scale of its tensor.
constexpr double kLeastFactor = 0.01, kMostFactor = 100;
constexpr float kNegligible = 0.1F;  ///< r1 + r2 of a channel that matters at least

/// Scales the channels of one pair; factors[i] takes what channel i was divided by. Returns the largest |s - 1|.
double equalize_pair(Graph* graph, const Pair& pair, std::vector<double>* factors) {
  Node& head = graph->nodes[static_cast<std::size_t>(pair.head)];
  Node& tail = graph->nodes[static_cast<std::size_t>(pair.tail)];
  const std::size_t channels = head.bias.size(), row = head.weights.size() / channels;
  const std::size_t each = inputs_of(*graph, tail) / channels;  // pixels of a channel that a Gemm reads
  factors->resize(channels, 1);
  double moved = 0;
  for (std::size_t i = 0; i < channels; ++i) {
    float r1 = std::fabs(head.bias[i]), r2 = 0;
    for (std::size_t k = i * row; k < (i + 1) * row; ++k) r1 = std::max(r1, std::fabs(head.weights[k]));
    const auto of_tail = [&](auto f) {
      for (std::size_t j = i * each; j < (i + 1) * each; ++j) for_weights_of_input(*graph, &tail, j, f);
    };
    of_tail([&](std::size_t, float& w) { r2 = std::max(r2, std::fabs(w)); });
    if (r1 == 0 || r2 == 0 || r1 + r2 < kNegligible) continue;
    double& factor = (*factors)[i];
    const double before = factor;
    factor = std::clamp(before * std::sqrt(double{r1} / r2), kLeastFactor, kMostFactor);
    const double s = factor / before;
    for (std::size_t k = i * row; k < (i + 1) * row; ++k) head.weights[k] = static_cast<float>(head.weights[k] / s);
    head.bias[i] = static_cast<float>(head.bias[i] / s);
    of_tail([&](std::size_t, float& w) { w = static_cast<float>(w * s); });
    moved = std::max(moved, std::fabs(s - 1));
  }
  return moved;
}

std::string text(double x) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.3g", x);
  return buffer;
}

}  // namespace

Graph equalized(Graph graph, std::string* note) {
  const std::vector<Pair> pairs = homogeneous_pairs(graph);
  std::vector<std::vector<double>> factors(pairs.size());
  double moved = 1;
  for (int round = 0; round < kMostRounds && moved > kSettled; ++round) {
    moved = 0;
    for (std::size_t p = 0; p < pairs.size(); ++p)
      moved = std::max(moved, equalize_pair(&graph, pairs[p], &factors[p]));
  }
  double least = 1, most = 1;
  for (const auto& of_pair : factors)
    for (const double f : of_pair) {
      least = std::min(least, f);
      most = std::max(most, f);
    }
  *note = "equalized " + std::to_string(pairs.size()) + " pairs of layers, channels divided by " + text(least) +
          " to " + text(most);
  return graph;
}

Graph without_limits(Graph graph, std::string* note) {
  const auto limited = [](const Node& n) { return n.op == model::Op::kClip && n.lo == 0 && n.hi > 0; };
  Graph open = graph;
  for (Node& n : open.nodes)
    if (limited(n)) n.op = model::Op::kRelu;
  int changed = 0;
  for (const Pair& pair : homogeneous_pairs(open))
    for (const int i : pair.between) {
      Node& n = graph.nodes[static_cast<std::size_t>(i)];
      if (!limited(n)) continue;
      n.op = model::Op::kRelu;
      ++changed;
    }
  *note = std::to_string(changed) + " limits (Clip) became Relu";
  return graph;
}

}  // namespace e8::quantize
