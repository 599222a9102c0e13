// Repairs of scales: for powers of two down to a fixpoint, for arbitrary scales channel by channel.
#include "host/quantize/legality.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "host/model/error.h"
#include "host/model/functions.h"
#include "host/model/limits.h"
#include "host/quantize/grid.h"
#include "host/quantize/pow2.h"
#include "host/quantize/scaled.h"

namespace e8::quantize {
namespace {

using model::Graph;
using model::Node;
using model::Op;

using model::kMaxAddShift, model::kMaxMoveShift, model::kMaxShiftBias, model::kMaxShiftCut;

std::string text(int x) { return std::to_string(x); }

[[noreturn]] void fail(const Graph& graph, const Node& n, const std::string& what) {
  throw UserError(304, graph.file + ": node '" + n.name + "': " + what);
}

std::size_t terms_of(const Node& n) { return n.weights.size() / n.bias.size(); }

/// What int32 leaves for a bias beside `terms` products of int8 (rule R1), and the sum of weights times the input's
/// zero point that is stored with the bias (R6).
double bias_room(const Graph& graph, const Node& n, int zero_point) {
  const auto terms = static_cast<std::int64_t>(terms_of(n));
  const std::int64_t room = std::int64_t{0x7fffffff} - terms * 128 * (128 + std::abs(zero_point));
  if (room <= 0)
    fail(graph, n,
         std::to_string(terms) + " products an output; the 32-bit accumulator holds at most " +
             std::to_string(model::kMaxDepth * 128 / (128 + std::abs(zero_point))) + "; split it");
  return static_cast<double>(room);
}

class Pow2 {
 public:
  Pow2(const Graph& graph, Plan* plan) : graph_(graph), plan_(*plan) {}

  void run() {
    for (const Node& n : graph_.nodes)
      if (n.op == Op::kHardSigmoid && model::has_dpu_form(n)) raise_sigmoid(n);
    do {
      changed_ = false;
      for (std::size_t i = 0; i < graph_.nodes.size(); ++i) visit(i);
    } while (changed_);
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i)
      if (has_weights(graph_.nodes[i])) finish(i);
    for (const Node& n : graph_.nodes)
      if (model::has_dpu_form(n)) check_table(n);
  }

 private:
  void visit(std::size_t i) {
    const Node& n = graph_.nodes[i];
    if (has_weights(n)) product(i);
    if (n.op == Op::kAdd || n.op == Op::kSub) sum(n);
    if (model::has_dpu_form(n)) table(n);
    const bool unfused = model::is_activation(n.op) && plan_.stored(n.inputs[0]);
    if (n.op == Op::kAveragePool || n.op == Op::kRequantize || unfused) move(n);
  }

  /// |px - py| of operators that move or pool values.
  void move(const Node& n) {
    const int x = n.inputs[0], y = n.output;
    if (p_of(y) > p_of(x) + kMaxMoveShift)
      lower_value(n, y, p_of(x) + kMaxMoveShift, "15 above the input of '" + n.name + "' at most");
    if (p_of(x) > p_of(y) + kMaxMoveShift)
      lower_value(n, x, p_of(y) + kMaxMoveShift, "15 above the output of '" + n.name + "' at most");
  }

  /// Its values end at 1, for which calibration may choose 2^-6; the integer form begins at 2^-7.
  void raise_sigmoid(const Node& n) {
    Group& group = plan_.group(n.output);
    const int before = p_of(n.output);
    if (before >= model::kLeastSigmoidP) return;
    group.scale = scale_of_p(model::kLeastSigmoidP);
    group.note += "p " + text(before) + " to " + text(model::kLeastSigmoidP) + ": least position of HardSigmoid";
  }

  /// Upper ends of the positions of HardSigmoid and HardSwish.
  void table(const Node& n) {
    const int x = n.inputs[0], y = n.output;
    if (p_of(x) > model::kMaxTableP) lower_value(n, x, model::kMaxTableP, "15 at most before '" + n.name + "'");
    const int reach = n.op == Op::kHardSwish ? model::kSwishReach : model::kSigmoidReach;
    if (p_of(y) > p_of(x) + reach)
      lower_value(n, y, p_of(x) + reach, text(reach) + " above the input of '" + n.name + "' at most");
  }

  /// Lower ends: nothing can be raised any more.
  void check_table(const Node& n) {
    const int px = p_of(n.inputs[0]), py = p_of(n.output);
    if (px < 0)
      fail(graph_, n,
           "its input needs position " + text(px) +
               " (values beyond 127); 0 to 15 is allowed; scale the "
               "layer before it, or quantize with --scheme scaled");
    if (n.op == Op::kHardSigmoid && py < model::kLeastSigmoidP)
      fail(graph_, n,
           "its output shares position " + text(py) +
               " with other tensors; 7 or more is needed; quantize "
               "with --scheme scaled");
    if (n.op == Op::kHardSwish && px + model::kSwishReach - py > model::kMaxSwishShift)
      fail(graph_, n, "its output needs position " + text(py) + ", too far from its input's " + text(px));
  }

  int p_of(int value) const { return p_of_scale(plan_.scale_of(value)); }

  /// Lowers the p of *scale to `p` and notes why.
  void lower(const Node& n, double* scale, int p, const std::string& why, std::string* note) {
    if (p < -2 * kMaxP) fail(graph_, n, why + "; no choice of scales meets it: the network's values are not sensible");
    const int before = p_of_scale(*scale);
    *scale = scale_of_p(p);
    *note += (note->empty() ? "" : "; ") + ("p " + text(before) + " to " + text(p) + ": " + why);
    changed_ = true;
  }
  void lower_value(const Node& n, int value, int p, const std::string& why) {
    Group& group = plan_.group(value);
    lower(n, &group.scale, p, why, &group.note);
  }

