// Random EXEC and SHIFT instructions inside given parts of the memories.
#pragma once

#include <cstdint>

#include "emu/isa/isa.h"
#include "tests/sim/random.h"

namespace e8::test {

/// Words [first, first + words) of a memory.
struct Words {
  std::int64_t first = 0, words = 0;
};
struct ExecSpace {
  Words read, write;  ///< of feature memory, disjoint
  Words weight, param;
};

/// All modes that the build has. one_vector: n_g = n_y = n_x = 1, as acc_hold and acc_keep need it. Now and then the
/// residual is overwritten by the same vector's result.
isa::Exec random_exec(Random& random, const isa::Config& config, const ExecSpace& space, bool one_vector);
isa::Shift random_shift(Random& random, const isa::Config& config, const Words& read, const Words& write);

}  // namespace e8::test
