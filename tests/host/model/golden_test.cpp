// The golden model: every operator is reached, both ways of running agree, impossible networks are refused by name.
#include "host/model/golden.h"

#include <gmock/gmock.h>

#include "emu/ops/ops.h"
#include "tests/emu/ops/reference.h"
#include "tests/host/model/model_builder.h"

namespace e8::model {
namespace {

using ::testing::HasSubstr;

/// Adds a node and its output tensor.
int add(IntNet* net, IntParams params, std::vector<int> inputs, ops::Shape shape) {
  const int output = static_cast<int>(net->tensors.size());
  net->nodes.push_back({"node " + std::to_string(net->nodes.size()), std::move(inputs), output, std::move(params)});
  net->tensors.push_back({"t" + std::to_string(output), shape, 1, 0});
  net->outputs = {{output}};
  return output;
}

IntNet begin(ops::Shape shape) {
  IntNet net;
  net.name = "net";
  net.tensors.push_back({"t0", shape, 1, 0});
  net.input = 0;
  return net;
}

ops::ConvParams identity_conv(int channels) {
  ops::ConvParams p;
  p.cout = p.groups = channels;
  p.weights.assign(static_cast<std::size_t>(channels), 1);
  p.tail = ops::identity_tail();
  return p;
}

/// All eleven operators.
IntNet everything() {
  IntNet net = begin({4, 4, 2});
  const int conv = add(&net, identity_conv(2), {0}, {4, 4, 2});
  ops::DeconvParams deconv;
  deconv.cout = deconv.groups = 2;
  deconv.weights = {1, -1};
  deconv.tail = ops::identity_tail();
  const int up = add(&net, deconv, {conv}, {4, 4, 2});
  ops::AddParams sum;
  const int added = add(&net, sum, {conv, up}, {4, 4, 2});
  const int joined = add(&net, ops::ConcatParams{{ops::identity_tail(), ops::identity_tail()}}, {added, 0}, {4, 4, 4});
  ops::MaxPoolParams max;
  max.window = {2, 2, 2, 2};
  max.tail = ops::identity_tail();
  const int pooled = add(&net, max, {joined}, {2, 2, 4});
  const int larger = add(&net, ops::UpsampleParams{2, 3, ops::identity_tail()}, {pooled}, {4, 6, 4});
  const int padded = add(&net, ops::PadParams{1, 0, 0, 2, 7}, {larger}, {5, 8, 4});
  ops::SliceParams cut;
  cut.y0 = 1, cut.c0 = 1;
  cut.shape = {4, 6, 3};
  const int sliced = add(&net, cut, {padded}, {4, 6, 3});
  ops::TableParams negate;
  for (int i = 0; i < 256; ++i) negate.table[static_cast<std::size_t>(i)] = static_cast<std::int8_t>(127 - i);
  const int negated = add(&net, negate, {sliced}, {4, 6, 3});
  const int same = add(&net, ops::RequantParams{ops::identity_tail()}, {negated}, {4, 6, 3});
  ops::AvgPoolParams average;
  average.window = {4, 6};
  average.by_count = {{0, 1, 1, 5}};
  add(&net, average, {same}, {1, 1, 3});
  return net;
}

TEST(Golden, BothWaysOfRunningAgreeAndEveryTensorIsThere) {
  const IntNet net = everything();
  testing::Random random(5);
  for (int i = 0; i < 10; ++i) {
    const ops::Tensor x = random.tensor({4, 4, 2});
    const std::vector<ops::Tensor> all = run_golden(net, x);
    ASSERT_EQ(all.size(), net.tensors.size());
    for (std::size_t t = 0; t < all.size(); ++t) EXPECT_TRUE(all[t].shape == net.tensors[t].shape) << t;
    EXPECT_EQ(run_golden_output(net, x).data, all.back().data) << "seed " << random.seed();
    EXPECT_EQ(all[1].data, x.data);
    for (std::size_t k = 0; k < x.data.size(); ++k)
      EXPECT_EQ(all[3].data[k], k % 2 == 0 ? num::clamp8(2 * x.data[k]) : x.data[k] + num::clamp8(-x.data[k])) << k;
  }
}

TEST(Golden, OutputThatIsReadAgainIsKept) {
  IntNet net = begin({1, 1, 1});
  const int first = add(&net, identity_conv(1), {0}, {1, 1, 1});
  add(&net, identity_conv(1), {first}, {1, 1, 1});
  net.outputs = {{first}};
  EXPECT_EQ(run_golden_output(net, ops::Tensor({1, 1, 1}, 5)).data.at(0), 5);
  net.outputs = {{2}, {first}, {0}, {first, CpuTail::kSoftmax}};
  const std::vector<ops::Tensor> all = run_golden_outputs(net, ops::Tensor({1, 1, 1}, 6));
  ASSERT_EQ(all.size(), 4u);
  for (const ops::Tensor& t : all) EXPECT_EQ(t.data, std::vector<std::int8_t>{6});
}

TEST(Golden, Refusals) {
  const ops::Tensor x({4, 4, 2}, 1);
  std::string message;
  EXPECT_EQ(error_id([&] { run_golden(everything(), ops::Tensor({4, 4, 1})); }, &message), 290);
  EXPECT_THAT(message, HasSubstr("4x4x1"));
  const std::vector<std::pair<const char*, void (*)(IntNet&)>> faults = {
      {"'node 4': max_pool", [](IntNet& n) { std::get<ops::MaxPoolParams>(n.nodes[4].params).window.kh = 9; }},
      {"'node 0': gives 4x4x2", [](IntNet& n) { n.tensors[1].shape.c = 3; }},
      {"'node 2': has 1 inputs", [](IntNet& n) { n.nodes[2].inputs.pop_back(); }},
      {"'node 3': has 0 inputs", [](IntNet& n) { n.nodes[3].inputs.clear(); }},
      {"'node 0': input 99", [](IntNet& n) { n.nodes[0].inputs = {99}; }},
      {"'node 0': input -1", [](IntNet& n) { n.nodes[0].inputs = {-1}; }},
      {"'node 0': output 99", [](IntNet& n) { n.nodes[0].output = 99; }},
      {"'t5' is not computed yet", [](IntNet& n) { n.nodes[0].inputs = {5}; }},
      {"'t1' is computed already", [](IntNet& n) { n.nodes[1].output = 1; }},
      {"no node computes",
       [](IntNet& n) {
         n.tensors.push_back({"alone", {1, 1, 1}, 1, 0}), n.outputs = {{12}};
       }},
      {"no tensor of the network",
       [](IntNet& n) {
         n.outputs = {{11}, {77}};
       }},
      {"no tensor of the network", [](IntNet& n) { n.outputs.clear(); }},
  };
  for (const auto& [says, fault] : faults) {
    IntNet net = everything();
    fault(net);
    EXPECT_EQ(error_id([&] { run_golden(net, x); }, &message), 190) << says;
    EXPECT_THAT(message, HasSubstr(says));
    EXPECT_EQ(error_id([&] { run_golden_output(net, x); }), 190) << says;
  }
}

TEST(Golden, OverflowNamesTheNode) {
  IntNet net = begin({1, 1, 1});
  ops::ConvParams p = identity_conv(1);
  p.tail.channel[0].b2 = num::kMaxV;
  add(&net, p, {0}, {1, 1, 1});
  std::string message;
  EXPECT_EQ(error_id([&] { run_golden(net, ops::Tensor({1, 1, 1}, 1)); }, &message), 191);
  EXPECT_THAT(message, HasSubstr("'node 0'"));
}

}  // namespace
}  // namespace e8::model
