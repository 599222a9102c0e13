// Tests host/model/resize.h: results worked out by hand, and the definition in real numbers.
#include "host/model/resize.h"

#include <gmock/gmock.h>

#include <cmath>
#include <random>

namespace e8::model {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;

Picture row(std::vector<std::uint8_t> pixels) {
  Picture p;
  p.h = 1, p.w = static_cast<int>(pixels.size()), p.c = 1;
  p.pixels = std::move(pixels);
  return p;
}

Picture noise(int h, int w, int c, unsigned seed) {
  std::mt19937 random(seed);
  Picture p{h, w, c, std::vector<std::uint8_t>(static_cast<std::size_t>(h * w * c))};
  for (std::uint8_t& pixel : p.pixels) pixel = static_cast<std::uint8_t>(random() >> 24);
  return p;
}

TEST(Resized, ByHand) {
  EXPECT_THAT(resized(row({7}), 1, 3).pixels, ElementsAre(7, 7, 7));
  EXPECT_THAT(resized(row({10, 20}), 1, 4).pixels, ElementsAre(10, 13, 18, 20));  // 12.5 and 17.5: half up
  EXPECT_THAT(resized(row({0, 255}), 1, 1).pixels, ElementsAre(128));             // 127.5
  // Four to two: weights 3/7, 3/7, 1/7 and mirrored: 500/7 = 71.43, 820/7 = 117.14
  EXPECT_THAT(resized(row({0, 100, 200, 40}), 1, 2).pixels, ElementsAre(71, 117));
  EXPECT_THAT(resized(row({0, 0, 240}), 1, 2).pixels, ElementsAre(0, 150));  // weights 3/8, 5/8
  const Picture tall{4, 1, 1, {0, 100, 200, 40}};
  EXPECT_THAT(resized(tall, 2, 1).pixels, ElementsAre(71, 117)) << "the same along y";
}

// Weights by the comment's formula, in double, each axis rounded.
std::vector<double> plain_axis(const std::vector<double>& x, int out) {
  std::vector<double> y;
  const double r = static_cast<double>(x.size()) / out;
  for (int i = 0; i < out; ++i) {
    double sum = 0, weights = 0;
    for (std::size_t j = 0; j < x.size(); ++j) {
      const double w = std::max(0.0, 1 - std::fabs(static_cast<double>(j) + 0.5 - (i + 0.5) * r) / std::max(r, 1.0));
      sum += w * x[j];
      weights += w;
    }
    y.push_back(sum / weights);
  }
  return y;
}

TEST(Resized, IsTheDefinition) {
  for (const int in : {1, 2, 3, 7, 28, 61})
    for (const int out : {1, 2, 3, 5, 28, 60, 61, 62, 130}) {
      const Picture p = noise(1, in, 1, static_cast<unsigned>(in * 1000 + out));
      const std::vector<double> want = plain_axis({p.pixels.begin(), p.pixels.end()}, out);
      const Picture got = resized(p, 1, out);
      ASSERT_EQ(got.w, out);
      for (std::size_t i = 0; i < want.size(); ++i)
        EXPECT_LE(std::fabs(got.pixels[i] - want[i]), 0.5001) << in << " to " << out << " at " << i;
    }
}

TEST(Resized, ChannelsAndAxesAreIndependent) {
  const Picture p = noise(9, 14, 3, 1), got = resized(p, 5, 20);
  ASSERT_EQ(got.pixels.size(), 5U * 20 * 3);
  for (int c = 0; c < 3; ++c) {
    Picture one{9, 14, 1, {}};
    for (std::size_t i = static_cast<std::size_t>(c); i < p.pixels.size(); i += 3) one.pixels.push_back(p.pixels[i]);
    const Picture grey = resized(one, 5, 20);
    for (std::size_t i = 0; i < grey.pixels.size(); ++i)
      EXPECT_EQ(got.pixels[i * 3 + static_cast<std::size_t>(c)], grey.pixels[i]);
  }
  EXPECT_EQ(resized(p, 5, 20).pixels, resized(resized(p, 9, 20), 5, 20).pixels) << "x first";
}

TEST(Resized, TheSameSizeAndOneGreyStay) {
  const Picture p = noise(6, 5, 3, 2);
  EXPECT_EQ(resized(p, 6, 5).pixels, p.pixels);
  for (const int grey : {0, 1, 128, 255}) {
    const Picture flat{7, 9, 1, std::vector<std::uint8_t>(63, static_cast<std::uint8_t>(grey))};
    EXPECT_THAT(resized(flat, 16, 3).pixels, Each(grey));
  }
}

TEST(Cropped, TheMiddleOddOnesAtTheEnd) {
  EXPECT_THAT(cropped(row({1, 2, 3, 4, 5}), 1, 3).pixels, ElementsAre(2, 3, 4));
  EXPECT_THAT(cropped(row({1, 2, 3, 4}), 1, 3).pixels, ElementsAre(1, 2, 3));
  EXPECT_THAT(cropped(row({1, 2, 3, 4, 5}), 1, 2).pixels, ElementsAre(2, 3));
  const Picture p{3, 2, 3, {1, 1, 1, 2, 2, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 9, 9, 9}};
  EXPECT_THAT(cropped(p, 1, 2).pixels, ElementsAre(3, 4, 5, 6, 7, 8));
}

}  // namespace
}  // namespace e8::model
