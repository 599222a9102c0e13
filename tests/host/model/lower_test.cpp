// Lowering under both schemes: layouts, Flatten, fusion, what is float, metadata.
#include <gmock/gmock.h>

#include "tests/host/model/quantized_net.h"

namespace e8::model {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Lower, ConvWeightsBecomeChannelsLast) {
  Net net({4, 4, 4}, 1);
  Node& n = net.add(Op::kConv, {3, 3, 2}, 1);
  n.window = {2, 2};
  n.groups = 2;
  std::vector<std::int32_t> w(16);  // [2][2][2][2]
  for (int i = 0; i < 16; ++i) w[static_cast<std::size_t>(i)] = i;
  store(&n, w, {1}, {}, 1, 2);
  const IntNet lowered = net.lowered();
  const ops::ConvParams& p = conv_of(lowered);
  EXPECT_THAT(p.weights, ElementsAre(0, 4, 1, 5, 2, 6, 3, 7, 8, 12, 9, 13, 10, 14, 11, 15));
  EXPECT_EQ(p.groups, 2);
  EXPECT_EQ(p.pad_value, 0);
}

TEST(Lower, GemmBehindFlattenCoversItsInput) {
  Net net({2, 1, 3}, 1);  // CHW order: c0 y0, c0 y1, c1 y0, ...
  net.add(Op::kFlatten, {1, 1, 6}, 0);
  store(&net.add(Op::kGemm, {1, 1, 1}, 1), {1, 2, 3, 4, 5, 6}, {1}, {}, 1, 1);
  const IntNet n = net.lowered();
  ASSERT_EQ(n.nodes.size(), 1u);
  EXPECT_THAT(conv_of(n).weights, ElementsAre(1, 3, 5, 2, 4, 6));  // y, then c
  EXPECT_EQ(conv_of(n).window.kh, 2);
  ops::Tensor x({2, 1, 3});
  x.data = {1, 0, 0, 0, 0, 10};  // c0 y0 and c2 y1
  EXPECT_EQ(run_golden_output(n, x).data[0], 61);
}

TEST(Lower, ElementwiseOnFlattenedImages) {
  Net net({2, 2, 2}, 1);
  net.add(Op::kFlatten, {1, 1, 8}, 2);  // with a change of scale
  net.add(Op::kRelu, {1, 1, 8}, 2);
  net.add(Op::kAdd, {1, 1, 8}, 4, {1, 2});
  store(&net.add(Op::kGemm, {1, 1, 1}, 8), std::vector<std::int32_t>(8, 1), {1}, {}, 1, 1);
  const IntNet n = net.lowered();
  EXPECT_EQ(n.nodes.size(), 4u);
  EXPECT_TRUE(n.tensors[3].shape == (ops::Shape{2, 2, 2}));
  EXPECT_EQ(run(n, 8), 16);  // 8 -> 4, 4 + 4 at half scale -> 4, 8 * 4 / 2
}

TEST(Lower, FlattenAtTheEndOrUnderAConvolution) {
  Net end({2, 2, 2}, 1);
  end.add(Op::kFlatten, {1, 1, 8}, 1);
  EXPECT_EQ(end.refusal(), 121);
  Net one({1, 1, 8}, 1);
  one.add(Op::kFlatten, {1, 1, 8}, 1);
  EXPECT_EQ(one.refusal(), 0);
  Net grey({2, 4, 1}, 1);
  grey.add(Op::kFlatten, {1, 1, 8}, 1);
  EXPECT_EQ(grey.refusal(), 0);
  Net under({2, 2, 2}, 1);
  under.add(Op::kFlatten, {1, 1, 8}, 1);
  Node& n = under.add(Op::kConv, {1, 1, 8}, 1);
  n.groups = 8;
  store(&n, std::vector<std::int32_t>(8, 1), {1}, {}, 1, 8);
  EXPECT_EQ(under.refusal(), 121);
}

TEST(Lower, PoolFlattenThenQuantize) {  // float between pool and Flatten: one rounding
  Net net({2, 2, 2}, 1);
  net.add(Op::kAveragePool, {1, 1, 2}, 0).window = {2, 2};
  net.add(Op::kFlatten, {1, 1, 2}, 2);
  const IntNet n = net.lowered();
  ASSERT_EQ(n.nodes.size(), 1u);
  EXPECT_EQ(run(n, 7), 4);
}

TEST(Lower, SoftmaxGoesToTheCpu) {
  Net net({1, 1, 3}, 1);
  net.add(Op::kRelu, {1, 1, 3}, 1);
  net.add(Op::kSoftmax, {1, 1, 3}, 0);
  const IntNet n = net.lowered();
  EXPECT_EQ(n.outputs[0].tail, CpuTail::kSoftmax);
  EXPECT_EQ(n.outputs[0].tensor, 1);
  net.g.value(2).scale = 1.0 / 128;
  EXPECT_EQ(net.refusal(), 121);
}

