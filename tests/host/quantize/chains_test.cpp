// Tests host/quantize/chains.h.
#include "host/quantize/chains.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/host/quantize/small_graph.h"

namespace e8::quantize {
namespace {

std::set<std::pair<int, int>> pairs_of(const model::Graph& g) {
  std::set<std::pair<int, int>> found;
  for (const Pair& p : homogeneous_pairs(g)) found.insert({p.head, p.tail});
  return found;
}

TEST(HomogeneousPairs, OneReaderAndNothingThatKnowsSizes) {
  SmallGraph b({8, 8, 2});
  const int a = b.relu(b.conv(0, 4, 3));                            // nodes 0, 1
  const int c = b.max_pool(b.leaky_relu(b.conv(a, 4, 3, 4), 0.1));  // 2, 3, 4
  const int d = b.clip(b.conv(c, 4, 1), 0, 6);                      // 5, 6
  const int e = b.conv(d, 4, 1);                                    // 7
  const int f = b.relu(b.sum(e, d));                                // 8, 9
  const int g = b.conv(f, 4, 3);                                    // 10
  const int y = b.gemm(b.flatten(b.global_pool(g)), 3);             // 11, 12, 13
  const model::Graph graph = b.end(b.softmax(y));
  EXPECT_EQ(pairs_of(graph), (std::set<std::pair<int, int>>{{0, 2}, {2, 5}, {10, 13}}));
  EXPECT_EQ(homogeneous_pairs(graph)[1].between, (std::vector<int>{3, 4}));
}

TEST(HomogeneousPairs, TheOutputIsAReader) {
  SmallGraph b({4, 4, 2});
  const int a = b.relu(b.conv(0, 4, 3));
  b.conv(a, 2, 1);
  EXPECT_TRUE(pairs_of(b.end(a)).empty());
}

// Every weight is visited for exactly one input, under the output it belongs to.
TEST(WeightsOfInput, CoverEachWeightOnce) {
  for (const auto& [cin, cout, groups] : {std::array{4, 6, 1}, {4, 8, 2}, {4, 4, 4}, {3, 6, 3}}) {
    SmallGraph b({5, 5, cin});
    model::Graph g = b.end(b.conv(0, cout, 3, groups));
    model::Node& n = g.nodes[0];
    std::fill(n.weights.begin(), n.weights.end(), 0.0F);
    ASSERT_EQ(inputs_of(g, n), static_cast<std::size_t>(cin));
    const std::size_t row = n.weights.size() / n.bias.size();
    for (std::size_t j = 0; j < inputs_of(g, n); ++j)
      for_weights_of_input(g, &n, j, [&](std::size_t o, float& w) {
        EXPECT_EQ((static_cast<std::size_t>(&w - n.weights.data())) / row, o);
        w += static_cast<float>(j + 1);
      });
    for (std::size_t k = 0; k < n.weights.size(); ++k) {
      const std::size_t each = static_cast<std::size_t>(cin / groups);
      const std::size_t group = k / row / (n.bias.size() / static_cast<std::size_t>(groups));
      EXPECT_EQ(n.weights[k], static_cast<float>(group * each + k % row / 9 + 1));
    }
  }
}

TEST(WeightsOfInput, GemmReadsElements) {
  SmallGraph b({2, 2, 3});
  model::Graph g = b.end(b.gemm(b.flatten(0), 4));
  EXPECT_EQ(inputs_of(g, g.nodes[1]), 12U);
  std::set<float*> seen;
  for_weights_of_input(g, &g.nodes[1], 5, [&](std::size_t o, float& w) {
    EXPECT_EQ(&w, &g.nodes[1].weights[o * 12 + 5]);
    seen.insert(&w);
  });
  EXPECT_EQ(seen.size(), 4U);
}

}  // namespace
}  // namespace e8::quantize
