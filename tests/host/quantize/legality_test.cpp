// Tests host/quantize/legality.h: from scales that the arithmetic cannot execute to ones that lower() takes.
#include "host/quantize/legality.h"

#include <gtest/gtest.h>

#include <cmath>

#include "host/model/error.h"
#include "host/quantize/pow2.h"
#include "tests/host/quantize/small_graph.h"

namespace e8::quantize {
namespace {

struct Ps {
  int x, w, b, y;
};

/// A convolution whose positions are `p`, after repair.
struct Repaired {
  Ps p{};
  std::string weights_note, bias_note, y_note;
};

Repaired repair(Ps p, bool leaky = false, num::Tie tie = num::Tie::kHalfUp) {
  SmallGraph builder({4, 4, 2});
  const int conv = builder.conv(0, 2, 3), y = leaky ? builder.leaky_relu(conv, 0.1) : builder.relu(conv);
  const model::Graph g = builder.end(y);
  Plan plan = plan_of(g, Scheme::kDpu, tie);
  plan.group(0).scale = scale_of_p(p.x);
  plan.group(y).scale = scale_of_p(p.y);
  plan.nodes[0] = {{scale_of_p(p.w)}, scale_of_p(p.b)};
  make_legal(g, &plan);
  const auto q = [](double scale) { return p_of_scale(scale); };
  return {{q(plan.scale_of(0)), q(plan.nodes[0].weights[0]), q(plan.nodes[0].bias), q(plan.scale_of(y))},
          plan.weights_notes[0],
          plan.bias_notes[0],
          plan.group(y).note};
}

void expect_p(const Repaired& r, Ps want) {
  EXPECT_EQ(r.p.x, want.x);
  EXPECT_EQ(r.p.w, want.w);
  EXPECT_EQ(r.p.b, want.b);
  EXPECT_EQ(r.p.y, want.y);
}

TEST(LegalityDpu, LegalStaysAndSaysNothing) {
  for (const Ps p : {Ps{5, 7, 8, 4}, Ps{8, 12, 4, 4}, Ps{4, 4, 8, 8}, Ps{4, 4, 24, 8}, Ps{8, 12, 20, 4}}) {
    const Repaired r = repair(p);
    expect_p(r, p);
    EXPECT_EQ(r.weights_note + r.bias_note + r.y_note, "");
  }
}

TEST(LegalityDpu, ShiftCutTooLargeMovesTheWeights) {
  const Repaired r = repair({8, 13, 10, 4});  // shift_cut 17
  expect_p(r, {8, 12, 10, 4});
  EXPECT_NE(r.weights_note.find("p 13 to 12"), std::string::npos) << r.weights_note;
  EXPECT_NE(r.weights_note.find("shift_cut"), std::string::npos) << r.weights_note;
}

TEST(LegalityDpu, NegativeShiftCutMovesTheOutput) {
  const Repaired r = repair({4, 4, 8, 11});  // shift_cut -3
  expect_p(r, {4, 4, 8, 8});
  EXPECT_NE(r.y_note.find("p 11 to 8"), std::string::npos) << r.y_note;
}

TEST(LegalityDpu, ShiftBiasTooSmallMovesTheBias) {
  expect_p(repair({5, 7, 20, 4}), {5, 7, 20, 4});  // shift_bias -8 = shift_cut - 16
  const Repaired r = repair({5, 7, 21, 4});        // -9
  expect_p(r, {5, 7, 20, 4});
  EXPECT_NE(r.bias_note.find("p 21 to 20"), std::string::npos) << r.bias_note;
}

TEST(LegalityDpu, ShiftBiasTooLargeMovesTheWeights) {
  expect_p(repair({8, 9, 1, 8}), {8, 9, 1, 8});  // 16
  expect_p(repair({8, 9, -1, 8}), {8, 7, -1, 8});
  expect_p(repair({8, 2, -8, 8}), {8, 0, -8, 8});  // 18: weights by 2, shift_cut 0
  expect_p(repair({8, 1, -8, 9}), {8, 0, -8, 8});  // then shift_cut -1: the output too
}

TEST(LegalityDpu, BeforeLeakyReluTheBiasIsNeverFloored) {
  expect_p(repair({5, 7, 12, 4}, true), {5, 7, 12, 4});
  expect_p(repair({5, 7, 13, 4}, true), {5, 7, 12, 4});
}

TEST(LegalityDpu, OtherTiesAllowOneGuardBit) {
  for (const num::Tie tie : {num::Tie::kHalfAway, num::Tie::kHalfEven}) {
    expect_p(repair({5, 7, 13, 4}, false, tie), {5, 7, 13, 4});
    expect_p(repair({5, 7, 14, 4}, false, tie), {5, 7, 13, 4});
  }
}

TEST(LegalityDpu, ABiasOfZerosFollowsTheAccumulator) {
  SmallGraph builder({4, 4, 2});
  const int y = builder.conv(0, 2, 3);
  builder.maker(y).bias = {0, 0};
  const model::Graph g = builder.end(y);
  for (const Scheme scheme : {Scheme::kDpu, Scheme::kScaled}) {
    Plan plan = plan_of(g, scheme, num::Tie::kHalfUp);
    for (Group& group : plan.groups) group.scale = 0.25;
    plan.nodes[0] = {{0.125}, 0};
    if (scheme == Scheme::kScaled) plan.nodes[0].weights = {0.125, 0.0625};
    make_legal(g, &plan);
    EXPECT_EQ(plan.nodes[0].bias, 0.25 * 0.125);
  }
}

/// Positions of a + b = y after repair.
std::vector<int> repair_sum(int a, int b, int y) {
  SmallGraph builder({4, 4, 2});
  const int u = builder.max_pool(0), v = builder.global_pool(u), w = builder.global_pool(v), s = builder.sum(v, w);
  const model::Graph g = builder.end(s);
  Plan plan = plan_of(g, Scheme::kDpu, num::Tie::kHalfUp);
  plan.group(0).scale = scale_of_p(a);
  plan.group(v).scale = scale_of_p(a);
  plan.group(w).scale = scale_of_p(b);
  plan.group(s).scale = scale_of_p(y);
  make_legal(g, &plan);
  return {p_of_scale(plan.scale_of(v)), p_of_scale(plan.scale_of(w)), p_of_scale(plan.scale_of(s))};
}

TEST(LegalityDpu, Sums) {
  using V = std::vector<int>;
  EXPECT_EQ(repair_sum(5, 6, 4), (V{5, 6, 4}));
  EXPECT_EQ(repair_sum(0, 15, 0), (V{0, 15, 0}));
  EXPECT_EQ(repair_sum(15, 0, 15), (V{15, 0, 15}));
  EXPECT_EQ(repair_sum(3, 3, 19), (V{3, 3, 18}));
  EXPECT_EQ(repair_sum(20, 20, 5), (V{20, 20, 5}));
  const V r = repair_sum(20, 21, 4);  // shift_write 16: one operand comes down
  EXPECT_EQ(std::min(r[0], r[1]), 19);
  EXPECT_EQ(r[2], 4);
}

// The sum lowers the convolution's output from 19 to 15, so that its shift_cut of 16 becomes 20.
TEST(LegalityDpu, OneRepairLeadsToAnother) {
  SmallGraph builder({4, 4, 2});
  const int y = builder.conv(0, 2, 3), other = builder.conv(0, 2, 1), s = builder.sum(y, other);
  const model::Graph g = builder.end(s);
  Plan plan = plan_of(g, Scheme::kDpu, num::Tie::kHalfUp);
  plan.group(0).scale = scale_of_p(15);
  plan.group(y).scale = scale_of_p(19);
  plan.group(other).scale = plan.group(s).scale = scale_of_p(0);
  plan.nodes[0] = {{scale_of_p(20)}, scale_of_p(30)};
  plan.nodes[1] = {{scale_of_p(0)}, scale_of_p(10)};
  make_legal(g, &plan);
  EXPECT_EQ(p_of_scale(plan.scale_of(y)), 15);
  EXPECT_EQ(p_of_scale(plan.nodes[0].weights[0]), 16);
}

TEST(LegalityDpu, PoolsAreWithinFifteen) {
  EXPECT_EQ(repair_sum(0, 16, 0), (std::vector<int>{0, 15, 0}));
  EXPECT_EQ(repair_sum(17, 1, 1), (std::vector<int>{16, 1, 1}));
}

TEST(Legality, TooManyProducts) {
  for (const Scheme scheme : {Scheme::kDpu, Scheme::kScaled}) {
    SmallGraph builder({512, 256, 1});  // 131072 products
    const model::Graph g = builder.end(builder.gemm(0, 1));
    Plan plan = plan_of(g, scheme, num::Tie::kHalfUp);
    for (Group& group : plan.groups) group.scale = 1;
    plan.nodes[0] = {{1}, 1};
    try {
      make_legal(g, &plan);
      ADD_FAILURE() << "131072 products were accepted";
    } catch (const UserError& e) {
      EXPECT_EQ(e.id(), 304);
      EXPECT_NE(std::string(e.what()).find("Gemm0"), std::string::npos) << e.what();
    }
  }
}

/// The weight scales of two channels after repair.
std::vector<double> repair_scaled(double w0, float bias0, double sx, double sy, std::string* note) {
  SmallGraph builder({4, 4, 2});
  const int y = builder.conv(0, 2, 3);
  builder.maker(y).bias = {bias0, 1};
  const model::Graph g = builder.end(y);
  Plan plan = plan_of(g, Scheme::kScaled, num::Tie::kHalfEven);
  plan.group(0).scale = sx;
  plan.group(y).scale = sy;
  plan.nodes[0] = {{w0, 0.01}, 1.0 / 127};
  make_legal(g, &plan);
  *note = plan.weights_notes[0];
  return plan.nodes[0].weights;
}

TEST(LegalityScaled, OnlyChannelsWithoutWeightAreRaised) {
  std::string note;
  EXPECT_EQ(repair_scaled(0.01, 1, 0.05, 0.1, &note), (std::vector<double>{0.01, 0.01}));
  EXPECT_EQ(note, "");
  const auto by_bias = repair_scaled(1e-9, 1, 0.05, 0.1, &note);
  EXPECT_NE(note.find("1 channels"), std::string::npos) << note;
  EXPECT_EQ(by_bias[1], 0.01);
  const double bias32 = 1 / (by_bias[0] * 0.05);
  EXPECT_LE(bias32, 0x1p31 - 1 - 18 * 16384.0);
  EXPECT_GT(bias32, 0x1p31 * 0.999 - 18 * 16384.0) << "raised further than needed";
  const auto by_multiplier = repair_scaled(1e-12, 0, 0.05, 0.1, &note);
  EXPECT_GE(by_multiplier[0] * 0.05 / 0.1, 0x1p-31);
  EXPECT_LE(by_multiplier[0] * 0.05 / 0.1, 0x1p-31 * 1.001);
}

TEST(LegalityScaled, AMultiplierNoShiftReaches) {
  std::string note;
  EXPECT_THROW(repair_scaled(1, 0, 1, 1e-8, &note), UserError);
}

}  // namespace
}  // namespace e8::quantize
