// e8_dot, V = 2..32, plain and packed, every DOT_PIPE, against the sum written out.
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <deque>
#include <memory>
#include <random>
#include <string>

#include "Vdot_bench.h"

namespace e8::testing {
namespace {

constexpr int kMaxV = 32;
constexpr int kVariants = 4;
constexpr int kPipes[] = {0, 0, 3, 1};

/// Activations and weights of the widest build; weight j, c of width V is w[j * V + c].
struct DotCase {
  std::array<std::int8_t, kMaxV> a{};
  std::array<std::int8_t, kMaxV * kMaxV> w{};
};

class DotBench {
 public:
  ~DotBench() { top_.final(); }

  /// One clock with `c` at the inputs. The first output that is not the sum of what entered DOT_PIPE clocks before,
  /// else "".
  std::string clock(const DotCase& c) { return clock(c, c); }
  /// The same, with the check told that `told` entered.
  std::string clock(const DotCase& c, const DotCase& told) {
    pipe_.push_front(told);
    if (pipe_.size() > 4) pipe_.pop_back();
    top_.clk_i = 0;
    for (int i = 0; i < kMaxV / 4; ++i) top_.a_i[i] = word(&c.a[static_cast<std::size_t>(4 * i)]);
    for (int i = 0; i < kMaxV * kMaxV / 4; ++i) top_.w_i[i] = word(&c.w[static_cast<std::size_t>(4 * i)]);
    top_.eval();
    std::string bad = check();
    top_.clk_i = 1;
    top_.eval();
    return bad;
  }

 private:
  static std::uint32_t word(const std::int8_t* bytes) {
    std::uint32_t value = 0;
    for (int i = 0; i < 4; ++i) value |= std::uint32_t{static_cast<std::uint8_t>(bytes[i])} << (8 * i);
    return value;
  }

  std::string check() const {
    for (const std::string& bad :
         {check_width(2, top_.sum2_o), check_width(4, top_.sum4_o), check_width(8, top_.sum8_o),
          check_width(16, top_.sum16_o), check_width(32, top_.sum32_o)}) {
      if (!bad.empty()) return bad;
    }
    return "";
  }

  template <typename Wide>
  std::string check_width(int v, const Wide& port) const {
    for (int k = 0; k < kVariants; ++k) {
      const auto pipe = static_cast<std::size_t>(kPipes[k]);
      if (pipe >= pipe_.size()) continue;
      const DotCase& c = pipe_[pipe];
      for (int j = 0; j < v; ++j) {
        int want = 0;
        for (int i = 0; i < v; ++i) want += c.a[static_cast<std::size_t>(i)] * c.w[static_cast<std::size_t>(j * v + i)];
        const int got = static_cast<int>(port[k * v + j]);
        if (got != want) {
          return "V " + std::to_string(v) + (k % 2 != 0 ? " packed" : " plain") + " DOT_PIPE " + std::to_string(pipe) +
                 " output " + std::to_string(j) + ": got " + std::to_string(got) + ", want " + std::to_string(want);
        }
      }
    }
    return "";
  }

  Vdot_bench top_;
  std::deque<DotCase> pipe_;
};

const std::int8_t kCorners[] = {-128, -127, -64, -2, -1, 0, 1, 2, 63, 126, 127};

TEST(Dot, ConstantExtremes) {
  const auto bench = std::make_unique<DotBench>();
  for (const std::int8_t a : kCorners) {
    for (const std::int8_t even : kCorners) {  // even and odd outputs share a multiplier when packed
      for (const std::int8_t odd : kCorners) {
        for (const int v : {2, 4, 8, 16, 32}) {
          DotCase c;
          c.a.fill(a);
          for (std::size_t i = 0; i < c.w.size(); ++i) c.w[i] = (i / static_cast<std::size_t>(v)) % 2 == 0 ? even : odd;
          ASSERT_EQ(bench->clock(c), "") << int{a} << " " << int{even} << " " << int{odd};
        }
      }
    }
  }
}

/// One activation differs from all others: every position, and every place in a group of packed products.
TEST(Dot, WalkingActivation) {
  const auto bench = std::make_unique<DotBench>();
  for (const int rest : {-128, 0, 127}) {
    for (const std::int8_t one : kCorners) {
      for (const int w : {-128, -1, 1, 127}) {
        for (std::size_t at = 0; at < kMaxV; ++at) {
          DotCase c;
          c.a.fill(static_cast<std::int8_t>(rest));
          c.a[at] = one;
          c.w.fill(static_cast<std::int8_t>(w));
          ASSERT_EQ(bench->clock(c), "") << rest << " " << int{one} << " " << w << " at " << at;
        }
      }
    }
  }
}

/// One weight differs: no output but its own may see it.
TEST(Dot, WalkingWeight) {
  const auto bench = std::make_unique<DotBench>();
  for (const int rest : {-128, 0}) {
    for (const int one : {-128, 1, 127}) {
      for (std::size_t at = 0; at < kMaxV * kMaxV; ++at) {
        DotCase c;
        for (std::size_t i = 0; i < kMaxV; ++i) c.a[i] = static_cast<std::int8_t>(i % 3 == 0 ? 128 : 127 - 7 * i % 31);
        c.w.fill(static_cast<std::int8_t>(rest));
        c.w[at] = static_cast<std::int8_t>(one);
        ASSERT_EQ(bench->clock(c), "") << rest << " " << one << " at " << at;
      }
    }
  }
}

TEST(Dot, WalkingBits) {
  const auto bench = std::make_unique<DotBench>();
  for (int bit = 0; bit < 8; ++bit) {
    for (int other = 0; other < 8; ++other) {
      for (const int flip : {0, 0xff}) {
        DotCase c;
        for (std::size_t i = 0; i < kMaxV; ++i) c.a[i] = static_cast<std::int8_t>((1 << (bit + i) % 8) ^ flip);
        for (std::size_t i = 0; i < c.w.size(); ++i)
          c.w[i] = static_cast<std::int8_t>((1 << (other + i / 3) % 8) ^ flip);
        ASSERT_EQ(bench->clock(c), "") << bit << " " << other << " " << flip;
      }
    }
  }
}

/// The check notices a sum that is off by one, in the first and the last output.
TEST(DotBad, WrongSumIsNoticed) {
  for (const std::size_t at : {std::size_t{0}, std::size_t{kMaxV * kMaxV - 1}}) {
    DotBench bench;
    DotCase c;
    c.a.fill(1);
    DotCase told = c;
    told.w[at] = 1;
    EXPECT_EQ(bench.clock(c), "");
    EXPECT_NE(bench.clock(c, told), "");
  }
}

TEST(Dot, Random) {
  const char* text = std::getenv("EXACT8_SEED");
  const unsigned long seed = text != nullptr ? std::strtoul(text, nullptr, 0) : 21;
  std::mt19937_64 rng(seed);
  const auto bench = std::make_unique<DotBench>();
  for (int n = 0; n < (std::getenv("EXACT8_LONG") != nullptr ? 50000 : 2000); ++n) {
    DotCase c;
    const bool extremes = n % 2 == 0;  // corners only: sums that reach their ends
    const auto draw = [&]() -> std::int8_t {
      return extremes ? kCorners[rng() % 11] : static_cast<std::int8_t>(rng());
    };
    for (std::int8_t& x : c.a) x = draw();
    for (std::int8_t& x : c.w) x = draw();
    ASSERT_EQ(bench->clock(c), "") << "seed " << seed << ", round " << n;
  }
}

}  // namespace
}  // namespace e8::testing
