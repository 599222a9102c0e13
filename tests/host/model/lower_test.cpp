// Lowering against hand-worked numbers: shifts, multipliers, biases, layouts, limits.
#include "host/model/lower.h"

#include <gmock/gmock.h>

#include <cmath>

#include "emu/ops/ops.h"
#include "host/model/golden.h"
#include "host/model/metadata.h"
#include "tests/host/model/model_builder.h"

namespace e8::model {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// A graph of one input (value 0) and nodes added one behind the other.
struct Net {
  Graph g;
  std::string scheme = "dpu", tie = "half_up";
  int guard_bits = 2;

  Net(ops::Shape in, double scale) {
    g.file = "dir/net.onnx";
    g.values.push_back({"in", in, scale});
    g.input = g.output = 0;
  }
  Net& scaled() {
    scheme = "scaled", tie = "half_even";
    return *this;
  }
  /// Reads the last value unless `inputs` says others.
  Node& add(Op op, ops::Shape shape, double scale, std::vector<int> inputs = {}) {
    Node n;
    n.op = op;
    n.name = std::string("n") + std::to_string(g.nodes.size());
    n.inputs = inputs.empty() ? std::vector<int>{g.output} : std::move(inputs);
    n.output = g.output = static_cast<int>(g.values.size());
    g.values.push_back({"v" + std::to_string(n.output), shape, scale});
    g.nodes.push_back(std::move(n));
    return g.nodes.back();
  }
  IntNet lowered() {
    const ops::Shape& in = g.value(g.input).shape;
    Preprocess p;
    p.h = in.h, p.w = in.w, p.c = in.c;
    p.mean.assign(static_cast<std::size_t>(in.c), 0);
    p.stddev.assign(static_cast<std::size_t>(in.c), 1);
    write_metadata(&g, scheme, tie, p, {}, guard_bits);
    return lower(g);
  }
  int refusal(std::string* message = nullptr) {
    return error_id([&] { lowered(); }, message);
  }
};

void store(Node* n, std::vector<std::int32_t> w, std::vector<double> ws, std::vector<std::int32_t> b, double bs,
           std::size_t channels, int bias_bits = 8) {
  n->weights.assign(w.size(), 1.0F);
  n->bias.assign(channels, 0.0F);
  n->weights_q = {std::move(w), std::move(ws), 8};
  if (!b.empty()) n->bias_q = {std::move(b), {bs}, bias_bits};
}

/// 1x1 convolution of one channel: weight 1 at position pw, bias b at position pb.
Net point(int px, int pw, int py, int pb, int b) {
  Net net({1, 1, 1}, std::exp2(-px));
  store(&net.add(Op::kConv, {1, 1, 1}, std::exp2(-py)), {1}, {std::exp2(-pw)}, {b}, std::exp2(-pb), 1);
  return net;
}

const ops::ConvParams& conv_of(const IntNet& net, std::size_t i = 0) {
  return std::get<ops::ConvParams>(net.nodes.at(i).params);
}

std::int8_t run(const IntNet& net, std::int8_t x) {
  return run_golden_output(net, ops::Tensor(net.tensors[0].shape, x)).data.at(0);
}

// ---------------------------------------------------------------------------------------------- dpu

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

// ---------------------------------------------------------------------------------------------- scaled

TEST(LowerScaled, MultiplierIsAFloat32Significand) {
  // V288..: m = .00611123955, acc 1063 gives 6 (six and a half less a little)
  struct Case {
    float m;
    std::uint32_t significand;
    int shift;
  };
  for (const Case& c : {Case{1.0F, 1U << 23, 24}, Case{0.5F, 1U << 23, 25}, Case{0.75F, 3U << 22, 25},
                        Case{3.0F, 3U << 22, 23}, Case{0x1p-31F, 1U << 23, 55}, Case{0x1.fffffep23F, 0xffffffU, 1}}) {
    Net net({1, 1, 1}, 1);
    store(&net.scaled().add(Op::kConv, {1, 1, 1}, 1), {1}, {c.m}, {}, 1, 1);
    const num::ChannelParam p = conv_of(net.lowered()).tail.of(0);
    EXPECT_EQ(p.mp, c.significand) << c.m;
    EXPECT_EQ(p.mn, c.significand) << c.m;
    EXPECT_EQ(p.s, c.shift) << c.m;
  }
  for (const float m : {0x1.fffffep-32F, 0x1p24F}) {
    Net net({1, 1, 1}, 1);
    store(&net.scaled().add(Op::kConv, {1, 1, 1}, 1), {1}, {m}, {}, 1, 1);
    std::string message;
    EXPECT_EQ(net.refusal(&message), 121) << m;
    EXPECT_THAT(message, HasSubstr("node 'n0' (Conv): multiplier"));
  }
}

TEST(LowerScaled, PublishedMultipliers) {
  struct Case {
    float m;
    int x, w, want;
  };
  for (const Case& c : {Case{0.025F, 20, 1, 1}, Case{0.25F, -2, 1, 0}, Case{0.5F, 5, 1, 2}, Case{0.5F, 7, 1, 4}}) {
    Net net({1, 1, 1}, c.m);
    store(&net.scaled().add(Op::kConv, {1, 1, 1}, 1), {c.w}, {1}, {}, 1, 1);
    EXPECT_EQ(run(net.lowered(), static_cast<std::int8_t>(c.x)), c.want) << c.m;
  }
}

TEST(LowerScaled, Int8BiasBecomesAccumulatorUnits) {
  Net net({1, 1, 1}, 0.5);
  store(&net.scaled().add(Op::kConv, {1, 1, 4}, 1), {1, 1, 1, 1}, {1, 0.25, 3, 0.75}, {3, -3, 5, 1}, 0.25, 4);
  const IntNet n = net.lowered();
  std::vector<std::int64_t> b2;
  for (const num::ChannelParam& p : conv_of(n).tail.channel) b2.push_back(p.b2);
  // 3*.25/.5 = 1.5, -3*.25/.125 = -6, 5*.25/1.5 = 0.83, .25/.375 = 0.67; half away
  EXPECT_THAT(b2, ElementsAre(4, -12, 2, 2));
}

TEST(LowerScaled, Int32BiasIsTakenAsStored) {
  Net net({1, 1, 1}, 0.1F);
  const double unit = double{0.1F} * double{0.3F};
  store(&net.scaled().add(Op::kConv, {1, 1, 1}, 1), {1}, {double{0.3F}}, {123456789}, double{static_cast<float>(unit)},
        1, 32);
  EXPECT_EQ(conv_of(net.lowered()).tail.of(0).b2, 2 * 123456789);
  net.g.nodes[0].bias_q.scales = {2 * unit};
  EXPECT_EQ(conv_of(net.lowered()).tail.of(0).b2, 4 * 123456789LL);
}

TEST(LowerScaled, BiasThatCouldOverflowIsRefused) {
  Net net({1, 1, 1}, 1);
  store(&net.scaled().add(Op::kConv, {1, 1, 1}, 1024), {1}, {1}, {(1 << 30)}, 1, 1, 32);
  EXPECT_EQ(net.refusal(), 0);
  net.g.nodes[0].bias_q.values = {2147483647};
  std::string message;
  EXPECT_EQ(net.refusal(&message), 121);
  EXPECT_THAT(message, HasSubstr("doubled bias of channel 0"));
  net.g.nodes[0].bias_q.values = {2147483647 - 16384};  // K * 2^14 + |bias32| = 2^31 - 1
  EXPECT_EQ(net.refusal(), 0);
  net.g.nodes[0].bias_q.values = {2147483647 - 16383};
  EXPECT_EQ(net.refusal(), 121);
}

TEST(LowerScaled, LeakyHasItsOwnMultiplier) {
  Net net({1, 1, 1}, 1);
  store(&net.scaled().add(Op::kConv, {1, 1, 1}, 0), {1}, {0.75}, {}, 1, 1);
  net.add(Op::kLeakyRelu, {1, 1, 1}, 1).alpha = 0.3;
  const num::ChannelParam p = conv_of(net.lowered()).tail.of(0);
  EXPECT_EQ(p.mp, 3u << 22);
  EXPECT_EQ(p.mn, 3774874u);               // 0.3 * 12582912 = 3774873.6
  EXPECT_EQ(run(net.lowered(), -41), -9);  // -9.225
  EXPECT_EQ(run(net.lowered(), 100), 75);
}

TEST(LowerScaled, ClipRoundsItsLimitsByTheTieRule) {
  Net net({1, 1, 1}, 1);
  store(&net.scaled().add(Op::kConv, {1, 1, 1}, 0), {1}, {4}, {}, 1, 1);
  Node& clip = net.add(Op::kClip, {1, 1, 1}, 4);
  clip.lo = -10, clip.hi = 6;  // -2.5, 1.5
  EXPECT_EQ(run(net.lowered(), 100), 2);
  EXPECT_EQ(run(net.lowered(), -100), -2);
  net.tie = "half_away";
  EXPECT_EQ(run(net.lowered(), -100), -3);
  net.tie = "half_up";
  EXPECT_EQ(run(net.lowered(), -100), -2);
  net.g.nodes[1].lo = -INFINITY, net.g.nodes[1].hi = INFINITY;
  EXPECT_EQ(run(net.lowered(), -128), -128);
  EXPECT_EQ(run(net.lowered(), 127), 127);
}

TEST(LowerScaled, AddMultipliersShareOneShift) {
  Net net({1, 1, 1}, 3);
  net.scaled().add(Op::kRequantize, {1, 1, 1}, 0.5);
  net.add(Op::kAdd, {1, 1, 1}, 1, {0, 1});
  const auto p = std::get<ops::AddParams>(net.lowered().nodes.at(1).params);
  EXPECT_EQ(p.kind, ops::AddParams::Kind::kScaled);
  EXPECT_EQ(p.shift, 21);  // 3 * 2^21 < 2^23
  EXPECT_THAT(p.mult, ElementsAre(3 << 21, 1 << 20));
  net.g.value(0).scale = 0x1.fffffep0F;  // rounds up to 2^23 and must not
  net.g.value(1).scale = 1;
  const auto q = std::get<ops::AddParams>(net.lowered().nodes.at(1).params);
  EXPECT_EQ(q.shift, 21);
  EXPECT_THAT(q.mult, ElementsAre(1 << 22, 1 << 21));
  net.g.value(2).scale = 0x1p-30;
  EXPECT_EQ(net.refusal(), 121);
}

TEST(LowerScaled, AveragePoolFoldsItsDivisor) {
  Net net({3, 1, 1}, 1);
  net.scaled().add(Op::kAveragePool, {1, 1, 1}, 0.5).window = {3, 1};
  const auto p = std::get<ops::AvgPoolParams>(net.lowered().nodes.at(0).params);
  ASSERT_EQ(p.by_count.size(), 1u);
  EXPECT_EQ(p.by_count[0].mp, 11184811u);  // 2/3 as a float32: 0.6666667
  EXPECT_EQ(p.by_count[0].s, 25);
  EXPECT_EQ(run(net.lowered(), 50), 100);

  Net padded({2, 2, 1}, 1);
  padded.scaled().add(Op::kAveragePool, {2, 2, 1}, 1).window = {2, 2, 1, 1, 1, 1, 1, 1, 0, 0};
  const auto q = std::get<ops::AvgPoolParams>(padded.lowered().nodes.at(0).params);
  EXPECT_EQ(q.by_count.size(), 4u);
  EXPECT_FALSE(q.count_pad);
  EXPECT_THAT(run_golden_output(padded.lowered(), ops::Tensor({2, 2, 1}, 8)).data, ElementsAre(8, 8, 8, 8));
}

// ---------------------------------------------------------------------------------------------- structure

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
  EXPECT_EQ(n.cpu_tail, CpuTail::kSoftmax);
  EXPECT_EQ(n.output, 1);
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
  EXPECT_EQ(error_id([&] { lower(net.g); }), 122);  // none yet
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

}  // namespace
}  // namespace e8::model
