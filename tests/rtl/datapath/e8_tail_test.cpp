// e8_tail and e8_stage2, every build, against requant.h and against the hand-written vectors.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <random>

#include "tests/rtl/datapath/tail_bench.h"
#include "tests/rtl/datapath/tail_rows.h"

namespace e8::testing {
namespace {

using num::ChannelParam;
using num::TailMode;
using num::Tie;

constexpr std::int32_t kMin32 = std::numeric_limits<std::int32_t>::min();
constexpr std::int32_t kMax32 = std::numeric_limits<std::int32_t>::max();
constexpr std::uint32_t kMaxM = (1u << 31) - 1;
constexpr std::int64_t kHalf = std::int64_t{1} << 31;  ///< half a unit of double rounding's first step

/// Every legal way to round: three ties, zero point first, twice.
std::vector<TailMode> all_modes(std::int8_t zp, std::int8_t lo, std::int8_t hi) {
  std::vector<TailMode> modes;
  for (const Tie tie : {Tie::kHalfUp, Tie::kHalfAway, Tie::kHalfEven}) modes.push_back({tie, false, false, zp, lo, hi});
  modes.push_back({Tie::kHalfEven, false, true, zp, lo, hi});
  modes.push_back({Tie::kHalfUp, true, false, zp, lo, hi});
  return modes;
}

/// The channel's V as accumulator and doubled bias: an even part in acc as far as it fits, the rest in b2. For stage 2,
/// V / 2 in t1 and t2.
TailChannel split(std::int64_t v, std::uint32_t m, int s, std::int32_t nudge) {
  TailChannel x;
  const std::int64_t half = num::clamp(num::asr(v, 1) + nudge, kMin32, kMax32);
  x.acc = static_cast<std::int32_t>(half);
  x.param = {v - 2 * half, m, m, static_cast<std::uint8_t>(s)};
  x.t1 = x.acc;
  x.t2 = static_cast<std::int32_t>(num::clamp(num::asr(v, 1) - half, kMin32, kMax32));
  return x;
}

TailCase single(const TailChannel& x, const TailMode& mode) {
  TailCase c;
  c.channel.fill(x);
  c.mode = mode;
  return c;
}

/// Channels 1 and 2 of each case take the operands of the two cases before it.
void mix(std::vector<TailCase>& cases) {
  for (std::size_t i = cases.size(); i-- > 2;) {
    cases[i].channel[1] = cases[i - 1].channel[0];
    cases[i].channel[2] = cases[i - 2].channel[0];
  }
}

/// Ties, and one unit to either side, around each output in and just outside int8, for every shift: V reaches the tie
/// alone while it can, then with a power-of-two multiplier.
TEST(Tail, TiesAtEveryShiftAndClampCorner) {
  TailBench bench;
  const struct {
    std::int8_t zp, lo, hi;
  } windows[] = {{0, -128, 127}, {1, -128, 127}, {-128, -128, 127}, {127, -128, 127}, {3, 3, 96}, {-7, -20, -19}};
  for (const auto& w : windows) {
    std::vector<TailCase> cases;
    for (const TailMode& mode : all_modes(w.zp, w.lo, w.hi)) {
      for (int s = 1; s <= 62; ++s) {
        for (const int y : {-385, -257, -256, -129, -128,          -3,        -2,        -1,           0, 1, 2, 127,
                            128,  254,  255,  256,  int{w.lo} - 1, int{w.lo}, int{w.hi}, int{w.hi} + 1}) {
          const int m_log2 = s > 22 ? std::min(s - 22, 30) : 0;
          const std::int64_t tie = (2 * (y - w.zp) + 1) * (std::int64_t{1} << (s - 1 - m_log2));
          for (const int off : {-1, 0, 1}) {
            const std::int64_t v = num::clamp(tie + off, num::kMinV, num::kMaxV);
            cases.push_back(single(split(v, 1u << m_log2, s, off * 12345), mode));
          }
        }
      }
    }
    mix(cases);
    ASSERT_EQ(bench.run(cases), "");
  }
}

TEST(Tail, DoubleRoundingAroundBothTies) {
  TailBench bench;
  std::vector<TailCase> cases;
  for (const TailMode& mode : all_modes(0, -128, 127)) {
    for (int s = 30; s <= 62; ++s) {
      for (int y = s == 62 ? -2 : -4; y <= (s == 62 ? 1 : 4); ++y) {
        // The tie of the second rounding, missed by less or more than the first one moves.
        const std::int64_t tie = (2 * y + 1) * (std::int64_t{1} << (s - 1));
        for (const std::int64_t off :
             {-kHalf - 1, -kHalf, -kHalf + 1, std::int64_t{-1}, std::int64_t{0}, std::int64_t{1}, kHalf - 1, kHalf}) {
          for (const std::uint32_t m : {1u, 3u, 1u << 20, 1u << 30, kMaxM}) {
            const std::int64_t v = num::clamp((tie + off) / m, num::kMinV, num::kMaxV);
            cases.push_back(single(split(v, m, s, 0), mode));
          }
        }
      }
    }
  }
  mix(cases);
  EXPECT_EQ(bench.run(cases), "");
}

TEST(Tail, WalkingBitsInTheAccumulator) {
  TailBench bench;
  std::vector<TailCase> cases;
  for (const TailMode& mode : all_modes(-1, -128, 127)) {
    for (const std::uint32_t m : {0u, 1u, 2u, (1u << 24) - 1, 1u << 23, 1u << 30, kMaxM}) {
      for (int s = 1; s <= 62; ++s) {
        for (int bit = 0; bit < 32; ++bit) {
          for (const std::uint32_t flip : {0u, ~0u}) {
            const auto acc = static_cast<std::int32_t>((1u << bit) ^ flip);
            const std::int64_t b2 = bit % 3 - 1;
            cases.push_back(single({acc, {b2, m, kMaxM - m, static_cast<std::uint8_t>(s)}, acc, -1 - acc / 2}, mode));
          }
        }
      }
    }
  }
  mix(cases);
  EXPECT_EQ(bench.run(cases), "");
}

TEST(Tail, ExtremesAndOverflowBorders) {
  TailBench bench;
  std::vector<TailCase> cases;
  const std::int64_t b2s[] = {num::kMinV, num::kMinV + 1, -2, -1, 0, 1, 2, num::kMaxV - 1, num::kMaxV};
  int legal = 0, overflowing = 0;
  for (const TailMode& mode : all_modes(5, -100, 101)) {
    for (const std::int32_t acc : {kMin32, kMin32 + 1, -1, 0, 1, kMax32 - 1, kMax32}) {
      for (const std::int64_t b2 : b2s) {
        for (const std::uint32_t m : {0u, 1u, (1u << 24) - 1, kMaxM}) {
          for (int s = 1; s <= 62; ++s) {
            const TailChannel x{acc, {b2, m, m, static_cast<std::uint8_t>(s)}, acc, static_cast<std::int32_t>(b2 / 2)};
            cases.push_back(single(x, mode));
            (num::fits_v(num::tail_v(acc, x.param)) ? legal : overflowing) += 1;
          }
        }
      }
    }
    for (const std::int64_t v : {num::kMaxV - 1, num::kMaxV, num::kMinV, num::kMinV + 1}) {
      for (const int beyond : {-2, -1, 0, 1, 2}) {
        TailChannel x = split(v, 1, 31, 0);
        x.param.b2 += beyond;
        cases.push_back(single(x, mode));
      }
    }
  }
  EXPECT_GT(legal, 1000);
  EXPECT_GT(overflowing, 1000);
  mix(cases);
  EXPECT_EQ(bench.run(cases), "");
}

TailCase random_case(std::mt19937_64& rng) {
  const auto word = [&rng] { return static_cast<std::int64_t>(rng()) >> (rng() % 64); };
  TailCase c;
  for (TailChannel& x : c.channel) {
    x.acc = static_cast<std::int32_t>(word());
    x.param.b2 = word() >> 31;
    x.param.mp = static_cast<std::uint32_t>(word()) & kMaxM;
    x.param.mn = static_cast<std::uint32_t>(word()) & kMaxM;
    x.param.s = static_cast<std::uint8_t>(1 + rng() % 62);
    x.t1 = static_cast<std::int32_t>(word());
    x.t2 = static_cast<std::int32_t>(word());
  }
  auto lo = static_cast<std::int8_t>(rng()), hi = static_cast<std::int8_t>(rng());
  if (lo > hi) std::swap(lo, hi);
  if (rng() % 2 == 0) lo = -128, hi = 127;
  const std::vector<TailMode> modes = all_modes(static_cast<std::int8_t>(rng()), lo, hi);
  c.mode = modes[rng() % modes.size()];
  return c;
}

TEST(Tail, Random) {
  const char* text = std::getenv("EXACT8_SEED");
  const std::uint64_t seed = text != nullptr ? std::strtoull(text, nullptr, 0) : 20;
  std::mt19937_64 rng(seed);
  TailBench bench;
  for (int block = 0; block < (std::getenv("EXACT8_LONG") != nullptr ? 500 : 20); ++block) {
    std::vector<TailCase> cases(10000);
    for (TailCase& c : cases) c = random_case(rng);
    ASSERT_EQ(bench.run(cases, block % 4), "") << "seed " << seed << ", block " << block;
  }
}

TEST(Tail, ResetEmptiesThePipeline) {
  TailBench bench;
  const TailCase c = single({100, {0, 1, 1, 1}, 100, 0}, TailMode{});
  ASSERT_EQ(bench.clock(c), "");
  ASSERT_EQ(bench.clock(c), "");
  bench.reset();
  EXPECT_EQ(bench.run({}), "");
  EXPECT_EQ(bench.run({c}, 1), "");
}

/// The third opinion: expected values as the file has them.
TEST(Tail, HandWrittenVectors) {
  std::ifstream in(std::string(EXACT8_SOURCE_DIR) + "/tests/vectors/numerics_vectors.csv");
  TailBench bench;
  int rows = 0, passes = 0;
  for (const VectorRow& row : read_vectors(in)) {
    const std::vector<TailRow> all = tail_rows(row);
    rows += all.empty() ? 0 : 1;
    for (const TailRow& r : all) {
      ASSERT_EQ(bench.clock(r.c), "") << row.id;
      for (int i = 1; i < TailBench::kLatency; ++i) ASSERT_EQ(bench.clock(std::nullopt), "") << row.id;
      ASSERT_TRUE(bench.valid());
      for (int k = 0; k < TailBench::kBuilds; ++k) {
        const int mul_bits = k / 2 == 0 ? 0 : k / 2 == 1 ? 24 : 31;
        if (mul_bits < r.mul_bits || (r.doubles && k % 2 == 0)) continue;
        EXPECT_EQ(r.stage2 ? bench.q2(k) : bench.q(k), row.expected) << row.id << " build " << k;
        ++passes;
      }
    }
  }
  EXPECT_EQ(rows, 300);  // of 341 that run: without FLOOR (14), raw dots (2), tables (18), the host's qint (7)
  EXPECT_EQ(passes, 1466);
}

/// With s = 0, which is not legal, hardware and requant.h part: the bench must say so.
TEST(TailBad, BenchNoticesAWrongAnswer) {
  TailCase c = single({100, {0, 1, 1, 1}, 100, 0}, TailMode{});
  TailBench bench;
  EXPECT_EQ(bench.run({c}), "");
  c.channel[0].param.s = 0;
  EXPECT_NE(bench.run({c}), "");
}

}  // namespace
}  // namespace e8::testing
