// Small quantized graphs written by hand, for the tests of lowering.
#pragma once

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "emu/ops/ops.h"
#include "host/model/golden.h"
#include "host/model/lower.h"
#include "host/model/metadata.h"
#include "tests/host/model/model_builder.h"

namespace e8::model {

/// A graph of one input (value 0) and nodes added one behind the other.
struct Net {
  Graph g;
  std::string scheme = "dpu", tie = "half_up";
  int guard_bits = 2;

  Net(ops::Shape in, double scale) {
    g.file = "dir/net.onnx";
    g.values.push_back({"in", in, scale});
    g.input = 0;
    g.outputs = {0};
  }
  Net& scaled() {
    scheme = "scaled", tie = "half_even";
    return *this;
  }
  /// Reads the last value unless `inputs` says others.
  Node& add(Op op, ops::Shape shape, double scale, std::vector<int> inputs = {}) {
    Node n;
    n.op = op;
    n.name = std::string("n") + std::to_string(g.nodes.size());
    n.inputs = inputs.empty() ? g.outputs : std::move(inputs);
    n.output = static_cast<int>(g.values.size());
    g.outputs = {n.output};
    g.values.push_back({"v" + std::to_string(n.output), shape, scale});
    g.nodes.push_back(std::move(n));
    return g.nodes.back();
  }
  IntNet lowered() {
    const ops::Shape& in = g.value(g.input).shape;
    Preprocess p;
    p.h = in.h, p.w = in.w, p.c = in.c;
    p.mean.assign(static_cast<std::size_t>(in.c), 0);
    p.stddev.assign(static_cast<std::size_t>(in.c), 1);
    write_metadata(&g, scheme, tie, p, {}, guard_bits);
    return lower(g);
  }
  int refusal(std::string* message = nullptr) {
    return error_id([&] { lowered(); }, message);
  }
};

inline void store(Node* n, std::vector<std::int32_t> w, std::vector<double> ws, std::vector<std::int32_t> b, double bs,
                  std::size_t channels, int bias_bits = 8) {
  n->weights.assign(w.size(), 1.0F);
  n->bias.assign(channels, 0.0F);
  n->weights_q = {std::move(w), std::move(ws), 8};
  if (!b.empty()) n->bias_q = {std::move(b), {bs}, bias_bits};
}

/// 1x1 convolution of one channel: weight 1 at position pw, bias b at position pb.
inline Net point(int px, int pw, int py, int pb, int b) {
  Net net({1, 1, 1}, std::exp2(-px));
  store(&net.add(Op::kConv, {1, 1, 1}, std::exp2(-py)), {1}, {std::exp2(-pw)}, {b}, std::exp2(-pb), 1);
  return net;
}

inline const ops::ConvParams& conv_of(const IntNet& net, std::size_t i = 0) {
  return std::get<ops::ConvParams>(net.nodes.at(i).params);
}

inline std::int8_t run(const IntNet& net, std::int8_t x) {
  return run_golden_output(net, ops::Tensor(net.tensors[0].shape, x)).data.at(0);
}

}  // namespace e8::model
