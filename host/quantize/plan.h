// What the steps of quantization work on: which activations become int8, who shares a scale, and the scales.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "host/model/graph.h"
#include "host/quantize/grid.h"
#include "host/quantize/quantize.h"

namespace e8::quantize {

/// Scales of one Conv or Gemm. The dpu scheme has one weight scale, a power of two, as is the bias's.
struct NodeScales {
  std::vector<double> weights;  ///< one, or one an output channel; empty for nodes without weights
  double bias = 0;              ///< 0: all biases are zero, any scale will do
};

/// Activations whose scales are one number, because a pure copy, a maximum or (dpu) a Concat lies between them.
struct Group {
  std::vector<int> values;
  double scale = 0;
  int zero_point = 0;
  std::string note;  ///< what legality changed; empty when nothing
};

struct Plan {
  Scheme scheme = Scheme::kDpu;
  num::Tie tie = num::Tie::kHalfUp;  ///< of activations
  std::vector<int> group_of;         ///< for each value: its group, or -1: it stays float
  std::vector<Group> groups;
  std::vector<NodeScales> nodes;                       ///< for each node
  std::vector<std::string> weights_notes, bias_notes;  ///< for each node: what legality changed; empty when nothing

  bool dpu() const { return scheme == Scheme::kDpu; }
  bool stored(int value) const { return group_of[static_cast<std::size_t>(value)] >= 0; }
  Group& group(int value) { return groups[static_cast<std::size_t>(group_of[static_cast<std::size_t>(value)])]; }
  const Group& group(int value) const { return const_cast<Plan*>(this)->group(value); }
  double scale_of(int value) const { return group(value).scale; }
  Affine affine_of(int value) const { return {group(value).scale, group(value).zero_point}; }
};

/// A plan without scales. Every value is int8 except those between an operator and the activation it fuses, and what
/// the CPU computes behind the last int8 tensor. `join_concats`: a Concat and its inputs have one scale under dpu, and
/// elsewhere by request. The last value of a group is the one computed last.
Plan plan_of(const model::Graph& graph, Scheme scheme, num::Tie tie, bool join_concats = false);

/// The value in which the result of `node` is stored: its output, or that of the activation fused with it (then
/// *activation is that node, else null).
int stored_output(const model::Graph& graph, const Plan& plan, const model::Node& node,
                  const model::Node** activation = nullptr);

/// True for operators with weights.
bool has_weights(const model::Node& node);

// Grids under the plan's scheme. dpu: -128..127, constants rounded half away from zero as the v0.7 tool did.
// scaled: constants -127..127, rounded half to even as QuantizeLinear does.
Grid activation_grid(const Plan& plan, const Affine& affine);
Grid constant_grid(const Plan& plan, double scale);

}  // namespace e8::quantize
