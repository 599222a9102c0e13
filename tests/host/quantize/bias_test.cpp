// Tests host/quantize/bias.h.
#include "host/quantize/bias.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/host/quantize/small_graph.h"

namespace e8::quantize {
namespace {

using model::Graph;

ChannelMoments moments_of(const Graph& g, const model::Batch& x) { return channel_moments(g, x, 16, 2, {}); }

double distance(const model::Batch& a, const model::Batch& b) {
  double most = 0;
  for (std::size_t i = 0; i < a.data.size(); ++i) most = std::max(most, std::fabs(double{a.data[i]} - b.data[i]));
  return most;
}

/// Layers without padding; channel 0 of the first is far above zero.
Graph with_a_high_bias() {
  SmallGraph b({4, 4, 2}, 3);
  const int first = b.conv(0, 3, 1);
  b.maker(first).bias = {40, 0.1F, -0.2F};
  const int y = b.gemm(b.flatten(b.max_pool(b.relu(first))), 4);
  return b.end(y);
}

TEST(Absorbed, MovesWhatIsAlwaysThere) {
  const Graph g = with_a_high_bias();
  const model::Batch x = normal_inputs(g, 20);
  const ChannelMoments m = moments_of(g, x);
  std::string note;
  const Graph a = absorbed(g, m, &note);
  const double c = m[1][0].mean - 3 * m[1][0].deviation;
  ASSERT_GT(c, 20);
  EXPECT_FLOAT_EQ(a.nodes[0].bias[0], static_cast<float>(40 - c));
  EXPECT_EQ(a.nodes[0].bias[1], 0.1F);
  EXPECT_EQ(note, "absorbed the high biases of 1 of 3 channels");
  EXPECT_LT(distance(model::run_float(a, x), model::run_float(g, x)), 1e-3) << "all values are above c here";
}

TEST(Absorbed, NotThroughPaddingNorLeakyRelu) {
  SmallGraph padded({4, 4, 2}, 3), leaky({4, 4, 2}, 3);
  const int a = padded.conv(0, 3, 1), b = leaky.conv(0, 3, 1);
  padded.maker(a).bias = leaky.maker(b).bias = {40, 0, 0};
  for (const Graph& g :
       {padded.end(padded.conv(padded.relu(a), 2, 3)), leaky.end(leaky.conv(leaky.leaky_relu(b, 0.1), 2, 1))}) {
    std::string note;
    const Graph same = absorbed(g, moments_of(g, normal_inputs(g, 8)), &note);
    EXPECT_EQ(same.nodes[0].bias, g.nodes[0].bias);
    EXPECT_EQ(note, "absorbed the high biases of 0 of 0 channels");
  }
}

// One picture through a Gemm: each output was seen once, which says nothing of other pictures.
TEST(Absorbed, NotWhatHasNoDeviation) {
  SmallGraph b({1, 1, 2}, 3);
  const int first = b.gemm(b.flatten(0), 3);
  b.maker(first).bias = {40, 30, 20};
  const Graph g = b.end(b.gemm(b.relu(first), 2));
  std::string note;
  const Graph same = absorbed(g, moments_of(g, normal_inputs(g, 1)), &note);
  EXPECT_EQ(note, "absorbed the high biases of 0 of 3 channels");
  for (std::size_t i = 0; i < g.nodes.size(); ++i) EXPECT_EQ(same.nodes[i].bias, g.nodes[i].bias);
}

/// A plan whose activations are so fine that only what the test changes makes an error.
Plan fine_plan(const Graph& g) {
  Plan plan = plan_of(g, Scheme::kScaled, num::Tie::kHalfEven);
  for (Group& group : plan.groups) group.scale = 1;
  for (int& group : plan.group_of) group = -1;
  return plan;
}

/// Weights with an error that has a mean.
Graph with_rounded_weights(Graph g) {
  for (model::Node& n : g.nodes)
    for (float& w : n.weights) w = std::floor(w * 4) / 4;
  return g;
}

std::vector<double> means(const Graph& g, const model::Batch& x) {
  const model::Batch y = model::run_float(g, x);
  std::vector<double> sums = channel_sums(y, 1);
  for (double& s : sums) s /= static_cast<double>(y.data.size()) / y.shape.c;
  return sums;
}

Graph biased_graph() {
  SmallGraph b({6, 6, 2}, 4);
  const int a = b.relu(b.conv(0, 6, 3)), c = b.relu(b.conv(a, 6, 3, 6));
  return b.end(b.gemm(b.flatten(b.global_pool(c)), 4));
}

TEST(CorrectedByMeasurement, OutputsGetTheirMeanBack) {
  const Graph g = biased_graph(), rounded = with_rounded_weights(g);
  const model::Batch x = normal_inputs(g, 40);
  int steps = 0;
  const Graph c = corrected_by_measurement(g, rounded, fine_plan(g), x, 40, 2, [&](int n) { steps += n; });
  EXPECT_EQ(steps, 80);
  Graph fixed = rounded;
  for (std::size_t i = 0; i < fixed.nodes.size(); ++i) {
    EXPECT_EQ(c.nodes[i].weights, g.nodes[i].weights) << "only biases move";
    fixed.nodes[i].bias = c.nodes[i].bias;
  }
  const auto want = means(g, x), before = means(rounded, x), after = means(fixed, x);
  double wrong = 0;
  for (std::size_t k = 0; k < want.size(); ++k) {
    wrong = std::max(wrong, std::fabs(before[k] - want[k]));
    EXPECT_NEAR(after[k], want[k], 1e-4);
  }
  EXPECT_GT(wrong, 0.1) << "there was nothing to correct";
}

TEST(CorrectedByMeasurement, AnExactNetworkStays) {
  const Graph g = biased_graph();
  const Graph c = corrected_by_measurement(g, g, fine_plan(g), normal_inputs(g, 8), 3, 1, {});
  for (std::size_t i = 0; i < g.nodes.size(); ++i) EXPECT_EQ(c.nodes[i].bias, g.nodes[i].bias);
}

// y = sum w x on one pixel: the shift is (Wq - W) E[x] exactly.
TEST(CorrectedByMoments, SubtractsWhatTheErrorAdds) {
  SmallGraph b({1, 1, 2});
  const int y = b.conv(0, 1, 1);
  b.maker(y).weights = {0.3F, -0.7F};
  b.maker(y).bias = {1};
  const Graph g = b.end(y);
  Graph rounded = g;
  rounded.nodes[0].weights = {0.5F, -0.5F};
  model::Batch x(2, {1, 1, 2});
  x.data = {10, 3, 20, 5};
  const Graph c = corrected_by_moments(g, rounded, moments_of(g, x));
  EXPECT_FLOAT_EQ(c.nodes[0].bias[0], 1 - (0.2F * 15 + 0.2F * 4));
}

// Kernel 2, stride 2: each output pixel meets one of the four taps, so the mean error is a fourth of their sum.
TEST(CorrectedByMoments, SharesTheTapsOfConvTransposeAmongPixels) {
  SmallGraph b({2, 2, 1});
  const int y = b.conv(0, 1, 2);
  model::Node& n = b.maker(y);
  n.op = model::Op::kConvTranspose;
  n.window = {2, 2, 2, 2};
  n.weights = {0.3F, -0.7F, 0.4F, 0.1F};
  n.bias = {1};
  b.graph().values[static_cast<std::size_t>(y)].shape = {4, 4, 1};
  const Graph g = b.end(y);
  Graph rounded = g;
  rounded.nodes[0].weights = {0.5F, -0.5F, 0.5F, 0.5F};
  model::Batch x(1, {2, 2, 1});
  x.data = {1, 2, 3, 6};
  const Graph c = corrected_by_moments(g, rounded, moments_of(g, x));
  EXPECT_FLOAT_EQ(c.nodes[0].bias[0], 1 - 0.9F / 4 * 3);
  rounded.nodes[0].bias = c.nodes[0].bias;
  EXPECT_NEAR(means(rounded, x)[0], means(g, x)[0], 1e-5);
}

// Behind a Relu the mean is that of the clipped normal distribution, which measured means approach.
TEST(CorrectedByMoments, AgreesWithTheMeasurement) {
  const Graph g = biased_graph(), rounded = with_rounded_weights(g);
  const model::Batch x = normal_inputs(g, 200);
  const Graph c = corrected_by_moments(g, rounded, moments_of(g, x));
  Graph fixed = rounded;
  for (std::size_t i = 0; i < fixed.nodes.size(); ++i) fixed.nodes[i].bias = c.nodes[i].bias;
  const auto want = means(g, x), before = means(rounded, x), after = means(fixed, x);
  double wrong = 0, left = 0;
  for (std::size_t k = 0; k < want.size(); ++k) {
    wrong += std::fabs(before[k] - want[k]);
    left += std::fabs(after[k] - want[k]);
  }
  EXPECT_LT(left, 0.5 * wrong);
}

}  // namespace
}  // namespace e8::quantize
