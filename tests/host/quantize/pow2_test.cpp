// Tests host/quantize/pow2.h.
#include "host/quantize/pow2.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "host/quantize/grid.h"

namespace e8::quantize {
namespace {

using num::Tie;

TEST(NonOverflowP, TableOfTheNumericsPage) {
  const struct {
    double max;
    int p0;
  } rows[] = {{.993, 7}, {.9961, 6}, {1.0, 6}, {1.41, 6}, {1.99, 6}, {2.0, 5}};
  for (const auto& row : rows) {
    EXPECT_EQ(non_overflow_p(0, row.max), row.p0) << row.max;
    EXPECT_EQ(non_overflow_p(-row.max / 2, row.max), row.p0) << row.max;
  }
}

TEST(NonOverflowP, TheHalfBelongsToTheNarrowerSide) {
  EXPECT_EQ(non_overflow_p(0, 127.5), 0);  // 127.5 is the limit itself
  EXPECT_EQ(non_overflow_p(0, std::nextafter(127.5, 200)), -1);
  EXPECT_EQ(non_overflow_p(-128.5, 0), 0);
  EXPECT_EQ(non_overflow_p(std::nextafter(-128.5, -200), 0), -1);
  EXPECT_EQ(non_overflow_p(-128.5, 1), 0);
  EXPECT_EQ(non_overflow_p(-1, 127.6), -1);
}

// The formula of numerics.md 3.1 with its logarithm, on values that are no exact powers of two.
TEST(NonOverflowP, AgreesWithTheLogarithm) {
  std::mt19937 random(3);
  std::uniform_real_distribution<double> fraction(1e-3, 1);
  std::uniform_int_distribution<int> exponent(-20, 20);
  for (int i = 0; i < 10000; ++i) {
    const double lo = -std::ldexp(fraction(random), exponent(random));
    const double hi = std::ldexp(fraction(random), exponent(random));
    EXPECT_EQ(non_overflow_p(lo, hi), std::floor(std::log2(1 / std::max(lo / -128.5, hi / 127.5)))) << lo << " " << hi;
  }
}

TEST(NonOverflowP, IsBounded) {
  EXPECT_EQ(non_overflow_p(0, 1e-40), kMaxP);
  EXPECT_EQ(non_overflow_p(0, 3e38), -kMaxP);
}

TEST(ScaleOfP, BothWays) {
  for (int p = -kMaxP; p <= kMaxP; ++p) EXPECT_EQ(p_of_scale(scale_of_p(p)), p);
  EXPECT_EQ(scale_of_p(3), 0.125);
}

// p0..p0+4 by the definition, value by value.
int brute_force(const std::vector<float>& x, Tie tie) {
  double lo = 0, hi = 0;
  for (const float v : x) {
    lo = std::min(lo, double{v});
    hi = std::max(hi, double{v});
  }
  const int p0 = non_overflow_p(lo, hi);
  double least = INFINITY;
  int best = 0;
  for (int p = p0; p < p0 + 5; ++p) {
    double sum = 0;
    for (const float v : x) {
      const double scaled = v * std::ldexp(1.0, p);
      double q = tie == Tie::kHalfAway ? std::round(scaled) : std::floor(scaled + 0.5);
      q = std::min(std::max(q, -128.0), 127.0);
      sum += std::pow(v - q * std::ldexp(1.0, -p), 2);
    }
    if (sum < least) {
      least = sum;
      best = p;
    }
  }
  return best;
}

TEST(MinMseP, AgreesWithBruteForce) {
  const unsigned seed = 11;
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  int above_p0 = 0;
  for (int i = 0; i < 200; ++i) {
    std::vector<float> x(1 + random() % 2000);
    const float spread = std::ldexp(1.0F, static_cast<int>(random() % 20) - 10);
    for (float& v : x) v = normal(random) * spread * (random() % 50 == 0 ? 4.0F : 1.0F);
    for (const Tie tie : {Tie::kHalfUp, Tie::kHalfAway}) {
      const Range range = range_of(x, 1);
      const int p = min_mse_p(x, range, tie, 1);
      EXPECT_EQ(p, brute_force(x, tie)) << x.size();
      above_p0 += p > non_overflow_p(range.lo, range.hi) ? 1 : 0;
    }
  }
  EXPECT_GT(above_p0, 20) << "no case in which clipping pays";
}

TEST(MinMseP, TheSmallestOfEqualsWins) {
  const std::vector<float> x = {64, 2, -8, 0};  // exact from p0 = 0 on, clipped from p = 1 on
  EXPECT_EQ(min_mse_p(x, range_of(x, 1), Tie::kHalfAway, 1), 0);
  const std::vector<float> tie = {64, 0.5F};  // p = 0 loses 0.5 of the second, p = 1 loses 0.5 of the first
  EXPECT_EQ(min_mse_p(tie, range_of(tie, 1), Tie::kHalfAway, 1), 0);
  const std::vector<float> y = {1, 0.5F};  // exact at p0 = 6, where 1 is 64; p = 7 would clip it
  EXPECT_EQ(min_mse_p(y, range_of(y, 1), Tie::kHalfAway, 1), 6);
}

TEST(MinMseP, ClippingPays) {
  std::vector<float> x(100000, 0.1F);  // at p0 = 6 each is off by 0.0063, at p0 + 1 by 0.0016
  x[5] = 1;
  EXPECT_EQ(min_mse_p(x, range_of(x, 1), Tie::kHalfUp, 1), brute_force(x, Tie::kHalfUp));
  EXPECT_GT(min_mse_p(x, range_of(x, 1), Tie::kHalfUp, 1), 6);
}

// Every p up to 11 loses less than the one below: the clipped 1 costs little beside three million rounding errors.
TEST(MinMseP, LooksFourAboveAndNoFurther) {
  std::vector<float> x(3000000);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = 0.06F * static_cast<float>(i) / static_cast<float>(x.size());
  x[0] = 1;  // p0 = 6
  const auto error = [&](int p) { return squared_error({scale_of_p(p), -128, 127, Tie::kHalfUp}, x.data(), x.size()); };
  for (int p = 6; p <= 10; ++p) ASSERT_LT(error(p + 1), error(p)) << p;
  EXPECT_EQ(min_mse_p(x, range_of(x, 1), Tie::kHalfUp, 2), 10);
}

TEST(MinMseP, DoesNotDependOnThreads) {
  std::mt19937 random(17);
  std::vector<float> x(5 * Values::kChunk + 77);
  for (float& v : x) v = static_cast<float>(random() % 10007) * 1e-3F - 5;
  const Range range = range_of(x, 1);
  const int p = min_mse_p(x, range, Tie::kHalfUp, 1);
  for (const int threads : {2, 3, 8}) EXPECT_EQ(min_mse_p(x, range, Tie::kHalfUp, threads), p);
}

TEST(ModeOfP, MostVotesThenSmallest) {
  ModeOfP votes;
  EXPECT_FALSE(votes.mode());
  for (const int p : {5, 7, 7, 3}) votes.add(p);
  EXPECT_EQ(votes.mode(), 7);
  votes.add(3);
  EXPECT_EQ(votes.mode(), 3);  // 3 and 7 twice each
  votes.add(-2);
  votes.add(-2);
  EXPECT_EQ(votes.mode(), -2);
}

}  // namespace
}  // namespace e8::quantize
