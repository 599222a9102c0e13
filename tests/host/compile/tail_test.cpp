// The exact equivalences that let small builds run a tail, over all the values that matter.
#include "host/compile/tail.h"

#include <gtest/gtest.h>

#include "host/model/error.h"

namespace e8::compile {
namespace {

const isa::Config& config(const char* name) { return *isa::find_config(name); }

num::TailMode mode_of(const isa::Exec& e) {
  return {
      static_cast<num::Tie>(e.tie),   e.double_round != 0,           e.zp_first != 0, static_cast<std::int8_t>(e.zp),
      static_cast<std::int8_t>(e.lo), static_cast<std::int8_t>(e.hi)};
}

num::ChannelParam param_of(const isa::ParamRecord& r) { return {r.b2, r.mp, r.mn, r.s}; }

/// The lowered tail gives the same int8 for accumulators around zero and at the ends.
void expect_same(const ops::Tail& tail, const isa::Config& c) {
  isa::Exec e;
  const std::vector<isa::ParamRecord> records = lower_tail({c, "n"}, tail, 1, 4, e);
  ASSERT_EQ(records.size(), 4u);
  for (std::int32_t acc = -70000; acc <= 70000; ++acc) {
    const std::int32_t a = acc > 69000 ? acc * 29000 : acc;
    ASSERT_EQ(num::requantize(a, param_of(records[0]), mode_of(e)), num::requantize(a, tail.of(0), tail.mode)) << a;
  }
}

TEST(Tail, even_multipliers_shrink) {
  for (const num::Tie tie : {num::Tie::kHalfUp, num::Tie::kHalfAway, num::Tie::kHalfEven}) {
    ops::Tail t{{{5, 8, 8, 12}}, {}};
    t.mode.tie = tie;
    expect_same(t, config("nano"));
    isa::Exec e;
    EXPECT_EQ(lower_tail({config("nano"), "n"}, t, 1, 1, e)[0].mp, 1u);
  }
}

TEST(Tail, double_rounding_up_to_shift_32_is_one_rounding) {
  isa::Config c = config("tiny");
  c.double_round = false;
  for (const std::uint8_t s : {std::uint8_t{20}, std::uint8_t{32}}) {
    ops::Tail t{{{3, 1u << 18, 1u << 17, s}}, {}};
    t.mode.double_round = true;
    expect_same(t, c);
  }
}

int error_of(const ops::Tail& t, const isa::Config& c) {
  isa::Exec e;
  try {
    lower_tail({c, "the node"}, t, 1, 1, e);
  } catch (const UserError& error) {
    EXPECT_NE(std::string(error.what()).find("the node"), std::string::npos);
    return error.id();
  }
  return 0;
}

TEST(Tail, what_a_build_lacks_is_an_error) {
  isa::Config small = config("nano"), medium = config("tiny");
  medium.mul_bits = 24;
  medium.double_round = false;
  EXPECT_EQ(error_of({{{0, 3, 3, 4}}, {}}, small), 401);
  EXPECT_EQ(error_of({{{0, 1, 0, 4}}, {}}, small), 401) << "taken as 1 there";
  EXPECT_EQ(error_of({{{0, 2, 2, 1}}, {}}, small), 401) << "no shift left to give";
  EXPECT_EQ(error_of({{{0, 1u << 24, 1u << 24, 9}}, {}}, medium), 0);
  EXPECT_EQ(error_of({{{0, (1u << 24) + 1, 1, 9}}, {}}, medium), 401);
  EXPECT_EQ(error_of({{{std::int64_t{1} << 32, 1, 1, 9}}, {}}, config("tiny")), 401);
  ops::Tail twice{{{0, 1, 1, 33}}, {}};
  twice.mode.double_round = true;
  EXPECT_EQ(error_of(twice, medium), 401);
  EXPECT_EQ(error_of(twice, config("tiny")), 0);
}

TEST(Tail, identity_adopts_any_mode) {
  for (const num::Tie tie : {num::Tie::kHalfUp, num::Tie::kHalfEven}) {
    for (const int zp : {-7, 0, 31}) {
      num::TailMode mode;
      mode.tie = tie;
      mode.zp = static_cast<std::int8_t>(zp);
      mode.zp_first = tie == num::Tie::kHalfEven;
      ops::Tail t = ops::identity_tail();
      ASSERT_TRUE(adopt_mode(t, mode));
      for (int x = -128; x <= 127; ++x) ASSERT_EQ(num::requantize(x, t.of(0), t.mode), x);
    }
  }
  ops::Tail rounds{{{0, 1, 1, 2}}, {}};
  num::TailMode other;
  other.zp = 1;
  EXPECT_FALSE(adopt_mode(rounds, other));
}

TEST(Tail, folded_multiplier_is_exact) {
  num::ChannelParam p{6, 21 * 4, 21 * 4, 13};
  const num::ChannelParam before = p;
  std::int8_t weight = 0;
  ASSERT_TRUE(fold_multiplier(p, weight));
  EXPECT_EQ(weight, 21);
  EXPECT_EQ(p.mp, 1u);
  for (int acc = -20000; acc <= 20000; ++acc) {
    ASSERT_EQ(num::requantize(weight * acc, p, {}), num::requantize(acc, before, {})) << acc;
  }
  num::ChannelParam large{0, 129, 129, 9}, leaky{0, 3, 1, 9};
  EXPECT_FALSE(fold_multiplier(large, weight));
  EXPECT_FALSE(fold_multiplier(leaky, weight));
}

}  // namespace
}  // namespace e8::compile
