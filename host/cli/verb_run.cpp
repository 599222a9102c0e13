// exact8 run: pictures through one machine; the classes with their probabilities.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "host/cli/app.h"
#include "host/cli/cpu_report.h"
#include "host/cli/expected.h"
#include "host/cli/interrupt.h"
#include "host/cli/progress.h"
#include "host/cli/rtl_device.h"
#include "host/cli/tensor_diff.h"
#include "host/cli/verify.h"
#include "host/driver/classify.h"
#include "host/driver/driver.h"
#include "host/driver/emu_device.h"
#include "host/model/golden.h"

namespace e8::cli {
namespace {

using nlohmann::ordered_json;

struct Arguments {
  std::string model, on = "golden", config, rtl, save, argmax;
  std::vector<std::string> inputs;
  std::optional<std::size_t> index;
  std::size_t limit = 0;
  int top = 5;
  NetOptions net;
  bool strict = false, json = false;
};

/// Golden model, emulator or RTL behind one call.
class Runner {
 public:
  Runner(const Arguments& a, Subject* subject) : subject_(*subject) {
    if (a.on == "golden") {
      if (!subject->net) {
        throw UserError(814, a.model + ": a compiled program has no golden model; use --on emu or --on rtl");
      }
      if (!a.config.empty() || !a.rtl.empty() || a.strict)
        throw UserError(815, "--config, --rtl and --strict need --on emu or --on rtl");
      return;
    }
    if (a.on == "emu" && !a.rtl.empty()) throw UserError(815, "--rtl needs --on rtl");
    std::optional<isa::Config> config;
    if (!a.config.empty()) config = config_named(a.config);
    isa::Config otherwise = subject->program ? subject->program->config : config_named("b512");
    std::shared_ptr<const sim::Plugin> plugin;
    if (a.on == "rtl") {
      plugin = sim::Plugin::load(find_plugin(config.value_or(otherwise).name, a.rtl));
      if (!a.rtl.empty()) otherwise = plugin->config();
    }
    compile_for(subject, config, otherwise, {false, compile::Keep::kWhereFaster, !a.strict});
    if (plugin != nullptr) {
      machine_ = std::make_unique<sim::RtlMachine>(plugin, rtl_options(*subject->program, {}, 0));
      device_ = std::make_unique<RtlDevice>(*machine_, cycle_limit(*subject->program));
    } else {
      device_ = std::make_unique<driver::EmuDevice>(subject->program->config, driver::memory_needed(*subject->program));
    }
    driver_.emplace(*device_, *subject->program);
  }

  /// The output tensors, in the network's order.
  std::vector<ops::Tensor> run(const ops::Tensor& input) {
    if (!driver_) return model::run_golden_outputs(*subject_.net, input);
    driver_->run(input);
    std::vector<ops::Tensor> outputs;
    for (const model::IntOutput& o : subject_.face.outputs) outputs.push_back(driver_->read_tensor(o.tensor));
    return outputs;
  }
  /// 0 where no time passes.
  std::uint64_t cycles() { return driver_ ? driver_->counters().cycles : 0; }

