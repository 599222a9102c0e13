// Tests host/quantize/histogram.h.
#include "host/quantize/histogram.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace e8::quantize {
namespace {

Histogram of(const std::vector<float>& x, int threads = 1) {
  Histogram h;
  h.add(x, range_of(x, threads), threads);
  return h;
}

bool same(const Histogram& a, const Histogram& b) {
  for (std::size_t i = 0; i < Histogram::kBins; ++i)
    if (a.bin(i) != b.bin(i)) return false;
  return a.count() == b.count() && a.width() == b.width() && a.max() == b.max() && a.lo() == b.lo() && a.hi() == b.hi();
}

std::vector<float> random_values(std::size_t n, float spread, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0, spread);
  std::vector<float> x(n);
  for (float& v : x) v = normal(random);
  return x;
}

TEST(Histogram, BinsByTheDefinition) {
  const Histogram h = of({0, 0.0009765F, 0.0009766F, -1, 1.9999F, -3.9990F});
  EXPECT_EQ(h.width(), std::ldexp(1.0, -10));  // the smallest with which 3.999 fits 4096 bins
  EXPECT_EQ(h.bin(0), 2);
  EXPECT_EQ(h.bin(1), 1);
  EXPECT_EQ(h.bin(1024), 1);
  EXPECT_EQ(h.bin(2047), 1);
  EXPECT_EQ(h.bin(4094), 1);
  EXPECT_EQ(h.count(), 6);
  EXPECT_EQ(h.lo(), -3.9990F);
  EXPECT_EQ(h.hi(), 1.9999F);
  EXPECT_EQ(of({4}).width(), std::ldexp(1.0, -9));  // 4 would be bin 4096
}

TEST(Histogram, OrderBatchesAndThreadsDoNotMatter) {
  const std::vector<float> small = random_values(100000, 0.01F, 1), large = random_values(300000, 7, 2), zeros(50, 0);
  Histogram forth, back, parts;
  for (const auto* x : {&small, &zeros, &large}) forth.add(*x, range_of(*x, 1), 1);
  for (const auto* x : {&large, &small, &zeros}) back.add(*x, range_of(*x, 1), 3);
  parts.merge(of(zeros));
  parts.merge(of(large, 2));
  parts.merge(of(small, 7));
  EXPECT_TRUE(same(forth, back));
  EXPECT_TRUE(same(forth, parts));
  std::vector<float> all = small;
  all.insert(all.end(), zeros.begin(), zeros.end());
  all.insert(all.end(), large.begin(), large.end());
  EXPECT_TRUE(same(forth, of(all)));
  all[0] += 1;
  EXPECT_FALSE(same(forth, of(all)));
}

TEST(Histogram, FromTheSmallestFloatToTheLargest) {
  Histogram h = of({1e-45F});
  EXPECT_EQ(h.count(), 1);
  h.merge(of({3.4e38F}));
  EXPECT_EQ(h.bin(0), 1);
  EXPECT_EQ(h.max(), 3.4e38F);
  EXPECT_EQ(of({0, 0}).bin(0), 2);
}

TEST(Percentile, OfKnownValues) {
  std::vector<float> x;  // 1..10000 in units of 2^-12: bin i holds i units
  for (int i = 1; i <= 4000; ++i) x.push_back(static_cast<float>(i) / 4096);
  const Histogram h = of(x);
  ASSERT_EQ(h.width(), 1.0 / 4096);
  EXPECT_EQ(percentile(h, 100), 4000.0 / 4096);
  EXPECT_EQ(percentile(h, 50), 2001.0 / 4096);    // the upper edge of the bin of the 2000th
  EXPECT_EQ(percentile(h, 99.9), 3997.0 / 4096);  // of the 3996th
  EXPECT_EQ(percentile(h, 0.0001), 2.0 / 4096);
}

TEST(Percentile, IgnoresAnOutlier) {
  std::vector<float> x(9999, 1.0F);
  x.push_back(100);
  const Histogram h = of(x);
  EXPECT_LT(percentile(h, 99.99), 1.1);
  EXPECT_EQ(percentile(h, 100), 100);
}

TEST(MinMseThreshold, KeepsUniformValuesWhole) {
  std::vector<float> x;
  for (int i = 0; i <= 100000; ++i) x.push_back(static_cast<float>(i) * 1e-5F);
  EXPECT_GT(min_mse_threshold(of(x)), 0.97);
}

// Near the best that any threshold does on the values themselves.
TEST(MinMseThreshold, IsNearTheBestOnTheValues) {
  std::vector<float> x = random_values(50000, 1, 4);
  x[0] = 12;
  const auto error = [&](double t) {
    double sum = 0;
    for (const float v : x) {
      const double s = t / 127, q = std::nearbyint(std::fmin(std::fmax(v / s, -127), 127));
      sum += std::pow(v - q * s, 2);
    }
    return sum;
  };
  double least = INFINITY;
  for (double t = 0.2; t <= 12; t += 0.1) least = std::min(least, error(t));
  EXPECT_LT(error(min_mse_threshold(of(x))), 1.02 * least);
  EXPECT_GT(error(12), 1.1 * least) << "clipping does not pay here; the test shows nothing";
}

}  // namespace
}  // namespace e8::quantize
