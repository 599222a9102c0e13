// dpu.h and tflite.h: the one tail equals each system's own formula (numbered facts F4-F6 of the numerics page).
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <random>

#include "emu/numerics/dpu.h"
#include "emu/numerics/requant.h"
#include "emu/numerics/tflite.h"

namespace e8::num {
namespace {

/// round(x / 2^n) from a value kept exactly as x / 2^n, for n that may be negative.
std::int64_t exact(std::int64_t x, int n, Tie tie) { return clamp8(dpu::scale_pow2(x, n, tie)); }

// ---------------------------------------------------------------------------------------------- DPU

/// Mismatches between the floored doubled bias and the exact bias, over every int8 bias and accumulators near it.
int bias_floor_mismatches(Tie tie, bool leaky) {
  constexpr int kDeep = 24;  // all bits below the point that sb >= -10 needs, with room for the slope
  TailMode mode;
  mode.tie = tie;
  int mismatches = 0;
  for (const int sb : {-10, -8, -5, -3, -2, -1, 0, 2}) {
    for (const int sc : {0, 1, 3}) {
      for (int bias = -128; bias <= 127; ++bias) {
        for (std::int32_t acc = -420; acc <= 60; acc += 3) {
          ChannelParam p = dpu::channel(dpu::doubled_bias(bias, sb), sc);
          if (leaky) p = dpu::leaky(p);
          const std::int64_t v = acc * (std::int64_t{1} << kDeep) + bias * (std::int64_t{1} << (kDeep + sb));
          const std::int64_t want =
              leaky ? exact(v * (v < 0 ? 26 : 256), kDeep + sc + 8, tie) : exact(v, kDeep + sc, tie);
          mismatches += requantize(acc, p, mode) != want ? 1 : 0;
        }
      }
    }
  }
  return mismatches;
}

TEST(Dpu, FloorBelowOneGuardBitIsExactForHalfUpOnly) {  // F4
  EXPECT_EQ(bias_floor_mismatches(Tie::kHalfUp, false), 0);
  EXPECT_GT(bias_floor_mismatches(Tie::kHalfAway, false), 0);
  EXPECT_GT(bias_floor_mismatches(Tie::kHalfEven, false), 0);
}

TEST(Dpu, LeakyBreaksTheFloor) {  // F5
  EXPECT_GT(bias_floor_mismatches(Tie::kHalfUp, true), 0);
}

TEST(Dpu, AddIsExactIffGuardBitsReach) {  // F6
  for (const int guard : {0, 2, 7}) {
    for (int sw = -4; sw <= 3; ++sw) {
      int mismatches = 0;
      for (int sr = 0; sr <= 12; ++sr) {
        for (int a = -128; a <= 127; a += 5) {
          for (int c = -128; c <= 127; ++c) {
            const std::int64_t sum = a * (std::int64_t{1} << sr) + c;  // over 2^sr
            const std::int64_t got =
                clamp8(dpu::add(dpu::aligned(a, 0, guard) + dpu::aligned(c, sr, guard), sw, guard, Tie::kHalfUp));
            mismatches += got != exact(sum, sr + sw, Tie::kHalfUp) ? 1 : 0;
          }
        }
      }
      EXPECT_EQ(mismatches == 0, sw >= 1 - guard) << "G " << guard << " sw " << sw << ": " << mismatches;
    }
  }
}

TEST(Dpu, ShiftsOfBothSigns) {
  EXPECT_EQ(dpu::scale_pow2(-65, -1, Tie::kHalfUp), -130);
  EXPECT_EQ(dpu::doubled_bias(-128, 16), -(std::int64_t{1} << 24));
  EXPECT_EQ(dpu::doubled_bias(-1, -8), -1);
  EXPECT_EQ(dpu::doubled_bias(127, -8), 0);
  EXPECT_EQ(dpu::doubled_bias(-3, -1), -3);
  for (int sc = -7; sc <= 16; ++sc) {
    for (std::int32_t acc = -3000; acc <= 3000; acc += 7) {
      ASSERT_EQ(requantize(acc, dpu::channel(0, sc), TailMode{}), exact(acc, sc, Tie::kHalfUp)) << acc << " " << sc;
    }
  }
}

TEST(Dpu, Relu6) {
  const int want[] = {0, 1, 2, 3, 6, 12, 24, 48, 96, 127, 127, 127};  // py = -4 .. 7; 0.375, 0.75, 1.5 half-up
  for (int py = -4; py <= 7; ++py) EXPECT_EQ(dpu::relu6_hi(py), want[py + 4]) << py;
}

TEST(Dpu, PoolDivisors) {
  const struct {
    int kh, kw, m, n;
  } cases[] = {{1, 1, 1, 0},     {2, 2, 1, 2},     {3, 3, 7, 6},     {4, 4, 1, 4},     {5, 5, 10, 8},
               {6, 6, 7, 8},     {7, 7, 21, 10},   {8, 8, 1, 6},     {9, 9, 101, 13},  {10, 10, 41, 12},
               {11, 11, 17, 11}, {12, 12, 57, 13}, {13, 13, 97, 14}, {14, 14, 21, 12}, {15, 15, 73, 14},
               {16, 16, 1, 8},   {1, 2, 1, 1},     {3, 6, 57, 10}};
  for (const auto& c : cases) {
    const dpu::Divisor d = dpu::pool_divisor(c.kh, c.kw);
    EXPECT_TRUE(d.m == c.m && d.n == c.n) << c.kh << "x" << c.kw << ": " << d.m << "/2^" << d.n;
  }
}

/// The source's own loop, in doubles.
TEST(Dpu, PoolDivisorEqualsFloatingPointSearch) {
  for (int kh = 1; kh <= 16; ++kh) {
    for (int kw = kh + 1; kw <= 16; ++kw) {
      double best = 1;
      double value = 0;
      for (int n = 0; n < std::ceil(std::log2(kh * kw * 128)); ++n) {
        const double m = std::round(std::exp2(n) / (kh * kw)), error = std::fabs(m / std::exp2(n) - 1.0 / (kh * kw));
        if (error < best) best = error, value = m / std::exp2(n);
      }
      const dpu::Divisor d = dpu::pool_divisor(kh, kw);
      EXPECT_EQ(d.m / std::exp2(d.n), value) << kh << "x" << kw;
    }
  }
}

// ---------------------------------------------------------------------------------------------- TFLite

std::int32_t saturating_doubling_high_mul(std::int32_t a, std::int32_t b) {
  const std::int64_t ab = std::int64_t{a} * b, nudge = ab >= 0 ? 1 << 30 : 1 - (1 << 30);
  return static_cast<std::int32_t>((ab + nudge) / (std::int64_t{1} << 31));
}
std::int32_t rounding_divide_by_pot(std::int32_t x, int exponent) {
  const std::int64_t mask = (std::int64_t{1} << exponent) - 1, remainder = x & mask;
  return static_cast<std::int32_t>((x >> exponent) + (remainder > (mask >> 1) + (x < 0 ? 1 : 0) ? 1 : 0));
}

TEST(Tflite, TailEqualsBothRoundings) {
  std::mt19937_64 rng(3);
  int differ = 0;
  for (int i = 0; i < 500000; ++i) {
    const int shift = static_cast<int>(rng() % 36) - 30;
    const auto m = static_cast<std::int32_t>((1u << 30) + rng() % (1u << 30));
    const int bits = 30 - (shift > 0 ? shift : 0);
    const auto acc = static_cast<std::int32_t>(static_cast<std::int64_t>(rng() % (2ull << bits)) - (1 << bits));
    const std::int32_t lifted = acc * (1 << (shift > 0 ? shift : 0));
    const std::int32_t twice = rounding_divide_by_pot(saturating_doubling_high_mul(lifted, m), shift < 0 ? -shift : 0);
    const std::int64_t once = asr(std::int64_t{acc} * m + (std::int64_t{1} << (30 - shift)), 31 - shift);
    const ChannelParam p = tflite::channel(0, m, shift);
    TailMode mode;
    const std::int64_t t = tail_v(acc, p) * m;
    ASSERT_EQ(round_tail(t, p.s, mode), once) << acc << " " << m << " " << shift;
    mode.double_round = true;
    ASSERT_EQ(round_tail(t, p.s, mode), twice) << acc << " " << m << " " << shift;
    ASSERT_EQ(tflite::multiply(acc, m, shift), twice) << acc << " " << m << " " << shift;
    differ += once != twice ? 1 : 0;
  }
  EXPECT_GT(differ, 100);
}

TEST(Tflite, RejectsWhatTheTailCannotHold) {
  EXPECT_THROW(tflite::channel(0, 1 << 30, -31), std::invalid_argument);
  EXPECT_THROW(tflite::channel(0, 1 << 30, 32), std::invalid_argument);
  EXPECT_THROW(tflite::channel(0, -1, 0), std::invalid_argument);
  EXPECT_EQ(tflite::channel(0, 1 << 30, -30).s, 62);
  EXPECT_EQ(tflite::channel(0, 1 << 30, 31).s, 1);
}

TEST(Tflite, AverageDividesExactly) {
  TailMode mode;
  mode.tie = Tie::kHalfAway;
  for (const int n : {1, 2, 3, 4, 5, 6, 7, 9, 10, 12, 20, 26, 28, 30, 49, 63, 64, 65, 100, 196, 255, 256}) {
    const ChannelParam p = tflite::average(n);
    ASSERT_LT(p.mp, 1u << 24);
    for (std::int32_t sum = -128 * n; sum <= 127 * n; ++sum) {
      const std::int32_t want = (sum + (sum > 0 ? n / 2 : -(n / 2))) / n;
      ASSERT_EQ(requantize(sum, p, mode), want) << sum << " / " << n;
    }
  }
  for (const int n : {16383, 16384}) {
    const ChannelParam p = tflite::average(n);
    for (std::int32_t sum = -128 * n; sum <= 127 * n; sum += 127) {
      ASSERT_EQ(requantize(sum, p, mode), (sum + (sum > 0 ? n / 2 : -(n / 2))) / n) << sum << " / " << n;
    }
  }
  EXPECT_THROW(tflite::average(0), std::invalid_argument);
  EXPECT_THROW(tflite::average(16385), std::invalid_argument);
}

}  // namespace
}  // namespace e8::num
