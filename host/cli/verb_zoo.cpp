// exact8 zoo: writes a well-known network with seeded weights, or lists them.
#include <fmt/format.h>

#include "host/cli/app.h"
#include "host/model/onnx_write.h"
#include "host/model/zoo.h"

namespace e8::cli {
namespace {

struct Arguments {
  std::string name, output;
  int size = 0;
  std::uint64_t seed = 1;
  bool json = false;
};

struct Counts {
  std::int64_t macs = 0, parameters = 0;
};

Counts counts_of(const model::Graph& graph) {
  Counts c;
  for (const model::Node& n : graph.nodes) {
    c.macs += macs_of(graph, n);
    c.parameters += static_cast<std::int64_t>(n.weights.size() + n.bias.size());
  }
  return c;
}

nlohmann::ordered_json to_json(const model::ZooNetwork& n, int size, const Counts& c) {
  return {{"name", n.name}, {"what", n.what}, {"size", size}, {"macs", c.macs}, {"parameters", c.parameters}};
}

void list(Context& context, const Arguments& a) {
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  std::string text = fmt::format("{:<16}{:>6}{:>16}{:>14}  {}\n", "name", "size", "MACs", "parameters", "what");
  for (const model::ZooNetwork& n : model::zoo_networks()) {
    const int size = a.size == 0 ? n.size : a.size;
    const Counts c = counts_of(model::make_zoo(n.name, size, a.seed));
    json.push_back(to_json(n, size, c));
    text += fmt::format("{:<16}{:>6}{:>16}{:>14}  {}\n", n.name, size, c.macs, c.parameters, n.what);
  }
  context.result(a.json, json, text);
}

void write(Context& context, const Arguments& a) {
  const model::ZooNetwork& network = model::zoo_network(a.name);
  if (a.output.empty()) throw UserError(802, "exact8 zoo " + a.name + ": name the file to write with -o FILE.onnx");
  const model::Graph graph = model::make_zoo(a.name, a.size, a.seed);
  model::write_onnx(graph, a.output);
  const Counts c = counts_of(graph);
  const int size = graph.value(graph.input).shape.h;
  nlohmann::ordered_json json = to_json(network, size, c);
  json["seed"] = a.seed;
  json["output"] = a.output;
  context.result(a.json, json,
                 fmt::format("{}: {} on {}x{} pictures, seed {}: {} MACs, {} parameters\n", a.output, a.name, size,
                             size, a.seed, c.macs, c.parameters));
}

}  // namespace

void add_zoo(CLI::App& app, Context& context) {
  CLI::App* verb = app.add_subcommand("zoo", "writes a well-known network with random weights; without a name: a list");
  verb->footer("Example: exact8 zoo resnet50 -o resnet50.onnx");
  const auto a = std::make_shared<Arguments>();
  verb->add_option("name", a->name, "the network");
  verb->add_option("-o,--output", a->output, "the float ONNX model");
  verb->add_option("--size", a->size, "rows and columns of the input; default: the published size")
      ->check(CLI::Range(1, model::kZooLargest));
  verb->add_option("--seed", a->seed, "of the weights")->capture_default_str();
  verb->add_flag("--json", a->json, "print JSON");
  verb->callback([&context, a] { a->name.empty() ? list(context, *a) : write(context, *a); });
}

}  // namespace e8::cli
