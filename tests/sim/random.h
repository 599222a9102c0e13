// Random numbers for tests: every value comes from one seed that the test prints.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "sim/verilated/stall.h"

namespace e8::test {

class Random {
 public:
  explicit Random(std::uint64_t seed) : stream_(seed) {}

  std::uint64_t bits() { return stream_.next(); }
  /// lo..hi, both included; lo <= hi.
  std::int64_t range(std::int64_t lo, std::int64_t hi) {
    return lo + static_cast<std::int64_t>(bits() % static_cast<std::uint64_t>(hi - lo + 1));
  }
  bool chance(unsigned percent) { return bits() % 100 < percent; }
  template <typename T>
  const T& pick(const std::vector<T>& values) {
    return values[static_cast<std::size_t>(range(0, static_cast<std::int64_t>(values.size()) - 1))];
  }
  std::vector<std::uint8_t> bytes(std::size_t n) {
    std::vector<std::uint8_t> all(n);
    for (std::uint8_t& b : all) b = static_cast<std::uint8_t>(bits());
    return all;
  }

 private:
  sim::RandomStream stream_;
};

/// `fallback`, or the environment variable EXACT8_SEED: replays one seed of a random test.
inline std::uint64_t seed_or(std::uint64_t fallback) {
  const char* text = std::getenv("EXACT8_SEED");
  return text != nullptr ? std::strtoull(text, nullptr, 0) : fallback;
}
inline bool seed_is_given() { return std::getenv("EXACT8_SEED") != nullptr; }

}  // namespace e8::test
