// Lowering under power-of-two scales: shifts, guard bit, legal ranges, tie rules.
#include <gmock/gmock.h>

#include "tests/host/model/quantized_net.h"

namespace e8::model {
namespace {

using ::testing::HasSubstr;

TEST(LowerDpu, ConvShiftsAndDoubledBias) {
  const IntNet net = point(4, 6, 3, 9, -5).lowered();  // sc = 7, sb = 1
  const num::ChannelParam& p = conv_of(net).tail.of(0);
  EXPECT_EQ(p.b2, -20);
  EXPECT_EQ(p.mp, 1u);
  EXPECT_EQ(p.s, 8);
  EXPECT_EQ(conv_of(net).tail.mode.tie, num::Tie::kHalfUp);
  EXPECT_EQ(net.name, "net");
  EXPECT_EQ(net.scheme, "dpu");
  EXPECT_EQ(net.tie, "half_up");
  EXPECT_EQ(net.tensors[0].scale, 1.0 / 16);
  EXPECT_EQ(net.tensors[1].scale, 1.0 / 8);
  EXPECT_EQ(net.tensors[1].name, "v1");
  EXPECT_EQ(net.nodes[0].name, "n0");
}

TEST(LowerDpu, CornerCasesOfTheRounding) {  // emu's page of corner cases
  struct Case {
    int sc, sb, x, b, want;
  };
  for (const Case& c :
       {Case{1, 0, -3, 0, -1}, Case{1, 0, -5, 0, -2}, Case{1, 0, -1, 0, 0}, Case{1, 0, 5, 0, 3}, Case{0, -1, 0, 1, 1},
        Case{0, -1, 0, -1, 0}, Case{0, -8, -7, -1, -7}, Case{16, 16, -128, -128, -128}, Case{16, 16, 127, 127, 127},
        Case{0, 0, 127, 1, 127}, Case{0, 0, -128, -1, -128}}) {
    const IntNet net = point(0, c.sc, 0, c.sc - c.sb, c.b).lowered();
    EXPECT_EQ(run(net, static_cast<std::int8_t>(c.x)), c.want) << c.sc << " " << c.sb << " " << c.x << " " << c.b;
  }
}

TEST(LowerDpu, LegalShiftsEndWhereTheToolsSay) {
  std::string message;
  EXPECT_EQ(point(0, 0, 0, 0, 1).refusal(), 0);
  EXPECT_EQ(point(0, 16, 0, 16, 1).refusal(), 0);
  EXPECT_EQ(point(0, -1, 0, -1, 1).refusal(&message), 121);
  EXPECT_THAT(message, HasSubstr("dir/net.onnx: node 'n0' (Conv): shift_cut pw + px - py = -1; 0 to 16"));
  EXPECT_EQ(point(0, 17, 0, 17, 1).refusal(), 121);
  EXPECT_EQ(point(0, 0, 0, -16, 1).refusal(), 0);
  EXPECT_EQ(point(0, 0, 0, -17, 1).refusal(&message), 121);
  EXPECT_THAT(message, HasSubstr("shift_bias pw + px - pb = 17; -16 to 16"));
  for (const int sc : {0, 5, 15, 16}) {  // least sb = -(24 - (8 + sc)), at most 0
    const int least = sc - 16;
    EXPECT_EQ(point(0, sc, 0, sc - least, 1).refusal(), 0) << sc;
    EXPECT_EQ(point(0, sc, 0, sc - least + 1, 1).refusal(), 121) << sc;
  }
}

TEST(LowerDpu, OtherTieRulesForbidBiasesBelowTheGuardBit) {
  for (const char* tie : {"half_away", "half_even"}) {
    Net one = point(0, 0, 0, 1, 1), two = point(0, 0, 0, 2, 1);
    one.tie = two.tie = tie;
    EXPECT_EQ(one.refusal(), 0);
    EXPECT_EQ(two.refusal(), 121);
  }
  Net even = point(0, 1, 0, 1, 0);
  even.tie = "half_even";
  EXPECT_EQ(run(even.lowered(), 5), 2);
  EXPECT_EQ(run(even.lowered(), -3), -2);
}

TEST(LowerDpu, OneScaleATensor) {
  Net net({1, 1, 1}, 1);
  store(&net.add(Op::kConv, {1, 1, 2}, 1), {1, 1}, {1, 0.5}, {0, 0}, 1, 2);
  std::string message;
  EXPECT_EQ(net.refusal(&message), 121);
  EXPECT_THAT(message, HasSubstr("one a tensor"));
  net.g.nodes[0].weights_q.scales = {1, 1};  // equal scales are one
  EXPECT_EQ(net.refusal(), 0);
  net.g.nodes[0].weights_q.scales = {0.75};
  EXPECT_EQ(net.refusal(&message), 121);
  EXPECT_THAT(message, HasSubstr("scale of weights = 0.75"));
  net.g.nodes[0].weights_q.scales = {1};
  net.g.value(1).scale = 0.1F;
  EXPECT_EQ(net.refusal(), 121);
}

TEST(LowerDpu, Activations) {
  Net relu = point(0, 0, 0, 0, 0);
  relu.g.value(1).scale = 0;  // float between convolution and ReLU
  relu.add(Op::kRelu, {1, 1, 1}, 1);
  const IntNet r = relu.lowered();
  ASSERT_EQ(r.nodes.size(), 1u);
  EXPECT_EQ(r.tensors.size(), 2u);
  EXPECT_EQ(r.tensors[1].name, "v2");
  EXPECT_EQ(run(r, -3), 0);
  EXPECT_EQ(run(r, 3), 3);

  for (const auto& [py, hi] :
       {std::pair{3, 48}, std::pair{4, 96}, std::pair{5, 127}, std::pair{0, 6}, std::pair{-2, 2}}) {
    Net six = point(py, 0, py, 0, 0);  // sc = 0
    six.g.value(1).scale = 0;
    Node& clip = six.add(Op::kClip, {1, 1, 1}, std::exp2(-py));
    clip.lo = 0, clip.hi = 6;
    EXPECT_EQ(run(six.lowered(), 127), hi) << py;
    EXPECT_EQ(run(six.lowered(), -1), 0) << py;
  }
}

TEST(LowerDpu, LeakyReluIs26Of256InsideTheRounding) {
  struct Case {
    int sc, x, want;
  };
  for (const Case& c : {Case{0, -64, -6}, Case{0, -128, -13}, Case{0, -5, -1}, Case{2, -59, -1}, Case{0, 77, 77}}) {
    Net net = point(0, c.sc, 0, c.sc, 0);
    net.g.value(1).scale = 0;
    net.add(Op::kLeakyRelu, {1, 1, 1}, 1).alpha = 0.1;
    EXPECT_EQ(run(net.lowered(), static_cast<std::int8_t>(c.x)), c.want) << c.x;
  }
  Net low = point(0, 0, 0, 1, 1);  // sb = -1 is legal, but not before a leaky ReLU
  low.g.value(1).scale = 0;
  low.add(Op::kLeakyRelu, {1, 1, 1}, 1);
  EXPECT_EQ(low.refusal(), 121);
}

TEST(LowerDpu, ActivationOfAnInt8TensorRoundsOnItsOwn) {
  Net net({1, 1, 1}, 1);
  net.add(Op::kLeakyRelu, {1, 1, 1}, 2).alpha = 0.5;
  const IntNet n = net.lowered();
  EXPECT_TRUE(std::holds_alternative<ops::RequantParams>(n.nodes.at(0).params));
  EXPECT_EQ(run(n, -6), -1);  // -1.5
  EXPECT_EQ(run(n, 5), 3);    // 2.5
}

TEST(LowerDpu, Add) {
  struct Case {
    int pa, pb, py, guard, a, b, want;
  };
  for (const Case& c : {Case{4, 8, 6, 0, 3, -1, 8}, Case{4, 8, 6, 2, 3, -1, 11}, Case{4, 8, 6, 7, 3, -1, 12},
                        Case{4, 12, 7, 0, 0, -1, -8}, Case{4, 12, 7, 2, 0, -1, -2}, Case{4, 12, 7, 7, 0, -1, 0}}) {
    Net net({1, 1, 1}, std::exp2(-c.pa));
    net.guard_bits = c.guard;
    net.add(Op::kRequantize, {1, 1, 1}, std::exp2(-c.pb));
    net.add(Op::kAdd, {1, 1, 1}, std::exp2(-c.py), {0, 1});
    const auto p = std::get<ops::AddParams>(net.lowered().nodes.at(1).params);
    ops::Tensor a({1, 1, 1}, static_cast<std::int8_t>(c.a)), b({1, 1, 1}, static_cast<std::int8_t>(c.b));
    EXPECT_EQ(ops::add(a, b, p).data[0], c.want) << c.pa << " " << c.pb << " G" << c.guard;
  }
}

TEST(LowerDpu, AddLimits) {
  const auto refusal = [](int pa, int pb, int py) {
    Net net({1, 1, 1}, std::exp2(-pa));
    net.add(Op::kRequantize, {1, 1, 1}, 1);
    net.add(Op::kRequantize, {1, 1, 1}, std::exp2(-pb));
    net.add(Op::kAdd, {1, 1, 1}, std::exp2(-py), {0, 2});
    return net.refusal();
  };
  EXPECT_EQ(refusal(-7, 8, 8), 0);  // sr = 15, sw = -15
  EXPECT_EQ(refusal(-8, 8, 0), 121);
  EXPECT_EQ(refusal(-1, 0, 15), 121);  // sw = -16
  EXPECT_EQ(refusal(15, 15, 0), 0);
  EXPECT_EQ(refusal(15, 15, -1), 121);
}

TEST(LowerDpu, AddWithActivations) {
  Net net({1, 1, 1}, 1);
  net.add(Op::kAdd, {1, 1, 1}, 0, {0, 0});
  net.add(Op::kRelu, {1, 1, 1}, 1);
  EXPECT_EQ(run(net.lowered(), -3), 0);
  EXPECT_EQ(run(net.lowered(), 3), 6);
  net.g.nodes[1].op = Op::kLeakyRelu;
  std::string message;
  EXPECT_EQ(net.refusal(&message), 121);
  EXPECT_THAT(message, HasSubstr("(Add): LeakyRelu"));
}

TEST(LowerDpu, AveragePoolDivisors) {
  struct Case {
    int k, want;
  };
  for (const Case& c : {Case{2, 127}, Case{3, 125}, Case{5, 124}, Case{6, 125}, Case{7, 127}}) {
    Net net({c.k, c.k, 1}, 1);
    net.add(Op::kAveragePool, {1, 1, 1}, 1).window = {c.k, c.k};
    EXPECT_EQ(run(net.lowered(), 127), c.want) << c.k;
  }
  Net twice({2, 2, 1}, 1);
  twice.add(Op::kAveragePool, {1, 1, 1}, 0.5).window = {2, 2};  // py = px + 1
  EXPECT_EQ(run(twice.lowered(), 21), 42);
}

TEST(LowerDpu, AveragePoolCountsPadding) {
  Net net({2, 2, 1}, 1);
  Node& n = net.add(Op::kAveragePool, {2, 2, 1}, 1);
  n.window = {2, 2, 1, 1, 1, 1, 1, 1, 0, 0};
  std::string message;
  EXPECT_EQ(net.refusal(&message), 121);
  EXPECT_THAT(message, HasSubstr("count_include_pad"));
  net.g.nodes[0].count_pad = true;
  EXPECT_EQ(run(net.lowered(), 8), 2);
}

TEST(LowerDpu, MaxPoolKeepsOrChangesScale) {
  Net same({2, 2, 1}, 0.5);
  same.add(Op::kMaxPool, {1, 1, 1}, 0.5).window = {2, 2};
  EXPECT_EQ(run(same.lowered(), -7), -7);
  Net floating({2, 2, 1}, 0.5);
  floating.add(Op::kMaxPool, {1, 1, 1}, 0).window = {2, 2};
  EXPECT_EQ(floating.lowered().tensors[1].scale, 0.5);
  Net half({2, 2, 1}, 0.5);
  half.add(Op::kMaxPool, {1, 1, 1}, 1).window = {2, 2};
  EXPECT_EQ(run(half.lowered(), -7), -3);  // -3.5, half up
  Net far({2, 2, 1}, 1);
  far.add(Op::kMaxPool, {1, 1, 1}, 65536).window = {2, 2};
  EXPECT_EQ(far.refusal(), 121);
}

}  // namespace
}  // namespace e8::model
