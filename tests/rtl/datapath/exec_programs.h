// Random contents and random legal EXEC and SHIFT programs for e8_exec, without hazards.
#pragma once

#include <vector>

#include "tests/rtl/datapath/exec_bench.h"

namespace e8::test {

/// What the next random instructions may be.
struct ProgramStyle {
  unsigned shift = 20;        ///< percent of SHIFT
  unsigned chain = 15;        ///< percent of EXEC that hold
  unsigned maximum = 20;      ///< percent of reduce_max
  unsigned stage2 = 50;       ///< percent with stage 2, where the build has it
  unsigned drain_wait = 30;   ///< percent, besides those that a hazard demands
  unsigned astray = 0;        ///< percent of instructions whose addresses may leave the memories
  unsigned long_windows = 0;  ///< percent of EXEC with windows of many steps
};

/// Random words; records and tables whose results spread over int8.
Contents random_contents(Random& random);
std::vector<std::int8_t> random_lane(Random& random);
/// Puts a bias into one record of every parameter word from `first` on that drives V out of 33 bits for some
/// accumulators.
void heat_params(Contents& contents, unsigned first, Random& random);
/// `count` instructions; legal, and without hazards on `contents`.
std::vector<isa::Instruction> random_program(const ProgramStyle& style, unsigned count, const Contents& contents,
                                             Random& random);
/// One EXEC of one output vector of one step to word 300, all lanes, no zero point, full clamp.
isa::Exec simple_exec();

}  // namespace e8::test
