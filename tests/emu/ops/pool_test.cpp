// Max and average pooling: by hand, against plain loops and against convolutions on every path, refusals.
#include <gmock/gmock.h>

#include <algorithm>
#include <map>

#include "emu/numerics/dpu.h"
#include "emu/numerics/tflite.h"
#include "tests/emu/ops/reference.h"

namespace e8::testing {
namespace {

using ops::AvgPoolParams;
using ops::MaxPoolParams;
using ops::Shape;
using ops::Tensor;
using ops::Window;
using ::testing::ElementsAre;

Tensor image(Shape shape, std::vector<std::int8_t> data) {
  Tensor t(shape);
  t.data = std::move(data);
  return t;
}

Window random_window(Random& random, bool dilated) {
  Window w{random.between(1, 4), random.between(1, 4), random.between(1, 3), random.between(1, 3)};
  if (dilated) w.dh = random.between(1, 2), w.dw = random.between(1, 3);
  w.top = random.between(0, w.kh - 1), w.left = random.between(0, w.kw - 1);
  w.bottom = random.between(0, w.kh - 1), w.right = random.between(0, w.kw - 1);
  return w;
}

/// The pixels of a window that exist, of one channel.
std::vector<int> window_pixels(const Tensor& in, const Window& w, int y, int x, int c) {
  std::vector<int> found;
  for (int k = 0; k < w.kh * w.kw; ++k) {
    const int iy = y * w.sh + k / w.kw * w.dh - w.top, ix = x * w.sw + k % w.kw * w.dw - w.left;
    if (iy >= 0 && iy < in.shape.h && ix >= 0 && ix < in.shape.w) found.push_back(in.at(iy, ix, c));
  }
  return found;
}

// ---------------------------------------------------------------------------------------------- max

TEST(MaxPool, HandComputed) {
  MaxPoolParams p;
  p.window = {2, 2, 2, 2};
  p.tail = ops::identity_tail();
  const Tensor in = image({2, 4, 1}, {1, -5, 7, 0, 3, 2, -128, 127});
  EXPECT_THAT(ops::max_pool(in, p).data, ElementsAre(3, 127));
  p.window = {3, 3, 1, 1, 1, 1, 1, 1, 1, 1};
  EXPECT_THAT(ops::max_pool(image({1, 2, 1}, {-7, -9}), p).data, ElementsAre(-7, -7));  // padding is no candidate
  EXPECT_THAT(ops::max_pool(image({1, 1, 1}, {-128}), p).data, ElementsAre(-128));
  p.tail.channel = {{0, 1, 1, 2}};
  EXPECT_THAT(ops::max_pool(image({1, 1, 1}, {-7}), p).data, ElementsAre(-3));  // -3.5, half up
}

TEST(MaxPool, RandomAgainstPlainLoops) {
  Random random(21);
  for (int round = 0; round < 300; ++round) {
    MaxPoolParams p;
    p.window = random_window(random, true);
    const int channels = random.between(1, 5);
    p.tail = random.tail(channels, 1);
    const Tensor in = random.tensor({random.between(7, 10), random.between(10, 12), channels});
    const Tensor got = ops::max_pool(in, p);
    ASSERT_EQ(got.shape.h, p.window.out_h(in.shape.h));
    for (int y = 0; y < got.shape.h; ++y)
      for (int x = 0; x < got.shape.w; ++x)
        for (int c = 0; c < channels; ++c) {
          int top = -128;
          for (const int v : window_pixels(in, p.window, y, x, c)) top = std::max(top, v);
          ASSERT_EQ(got.at(y, x, c), tail_wide(top, p.tail.of(c), p.tail.mode))
              << "seed " << random.seed() << " round " << round << " " << describe(p.window);
        }
  }
}

TEST(MaxPool, Refusals) {
  const Tensor in({3, 3, 2});
  MaxPoolParams p;
  p.tail = ops::identity_tail();
  EXPECT_NO_THROW(ops::max_pool(in, p));
  const std::map<std::string, void (*)(MaxPoolParams&)> faults = {
      {"kernel", [](MaxPoolParams& q) { q.window.kw = 0; }},
      {"stride", [](MaxPoolParams& q) { q.window.sh = 0; }},
      {"padding", [](MaxPoolParams& q) { q.window.top = -1; }},
      {"too large", [](MaxPoolParams& q) { q.window.kh = 4; }},
      {"tails", [](MaxPoolParams& q) { q.tail.channel.resize(3); }},
      {"shift", [](MaxPoolParams& q) { q.tail.channel[0].s = 63; }},
  };
  for (const auto& [name, fault] : faults) {
    MaxPoolParams q = p;
    fault(q);
    EXPECT_THROW(ops::max_pool(in, q), std::invalid_argument) << name;
  }
}

// ---------------------------------------------------------------------------------------------- average

TEST(AvgPool, DpuDivisorsOfFullMaps) {
  for (const auto& [k, want] :
       std::map<int, int>{{2, 127}, {3, 125}, {4, 127}, {5, 124}, {6, 125}, {7, 127}, {8, 127}}) {
    AvgPoolParams p;
    p.window = {k, k};
    p.by_count = {num::dpu::average(num::dpu::pool_divisor(k, k), 0)};
    EXPECT_EQ(ops::avg_pool(Tensor({k, k, 1}, 127), p).data[0], want) << k;
  }
}

TEST(AvgPool, TiesByRule) {
  AvgPoolParams p;
  p.window = {2, 2};
  struct Case {
    std::vector<std::int8_t> in;
    int up, away, even;
  };
  for (const Case& c :
       {Case{{-1, -1, 0, 0}, 0, -1, 0}, Case{{-3, -3, 0, 0}, -1, -2, -2}, Case{{1, 1, 0, 0}, 1, 1, 0}}) {
    const Tensor in = image({2, 2, 1}, c.in);
    p.by_count = {num::dpu::average(num::dpu::pool_divisor(2, 2), 0)};
    p.mode.tie = num::Tie::kHalfUp;
    EXPECT_EQ(ops::avg_pool(in, p).data[0], c.up);
    p.mode.tie = num::Tie::kHalfAway;
    EXPECT_EQ(ops::avg_pool(in, p).data[0], c.away);
    p.mode.tie = num::Tie::kHalfEven;
    EXPECT_EQ(ops::avg_pool(in, p).data[0], c.even);
  }
}

/// With counted padding it is a depthwise convolution with weights of one.
TEST(AvgPool, CountedPaddingEqualsConvolutionOnEveryPath) {
  Random random(22);
  std::set<ops::Path> covered;
  for (int round = 0; round < 100; ++round) {
    const int channels = round % 2 == 0 ? random.between(1, 5) : random.between(15, 33);
    AvgPoolParams p;
    p.window = random_window(random, true);
    p.pad_value = random.byte();
    const ops::Tail tail = random.tail(1, 1);
    p.by_count = tail.channel;
    p.mode = tail.mode;
    ops::ConvParams conv;
    conv.window = p.window;
    conv.cout = conv.groups = channels;
    conv.pad_value = p.pad_value;
    conv.weights.assign(static_cast<std::size_t>(channels * p.window.kh * p.window.kw), 1);
    conv.tail = tail;
    const Tensor in = random.tensor({random.between(7, 9), random.between(10, 12), channels});
    covered.merge(expect_conv_on_every_path(in, conv, ops::avg_pool(in, p),
                                            "seed " + std::to_string(random.seed()) + " " + describe(p.window)));
  }
  expect_required_paths(covered);
}

/// Without: TFLite's quotient, rounded half away from zero, of the pixels that exist.
TEST(AvgPool, ExcludedPaddingDividesByWhatIsThere) {
  Random random(23);
  for (int round = 0; round < 200; ++round) {
    AvgPoolParams p;
    p.window = random_window(random, false);
    p.count_pad = false;
    for (int n = 1; n <= p.window.kh * p.window.kw; ++n) p.by_count.push_back(num::tflite::average(n));
    p.mode.tie = num::Tie::kHalfAway;
    const Tensor in = random.tensor({random.between(5, 9), random.between(5, 9), 2});
    const Tensor got = ops::avg_pool(in, p);
    for (int y = 0; y < got.shape.h; ++y)
      for (int x = 0; x < got.shape.w; ++x)
        for (int c = 0; c < 2; ++c) {
          int sum = 0, n = 0;
          for (const int v : window_pixels(in, p.window, y, x, c)) sum += v, ++n;
          const int want = (sum >= 0 ? sum + n / 2 : sum - n / 2) / n;  // toward zero, as TFLite
          ASSERT_EQ(got.at(y, x, c), want) << "seed " << random.seed() << " round " << round;
        }
  }
}

TEST(AvgPool, Refusals) {
  const Tensor in({3, 3, 2});
  AvgPoolParams p;
  p.window = {2, 2, 1, 1, 1, 1, 1, 1, 0, 0};
  p.by_count = {{0, 1, 1, 3}};
  EXPECT_NO_THROW(ops::avg_pool(in, p));
  AvgPoolParams q = p;
  q.count_pad = false;  // needs four
  EXPECT_THROW(ops::avg_pool(in, q), std::invalid_argument);
  q.by_count.assign(4, p.by_count[0]);
  EXPECT_NO_THROW(ops::avg_pool(in, q));
  q.window.top = 2;  // a window without any pixel
  EXPECT_THROW(ops::avg_pool(in, q), std::invalid_argument);
  p.by_count[0].s = 0;
  EXPECT_THROW(ops::avg_pool(in, p), std::invalid_argument);
  p.by_count.clear();
  EXPECT_THROW(ops::avg_pool(in, p), std::invalid_argument);
}

}  // namespace
}  // namespace e8::testing
