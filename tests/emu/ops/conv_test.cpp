// conv on every path: hand-computed cases, a matrix product as second opinion, extremes, refusals.
#include <gmock/gmock.h>

#include <map>

#include "tests/emu/ops/reference.h"

namespace e8::testing {
namespace {

using ops::ConvParams;
using ops::Path;
using ops::Shape;
using ops::Tensor;
using ::testing::ElementsAre;

Tensor image(Shape shape, std::vector<std::int8_t> data) {
  Tensor t(shape);
  t.data = std::move(data);
  return t;
}

ConvParams square_kernel(int k, int cout, std::vector<std::int8_t> weights) {
  ConvParams p;
  p.window.kh = p.window.kw = k;
  p.cout = cout;
  p.weights = std::move(weights);
  p.tail = ops::identity_tail();
  return p;
}

/// Random weights and tail for an input of `cin` channels, then the comparison.
std::set<Path> compare(Random& random, Shape in_shape, ConvParams p) {
  const Tensor in = random.tensor(in_shape);
  const std::size_t depth = Shape{p.window.kh, p.window.kw, in_shape.c / p.groups}.size();
  p.weights = random.bytes(depth * static_cast<std::size_t>(p.cout));
  p.tail = random.tail(p.cout, depth);
  const std::string what = "seed " + std::to_string(random.seed()) + ", input " + describe(in_shape) + ", cout " +
                           std::to_string(p.cout) + ", groups " + std::to_string(p.groups) + ", " + describe(p.window);
  return expect_conv_on_every_path(in, p, conv_matrix(in, p), what);
}

// ---------------------------------------------------------------------------------------------- by hand

TEST(Conv, HandComputed2x2) {
  const Tensor in = image({3, 3, 1}, {1, 2, 3, 4, 5, 6, 7, 8, 9});
  const ConvParams p = square_kernel(2, 1, {1, 0, 0, -1});  // in[y][x] - in[y+1][x+1] = -4 everywhere
  expect_conv_on_every_path(in, p, image({2, 2, 1}, {-4, -4, -4, -4}), "2x2");
}

TEST(Conv, HandComputedPaddingReadsPadValue) {
  const Tensor in = image({1, 2, 1}, {10, 20});
  ConvParams p = square_kernel(1, 1, {1, 1, 1});
  p.window.kw = 3;
  p.window.left = p.window.right = 1;
  p.pad_value = -5;
  expect_conv_on_every_path(in, p, image({1, 2, 1}, {25, 25}), "pads -5");
}

TEST(Conv, HandComputedChannelsGroupsAndTies) {
  const Tensor in = image({1, 1, 4}, {1, 2, 3, 4});
  ConvParams p = square_kernel(1, 2, {1, 1, 1, 1});
  p.groups = 2;
  p.tail.channel = {{0, 1, 1, 2}, {1, 1, 1, 2}};  // 3 / 2 = 1.5 and (7 + 0.5) / 2 = 3.75
  expect_conv_on_every_path(in, p, image({1, 1, 2}, {2, 4}), "two groups");
  p.weights = {-1, -1, -1, -1};
  p.tail.channel = {{0, 1, 1, 2}};
  expect_conv_on_every_path(in, p, image({1, 1, 2}, {-1, -3}), "half-up of -1.5 and -3.5");
  p.tail.mode.tie = num::Tie::kHalfAway;
  expect_conv_on_every_path(in, p, image({1, 1, 2}, {-2, -4}), "half-away");
  p.tail.mode.tie = num::Tie::kHalfEven;
  expect_conv_on_every_path(in, p, image({1, 1, 2}, {-2, -4}), "half-even");
}

TEST(Conv, HandComputedStrideAndDilation) {
  const Tensor in = image({1, 7, 1}, {1, 2, 3, 4, 5, 6, 7});
  ConvParams p = square_kernel(1, 1, {1, 10});
  p.window.kw = 2;
  p.window.sw = 2;
  p.window.dw = 3;
  expect_conv_on_every_path(in, p, image({1, 2, 1}, {41, 63}), "1 + 10*4, 3 + 10*6");
}

// ---------------------------------------------------------------------------------------------- second opinion

TEST(Conv, SizesAroundBlocksOnEveryPath) {
  Random random(1);
  std::set<Path> covered;
  for (const int channels : {1, 2, 3, 4, 5, 15, 16, 17, 31, 33, 63, 64, 65, 127, 128, 129}) {
    for (const int cout : {1, 3, 4, 5, 8, 9}) {
      ConvParams p;
      p.cout = cout;
      for (const int pixels : {1, 3, 4, 5}) covered.merge(compare(random, {1, pixels, channels}, p));
    }
  }
  ConvParams p;
  p.cout = 5;
  for (const int pixels : {31, 32, 33, 63, 64, 65, 97}) covered.merge(compare(random, {1, pixels, 7}, p));
  expect_required_paths(covered);
}

TEST(Conv, AllWindowsOnEveryPath) {
  Random random(2);
  std::set<Path> covered;
  int cases = 0;
  for (const int k : {1, 2, 3, 5}) {
    for (const int stride : {1, 2, 3}) {
      for (const int dilation : {1, 2, 3}) {
        for (int pads = 0; pads < 16; ++pads) {  // each side on its own
          ConvParams p;
          p.window = {k, random.between(1, 4), stride, random.between(1, 3), dilation, random.between(1, 2)};
          p.window.top = pads & 1, p.window.left = (pads >> 1) & 1;
          p.window.bottom = (pads >> 2 & 1) * 2, p.window.right = (pads >> 3 & 1) * 3;
          p.cout = random.between(1, 6);
          p.pad_value = random.byte();
          const int least = (k - 1) * dilation + 1;
          covered.merge(
              compare(random, {least + random.between(0, 4), 7 + random.between(0, 4), random.between(1, 5)}, p));
          ++cases;
        }
      }
    }
  }
  EXPECT_EQ(cases, 4 * 3 * 3 * 16);
  expect_required_paths(covered);
}

TEST(Conv, GroupsAndDepthwiseOnEveryPath) {
  Random random(3);
  std::set<Path> covered;
  for (const int channels : {2, 6, 15, 16, 17, 32, 33, 64, 65}) {
    for (const int multiplier : {1, 2, 3}) {
      ConvParams p;
      p.window = {3, 3, random.between(1, 2), random.between(1, 2), 1, random.between(1, 2), 1, 1, 1, 1};
      p.groups = channels;
      p.cout = channels * multiplier;
      p.pad_value = random.byte();
      covered.merge(compare(random, {5, 6, channels}, p));
    }
  }
  for (const int groups : {2, 3}) {
    ConvParams p;
    p.window = {3, 2, 1, 1, 1, 1, 1, 0, 1, 1};
    p.groups = groups;
    p.cout = 4 * groups;
    covered.merge(compare(random, {5, 4, 5 * groups}, p));
  }
  expect_required_paths(covered);
}

TEST(Conv, FullyConnectedOnEveryPath) {
  Random random(4);
  std::set<Path> covered;
  for (const Shape in : {Shape{1, 1, 1}, Shape{1, 1, 255}, Shape{7, 7, 33}, Shape{4, 1, 64}, Shape{1, 5, 3}}) {
    ConvParams p;
    p.window.kh = in.h;
    p.window.kw = in.w;
    p.cout = 11;
    covered.merge(compare(random, in, p));
    p.window.dh = p.window.dw = 2;  // reaches outside unless that side is 1 pixel
    p.window.bottom = in.h - 1;
    p.window.right = in.w - 1;
    covered.merge(compare(random, in, p));
  }
  expect_required_paths(covered);
}

TEST(Conv, SecondOpinionSeesEveryByte) {  // the comparison can fail: one changed weight changes the result
  Random random(5);
  const Tensor in = image({1, 1, 64}, std::vector<std::int8_t>(64, 1));
  ConvParams p = square_kernel(1, 1, random.bytes(64));
  p.tail.channel[0].s = 6;
  for (std::size_t k = 0; k < 64; ++k) {
    ConvParams other = p;
    other.weights[k] = static_cast<std::int8_t>(p.weights[k] ^ -128);
    for (const Path path : ops::supported_paths()) {
      ops::set_path(path);
      EXPECT_NE(ops::conv(in, other).data, conv_matrix(in, p).data) << ops::path_name(path) << " weight " << k;
    }
  }
}

// ---------------------------------------------------------------------------------------------- extremes

TEST(Conv, AllMinimum) {
  for (const int depth : {1, 512, 4608}) {
    const Tensor in({1, 1, depth}, -128);
    ConvParams p = square_kernel(1, 1, std::vector<std::int8_t>(static_cast<std::size_t>(depth), -128));
    p.tail.channel[0].s = 21;  // sum * 2^-20
    const int want = (depth * 16384 + (1 << 19)) >> 20;
    expect_conv_on_every_path(in, p, image({1, 1, 1}, {static_cast<std::int8_t>(want)}), std::to_string(depth));
  }
}

TEST(Conv, DeepestSumAndOneMore) {
  std::set<Path> covered;
  ConvParams p = square_kernel(1, 1, std::vector<std::int8_t>(131071, -128));
  p.tail.channel[0].s = 26;  // 131071 * 2^14 / 2^25 = 63.9995
  expect_conv_on_every_path(Tensor({1, 1, 131071}, -128), p, image({1, 1, 1}, {64}), "131071 products");
  p.weights.push_back(-128);
  for (const Path path : ops::supported_paths()) {
    ops::set_path(path);
    EXPECT_THROW(ops::conv(Tensor({1, 1, 131072}, -128), p), std::overflow_error) << ops::path_name(path);
    EXPECT_EQ(ops::conv(Tensor({1, 1, 131072}, 127), p).data[0], -63) << ops::path_name(path);  // fits; -63.5, a tie
    covered.insert(path);
  }
  expect_required_paths(covered);
}

TEST(Conv, VLeaves33Bits) {
  for (const Path path : ops::supported_paths()) {
    ops::set_path(path);
    ConvParams p = square_kernel(1, 1, {1});
    p.tail.channel[0] = {num::kMaxV - 2, 1, 1, 31};
    EXPECT_EQ(ops::conv(Tensor({1, 1, 1}, 1), p).data[0], 2) << ops::path_name(path);
    EXPECT_THROW(ops::conv(Tensor({1, 1, 1}, 2), p), std::overflow_error) << ops::path_name(path);
    p.tail.channel[0].b2 = num::kMinV;
    EXPECT_THROW(ops::conv(Tensor({1, 1, 1}, -1), p), std::overflow_error) << ops::path_name(path);
  }
}

TEST(Conv, Saturates) {
  const Tensor in = image({1, 1, 2}, {127, 127});
  expect_conv_on_every_path(in, square_kernel(1, 2, {127, 127, -128, -128}), image({1, 1, 2}, {127, -128}),
                            "both ends");
}

// ---------------------------------------------------------------------------------------------- refusals

TEST(ConvBad, ImpossibleParameters) {
  const Tensor in({3, 3, 4});
  const ConvParams good = square_kernel(3, 2, std::vector<std::int8_t>(72));
  EXPECT_NO_THROW(ops::conv(in, good));
  const std::map<std::string, void (*)(ConvParams&)> faults = {
      {"kernel 0", [](ConvParams& p) { p.window.kh = 0; }},
      {"stride 0", [](ConvParams& p) { p.window.sw = 0; }},
      {"dilation 0", [](ConvParams& p) { p.window.dh = 0; }},
      {"negative padding", [](ConvParams& p) { p.window.left = -1; }},
      {"window too high", [](ConvParams& p) { p.window.dh = 2; }},
      {"groups 0", [](ConvParams& p) { p.groups = 0; }},
      {"groups 3", [](ConvParams& p) { p.groups = 3; }},
      {"cout 0", [](ConvParams& p) { p.cout = 0; }},
      {"weights short", [](ConvParams& p) { p.weights.pop_back(); }},
      {"no tail", [](ConvParams& p) { p.tail.channel.clear(); }},
      {"three tails", [](ConvParams& p) { p.tail.channel.resize(3); }},
      {"shift 0", [](ConvParams& p) { p.tail.channel[0].s = 0; }},
      {"shift 63", [](ConvParams& p) { p.tail.channel[0].s = 63; }},
      {"multiplier", [](ConvParams& p) { p.tail.channel[0].mn = 1u << 31; }},
      {"clamp", [](ConvParams& p) { p.tail.mode.lo = 5, p.tail.mode.hi = 4; }},
      {"zp first", [](ConvParams& p) { p.tail.mode.zp_first = true; }},
  };
  for (const auto& [name, fault] : faults) {
    ConvParams p = good;
    fault(p);
    EXPECT_THROW(ops::conv(in, p), std::invalid_argument) << name;
  }
  Tensor short_data({3, 3, 4});
  short_data.data.pop_back();
  EXPECT_THROW(ops::conv(short_data, good), std::invalid_argument);
  EXPECT_THROW(ops::conv(Tensor({0, 3, 4}), good), std::invalid_argument);
}

TEST(ConvBad, MessageNamesOperatorAndFault) {
  ConvParams p = square_kernel(3, 2, std::vector<std::int8_t>(72));
  p.groups = 3;
  try {
    ops::conv(Tensor({3, 3, 4}), p);
    FAIL();
  } catch (const std::invalid_argument& e) {
    EXPECT_STREQ(e.what(), "conv: channels not divisible by groups");
  }
}

TEST(Path, UnsupportedIsRefused) {
  EXPECT_THROW(ops::set_path(static_cast<Path>(99)), std::invalid_argument);
  EXPECT_THAT(ops::path_name(static_cast<Path>(99)), ::testing::StrEq("?"));
  EXPECT_THAT(ops::supported_paths().front(), Path::kReference);
}

}  // namespace
}  // namespace e8::testing
