// Tests host/quantize/equalize.h.
#include "host/quantize/equalize.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "host/quantize/chains.h"
#include "tests/host/quantize/small_graph.h"

namespace e8::quantize {
namespace {

using model::Graph;

/// Convolution, depthwise, pointwise, pooled into a Gemm that reads pixels: all kinds of pairs.
Graph chain() {
  SmallGraph b({4, 4, 3}, 5);
  const int a = b.relu(b.conv(0, 6, 3));
  const int d = b.leaky_relu(b.conv(a, 6, 3, 6), 0.25);
  const int p = b.max_pool(b.conv(d, 5, 1));
  return b.end(b.gemm(b.flatten(p), 4));
}

float largest(const float* x, std::size_t n) {
  float m = 0;
  for (std::size_t i = 0; i < n; ++i) m = std::max(m, std::fabs(x[i]));
  return m;
}

/// max(|W1[i]|, |b1[i]|) and max|W2[:, i]| of every channel of a pair.
std::vector<std::pair<float, float>> sizes(Graph g, const Pair& pair) {
  model::Node& head = g.nodes[static_cast<std::size_t>(pair.head)];
  model::Node& tail = g.nodes[static_cast<std::size_t>(pair.tail)];
  const std::size_t channels = head.bias.size(), row = head.weights.size() / channels;
  const std::size_t each = inputs_of(g, tail) / channels;
  std::vector<std::pair<float, float>> found;
  for (std::size_t i = 0; i < channels; ++i) {
    float r2 = 0;
    for (std::size_t j = i * each; j < (i + 1) * each; ++j)
      for_weights_of_input(g, &tail, j, [&](std::size_t, float& w) { r2 = std::max(r2, std::fabs(w)); });
    found.emplace_back(std::max(largest(head.weights.data() + i * row, row), std::fabs(head.bias[i])), r2);
  }
  return found;
}

/// Channel i of the pair's head times s, undone in the tail.
void unbalance(Graph* g, const Pair& pair, std::size_t i, float s) {
  model::Node& head = g->nodes[static_cast<std::size_t>(pair.head)];
  model::Node& tail = g->nodes[static_cast<std::size_t>(pair.tail)];
  const std::size_t channels = head.bias.size(), row = head.weights.size() / channels;
  const std::size_t each = inputs_of(*g, tail) / channels;
  for (std::size_t k = i * row; k < (i + 1) * row; ++k) head.weights[k] *= s;
  head.bias[i] *= s;
  for (std::size_t j = i * each; j < (i + 1) * each; ++j)
    for_weights_of_input(*g, &tail, j, [&](std::size_t, float& w) { w /= s; });
}

TEST(Equalized, BothSidesOfEveryChannelBecomeAlikeAndTheFunctionStays) {
  Graph g = chain();
  const auto pairs = homogeneous_pairs(g);
  ASSERT_EQ(pairs.size(), 3U);
  for (const Pair& p : pairs)
    for (std::size_t i = 0; i < 5; ++i) unbalance(&g, p, i, std::exp2(static_cast<float>(i) * 2 - 4));
  std::string note;
  const Graph e = equalized(g, &note);
  for (const Pair& p : pairs)
    for (const auto& [r1, r2] : sizes(e, p)) EXPECT_NEAR(r1 / r2, 1, 0.05);
  const model::Batch x = normal_inputs(g, 6), want = model::run_float(g, x), got = model::run_float(e, x);
  const float scale = largest(want.data.data(), want.data.size());
  for (std::size_t i = 0; i < want.data.size(); ++i) EXPECT_NEAR(got.data[i], want.data[i], 1e-5F * scale);
  EXPECT_NE(note.find("3 pairs"), std::string::npos) << note;
}

// A network that differs by factors of channels alone is equalized to the same weights.
TEST(Equalized, UndoesBadScaling) {
  Graph good = chain(), bad = good;
  for (const Pair& p : homogeneous_pairs(good))
    for (std::size_t i = 0; i < 5; ++i) unbalance(&bad, p, i, i % 2 == 0 ? 1 / 30.0F : 20.0F);
  std::string note;
  const Graph a = equalized(good, &note), b = equalized(bad, &note);
  for (std::size_t n = 0; n < a.nodes.size(); ++n)
    for (std::size_t k = 0; k < a.nodes[n].weights.size(); ++k)
      EXPECT_NEAR(b.nodes[n].weights[k], a.nodes[n].weights[k], 0.05 * std::fabs(a.nodes[n].weights[k]));
}

TEST(Equalized, ChannelsOfZerosStay) {
  Graph g = chain();
  const std::size_t row = g.nodes[0].weights.size() / 6;
  std::fill_n(g.nodes[0].weights.begin(), row, 0.0F);
  g.nodes[0].bias[0] = 0;
  std::string note;
  const Graph e = equalized(g, &note);
  EXPECT_EQ(e.nodes[0].bias[0], 0);
  for (const model::Node& n : e.nodes)
    for (const float w : n.weights) EXPECT_TRUE(std::isfinite(w));
}

/// One pair of layers; channel 0 of the head times `head`, of the tail times `tail`, its bias set.
Graph with_a_weak_channel(float head, float tail, float bias) {
  SmallGraph b({4, 4, 2}, 9);
  Graph g = b.end(b.conv(b.relu(b.conv(0, 4, 3)), 3, 1));
  g.nodes[0].bias = {bias, 0.1F, -0.2F, 0.3F};
  const std::size_t row = g.nodes[0].weights.size() / 4;
  for (std::size_t k = 0; k < row; ++k) g.nodes[0].weights[k] *= head;
  for_weights_of_input(g, &g.nodes[2], 0, [&](std::size_t, float& w) { w *= tail; });
  return g;
}

// Biases have one scale: what a channel of next to no weight would be blown up to must not leave the others no step.
TEST(Equalized, ANearlyDeadChannelLeavesTheOtherBiases) {
  std::string note;
  const Graph e = equalized(with_a_weak_channel(1e-7F, 1, 0.5F), &note);
  const std::vector<float>& bias = e.nodes[0].bias;
  const float step = largest(bias.data(), bias.size()) / 127;
  for (const float b : bias) EXPECT_GT(std::fabs(b), step / 2);
}

TEST(Equalized, FactorsHaveLimits) {
  std::string note;
  const Graph weak = with_a_weak_channel(1e-7F, 1, 0), strong = with_a_weak_channel(1, 1e-7F, 0);
  EXPECT_FLOAT_EQ(equalized(weak, &note).nodes[0].weights[0], weak.nodes[0].weights[0] * 100);
  EXPECT_NE(note.find("divided by 0.01 to"), std::string::npos) << note;
  EXPECT_FLOAT_EQ(equalized(strong, &note).nodes[0].weights[0], strong.nodes[0].weights[0] / 100);
  EXPECT_NE(note.find("to 100"), std::string::npos) << note;
}

TEST(Equalized, ChannelsOfNextToNothingOnBothSidesStay) {
  std::string note;
  const Graph g = with_a_weak_channel(1e-7F, 1e-3F, 0.02F), e = equalized(g, &note);
  EXPECT_EQ(e.nodes[0].bias[0], 0.02F);
  EXPECT_EQ(e.nodes[0].weights[0], g.nodes[0].weights[0]);
  EXPECT_NE(e.nodes[0].bias[1], 0.1F) << "the other channels are equalized";
}

TEST(WithoutLimits, OnlyWhereAPairComesOfIt) {
  SmallGraph b({4, 4, 2});
  const int a = b.clip(b.conv(0, 4, 3), 0, 6);   // node 1: between two layers
  const int c = b.clip(b.conv(a, 4, 1), -1, 1);  // node 3: limits on both sides
  const int d = b.clip(b.conv(c, 4, 1), 0, 6);   // node 5: read twice
  const Graph g = b.end(b.sum(d, b.conv(d, 4, 1)));
  std::string note;
  const Graph open = without_limits(g, &note);
  EXPECT_EQ(open.nodes[1].op, model::Op::kRelu);
  EXPECT_EQ(open.nodes[3].op, model::Op::kClip);
  EXPECT_EQ(open.nodes[5].op, model::Op::kClip);
  EXPECT_EQ(note.rfind("1 ", 0), 0U) << note;
}

}  // namespace
}  // namespace e8::quantize
