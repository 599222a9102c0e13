// The configurations that compiler tests run on.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "emu/isa/isa.h"

namespace e8::test {

/// Three lanes that divide nothing, small memories, and an AXI wider than a word of all lanes.
inline const isa::Config& odd_config() {
  static const isa::Config c{"odd", 3, 4, 1024, 256, 64, 2, 32, 24, false, true};
  return c;
}

inline const isa::Config& config(const std::string& name) {
  return name == "odd" ? odd_config() : *isa::find_config(name);
}

/// 1, n-1, n, n+1.
inline std::vector<int> around(int n) {
  std::vector<int> sizes{1};
  for (const int s : {n - 1, n, n + 1}) {
    if (s > sizes.back()) sizes.push_back(s);
  }
  return sizes;
}

}  // namespace e8::test

#define E8_ALL_CONFIGS(suite)                                                                         \
  INSTANTIATE_TEST_SUITE_P(configs, suite, ::testing::Values("nano", "tiny", "b512", "b4096", "odd"), \
                           [](const auto& info) { return info.param; })