 private:
  const Subject& subject_;
  std::unique_ptr<sim::RtlMachine> machine_;
  std::unique_ptr<driver::Device> device_;
  std::optional<driver::Driver> driver_;
};

struct Class {
  int index = 0;
  double value = 0;  ///< as the network gives it
  std::optional<double> probability;
  std::string label;
};

/// An output tensor and the CPU's part of it.
struct Result {
  std::string name;
  std::vector<Class> classes;
  std::vector<int> argmax;  ///< the channel of each pixel, where the network ends in ArgMax
};

/// The best classes, their probabilities by softmax; none of outputs that are pictures themselves.
std::vector<Class> classify(const Arguments& a, model::CpuTail tail, const model::IntTensor& info,
                            const ops::Tensor& output) {
  const bool last = a.argmax.empty() ? tail == model::CpuTail::kArgmaxLast : a.argmax == "last";
  const auto tie = last ? driver::ArgmaxTie::kLast : driver::ArgmaxTie::kFirst;
  const std::vector<double> values = driver::dequantize(output, info);
  const std::vector<double> probabilities = driver::softmax(values);
  std::vector<Class> classes;
  for (const driver::Score& s : driver::top_k(values, a.top, tie)) {
    classes.push_back({s.index, s.value, std::nullopt, {}});
    if (output.shape.h == 1 && output.shape.w == 1) {
      classes.back().probability = probabilities[static_cast<std::size_t>(s.index)];
    }
  }
  return classes;
}

std::string label_of(const model::IntNet& face, const ops::Shape& shape, int index) {
  if (shape.h != 1 || shape.w != 1)
    return fmt::format("[{},{},{}]", index / shape.c / shape.w, index / shape.c % shape.w, index % shape.c);
  const auto i = static_cast<std::size_t>(index);
  return i < face.labels.size() ? face.labels[i] : fmt::format("class {}", index);
}

Result result_of(const Arguments& a, const model::IntNet& face, std::size_t output, const ops::Tensor& tensor) {
  const model::IntOutput& o = face.outputs.at(output);
  const model::IntTensor& info = face.tensors.at(static_cast<std::size_t>(o.tensor));
  Result r{info.name, classify(a, o.tail, info, tensor), {}};
  if (o.tail == model::CpuTail::kArgmaxFirst || o.tail == model::CpuTail::kArgmaxLast) {
    const bool last = a.argmax.empty() ? o.tail == model::CpuTail::kArgmaxLast : a.argmax == "last";
    r.argmax = driver::argmax_of_pixels(tensor, last ? driver::ArgmaxTie::kLast : driver::ArgmaxTie::kFirst);
  }
  for (Class& c : r.classes) c.label = label_of(face, tensor.shape, c.index);
  return r;
}

/// How many pixels each channel has won.
std::string pixels_text(const model::IntNet& face, const std::vector<int>& argmax) {
  std::map<int, std::size_t> counts;
  for (const int c : argmax) ++counts[c];
  std::string text;
  for (const auto& [c, pixels] : counts)
    text += fmt::format("      {:<24}{:>8} of {} pixels\n", label_of(face, {}, c), pixels, argmax.size());
  return text;
}

std::string to_text(const Subject& s, const std::string& input, const Arguments& a, const std::vector<Result>& results,
                    std::uint64_t cycles) {
  std::string text = fmt::format("{} on {} ({})", input, a.on, s.scheme());
  if (cycles != 0) text += fmt::format(", {} cycles", cycles);
  text += "\n";
  for (const Result& r : results) {
    if (results.size() > 1) text += fmt::format("  output {}\n", r.name);
    if (r.argmax.size() > 1) {
      text += pixels_text(s.face, r.argmax);
      continue;
    }
    for (std::size_t k = 0; k < r.classes.size(); ++k) {
      const Class& c = r.classes[k];
      text += fmt::format("  {:>2}  {:<24}", k + 1, c.label);
      if (c.probability) text += fmt::format("{:>8.2f} %", 100 * *c.probability);
      text += fmt::format("  ({:.6g})\n", c.value);
    }
  }
  return text;
}

ordered_json classes_json(const std::vector<Class>& classes) {
  ordered_json j = ordered_json::array();
  for (const Class& c : classes) {
    j.push_back({{"index", c.index}, {"label", c.label}, {"value", c.value}});
    if (c.probability) j.back()["probability"] = *c.probability;
  }
  return j;
}

/// `top` is the first output's; `outputs` has all.
ordered_json to_json(const std::string& input, const std::vector<Result>& results, std::uint64_t cycles) {
  ordered_json j = {{"input", input}, {"top", classes_json(results.front().classes)}};
  for (const Result& r : results) {
    j["outputs"].push_back({{"name", r.name}, {"top", classes_json(r.classes)}});
    if (!r.argmax.empty()) j["outputs"].back()["argmax"] = r.argmax;
  }
  if (cycles != 0) j["cycles"] = cycles;
  return j;
}

/// One output of all pictures in one array: [h][w][c] of one picture, [n][h][w][c] of more.
void save_output(const std::string& path, const std::vector<std::vector<ops::Tensor>>& outputs, std::size_t output) {
  model::Npy array = to_npy(outputs.front()[output]);
  if (outputs.size() > 1) array.shape.insert(array.shape.begin(), static_cast<std::int64_t>(outputs.size()));
  for (std::size_t i = 1; i < outputs.size(); ++i) {
    const std::vector<std::int8_t>& data = outputs[i][output].data;
    array.bytes.insert(array.bytes.end(), data.begin(), data.end());
  }
  model::write_npy(path, array);
}

/// Two outputs whose names differ in what a file name cannot have would overwrite each other.
void check_file_names(const model::IntNet& face, const std::string& path) {
  std::set<std::string> names;
  for (const model::IntOutput& o : face.outputs) {
    const std::string name = file_name(face.tensors.at(static_cast<std::size_t>(o.tensor)).name) + ".npy";
    if (!names.insert(name).second)
      throw UserError(802, "--save " + path + ": two outputs would be written to " + name +
                               "; rename an output of the model, or leave --save out");
  }
}

/// The file, or with several outputs a folder that --expect reads.
void save_outputs(const std::string& path, const model::IntNet& face,
                  const std::vector<std::vector<ops::Tensor>>& outputs) {
  if (face.outputs.size() == 1) return save_output(path, outputs, 0);
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) {
    throw UserError(206,
                    path + ": cannot be made (" + error.message() + "); a network with " +
                        std::to_string(face.outputs.size()) + " outputs is saved to a folder",
                    Exit::kInfrastructure);
  }
  for (std::size_t o = 0; o < face.outputs.size(); ++o) {
    const std::string& name = face.tensors.at(static_cast<std::size_t>(face.outputs[o].tensor)).name;
    save_output((std::filesystem::path(path) / (file_name(name) + ".npy")).string(), outputs, o);
  }
}

void run_run(Context& context, const Arguments& a) {
  const InterruptGuard guard;
  Subject subject = read_subject(a.model, a.net);
  Runner runner(a, &subject);
  if (!a.save.empty()) check_file_names(subject.face, a.save);
  if (subject.program) context.err << cpu_note(*subject.program);
  const Inputs inputs(a.inputs, subject.face, a.index,
                      a.limit == 0 ? std::nullopt : std::optional<std::size_t>(a.limit));
  Progress progress(context.err, "running, pictures", inputs.size(), stderr_is_terminal());
  ordered_json results = ordered_json::array();
  std::string text;
  std::vector<std::vector<ops::Tensor>> saved;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const std::vector<ops::Tensor> outputs = runner.run(inputs.read(i));
    std::vector<Result> of_picture;
    for (std::size_t o = 0; o < outputs.size(); ++o) of_picture.push_back(result_of(a, subject.face, o, outputs[o]));
    text += to_text(subject, inputs.name(i), a, of_picture, runner.cycles());
    results.push_back(to_json(inputs.name(i), of_picture, runner.cycles()));
    if (!a.save.empty()) saved.push_back(outputs);
    progress.step();
  }
  if (!saved.empty()) save_outputs(a.save, subject.face, saved);
  ordered_json j = {{"model", a.model}, {"scheme", subject.face.scheme}, {"tie", subject.face.tie}, {"on", a.on}};
  if (subject.program) j["config"] = subject.program->config.name;
  j["results"] = results;
  context.result(a.json, j, text);
}

}  // namespace

