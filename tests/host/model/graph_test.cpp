// Queries and passes of the graph.
#include "host/model/graph.h"

#include <gmock/gmock.h>

namespace e8::model {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

int add(Graph* g, Op op, std::vector<int> inputs) {
  Node n;
  n.op = op;
  n.name = "n" + std::to_string(g->nodes.size());
  n.inputs = std::move(inputs);
  n.output = static_cast<int>(g->values.size());
  g->outputs = {n.output};
  g->values.push_back({"v" + std::to_string(n.output), {1, 1, 2}, 0});
  g->nodes.push_back(n);
  return n.output;
}

Graph begin() {
  Graph g;
  g.values.push_back({"v0", {1, 1, 2}, 0});
  g.input = 0;
  return g;
}

TEST(Graph, ReadersAndMakers) {
  Graph g = begin();
  const int r = add(&g, Op::kRelu, {0});
  add(&g, Op::kAdd, {r, r});
  EXPECT_THAT(readers_of(g), ElementsAre(ElementsAre(0), ElementsAre(1, 1), ElementsAre(-1)));
  EXPECT_THAT(maker_of(g), ElementsAre(-1, 0, 1));
}

TEST(Graph, PruneKeepsWhatLeadsToTheOutput) {
  Graph g = begin();
  add(&g, Op::kRelu, {0});  // dead
  const int kept = add(&g, Op::kLeakyRelu, {0});
  const int output = add(&g, Op::kFlatten, {kept});
  add(&g, Op::kRelu, {output});  // behind the output
  g.outputs = {output};
  prune(&g);
  ASSERT_EQ(g.nodes.size(), 2u);
  EXPECT_EQ(g.values.size(), 3u);
  EXPECT_EQ(g.nodes[0].op, Op::kLeakyRelu);
  EXPECT_EQ(g.value(g.outputs[0]).name, "v3");
  EXPECT_THAT(g.nodes[1].inputs, ElementsAre(g.nodes[0].output));
  g.outputs = {g.input};  // nothing leads there
  prune(&g);
  EXPECT_THAT(g.nodes, IsEmpty());
  EXPECT_EQ(g.values.size(), 1u);
}

Graph conv_and_affine() {
  Graph g = begin();
  add(&g, Op::kConv, {0});
  g.nodes[0].weights = {1, 2, 3, 4};
  g.nodes[0].bias = {5, 6};
  add(&g, Op::kConv, {1});
  g.nodes[1].groups = 2;
  g.nodes[1].weights = {10, -1};
  g.nodes[1].bias = {0.5F, 1};
  g.nodes[1].foldable = true;
  return g;
}

TEST(Graph, FoldMultipliesWeightsAndBias) {
  Graph g = conv_and_affine();
  fold_affine(&g);
  ASSERT_EQ(g.nodes.size(), 1u);
  EXPECT_THAT(g.nodes[0].weights, ElementsAre(10, 20, -3, -4));
  EXPECT_THAT(g.nodes[0].bias, ElementsAre(50.5F, -5));
  EXPECT_EQ(g.value(g.outputs[0]).name, "v2");
}

TEST(Graph, FoldLeavesWhatOthersSee) {
  Graph quantized_between = conv_and_affine();
  quantized_between.values[1].scale = 1;
  fold_affine(&quantized_between);
  EXPECT_EQ(quantized_between.nodes.size(), 2u);
  Graph stored = conv_and_affine();
  stored.nodes[0].weights_q = {{1, 2, 3, 4}, {1}, 8};
  fold_affine(&stored);
  EXPECT_EQ(stored.nodes.size(), 2u);
  Graph twice = conv_and_affine();
  add(&twice, Op::kAdd, {1, 2});
  fold_affine(&twice);
  EXPECT_EQ(twice.nodes.size(), 3u);
}

TEST(Graph, Classes) {
  for (const Op op : {Op::kConv, Op::kGemm, Op::kAdd}) EXPECT_TRUE(fuses_activation(op)) << op_name(op);
  for (const Op op : {Op::kMaxPool, Op::kFlatten, Op::kRelu}) EXPECT_FALSE(fuses_activation(op)) << op_name(op);
  for (const Op op : {Op::kRelu, Op::kClip, Op::kLeakyRelu}) EXPECT_TRUE(is_activation(op)) << op_name(op);
  EXPECT_FALSE(is_activation(Op::kRequantize));
  Graph g = conv_and_affine();
  EXPECT_EQ(macs_of(g, g.nodes[0]), 4);
  add(&g, Op::kRelu, {2});
  EXPECT_EQ(macs_of(g, g.nodes[2]), 0);
}

}  // namespace
}  // namespace e8::model
