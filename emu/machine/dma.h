// LOAD and STORE.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "emu/isa/isa.h"
#include "emu/machine/context.h"

namespace e8::machine {

struct DmaEngine {
  std::array<RegionMap, isa::kRegions> regions{};
  std::vector<std::uint8_t> buffer;  ///< scratch: one run of bytes

  /// Run until the end or the first error. The instruction has passed check().
  isa::Error load(const isa::Load& l, Context& ctx, Dram& dram);
  isa::Error store(const isa::Store& s, Context& ctx, Dram& dram);
};

}  // namespace e8::machine
