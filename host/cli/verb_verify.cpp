// exact8 verify: the same pictures on several machines, compared value by value and event by event.
#include <algorithm>
#include <filesystem>
#include <thread>

#include "host/cli/app.h"
#include "host/cli/cpu_report.h"
#include "host/cli/rtl_device.h"
#include "host/cli/verify_report.h"

namespace e8::cli {
namespace {

struct Arguments {
  std::string model, config, rtl, expect, stalls = "none", wave = "fail", out = "out";
  std::vector<std::string> inputs, backends;
  std::size_t limit = 0;
  std::optional<std::size_t> index;
  std::uint64_t seed = 1;
  int jobs = 1;
  NetOptions net;
  bool keep_all = false, strict = false, json = false;
};

bool has(const std::vector<std::string>& names, const char* name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

VerifyOptions options_of(const Arguments& a, const Subject& subject) {
  std::vector<std::string> backends = a.backends;
  if (backends.empty()) backends = {subject.net ? "golden" : "emu", "emu", "rtl"};
  VerifyOptions o;
  o.golden = has(backends, "golden");
  o.emu = has(backends, "emu");
  o.rtl = has(backends, "rtl");
  const auto stall = std::find(stall_names().begin(), stall_names().end(), a.stalls);
  o.stalls = static_cast<sim::StallMode>(stall - stall_names().begin());
  o.seed = a.seed;
  o.jobs = a.jobs;
  if (o.golden && !subject.net) {
    throw UserError(814, a.model +
                             ": a compiled program has no golden model; name the quantized ONNX file, or use "
                             "--backends emu,rtl");
  }
  if (!o.rtl && (!a.rtl.empty() || a.stalls != "none" || a.wave == "all")) {
    throw UserError(815, "--rtl, --stalls and --wave all need rtl among the --backends");
  }
  return o;
}

Wave wave_of(const std::string& name) {
  return name == "all" ? Wave::kAll : name == "none" ? Wave::kNone : Wave::kFail;
}

/// --wave all runs the traced build itself.
std::shared_ptr<const sim::Plugin> load_plugin(const std::string& config, const std::string& rtl, bool traced) {
  auto plugin = sim::Plugin::load(find_plugin(config, rtl, traced && rtl.empty()));
  if (!traced || plugin->traced()) return plugin;
  const std::string beside = traced_beside(plugin->path());
  if (beside.empty()) {
    throw UserError(603, plugin->path() + ": not a traced plug-in; make one with `make rtl ... TRACE=1`", Exit::kTool);
  }
  return sim::Plugin::load(beside);
}

Inputs inputs_of(const Arguments& a, const Subject& subject) {
  if (!a.inputs.empty()) {
    return {a.inputs, subject.face, a.index, a.limit == 0 ? std::nullopt : std::optional<std::size_t>(a.limit)};
  }
  return {subject.face, std::max<std::size_t>(a.limit, 1), a.seed};
}

void run_verify(Context& context, const Arguments& a) {
  Subject subject = read_subject(a.model, a.net);
  Replay replay;
  replay.options = options_of(a, subject);
  std::shared_ptr<const sim::Plugin> plugin;
  std::optional<isa::Config> config;
  if (!a.config.empty()) config = config_named(a.config);
  isa::Config otherwise = subject.program ? subject.program->config : config_named("b512");
  if (replay.options.rtl) {
    plugin = load_plugin(config.value_or(otherwise).name, a.rtl, a.wave == "all");
    if (!a.rtl.empty()) otherwise = plugin->config();
  }
  compile_for(&subject, config, otherwise, {a.keep_all, compile::Keep::kWhereFaster, !a.strict});
  context.err << cpu_note(*subject.program);
  const Inputs inputs = inputs_of(a, subject);
  const Expected expected = a.expect.empty() ? Expected() : Expected(a.expect, subject.face, inputs.size());
  const VerifyOptions& o = replay.options;
  if (expected.empty() && !o.rtl && !(o.golden && o.emu)) {
    throw UserError(706, "nothing to compare: one backend and no --expect", Exit::kNothingCompared);
  }
  replay.config = subject.program->config.name;
  replay.rtl = a.rtl.empty() ? "" : std::filesystem::absolute(a.rtl).string();
  replay.reading = a.net.reading;
  replay.model_file = "model" + std::filesystem::path(a.model).extension().string();
  ReportOptions report;
  report.json = a.json;
  report.wave = wave_of(a.wave);
  report.out = a.out;
  verify_and_report(context, subject, inputs, expected, plugin, replay, report);
}

}  // namespace

void add_verify(CLI::App& app, Context& context) {
  CLI::App* verb = app.add_subcommand("verify", "runs pictures on several machines and compares everything");
  verb->footer(
      "Example: exact8 verify fmnist.int8.onnx t10k-images-idx3-ubyte.gz --limit 10 --config b512 --stalls random\n"
      "Exit: 0 all equal, 1 a difference, 2 bad input, 3 no plug-in, 4 the RTL hangs, 5 nothing compared");
  const auto a = std::make_shared<Arguments>();
  a->jobs = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  verb->add_option("model", a->model, "quantized ONNX or TFLite int8 model, or a compiled program (.e8)")->required();
  verb->add_option("input", a->inputs, "pictures or quantized int8 .npy; none: random tensors, as many as --limit");
  verb->add_option("--index", a->index, "only this picture, from 0")->check(CLI::NonNegativeNumber);
  verb->add_option("--limit", a->limit, "only the first so many; 0: all")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  verb->add_option("--config", a->config, "configuration to compile for (b512, or the plug-in's)");
  verb->add_option("--backends", a->backends, "golden, emu, rtl, separated by commas (all)")
      ->delimiter(',')
      ->check(CLI::IsMember({"golden", "emu", "rtl"}));
  verb->add_option("--rtl", a->rtl, "plug-in to load instead of the configuration's own");
  verb->add_option("--stalls", a->stalls, "of the memory and the register bus")
      ->check(CLI::IsMember(stall_names()))
      ->capture_default_str();
  verb->add_option("--seed", a->seed, "of stalls and random tensors")->capture_default_str();
  verb->add_option("--expect", a->expect, "right answers: FILE.npy (the output), or a folder of <tensor>.npy");
  verb->add_option("--wave", a->wave, "FST of the cycles around a failure, of all runs, or none")
      ->check(CLI::IsMember({"fail", "all", "none"}))
      ->capture_default_str();
  verb->add_option("--out", a->out, "where a failure's folder is written")->capture_default_str();
  verb->add_option("--jobs", a->jobs, "threads")->check(CLI::Range(1, 1024));
  verb->add_flag("--keep-all", a->keep_all, "store every tensor, so that all can be compared (slower)");
  a->net.add_to(verb);
  verb->add_flag("--strict", a->strict, "refuse what the accelerator cannot compute, instead of using the CPU");
  verb->add_flag("--json", a->json, "print one JSON object");
  verb->callback([&context, a] { run_verify(context, *a); });
}

}  // namespace e8::cli
