// Tests host/quantize/values.h.
#include "host/quantize/values.h"

#include <gtest/gtest.h>

#include <limits>

namespace e8::quantize {
namespace {

TEST(Values, ChunksCoverEverythingOnce) {
  for (const std::size_t n : {std::size_t{0}, std::size_t{1}, Values::kChunk - 1, Values::kChunk, Values::kChunk + 1}) {
    const std::vector<float> x(n, 1);
    const Values v(x);
    std::size_t sum = 0;
    for (std::size_t c = 0; c < v.chunks(); ++c) {
      EXPECT_EQ(v.chunk(c).data, x.data() + sum);
      sum += v.chunk(c).size;
    }
    EXPECT_EQ(sum, n);
  }
}

TEST(Range, IncludesZeroAndEveryChunk) {
  std::vector<float> x(3 * Values::kChunk, 0.5F);
  Range r = range_of(x, 2);
  EXPECT_EQ(r.lo, 0);
  EXPECT_EQ(r.hi, 0.5);
  x[0] = -3;
  x.back() = 2;
  for (const int threads : {1, 2, 5}) {
    r = range_of(x, threads);
    EXPECT_EQ(r.lo, -3);
    EXPECT_EQ(r.hi, 2);
    EXPECT_EQ(r.magnitude(), 3);
    EXPECT_TRUE(r.finite);
  }
  EXPECT_TRUE(range_of(std::vector<float>(10, -0.0F), 1).zero());
}

TEST(Range, FindsInfinitiesAndNaNs) {
  using Limits = std::numeric_limits<float>;
  for (const float bad : {Limits::infinity(), -Limits::infinity(), Limits::quiet_NaN()})
    for (const std::size_t at : {std::size_t{0}, Values::kChunk + 3}) {
      std::vector<float> x(2 * Values::kChunk, 1);
      x[at] = bad;
      EXPECT_FALSE(range_of(x, 2).finite) << bad << " at " << at;
    }
}

}  // namespace
}  // namespace e8::quantize
