// Tests host/quantize/grid.h against its definition, written another way.
#include "host/quantize/grid.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace e8::quantize {
namespace {

using num::Tie;

double expected(double v, Tie tie) {
  if (tie == Tie::kHalfUp) return v - std::floor(v) == 0.5 ? std::ceil(v) : std::round(v);
  if (tie == Tie::kHalfAway) return std::round(v);
  return std::nearbyint(v);
}

double got(double v, Tie tie) {
  return tie == Tie::kHalfUp     ? nearest<Tie::kHalfUp>(v)
         : tie == Tie::kHalfAway ? nearest<Tie::kHalfAway>(v)
                                 : nearest<Tie::kHalfEven>(v);
}

constexpr Tie kTies[] = {Tie::kHalfUp, Tie::kHalfAway, Tie::kHalfEven};

TEST(Nearest, TiesOfTheNumericsTable) {
  const double v[] = {0.5, 1.5, 2.5, 3.5, -0.5, -1.5, -2.5, -3.5};
  const double up[] = {1, 2, 3, 4, 0, -1, -2, -3}, away[] = {1, 2, 3, 4, -1, -2, -3, -4};
  const double even[] = {0, 2, 2, 4, 0, -2, -2, -4};
  for (int i = 0; i < 8; ++i) {
    EXPECT_EQ(got(v[i], Tie::kHalfUp), up[i]) << v[i];
    EXPECT_EQ(got(v[i], Tie::kHalfAway), away[i]) << v[i];
    EXPECT_EQ(got(v[i], Tie::kHalfEven), even[i]) << v[i];
  }
}

TEST(Nearest, NextToTies) {
  for (const Tie tie : kTies)
    for (int k = -300; k <= 300; ++k)
      for (const double v : {k + 0.5, std::nextafter(k + 0.5, -1e9), std::nextafter(k + 0.5, 1e9), double(k)})
        EXPECT_EQ(got(v, tie), expected(v, tie)) << v;
}

TEST(Grid, IntegersSnapAndErrorAgree) {
  const unsigned seed = 5;
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0, 40);
  for (const std::size_t n : {1U, 7U, 8U, 9U, 1000U})
    for (const Tie tie : kTies)
      for (const double scale : {0.25, 0.3, 1.0}) {
        const Grid grid{scale, -128, 127, tie};
        std::vector<float> x(n);
        for (float& v : x) v = normal(random);
        x[0] = 1e30F;
        std::vector<std::int32_t> q(n);
        to_integers(grid, x.data(), n, q.data());
        std::vector<float> snapped = x;
        snap(grid, snapped.data(), n);
        double error = 0;
        std::size_t outside = 0;
        for (std::size_t i = 0; i < n; ++i) {
          const double r = expected(x[i] / scale, tie), clamped = std::fmin(std::fmax(r, -128), 127);
          EXPECT_EQ(q[i], clamped) << x[i] << " / " << scale;
          EXPECT_EQ(snapped[i], static_cast<float>(clamped * scale));
          error += (x[i] - clamped * scale) * (x[i] - clamped * scale);
          outside += r != clamped ? 1U : 0U;
        }
        EXPECT_NEAR(squared_error(grid, x.data(), n) / error, 1, 1e-9);
        EXPECT_EQ(fate_of(grid, x.data(), n).clamped, outside);
      }
}

TEST(Grid, SymmetricEnds) {
  const float x[] = {-128, -127.6F, 127.4F, 127.6F, 3};
  const Grid grid{1, -127, 127, Tie::kHalfEven};
  std::int32_t q[5];
  to_integers(grid, x, 5, q);
  EXPECT_EQ(q[0], -127);
  EXPECT_EQ(q[1], -127);
  EXPECT_EQ(q[3], 127);
  EXPECT_EQ(fate_of(grid, x, 5).clamped, 3U);  // -128, -127.6 and 127.6
}

TEST(Grid, TiesAreExactHalvesInside) {
  const float x[] = {0.5F, -1.5F, 0.25F, 127.5F, 126.5F, -128.5F, 3, 1.0000001F};
  for (const Tie tie : {Tie::kHalfUp, Tie::kHalfAway, Tie::kHalfEven}) {
    const std::size_t ends = tie == Tie::kHalfUp ? 1 : 0;  // -128.5 stays inside where it rounds up
    EXPECT_EQ(fate_of({1, -128, 127, tie}, x, 8).ties, 3 + ends + (tie == Tie::kHalfEven ? 1U : 0U));
  }
}

TEST(Grid, SnapTensorIsSnapOnAnyThreads) {
  std::vector<float> x(200001), y, z;
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i % 997) * 0.37F - 150;
  y = z = x;
  const Grid grid{0.7, -128, 127, Tie::kHalfUp};
  snap(grid, x.data(), x.size());
  snap_tensor(grid, &y, 1);
  snap_tensor(grid, &z, 3);
  EXPECT_EQ(x, y);
  EXPECT_EQ(x, z);
}

}  // namespace
}  // namespace e8::quantize
