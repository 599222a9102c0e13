// Sums over weight columns; two networks side by side.
#include "host/quantize/bias.h"

#include <algorithm>
#include <limits>

#include "host/quantize/calibrate.h"
#include "host/quantize/chains.h"

namespace e8::quantize {
namespace {

using model::Graph;
using model::Node;
using model::Op;

bool has_padding(const ops::Window& w) { return w.top + w.left + w.bottom + w.right > 0; }

/// A constant added to a channel is added to what comes out, and to all of the tail's inputs.
bool passes_constants(const Graph& graph, const Pair& pair) {
  if (pair.between.empty() || graph.nodes[static_cast<std::size_t>(pair.between[0])].op != Op::kRelu) return false;
  for (std::size_t i = 1; i < pair.between.size(); ++i) {
    const Node& n = graph.nodes[static_cast<std::size_t>(pair.between[i])];
    if (model::is_activation(n.op) || n.op == Op::kPad || (n.op == Op::kAveragePool && has_padding(n.window)))
      return false;
  }
  const Node& tail = graph.nodes[static_cast<std::size_t>(pair.tail)];
  return tail.op == Op::kGemm || (tail.op == Op::kConv && !has_padding(tail.window));
}

/// E[x] of each channel of a value.
std::vector<double> expected(const Graph& graph, int value, const ChannelMoments& moments) {
  constexpr double kInf = std::numeric_limits<double>::infinity();
  const auto maker_of_value = model::maker_of(graph);
  const auto maker = [&](int v) -> const Node* {
    const int i = maker_of_value[static_cast<std::size_t>(v)];
    return i < 0 ? nullptr : &graph.nodes[static_cast<std::size_t>(i)];
  };
  const Node* n = maker(value);
  const bool clips = n != nullptr && (n->op == Op::kRelu || n->op == Op::kClip);
  const Node* layer = clips ? maker(n->inputs[0]) : nullptr;
  const bool normal = layer != nullptr && has_weights(*layer);
  const double lo = !clips || n->op == Op::kRelu ? 0 : n->lo, hi = !clips || n->op == Op::kRelu ? kInf : n->hi;
  std::vector<double> means;
  for (const Moments& m : moments[static_cast<std::size_t>(normal ? n->inputs[0] : value)])
    means.push_back(normal ? clipped_mean(m, lo, hi) : m.mean);
  return means;
}

}  // namespace

Graph absorbed(Graph graph, const ChannelMoments& moments, std::string* note) {
  std::size_t count = 0, of = 0;
  for (const Pair& pair : homogeneous_pairs(graph)) {
    if (!passes_constants(graph, pair)) continue;
    Node& head = graph.nodes[static_cast<std::size_t>(pair.head)];
    Node& tail = graph.nodes[static_cast<std::size_t>(pair.tail)];
    const std::size_t channels = head.bias.size(), each = inputs_of(graph, tail) / channels;
    std::vector<double> added(tail.bias.size());
    for (std::size_t i = 0; i < channels; ++i) {
      const Moments& m = moments[static_cast<std::size_t>(head.output)][i];
      const double c = std::max(0.0, m.mean - 3 * m.deviation);
      if (c == 0 || m.deviation == 0) continue;  // one value tells nothing of the others
      ++count;
      head.bias[i] = static_cast<float>(head.bias[i] - c);
      for (std::size_t j = i * each; j < (i + 1) * each; ++j)
        for_weights_of_input(graph, &tail, j, [&](std::size_t o, float& w) { added[o] += w * c; });
    }
    for (std::size_t o = 0; o < added.size(); ++o) tail.bias[o] = static_cast<float>(tail.bias[o] + added[o]);
    of += channels;
  }
  *note = "absorbed the high biases of " + std::to_string(count) + " of " + std::to_string(of) + " channels";
  return graph;
}

Graph corrected_by_measurement(const Graph& graph, const Graph& quantized, const Plan& plan,
                               const model::Batch& pictures, int batch, int threads,
                               const std::function<void(int)>& step) {
  const auto maker = model::maker_of(graph);
  const auto layer_of = [&](int value) {
    const int i = maker[static_cast<std::size_t>(value)];
    return i >= 0 && has_weights(graph.nodes[static_cast<std::size_t>(i)]) ? i : -1;
  };
  std::vector<std::vector<double>> real(graph.values.size()), error(graph.nodes.size());
  const auto listen = [&](int v, model::Batch* b) {
    if (layer_of(v) >= 0) real[static_cast<std::size_t>(v)] = channel_sums(*b, threads);
  };
  const auto correct = [&](int v, model::Batch* b) {
    if (const int layer = layer_of(v); layer >= 0) {
      std::vector<double> sums = channel_sums(*b, threads), &errors = error[static_cast<std::size_t>(layer)];
      errors.resize(sums.size());
      const std::size_t plane = b->shape.size() / sums.size();
      for (std::size_t c = 0; c < sums.size(); ++c) {
        const double e = (sums[c] - real[static_cast<std::size_t>(v)][c]) / (static_cast<double>(plane) * b->n);
        errors[c] += e * b->n;
        for (int i = 0; i < b->n; ++i)
          for (float* x = b->image(i) + c * plane; x != b->image(i) + (c + 1) * plane; ++x)
            *x = static_cast<float>(*x - e);
      }
    }
    if (plan.stored(v)) snap_tensor(activation_grid(plan, plan.affine_of(v)), &b->data, threads);
  };
  for (int first = 0; first < pictures.n; first += batch) {
    const model::Batch part = slice(pictures, first, std::min(batch, pictures.n - first));
    model::run_float(graph, part, listen, threads);
    if (step) step(part.n);
    model::run_float(quantized, part, correct, threads);
    if (step) step(part.n);
  }
  Graph out = graph;
  for (std::size_t i = 0; i < out.nodes.size(); ++i)
    for (std::size_t c = 0; c < error[i].size(); ++c)  // what was measured was measured behind the stored bias
      out.nodes[i].bias[c] = static_cast<float>(quantized.nodes[i].bias[c] - error[i][c] / pictures.n);
  return out;
}

Graph corrected_by_moments(const Graph& graph, const Graph& quantized, const ChannelMoments& moments) {
  Graph out = graph;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    if (!has_weights(graph.nodes[i])) continue;
    Node real = graph.nodes[i], stored = quantized.nodes[i];
    const std::vector<double> mean = expected(graph, real.inputs[0], moments);
    const std::size_t inputs = inputs_of(graph, real), each = inputs / mean.size();
    // A pixel meets every tap of a convolution, but of a transposed one, averaged over pixels, only one in sh * sw.
    const int share = real.op == Op::kConvTranspose ? real.window.sh * real.window.sw : 1;
    std::vector<double> shift(real.bias.size());
    for (std::size_t j = 0; j < inputs; ++j) {
      const double x = mean[j / each] / share;
      for_weights_of_input(graph, &stored, j, [&](std::size_t o, float& w) { shift[o] += w * x; });
      for_weights_of_input(graph, &real, j, [&](std::size_t o, float& w) { shift[o] -= w * x; });
    }
    for (std::size_t o = 0; o < shift.size(); ++o) out.nodes[i].bias[o] = static_cast<float>(real.bias[o] - shift[o]);
  }
  return out;
}

}  // namespace e8::quantize