void add_run(CLI::App& app, Context& context) {
  CLI::App* verb = app.add_subcommand("run", "runs pictures on one machine and prints their classes");
  verb->footer(
      "Example: exact8 run fmnist.int8.onnx shoe.png --top 3\n"
      "         exact8 run fmnist.e8 t10k-images-idx3-ubyte.gz --index 0 --on emu");
  const auto a = std::make_shared<Arguments>();
  verb->add_option("model", a->model, "quantized ONNX or TFLite int8 model, or a compiled program (.e8)")->required();
  verb->add_option("input", a->inputs, "pictures (PNG, JPEG, IDX, folder, uint8 .npy) or quantized tensors (int8 .npy)")
      ->required();
  verb->add_option("--index", a->index, "only this picture, from 0")->check(CLI::NonNegativeNumber);
  verb->add_option("--limit", a->limit, "only the first so many; 0: all")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  verb->add_option("--on", a->on, "which machine")
      ->check(CLI::IsMember({"golden", "emu", "rtl"}))
      ->capture_default_str();
  verb->add_option("--config", a->config, "configuration to compile for (b512, or the plug-in's)");
  verb->add_option("--rtl", a->rtl, "plug-in to load instead of the configuration's own");
  verb->add_option("--top", a->top, "how many classes")->check(CLI::Range(1, 1000))->capture_default_str();
  verb->add_option("--argmax", a->argmax,
                   "which of equal values comes first (as the network's ArgMax says, else the first)")
      ->check(CLI::IsMember({"first", "last"}));
  verb->add_option("--save", a->save, "write the int8 output to this .npy; several outputs: a folder of <tensor>.npy");
  a->net.add_to(verb);
  verb->add_flag("--strict", a->strict, "refuse what the accelerator cannot compute, instead of using the CPU");
  verb->add_flag("--json", a->json, "print one JSON object");
  verb->callback([&context, a] { run_run(context, *a); });
}

}  // namespace e8::cli
