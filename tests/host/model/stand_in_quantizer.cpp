#include "tests/host/model/stand_in_quantizer.h"

#include <algorithm>
#include <cmath>
#include <random>

#include "host/model/metadata.h"

namespace e8::model {

namespace {

double scale_for(double largest, bool dpu) {
  const double s = std::max(largest, 1e-6) / 127;
  return dpu ? std::exp2(std::ceil(std::log2(s))) : static_cast<double>(static_cast<float>(s));
}

double largest(const float* values, std::size_t count) {
  double m = 0;
  for (std::size_t i = 0; i < count; ++i) m = std::max(m, std::abs(double{values[i]}));
  return m;
}

QuantData store(std::vector<float>* real, std::size_t channels, bool dpu) {
  QuantData q;
  const std::size_t block = real->size() / channels;
  for (std::size_t c = 0; c < channels; ++c) q.scales.push_back(scale_for(largest(&(*real)[c * block], block), dpu));
  for (std::size_t i = 0; i < real->size(); ++i) {
    const double s = q.scales[i / block];
    q.values.push_back(static_cast<std::int32_t>(std::clamp(std::nearbyint((*real)[i] / s), -128.0, 127.0)));
    (*real)[i] = static_cast<float>(q.values.back() * s);
  }
  return q;
}

bool keeps_scale(Op op) { return keeps_values(op) || op == Op::kPad; }

/// By the largest value; HardSigmoid's integer form begins at 2^-7.
double output_scale(const Node& n, double top, bool dpu) {
  return dpu && n.op == Op::kHardSigmoid ? 0x1p-7 : scale_for(top, dpu);
}

}  // namespace

Batch random_batch(const Graph& graph, int n, std::uint32_t seed) {
  std::mt19937 random(seed);
  Batch batch(n, graph.value(graph.input).shape);
  for (float& x : batch.data) x = static_cast<float>(random() % 2001) / 1000 - 1;
  return batch;
}

void stand_in_quantize(Graph* g, bool dpu, std::uint32_t seed) {
  std::vector<double> top(g->values.size());
  run_float(*g, random_batch(*g, 8, seed),
            [&](int v, Batch* b) { top[static_cast<std::size_t>(v)] = largest(b->data.data(), b->data.size()); });
  const auto readers = readers_of(*g);
  g->value(g->input).scale = scale_for(top[static_cast<std::size_t>(g->input)], dpu);
  for (Node& n : g->nodes) {
    const auto out = static_cast<std::size_t>(n.output);
    const bool alone = readers[out].size() == 1 && readers[out][0] >= 0;
    const Op next = alone ? g->nodes[static_cast<std::size_t>(readers[out][0])].op : Op::kFlatten;
    const bool inside = fuses_activation(n.op) && is_activation(next) && (has_weights(n.op) || !is_leaky(next));
    if (!inside && n.op != Op::kSoftmax)
      g->value(n.output).scale = keeps_scale(n.op) ? g->in(n).scale : output_scale(n, top[out], dpu);
    if (n.weights.empty()) continue;
    const bool one = dpu || (n.op == Op::kConvTranspose && n.groups > 1);
    n.weights_q = store(&n.weights, one ? 1 : n.bias.size(), dpu);
    n.bias_q = store(&n.bias, 1, dpu);
  }
  const ops::Shape& in = g->value(g->input).shape;
  Preprocess p;
  p.h = in.h, p.w = in.w, p.c = in.c;
  p.mean.assign(static_cast<std::size_t>(in.c), 0.5);
  p.stddev.assign(static_cast<std::size_t>(in.c), 0.25);
  write_metadata(g, dpu ? "dpu" : "scaled", dpu ? "half_up" : "half_even", p, {});
}

}  // namespace e8::model
