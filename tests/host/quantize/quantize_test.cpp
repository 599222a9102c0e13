// Tests host/quantize/quantize.h: whole networks, files and errors.
#include "host/quantize/quantize.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <filesystem>
#include <limits>

#include "host/model/error.h"
#include "host/model/golden.h"
#include "host/model/lower.h"
#include "host/model/metadata.h"
#include "host/model/onnx_read.h"
#include "host/model/onnx_write.h"
#include "host/model/parallel.h"
#include "host/model/picture.h"
#include "host/model/preprocess.h"
#include "tests/host/quantize/small_graph.h"

namespace e8::quantize {
namespace {

using model::Graph;
using model::Node;

constexpr Scheme kSchemes[] = {Scheme::kDpu, Scheme::kScaled};
const char* name_of(Scheme s) { return s == Scheme::kDpu ? "dpu" : "scaled"; }

bool same(const model::QuantData& a, const model::QuantData& b) {
  return a.values == b.values && a.scales == b.scales && a.bits == b.bits;
}

void expect_same(const Graph& a, const Graph& b) {
  ASSERT_EQ(a.values.size(), b.values.size());
  ASSERT_EQ(a.nodes.size(), b.nodes.size());
  for (std::size_t v = 0; v < a.values.size(); ++v) EXPECT_EQ(a.values[v].scale, b.values[v].scale) << a.values[v].name;
  for (std::size_t i = 0; i < a.nodes.size(); ++i) {
    EXPECT_TRUE(same(a.nodes[i].weights_q, b.nodes[i].weights_q)) << a.nodes[i].name;
    EXPECT_TRUE(same(a.nodes[i].bias_q, b.nodes[i].bias_q)) << a.nodes[i].name;
  }
}

TEST(Quantize, DoesNotDependOnThreads) {
  const Graph g = varied_graph();
  const model::Batch pictures = normal_inputs(g, 70);
  for (const Scheme scheme : kSchemes)
    for (const Forward forward : {Forward::kQuantized, Forward::kFloat}) {
      Options o = options_for(g, scheme);
      o.forward = forward;
      o.equalize = o.absorb = true;
      o.bias_correction = forward == Forward::kFloat ? BiasCorrection::kAnalytic : BiasCorrection::kEmpirical;
      o.threads = 1;
      Report first, other;
      const Graph one = quantize(g, pictures, o, &first);
      for (const int threads : {2, 5}) {
        o.threads = threads;
        expect_same(one, quantize(g, pictures, o, &other));
        ASSERT_EQ(first.tensors.size(), other.tensors.size());
        for (std::size_t i = 0; i < first.tensors.size(); ++i) {
          EXPECT_EQ(first.tensors[i].name, other.tensors[i].name);
          EXPECT_EQ(first.tensors[i].sqnr_db, other.tensors[i].sqnr_db);
        }
        EXPECT_EQ(first.steps, other.steps);
      }
    }
}

// Where the golden model's result, dequantized, is from the float network's.
double error_of_golden(const Graph& g, const Graph& quantized, const model::Batch& pictures) {
  const model::IntNet net = model::lower(quantized);
  const auto out = static_cast<std::size_t>(net.outputs[0].tensor);
  Graph logits = g;  // without the Softmax
  logits.outputs = {logits.nodes.back().inputs[0]};
  model::prune(&logits);
  const model::Batch want = model::run_float(logits, pictures);
  double noise = 0, signal = 0;
  for (int i = 0; i < pictures.n; ++i) {
    const auto& in = net.tensors[static_cast<std::size_t>(net.input)];
    ops::Tensor x(in.shape);
    const int plane = in.shape.h * in.shape.w;
    for (int p = 0; p < plane; ++p)
      for (int c = 0; c < in.shape.c; ++c) {
        const double v = std::round(pictures.image(i)[c * plane + p] / in.scale) + in.zero_point;
        x.data[static_cast<std::size_t>(p * in.shape.c + c)] =
            static_cast<std::int8_t>(std::min(127.0, std::max(-128.0, v)));
      }
    const ops::Tensor y = model::run_golden_output(net, x);
    for (std::size_t k = 0; k < y.data.size(); ++k) {
      const double real = want.image(i)[k];
      signal += real * real;
      noise += std::pow(real - (y.data[k] - net.tensors[out].zero_point) * net.tensors[out].scale, 2);
    }
  }
  return std::sqrt(noise / signal);
}

TEST(Quantize, EveryMethodExecutesAndIsNearFloat) {
  const Graph g = varied_graph();
  const model::Batch pictures = normal_inputs(g, 64), other = normal_inputs(g, 16, 99);
  for (const Scheme scheme : kSchemes)
    for (const Activations a : {Activations::kDefault, Activations::kMax, Activations::kPercentile, Activations::kMse,
                                Activations::kEntropy, Activations::kAsymMinMax, Activations::kAsymKl})
      for (const Weights w : {Weights::kMax, Weights::kMse})
        for (const char* tie : {"half_up", "half_away", "half_even"}) {
          if (scheme == Scheme::kDpu && is_asymmetric(a)) continue;
          Options o = options_for(g, scheme);
          o.activations = a;
          o.weights = w;
          o.tie = tie;
          const double error = error_of_golden(g, quantize(g, pictures, o), other);
          EXPECT_LT(error, 0.12) << name_of(scheme) << " " << static_cast<int>(a) << " " << tie;
          EXPECT_GT(error, 1e-4) << "nothing was quantized";
        }
}

// A rectified tensor has no negative values: with zero points all 256 steps are above 0, each half as wide.
TEST(Quantize, AsymmetricActivationsHaveFinerSteps) {
  const Graph g = varied_graph();
  Options o = options_for(g, Scheme::kScaled);
  o.activations = Activations::kMax;
  const Graph symmetric = quantize(g, normal_inputs(g, 64), o);
  o.activations = Activations::kAsymMinMax;
  const Graph q = quantize(g, normal_inputs(g, 64), o);
  int rectified = 0;
  for (const Node& n : q.nodes) {
    if (n.op != model::Op::kRelu) continue;
    ++rectified;
    EXPECT_EQ(q.out(n).zero_point, -128) << n.name;
    EXPECT_NEAR(q.out(n).scale / symmetric.value(n.output).scale, 127.0 / 255, 1e-6) << n.name;
  }
  EXPECT_EQ(rectified, 2);
}

TEST(Quantize, EveryStepExecutesAndIsNearFloat) {
  const Graph g = varied_graph();
  const model::Batch pictures = normal_inputs(g, 64), other = normal_inputs(g, 16, 99);
  for (const Scheme scheme : kSchemes) {
    const Graph plain = quantize(g, pictures, options_for(g, scheme));
    for (int steps = 1; steps < 12; ++steps) {
      Options o = options_for(g, scheme);
      o.equalize = steps % 2 == 1;
      o.absorb = steps / 2 % 2 == 1;
      o.bias_correction = std::array{BiasCorrection::kNone, BiasCorrection::kEmpirical,
                                     BiasCorrection::kAnalytic}[static_cast<std::size_t>(steps / 4)];
      o.batch = 20;
      Report report;
      int done = 0;
      const Graph q = quantize(g, pictures, o, &report, [&](int n) { done += n; });
      EXPECT_EQ(done, steps_of(o, pictures.n, true));
      EXPECT_EQ(report.steps.size(), 0U + (o.equalize ? 1 : 0) + (o.absorb ? 1 : 0) + (steps >= 4 ? 1 : 0));
      EXPECT_LT(error_of_golden(g, q, other), 0.12) << name_of(scheme) << " " << steps;
      if (o.equalize || steps >= 4) {
        bool differs = false;
        for (std::size_t i = 0; i < q.nodes.size(); ++i)
          differs = differs || q.nodes[i].bias_q.values != plain.nodes[i].bias_q.values;
        EXPECT_TRUE(differs) << "step " << steps << " did nothing";
      }
    }
  }
}

TEST(Quantize, MetadataSaysHow) {
  const Graph g = varied_graph();
  for (const Scheme scheme : kSchemes) {
    Options o = options_for(g, scheme);
    o.labels = {"a", "b", "c", "d", "e"};
    const model::Metadata m = model::read_metadata(quantize(g, normal_inputs(g, 4), o));
    EXPECT_EQ(m.scheme, name_of(scheme));
    EXPECT_EQ(m.tie, default_tie(scheme));
    EXPECT_EQ(m.labels, o.labels);
    EXPECT_EQ(m.preprocess.round, "half_up");
  }
}

// The seed texts' promise, read back from the exported file: int8 biases, one scale a tensor, in both schemes; weights
// one scale a tensor (dpu) or a channel (scaled).
TEST(Quantize, BiasesInTheFileAreInt8WithOneScale) {
  const Graph g = varied_graph();
  for (const Scheme scheme : kSchemes) {
    const auto path = std::filesystem::temp_directory_path() /
                      ("exact8_bias_" + std::to_string(::getpid()) + name_of(scheme) + ".onnx");
    const Graph quantized = quantize(g, normal_inputs(g, 8), options_for(g, scheme));
    model::write_onnx(quantized, path.string());
    const Graph back = model::read_onnx(path.string());
    std::filesystem::remove(path);
    int with_bias = 0;
    for (const Node& n : back.nodes) {
      if (n.weights.empty()) continue;
      ++with_bias;
      EXPECT_EQ(n.bias_q.bits, 8) << n.name;
      EXPECT_EQ(n.bias_q.scales.size(), 1U) << n.name;
      EXPECT_EQ(n.bias_q.values.size(), n.bias.size());
      EXPECT_GE(*std::min_element(n.bias_q.values.begin(), n.bias_q.values.end()), -128);
      EXPECT_LE(*std::max_element(n.bias_q.values.begin(), n.bias_q.values.end()), 127);
      EXPECT_EQ(n.weights_q.scales.size(), scheme == Scheme::kDpu ? 1U : n.bias.size()) << n.name;
      EXPECT_EQ(n.weights_q.bits, 8);
    }
    EXPECT_EQ(with_bias, 5);
    for (const Node& n : back.nodes)
      if (scheme == Scheme::kDpu && !n.weights.empty()) {
        int e = 0;
        EXPECT_EQ(std::frexp(n.bias_q.scales[0], &e), 0.5) << "no power of two";
      }
    EXPECT_EQ(model::lower(back).nodes.size(), model::lower(quantized).nodes.size());
  }
}

TEST(Quantize, ScaledWeightsArePerChannelMaximum) {
  const Graph g = varied_graph(), q = quantize(g, normal_inputs(g, 8), options_for(g, Scheme::kScaled));
  for (std::size_t i = 0; i < g.nodes.size(); ++i) {
    const Node& n = g.nodes[i];
    if (n.weights.empty()) continue;
    const std::size_t block = n.weights.size() / n.bias.size();
    for (std::size_t c = 0; c < n.bias.size(); ++c) {
      float largest = 0;
      for (std::size_t k = c * block; k < (c + 1) * block; ++k) largest = std::max(largest, std::fabs(n.weights[k]));
      EXPECT_EQ(q.nodes[i].weights_q.scales[c], static_cast<float>(double{largest} / 127));
    }
    const auto& values = q.nodes[i].weights_q.values;
    EXPECT_GE(*std::min_element(values.begin(), values.end()), -127);
    EXPECT_EQ(
        std::max(*std::max_element(values.begin(), values.end()), -*std::min_element(values.begin(), values.end())),
        127);
  }
}

TEST(Quantize, PoolsKeepTheirScale) {
  const Graph g = varied_graph();
  for (const Scheme scheme : kSchemes) {
    const Graph q = quantize(g, normal_inputs(g, 8), options_for(g, scheme));
    int pools = 0;
    for (const Node& n : q.nodes) {
      if (n.op != model::Op::kMaxPool) continue;
      ++pools;
      EXPECT_GT(q.out(n).scale, 0);
      EXPECT_EQ(q.in(n).scale, q.out(n).scale);
    }
    EXPECT_EQ(pools, 1);
  }
}

TEST(Quantize, BadlyScaledNetworksStillLower) {
  for (const Scheme scheme : kSchemes)
    for (const float gain : {1e-8F, 1e-3F, 1e3F, 1e8F}) {
      SmallGraph b({6, 6, 2});
      const int a = b.relu(b.conv(0, 4, 3, 1, gain)), c = b.conv(a, 4, 3, 1, 1);
      const Graph g = b.end(b.sum(a, c));
      EXPECT_NO_THROW(quantize(g, normal_inputs(g, 8), options_for(g, scheme))) << name_of(scheme) << " " << gain;
    }
}

TEST(Quantize, ReportSaysWhatLegalityMoved) {
  SmallGraph b({6, 6, 2});
  const Graph g = b.end(b.conv(0, 4, 3, 1, 1e-6F));  // weights far below the bias
  Report report;
  quantize(g, normal_inputs(g, 8), options_for(g, Scheme::kDpu), &report);
  const bool noted =
      std::any_of(report.tensors.begin(), report.tensors.end(), [](const auto& r) { return !r.note.empty(); });
  EXPECT_TRUE(noted);
}

int id_of(const Graph& g, const model::Batch& pictures, const Options& o, std::string* text = nullptr) {
  try {
    quantize(g, pictures, o);
  } catch (const UserError& e) {
    if (text) *text = e.what();
    return e.id();
  }
  return 0;
}

TEST(QuantizeBad, OptionsAndInputs) {
  const Graph g = varied_graph();
  const model::Batch pictures = normal_inputs(g, 2);
  const Options good = options_for(g, Scheme::kScaled);
  ASSERT_EQ(id_of(g, pictures, good), 0);
  EXPECT_EQ(id_of(g, model::Batch(0, pictures.shape), good), 301);
  EXPECT_EQ(id_of(g, model::Batch(1, {8, 8, 1}), good), 301);
  Options bad = good;
  bad.activations = Activations::kMode;
  EXPECT_EQ(id_of(g, pictures, bad), 303);
  for (const Activations a : {Activations::kAsymMinMax, Activations::kAsymKl}) {
    bad = options_for(g, Scheme::kDpu);
    bad.activations = a;
    EXPECT_EQ(id_of(g, pictures, bad), 303) << "powers of two have no zero points";
  }
  for (const double percentile : {0.0, -1.0, 100.1, std::nan("")}) {
    bad = good;
    bad.percentile = percentile;
    EXPECT_EQ(id_of(g, pictures, bad), 303) << percentile;
  }
  bad = good;
  bad.batch = 0;
  EXPECT_EQ(id_of(g, pictures, bad), 303);
  bad = good;
  bad.tie = "half_down";
  EXPECT_EQ(id_of(g, pictures, bad), 122);
  bad = good;
  bad.labels = {"one"};
  EXPECT_EQ(id_of(g, pictures, bad), 122);
  EXPECT_EQ(id_of(quantize(g, pictures, good), pictures, good), 305);
}

TEST(QuantizeBad, ConstantsAreNamed) {
  std::string text;
  for (const float bad : {0.0F, std::numeric_limits<float>::infinity(), std::nanf("")}) {
    Graph g = varied_graph();
    std::fill(g.nodes[0].weights.begin(), g.nodes[0].weights.end(), bad);
    EXPECT_EQ(id_of(g, normal_inputs(g, 2), options_for(g, Scheme::kDpu), &text), 302) << bad;
    EXPECT_NE(text.find("Conv0"), std::string::npos) << text;
  }
  Graph g = varied_graph();
  g.nodes[0].bias[1] = std::nanf("");
  EXPECT_EQ(id_of(g, normal_inputs(g, 2), options_for(g, Scheme::kDpu), &text), 302);
  EXPECT_NE(text.find("biases"), std::string::npos) << text;
}

// What no scales can cure is said before the calibration begins.
TEST(QuantizeBad, StructureIsCheckedFirst) {
  SmallGraph b({4, 4, 2});
  const Graph g = b.end(b.flatten(b.conv(0, 2, 3)));  // an output whose order changes
  int steps = 0;
  EXPECT_THROW(quantize(g, normal_inputs(g, 2), options_for(g, Scheme::kDpu), nullptr, [&](int n) { steps += n; }),
               UserError);
  EXPECT_EQ(steps, 0);
}

TEST(Quantize, StepsCountPicturesAndMayStop) {
  const Graph g = varied_graph();
  Options o = options_for(g, Scheme::kDpu);
  o.batch = 16;
  int steps = 0;
  Report report;
  quantize(g, normal_inputs(g, 40), o, &report, [&](int n) { steps += n; });
  EXPECT_EQ(steps, 40 + kMeasuredPictures);
  steps = 0;
  quantize(g, normal_inputs(g, 5), o, &report, [&](int n) { steps += n; });
  EXPECT_EQ(steps, 5 + 5);
  steps = 0;
  quantize(g, normal_inputs(g, 5), o, nullptr, [&](int n) { steps += n; });
  EXPECT_EQ(steps, 5);
  EXPECT_THROW(quantize(g, normal_inputs(g, 5), o, nullptr, [](int) { throw 1; }), int);
}

// The trained network on real pictures, calibrated on 64: within two points of float on 500.
TEST(Quantize, FashionMnist) {
  const std::string data = "/usr/share/datasets/fashion-mnist/";
  if (!std::filesystem::exists(data)) GTEST_SKIP() << "dataset-fashion-mnist is not installed";
  const Graph g = model::read_onnx(std::string(EXACT8_SOURCE_DIR) + "/models/fmnist.onnx");
  const auto train = model::open_pictures(data + "train-images-idx3-ubyte.gz");
  const auto test = model::open_pictures(data + "t10k-images-idx3-ubyte.gz");
  const std::vector<int> labels = model::read_labels(data + "t10k-labels-idx1-ubyte.gz");
  Options o;
  o.preprocess = model::read_picture_metadata(g).preprocess;
  o.preprocess.round = "half_up";
  constexpr std::size_t kTested = 500;
  const auto batch = [&](const model::PictureSet& set, std::size_t n) {
    model::Batch b(static_cast<int>(n), g.value(g.input).shape);
    for (std::size_t i = 0; i < n; ++i)
      model::picture_to_float(set.read(i), set.name(i), o.preprocess, b.image(static_cast<int>(i)));
    return b;
  };
  const model::Batch out = model::run_float(g, batch(*test, kTested));
  int real = 0;
  for (std::size_t i = 0; i < kTested; ++i) {
    const float* y = out.image(static_cast<int>(i));
    real += std::max_element(y, y + 10) - y == labels[i] ? 1 : 0;
  }
  EXPECT_GT(real, 440);
  for (const Scheme scheme : kSchemes) {
    o.scheme = scheme;
    const model::IntNet net = model::lower(quantize(g, batch(*train, 64), o));
    std::atomic<int> correct{0};
    model::parallel_for(kTested, 2, [&](std::size_t i) {
      const auto y = model::run_golden_output(net, model::picture_to_int8(test->read(i), test->name(i), net)).data;
      if (std::max_element(y.begin(), y.end()) - y.begin() == labels[i]) ++correct;
    });
    EXPECT_GE(correct, real - 10) << name_of(scheme) << ": float " << real;
  }
}

}  // namespace
}  // namespace e8::quantize
