// Tests host/quantize/statistics.h.
#include "host/quantize/statistics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/host/quantize/small_graph.h"

namespace e8::quantize {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

TEST(ChannelMoments, OfKnownValuesHoweverTheyAreCut) {
  SmallGraph b({1, 2, 2});
  const int y = b.conv(0, 1, 1);
  b.maker(y).weights = {1, 0.5F};
  b.maker(y).bias = {10};
  const model::Graph g = b.end(y);
  model::Batch pictures(3, {1, 2, 2});
  pictures.data = {1, 3, 1000, 1000, 5, 7, 1000, 1000, 1, 1, 1000, 1000};  // channel 0: 1 3 5 7 1 1
  for (const int batch : {1, 2, 3, 8})
    for (const int threads : {1, 4}) {
      int steps = 0;
      const auto m = channel_moments(g, pictures, batch, threads, [&](int n) { steps += n; });
      ASSERT_EQ(m.size(), 2U);
      EXPECT_NEAR(m[0][0].mean, 3, 1e-12);
      EXPECT_NEAR(m[0][0].deviation, std::sqrt(32.0 / 6), 1e-9);
      EXPECT_EQ(m[0][1].mean, 1000);
      EXPECT_EQ(m[0][1].deviation, 0);
      EXPECT_NEAR(m[1][0].mean, 513, 1e-4);
      EXPECT_EQ(steps, 3);
    }
}

TEST(ClippedMean, IsTheIntegral) {
  for (const Moments& x : {Moments{0, 1}, {2, 0.5}, {-3, 1}, {5, 4}, {0.1, 7}})
    for (const auto& [lo, hi] : {std::pair{0.0, kInf}, {0.0, 6.0}, {-1.0, 1.0}, {-kInf, kInf}}) {
      double sum = 0, weight = 0;
      for (double z = -9; z <= 9; z += 1e-3) {
        const double p = std::exp(-z * z / 2);
        sum += p * std::min(hi, std::max(lo, x.mean + z * x.deviation));
        weight += p;
      }
      EXPECT_NEAR(clipped_mean(x, lo, hi), sum / weight, 1e-6) << x.mean << " " << x.deviation << " " << lo;
    }
  EXPECT_EQ(clipped_mean({7, 0}, 0, 6), 6);
  EXPECT_EQ(clipped_mean({-7, 0}, 0, 6), 0);
}

TEST(ClippedMean, OfARelu) {  // beta (1 - Phi(-beta/gamma)) + gamma phi(beta/gamma)
  EXPECT_NEAR(clipped_mean({0, 1}, 0, kInf), 0.3989422804, 1e-9);
}

}  // namespace
}  // namespace e8::quantize
