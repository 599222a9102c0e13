// exact8 compile: a quantized network to a program for one configuration.
#include <fmt/format.h>

#include <algorithm>

#include "host/cli/app.h"
#include "host/cli/cpu_report.h"
#include "host/cli/net_options.h"
#include "host/cli/subject.h"
#include "host/driver/driver.h"

namespace e8::cli {
namespace {

using nlohmann::ordered_json;

struct Arguments {
  std::string model, config = "b512", rtl, output;
  NetOptions net;
  bool report = false, keep_all = false, strict = false, json = false;
};

double utilization(const isa::Config& c, std::uint64_t macs, std::uint64_t cycles) {
  const double peak = static_cast<double>(cycles) * c.lanes * c.v * c.v;
  return peak > 0 ? static_cast<double>(macs) / peak : 0;
}

/// The engine that is busy longest decides.
const char* bound(const compile::LayerInfo& l) {
  if (l.load_cycles + l.exec_cycles + l.store_cycles == 0) return "CPU";
  return l.exec_cycles >= std::max(l.load_cycles, l.store_cycles) ? "compute" : "DRAM";
}

ordered_json to_json(const compile::Program& p, const std::string& output, bool report) {
  ordered_json j = {{"program", output},
                    {"config", p.config.name},
                    {"scheme", p.scheme},
                    {"tie", p.tie},
                    {"instructions", p.code.size()},
                    {"weight_bytes", p.weights.size()},
                    {"memory_bytes", driver::memory_needed(p)},
                    {"macs", useful_macs(p)},
                    {"predicted_cycles", p.predicted_cycles},
                    {"utilization", utilization(p.config, useful_macs(p), p.predicted_cycles)},
                    {"cpu", cpu_json(p)}};
  if (!report) return j;
  j["layers"] = ordered_json::array();
  for (const compile::LayerInfo& l : p.layers) {
    j["layers"].push_back({{"name", l.name},
                           {"op", l.op},
                           {"macs", l.macs},
                           {"predicted_cycles", l.predicted_cycles},
                           {"utilization", utilization(p.config, l.macs, l.predicted_cycles)},
                           {"bound", bound(l)},
                           {"load_cycles", l.load_cycles},
                           {"exec_cycles", l.exec_cycles},
                           {"store_cycles", l.store_cycles},
                           {"dram_bytes", l.dram_bytes}});
  }
  return j;
}

std::string to_text(const compile::Program& p, const std::string& output, bool report) {
  std::string text = fmt::format(
      "{}: {} ({}, ties {}) for {}: {} instructions, {} bytes of constants, {} bytes of memory, {} cycles predicted "
      "({:.1f} % of peak MACs)\n",
      output, p.name, p.scheme, p.tie, p.config.name, p.code.size(), p.weights.size(), driver::memory_needed(p),
      p.predicted_cycles, 100 * utilization(p.config, useful_macs(p), p.predicted_cycles));
  text += cpu_table(p);
  if (!report) return text;
  text += fmt::format("{:<32}{:<12}{:>14}{:>12}{:>8}  {:<8}{:>14}\n", "layer", "op", "MACs", "cycles", "peak %",
                      "bound", "DRAM bytes");
  for (const compile::LayerInfo& l : p.layers) {
    text += fmt::format("{:<32}{:<12}{:>14}{:>12}{:>8.1f}  {:<8}{:>14}\n", l.name, l.op, l.macs, l.predicted_cycles,
                        100 * utilization(p.config, l.macs, l.predicted_cycles), bound(l), l.dram_bytes);
  }
  return text;
}

void run_compile(Context& context, const Arguments& a) {
  const isa::Config config = a.rtl.empty() ? config_named(a.config) : sim::Plugin::load(a.rtl)->config();
  const compile::Program program =
      compile::compile(a.net.read(a.model), config, {a.keep_all, compile::Keep::kWhereFaster, !a.strict});
  compile::write_program(program, a.output);
  context.result(a.json, to_json(program, a.output, a.report), to_text(program, a.output, a.report));
}

}  // namespace

void add_compile(CLI::App& app, Context& context) {
  CLI::App* verb = app.add_subcommand("compile", "turns a quantized network into a program for one configuration");
  verb->footer("Example: exact8 compile fmnist.int8.onnx --config b4096 -o fmnist.e8 --report");
  const auto a = std::make_shared<Arguments>();
  verb->add_option("model", a->model, "quantized ONNX or TFLite int8 model")->required();
  CLI::Option* config = verb->add_option("--config", a->config, "a configuration by name")->capture_default_str();
  verb->add_option("--rtl", a->rtl, "or the configuration of a plug-in")->excludes(config);
  verb->add_option("-o,--output", a->output, "the program, .e8")->required();
  a->net.add_to(verb);
  verb->add_flag("--report", a->report, "cycles and traffic of each layer");
  verb->add_flag("--keep-all", a->keep_all, "store every tensor, so that all can be compared (slower)");
  verb->add_flag("--strict", a->strict, "refuse what the accelerator cannot compute, instead of using the CPU");
  verb->add_flag("--json", a->json, "print one JSON object");
  verb->callback([&context, a] { run_compile(context, *a); });
}

}  // namespace e8::cli
