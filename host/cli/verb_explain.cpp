// exact8 explain: how one output element came to be.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "host/cli/app.h"
#include "host/cli/subject.h"
#include "host/model/explain.h"
#include "host/model/golden.h"

namespace e8::cli {
namespace {

using model::Explanation;
using model::IntNet;
using nlohmann::ordered_json;

struct Arguments {
  std::string model, input, layer, element;
  std::optional<std::size_t> index;
  NetOptions net;
  bool json = false;
};

/// A node by its own name or its output's.
int find_node(const IntNet& net, const std::string& layer) {
  std::string names;
  for (std::size_t n = 0; n < net.nodes.size(); ++n) {
    const std::string& tensor = net.tensors.at(static_cast<std::size_t>(net.nodes[n].output)).name;
    if (net.nodes[n].name == layer || tensor == layer) return static_cast<int>(n);
    names += (names.empty() ? "" : ", ") + net.nodes[n].name;
  }
  throw UserError(816, "layer '" + layer + "': the network has " + names);
}

struct Position {
  int y = 0, x = 0, c = 0;
};
Position parse_position(const std::string& text) {
  Position p;
  char more = 0;
  if (std::sscanf(text.c_str(), "%d,%d,%d%c", &p.y, &p.x, &p.c, &more) != 3) {
    throw UserError(817, "element '" + text + "': write row,column,channel, as in 5,12,3");
  }
  return p;
}

const char* tie_name(num::Tie tie) {
  return tie == num::Tie::kHalfUp ? "half_up" : tie == num::Tie::kHalfAway ? "half_away" : "half_even";
}

std::string rule_of(const num::TailMode& mode) {
  if (mode.double_round) return "half_up, then half_away (TFLite double rounding)";
  return std::string(tie_name(mode.tie)) + (mode.zp_first ? ", zero point before rounding" : "");
}

std::string terms_text(const IntNet& net, const Explanation& e, const model::IntNode& node) {
  std::string text;
  for (const model::Term& t : e.terms) {
    const auto tensor = static_cast<std::size_t>(node.inputs[static_cast<std::size_t>(t.input)]);
    text += fmt::format("    {:<24}[{},{},{}]{:>8} x {:>11} -> {}{}\n", net.tensors[tensor].name, t.y, t.x, t.c,
                        t.value, t.factor, t.product, t.padding ? "  padding" : "");
  }
  return text;
}

std::string to_text(const IntNet& net, const Explanation& e, const model::IntNode& node, int golden) {
  const model::IntTensor& out = net.tensors[static_cast<std::size_t>(e.output)];
  std::string text =
      fmt::format("layer {} ({}), tensor {}, y[{},{},{}], {}, ties {}\n  terms ({}): value x factor -> accumulated\n",
                  node.name, e.op, out.name, e.y, e.x, e.c, net.scheme, net.tie, e.terms.size());
  text += terms_text(net, e, node);
  if (e.table) {
    text += fmt::format("  table        {} -> {}\n", e.terms.front().value, e.rounded);
  } else {
    text += fmt::format("  accumulator  {} ({})\n", e.accumulator, e.maximum ? "maximum, from -128" : "sum");
    text += fmt::format("  bias         b2 = {}: V = 2 * {} + {} = {}\n", e.param.b2, e.accumulator, e.param.b2, e.v);
    text += fmt::format("  multiplier   {} (for V {} 0): T = {}\n", e.multiplier, e.v < 0 ? "<" : ">=", e.t);
    text += fmt::format("  shift        {}: T / 2^{} = {:.9g}\n", e.param.s, e.param.s,
                        std::ldexp(static_cast<double>(e.t), -e.param.s));
    text += fmt::format("  rounded      {} by {}{}, zero point {} added\n", e.rounded, rule_of(e.mode),
                        e.tie ? ": a tie" : ", no tie", e.mode.zp);
    text += fmt::format("  clamped      to [{}, {}]\n", e.mode.lo, e.mode.hi);
  }
  return text + fmt::format("  result       {} = {:.9g}; the golden model has {}\n", e.result,
                            (e.result - out.zero_point) * out.scale, golden);
}

ordered_json to_json(const IntNet& net, const Explanation& e, const model::IntNode& node, int golden) {
  ordered_json terms = ordered_json::array();
  for (const model::Term& t : e.terms) {
    const auto tensor = static_cast<std::size_t>(node.inputs[static_cast<std::size_t>(t.input)]);
    terms.push_back({{"tensor", net.tensors[tensor].name},
                     {"position", {t.y, t.x, t.c}},
                     {"padding", t.padding},
                     {"value", t.value},
                     {"factor", t.factor},
                     {"product", t.product}});
  }
  ordered_json j = {{"layer", node.name},
                    {"op", e.op},
                    {"element", {e.y, e.x, e.c}},
                    {"terms", terms},
                    {"accumulator", e.accumulator}};
  if (!e.table) {
    j["b2"] = e.param.b2;
    j["v"] = e.v;
    j["multiplier"] = e.multiplier;
    j["shift"] = e.param.s;
    j["rule"] = rule_of(e.mode);
    j["tie"] = e.tie;
    j["zero_point"] = e.mode.zp;
    j["clamp"] = {e.mode.lo, e.mode.hi};
  }
  j["rounded"] = e.rounded;
  j["result"] = e.result;
  j["golden"] = golden;
  return j;
}

void run_explain(Context& context, const Arguments& a) {
  const Subject subject = read_subject(a.model, a.net);
  if (!subject.net) throw UserError(814, a.model + ": a compiled program has no layers to explain; name the ONNX file");
  const IntNet& net = *subject.net;
  const int n = find_node(net, a.layer);
  const Position p = parse_position(a.element);
  const Inputs inputs({a.input}, subject.face, a.index, 1);
  const std::vector<ops::Tensor> tensors = model::run_golden(net, inputs.read(0));
  Explanation e;
  try {
    e = model::explain(net, n, tensors, p.y, p.x, p.c);
  } catch (const std::out_of_range& problem) {
    throw UserError(817, problem.what());
  }
  const model::IntNode& node = net.nodes[static_cast<std::size_t>(n)];
  const int golden = tensors[static_cast<std::size_t>(node.output)].at(p.y, p.x, p.c);
  context.result(a.json, to_json(net, e, node, golden), to_text(net, e, node, golden));
  if (e.result == golden) return;
  context.err << "E8-701: the explanation and the golden model differ; please report it with model and input\n";
  context.code = Exit::kMismatch;
}

}  // namespace

void add_explain(CLI::App& app, Context& context) {
  CLI::App* verb = app.add_subcommand("explain", "how one output element came to be");
  verb->footer("Example: exact8 explain fmnist.int8.onnx t10k-images-idx3-ubyte.gz conv2 5,12,3 --index 7");
  const auto a = std::make_shared<Arguments>();
  verb->add_option("model", a->model, "quantized ONNX or TFLite int8 model")->required();
  verb->add_option("input", a->input, "picture, or quantized int8 .npy")->required();
  verb->add_option("layer", a->layer, "a node's name, or its output tensor's")->required();
  verb->add_option("element", a->element, "row,column,channel")->required();
  verb->add_option("--index", a->index, "which picture of the input, from 0 (0)")->check(CLI::NonNegativeNumber);
  a->net.add_to(verb);
  verb->add_flag("--json", a->json, "print one JSON object");
  verb->callback([&context, a] { run_explain(context, *a); });
}

}  // namespace e8::cli
