// The CPU tail: dequantize, softmax, argmax and top-k with both tie rules.
#include "host/driver/classify.h"

#include <gmock/gmock.h>

#include <numeric>

namespace e8::testing {
namespace {

using driver::ArgmaxTie;
using ::testing::ElementsAre;

std::vector<int> indices(const std::vector<driver::Score>& scores) {
  std::vector<int> all;
  for (const driver::Score& s : scores) all.push_back(s.index);
  return all;
}

TEST(Classify, DequantizesWithZeroPoint) {
  ops::Tensor t({1, 1, 4});
  t.data = {-128, 0, 3, 127};
  EXPECT_THAT(driver::dequantize(t, {"t", t.shape, 0.5, 3}), ElementsAre(-65.5, -1.5, 0.0, 62.0));
}

TEST(Classify, SoftmaxIsStableAndSumsToOne) {
  const std::vector<double> p = driver::softmax({1000, 1001, 1000});
  EXPECT_NEAR(std::accumulate(p.begin(), p.end(), 0.0), 1.0, 1e-12);
  EXPECT_NEAR(p[1] / p[0], 2.718281828459045, 1e-12);
  EXPECT_THAT(driver::softmax({-1e300, 1e300}), ElementsAre(0.0, 1.0));
  EXPECT_THAT(driver::softmax({5}), ElementsAre(1.0));
  EXPECT_TRUE(driver::softmax({}).empty());
}

TEST(Classify, TieRuleDecidesEqualValues) {  // numerics.md section 8: argmax tie
  const std::vector<double> x{5, 9, 9, 1};
  EXPECT_EQ(driver::argmax(x), 1);
  EXPECT_EQ(driver::argmax(x, ArgmaxTie::kLast), 2);
  EXPECT_THAT(indices(driver::top_k(x, 3)), ElementsAre(1, 2, 0));
  EXPECT_THAT(indices(driver::top_k(x, 3, ArgmaxTie::kLast)), ElementsAre(2, 1, 0));
  EXPECT_THAT(indices(driver::top_k({0, 0, 0}, 3)), ElementsAre(0, 1, 2));
  EXPECT_THAT(indices(driver::top_k({0, 0, 0}, 3, ArgmaxTie::kLast)), ElementsAre(2, 1, 0));
}

TEST(Classify, TopKIsCutAtBothEnds) {
  EXPECT_THAT(indices(driver::top_k({1, 2}, 5)), ElementsAre(1, 0));
  EXPECT_TRUE(driver::top_k({1, 2}, 0).empty());
  EXPECT_TRUE(driver::top_k({1, 2}, -1).empty());
  EXPECT_TRUE(driver::top_k({}, 3).empty());
  EXPECT_EQ(driver::top_k({-3, -2}, 1)[0].value, -2);
}

}  // namespace
}  // namespace e8::testing
