// The zoo's networks: published sizes, activations that spread, the same weights for the same seed.
#include "host/model/zoo.h"

#include <gmock/gmock.h>

#include <cmath>
#include <map>
#include <random>

#include "host/model/error.h"
#include "host/model/float_ref.h"
#include "host/model/metadata.h"
#include "host/model/onnx_read.h"
#include "host/model/onnx_write.h"
#include "tests/host/model/model_builder.h"

namespace e8::model {
namespace {

using ::testing::HasSubstr;

struct Published {
  const char* name;
  std::int64_t macs;  ///< at 224
  /// Of the published networks, with two parameters a channel of each batch normalization; folded ones have one.
  std::int64_t parameters, normalized_channels;
};

// torchvision's counts; those of MobileNetV1 are TensorFlow Slim's.
const std::vector<Published>& published() {
  static const std::vector<Published> all = {
      {"resnet18", 1814073344, 11689512, 4800},    {"resnet50", 4089184256, 25557032, 26560},
      {"mobilenet_v1", 568740352, 4231976, 10944}, {"mobilenet_v2", 300774272, 3504872, 17056},
      {"vgg16", 15470264320, 138357544, 0},
  };
  return all;
}

std::int64_t macs_of(const Graph& g) {
  std::int64_t n = 0;
  for (const Node& node : g.nodes) n += macs_of(g, node);
  return n;
}

TEST(Zoo, CountsAreThePublishedOnes) {
  for (const Published& p : published()) {
    SCOPED_TRACE(p.name);
    const Graph g = make_zoo(p.name);
    EXPECT_EQ(g.value(g.input).shape.h, 224);
    std::int64_t parameters = 0;
    for (const Node& n : g.nodes) parameters += static_cast<std::int64_t>(n.weights.size() + n.bias.size());
    EXPECT_EQ(macs_of(g), p.macs);
    EXPECT_EQ(parameters, p.parameters - p.normalized_channels);
  }
}

// Cells at each depth times weights of each layer, by hand: YOLOv3-tiny on maps of 7x7 and 14x14.
TEST(Zoo, TinyYoloCounts) {
  const std::int64_t k = 9, map = 7 * 7;
  std::int64_t macs = 0, cin = 3, cells = map * 32 * 32;
  for (const std::int64_t cout : {16, 32, 64, 128, 256, 512, 1024}) {
    macs += cells * k * cin * cout;
    cin = cout;
    cells = std::max(cells / 4, map);
  }
  macs += map * (1024 * 256 + 256 * k * 512 + 512 * 255 + 256 * 128);
  macs += 4 * map * ((128 + 256) * k * 256 + 256 * 255);
  const Graph g = make_zoo("tiny_yolo", 224);
  EXPECT_EQ(macs_of(g), macs);
  ASSERT_EQ(g.outputs.size(), 2U);
  EXPECT_TRUE(g.value(g.outputs[0]).shape == (ops::Shape{7, 7, 255}));
  EXPECT_TRUE(g.value(g.outputs[1]).shape == (ops::Shape{14, 14, 255}));
  // Its authors publish 5.56 billion additions and multiplications at 416.
  EXPECT_NEAR(2e-9 * static_cast<double>(macs_of(make_zoo("tiny_yolo"))), 5.56, 0.02);
}

// MLPerf Inference (Reddi et al. 2020): 6.91 M parameters and 2.47 billion additions and multiplications a picture.
TEST(Zoo, SsdMobileNetCounts) {
  const Graph g = make_zoo("ssd_mobilenet_v1");
  std::int64_t parameters = 0, boxes = 0;
  for (const Node& n : g.nodes) parameters += static_cast<std::int64_t>(n.weights.size() + n.bias.size());
  EXPECT_NEAR(1e-6 * static_cast<double>(parameters), 6.91, 0.15);
  EXPECT_NEAR(2e-9 * static_cast<double>(macs_of(g)), 2.47, 0.03);
  ASSERT_EQ(g.outputs.size(), 12U);
  const int maps[] = {19, 10, 5, 3, 2, 1};
  for (std::size_t i = 0; i < 12; i += 2) {
    const int each = i == 0 ? 3 : 6;
    EXPECT_TRUE(g.value(g.outputs[i]).shape == (ops::Shape{maps[i / 2], maps[i / 2], 4 * each}));
    EXPECT_TRUE(g.value(g.outputs[i + 1]).shape == (ops::Shape{maps[i / 2], maps[i / 2], 91 * each}));
    boxes += maps[i / 2] * maps[i / 2] * each;
  }
  EXPECT_EQ(boxes, 1917);
}

/// Normalized pictures of random pixels, as --calib synthetic:N makes them.
Batch noise(const Graph& g, int n) {
  const Preprocess p = read_picture_metadata(g).preprocess;
  const ops::Shape& s = g.value(g.input).shape;
  Batch batch(n, s);
  std::mt19937 random(20261124);
  const auto plane = static_cast<std::size_t>(s.h) * static_cast<std::size_t>(s.w);
  for (std::size_t i = 0; i < batch.data.size(); ++i) {
    const std::size_t c = i / plane % static_cast<std::size_t>(s.c);
    batch.data[i] = static_cast<float>((static_cast<double>(random() >> 24) / 255 - p.mean[c]) / p.stddev[c]);
  }
  return batch;
}

struct Spread {
  double deviation = 0, positive = 0, at_limit = 0;
  double constant = 0;  ///< share of channels with one value in all places of all pictures
};

Spread spread_of(const Batch& b, double limit) {
  const auto channels = static_cast<std::size_t>(b.shape.c), plane = b.shape.size() / channels;
  double sum = 0, squares = 0;
  std::size_t positive = 0, at_limit = 0, constant = 0;
  for (const float v : b.data) {
    sum += double{v};
    squares += double{v} * double{v};
    positive += v > 0;
    at_limit += double{v} >= limit;
  }
  for (std::size_t c = 0; c < channels; ++c) {
    bool same = true;
    for (int i = 0; i < b.n && same; ++i)
      for (std::size_t k = 0; k < plane && same; ++k) same = b.image(i)[c * plane + k] == b.image(0)[c * plane];
    constant += same;
  }
  const auto n = static_cast<double>(b.data.size());
  const double mean = sum / n;
  return {std::sqrt(squares / n - mean * mean), static_cast<double>(positive) / n, static_cast<double>(at_limit) / n,
          static_cast<double>(constant) / static_cast<double>(channels)};
}

/// What is wrong with a network's activations, empty when they are lively; the range of deviations goes to `range`.
std::string complaint(const Graph& g, std::pair<double, double>* range = nullptr) {
  std::string text;
  const auto makers = maker_of(g);
  if (range != nullptr) *range = {1e9, 0};
  const auto look = [&](int value, Batch* data) {
    const int maker = makers[static_cast<std::size_t>(value)];
    const Op op = maker < 0 ? Op::kRequantize : g.nodes[static_cast<std::size_t>(maker)].op;
    const Spread s = spread_of(*data, op == Op::kClip ? 6 : 1e30);
    if (range != nullptr) *range = {std::min(range->first, s.deviation), std::max(range->second, s.deviation)};
    const bool averaged = op == Op::kAveragePool || op == Op::kFlatten;
    const bool good = s.deviation > (averaged ? 0.02 : 0.2) && s.deviation < 5 && s.positive > 0.2 &&
                      s.at_limit < 0.1 && s.constant < 0.1;
    if (!good)
      text += g.value(value).name + ": deviation " + std::to_string(s.deviation) + ", positive " +
              std::to_string(s.positive) + ", at 6 " + std::to_string(s.at_limit) + ", constant channels " +
              std::to_string(s.constant) + "\n";
  };
  run_float(g, noise(g, 8), look);  // a ReLU behind a Gemm has one value a picture: few pictures look dead by chance
  return text;
}

TEST(Zoo, EveryLayerIsLively) {
  for (const ZooNetwork& n : zoo_networks()) {
    std::pair<double, double> range;
    EXPECT_EQ(complaint(make_zoo(n.name, 96), &range), "") << n.name;
    std::printf("%-14s deviations %.3f to %.3f\n", n.name, range.first, range.second);
  }
}

TEST(Zoo, TheLookFindsDeadAndSaturatedLayers) {
  Graph g = make_zoo("mobilenet_v1", 64);
  for (float& b : g.nodes[4].bias) b = -100;  // the first pointwise convolution
  EXPECT_THAT(complaint(g), HasSubstr("deviation 0.0"));
  for (float& b : g.nodes[4].bias) b = 100;
  EXPECT_THAT(complaint(g), HasSubstr("at 6 1.0"));
}

TEST(Zoo, ReadBackEqual) {
  for (const ZooNetwork& n : zoo_networks()) {
    SCOPED_TRACE(n.name);
    const Graph g = make_zoo(n.name, 32), back = read_onnx(to_onnx(g), "zoo.onnx");
    EXPECT_EQ(back.metadata, g.metadata);
    ASSERT_EQ(back.nodes.size(), g.nodes.size());
    for (std::size_t i = 0; i < g.nodes.size(); ++i) {
      EXPECT_EQ(back.nodes[i].op, g.nodes[i].op);
      EXPECT_EQ(back.nodes[i].name, g.nodes[i].name);
      EXPECT_TRUE(back.nodes[i].weights == g.nodes[i].weights) << g.nodes[i].name;
      EXPECT_TRUE(back.nodes[i].bias == g.nodes[i].bias) << g.nodes[i].name;
      EXPECT_TRUE(back.out(back.nodes[i]).shape == g.out(g.nodes[i]).shape) << g.nodes[i].name;
    }
  }
}

TEST(Zoo, SeedsDecideWeights) {
  const auto weights = [](std::uint64_t seed) { return make_zoo("resnet18", 32, seed).nodes[0].weights; };
  EXPECT_EQ(weights(7), weights(7));
  EXPECT_NE(weights(7), weights(8));
}

TEST(Zoo, Refusals) {
  std::string message;
  EXPECT_EQ(error_id([] { make_zoo("resnet19"); }, &message), 150);
  EXPECT_THAT(message, HasSubstr("resnet18"));
  EXPECT_EQ(error_id([] { make_zoo("resnet18", 31); }, &message), 151);
  EXPECT_THAT(message, HasSubstr("32 to 1024"));
  EXPECT_EQ(error_id([] { make_zoo("vgg16", 225); }), 151);
  EXPECT_EQ(error_id([] { make_zoo("vgg16", 1056); }), 151);
}

}  // namespace
}  // namespace e8::model
