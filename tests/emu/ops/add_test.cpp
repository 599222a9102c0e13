// Addition in its three arithmetics: by hand, against real numbers and TFLite's own formula, refusals.
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "tests/emu/ops/reference.h"

namespace e8::testing {
namespace {

using ops::AddParams;
using ops::Tensor;
using Kind = AddParams::Kind;

int one(int a, int b, const AddParams& p) {
  return ops::add(Tensor({1, 1, 1}, static_cast<std::int8_t>(a)), Tensor({1, 1, 1}, static_cast<std::int8_t>(b)), p)
      .data[0];
}

TEST(AddDpu, HandComputed) {
  AddParams p;
  EXPECT_EQ(one(100, 27, p), 127);
  EXPECT_EQ(one(100, 28, p), 127);
  EXPECT_EQ(one(-100, -29, p), -128);
  p.sw = 1;
  EXPECT_EQ(one(3, 0, p), 2);    // 1.5
  EXPECT_EQ(one(-3, 0, p), -1);  // -1.5, half up
  p.mode.tie = num::Tie::kHalfAway;
  EXPECT_EQ(one(-3, 0, p), -2);
  p.subtract = true;
  EXPECT_EQ(one(3, 6, p), -2);
  p.mode.lo = 0;
  EXPECT_EQ(one(3, 6, p), 0);
}

/// Exact (real arithmetic, one half-up) when sw >= 1 - G; all int8 pairs on a grid of positions.
TEST(AddDpu, ExactWhereItMustBe) {
  int exact = 0, inexact = 0;
  for (const int guard : {0, 1, 2, 7}) {
    for (int sr = 0; sr <= 6; sr += 2) {
      for (int sw = -3; sw <= 4; ++sw) {
        AddParams p;
        p.guard = guard;
        p.sr = {0, sr};
        p.sw = sw;
        int differ = 0;
        for (int a = -128; a <= 127; a += 5)
          for (int b = -128; b <= 127; b += 1) {
            const double real = std::floor((a + std::ldexp(b, -sr)) * std::ldexp(1.0, -sw) + 0.5);
            differ += one(a, b, p) != std::min(127.0, std::max(-128.0, real)) ? 1 : 0;
          }
        if (sw >= 1 - guard) {
          EXPECT_EQ(differ, 0) << guard << " " << sr << " " << sw;
          ++exact;
        } else {
          inexact += differ;
        }
      }
    }
  }
  EXPECT_GT(exact, 40);
  EXPECT_GT(inexact, 0);  // the floor below the guard bits is seen elsewhere
}

TEST(AddScaled, AgainstRealNumbers) {
  Random random(31);
  for (int round = 0; round < 20000; ++round) {
    AddParams p;
    p.kind = Kind::kScaled;
    p.shift = random.between(0, 30);
    p.mult = {random.between(-(1 << 23) + 1, (1 << 23) - 1) >> random.between(0, 22),
              random.between(-(1 << 23) + 1, (1 << 23) - 1) >> random.between(0, 22)};
    p.zp_in = {static_cast<std::int8_t>(random.between(-20, 20)), static_cast<std::int8_t>(random.between(-20, 20))};
    p.mode.zp = static_cast<std::int8_t>(random.between(-20, 20));
    p.mode.tie = static_cast<num::Tie>(random.between(0, 2));
    p.subtract = random.between(0, 1) == 1;
    const int a = random.byte(), b = random.byte();
    const std::int64_t ta = std::int64_t{a - p.zp_in[0]} * p.mult[0], tb = std::int64_t{b - p.zp_in[1]} * p.mult[1];
    const double real = std::ldexp(static_cast<double>(p.subtract ? ta - tb : ta + tb), -p.shift);  // exact: 33 bits
    const double below = std::floor(real);
    double want = std::nearbyint(real);
    if (p.mode.tie == num::Tie::kHalfUp) want = real - below >= 0.5 ? below + 1 : below;
    if (p.mode.tie == num::Tie::kHalfAway) want = std::round(real);
    want = std::min(127.0, std::max(-128.0, want + p.mode.zp));
    ASSERT_EQ(one(a, b, p), want) << "seed " << random.seed() << " round " << round;
  }
}

// TFLite's reference, from its two primitives.
std::int64_t doubling_high(std::int64_t a, std::int64_t b) {
  const std::int64_t product = a * b, nudge = product >= 0 ? 1 << 30 : 1 - (1 << 30);
  return (product + nudge) / (std::int64_t{1} << 31);
}
std::int64_t divide_pow2(std::int64_t x, int n) {
  const std::int64_t mask = (std::int64_t{1} << n) - 1, rest = x & mask, threshold = (mask >> 1) + (x < 0 ? 1 : 0);
  return (x >> n) + (rest > threshold ? 1 : 0);
}
std::int64_t tflite_multiply(std::int64_t x, std::int32_t m, int shift) {
  return divide_pow2(doubling_high(x, m), -shift);
}

TEST(AddTflite, AgainstItsOwnPrimitives) {
  Random random(32);
  for (int round = 0; round < 50000; ++round) {
    AddParams p;
    p.kind = Kind::kTflite;
    p.zp_in = {random.byte(), random.byte()};
    p.mode.zp = random.byte();
    for (std::size_t i = 0; i < 2; ++i) {
      p.in_m[i] = random.between(1 << 30, 0x7fffffff);
      p.in_shift[i] = random.between(-12, 0);
    }
    p.out_m = random.between(1 << 30, 0x7fffffff);
    p.out_shift = random.between(-22, -16);
    const int a = random.byte(), b = random.byte();
    const std::int64_t one_bit = std::int64_t{1} << 20;
    const std::int64_t sum = tflite_multiply((a - p.zp_in[0]) * one_bit, p.in_m[0], p.in_shift[0]) +
                             tflite_multiply((b - p.zp_in[1]) * one_bit, p.in_m[1], p.in_shift[1]);
    const std::int64_t want = tflite_multiply(sum, p.out_m, p.out_shift) + p.mode.zp;
    ASSERT_EQ(one(a, b, p), num::clamp8(want)) << "seed " << random.seed() << " round " << round;
  }
}

TEST(Add, EveryElementOfAnImage) {
  Random random(33);
  const Tensor a = random.tensor({3, 4, 5}), b = random.tensor({3, 4, 5});
  const AddParams p;
  const Tensor sum = ops::add(a, b, p);
  for (std::size_t i = 0; i < sum.data.size(); ++i) EXPECT_EQ(sum.data[i], num::clamp8(a.data[i] + b.data[i]));
}

TEST(Add, Refusals) {
  const Tensor a({1, 2, 3});
  EXPECT_THROW(ops::add(a, Tensor({1, 3, 2}), AddParams{}), std::invalid_argument);
  EXPECT_THROW(ops::add(a, Tensor({0, 2, 3}), AddParams{}), std::invalid_argument);
  const std::map<std::string, void (*)(AddParams&)> faults = {
      {"guard", [](AddParams& p) { p.guard = 16; }},
      {"sr", [](AddParams& p) { p.sr[1] = -1; }},
      {"sw", [](AddParams& p) { p.sw = -16; }},
      {"double", [](AddParams& p) { p.mode.double_round = true; }},
      {"clamp", [](AddParams& p) { p.mode.lo = 3, p.mode.hi = 2; }},
      {"shift", [](AddParams& p) { p.kind = Kind::kScaled, p.shift = 62; }},
      {"mult", [](AddParams& p) { p.kind = Kind::kScaled, p.mult[0] = 1 << 23; }},
      {"-mult", [](AddParams& p) { p.kind = Kind::kScaled, p.mult[1] = -(1 << 23); }},
      {"subtract", [](AddParams& p) { p.kind = Kind::kTflite, p.subtract = true; }},
      {"left", [](AddParams& p) { p.kind = Kind::kTflite, p.left_shift = 23; }},
      {"in", [](AddParams& p) { p.kind = Kind::kTflite, p.in_shift[0] = 1; }},
      {"out", [](AddParams& p) { p.kind = Kind::kTflite, p.out_shift = -31; }},
      {"negative", [](AddParams& p) { p.kind = Kind::kTflite, p.out_m = -1; }},
      {"kind", [](AddParams& p) { p.kind = static_cast<Kind>(9); }},
  };
  for (const auto& [name, fault] : faults) {
    AddParams p;
    fault(p);
    EXPECT_THROW(ops::add(a, a, p), std::invalid_argument) << name;
  }
}

}  // namespace
}  // namespace e8::testing
