// Tests host/quantize/scaled.h.
#include "host/quantize/scaled.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "host/quantize/grid.h"

namespace e8::quantize {
namespace {

TEST(Storable, IsAPositiveFloat) {
  EXPECT_EQ(storable(0.1), double{0.1F});
  EXPECT_EQ(storable(0), std::numeric_limits<float>::min());
  EXPECT_EQ(storable(1e-60), std::numeric_limits<float>::min());
}

TEST(MaxScale, LargestMagnitudeIs127) {
  EXPECT_EQ(max_scale(std::vector<float>{1, -2, 0.5F}), double{2.0F / 127.0F});
  EXPECT_EQ(max_scale(std::vector<float>{0, 0}), 0);
}

TEST(ChannelScales, OneAChannel) {
  const std::vector<float> w = {1, -127, 3, 254, 0, 0, -0.5F, 0.25F};
  const std::vector<double> s = channel_scales(w, 4, false, 2);
  ASSERT_EQ(s.size(), 4U);
  EXPECT_EQ(s[0], 1);
  EXPECT_EQ(s[1], 2);
  EXPECT_EQ(s[2], 2) << "a channel of zeros gets the largest scale";
  EXPECT_EQ(s[3], double{0.5F / 127});
}

TEST(ChannelScales, MinMseClipsAnOutlierAndNothingElse) {
  std::mt19937 random(9);
  std::normal_distribution<float> normal(0, 0.1F);
  constexpr std::size_t kBlock = 65536;
  std::vector<float> w(2 * kBlock);
  for (float& v : w) v = normal(random);
  w[kBlock] = 0.6F;
  const auto whole = channel_scales(w, 2, false, 1), clipped = channel_scales(w, 2, true, 1);
  const auto error = [&](std::size_t c, double s) {
    return squared_error({s, -127, 127, num::Tie::kHalfEven}, w.data() + c * kBlock, kBlock);
  };
  for (const std::size_t c : {0U, 1U}) EXPECT_LE(error(c, clipped[c]), error(c, whole[c]));
  EXPECT_LT(error(1, clipped[1]), 0.95 * error(1, whole[1]));
  EXPECT_EQ(clipped, channel_scales(w, 2, true, 3));
  const std::vector<float> few = {0.9F, -1, 0.3F};  // clipping costs more than it brings
  EXPECT_EQ(channel_scales(few, 1, true, 1), channel_scales(few, 1, false, 1));
}

}  // namespace
}  // namespace e8::quantize
