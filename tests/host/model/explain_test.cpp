// Explanations compute, by their own route, what the operators compute: every element of every operator.
#include "host/model/explain.h"

#include <gmock/gmock.h>

#include <stdexcept>

#include "emu/numerics/tflite.h"
#include "emu/ops/ops.h"
#include "host/model/golden.h"
#include "tests/emu/ops/reference.h"

namespace e8::testing {
namespace {

using model::explain;
using model::Explanation;
using model::IntNet;
using ops::Shape;
using ops::Tensor;

/// A network of one node on random inputs, run, and every element of its output explained.
void expect_explained(Random& random, const std::vector<Shape>& inputs, const model::IntParams& params,
                      const char* name) {
  IntNet net;
  std::vector<Tensor> tensors;
  model::IntNode node{"n", {}, static_cast<int>(inputs.size()), params};
  for (const Shape& s : inputs) {
    node.inputs.push_back(static_cast<int>(tensors.size()));
    tensors.push_back(random.tensor(s));
    net.tensors.push_back({"in", s});
  }
  struct Run {
    const std::vector<Tensor>& in;
    Tensor operator()(const ops::ConvParams& p) const { return ops::conv(in[0], p); }
    Tensor operator()(const ops::DeconvParams& p) const { return ops::deconv(in[0], p); }
    Tensor operator()(const ops::MaxPoolParams& p) const { return ops::max_pool(in[0], p); }
    Tensor operator()(const ops::AvgPoolParams& p) const { return ops::avg_pool(in[0], p); }
    Tensor operator()(const ops::AddParams& p) const { return ops::add(in[0], in[1], p); }
    Tensor operator()(const ops::MulParams& p) const { return ops::mul(in[0], in[1], p); }
    Tensor operator()(const ops::TableParams& p) const { return ops::table(in[0], p); }
    Tensor operator()(const ops::UpsampleParams& p) const { return ops::upsample(in[0], p); }
    Tensor operator()(const ops::ConcatParams& p) const { return ops::concat({&in[0], &in[1]}, p); }
    Tensor operator()(const ops::PadParams& p) const { return ops::pad(in[0], p); }
    Tensor operator()(const ops::SliceParams& p) const { return ops::slice(in[0], p); }
    Tensor operator()(const ops::RequantParams& p) const { return ops::requant(in[0], p); }
  };
  Tensor out = std::visit(Run{tensors}, params);
  net.tensors.push_back({"out", out.shape});
  net.nodes.push_back(node);
  tensors.push_back(out);
  for (int y = 0; y < out.shape.h; ++y) {
    for (int x = 0; x < out.shape.w; ++x) {
      for (int c = 0; c < out.shape.c; ++c) {
        const Explanation e = explain(net, 0, tensors, y, x, c);
        ASSERT_EQ(e.result, out.at(y, x, c))
            << name << " (" << y << "," << x << "," << c << "), seed " << random.seed();
        ASSERT_EQ(e.op, name);
        ASSERT_EQ(e.output, node.output);
      }
    }
  }
}

ops::Window window(int k, int stride, int dilation, int pad) {
  return {k, k, stride, stride, dilation, dilation, pad, pad, pad, pad};
}

TEST(Explain, EveryWindowOperator) {
  Random random(11);
  for (const ops::Window& w : {window(1, 1, 1, 0), window(3, 1, 1, 1), window(3, 2, 1, 0), window(2, 1, 2, 1)}) {
    for (const int groups : {1, 2, 4}) {
      ops::ConvParams conv;
      conv.window = w;
      conv.cout = 8;
      conv.groups = groups;
      conv.pad_value = random.byte();
      conv.weights = random.bytes(static_cast<std::size_t>(8 * w.kh * w.kw * 4 / groups));
      conv.tail = random.tail(8, static_cast<std::size_t>(w.kh * w.kw * 4 / groups));
      expect_explained(random, {{6, 5, 4}}, conv, "conv");
      ops::DeconvParams deconv;
      deconv.window = w;
      deconv.out_pad_h = 1;
      deconv.cout = 8;
      deconv.groups = groups;
      deconv.weights = conv.weights;
      deconv.tail = conv.tail;
      expect_explained(random, {{4, 5, 4}}, deconv, "deconv");
    }
    ops::MaxPoolParams max{w, random.tail(1, 1)};
    expect_explained(random, {{6, 7, 3}}, max, "max_pool");
    ops::AvgPoolParams avg;
    avg.window = w;
    avg.pad_value = random.byte();
    avg.by_count = {{0, 7, 7, 6}};
    expect_explained(random, {{6, 7, 3}}, avg, "avg_pool");
    avg.count_pad = false;
    avg.mode.tie = num::Tie::kHalfAway;
    avg.by_count.clear();
    for (int n = 1; n <= w.kh * w.kw; ++n) avg.by_count.push_back(num::tflite::average(n));
    expect_explained(random, {{6, 7, 3}}, avg, "avg_pool");
  }
}

TEST(Explain, EveryAddition) {
  Random random(12);
  const std::vector<Shape> two{{5, 4, 3}, {5, 4, 3}};
  for (int i = 0; i < 40; ++i) {
    ops::AddParams p;
    p.mode.tie = static_cast<num::Tie>(i % 3);
    p.subtract = i % 2 == 1;
    p.guard = random.between(0, 7);
    p.sr = {random.between(0, 6), random.between(0, 6)};
    p.sw = random.between(-12, 10);
    p.mode.lo = i % 5 == 0 ? std::int8_t{0} : std::int8_t{-128};
    expect_explained(random, two, p, "add");
    p.kind = ops::AddParams::Kind::kScaled;
    p.mult = {random.between(-8388607, 8388607), random.between(0, 8388607)};
    p.shift = random.between(20, 26);
    p.zp_in = {random.byte(), random.byte()};
    p.mode.zp = random.byte();
    expect_explained(random, two, p, "add");
    p.kind = ops::AddParams::Kind::kTflite;
    p.subtract = false;
    p.in_m = {random.between(1 << 30, 2147483647), random.between(1 << 30, 2147483647)};
    p.in_shift = {-random.between(0, 3), -random.between(0, 3)};
    p.out_m = random.between(1 << 30, 2147483647);
    p.out_shift = -random.between(18, 20);
    expect_explained(random, two, p, "add");
  }
}

TEST(Explain, EveryOperatorThatMovesData) {
  Random random(13);
  ops::TableParams table;
  for (std::int8_t& q : table.table) q = random.byte();
  expect_explained(random, {{4, 4, 5}}, table, "table");
  expect_explained(random, {{3, 2, 5}}, ops::UpsampleParams{2, 3, random.tail(5, 1)}, "upsample");
  expect_explained(random, {{3, 2, 5}, {3, 2, 1}}, ops::ConcatParams{{random.tail(5, 1), random.tail(1, 1)}}, "concat");
  for (const int axis : {0, 1}) {
    const Shape second = axis == 0 ? Shape{4, 2, 5} : Shape{3, 1, 5};
    const ops::ConcatParams joined{{random.tail(5, 1), random.tail(5, 1)}, axis};
    expect_explained(random, {{3, 2, 5}, second}, joined, "concat");
  }
  for (const Shape& second : {Shape{3, 2, 5}, Shape{1, 1, 5}})
    expect_explained(random, {{3, 2, 5}, second}, ops::MulParams{{3, -7}, random.tail(5, 1)}, "mul");
  expect_explained(random, {{3, 2, 5}}, ops::PadParams{1, 2, 0, 3, random.byte()}, "pad");
  expect_explained(random, {{6, 7, 5}}, ops::SliceParams{1, 2, 3, {3, 2, 2}, 2, 3}, "slice");
  expect_explained(random, {{3, 2, 5}}, ops::RequantParams{random.tail(5, 1)}, "requant");
}

/// A requantization of `value` alone: V = 2 * value, / 2^s.
Explanation requantized(std::int8_t value, int s, num::TailMode mode, std::uint32_t m = 1) {
  IntNet net;
  net.tensors = {{"in", {1, 1, 1}}, {"out", {1, 1, 1}}};
  ops::RequantParams p;
  p.tail = {{{0, m, m, static_cast<std::uint8_t>(s)}}, mode};
  net.nodes = {{"n", {0}, 1, p}};
  Tensor in({1, 1, 1}, value);
  return explain(net, 0, {in, ops::requant(in, p)}, 0, 0, 0);
}

TEST(Explain, NamesTies) {
  num::TailMode mode;
  for (const auto& [value, s, tie] : {std::tuple{1, 2, true},
                                      {-3, 2, true},
                                      {2, 2, false},
                                      {2, 3, true},
                                      {3, 3, false},
                                      {-2, 3, true},
                                      {5, 1, false},
                                      {64, 8, true},
                                      {-64, 8, true},
                                      {63, 8, false},
                                      {1, 62, false}}) {
    EXPECT_EQ(requantized(static_cast<std::int8_t>(value), s, mode).tie, tie) << value << " / 2^" << s;
  }
  mode.zp_first = true;
  mode.tie = num::Tie::kHalfEven;
  EXPECT_TRUE(requantized(1, 2, mode).tie);
  num::TailMode twice;  // 2 * 1 * 2^30 / 2^33: the first step is exact (1/2 of 2^32 is a tie), the second is not asked
  twice.double_round = true;
  EXPECT_TRUE(requantized(1, 33, twice, 1u << 30).tie);
  EXPECT_FALSE(requantized(0, 33, twice, 1u << 30).tie);
  EXPECT_TRUE(requantized(2, 33, twice, 1u << 30).tie) << "1 after the first step, half-way in the second";
}

TEST(Explain, ShowsEachStep) {
  Explanation e = requantized(-5, 2, {num::Tie::kHalfUp, false, false, 3, -1, 127}, 3);
  ASSERT_EQ(e.terms.size(), 1u);
  EXPECT_EQ(e.terms[0].value, -5);
  EXPECT_EQ(e.accumulator, -5);
  EXPECT_EQ(e.v, -10);
  EXPECT_EQ(e.multiplier, 3u);
  EXPECT_EQ(e.t, -30);
  EXPECT_TRUE(e.tie);            // -7.5
  EXPECT_EQ(e.rounded, -7 + 3);  // half up
  EXPECT_EQ(e.result, -1);       // clamped
}

TEST(Explain, RefusesWhatDoesNotExist) {
  IntNet net;
  net.tensors = {{"in", {2, 3, 4}}, {"out", {2, 3, 4}}};
  net.nodes = {{"n", {0}, 1, ops::RequantParams{ops::identity_tail()}}};
  const std::vector<Tensor> tensors(2, Tensor({2, 3, 4}));
  EXPECT_NO_THROW(explain(net, 0, tensors, 1, 2, 3));
  for (const auto& [y, x, c] : {std::tuple{2, 0, 0}, {0, 3, 0}, {0, 0, 4}, {-1, 0, 0}, {0, -1, 0}, {0, 0, -1}}) {
    EXPECT_THROW(explain(net, 0, tensors, y, x, c), std::out_of_range);
  }
  EXPECT_THROW(explain(net, 1, tensors, 0, 0, 0), std::out_of_range);
  EXPECT_EQ(model::maker_of(net, 1), 0);
  EXPECT_EQ(model::maker_of(net, 0), -1);
}

}  // namespace
}  // namespace e8::testing
