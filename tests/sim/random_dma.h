// Random LOAD and STORE instructions whose DRAM bytes and on-chip words lie where the test wants them.
#pragma once

#include <cstdint>

#include "emu/isa/isa.h"
#include "tests/sim/random.h"

namespace e8::test {

/// Where an instruction may reach: on-chip words [first_word, first_word + words), bytes [first_byte, first_byte +
/// bytes) of the region.
struct DmaSpace {
  std::uint32_t first_word = 0, words = 0;
  isa::Region region = isa::kRegionInput;
  std::uint32_t first_byte = 0, bytes = 0;
};

/// Most runs are short, some take several bursts. Borders of the image, lane grids, strides of either sign.
isa::Load random_feature_load(Random& random, const isa::Config& config, const DmaSpace& space);
/// Weight, parameter or table memory; `space.words` of that memory.
isa::Load random_shared_load(Random& random, const isa::Config& config, isa::Target target, const DmaSpace& space);
/// Runs do not overlap in DRAM: with overlaps the order of an instruction's bytes would matter.
isa::Store random_store(Random& random, const isa::Config& config, const DmaSpace& space);
/// Moves the instruction so that some of it probably leaves the on-chip memory (`depth` words) or the region (`bytes`).
void break_address(Random& random, isa::Geometry& geometry, std::uint32_t depth, std::uint32_t bytes);

}  // namespace e8::test
