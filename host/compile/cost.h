// What the hardware's steps cost, in cycles: the constants behind the timeline and the choice of tiles.
#pragma once

#include <algorithm>
#include <cstdint>

#include "emu/isa/isa.h"

namespace e8::compile::cost {

constexpr std::uint64_t kExecStart = 6;  ///< from an EXEC's start to its first step
constexpr std::uint64_t kLand = 10;      ///< from the last step of a vector to its word in memory, besides DRAIN
constexpr std::uint64_t kDmaStart = 30;  ///< from a LOAD's or STORE's start to its first beat, or last beat to response
constexpr std::uint64_t kRun = 1;        ///< a run's own cost besides its beats

/// Cycles an output vector occupies the datapath: its steps, or the requantizer's DRAIN when that is longer; a residual
/// word needs the feature memory's read port for one.
inline std::uint64_t vector_cycles(std::uint64_t steps, bool residual, const isa::Config& c) {
  return std::max<std::uint64_t>(steps + (residual ? 1 : 0), c.drain);
}

inline std::uint64_t beats(std::uint64_t bytes, const isa::Config& c) {
  return (bytes + c.axi_bytes - 1) / c.axi_bytes;
}

}  // namespace e8::compile::cost
