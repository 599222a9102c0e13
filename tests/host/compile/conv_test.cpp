// Convolutions of every form, compiled and run on the emulator, against the golden model.
#include <gtest/gtest.h>

#include "tests/host/compile/configs.h"
#include "tests/host/net_builder.h"
#include "tests/host/program_run.h"

namespace e8 {
namespace {

using test::NetBuilder;

class Conv : public ::testing::TestWithParam<std::string> {
 protected:
  const isa::Config& config() const { return test::config(GetParam()); }
  int v() const { return static_cast<int>(config().v); }

  /// One convolution of an image.
  void expect_conv(ops::Shape in, int cout, ops::Window w, int groups, std::uint64_t seed) {
    SCOPED_TRACE("in " + test::text(in) + " cout " + std::to_string(cout) + " k " + std::to_string(w.kh) + "x" +
                 std::to_string(w.kw) + " s " + std::to_string(w.sh) + "," + std::to_string(w.sw) + " groups " +
                 std::to_string(groups) + " seed " + std::to_string(seed));
    NetBuilder b(config(), seed);
    b.conv(b.input(in), cout, w, groups);
    const ops::Tensor input = b.random_input();
    EXPECT_EQ(test::expect_golden(b.take(), input, config()), 2);
  }
};
E8_ALL_CONFIGS(Conv);

ops::Window window(int k, int s = 1, int pad = 0, int d = 1) { return {k, k, s, s, d, d, pad, pad, pad, pad}; }

TEST_P(Conv, channels_around_v) {
  for (const int cin : test::around(v())) {
    for (const int cout : test::around(v())) expect_conv({5, 6, cin}, cout, window(3, 1, 1), 1, 1);
  }
}

TEST_P(Conv, rows_around_lanes) {
  for (const int h : test::around(static_cast<int>(config().lanes))) expect_conv({h, 5, 3}, 4, window(1), 1, 2);
  for (const int h : test::around(2 * static_cast<int>(config().lanes)))
    expect_conv({h, 4, 5}, 3, window(3, 1, 1), 1, 3);
}

TEST_P(Conv, kernels_strides_dilations_paddings) {
  std::uint64_t seed = 10;
  for (const int kh : {1, 2, 3}) {
    for (const int s : {1, 2, 3}) {
      for (const int d : {1, 2}) {
        for (const int pad : {0, 1, 2}) {
          const ops::Window w{kh, 4 - kh, s, 3 - s > 0 ? 3 - s : 1, d, 1 + pad % 2, pad, 2 - pad, 1, pad};
          expect_conv({9, 8, 3}, 5, w, 1, ++seed);
        }
      }
    }
  }
}

TEST_P(Conv, dense_inputs_unfolded) {
  for (const int c : {1, 2, 3}) {
    for (const int k : {1, 3, 5, 7}) {
      for (const int s : {1, 2, 4}) {
        for (const int d : {1, 2}) expect_conv({16, 17, c}, 6, window(k, s, k / 2, d), 1, 90);
      }
    }
  }
}

TEST_P(Conv, groups) {
  expect_conv({6, 7, 2 * v()}, 2 * v(), window(3, 1, 1), 2 * v(), 20);  // depthwise
  expect_conv({6, 7, 2 * v() + 1}, 2 * v() + 1, window(3, 2, 1), 2 * v() + 1, 21);
  expect_conv({4, 4, v() + 2}, 3 * (v() + 2), window(3, 1, 1), v() + 2, 22);  // channel multiplier 3
  expect_conv({5, 5, 4 * v()}, 2 * v(), window(1), 2, 23);                    // whole blocks a group
  expect_conv({5, 5, 3 * (v() + 1)}, 3 * (v() - 1), window(3, 1, 1), 3, 24);  // no multiples of V
  expect_conv({5, 5, 12}, 18, window(2), 6, 25);
}

TEST_P(Conv, fully_connected) {
  for (const int c : {1, v(), 3 * v() + 1}) {
    NetBuilder b(config(), 30);
    const int hidden = b.fully_connected(b.input({4, 3, c}), 2 * v() + 1);
    b.fully_connected(hidden, 10);
    const ops::Tensor input = b.random_input();
    EXPECT_EQ(test::expect_golden(b.take(), input, config(), {true}), 3);
  }
}

TEST_P(Conv, weights_larger_than_their_memory) {
  const int blocks = static_cast<int>(config().weight_words) / 9 + 1;  // one group of 3x3 does not fit
  expect_conv({3, 3, blocks * v()}, v() + 1, window(3, 1, 1), 1, 40);
  expect_conv({1, 1, (blocks * 9 + 1) * v()}, 3, window(1), 1, 41);
}

TEST_P(Conv, many_output_groups) {
  const int groups = static_cast<int>(config().param_words) + 1;  // parameters do not fit either
  expect_conv({2, 2, 2}, std::min(groups * v(), 1100), window(1), 1, 42);
}

TEST_P(Conv, image_larger_than_feature_memory) {
  const int lanes = static_cast<int>(config().lanes), words = static_cast<int>(config().feature_words);
  if (words <= 1024) {
    expect_conv({3 * lanes, words / 4 + 3, 3}, 3, window(3, 1, 1), 1, 50);  // rows fit
    expect_conv({3, 2 * words + 1, v()}, 2, window(3, 2, 1), 1, 51);        // not even one row
  } else {
    expect_conv({4 * lanes, words / 8 + 1, v() + 1}, 3, window(3, 1, 1), 1, 52);
    expect_conv({lanes + 1, words + 1, 1}, 2, window(3, 1, 1), 1, 53);
  }
}

TEST_P(Conv, random_nets) {
  for (std::uint64_t seed = 100; seed < 130; ++seed) {
    NetBuilder b(config(), seed);
    int t = b.input({b.between(1, 14), b.between(1, 14), b.between(1, 20)});
    for (int layer = 0; layer < 3; ++layer) {
      ops::Window w{b.between(1, 3), b.between(1, 3), b.between(1, 2),
                    b.between(1, 2), b.between(1, 2), b.between(1, 2)};
      w.top = b.between(0, 2);
      w.bottom = b.between(2, 4);
      w.left = b.between(2, 4);
      w.right = b.between(0, 2);
      t = b.conv(t, b.between(1, 20), w);
    }
    SCOPED_TRACE("seed " + std::to_string(seed));
    const ops::Tensor input = b.random_input();
    test::expect_golden(b.take(), input, config(), {seed % 2 == 0});
  }
}

}  // namespace
}  // namespace e8
