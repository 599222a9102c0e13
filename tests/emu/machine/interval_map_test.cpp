// Against an array of bytes.
#include "emu/machine/interval_map.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>

namespace e8::machine {
namespace {

TEST(IntervalMap, EqualsAnArrayUnderRandomAssignments) {
  constexpr unsigned kSeed = 11;
  std::mt19937 random(kSeed);
  IntervalMap map;
  std::array<std::uint32_t, 64> bytes{};
  for (std::uint32_t n = 1; n <= 3000; ++n) {
    std::size_t a = random() % 65, b = random() % 65;
    if (a == b) continue;
    if (a > b) std::swap(a, b);
    const std::uint32_t value = n % 7 == 0 ? 3 : n;  // equal neighbours join
    map.assign(a, b, value);
    std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(a), bytes.begin() + static_cast<std::ptrdiff_t>(b), value);
    a = random() % 64;
    b = a + 1 + random() % (64 - a);
    const IntervalMap::Hit hit = map.highest(a, b);
    const auto first = bytes.begin() + static_cast<std::ptrdiff_t>(a),
               last = bytes.begin() + static_cast<std::ptrdiff_t>(b);
    ASSERT_EQ(hit.value, *std::max_element(first, last)) << "seed " << kSeed << ", round " << n;
    if (hit.value != 0) {
      ASSERT_GE(hit.address, a);
      ASSERT_LT(hit.address, b);
      ASSERT_EQ(bytes[hit.address], hit.value);
    }
  }
}

TEST(IntervalMap, EmptyHasNothing) {
  IntervalMap map;
  EXPECT_EQ(map.highest(0, 100).value, 0u);
  map.assign(10, 20, 5);
  EXPECT_EQ(map.highest(0, 10).value, 0u);
  EXPECT_EQ(map.highest(20, 30).value, 0u);
  EXPECT_EQ(map.highest(19, 21).value, 5u);
  map.clear();
  EXPECT_EQ(map.highest(10, 20).value, 0u);
}

}  // namespace
}  // namespace e8::machine
