// See small_graph.h.
#include "tests/host/quantize/small_graph.h"

namespace e8::quantize {

using model::Graph;
using model::Node;
using model::Op;

SmallGraph::SmallGraph(ops::Shape input, std::uint32_t seed) : random_(seed) {
  graph_.file = "small.onnx";
  graph_.values.push_back({"input", input, 0});
  graph_.input = 0;
}

std::vector<float> SmallGraph::random(std::size_t n, float gain) {
  std::vector<float> v(n);
  for (float& x : v) x = gain * (static_cast<float>(random_() >> 8) / 8388608.0F - 1.0F);
  return v;
}

int SmallGraph::add(Op op, std::vector<int> inputs, ops::Shape out) {
  Node n;
  n.op = op;
  n.name = std::string(model::op_name(op)) + std::to_string(graph_.nodes.size());
  n.inputs = std::move(inputs);
  n.output = static_cast<int>(graph_.values.size());
  graph_.values.push_back({n.name + "_out", out, 0});
  graph_.nodes.push_back(std::move(n));
  return graph_.nodes.back().output;
}

int SmallGraph::conv(int x, int cout, int kernel, int groups, float gain) {
  const ops::Shape in = shape(x);
  const int out = add(Op::kConv, {x}, {in.h, in.w, cout});
  Node& n = graph_.nodes.back();
  n.window.kh = n.window.kw = kernel;
  n.window.top = n.window.left = n.window.bottom = n.window.right = kernel / 2;
  n.groups = groups;
  n.weights = random(static_cast<std::size_t>(cout * in.c / groups * kernel * kernel), gain);
  n.bias = random(static_cast<std::size_t>(cout), 1);
  return out;
}

int SmallGraph::gemm(int x, int cout) {
  const std::size_t in = shape(x).size();
  const int out = add(Op::kGemm, {x}, {1, 1, cout});
  graph_.nodes.back().weights = random(in * static_cast<std::size_t>(cout), 1);
  graph_.nodes.back().bias = random(static_cast<std::size_t>(cout), 1);
  return out;
}

int SmallGraph::clip(int x, double lo, double hi) {
  const int out = add(Op::kClip, {x}, shape(x));
  graph_.nodes.back().lo = lo;
  graph_.nodes.back().hi = hi;
  return out;
}

int SmallGraph::leaky_relu(int x, double alpha) {
  const int out = add(Op::kLeakyRelu, {x}, shape(x));
  graph_.nodes.back().alpha = alpha;
  return out;
}

int SmallGraph::pool(int x, Op op, int kh, int kw) {
  const ops::Shape in = shape(x);
  const int out = add(op, {x}, {in.h / kh, in.w / kw, in.c});
  ops::Window& w = graph_.nodes.back().window;
  w.kh = w.sh = kh;
  w.kw = w.sw = kw;
  return out;
}

int SmallGraph::flatten(int x) { return add(Op::kFlatten, {x}, {1, 1, static_cast<int>(shape(x).size())}); }

Graph SmallGraph::end(int output) {
  graph_.outputs = {output};
  return graph_;
}

Node& SmallGraph::maker(int value) {
  return graph_.nodes[static_cast<std::size_t>(model::maker_of(graph_)[static_cast<std::size_t>(value)])];
}

model::Batch normal_inputs(const Graph& graph, int n, std::uint32_t seed) {
  model::Batch batch(n, graph.value(graph.input).shape);
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  for (float& x : batch.data) x = normal(random);
  return batch;
}

Options options_for(const Graph& graph, Scheme scheme) {
  const ops::Shape& in = graph.value(graph.input).shape;
  const auto channels = static_cast<std::size_t>(in.c);
  Options o;
  o.scheme = scheme;
  o.preprocess = {in.h, in.w, in.c, std::vector<double>(channels, 0.0), std::vector<double>(channels, 1.0), "half_up"};
  return o;
}

Graph varied_graph() {
  SmallGraph g({8, 8, 3});
  const int a = g.relu(g.conv(0, 8, 3));
  const int b = g.leaky_relu(g.conv(a, 8, 3, 8), 0.1015625);
  const int c = g.conv(b, 8, 1);
  const int d = g.relu(g.sum(a, c));
  const int e = g.clip(g.max_pool(d), 0, 4);  // reads int8: an operation of its own
  const int f = g.global_pool(g.clip(g.conv(e, 6, 3), 0, 6));
  return g.end(g.softmax(g.gemm(g.flatten(f), 5)));
}

}  // namespace e8::quantize
