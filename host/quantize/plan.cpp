// The points where int8 begins and ends.
#include "host/quantize/plan.h"

#include "host/quantize/scaled.h"

namespace e8::quantize {
namespace {

using model::Graph;
using model::Node;
using model::Op;

bool stays_float(const Graph& graph, const Node& n, const std::vector<int>& readers) {
  if (model::is_cpu_tail(n.op)) return true;
  if (!model::fuses_activation(n.op) || readers.size() != 1 || readers[0] < 0) return false;
  const Op activation = graph.nodes[static_cast<std::size_t>(readers[0])].op;
  if (!model::has_weights(n.op) && model::is_leaky(activation))
    return false;  // an addition has one multiplier, not two
  return model::is_activation(activation);
}

/// One scale for inputs and output: copies, padding (which cannot rescale), and what the DPU joins (numerics.md 4.5).
bool keeps_scale(Op op, bool join_concats) {
  return model::keeps_values(op) || op == Op::kPad || (op == Op::kConcat && join_concats);
}

/// The groups of a's and b's values become one.
void merge(Plan* plan, int a, int b) {
  const int into = plan->group_of[static_cast<std::size_t>(a)], from = plan->group_of[static_cast<std::size_t>(b)];
  if (into == from) return;
  for (const int v : plan->groups[static_cast<std::size_t>(from)].values) {
    plan->group_of[static_cast<std::size_t>(v)] = into;
    plan->groups[static_cast<std::size_t>(into)].values.push_back(v);
  }
  plan->groups.erase(plan->groups.begin() + from);
  for (int& group : plan->group_of)
    if (group > from) --group;
}

}  // namespace

Plan plan_of(const Graph& graph, Scheme scheme, num::Tie tie, bool join_concats) {
  Plan plan;
  plan.scheme = scheme;
  plan.tie = tie;
  plan.nodes.resize(graph.nodes.size());
  plan.weights_notes.resize(graph.nodes.size());
  plan.bias_notes.resize(graph.nodes.size());
  plan.group_of.assign(graph.values.size(), -1);
  const auto join_new = [&](int value) {
    plan.group_of[static_cast<std::size_t>(value)] = static_cast<int>(plan.groups.size());
    plan.groups.push_back({{value}, 0, 0, {}});
  };
  join_new(graph.input);
  const auto readers = model::readers_of(graph);
  for (const Node& n : graph.nodes) {
    const auto out = static_cast<std::size_t>(n.output);
    if (stays_float(graph, n, readers[out])) continue;
    join_new(n.output);
    if (!keeps_scale(n.op, join_concats || plan.dpu())) continue;
    for (const int v : n.inputs) merge(&plan, v, n.output);
  }
  return plan;
}

int stored_output(const Graph& graph, const Plan& plan, const Node& node, const Node** activation) {
  if (activation) *activation = nullptr;
  if (plan.stored(node.output)) return node.output;
  for (const Node& n : graph.nodes) {
    if (n.inputs[0] != node.output) continue;
    if (activation) *activation = &n;
    return n.output;
  }
  return node.output;
}

bool has_weights(const Node& node) { return model::has_weights(node.op); }

Grid activation_grid(const Plan& plan, const Affine& a) {
  return {a.scale, -128 - a.zero_point, 127 - a.zero_point, plan.tie};  // rounding comes before the zero point
}

Grid constant_grid(const Plan& plan, double scale) {
  if (plan.dpu()) return {scale, -128, 127, num::Tie::kHalfAway};
  return {scale, -kSymmetric, kSymmetric, num::Tie::kHalfEven};
}

}  // namespace e8::quantize
