// Following values that one node alone reads.
#include "host/quantize/chains.h"

namespace e8::quantize {
namespace {

using model::Graph;
using model::Node;
using model::Op;

bool homogeneous(const Graph& graph, const Node& n) {
  switch (n.op) {
    case Op::kRelu:
    case Op::kLeakyRelu:
    case Op::kPRelu:
    case Op::kMaxPool:
    case Op::kAveragePool:
    case Op::kUpsample:
    case Op::kFlatten:
    case Op::kUnsqueeze:
      return true;
    case Op::kPad:
      return n.pad_value == 0;
    case Op::kSlice:
      return graph.in(n).shape.c == graph.out(n).shape.c;
    default:
      return false;
  }
}

}  // namespace

std::vector<Pair> homogeneous_pairs(const Graph& graph) {
  const auto readers = model::readers_of(graph);
  std::vector<Pair> pairs;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    if (!model::has_weights(graph.nodes[i].op)) continue;
    Pair pair;
    pair.head = static_cast<int>(i);
    for (int value = graph.nodes[i].output;;) {
      const auto& reading = readers[static_cast<std::size_t>(value)];
      if (reading.size() != 1 || reading[0] < 0) break;
      const Node& next = graph.nodes[static_cast<std::size_t>(reading[0])];
      if (model::has_weights(next.op)) {
        pair.tail = reading[0];
        pairs.push_back(pair);
        break;
      }
      if (!homogeneous(graph, next)) break;
      pair.between.push_back(reading[0]);
      value = next.output;
    }
  }
  return pairs;
}

std::size_t inputs_of(const Graph& graph, const Node& n) {
  const ops::Shape& in = graph.in(n).shape;
  return n.op == Op::kGemm ? in.size() : static_cast<std::size_t>(in.c);
}

}  // namespace e8::quantize
