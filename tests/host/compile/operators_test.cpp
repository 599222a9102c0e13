// Every operator but convolution, compiled and run on the emulator, against the golden model.
#include <gtest/gtest.h>

#include "host/model/error.h"
#include "tests/host/compile/configs.h"
#include "tests/host/net_builder.h"
#include "tests/host/program_run.h"

namespace e8 {
namespace {

using Kind = ops::AddParams::Kind;
using test::NetBuilder;

ops::Window window(int k, int s = 1, int pad = 0, int d = 1) { return {k, k, s, s, d, d, pad, pad, pad, pad}; }

class Operators : public ::testing::TestWithParam<std::string> {
 protected:
  const isa::Config& config() const { return test::config(GetParam()); }
  int v() const { return static_cast<int>(config().v); }
  int lanes() const { return static_cast<int>(config().lanes); }

  /// build(builder, input) adds nodes behind an input of shape `in`.
  template <typename Build>
  void expect_equal(ops::Shape in, std::uint64_t seed, Build build, const compile::Options& options = {}) {
    SCOPED_TRACE("in " + test::text(in) + " seed " + std::to_string(seed));
    NetBuilder b(config(), seed);
    build(b, b.input(in));
    const ops::Tensor input = b.random_input();
    EXPECT_GE(test::expect_golden(b.take(), input, config(), options), 2);
  }
  /// Error 401 that names the node.
  template <typename Build>
  void expect_unsupported(Build build) {
    NetBuilder b(config(), 1);
    build(b, b.input({4, 4, 3}));
    try {
      compile::compile(b.take(), config());
      ADD_FAILURE() << "compiled";
    } catch (const UserError& e) {
      EXPECT_EQ(e.id(), 401) << e.what();
      EXPECT_NE(std::string(e.what()).find("'n0'"), std::string::npos) << e.what();
    }
  }
  /// Heights around LANES, channels around V.
  template <typename Build>
  void around_lanes_and_v(std::uint64_t seed, Build build) {
    for (const int h : test::around(lanes())) {
      for (const int c : test::around(v())) expect_equal({h, 5, c}, ++seed, build);
    }
  }
};
E8_ALL_CONFIGS(Operators);

TEST_P(Operators, max_pool) {
  around_lanes_and_v(1000, [](NetBuilder& b, int in) { b.max_pool(in, window(3, 2, 1), b.coin()); });
  expect_equal({13, 11, 2 * v() + 1}, 1, [](NetBuilder& b, int in) { b.max_pool(in, window(2, 2)); });
  expect_equal({13, 11, 3}, 2, [](NetBuilder& b, int in) { b.max_pool(in, window(3, 1, 1, 2), true); });
  expect_equal({7, 7, 5 * v()}, 3, [](NetBuilder& b, int in) { b.max_pool(in, window(7)); });
  expect_equal({9, 70, 4}, 4, [](NetBuilder& b, int in) { b.max_pool(in, {1, 5, 1, 3, 1, 1, 0, 2, 0, 2}); });
}

TEST_P(Operators, avg_pool_counting_padding) {
  around_lanes_and_v(2000, [](NetBuilder& b, int in) { b.avg_pool(in, window(3, 1, 1), true); });
  expect_equal({12, 10, 2 * v() - 1}, 1, [](NetBuilder& b, int in) { b.avg_pool(in, window(2, 2), true); });
}

TEST_P(Operators, avg_pool_of_existing_pixels) {
  if (config().mul_bits == 0) {
    expect_unsupported([](NetBuilder& b, int in) { b.avg_pool(in, window(3, 1, 1), false); });
    return;
  }
  around_lanes_and_v(3000, [](NetBuilder& b, int in) { b.avg_pool(in, window(3, 1, 1), false); });
  expect_equal({11, 9, v() + 1}, 1, [](NetBuilder& b, int in) { b.avg_pool(in, window(3, 2, 1), false); });
  expect_equal({10, 40, 3}, 2, [](NetBuilder& b, int in) { b.avg_pool(in, {5, 3, 2, 1, 1, 2, 3, 2, 2, 3}, false); });
  expect_equal({1, 50, 2}, 3, [](NetBuilder& b, int in) { b.avg_pool(in, {1, 5, 1, 2, 1, 1, 0, 2, 0, 3}, false); });
}

TEST_P(Operators, global_pools) {
  for (const int c : test::around(v() * lanes())) {
    expect_equal({7, 7, c}, 1, [](NetBuilder& b, int in) { b.global_avg_pool(in); });
  }
  expect_equal({1, 1, 3}, 2, [](NetBuilder& b, int in) { b.global_avg_pool(in); });
  expect_equal({3, 270, 2}, 3, [](NetBuilder& b, int in) { b.max_pool(in, {3, 270, 1, 1, 1, 1, 0, 0, 0, 0}); });
}

TEST_P(Operators, windows_larger_than_feature_memory) {
  const int side = config().feature_words <= 1024 ? 36 : config().max_steps() > 95 * 95 ? 95 : 90;
  const ops::Window w{side, side, 1, 1, 1, 1, 0, 0, 0, 0};
  expect_equal({side, side, v() + 1}, 1, [&](NetBuilder& b, int in) { b.max_pool(in, w); });
  expect_equal({side + 1, side, 1}, 2, [&](NetBuilder& b, int in) { b.max_pool(in, w, true); });
  if (config().mul_bits == 0) return;
  expect_equal({side, side, 2}, 3, [&](NetBuilder& b, int in) { b.avg_pool(in, w, true); });
}

TEST_P(Operators, add_and_subtract) {
  for (const Kind kind : {Kind::kDpu, Kind::kScaled, Kind::kTflite}) {
    const bool possible = config().tables || kind != Kind::kTflite;
    if (!possible || (kind == Kind::kTflite && !config().double_round)) {
      expect_unsupported([&](NetBuilder& b, int in) { b.add(in, in, kind); });
      continue;
    }
    around_lanes_and_v(4000 + 100 * static_cast<std::uint64_t>(kind),
                       [&](NetBuilder& b, int in) { b.add(b.conv(in, b.shape(in).c, window(1)), in, kind); });
    for (std::uint64_t seed = 0; seed < 8; ++seed) {
      expect_equal({3, 4, 2 * v() + 1}, seed, [&](NetBuilder& b, int in) { b.add(in, in, kind); });
    }
  }
}

TEST_P(Operators, add_fused_into_either_operand) {
  for (std::uint64_t seed = 0; seed < 6; ++seed) {
    const auto build = [&](NetBuilder& b, int in) {
      const int left = b.conv(in, 7, window(3, 1, 1)), right = b.conv(in, 7, window(1));
      const int sum = seed % 2 == 0 ? b.add(left, right) : b.add(right, left);
      b.add(b.depthwise(sum, window(3, 1, 1)), sum);
    };
    expect_equal({9, 10, 3}, seed, build);
    expect_equal({9, 10, 3}, seed, build, {true});
  }
}

TEST_P(Operators, table_activation) {
  if (!config().tables) {
    expect_unsupported([](NetBuilder& b, int in) { b.table(in); });
    return;
  }
  around_lanes_and_v(5000, [](NetBuilder& b, int in) { b.table(in); });
  expect_equal({6, 6, 3}, 1, [](NetBuilder& b, int in) { b.table(b.table(b.conv(in, 5, window(3)))); });
}

TEST_P(Operators, upsample) {
  around_lanes_and_v(6000, [](NetBuilder& b, int in) { b.upsample(in, 2, 2, b.coin()); });
  expect_equal({3, 5, 2 * v() + 1}, 1, [](NetBuilder& b, int in) { b.upsample(in, 3, 1, true); });
  expect_equal({2, 3, 3}, 2, [](NetBuilder& b, int in) { b.upsample(in, 1, 4); });
}

TEST_P(Operators, concat) {
  for (const int first : {1, v() - 1, v(), v() + 1, 2 * v()}) {
    for (std::uint64_t seed = 0; seed < 3; ++seed) {
      expect_equal({5, 4, first}, seed, [&](NetBuilder& b, int in) {
        const int other = b.conv(in, v() + 1, window(1));
        b.concat({in, other, in, other}, seed != 0);
      });
    }
  }
  expect_equal({4, 4, 3}, 9, [](NetBuilder& b, int in) { b.concat({in, b.conv(in, 5, window(1))}, true, false); });
  expect_equal({4, 4, 1}, 10, [](NetBuilder& b, int in) { b.concat(std::vector<int>(40, in)); });
}

TEST_P(Operators, pad) {
  around_lanes_and_v(7000, [](NetBuilder& b, int in) { b.pad(in, 1, 2, 3, 0); });
  expect_equal({2, 2, 2 * v() + 1}, 1, [](NetBuilder& b, int in) { b.pad(in, 0, 0, 1, 5); });
}

TEST_P(Operators, slice) {
  for (const int c0 : {0, 1, v() - 1, v(), v() + 1}) {
    for (const int c : {1, v(), v() + 1}) {
      expect_equal({9, 8, c0 + c + 1}, 1, [&](NetBuilder& b, int in) { b.slice(in, {1, 2, c0, {4, 3, c}, 2, 2}); });
    }
  }
  expect_equal({30, 30, 3}, 2, [](NetBuilder& b, int in) { b.slice(in, {5, 7, 0, {3, 8, 3}, 10, 3}); });
}

TEST_P(Operators, requant) {
  around_lanes_and_v(8000, [](NetBuilder& b, int in) { b.requant(in); });
}

TEST_P(Operators, deconv) {
  std::uint64_t seed = 0;
  for (const int k : {1, 2, 3, 4}) {
    for (const int s : {1, 2, 3}) {
      for (const int d : {1, 2}) {
        const int pad = std::min(1, (k - 1) * d);
        expect_equal({5, 4, 3}, ++seed, [&](NetBuilder& b, int in) { b.deconv(in, 5, window(k, s, pad, d)); });
      }
    }
  }
  expect_equal({7, 6, 2 * v()}, 90, [&](NetBuilder& b, int in) {
    b.deconv(in, v() + 1, {3, 2, 2, 3, 1, 1, 1, 0, 0, 1}, 1, 1, 0);
  });
  expect_equal({4, 5, 6}, 91, [](NetBuilder& b, int in) { b.deconv(in, 6, window(3, 2, 1), 6, 1, 1); });
  expect_equal({4, 5, 6}, 92, [](NetBuilder& b, int in) { b.deconv(in, 9, window(2, 2), 3); });
  expect_equal({3, 3, 9 * v()}, 93, [&](NetBuilder& b, int in) { b.deconv(in, 3, window(5, 2, 2)); });
}

/// A line of samples: lanes take columns.
TEST_P(Operators, one_dimensional) {
  expect_equal({1, 131, 3}, 1, [](NetBuilder& b, int in) {
    int t = b.conv(in, 9, {1, 5, 1, 2, 1, 1, 0, 2, 0, 2});
    t = b.max_pool(t, {1, 3, 1, 2, 1, 1, 0, 0, 0, 0});
    b.conv(b.depthwise(t, {1, 3, 1, 1, 1, 2, 0, 2, 0, 2}), 4, window(1));
  });
}

}  // namespace
}  // namespace e8
