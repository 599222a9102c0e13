// What each option does on a network made hard: channels of the trained Fashion-MNIST network scaled badly, which
// leaves its function as it is. Prints the table of host/quantize/README.md; EXACT8_LONG=1 tests all 10,000 pictures.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <random>

#include "host/model/golden.h"
#include "host/model/lower.h"
#include "host/model/metadata.h"
#include "host/model/onnx_read.h"
#include "host/model/parallel.h"
#include "host/model/preprocess.h"
#include "host/quantize/chains.h"
#include "host/quantize/quantize.h"

namespace e8::quantize {
namespace {

using model::Graph;

constexpr char kData[] = "/usr/share/datasets/fashion-mnist/";
constexpr int kThreads = 2;

/// Each channel between two layers times 2^u, u uniform in -spread..spread, and back again behind.
Graph badly_scaled(Graph g, double spread, unsigned seed) {
  std::mt19937 random(seed);
  for (const Pair& pair : homogeneous_pairs(g)) {
    model::Node& head = g.nodes[static_cast<std::size_t>(pair.head)];
    model::Node& tail = g.nodes[static_cast<std::size_t>(pair.tail)];
    const std::size_t channels = head.bias.size(), row = head.weights.size() / channels;
    const std::size_t each = inputs_of(g, tail) / channels;
    for (std::size_t i = 0; i < channels; ++i) {
      const auto s = static_cast<float>(std::exp2(spread * (static_cast<double>(random()) / 0x7fffffff - 1)));
      for (std::size_t k = i * row; k < (i + 1) * row; ++k) head.weights[k] *= s;
      head.bias[i] *= s;
      for (std::size_t j = i * each; j < (i + 1) * each; ++j)
        for_weights_of_input(g, &tail, j, [&](std::size_t, float& w) { w /= s; });
    }
  }
  return g;
}

/// The trained network, calibration pictures and labelled test pictures.
class Job {
 public:
  Job()
      : good(model::read_onnx(std::string(EXACT8_SOURCE_DIR) + "/models/fmnist.onnx")),
        hard(badly_scaled(good, 4, 17)),
        test_(model::open_pictures(std::string(kData) + "t10k-images-idx3-ubyte.gz")),
        labels_(model::read_labels(std::string(kData) + "t10k-labels-idx1-ubyte.gz")),
        tested_(std::getenv("EXACT8_LONG") != nullptr ? labels_.size() : 300) {
    preprocess_ = model::read_picture_metadata(good).preprocess;
    preprocess_.round = "half_up";
    const auto train = model::open_pictures(std::string(kData) + "train-images-idx3-ubyte.gz");
    calibration_ = model::Batch(128, good.value(good.input).shape);
    for (int i = 0; i < calibration_.n; ++i)
      model::picture_to_float(train->read(static_cast<std::size_t>(i)), "train", preprocess_, calibration_.image(i));
  }

  /// Top-1 of the golden model in per cent; printed.
  double top1(const char* what, const Graph& graph, Options o) const {
    o.preprocess = preprocess_;
    o.threads = kThreads;
    const model::IntNet net = model::lower(quantize(graph, calibration_, o));
    std::atomic<int> correct{0};
    model::parallel_for(tested_, kThreads, [&](std::size_t i) {
      const auto y = model::run_golden_output(net, model::picture_to_int8(test_->read(i), test_->name(i), net)).data;
      if (std::max_element(y.begin(), y.end()) - y.begin() == labels_[i]) ++correct;
    });
    return print(what, o.scheme == Scheme::kDpu ? "dpu" : "scaled", correct);
  }
  double float_top1() const {
    int correct = 0;
    model::Batch one(1, good.value(good.input).shape);
    for (std::size_t i = 0; i < tested_; ++i) {
      model::picture_to_float(test_->read(i), "test", preprocess_, one.image(0));
      const model::Batch y = model::run_float(hard, one, {}, 1);
      correct += std::max_element(y.data.begin(), y.data.end()) - y.data.begin() == labels_[i] ? 1 : 0;
    }
    return print("float", "", correct);
  }

  const Graph good, hard;

 private:
  double print(const char* what, const char* scheme, int correct) const {
    const double percent = 100.0 * correct / static_cast<double>(tested_);
    std::printf("%-6s  %-58s %6.2f %%\n", scheme, what, percent);
    return percent;
  }
  std::unique_ptr<model::PictureSet> test_;
  std::vector<int> labels_;
  std::size_t tested_;
  model::Preprocess preprocess_;
  model::Batch calibration_;
};

Options with(Scheme scheme) {
  Options o;
  o.scheme = scheme;
  return o;
}

TEST(HardNetwork, WhatEachOptionDoes) {
  if (!std::filesystem::exists(kData)) GTEST_SKIP() << "dataset-fashion-mnist is not installed";
  const Job job;
  const double real = job.float_top1();
  const double good = job.top1("network as trained", job.good, with(Scheme::kDpu));
  Options o = with(Scheme::kDpu);
  const double plain = job.top1("badly scaled channels: mse weights, mode activations", job.hard, o);
  o.weights = Weights::kMax;
  job.top1("--weights max", job.hard, o);
  o = with(Scheme::kDpu);
  for (const auto& [name, a] : {std::pair{"--activations max", Activations::kMax},
                                {"--activations percentile", Activations::kPercentile},
                                {"--activations mse", Activations::kMse},
                                {"--activations entropy", Activations::kEntropy}}) {
    o.activations = a;
    job.top1(name, job.hard, o);
  }
  o = with(Scheme::kDpu);
  o.forward = Forward::kFloat;
  job.top1("--calib-forward float", job.hard, o);
  o = with(Scheme::kDpu);
  o.bias_correction = BiasCorrection::kAnalytic;
  const double analytic = job.top1("--bias-correction analytic", job.hard, o);
  o.bias_correction = BiasCorrection::kEmpirical;
  const double empirical = job.top1("--bias-correction empirical", job.hard, o);
  o = with(Scheme::kDpu);
  o.equalize = true;
  const double equal = job.top1("--equalize", job.hard, o);
  o.bias_correction = BiasCorrection::kEmpirical;
  const double both = job.top1("--equalize --bias-correction empirical", job.hard, o);
  o = with(Scheme::kScaled);
  job.top1("network as trained", job.good, o);
  const double scaled = job.top1("badly scaled channels: max weights, mse activations", job.hard, o);
  for (const auto& [name, a] : {std::pair{"--activations max", Activations::kMax},
                                {"--activations entropy", Activations::kEntropy},
                                {"--activations asym_minmax", Activations::kAsymMinMax},
                                {"--activations asym_kl", Activations::kAsymKl}}) {
    o.activations = a;
    job.top1(name, job.hard, o);
  }
  o = with(Scheme::kScaled);
  o.bias_correction = BiasCorrection::kEmpirical;
  job.top1("--bias-correction empirical", job.hard, o);
  o = with(Scheme::kScaled);
  o.equalize = true;
  const double scaled_equal = job.top1("--equalize", job.hard, o);
  std::fflush(stdout);

  EXPECT_GT(good, real - 3);
  EXPECT_LT(plain, good - 30) << "the network is not hard";
  EXPECT_GT(empirical, plain + 5) << "means alone recover a part";
  EXPECT_GT(analytic, plain + 5);
  EXPECT_GT(equal, good - 3) << "equalization recovers what bad scaling took";
  EXPECT_GT(both, good - 3);
  EXPECT_LT(scaled, good - 5) << "a scale a channel of weights is no scale a channel of activations";
  EXPECT_GT(scaled_equal, real - 3);
}

}  // namespace
}  // namespace e8::quantize
