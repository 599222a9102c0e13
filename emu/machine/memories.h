// The on-chip memories of a machine (emu/isa/README.md). Zero when made; hardware's contents are then unknown.
#pragma once

#include <cstdint>
#include <vector>

#include "emu/isa/isa.h"

namespace e8::machine {

constexpr unsigned kTableEntries = 1024;
constexpr unsigned kMaxLanes = 16, kMaxV = 32;

struct Memories {
  explicit Memories(const isa::Config& c)
      : feature(c.lanes, std::vector<std::int8_t>(std::size_t{c.feature_words} * c.v)),
        weight(std::size_t{c.weight_words} * c.weight_word_bytes()),
        param(std::size_t{c.param_words} * c.param_word_bytes()),
        table(kTableEntries) {}

  std::vector<std::vector<std::int8_t>> feature;  ///< [lane][word * V + channel]
  std::vector<std::uint8_t> weight;               ///< [word * V*V + output * V + input], int8 in two's complement
  std::vector<std::uint8_t> param;                ///< [word * V*16 + channel * 16 ...]
  std::vector<std::int32_t> table;
};

}  // namespace e8::machine
