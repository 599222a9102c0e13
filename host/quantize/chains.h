// Pairs of layers between which a channel can be scaled: what equalization and high-bias absorption work on.
#pragma once

#include <cstddef>
#include <vector>

#include "host/model/graph.h"

namespace e8::quantize {

/// Two operators with weights and what lies between, each value read by one node alone.
struct Pair {
  int head = -1, tail = -1;  ///< node indices
  std::vector<int> between;  ///< node indices, in order
};

/// All pairs with only positively homogeneous operators between, f(s x) = s f(x) channel by channel for s > 0: Relu,
/// LeakyRelu, PRelu, pooling, Resize, Flatten, Unsqueeze, Pad with zeros, Slice of rows and columns. In order of heads.
std::vector<Pair> homogeneous_pairs(const model::Graph& graph);

/// Elements of the input that node `n` has a weight column of its own for: channels of a convolution, all of a Gemm.
std::size_t inputs_of(const model::Graph& graph, const model::Node& n);

/// f(output channel, weight &) for every weight of `n` that multiplies input `j` of inputs_of().
template <typename F>
void for_weights_of_input(const model::Graph& graph, model::Node* n, std::size_t j, F f) {
  const std::size_t outputs = n->bias.size(), row = n->weights.size() / outputs;
  const std::size_t groups = static_cast<std::size_t>(n->groups), each = inputs_of(graph, *n) / groups;
  const std::size_t kernel = row / each, group = j / each;
  for (std::size_t o = group * outputs / groups; o < (group + 1) * outputs / groups; ++o)
    for (std::size_t k = 0; k < kernel; ++k) f(o, n->weights[o * row + j % each * kernel + k]);
}

}  // namespace e8::quantize