  void product(std::size_t i) {
    const Node& n = graph_.nodes[i];
    NodeScales& scales = plan_.nodes[i];
    const Node* activation = nullptr;
    const int y = stored_output(graph_, plan_, n, &activation);
    const int px = p_of(n.inputs[0]);
    const auto of_node = [&](const char* shift, int is, const std::string& range) {
      return std::string(shift) + " of '" + n.name + "' would be " + text(is) + " (" + range + ")";
    };
    const auto lower_weights = [&](int by, const std::string& why) {
      lower(n, &scales.weights[0], p_of_scale(scales.weights[0]) - by, why, &plan_.weights_notes[i]);
    };
    const auto cut = [&] { return p_of_scale(scales.weights[0]) + px - p_of(y); };
    if (cut() > kMaxShiftCut) lower_weights(cut() - kMaxShiftCut, of_node("shift_cut", cut(), "0..16"));
    if (scales.bias > 0) {
      const auto shift = [&] { return p_of_scale(scales.weights[0]) + px - p_of_scale(scales.bias); };
      if (shift() > kMaxShiftBias) lower_weights(shift() - kMaxShiftBias, of_node("shift_bias", shift(), "at most 16"));
    }
    if (cut() < 0) lower_value(n, y, p_of(y) + cut(), of_node("shift_cut", cut(), "0..16"));
    if (scales.bias > 0) {
      const int least = model::least_bias_shift(cut(), activation && model::is_leaky(activation->op), plan_.tie);
      const int p = p_of_scale(scales.weights[0]) + px, shift = p - p_of_scale(scales.bias);
      if (shift < least)
        lower(n, &scales.bias, p - least, of_node("shift_bias", shift, "at least " + text(least)),
              &plan_.bias_notes[i]);
    }
  }

  void sum(const Node& n) {
    const int y = stored_output(graph_, plan_, n);
    const auto finest_common = [&] { return std::min(p_of(n.inputs[0]), p_of(n.inputs[1])); };
    for (const int x : n.inputs)
      if (p_of(x) > finest_common() + kMaxAddShift)
        lower_value(n, x, finest_common() + kMaxAddShift, "15 above the other operand of '" + n.name + "' at most");
    if (finest_common() > p_of(y) + kMaxAddShift)  // both operands far finer than the sum
      lower_value(n, n.inputs[0], p_of(y) + kMaxAddShift, "15 above the sum '" + n.name + "' at most");
    if (p_of(y) > finest_common() + kMaxAddShift)
      lower_value(n, y, finest_common() + kMaxAddShift, "15 above the operands of '" + n.name + "' at most");
  }

  void finish(std::size_t i) {
    const Node& n = graph_.nodes[i];
    NodeScales& scales = plan_.nodes[i];
    const int p = p_of_scale(scales.weights[0]) + p_of(n.inputs[0]);
    if (scales.bias == 0) scales.bias = scale_of_p(p);
    if (std::ldexp(128.0, p - p_of_scale(scales.bias)) > bias_room(graph_, n, 0))
      fail(graph_, n,
           std::to_string(terms_of(n)) + " products and the bias do not fit the 32-bit accumulator; split it");
  }

  const Graph& graph_;
  Plan& plan_;
  bool changed_ = false;
};

void make_scaled_legal(const Graph& graph, std::size_t i, Plan* plan) {
  const Node& n = graph.nodes[i];
  NodeScales& scales = plan->nodes[i];
  const double sx = plan->scale_of(n.inputs[0]), sy = plan->scale_of(stored_output(graph, *plan, n));
  const double room = bias_room(graph, n, plan->group(n.inputs[0]).zero_point) - 1;
  if (scales.bias == 0) scales.bias = storable(sx * *std::max_element(scales.weights.begin(), scales.weights.end()));
  std::vector<std::int32_t> bias(n.bias.size());
  to_integers(constant_grid(*plan, scales.bias), n.bias.data(), n.bias.size(), bias.data());
  for (std::int32_t& b : bias) b = std::abs(b);
  if (scales.weights.size() == 1) bias = {*std::max_element(bias.begin(), bias.end())};
  int raised = 0;
  for (std::size_t c = 0; c < scales.weights.size(); ++c) {
    const double least = std::max(bias[c] * scales.bias / sx / room, model::kLeastMultiplier * sy / sx);
    if (scales.weights[c] < least) {
      scales.weights[c] = storable(least * (1 + 0x1p-20));  // float32 may round down
      ++raised;
    }
    if (sx * scales.weights[c] / sy >= model::kMultiplierEnd)
      fail(graph, n, "output of channel " + std::to_string(c) + " is too small beside one product for a multiplier");
  }
  if (raised > 0)
    plan->weights_notes[i] = "scale of " + text(raised) + " channels raised: their weights are too small beside the " +
                             "bias or the output for 32-bit accumulators and multipliers";
}

}  // namespace

void make_legal(const Graph& graph, Plan* plan) {
  if (plan->dpu()) return Pow2(graph, plan).run();
  for (std::size_t i = 0; i < graph.nodes.size(); ++i)
    if (has_weights(graph.nodes[i])) make_scaled_legal(graph, i, plan);
}

}  // namespace e8::quantize
