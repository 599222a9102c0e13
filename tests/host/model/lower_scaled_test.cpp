// Lowering under arbitrary scales: multipliers, biases in accumulator units, clamps.
#include <gmock/gmock.h>

#include "tests/host/model/quantized_net.h"

namespace e8::model {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

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

}  // namespace
}  // namespace e8::model
