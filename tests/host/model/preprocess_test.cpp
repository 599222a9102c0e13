// Pictures to inputs: every rounding with its ties, layouts, refusals.
#include "host/model/preprocess.h"

#include <gmock/gmock.h>

#include <cmath>

#include "tests/host/model/model_builder.h"

namespace e8::model {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Preprocess plain(int h, int w, int c, double mean = 0, double stddev = 1) {
  Preprocess p;
  p.h = h, p.w = w, p.c = c;
  p.mean.assign(static_cast<std::size_t>(c), mean);
  p.stddev.assign(static_cast<std::size_t>(c), stddev);
  return p;
}

Picture pixels(int h, int w, int c, std::vector<std::uint8_t> data) {
  Picture p;
  p.h = h, p.w = w, p.c = c;
  p.pixels = std::move(data);
  return p;
}

IntNet net_of(const Preprocess& p, double scale, int zero_point = 0) {
  IntNet net;
  net.tensors.push_back({"x", {p.h, p.w, p.c}, scale, zero_point});
  net.input = 0;
  net.preprocess = p;
  return net;
}

/// Pixel 255 with mean 0 is x = 1 / stddev exactly, pixel 0 with mean m is -m / stddev: any tie can be made.
int rounded(double x, const std::string& rule, int zero_point = 0) {
  Preprocess p = x > 0 ? plain(1, 1, 1, 0, 1) : plain(1, 1, 1, -x, 1);
  p.round = rule;
  const double scale = x > 0 ? 1 / x : 1;
  return picture_to_int8(pixels(1, 1, 1, {static_cast<std::uint8_t>(x > 0 ? 255 : 0)}), "p",
                         net_of(p, scale, zero_point))
      .data[0];
}

TEST(Preprocess, RoundingsAndTheirTies) {
  struct Case {
    double x;
    int up, away, even, trunc;
  };
  // x > 0 are powers of two or reached as 1 / (1 / x): 0.5, 2.5 = 1 / 0.4 is not dyadic, so ties above 1 are negative
  for (const Case& c : {Case{0.5, 1, 1, 0, 0}, Case{-0.5, 0, -1, 0, 0}, Case{-1.5, -1, -2, -2, -1},
                        Case{-2.5, -2, -3, -2, -2}, Case{-3.5, -3, -4, -4, -3}, Case{-0.25, 0, 0, 0, 0},
                        Case{-1.75, -2, -2, -2, -1}, Case{-1.84375, -2, -2, -2, -1}, Case{64, 64, 64, 64, 64}}) {
    EXPECT_EQ(rounded(c.x, "half_up"), c.up) << c.x;
    EXPECT_EQ(rounded(c.x, "half_away"), c.away) << c.x;
    EXPECT_EQ(rounded(c.x, "half_even"), c.even) << c.x;
    EXPECT_EQ(rounded(c.x, "trunc"), c.trunc) << c.x;
  }
}

TEST(Preprocess, PositiveTies) {
  struct Case {
    double x;
    int up, away, even, trunc;
  };
  for (const Case& c : {Case{1.5, 2, 2, 2, 1}, Case{2.5, 3, 3, 2, 2}, Case{3.5, 4, 4, 4, 3}}) {
    for (const auto& [rule, want] : {std::pair{"half_up", c.up}, std::pair{"half_away", c.away},
                                     std::pair{"half_even", c.even}, std::pair{"trunc", c.trunc}}) {
      Preprocess p = plain(1, 1, 1, -c.x, 1);  // pixel 0: x = +c.x
      p.round = rule;
      EXPECT_EQ(picture_to_int8(pixels(1, 1, 1, {0}), "p", net_of(p, 1)).data[0], want) << rule << c.x;
    }
  }
}

TEST(Preprocess, SaturatesAndAddsTheZeroPoint) {
  EXPECT_EQ(rounded(-1000, "half_up"), -128);
  EXPECT_EQ(rounded(1024, "half_up"), 127);
  EXPECT_EQ(rounded(1e300, "trunc"), 127);
  EXPECT_EQ(rounded(-3, "half_up", 5), 2);
  EXPECT_EQ(rounded(-130, "half_up", 5), -125);
}

TEST(Preprocess, ChannelsHaveTheirOwnMeanAndDeviation) {
  Preprocess p = plain(1, 2, 3);
  p.mean = {0, 0.5, 1};
  p.stddev = {1, 0.5, 0.25};
  const Picture picture = pixels(1, 2, 3, {0, 255, 0, 255, 0, 255});
  float nchw[6];
  picture_to_float(picture, "p", p, nchw);
  EXPECT_THAT(nchw, ElementsAre(0, 1, 1, -1, -4, 0));                                                // planes
  EXPECT_THAT(picture_to_int8(picture, "p", net_of(p, 0.5)).data, ElementsAre(0, 2, -8, 2, -2, 0));  // pixels
}

TEST(Preprocess, FashionMnistNumbers) {
  const Preprocess p = plain(1, 1, 1, 0.2860, 0.3530);
  for (int v = 0; v < 256; ++v) {
    float x = 0;
    picture_to_float(pixels(1, 1, 1, {static_cast<std::uint8_t>(v)}), "p", p, &x);
    EXPECT_NEAR(x, (static_cast<float>(v) / 255.0F - 0.2860F) / 0.3530F, 1e-6) << v;  // as it was trained
  }
}

TEST(Preprocess, WrongPictures) {
  const Preprocess p = plain(2, 3, 1);
  float x[18];
  std::string message;
  for (const Picture& bad :
       {pixels(3, 2, 1, std::vector<std::uint8_t>(6)), pixels(2, 3, 3, std::vector<std::uint8_t>(18))}) {
    EXPECT_EQ(error_id([&] { picture_to_float(bad, "cat.png", p, x); }, &message), 210);
    EXPECT_EQ(error_id([&] { picture_to_int8(bad, "cat.png", net_of(p, 1)); }), 210);
    EXPECT_THAT(message, HasSubstr("cat.png"));
    EXPECT_THAT(message, HasSubstr("2x3x1"));
  }
}

TEST(Preprocess, ResizedThenCroppedThenMeasured) {
  Preprocess p = plain(1, 2, 1, 0, 1 / 255.0);
  const Picture wide = pixels(1, 4, 1, {0, 100, 200, 40}), even = pixels(2, 8, 1, std::vector<std::uint8_t>(16, 9));
  std::vector<float> x(2);
  const auto run = [&](const Picture& picture) {
    picture_to_float(picture, "p", p, x.data());
    EXPECT_THAT(picture_to_int8(picture, "p", net_of(p, 2)).data,
                ElementsAre(std::nearbyint(x[0] / 2), std::nearbyint(x[1] / 2)));
    return x;
  };
  p.crop = true;
  EXPECT_THAT(run(wide), ElementsAre(100, 200)) << "the middle";
  p.crop = false;
  p.resize = {1, 2};
  EXPECT_THAT(run(wide), ElementsAre(71, 117));
  p.resize = {1};  // 2x8: the shorter side to 1, the longer one to 4
  std::string message;
  EXPECT_EQ(error_id([&] { run(even); }, &message), 210);
  EXPECT_THAT(message, HasSubstr("resized: picture is 1x4x1"));
  p.crop = true;
  EXPECT_THAT(run(even), ElementsAre(9, 9));
  p.resize = {};
  EXPECT_EQ(error_id([&] { run(pixels(1, 1, 1, {0})); }), 210) << "too small to crop";
  p.resize = {32768};
  EXPECT_EQ(error_id([&] { run(pixels(1, 4, 1, {0, 0, 0, 0})); }), 202) << "131072 wide";
}

TEST(Preprocess, TheLongerSideIsCutToAWholeNumber) {
  Preprocess p = plain(4, 5, 1);
  p.resize = {4};
  std::vector<float> x(20);
  for (const int w : {8, 9})  // 7x8 to 4x4.57, 7x9 to 4x5.14
    EXPECT_EQ(error_id([&] {
                picture_to_float(pixels(7, w, 1, std::vector<std::uint8_t>(static_cast<std::size_t>(7 * w))), "p", p,
                                 x.data());
              }),
              w == 9 ? 0 : 210);
}

TEST(Preprocess, BlueFirst) {
  Preprocess p = plain(1, 2, 3, 0, 1 / 255.0);
  p.mean = {0, 0, 1 / 255.0};
  p.bgr = true;
  float x[6];
  const Picture picture = pixels(1, 2, 3, {1, 2, 3, 4, 5, 6});
  picture_to_float(picture, "p", p, x);
  EXPECT_THAT(x, ElementsAre(3, 6, 2, 5, 0, 3));
  EXPECT_THAT(picture_to_int8(picture, "p", net_of(p, 1)).data, ElementsAre(3, 2, 0, 6, 5, 3));
}

TEST(Preprocess, QuantizedArrays) {
  const IntNet net = net_of(plain(2, 1, 2), 1);
  Npy a;
  a.dtype = "|i1";
  a.shape = {2, 1, 2};
  a.bytes = {1, 255, 128, 127};
  EXPECT_THAT(npy_to_int8(a, "a", net).data, ElementsAre(1, -1, -128, 127));
  a.shape = {1, 2, 1, 2};
  EXPECT_THAT(npy_to_int8(a, "a", net).data, ElementsAre(1, -1, -128, 127));
  std::string message;
  for (const auto& shape : {std::vector<std::int64_t>{4}, {2, 2, 1}, {2, 2, 1, 2}, {1, 1, 2, 1, 2}, {}}) {
    a.shape = shape;
    EXPECT_EQ(error_id([&] { npy_to_int8(a, "a.npy", net); }, &message), 211);
    EXPECT_THAT(message, HasSubstr("a.npy"));
  }
  a.shape = {2, 1, 2};
  a.dtype = "|u1";
  EXPECT_EQ(error_id([&] { npy_to_int8(a, "a", net); }), 211);
}

}  // namespace
}  // namespace e8::model
