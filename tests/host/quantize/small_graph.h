// Float graphs built in code, for the quantizer's tests.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "host/model/float_ref.h"
#include "host/model/graph.h"
#include "host/quantize/quantize.h"

namespace e8::quantize {

/// Adds operators one after the other; values are named after their nodes. Constants are seeded.
class SmallGraph {
 public:
  explicit SmallGraph(ops::Shape input, std::uint32_t seed = 1);
  /// `kernel` x `kernel`, stride 1, padding kernel / 2, weights in -1..1 times `gain`, biases in -1..1.
  int conv(int x, int cout, int kernel, int groups = 1, float gain = 1);
  int gemm(int x, int cout);
  int relu(int x) { return add(model::Op::kRelu, {x}, shape(x)); }
  int clip(int x, double lo, double hi);
  int leaky_relu(int x, double alpha);
  int sum(int a, int b) { return add(model::Op::kAdd, {a, b}, shape(a)); }
  int max_pool(int x) { return pool(x, model::Op::kMaxPool, 2, 2); }
  int global_pool(int x) { return pool(x, model::Op::kAveragePool, shape(x).h, shape(x).w); }
  int flatten(int x);
  int softmax(int x) { return add(model::Op::kSoftmax, {x}, shape(x)); }
  /// The graph that ends in `output`.
  model::Graph end(int output);
  /// The node that makes `value`; for changing what the builder chose.
  model::Node& maker(int value);
  model::Graph& graph() { return graph_; }

 private:
  ops::Shape shape(int v) const { return graph_.value(v).shape; }
  int add(model::Op op, std::vector<int> inputs, ops::Shape out);
  int pool(int x, model::Op op, int kh, int kw);
  std::vector<float> random(std::size_t n, float gain);

  model::Graph graph_;
  std::mt19937 random_;
};

/// Normally distributed inputs for a graph.
model::Batch normal_inputs(const model::Graph& graph, int n, std::uint32_t seed = 7);

/// Options with the preprocessing metadata that the graph's input needs.
Options options_for(const model::Graph& graph, Scheme scheme);

/// A little of everything: fused and unfused activations, depthwise, add, both poolings, Gemm, Softmax.
model::Graph varied_graph();

}  // namespace e8::quantize
