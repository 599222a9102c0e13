// Tests host/quantize/entropy.h against the definition of the divergence, spelled out bin by bin.
#include "host/quantize/entropy.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "host/quantize/scaled.h"

namespace e8::quantize {
namespace {

using Bins = std::vector<std::int64_t>;

// sum P ln(P / Q) with bin `b` the last, as least_divergence defines it.
double plain_divergence(const Bins& bins, std::size_t b, std::size_t levels) {
  std::vector<double> p(b + 1), q(b + 1), mass(levels), used(levels);
  std::vector<std::size_t> step(b + 1);
  double all = 0, kept = 0;
  for (std::size_t j = 0; j < bins.size(); ++j) {
    p[std::min(j, b)] += static_cast<double>(bins[j]);
    all += static_cast<double>(bins[j]);
  }
  for (std::size_t j = 0; j <= b; ++j) {
    step[j] = std::min(levels - 1, (2 * j + 1) * levels / (2 * b + 1));
    mass[step[j]] += static_cast<double>(bins[j]);
    used[step[j]] += bins[j] > 0 ? 1 : 0;
    kept += static_cast<double>(bins[j]);
  }
  double sum = 0;
  for (std::size_t j = 0; j <= b; ++j) {
    if (p[j] == 0) continue;
    q[j] = mass[step[j]] / used[step[j]] / kept;
    sum += p[j] / all * std::log(p[j] / all / q[j]);
  }
  return sum;
}

std::size_t plain_best(const Bins& bins, std::size_t levels, std::size_t first) {
  std::size_t best = bins.size() - 1;
  while (bins[best] == 0) --best;
  double least = plain_divergence(bins, best, levels);
  for (std::size_t b = best; b-- > first;) {
    if (bins[b] == 0) continue;
    const double d = plain_divergence(bins, b, levels);
    if (d < least - 1e-12) {
      least = d;
      best = b;
    }
  }
  return best;
}

TEST(LeastDivergence, IsTheDefinitions) {
  std::mt19937 random(11);
  int cut = 0;
  for (int round = 0; round < 60; ++round) {
    Bins bins(20 + random() % 200);
    for (std::size_t i = 0; i < bins.size(); ++i) {  // falling, with holes and a tail
      const double height = 1000 * std::exp(-static_cast<double>(i) / (5 + round % 7));
      bins[i] = random() % 4 == 0 ? 0 : static_cast<std::int64_t>(height) + (random() % 8 == 0 ? 1 : 0);
    }
    bins[0] = 7;
    const std::size_t levels = 3 + random() % 14, first = levels;
    const std::size_t best = least_divergence(bins, levels, first);
    EXPECT_NEAR(plain_divergence(bins, best, levels), plain_divergence(bins, plain_best(bins, levels, first), levels),
                1e-9)
        << "round " << round;
    cut += best + 5 < bins.size() ? 1 : 0;
  }
  EXPECT_GT(cut, 20) << "nothing was cut off; the test shows nothing";
}

TEST(LeastDivergence, FewBinsStayWhole) {
  EXPECT_EQ(least_divergence({1, 2, 3, 0, 0}, 127, 127), 2U);
  EXPECT_EQ(least_divergence({1, 0, 0}, 127, 127), 0U);
  Bins flat(508, 5);  // four bins a step: cutting loses, keeping all loses nothing
  EXPECT_EQ(least_divergence(flat, 127, 127), 507U);
}

std::vector<float> normal_values(std::size_t n, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> x(n);
  for (float& v : x) v = normal(random);
  return x;
}

void add(GrowingHistogram* h, const std::vector<float>& x, int threads = 1) { h->add(x, range_of(x, 1), threads); }

TEST(GrowingHistogram, TheFirstBatchFixesTheWidth) {
  GrowingHistogram h;
  EXPECT_TRUE(h.empty());
  add(&h, {1, -0.5F, 0, 0.25F});
  ASSERT_EQ(h.bins().size(), 1024U);
  EXPECT_EQ(h.width(), 1.0 / 1024);
  EXPECT_EQ(h.bins()[1023], 1) << "the largest belongs to the last bin";
  EXPECT_EQ(h.bins()[512], 1);
  EXPECT_EQ(h.bins()[256], 1);
  EXPECT_EQ(h.bins()[0], 1);
  add(&h, {-3});
  EXPECT_EQ(h.bins().size(), 4096U);
  EXPECT_EQ(h.width(), 1.0 / 1024) << "bins double in number, not in width";
  EXPECT_EQ(h.bins()[3072], 1);
  EXPECT_EQ(h.lo(), -3);
  EXPECT_EQ(h.hi(), 1);
  EXPECT_EQ(h.max(), 3);
}

TEST(GrowingHistogram, MemoryIsBoundedAndNothingIsLost) {
  GrowingHistogram h;
  add(&h, {1e-3F, 5e-4F});
  add(&h, {1e6F, -0.75F});
  EXPECT_EQ(h.bins().size(), GrowingHistogram::kMostBins);
  std::int64_t count = 0;
  for (const std::int64_t n : h.bins()) count += n;
  EXPECT_EQ(count, 4);
  EXPECT_GE(h.width() * static_cast<double>(h.bins().size()), 1e6);
  EXPECT_LT(h.width() * static_cast<double>(h.bins().size()), 2.1e6);
}

TEST(GrowingHistogram, ThreadsDoNotMatter) {
  const auto x = normal_values(300000, 3), y = normal_values(200000, 4);
  GrowingHistogram one, five;
  for (const auto* v : {&x, &y}) {
    add(&one, *v, 1);
    add(&five, *v, 5);
  }
  EXPECT_EQ(one.bins(), five.bins());
}

TEST(EntropyThreshold, CutsTheTailOfANormalDistribution) {
  auto x = normal_values(200000, 5);
  x[0] = 20;
  GrowingHistogram h;
  add(&h, x);
  const double t = entropy_threshold(h);
  EXPECT_GT(t, 2.5);
  EXPECT_LT(t, 10);
}

// What lies in bin 0 has no say, however much it is.
TEST(EntropyThreshold, ZerosDoNotCount) {
  auto x = normal_values(50000, 6);
  GrowingHistogram without, with;
  add(&without, x);
  x.resize(1000000, 0);
  add(&with, x);
  EXPECT_EQ(entropy_threshold(without), entropy_threshold(with));
}

TEST(EntropyThreshold, IsTheMiddleOfABin) {
  GrowingHistogram h;
  add(&h, normal_values(10000, 7));
  const double bins = entropy_threshold(h) / h.width();
  EXPECT_NEAR(bins - std::floor(bins), 0.5, 1e-6);
}

Histogram of(const std::vector<float>& x) {
  Histogram h;
  h.add(x, range_of(x, 1), 1);
  return h;
}

// Values that fill their range evenly lose by every cut.
TEST(EntropyRange, KeepsUniformValuesWhole) {
  std::vector<float> x;
  for (int i = 0; i < 409600; ++i) x.push_back(static_cast<float>(i) / 409600);
  EXPECT_NEAR(entropy_range(of(x)).hi, 1, 0.002);
  EXPECT_EQ(entropy_range(of(x)).lo, 0);
}

TEST(EntropyRange, CutsTheFartherEndAndMirrors) {
  auto x = normal_values(200000, 8);
  for (float& v : x) v = std::fabs(v);
  x[0] = 6;
  x[1] = -0.5F;
  const Range r = entropy_range(of(x));
  EXPECT_EQ(r.lo, -0.5);
  EXPECT_LT(r.hi, 5.9);
  EXPECT_GT(r.hi, 0.6 * 6.5 - 0.5 - 0.01) << "the search ends at 0.6 of the span";
  for (float& v : x) v = -v;
  const Range m = entropy_range(of(x));
  EXPECT_EQ(m.hi, 0.5);
  EXPECT_NEAR(m.lo, -r.hi, 0.01);
}

TEST(Asymmetric, HasAStepAtZeroAndReachesBothEnds) {
  for (const auto& [lo, hi] : {std::pair{0.0, 2.55}, {-1.28, 1.27}, {-2.55, 0.0}, {-0.1, 3.0}}) {
    const Affine a = asymmetric(lo, hi);
    EXPECT_NEAR(a.scale, (hi - lo) / 255, 1e-9);
    EXPECT_LT((-128 - a.zero_point) * a.scale, lo + a.scale * 0.51);
    EXPECT_GT((127 - a.zero_point) * a.scale, hi - a.scale * 0.51);
  }
  EXPECT_EQ(asymmetric(0, 1).zero_point, -128);
  EXPECT_EQ(asymmetric(-1, 0).zero_point, 127);
}

}  // namespace
}  // namespace e8::quantize
