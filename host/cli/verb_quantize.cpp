// exact8 quantize: a float model and some unlabelled pictures in, an int8 model out.
#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <thread>

#include "host/cli/app.h"
#include "host/cli/float_input.h"
#include "host/cli/interrupt.h"
#include "host/cli/progress.h"
#include "host/cli/quantize_report.h"
#include "host/model/files.h"
#include "host/model/onnx_read.h"
#include "host/model/onnx_write.h"
#include "host/quantize/quantize.h"

namespace e8::cli {
namespace {

using quantize::Activations;
using quantize::BiasCorrection;
using quantize::Forward;
using quantize::Scheme;
using quantize::Weights;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kDefaultSubset = 256, kShown = 8;

const std::map<std::string, Scheme> kSchemes = {
    {"dpu", Scheme::kDpu}, {"xilinx", Scheme::kDpu}, {"scaled", Scheme::kScaled}, {"zebra", Scheme::kScaled}};
const std::map<std::string, Activations> kActivations = {
    {"max", Activations::kMax},         {"percentile", Activations::kPercentile},
    {"mse", Activations::kMse},         {"mode", Activations::kMode},
    {"entropy", Activations::kEntropy}, {"asym_minmax", Activations::kAsymMinMax},
    {"asym_kl", Activations::kAsymKl}};
const std::map<std::string, Weights> kWeights = {{"max", Weights::kMax}, {"mse", Weights::kMse}};
const std::map<std::string, BiasCorrection> kCorrections = {{"none", BiasCorrection::kNone},
                                                            {"empirical", BiasCorrection::kEmpirical},
                                                            {"analytic", BiasCorrection::kAnalytic}};
const std::map<std::string, Forward> kForwards = {{"quantized", Forward::kQuantized}, {"float", Forward::kFloat}};

struct Arguments {
  std::string model, calib, calib_list, output, class_names;
  std::vector<std::string> reports;
  std::string scheme, activations, weights, forward, correction;
  std::size_t subset = kDefaultSubset;
  std::uint64_t seed = 1;
  PreprocessOptions preprocess;
  quantize::Options options;
  bool json = false;
};

template <typename T>
T chosen(const std::map<std::string, T>& table, const std::string& word, T otherwise) {
  return word.empty() ? otherwise : table.at(word);
}

template <typename T>
CLI::IsMember one_of(const std::map<std::string, T>& table) {
  std::vector<std::string> words;
  for (const auto& row : table) words.push_back(row.first);
  return CLI::IsMember(words);
}

std::vector<std::string> read_lines(const std::string& path) {
  std::istringstream text(model::read_file(path, 307));
  std::vector<std::string> lines;
  for (std::string line; std::getline(text, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    lines.push_back(line);
  }
  while (!lines.empty() && lines.back().empty()) lines.pop_back();
  return lines;
}

void check_class_names(const Arguments& a, const model::Graph& graph) {
  const std::size_t values = graph.value(graph.outputs.front()).shape.size(), names = a.options.labels.size();
  if (names != 0 && names != values)
    throw UserError(307, (a.class_names.empty() ? a.model : a.class_names) + ": " + std::to_string(names) +
                             " class names; the first output has " + std::to_string(values) + " values");
}

/// Everything that the words on the command line decide, with the model's own metadata below them.
void complete(const model::Graph& graph, Arguments* a) {
  quantize::Options& o = a->options;
  o.scheme = kSchemes.at(a->scheme);
  o.activations = chosen(kActivations, a->activations, Activations::kDefault);
  o.weights = chosen(kWeights, a->weights, Weights::kDefault);
  o.forward = chosen(kForwards, a->forward, Forward::kDefault);
  o.bias_correction = chosen(kCorrections, a->correction, BiasCorrection::kNone);
  if (o.tie.empty()) o.tie = quantize::default_tie(o.scheme);
  const model::Metadata m = a->preprocess.apply(graph);
  o.preprocess = m.preprocess;
  if (o.preprocess.round.empty()) o.preprocess.round = o.tie;
  o.labels = a->class_names.empty() ? m.labels : read_lines(a->class_names);
  if (o.labels.empty() && !a->class_names.empty())
    throw UserError(307, a->class_names + ": has no class names; one a line is needed");
  check_class_names(*a, graph);
}

void check_output(const Arguments& a) {
  std::error_code ignored;
  if (std::filesystem::equivalent(a.model, a.output, ignored))
    throw UserError(802, "-o " + a.output + " is the model itself; name another file");
}

void run_quantize(Context& context, Arguments a) {
  const auto start = Clock::now();
  const InterruptGuard guard;
  check_output(a);
  for (const std::string& path : a.reports) check_report_name(path);
  const model::Graph graph = model::read_onnx(a.model);
  complete(graph, &a);
  const model::Batch pictures = read_calibration(a.calib, a.calib_list, graph.value(graph.input).shape,
                                                 a.options.preprocess, a.subset, a.seed, a.options.threads);
  Progress progress(context.err, "quantizing, pictures",
                    static_cast<std::uint64_t>(quantize::steps_of(a.options, pictures.n, true)), stderr_is_terminal());
  quantize::Report report;
  const model::Graph quantized = quantize::quantize(graph, pictures, a.options, &report,
                                                    [&](int n) { progress.step(static_cast<std::uint64_t>(n)); });
  model::write_onnx(quantized, a.output);
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  const QuantizeReport all{a.model,       a.output,   a.options.scheme == Scheme::kDpu ? "dpu" : "scaled",
                           a.options.tie, pictures.n, seconds,
                           report};
  for (const std::string& path : a.reports) write_report(all, path);
  context.result(a.json, all.json(), all.text(kShown));
}

void add_method_options(CLI::App* verb, Arguments* a) {
  verb->add_option("--activations", a->activations, "how ranges are chosen; default: dpu mode, scaled mse")
      ->check(one_of(kActivations));
  verb->add_option("--weights", a->weights, "default: dpu mse, scaled max")->check(one_of(kWeights));
  verb->add_option("--percentile", a->options.percentile, "share of values that fit, of --activations percentile")
      ->capture_default_str();
  verb->add_option("--calib-forward", a->forward,
                   "what layers see during calibration; default: dpu quantized, "
                   "scaled float")
      ->check(one_of(kForwards));
  verb->add_flag("--equalize", a->options.equalize, "scale channels between layers alike (cross-layer equalization)");
  verb->add_flag("--relu6-to-relu", a->options.remove_limits, "drop ReLU6's limit where that lets --equalize work");
  verb->add_flag("--absorb-bias", a->options.absorb, "move high biases into the next layer");
  verb->add_option("--bias-correction", a->correction, "give channels the mean back that rounding took; default: none")
      ->check(one_of(kCorrections));
  verb->add_option("--batch", a->options.batch, "pictures a batch; the mode is over batches")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  verb->add_option("--tie", a->options.tie, "tie rule of every rounding; default: dpu half_up, scaled half_even")
      ->check(CLI::IsMember({"half_up", "half_away", "half_even"}));
  verb->add_option("--round", a->preprocess.round,
                   "how pictures are rounded to int8; default: as the model file says, "
                   "else as --tie")
      ->check(CLI::IsMember({"half_up", "half_away", "half_even", "trunc"}));
}

}  // namespace

void add_quantize(CLI::App& app, Context& context) {
  CLI::App* verb = app.add_subcommand("quantize", "a float ONNX model to int8 by one of the two schemes");
  verb->footer(
      "Example: exact8 quantize models/fmnist.onnx --calib train-images-idx3-ubyte.gz --scheme dpu -o "
      "fmnist.int8.onnx");
  const auto a = std::make_shared<Arguments>();
  a->options.threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  verb->add_option("model", a->model, "float ONNX model")->required();
  verb->add_option("--calib", a->calib, "unlabelled pictures: folder, PNG or JPEG, IDX, .npy, or synthetic:N")
      ->required();
  verb->add_option("--calib-list", a->calib_list,
                   "text file, one file name a line: the pictures of the folder --calib to use (MLPerf's format)");
  verb->add_option("--scheme", a->scheme, "dpu (xilinx): powers of two; scaled (zebra): arbitrary scales")
      ->required()
      ->check(one_of(kSchemes));
  verb->add_option("-o,--output", a->output, "the quantized ONNX model")->required();
  verb->add_option("--subset", a->subset, "at most so many pictures, chosen by --seed; 0: all")->capture_default_str();
  verb->add_option("--seed", a->seed, "of the choice of pictures, and of synthetic ones")->capture_default_str();
  add_method_options(verb, a.get());
  a->preprocess.add_to(verb);
  verb->add_option("--class-names", a->class_names, "text file, one name a line; default: what the model file says");
  verb->add_option("--report", a->reports,
                   "write the figures of all tensors, worst first: FILE.txt, FILE.json or FILE.svg; may be repeated");
  verb->add_flag("--json", a->json, "print one JSON object");
  verb->callback([&context, a] { run_quantize(context, *a); });
}

}  // namespace e8::cli
