// Every operator as a network of its own, at the sizes where tiles, words and lanes end, on every build, under every
// kind of stall: golden model, emulator and RTL are equal. What a build cannot compute is refused with error 401.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "tests/cosim/net_bench.h"
#include "tests/host/compile/configs.h"

namespace e8::test {
namespace {

using Kind = ops::AddParams::Kind;
using sim::StallMode;

/// What a network asks of a configuration.
struct Needs {
  unsigned mul_bits = 0;
  bool double_round = false, tables = false;
  bool met_by(const isa::Config& c) const {
    return c.mul_bits >= mul_bits && (c.double_round || !double_round) && (c.tables || !tables);
  }
};

/// build(builder, input) adds the operator behind an input of this shape.
struct Case {
  ops::Shape in;
  std::function<void(NetBuilder&, int)> build;
  Needs needs = {};
};

ops::Window window(int k, int s = 1, int pad = 0, int d = 1) { return {k, k, s, s, d, d, pad, pad, pad, pad}; }

/// Sizes of a configuration that matter.
struct Sizes {
  explicit Sizes(const isa::Config& c)
      : v(static_cast<int>(c.v)),
        lanes(static_cast<int>(c.lanes)),
        feature(static_cast<int>(c.feature_words)),
        weight(static_cast<int>(c.weight_words)) {
    while ((side + 1) * (side + 1) <= static_cast<int>(std::min<std::uint64_t>(c.max_steps(), 95 * 95))) ++side;
  }
  int v, lanes, feature, weight;
  int side = 1;  ///< of the largest square window that an accumulator holds; at most 95, which no feature memory holds
};

/// Heights around LANES, channels around V.
template <typename F>
std::vector<Case> around_lanes_and_v(const Sizes& z, F build, Needs needs = {}) {
  std::vector<Case> all;
  for (const int h : around(z.lanes)) all.push_back({{h, 3, z.v + 1}, build, needs});
  for (const int c : around(z.v)) all.push_back({{2, 5, c}, build, needs});
  return all;
}

std::vector<Case> conv_cases(const Sizes& z) {
  const auto conv = [](int cout, ops::Window w, int groups = 1) {
    return [=](NetBuilder& b, int in) { b.conv(in, cout, w, groups); };
  };
  std::vector<Case> all = around_lanes_and_v(z, conv(z.v + 1, window(3, 1, 1)));
  for (const int cout : around(z.v)) all.push_back({{2, 3, 3}, conv(cout, window(1))});
  for (const int k : {1, 2, 3}) {
    for (const int s : {1, 2, 3}) all.push_back({{7, 8, 3}, conv(5, {k, 4 - k, s, 4 - s, 1, 1, 0, 1, 2, 0})});
  }
  all.push_back({{5, 7, 9}, conv(17, window(3, 2, 1))});
  all.push_back({{9, 9, 2}, conv(3, {3, 2, 1, 2, 2, 3, 2, 0, 1, 2})});
  all.push_back({{1, 2 * z.lanes + 1, 3}, conv(4, {1, 3, 1, 1, 1, 1, 0, 1, 0, 1})});
  all.push_back({{12, 12, 3}, conv(6, window(7, 2, 3))});  // unfolded by LOAD
  all.push_back({{4, 4, 2 * (z.v + 1)}, conv(2 * (z.v - 1), window(3, 1, 1), 2)});
  all.push_back({{4, 4, 6}, conv(9, window(2), 3)});
  for (const int c : around(z.v)) all.push_back({{4, 5, c}, conv(c, window(3, 1, 1), c)});  // depthwise
  all.push_back({{5, 5, z.v + 2}, conv(2 * (z.v + 2), window(3, 2, 1), z.v + 2)});
  all.push_back({{z.lanes + 1, z.feature / 2 + 1, 1}, conv(2, window(3, 1, 1))});  // tiles
  return all;
}

std::vector<Case> deconv_cases(const Sizes& z) {
  std::vector<Case> all;
  for (const int k : {1, 2, 3}) {
    for (const int s : {1, 2}) {
      all.push_back({{3, 4, 3}, [=](NetBuilder& b, int in) { b.deconv(in, 5, window(k, s, k / 2)); }});
    }
  }
  all.push_back({{z.lanes + 1, 3, z.v + 1}, [=](NetBuilder& b, int in) {
                   b.deconv(in, z.v + 1, {3, 2, 2, 3, 1, 1, 1, 0, 0, 1}, 1, 1, 0);
                 }});
  all.push_back({{3, 3, 6}, [](NetBuilder& b, int in) { b.deconv(in, 6, window(3, 2, 1, 2), 6, 1, 1); }});
  return all;
}

std::vector<Case> fully_connected_cases(const Sizes& z) {
  std::vector<Case> all;
  for (const int n : around(z.v)) {
    all.push_back({{2, 3, n}, [=](NetBuilder& b, int in) { b.fully_connected(in, n + 1); }});
  }
  // One vector's weights do not fit: K is split.
  all.push_back({{1, 1, (z.weight + 1) * z.v}, [](NetBuilder& b, int in) { b.fully_connected(in, 3); }});
  return all;
}

std::vector<Case> pool_cases(const Sizes& z) {
  std::vector<Case> all = around_lanes_and_v(z, [](NetBuilder& b, int in) { b.max_pool(in, window(3, 2, 1)); });
  const auto more = [&](const std::vector<Case>& cases) { all.insert(all.end(), cases.begin(), cases.end()); };
  more(around_lanes_and_v(z, [](NetBuilder& b, int in) { b.avg_pool(in, window(3, 1, 1), true); }));
  more(around_lanes_and_v(z, [](NetBuilder& b, int in) { b.avg_pool(in, window(3, 1, 1), false); }, {24}));
  all.push_back({{7, 6, 3}, [](NetBuilder& b, int in) { b.max_pool(in, window(3, 1, 1, 2), true); }});
  all.push_back({{6, 7, z.v}, [](NetBuilder& b, int in) { b.avg_pool(in, {3, 2, 2, 1, 1, 2, 1, 1, 0, 0}, true); }});
  for (const int c : around(z.v)) {
    all.push_back({{4, 5, c}, [](NetBuilder& b, int in) { b.global_avg_pool(in); }});
  }
  // A window that fills feature memory, or does not fit.
  const int side = z.feature <= 1024 ? 36 : z.side;
  all.push_back({{side, side, 1}, [=](NetBuilder& b, int in) { b.max_pool(in, window(side)); }});
  return all;
}

std::vector<Case> add_cases(const Sizes& z) {
  std::vector<Case> all;
  for (const Kind kind : {Kind::kDpu, Kind::kScaled, Kind::kTflite}) {
    const Needs needs = kind == Kind::kTflite ? Needs{31, true, true} : Needs{};
    for (const bool subtract : {false, true}) {
      if (subtract && kind == Kind::kTflite) continue;
      const auto alone = [=](NetBuilder& b, int in) {
        ops::AddParams p = b.add_params(kind);
        p.subtract = subtract;
        b.add(in, b.requant(in), p);
      };
      const auto fused = [=](NetBuilder& b, int in) {
        ops::AddParams p = b.add_params(kind);
        p.subtract = subtract;
        b.add(b.conv(in, b.shape(in).c, window(1)), in, p);
      };
      for (const Case& c : around_lanes_and_v(z, alone, needs)) all.push_back(c);
      for (const int c : around(z.v)) all.push_back({{3, 2, c}, fused, needs});
    }
  }
  // An operand that loses bits below the guard bits.
  all.push_back({{2, 3, 3},
                 [](NetBuilder& b, int in) {
                   ops::AddParams p;
                   p.sr = {5, 0};
                   b.add(in, b.requant(in), p);
                 },
                 {0, false, true}});
  return all;
}

std::vector<Case> move_cases(const Sizes& z) {
  std::vector<Case> all;
  const auto more = [&](auto build) {
    for (const Case& c : around_lanes_and_v(z, build)) all.push_back(c);
  };
  more([](NetBuilder& b, int in) { b.upsample(in, 2, 3, b.coin()); });
  more([](NetBuilder& b, int in) { b.pad(in, 1, 2, 0, 3); });
  more([](NetBuilder& b, int in) { b.concat({in, b.conv(in, 5, window(1)), in}, true); });
  more([](NetBuilder& b, int in) { b.slice(in, {0, 1, 0, {1, 1, b.shape(in).c}, 1, 2}); });
  for (const int c0 : {1, z.v - 1, z.v, z.v + 1}) {
    all.push_back({{5, 6, c0 + z.v + 1}, [=](NetBuilder& b, int in) { b.slice(in, {1, 2, c0, {2, 2, z.v}, 2, 2}); }});
  }
  return all;
}

std::vector<Case> table_cases(const Sizes& z) {
  return around_lanes_and_v(z, [](NetBuilder& b, int in) { b.table(in); }, {0, false, true});
}

/// Every rounding, where results that lie on half are frequent: sums divided by 2, 4 and 8.
std::vector<Case> requant_cases(const Sizes& z) {
  std::vector<Case> all = around_lanes_and_v(z, [](NetBuilder& b, int in) { b.requant(in); });
  const auto with = [&](num::TailMode mode, num::ChannelParam p, Needs needs = {}) {
    all.push_back({{5, 7, z.v + 1},
                   [=](NetBuilder& b, int in) {
                     ops::ConvParams c;
                     c.cout = b.shape(in).c;
                     c.groups = c.cout;
                     c.weights.assign(static_cast<std::size_t>(c.cout), 1);
                     b.conv(in, c, {{p}, mode});
                   },
                   needs});
  };
  for (const num::Tie tie : {num::Tie::kHalfUp, num::Tie::kHalfAway, num::Tie::kHalfEven}) {
    for (const int shift : {1, 2, 3}) {
      num::TailMode mode;
      mode.tie = tie;
      mode.zp = 3;
      with(mode, {0, 1, 1, static_cast<std::uint8_t>(shift + 1)});
    }
  }
  num::TailMode mode;
  mode.tie = num::Tie::kHalfEven;
  mode.zp = 3;
  mode.zp_first = true;
  with(mode, {0, 1, 1, 2});
  const auto odd = [](unsigned bits) { return (1u << (bits - 1)) + 1u; };
  with({}, {0, odd(24), odd(24), 25}, {24});
  with({}, {0, odd(31), odd(31), 32}, {31});
  with({}, {0, odd(24), odd(24) / 10 * 2 + 1, 25}, {24});  // leaky
  num::TailMode twice;
  twice.double_round = true;
  with(twice, {0, odd(31), odd(31), 34}, {31, true});
  return all;
}

struct Group {
  std::string name;
  std::vector<Case> (*cases)(const Sizes&);
};
void PrintTo(const Group& g, std::ostream* out) { *out << g.name; }

class Networks : public testing::TestWithParam<std::tuple<Group, Build>> {};

TEST_P(Networks, AreEqualOrRefused) {
  const auto& [group, build] = GetParam();
  const isa::Config& config = load_plugin(build)->config();
  cli::VerifyResult total;
  unsigned refused = 0;
  std::uint64_t seed = 1;
  for (const Case& c : group.cases(Sizes(config))) {
    if (HasFailure()) break;
    NetBuilder b(config, ++seed);
    c.build(b, b.input(c.in));
    const model::IntNet net = b.take();
    if (!c.needs.met_by(config)) {
      expect_refused(net, config);
      ++refused;
      continue;
    }
    for (const StallMode stalls : {StallMode::kNone, StallMode::kRandom, StallMode::kWorst}) {
      expect_net_equal(net, build, stalls, seed, &total);
    }
  }
  std::printf("%u networks refused with error 401\n", refused);
  if (total.pictures != 0 || refused == 0) expect_compared(total);
}

/// One step more than an accumulator holds.
TEST(NetworksBad, WindowsBeyondTheAccumulatorAreRefused) {
  for (const Build& build : builds()) {
    const isa::Config& config = load_plugin(build)->config();
    const int steps = static_cast<int>(config.max_steps());
    NetBuilder b(config, 1);
    b.max_pool(b.input({1, steps + 1, 1}), {1, steps + 1, 1, 1, 1, 1, 0, 0, 0, 0});
    expect_refused(b.net(), config, 402);
  }
}

/// The convolution that is to overflow feature memory does.
TEST(NetworkCases, FeatureMemoryOverflowsIntoTiles) {
  for (const Build& build : builds()) {
    const isa::Config& config = load_plugin(build)->config();
    const Case last = conv_cases(Sizes(config)).back();
    NetBuilder b(config, 1);
    last.build(b, b.input(last.in));
    const compile::Program p = compile::compile(b.net(), config);
    EXPECT_TRUE(std::any_of(p.map.begin(), p.map.end(), [](const auto& i) { return i.tile_y > 0 || i.tile_x > 0; }))
        << build.name << ": one tile";
  }
}

INSTANTIATE_TEST_SUITE_P(
    Operators, Networks,
    testing::Combine(testing::Values(Group{"conv", conv_cases}, Group{"deconv", deconv_cases},
                                     Group{"fully_connected", fully_connected_cases}, Group{"pool", pool_cases},
                                     Group{"add", add_cases}, Group{"move", move_cases}, Group{"table", table_cases},
                                     Group{"requant", requant_cases}),
                     testing::ValuesIn(builds())),
    [](const auto& test) { return std::get<0>(test.param).name + "_" + std::get<1>(test.param).name; });

}  // namespace
}  // namespace e8::test