TEST(Lower, FloatTensorsAreNamed) {
  std::string message;
  Net input({1, 1, 1}, 0);
  input.add(Op::kRelu, {1, 1, 1}, 1);
  EXPECT_EQ(input.refusal(&message), 120);
  EXPECT_THAT(message, HasSubstr("tensor 'in' (the input) is float"));
  Net inside = point(0, 0, 0, 0, 0);
  inside.g.value(1).scale = 0;
  EXPECT_EQ(inside.refusal(&message), 120);
  EXPECT_THAT(message, HasSubstr("tensor 'v1' (made by node 'n0') is float"));
  Net twice = point(0, 0, 0, 0, 0);  // an activation and another reader
  twice.g.value(1).scale = 0;
  twice.add(Op::kRelu, {1, 1, 1}, 1);
  twice.add(Op::kAdd, {1, 1, 1}, 1, {1, 2});
  EXPECT_EQ(twice.refusal(), 120);
  Net weights = point(0, 0, 0, 0, 0);
  weights.g.nodes[0].weights_q = {};
  EXPECT_EQ(weights.refusal(&message), 120);
  EXPECT_THAT(message, HasSubstr("weights are float"));
  Net bias = point(0, 0, 0, 0, 0);
  bias.g.nodes[0].bias_q = {};
  EXPECT_EQ(bias.refusal(), 0);  // no bias at all
  bias.g.nodes[0].bias = {1};
  EXPECT_EQ(bias.refusal(), 120);
}

TEST(Lower, TwoActivationsAreTwoRoundings) {
  Net net = point(0, 0, 0, 0, 0);
  net.g.value(1).scale = 0;
  net.add(Op::kRelu, {1, 1, 1}, 0);
  net.add(Op::kRelu, {1, 1, 1}, 1);
  EXPECT_EQ(net.refusal(), 120);
}

TEST(Lower, WeightsMustBeInt8) {
  Net net = point(0, 0, 0, 0, 0);
  net.g.nodes[0].weights_q.values = {128};
  EXPECT_EQ(net.refusal(), 121);
  net.g.nodes[0].weights_q.values = {-128};
  EXPECT_EQ(net.refusal(), 0);
  net.g.nodes[0].weights_q.bits = 32;
  EXPECT_EQ(net.refusal(), 121);
}

TEST(Lower, DepthOfASum) {
  const auto refusal = [](int depth) {
    Net net({1, depth, 1}, 1);
    Node& n = net.add(Op::kConv, {1, 1, 1}, 1);
    n.window.kw = depth;
    store(&n, std::vector<std::int32_t>(static_cast<std::size_t>(depth), 1), {1}, {}, 1, 1);
    return net.refusal();
  };
  EXPECT_EQ(refusal(131071), 0);
  EXPECT_EQ(refusal(131072), 121);
}

TEST(Lower, Metadata) {
  Net net = point(0, 0, 0, 0, 0);
  EXPECT_EQ(lower(net.g).preprocess.h, 0);  // none yet: another tool's file
  net.g.metadata["exact8.scheme"] = "dpu";
  EXPECT_EQ(error_id([&] { lower(net.g); }), 122);  // and half of it
  net.lowered();
  net.g.value(0).shape = {1, 2, 1};
  EXPECT_EQ(error_id([&] { lower(net.g); }), 122);  // made for another size
  net.g.value(0).shape = {1, 1, 1};
  net.g.metadata["exact8.labels"] = R"(["a", "b"])";
  EXPECT_EQ(error_id([&] { lower(net.g); }), 122);
  net.g.metadata["exact8.labels"] = R"(["a"])";
  EXPECT_THAT(lower(net.g).labels, ElementsAre("a"));
  EXPECT_EQ(lower(net.g).preprocess.h, 1);
}

TEST(Lower, ProductsOfActivations) {
  for (const bool dpu : {true, false}) {
    Net net({1, 1, 1}, 0.25);
    if (!dpu) net.scaled();
    net.add(Op::kMul, {1, 1, 1}, 0.5, {0, 0});
    const IntNet n = net.lowered();
    EXPECT_EQ(run(n, 7), 6) << "7/4 * 7/4 = 3.0625 is 6.125 halves";
    EXPECT_EQ(run(n, -6), dpu ? 5 : 4) << "2.25 is 4.5 halves: a tie, half up or half even";
    EXPECT_EQ(run(n, -128), 127);
  }
}

TEST(Lower, ArgMaxGoesToTheCpu) {
  Net net({2, 1, 3}, 1);
  net.add(Op::kRelu, {2, 1, 3}, 1);
  net.add(Op::kArgMax, {2, 1, 1}, 0).last_index = true;
  const IntNet n = net.lowered();
  EXPECT_EQ(n.outputs[0].tail, CpuTail::kArgmaxLast);
  EXPECT_EQ(n.outputs[0].tensor, 1);
  net.g.nodes.back().last_index = false;
  EXPECT_EQ(net.lowered().outputs[0].tail, CpuTail::kArgmaxFirst);
}

TEST(Lower, SeveralOutputs) {
  Net net({1, 1, 3}, 1);
  net.add(Op::kRelu, {1, 1, 3}, 1);
  net.add(Op::kSoftmax, {1, 1, 3}, 0);
  net.g.outputs = {2, 1};  // probabilities, and what they are made of
  const IntNet n = net.lowered();
  ASSERT_EQ(n.outputs.size(), 2u);
  EXPECT_EQ(n.outputs[0].tensor, 1);
  EXPECT_EQ(n.outputs[0].tail, CpuTail::kSoftmax);
  EXPECT_EQ(n.outputs[1].tensor, 1);
  EXPECT_EQ(n.outputs[1].tail, CpuTail::kNone);
}

// A value that leaves the network is a tensor, though an activation behind it could be part of its operation.
TEST(Lower, AnOutputIsNotFused) {
  Net net = point(0, 0, 0, 0, 0);
  net.add(Op::kRelu, {1, 1, 1}, 1);
  net.g.value(1).scale = 0;
  EXPECT_EQ(net.refusal(), 0);
  net.g.outputs.push_back(1);
  std::string message;
  EXPECT_EQ(net.refusal(&message), 120);
  EXPECT_THAT(message, HasSubstr("tensor 'v1'"));
}

}  // namespace
}  // namespace e8::model
