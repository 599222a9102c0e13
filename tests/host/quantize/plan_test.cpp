// Tests host/quantize/plan.h.
#include "host/quantize/plan.h"

#include <gtest/gtest.h>

#include "tests/host/quantize/small_graph.h"

namespace e8::quantize {
namespace {

Plan dpu_plan(const model::Graph& graph) { return plan_of(graph, Scheme::kDpu, num::Tie::kHalfUp); }

TEST(Plan, FusedActivationsLeaveTheOperatorFloat) {
  SmallGraph b({4, 4, 2});
  const int conv = b.conv(0, 2, 3), relu = b.relu(conv);
  const int read_twice = b.conv(relu, 2, 1), relu2 = b.relu(read_twice), sum = b.sum(relu2, read_twice);
  const int clipped = b.clip(sum, 0, 6), pooled = b.max_pool(clipped), relu3 = b.relu(pooled);
  const model::Graph g = b.end(relu3);
  const Plan plan = dpu_plan(g);
  EXPECT_FALSE(plan.stored(conv));
  EXPECT_TRUE(plan.stored(relu));
  EXPECT_TRUE(plan.stored(read_twice)) << "two readers";
  EXPECT_FALSE(plan.stored(sum));
  EXPECT_TRUE(plan.stored(pooled)) << "a maximum does not take an activation in";
  EXPECT_EQ(plan.group_of[static_cast<std::size_t>(pooled)], plan.group_of[static_cast<std::size_t>(clipped)]);
  EXPECT_NE(plan.group_of[static_cast<std::size_t>(relu3)], plan.group_of[static_cast<std::size_t>(pooled)]);
  const model::Node* activation = nullptr;
  EXPECT_EQ(stored_output(g, plan, g.nodes[0], &activation), relu);
  EXPECT_EQ(activation, &g.nodes[1]);
  EXPECT_EQ(stored_output(g, plan, g.nodes[2], &activation), read_twice);
  EXPECT_EQ(activation, nullptr);
}

TEST(Plan, AnAdditionDoesNotTakeALeakyReluIn) {
  SmallGraph b({4, 4, 2});
  const int conv = b.conv(0, 2, 3), sum = b.sum(conv, 0), leaky = b.leaky_relu(sum, 0.1);
  EXPECT_TRUE(dpu_plan(b.end(leaky)).stored(sum));
}

TEST(Plan, CopiesAndTheLastLayer) {
  SmallGraph b({4, 4, 2});
  const int pooled = b.max_pool(0), flat = b.flatten(pooled), fc = b.gemm(flat, 3), out = b.softmax(fc);
  const Plan plan = dpu_plan(b.end(out));
  EXPECT_EQ(plan.groups.size(), 2U);
  EXPECT_EQ(plan.groups[0].values, (std::vector<int>{0, pooled, flat}));
  EXPECT_TRUE(plan.stored(fc));
  EXPECT_FALSE(plan.stored(out)) << "the CPU's";
}

TEST(Plan, AnActivationAtTheEndIsFused) {
  SmallGraph b({4, 4, 2});
  const int conv = b.conv(0, 2, 3), relu = b.relu(conv);
  EXPECT_FALSE(dpu_plan(b.end(relu)).stored(conv));
  EXPECT_TRUE(dpu_plan(b.end(conv)).stored(conv)) << "the output itself is wanted";
}

TEST(Plan, GridsOfTheSchemes) {
  Plan plan;
  EXPECT_EQ(constant_grid(plan, 0.5).lo, -128);
  EXPECT_EQ(constant_grid(plan, 0.5).tie, num::Tie::kHalfAway);
  plan.scheme = Scheme::kScaled;
  EXPECT_EQ(constant_grid(plan, 0.5).lo, -127);
  EXPECT_EQ(constant_grid(plan, 0.5).tie, num::Tie::kHalfEven);
  plan.tie = num::Tie::kHalfAway;
  EXPECT_EQ(activation_grid(plan, Affine{0.5, 0}).lo, -128);
  EXPECT_EQ(activation_grid(plan, Affine{0.5, -128}).lo, 0) << "steps from the zero point";
  EXPECT_EQ(activation_grid(plan, Affine{0.5, -128}).hi, 255);
  EXPECT_EQ(activation_grid(plan, Affine{0.5, 0}).tie, num::Tie::kHalfAway);
}

}  // namespace
}  // namespace e8::quantize
