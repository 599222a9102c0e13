// exact8 accuracy: top-1 of a float or quantized model over labelled pictures.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <numeric>
#include <thread>

#include "host/cli/app.h"
#include "host/cli/float_input.h"
#include "host/cli/interrupt.h"
#include "host/cli/net_options.h"
#include "host/cli/progress.h"
#include "host/driver/classify.h"
#include "host/model/golden.h"
#include "host/model/lower.h"
#include "host/model/onnx_read.h"
#include "host/model/parallel.h"
#include "host/model/preprocess.h"

namespace e8::cli {
namespace {

using Clock = std::chrono::steady_clock;

struct Arguments {
  std::string model, images, labels;
  std::size_t limit = 0;
  int threads = 1;
  NetOptions net;
  bool json = false;
};

/// The pictures and the class of each.
struct Labelled {
  std::unique_ptr<model::PictureSet> pictures;
  std::vector<int> labels;
  std::size_t count = 0;  ///< how many to look at
};

Labelled open_labelled(const Arguments& a, const model::Graph& graph) {
  Labelled data{model::open_pictures(a.images), model::read_labels(a.labels), 0};
  if (data.labels.size() != data.pictures->size())
    throw UserError(802, a.labels + " has " + std::to_string(data.labels.size()) + " labels, " + a.images + " has " +
                             std::to_string(data.pictures->size()) + " pictures; give the two files of one set");
  if (graph.outputs.size() != 1)
    throw UserError(802, a.model + ": has " + std::to_string(graph.outputs.size()) +
                             " outputs; accuracy is counted on networks with one, a value a class");
  const auto classes = static_cast<int>(graph.value(graph.outputs.front()).shape.size());
  const int highest = *std::max_element(data.labels.begin(), data.labels.end());
  if (highest >= classes)
    throw UserError(802, a.labels + " has label " + std::to_string(highest) + "; the network has " +
                             std::to_string(classes) + " outputs");
  data.count = a.limit == 0 ? data.labels.size() : std::min(a.limit, data.labels.size());
  return data;
}

/// Pictures that the float network classifies as their labels say.
std::size_t float_correct(const Arguments& a, const model::Graph& graph, const Labelled& data, Progress& progress) {
  constexpr std::size_t kAtOnce = 100;
  const model::Preprocess preprocess = a.net.preprocess.apply(graph).preprocess;
  std::size_t correct = 0;
  for (std::size_t first = 0; first < data.count; first += kAtOnce) {
    std::vector<std::size_t> which(std::min(kAtOnce, data.count - first));
    std::iota(which.begin(), which.end(), first);
    const model::Batch out =
        model::run_float(graph, read_batch(*data.pictures, which, preprocess, a.threads), {}, a.threads);
    for (int i = 0; i < out.n; ++i) {
      const std::vector<double> scores(out.image(i), out.image(i) + out.shape.size());
      correct += driver::argmax(scores) == data.labels[first + static_cast<std::size_t>(i)] ? 1U : 0U;
    }
    progress.step(which.size());
  }
  return correct;
}

/// The same for the integer network, in the golden model.
std::size_t golden_correct(const Arguments& a, const model::IntNet& net, const Labelled& data, Progress& progress) {
  const model::IntTensor& info = net.tensors[static_cast<std::size_t>(net.outputs.front().tensor)];
  std::atomic<std::size_t> correct{0};
  model::parallel_for(data.count, a.threads, [&](std::size_t i) {
    const ops::Tensor input = model::picture_to_int8(data.pictures->read(i), data.pictures->name(i), net);
    const auto scores = driver::dequantize(model::run_golden_output(net, input), info);
    if (driver::argmax(scores) == data.labels[i]) ++correct;
    progress.step();
  });
  return correct;
}

void run_accuracy(Context& context, const Arguments& a) {
  const auto start = Clock::now();
  const InterruptGuard guard;
  const model::Graph graph = model::read_onnx(a.model);
  const Labelled data = open_labelled(a, graph);
  Progress progress(context.err, "classifying, pictures", data.count, stderr_is_terminal());
  std::size_t correct = 0;
  std::string scheme = "float";
  if (graph.value(graph.input).quantized()) {
    model::IntNet net = model::lower(graph, a.net.reading);
    a.net.set_preprocess(&net);
    scheme = net.scheme;
    correct = golden_correct(a, net, data, progress);
  } else {
    if (!a.net.reading.empty())
      throw UserError(802, a.model + ": a float model; --scheme and --tie are of quantized ones; leave them out");
    correct = float_correct(a, graph, data, progress);
  }
  const double top1 = 100.0 * static_cast<double>(correct) / static_cast<double>(data.count);
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  context.result(a.json,
                 {{"model", a.model},
                  {"scheme", scheme},
                  {"top1", top1},
                  {"pictures", data.count},
                  {"correct", correct},
                  {"seconds", seconds}},
                 fmt::format("{} ({}): top-1 {:.2f} %, {} of {} pictures, {:.1f} s\n", a.model, scheme, top1, correct,
                             data.count, seconds));
}

}  // namespace

void add_accuracy(CLI::App& app, Context& context) {
  CLI::App* verb = app.add_subcommand("accuracy", "top-1 of a float or quantized model over labelled pictures");
  verb->footer(
      "Example: exact8 accuracy fmnist.int8.onnx --images t10k-images-idx3-ubyte.gz --labels "
      "t10k-labels-idx1-ubyte.gz");
  const auto a = std::make_shared<Arguments>();
  a->threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  verb->add_option("model", a->model, "ONNX model, float or quantized")->required();
  verb->add_option("--images", a->images, "pictures: IDX, .npy, or a folder (in name order)")->required();
  verb->add_option("--labels", a->labels, "their classes: IDX of one dimension")->required();
  verb->add_option("--limit", a->limit, "only the first so many; 0: all")->capture_default_str();
  a->net.add_to(verb);
  verb->add_flag("--json", a->json, "print one JSON object");
  verb->callback([&context, a] { run_accuracy(context, *a); });
}

}  // namespace e8::cli
