// The order of events: constants, calibration, legality, stored integers, metadata, report.
#include "host/quantize/quantize.h"

#include <algorithm>

#include "host/model/error.h"
#include "host/model/lower.h"
#include "host/model/metadata.h"
#include "host/quantize/bias.h"
#include "host/quantize/calibrate.h"
#include "host/quantize/equalize.h"
#include "host/quantize/legality.h"
#include "host/quantize/measure.h"
#include "host/quantize/plan.h"
#include "host/quantize/pow2.h"
#include "host/quantize/scaled.h"

namespace e8::quantize {
namespace {

using model::Graph;
using model::Node;

/// Options with every default replaced. Throws 303.
Options resolved(Options o, const std::string& file) {
  const bool dpu = o.scheme == Scheme::kDpu;
  const auto fail = [&](const std::string& what) { throw UserError(303, file + ": " + what); };
  if (o.activations == Activations::kDefault) o.activations = dpu ? Activations::kMode : Activations::kMse;
  if (o.weights == Weights::kDefault) o.weights = dpu ? Weights::kMse : Weights::kMax;
  if (o.forward == Forward::kDefault) o.forward = dpu ? Forward::kQuantized : Forward::kFloat;
  if (o.tie.empty()) o.tie = default_tie(o.scheme);
  if (!dpu && o.activations == Activations::kMode)
    fail("activations by mode: only powers of two can be counted; use --scheme dpu, or another --activations");
  if (dpu && is_asymmetric(o.activations))
    fail("asymmetric activations: the dpu scheme has no zero points; use --scheme scaled, or another --activations");
  if (!(o.percentile > 0 && o.percentile <= 100))
    fail("percentile " + std::to_string(o.percentile) + "; above 0 and at most 100 is allowed");
  if (o.batch < 1) fail("batch of " + std::to_string(o.batch) + " pictures; 1 or more is allowed");
  return o;
}

void check_input(const Graph& graph, const model::Batch& pictures) {
  for (const model::Value& v : graph.values)
    if (v.quantized())
      throw UserError(305, graph.file + ": tensor '" + v.name + "' is quantized already; give the float model");
  if (pictures.n < 1) throw UserError(301, graph.file + ": no calibration pictures; give one or more");
  if (!(pictures.shape == graph.value(graph.input).shape))
    throw UserError(
        301, graph.file + ": calibration pictures have not the shape of input '" + graph.value(graph.input).name + "'");
}

Range checked_range(const Graph& graph, const Node& n, const char* what, const std::vector<float>& x, int threads) {
  const Range range = range_of(x, threads);
  if (!range.finite)
    throw UserError(302, graph.file + ": node '" + n.name + "': " + what +
                             " have infinities or NaNs; the model is damaged or was not trained to an end");
  return range;
}

void check_constants(const Graph& graph, int threads) {
  for (const Node& n : graph.nodes) {
    if (!has_weights(n)) continue;
    checked_range(graph, n, "biases", n.bias, threads);
    if (checked_range(graph, n, "weights", n.weights, threads).zero())
      throw UserError(302, graph.file + ": node '" + n.name + "': all weights are zero; remove it or train the model");
  }
}

/// Scales of one node's constants, by the values alone.
NodeScales constant_scales(const Graph& graph, const Node& n, const Options& o, const Plan& plan) {
  const Range weights = checked_range(graph, n, "weights", n.weights, o.threads);
  const Range bias = checked_range(graph, n, "biases", n.bias, o.threads);
  const bool mse = o.weights == Weights::kMse;
  NodeScales scales;
  if (!plan.dpu()) {
    // ONNX runs a transposed convolution's scales along cout / groups: with groups there can be only one.
    const bool one = n.op == model::Op::kConvTranspose && n.groups > 1;
    scales.weights = channel_scales(n.weights, one ? 1 : n.bias.size(), mse, o.threads);
    scales.bias = max_scale(n.bias);
    return scales;
  }
  const auto pow2 = [&](const std::vector<float>& x, const Range& range) {
    if (range.zero()) return 0.0;
    return scale_of_p(mse ? min_mse_p(x, range, constant_grid(plan, 1).tie, o.threads)
                          : non_overflow_p(range.lo, range.hi));
  };
  scales.weights = {pow2(n.weights, weights)};
  scales.bias = pow2(n.bias, bias);
  return scales;
}

/// *x becomes what `q` stores of it.
void store(const Plan& plan, const std::vector<double>& scales, std::vector<float>* x, model::QuantData* q) {
  q->values.resize(x->size());
  q->scales = scales;
  q->bits = 8;
  const std::size_t block = x->size() / scales.size();
  for (std::size_t c = 0; c < scales.size(); ++c) {
    const Grid grid = constant_grid(plan, scales[c]);
    to_integers(grid, x->data() + c * block, block, q->values.data() + c * block);
    snap(grid, x->data() + c * block, block);
  }
}

/// A copy of the graph whose constants are stored by the plan; a bias of zeros without a scale stays float.
Graph with_stored_constants(const Graph& graph, const Plan& plan) {
  Graph out = graph;
  for (std::size_t i = 0; i < out.nodes.size(); ++i) {
    Node& n = out.nodes[i];
    if (!has_weights(n)) continue;
    store(plan, plan.nodes[i].weights, &n.weights, &n.weights_q);
    if (plan.nodes[i].bias > 0) store(plan, {plan.nodes[i].bias}, &n.bias, &n.bias_q);
  }
  return out;
}

/// The quantized graph, proved executable.
Graph annotated(const Graph& graph, const Plan& plan, const Options& o) {
  Graph out = with_stored_constants(graph, plan);
  for (std::size_t v = 0; v < out.values.size(); ++v)
    if (plan.stored(static_cast<int>(v))) {
      out.values[v].scale = plan.scale_of(static_cast<int>(v));
      out.values[v].zero_point = plan.group(static_cast<int>(v)).zero_point;
    }
  model::write_metadata(&out, plan.dpu() ? "dpu" : "scaled", o.tie, o.preprocess, o.labels);
  model::lower(out);
  return out;
}

Plan empty_plan(const Graph& graph, const Options& o) {
  return plan_of(graph, o.scheme, model::tie_of(o.tie, graph.file), o.activations == Activations::kEntropy);
}

/// Finds what no scales can cure (operators, structure, metadata) before the long work: all scales 1.
void rehearse(const Graph& graph, Plan plan, const Options& o) {
  for (Group& group : plan.groups) group.scale = 1;
  for (NodeScales& node : plan.nodes) node = {{1.0}, 1.0};
  make_legal(graph, &plan);
  annotated(graph, plan, o);
}

/// Steps from graph to graph, before any scale is chosen.
Graph prepared(Graph graph, const model::Batch& pictures, const Options& o, std::vector<std::string>* notes,
               const std::function<void(int)>& step) {
  std::string note;
  if (o.remove_limits) {
    graph = without_limits(std::move(graph), &note);
    notes->push_back(note);
  }
  if (o.equalize) {
    graph = equalized(std::move(graph), &note);
    notes->push_back(note);
  }
  if (o.absorb) {
    const ChannelMoments moments = channel_moments(graph, pictures, o.batch, o.threads, step);
    graph = absorbed(std::move(graph), moments, &note);
    notes->push_back(note);
  }
  return graph;
}

/// The graph with corrected biases, and their scales in the plan, made legal again.
Graph corrected(const Graph& graph, const model::Batch& pictures, const Options& o, Plan* plan,
                std::vector<std::string>* notes, const std::function<void(int)>& step) {
  if (o.bias_correction == BiasCorrection::kNone) return graph;
  const Graph stored = with_stored_constants(graph, *plan);
  const bool empirical = o.bias_correction == BiasCorrection::kEmpirical;
  Graph out = empirical
                  ? corrected_by_measurement(graph, stored, *plan, pictures, o.batch, o.threads, step)
                  : corrected_by_moments(graph, stored, channel_moments(graph, pictures, o.batch, o.threads, step));
  int layers = 0;
  for (std::size_t i = 0; i < out.nodes.size(); ++i) {
    if (!has_weights(out.nodes[i])) continue;
    plan->nodes[i].bias = constant_scales(out, out.nodes[i], o, *plan).bias;
    plan->bias_notes[i].clear();
    ++layers;
  }
  make_legal(out, plan);
  notes->push_back("corrected the biases of " + std::to_string(layers) + " layers, " +
                   (empirical ? "empirical" : "analytic"));
  return out;
}

}  // namespace

const char* default_tie(Scheme scheme) { return scheme == Scheme::kDpu ? "half_up" : "half_even"; }

int steps_of(const Options& o, int pictures, bool report) {
  const bool empirical = o.bias_correction == BiasCorrection::kEmpirical;
  const int passes = 1 + (o.absorb ? 1 : 0) + (empirical ? 2 : o.bias_correction != BiasCorrection::kNone ? 1 : 0);
  return passes * pictures + (report ? std::min(pictures, kMeasuredPictures) : 0);
}

Graph quantize(const Graph& original, const model::Batch& pictures, const Options& options, Report* report,
               const std::function<void(int)>& step) {
  const Options o = resolved(options, original.file);
  check_input(original, pictures);
  check_constants(original, o.threads);
  std::vector<std::string> notes;
  Plan plan = empty_plan(original, o);
  rehearse(original, plan, o);
  const Graph graph = prepared(original, pictures, o, &notes, step);
  for (std::size_t i = 0; i < graph.nodes.size(); ++i)
    if (has_weights(graph.nodes[i])) plan.nodes[i] = constant_scales(graph, graph.nodes[i], o, plan);
  const bool quantized_forward = o.forward == Forward::kQuantized;
  calibrate(quantized_forward ? with_stored_constants(graph, plan) : graph, pictures, o, &plan, step);
  make_legal(graph, &plan);
  const Graph stored_from = corrected(graph, pictures, o, &plan, &notes, step);
  Graph out = annotated(stored_from, plan, o);
  if (report) *report = {measure(graph, stored_from, out, plan, pictures, o.threads, step), notes};
  return out;
}

}  // namespace e8::quantize
