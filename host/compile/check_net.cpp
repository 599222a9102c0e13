// Shapes and parameters of every node, by the operators' own rules.
#include "host/compile/check_net.h"

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <string>

#include "emu/ops/check.h"
#include "emu/ops/ops.h"
#include "host/model/error.h"

namespace e8::compile {
namespace {

using ops::require;
using ops::Shape;
using Shapes = std::vector<Shape>;

void one_input(const Shapes& in) { require(in.size() == 1, "node", "needs one input"); }

/// Shape of the result; checks parameters on the way.
struct Check {
  const Shapes& in;

  Shape operator()(const ops::ConvParams& p) const {
    one_input(in);
    const Shape out = ops::output_shape(in[0], p);
    check_weights(p.weights.size(), p.window, in[0].c / p.groups, p.cout);
    ops::check_tail(p.tail, p.cout, "conv");
    return out;
  }
  Shape operator()(const ops::DeconvParams& p) const {
    one_input(in);
    const Shape out = ops::output_shape(in[0], p);
    check_weights(p.weights.size(), p.window, in[0].c / p.groups, p.cout);
    ops::check_tail(p.tail, p.cout, "deconv");
    return out;
  }
  Shape operator()(const ops::MaxPoolParams& p) const {
    one_input(in);
    ops::check_tail(p.tail, in[0].c, "max_pool");
    return ops::output_shape(in[0], p);
  }
  Shape operator()(const ops::AvgPoolParams& p) const {
    one_input(in);
    const Shape out = ops::output_shape(in[0], p);
    const std::size_t divisors = p.count_pad ? 1 : Shape{p.window.kh, p.window.kw, 1}.size();
    require(p.by_count.size() == divisors, "avg_pool", "needs one divisor, or one a pixel count");
    for (const num::ChannelParam& d : p.by_count) ops::check_channel(d, "avg_pool");
    ops::check_mode(p.mode, "avg_pool");
    if (p.count_pad) return out;
    const ops::Window& w = p.window;
    const std::vector<int> rows = taps_inside(out.h, in[0].h, w.kh, w.sh, w.dh, w.top);
    const std::vector<int> cols = taps_inside(out.w, in[0].w, w.kw, w.sw, w.dw, w.left);
    const auto some = [](const std::vector<int>& n) { return std::find(n.begin(), n.end(), 0) == n.end(); };
    require(some(rows) && some(cols), "avg_pool", "a window lies in the padding and has nothing to average");
    return out;
  }
  Shape operator()(const ops::AddParams& p) const {
    require(in.size() == 2, "add", "needs two inputs");
    require(in[0] == in[1], "add", "inputs of different shapes");
    // the operator's own checks, on the smallest tensors
    return ops::add(ops::Tensor(Shape{}), ops::Tensor(Shape{}), p).shape == Shape{} ? in[0] : in[1];
  }
  Shape operator()(const ops::MulParams& p) const {
    require(in.size() == 2, "mul", "needs two inputs");
    return ops::output_shape(in[0], in[1], p);
  }
  Shape operator()(const ops::TableParams&) const {
    one_input(in);
    return in[0];
  }
  Shape operator()(const ops::UpsampleParams& p) const {
    one_input(in);
    ops::check_tail(p.tail, in[0].c, "upsample");
    return ops::output_shape(in[0], p);
  }
  Shape operator()(const ops::ConcatParams& p) const {
    const Shape out = ops::output_shape(in, p);
    for (std::size_t k = 0; k < in.size(); ++k) ops::check_tail(p.tails[k], in[k].c, "concat");
    return out;
  }
  Shape operator()(const ops::PadParams& p) const {
    one_input(in);
    return ops::output_shape(in[0], p);
  }
  Shape operator()(const ops::SliceParams& p) const {
    one_input(in);
    return ops::output_shape(in[0], p);
  }
  Shape operator()(const ops::RequantParams& p) const {
    one_input(in);
    ops::check_tail(p.tail, in[0].c, "requant");
    return in[0];
  }

  static void check_weights(std::size_t have, const ops::Window& w, int n, int cout) {
    require(have == Shape{w.kh, w.kw, n}.size() * static_cast<std::size_t>(cout), "weights",
            "are not cout * kh * kw * cin / groups");
  }
};

std::string text(const Shape& s) { return std::to_string(s.h) + "x" + std::to_string(s.w) + "x" + std::to_string(s.c); }

[[noreturn]] void fail(const std::string& where, const std::string& what) { throw UserError(190, where + ": " + what); }

}  // namespace

std::vector<int> taps_inside(int outputs, int size, int kernel, int stride, int dilation, int pad) {
  std::vector<int> counts;
  for (int y = 0; y < outputs; ++y) {
    const std::int64_t start = std::int64_t{y} * stride - pad;  // tap k lies at start + k * dilation
    const std::int64_t first = start >= 0 ? 0 : (-start + dilation - 1) / dilation;
    const std::int64_t end = start >= size ? 0 : (size - 1 - start) / dilation + 1;
    counts.push_back(static_cast<int>(std::max<std::int64_t>(0, std::min<std::int64_t>(kernel, end) - first)));
  }
  return counts;
}

Shape check_node(const model::IntNode& node, const Shapes& inputs) { return std::visit(Check{inputs}, node.params); }

void check_net(const model::IntNet& net) {
  const std::string name = "network '" + net.name + "'";
  const auto is_index = [&](int i) { return i >= 0 && static_cast<std::size_t>(i) < net.tensors.size(); };
  const bool outputs = std::all_of(net.outputs.begin(), net.outputs.end(),
                                   [&](const model::IntOutput& o) { return is_index(o.tensor); });
  if (!is_index(net.input) || net.outputs.empty() || !outputs)
    fail(name, "its input or an output is no tensor of the network");
  std::vector<bool> known(net.tensors.size(), false);
  known[static_cast<std::size_t>(net.input)] = true;
  for (const model::IntTensor& t : net.tensors) {
    if (t.shape.h < 1 || t.shape.w < 1 || t.shape.c < 1) fail(name, "tensor '" + t.name + "' is " + text(t.shape));
  }
  for (const model::IntNode& node : net.nodes) {
    const std::string where = "node '" + node.name + "'";
    Shapes in;
    for (const int i : node.inputs) {
      if (!is_index(i) || !known[static_cast<std::size_t>(i)]) {
        fail(where, "input " + std::to_string(i) + " is not computed before it");
      }
      in.push_back(net.tensors[static_cast<std::size_t>(i)].shape);
    }
    if (!is_index(node.output) || known[static_cast<std::size_t>(node.output)]) {
      fail(where, "output " + std::to_string(node.output) + " is no tensor or computed already");
    }
    Shape out;
    try {
      out = check_node(node, in);
    } catch (const std::invalid_argument& e) {
      fail(where, e.what());
    }
    const model::IntTensor& t = net.tensors[static_cast<std::size_t>(node.output)];
    if (!(out == t.shape)) fail(where, "gives " + text(out) + ", but '" + t.name + "' is " + text(t.shape));
    known[static_cast<std::size_t>(node.output)] = true;
  }
  for (const model::IntOutput& o : net.outputs) {
    const auto i = static_cast<std::size_t>(o.tensor);
    if (!known[i]) fail(name, "no node computes its output '" + net.tensors[i].name + "'");
  }
}

}  // namespace e8::compile
