// Transposed convolution: by hand, against scattering, against convolution with a turned kernel on every path.
#include <gmock/gmock.h>

#include <map>

#include "tests/emu/ops/reference.h"

namespace e8::testing {
namespace {

using ops::DeconvParams;
using ops::Shape;
using ops::Tensor;
using ::testing::ElementsAre;

TEST(Deconv, HandComputed) {
  DeconvParams p;
  p.window.kw = 3;
  p.window.sw = 2;
  p.weights = {1, 10, 100};
  p.tail = ops::identity_tail();
  Tensor in({1, 2, 1});
  in.data = {1, -1};
  // 1, 10, 100 at 0 and -1, -10, -100 at 2
  EXPECT_THAT(ops::deconv(in, p).data, ElementsAre(1, 10, 99, -10, -100));
  p.window.left = 1, p.window.right = 2;
  EXPECT_THAT(ops::deconv(in, p).data, ElementsAre(10, 99));
  p.out_pad_w = 1;
  EXPECT_THAT(ops::deconv(in, p).data, ElementsAre(10, 99, -10));
}

TEST(Deconv, RandomAgainstScatter) {
  Random random(41);
  for (int round = 0; round < 300; ++round) {
    DeconvParams p;
    p.window = {random.between(1, 4), random.between(1, 4), random.between(1, 3),
                random.between(1, 3), random.between(1, 2), random.between(1, 2)};
    ops::Window& w = p.window;
    w.top = random.between(0, w.kh - 1), w.left = random.between(0, w.kw - 1);
    w.bottom = random.between(0, w.kh - 1), w.right = random.between(0, w.kw - 1);
    p.out_pad_h = random.between(0, w.sh - 1), p.out_pad_w = random.between(0, w.sw - 1);
    p.groups = random.between(1, 3);
    const int cin = p.groups * random.between(1, 3);
    p.cout = p.groups * random.between(1, 3);
    const Tensor in = random.tensor({random.between(4, 6), random.between(4, 6), cin});
    const auto depth = static_cast<std::size_t>(w.kh * w.kw * cin / p.groups);
    p.weights = random.bytes(depth * static_cast<std::size_t>(p.cout));
    p.tail = random.tail(p.cout, depth);
    const Tensor got = ops::deconv(in, p), want = deconv_scatter(in, p);
    ASSERT_TRUE(got.shape == want.shape) << describe(w);
    ASSERT_EQ(got.data, want.data) << "seed " << random.seed() << " round " << round << " " << describe(w);
  }
}

/// With stride 1 it is a convolution with the kernel turned by 180 degrees and padding dilation * (k - 1) - pad.
TEST(Deconv, TurnedConvolutionOnEveryPath) {
  Random random(42);
  std::set<ops::Path> covered;
  for (int round = 0; round < 60; ++round) {
    DeconvParams p;
    const int k = random.between(1, 4), pad = random.between(0, k - 1), cin = random.between(1, 20);
    p.window = {k, k, 1, 1, 1, 1, pad, pad, pad, pad};
    p.cout = random.between(1, 9);
    const Tensor in = random.tensor({6, 7, cin});
    p.weights = random.bytes(static_cast<std::size_t>(p.cout * k * k * cin));
    p.tail = random.tail(p.cout, static_cast<std::size_t>(k * k * cin));
    ops::ConvParams turned;
    turned.window = {k, k, 1, 1, 1, 1, k - 1 - pad, k - 1 - pad, k - 1 - pad, k - 1 - pad};
    turned.cout = p.cout;
    turned.tail = p.tail;
    for (int o = 0; o < p.cout; ++o)
      for (int t = k * k - 1; t >= 0; --t) {
        const auto tap = p.weights.begin() + (o * k * k + t) * cin;
        turned.weights.insert(turned.weights.end(), tap, tap + cin);
      }
    covered.merge(expect_conv_on_every_path(in, turned, ops::deconv(in, p), "seed " + std::to_string(random.seed())));
  }
  expect_required_paths(covered);
}

TEST(Deconv, Refusals) {
  const Tensor in({3, 3, 4});
  DeconvParams good;
  good.cout = 2;
  good.window = {2, 2};
  good.weights.assign(32, 1);
  good.tail = ops::identity_tail();
  EXPECT_NO_THROW(ops::deconv(in, good));
  const std::map<std::string, void (*)(DeconvParams&)> faults = {
      {"kernel", [](DeconvParams& p) { p.window.kh = 0; }},
      {"groups", [](DeconvParams& p) { p.groups = 3; }},
      {"cout", [](DeconvParams& p) { p.cout = 0; }},
      {"out pad", [](DeconvParams& p) { p.out_pad_h = -1; }},
      {"nothing left", [](DeconvParams& p) { p.window.top = 4; }},
      {"weights", [](DeconvParams& p) { p.weights.pop_back(); }},
      {"tail", [](DeconvParams& p) { p.tail.channel.clear(); }},
  };
  for (const auto& [name, fault] : faults) {
    DeconvParams p = good;
    fault(p);
    EXPECT_THROW(ops::deconv(in, p), std::invalid_argument) << name;
  }
}

}  // namespace
}  // namespace e8::testing
