// Random programs with every instruction, mode and token, and the memory images they need. Legal programs are free of
// hazards: every access is ordered after the conflicting ones before it by tokens or drain_wait.
#pragma once

#include <cstdint>

#include "tests/sim/program_builder.h"
#include "tests/sim/random.h"

namespace e8::test {

/// What is wrong with a program, if anything.
enum class Flaw : std::uint8_t {
  kNone,
  kDmaAddress,   ///< a LOAD or STORE that may leave the memory or region
  kExecAddress,  ///< an EXEC or SHIFT that may leave a memory
  kIllegalBits,  ///< an instruction that the static checks refuse
  kToken,        ///< a wait that nobody signals
  kOverflow,     ///< parameters that may drive V out of 33 bits
  kChain,        ///< acc_keep where nothing is held
  kProgramEnd,   ///< END is missing
  kCount
};

struct RandomProgramOptions {
  unsigned instructions = 30;  ///< besides the LOADs that fill the memories
  Flaw flaw = Flaw::kNone;
};

ProgramBuilder random_program(Random& random, const isa::Config& config, const RandomProgramOptions& options);

}  // namespace e8::test
