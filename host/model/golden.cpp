// Checks each node against the network, runs its operator, keeps or frees tensors.
#include "host/model/golden.h"

#include <algorithm>
#include <stdexcept>
#include <string>

#include "emu/ops/ops.h"
#include "host/model/error.h"

namespace e8::model {
namespace {

using ops::Tensor;
using Inputs = std::vector<const Tensor*>;

std::string text(const ops::Shape& s) {
  return std::to_string(s.h) + "x" + std::to_string(s.w) + "x" + std::to_string(s.c);
}

[[noreturn]] void fail(const IntNode& node, const std::string& what, int id = 190) {
  throw UserError(id, "node '" + node.name + "': " + what);
}

/// The operator of a node's parameters; the number of inputs has been checked.
struct Apply {
  const Inputs& in;
  Tensor operator()(const ops::ConvParams& p) const { return ops::conv(*in[0], p); }
  Tensor operator()(const ops::DeconvParams& p) const { return ops::deconv(*in[0], p); }
  Tensor operator()(const ops::MaxPoolParams& p) const { return ops::max_pool(*in[0], p); }
  Tensor operator()(const ops::AvgPoolParams& p) const { return ops::avg_pool(*in[0], p); }
  Tensor operator()(const ops::AddParams& p) const { return ops::add(*in[0], *in[1], p); }
  Tensor operator()(const ops::MulParams& p) const { return ops::mul(*in[0], *in[1], p); }
  Tensor operator()(const ops::TableParams& p) const { return ops::table(*in[0], p); }
  Tensor operator()(const ops::UpsampleParams& p) const { return ops::upsample(*in[0], p); }
  Tensor operator()(const ops::ConcatParams& p) const { return ops::concat(in, p); }
  Tensor operator()(const ops::PadParams& p) const { return ops::pad(*in[0], p); }
  Tensor operator()(const ops::SliceParams& p) const { return ops::slice(*in[0], p); }
  Tensor operator()(const ops::RequantParams& p) const { return ops::requant(*in[0], p); }
};

bool is_index(int i, const IntNet& net) { return i >= 0 && static_cast<std::size_t>(i) < net.tensors.size(); }

void check_inputs(const IntNode& node, std::size_t inputs) {
  const bool any = std::holds_alternative<ops::ConcatParams>(node.params);
  const bool two =
      std::holds_alternative<ops::AddParams>(node.params) || std::holds_alternative<ops::MulParams>(node.params);
  if (any ? inputs == 0 : inputs != (two ? 2U : 1U)) fail(node, "has " + std::to_string(inputs) + " inputs");
}

/// The node's input tensors, after checking that they exist and have been computed.
Inputs inputs_of(const IntNode& node, const IntNet& net, const std::vector<Tensor>& tensors) {
  check_inputs(node, node.inputs.size());
  Inputs in;
  for (const int i : node.inputs) {
    if (!is_index(i, net)) fail(node, "input " + std::to_string(i) + " is no tensor of the network");
    const Tensor& t = tensors[static_cast<std::size_t>(i)];
    if (t.data.empty()) fail(node, "input '" + net.tensors[static_cast<std::size_t>(i)].name + "' is not computed yet");
    in.push_back(&t);
  }
  return in;
}

void run_in(const IntNet& net, const IntNode& node, std::vector<Tensor>& tensors) {
  const Inputs in = inputs_of(node, net, tensors);
  if (!is_index(node.output, net)) fail(node, "output " + std::to_string(node.output) + " is no tensor of the network");
  const auto output = static_cast<std::size_t>(node.output);
  if (!tensors[output].data.empty()) fail(node, "output '" + net.tensors[output].name + "' is computed already");
  Tensor result = run_node(node, in);
  if (!(result.shape == net.tensors[output].shape)) {
    fail(node, "gives " + text(result.shape) + ", but '" + net.tensors[output].name + "' is " +
                   text(net.tensors[output].shape));
  }
  tensors[output] = std::move(result);
}

std::vector<Tensor> start(const IntNet& net, const Tensor& input) {
  const bool outputs =
      std::all_of(net.outputs.begin(), net.outputs.end(), [&](const IntOutput& o) { return is_index(o.tensor, net); });
  if (!is_index(net.input, net) || net.outputs.empty() || !outputs) {
    throw UserError(190, "network '" + net.name + "': its input or an output is no tensor of the network");
  }
  const ops::Shape& want = net.tensors[static_cast<std::size_t>(net.input)].shape;
  if (!(input.shape == want) || input.data.size() != want.size()) {
    throw UserError(290, "input is " + text(input.shape) + " with " + std::to_string(input.data.size()) +
                             " values, network '" + net.name + "' takes " + text(want));
  }
  std::vector<Tensor> tensors(net.tensors.size());
  tensors[static_cast<std::size_t>(net.input)] = input;
  return tensors;
}

void check_outputs(const IntNet& net, const std::vector<Tensor>& tensors) {
  for (const IntOutput& o : net.outputs) {
    const auto i = static_cast<std::size_t>(o.tensor);
    if (tensors[i].data.empty()) {
      throw UserError(190, "network '" + net.name + "': no node computes its output '" + net.tensors[i].name + "'");
    }
  }
}

}  // namespace

Tensor run_node(const IntNode& node, const Inputs& inputs) {
  check_inputs(node, inputs.size());
  try {
    return std::visit(Apply{inputs}, node.params);
  } catch (const std::invalid_argument& e) {
    fail(node, e.what());
  } catch (const std::overflow_error& e) {
    fail(node, e.what(), 191);
  }
}

std::vector<Tensor> run_golden(const IntNet& net, const Tensor& input) {
  std::vector<Tensor> tensors = start(net, input);
  for (const IntNode& node : net.nodes) run_in(net, node, tensors);
  check_outputs(net, tensors);
  return tensors;
}

std::vector<Tensor> run_golden_outputs(const IntNet& net, const Tensor& input) {
  std::vector<Tensor> tensors = start(net, input);
  std::vector<std::size_t> last_reader(tensors.size(), 0);
  for (std::size_t n = 0; n < net.nodes.size(); ++n) {
    for (const int i : net.nodes[n].inputs) {
      if (is_index(i, net)) last_reader[static_cast<std::size_t>(i)] = n;
    }
  }
  for (const IntOutput& o : net.outputs) last_reader[static_cast<std::size_t>(o.tensor)] = net.nodes.size();
  for (std::size_t n = 0; n < net.nodes.size(); ++n) {
    run_in(net, net.nodes[n], tensors);
    for (const int i : net.nodes[n].inputs) {
      if (last_reader[static_cast<std::size_t>(i)] == n) tensors[static_cast<std::size_t>(i)] = {};
    }
  }
  check_outputs(net, tensors);
  std::vector<Tensor> outputs;
  for (const IntOutput& o : net.outputs) outputs.push_back(tensors[static_cast<std::size_t>(o.tensor)]);
  return outputs;
}

Tensor run_golden_output(const IntNet& net, const Tensor& input) { return run_golden_outputs(net, input).front(); }

}  // namespace e8::model
