// requant.h against independent forms: real numbers, guard and sticky bits, 128-bit integers, gemmlowp's two steps.
#include "emu/numerics/requant.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "emu/numerics/accumulator.h"

namespace e8::num {
namespace {

__extension__ using Wide = __int128;

constexpr Tie kTies[] = {Tie::kHalfUp, Tie::kHalfAway, Tie::kHalfEven};
constexpr std::int64_t kMin64 = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kMax64 = std::numeric_limits<std::int64_t>::max();

// Constant expressions: the tie table of the three rules at +-0.5, 1.5, 2.5.
static_assert(round_shift(1, 1, Tie::kHalfUp) == 1 && round_shift(-1, 1, Tie::kHalfUp) == 0);
static_assert(round_shift(1, 1, Tie::kHalfAway) == 1 && round_shift(-1, 1, Tie::kHalfAway) == -1);
static_assert(round_shift(1, 1, Tie::kHalfEven) == 0 && round_shift(-1, 1, Tie::kHalfEven) == 0);
static_assert(round_shift(-5, 1, Tie::kHalfUp) == -2 && round_shift(-5, 1, Tie::kHalfAway) == -3);
static_assert(round_shift(5, 1, Tie::kHalfEven) == 2 && round_shift(3, 1, Tie::kHalfEven) == 2);
static_assert(requantize(3, ChannelParam{0, 1, 1, 2}, TailMode{}) == 2);
static_assert(!fits_v(kMaxV + 1) && !fits_v(kMinV - 1) && fits_v(kMaxV) && fits_v(kMinV));

/// The hardware's form: guard bit, sticky bit, sign, last kept bit.
std::int64_t guard_sticky(std::int64_t x, int n, Tie tie) {
  const bool guard = ((x >> (n - 1)) & 1) != 0;
  const auto below = static_cast<std::uint64_t>(x) & ((std::uint64_t{1} << (n - 1)) - 1);
  const bool sticky = below != 0, negative = x < 0, last = ((x >> n) & 1) != 0;
  bool inc = guard;
  if (tie == Tie::kHalfAway) inc = guard && (sticky || !negative);
  if (tie == Tie::kHalfEven) inc = guard && (sticky || last);
  return (x >> n) + (inc ? 1 : 0);
}

/// The definition on reals; exact while |x| < 2^53.
double real_round(double v, Tie tie) {
  if (tie == Tie::kHalfUp) return std::floor(v + 0.5);
  return tie == Tie::kHalfAway ? std::round(v) : std::nearbyint(v);
}

std::int64_t random64(std::mt19937_64& rng) {
  const int shift = static_cast<int>(rng() % 64);
  return static_cast<std::int64_t>(rng()) >> shift;
}

TEST(RoundShift, EqualsRealDefinition) {  // F1
  for (const Tie tie : kTies) {
    for (int n = 0; n <= 12; ++n) {
      for (std::int64_t x = -6000; x <= 6000; ++x) {
        const double want = real_round(std::ldexp(static_cast<double>(x), -n), tie);
        ASSERT_EQ(static_cast<double>(round_shift(x, n, tie)), want) << x << " / 2^" << n;
      }
    }
  }
}

TEST(RoundShift, ClampAndRoundCommute) {  // F2
  for (const Tie tie : kTies) {
    for (int n = 1; n <= 6; ++n) {
      const std::int64_t one = std::int64_t{1} << n;
      for (std::int64_t x = -200 * one; x <= 200 * one; ++x) {
        ASSERT_EQ(clamp8(round_shift(x, n, tie)), round_shift(clamp(x, -128 * one, 127 * one), n, tie))
            << x << " " << n;
      }
    }
  }
}

TEST(RoundShift, RulesDifferOnlyAtTies) {  // F3
  int ties = 0, differing = 0;
  for (int n = 1; n <= 8; ++n) {
    for (std::int64_t x = -3000; x <= 3000; ++x) {
      const bool tie = (x & ((1 << n) - 1)) == 1 << (n - 1);
      const std::int64_t up = round_shift(x, n, Tie::kHalfUp), away = round_shift(x, n, Tie::kHalfAway),
                         even = round_shift(x, n, Tie::kHalfEven);
      ties += tie ? 1 : 0;
      differing += up != away || up != even ? 1 : 0;
      if (!tie) {
        ASSERT_TRUE(up == away && up == even) << x << " " << n;
      }
      ASSERT_EQ(up == away, !tie || x >= 0) << x << " " << n;
    }
  }
  EXPECT_GT(ties, 1000);
  EXPECT_GT(differing, ties / 2);
}

TEST(RoundShift, EqualsGuardAndSticky) {
  std::mt19937_64 rng(1);
  for (const Tie tie : kTies) {
    for (int n = 1; n <= 62; ++n) {
      const std::int64_t half = std::int64_t{1} << (n - 1);
      for (const std::int64_t x : {kMin64, kMin64 + 1, kMax64, kMax64 - 1, half, -half, half - 1, 1 - half,
                                   3 * (half / 2), std::int64_t{0}, std::int64_t{-1}, std::int64_t{1}}) {
        ASSERT_EQ(round_shift(x, n, tie), guard_sticky(x, n, tie)) << x << " " << n;
      }
      for (int i = 0; i < 3000; ++i) {
        const std::int64_t x = random64(rng);
        ASSERT_EQ(round_shift(x, n, tie), guard_sticky(x, n, tie)) << x << " " << n;
      }
    }
  }
}

TEST(RoundShift, Extremes) {
  EXPECT_EQ(round_shift(kMin64, 62, Tie::kHalfUp), -2);
  EXPECT_EQ(round_shift(kMax64, 62, Tie::kHalfUp), 2);
  EXPECT_EQ(round_shift(std::int64_t{3} << 61, 62, Tie::kHalfEven), 2);
  EXPECT_EQ(round_shift(std::int64_t{1} << 61, 62, Tie::kHalfEven), 0);
  EXPECT_EQ(round_shift(-(std::int64_t{1} << 61), 62, Tie::kHalfAway), -1);
  EXPECT_EQ(round_shift(kMin64, 0, Tie::kHalfAway), kMin64);
  EXPECT_EQ(asr(-1, 64), -1);
  EXPECT_EQ(asr(kMax64, 200), 0);
}

TEST(RoundTail, LargestProductsForEveryShift) {
  for (int s = 1; s <= 62; ++s) {
    for (const Tie tie : kTies) {
      TailMode mode;
      mode.tie = tie;
      for (const std::int64_t t : {kMin64, kMin64 + 1, kMax64}) {
        ASSERT_EQ(round_tail(t, s, mode), guard_sticky(t, s, tie)) << t << " " << s;
      }
    }
  }
  const TailMode mode;
  const ChannelParam widest{0, 0x7fffffff, 0x7fffffff, 62};
  EXPECT_EQ(requantize_v(kMaxV, widest, mode), 2);  // 2^63 (1 - 2^-31) / 2^62
  EXPECT_EQ(requantize_v(kMinV, widest, mode), -2);
  EXPECT_EQ(requantize_v(kMinV, ChannelParam{0, 1, 0x7fffffff, 1}, mode), -128);
  EXPECT_EQ(requantize_v(kMaxV, ChannelParam{0, 0x7fffffff, 1, 1}, mode), 127);
}

/// Adds zp * 2^s before one half-even rounding, in 128 bits.
std::int64_t zp_first_wide(std::int64_t t, int s, std::int8_t zp) {
  const Wide sum = Wide{t} + Wide{zp} * (Wide{1} << s);
  const Wide q = sum >> s, rest = sum - q * (Wide{1} << s), half = Wide{1} << (s - 1);
  return static_cast<std::int64_t>(q + ((rest > half || (rest == half && (q & 1) != 0)) ? 1 : 0));
}

TEST(RoundTail, ZeroPointFirst) {
  std::mt19937_64 rng(2);
  int differs = 0;
  for (int i = 0; i < 300000; ++i) {
    const int s = 1 + static_cast<int>(rng() % 62);
    std::int64_t t = random64(rng);
    if (i % 4 == 0) t = t / (std::int64_t{1} << (s - 1)) * (std::int64_t{1} << (s - 1));  // often a tie
    if (i % 1000 == 0) t = kMin64;
    TailMode mode;
    mode.tie = Tie::kHalfEven;
    mode.zp = static_cast<std::int8_t>(rng() % 256);
    const std::int64_t after = round_tail(t, s, mode);
    mode.zp_first = true;
    const std::int64_t first = round_tail(t, s, mode);
    ASSERT_EQ(first, zp_first_wide(t, s, mode.zp)) << t << " " << s << " " << int{mode.zp};
    differs += first != after ? 1 : 0;
  }
  EXPECT_GT(differs, 1000);
}

TEST(Tail, ClampZeroPointAndSlope) {
  TailMode mode;
  mode.zp = 5, mode.lo = 5, mode.hi = 20;  // ReLU with a zero point
  const ChannelParam p{0, 1, 1, 1};
  EXPECT_EQ(requantize(-3, p, mode), 5);
  EXPECT_EQ(requantize(7, p, mode), 12);
  EXPECT_EQ(requantize(100, p, mode), 20);
  const ChannelParam leaky{0, 256, 26, 9};
  EXPECT_EQ(requantize(-64, leaky, TailMode{}), -6);  // -6.5
  EXPECT_EQ(requantize(64, leaky, TailMode{}), 64);
  EXPECT_EQ(requantize(0, ChannelParam{1, 1, 1, 1}, TailMode{}), 1);  // a half-unit bias alone is a tie
  EXPECT_EQ(requantize(0, ChannelParam{-1, 1, 1, 1}, TailMode{}), 0);
}

TEST(Stage2, DoublesTheSum) {
  EXPECT_EQ(stage2_v(-300, 44), -512);
  EXPECT_EQ(stage2_v(std::numeric_limits<std::int32_t>::min(), -1), -2 * ((std::int64_t{1} << 31) + 1));
}

TEST(Accumulator, RangeIsChecked) {
  const std::int64_t top = std::numeric_limits<std::int32_t>::max(), bottom = std::numeric_limits<std::int32_t>::min();
  EXPECT_EQ(checked_acc(top), top);
  EXPECT_EQ(checked_acc(bottom), bottom);
  EXPECT_THROW(checked_acc(top + 1), std::overflow_error);
  EXPECT_THROW(checked_acc(bottom - 1), std::overflow_error);
  EXPECT_EQ(checked_requantize(top, ChannelParam{1, 1, 1, 31}, TailMode{}), 2);  // V = 2^32 - 1
  EXPECT_THROW(checked_requantize(top, ChannelParam{2, 1, 1, 31}, TailMode{}), std::overflow_error);
  EXPECT_EQ(checked_requantize(bottom, ChannelParam{0, 1, 1, 31}, TailMode{}), -2);  // V = -2^32
  EXPECT_THROW(checked_requantize(bottom, ChannelParam{-1, 1, 1, 31}, TailMode{}), std::overflow_error);
}

}  // namespace
}  // namespace e8::num
