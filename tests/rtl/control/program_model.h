// What the machine must do with a program: how it ends (in program order, as emu/machine does), and what the log of a
// run may look like (tokens, order, errors).
#pragma once

#include <random>
#include <vector>

#include "tests/rtl/control/control_bench.h"

namespace e8::test {

struct Outcome {
  isa::Error error = isa::Error::kNONE;  ///< kNONE: done
  std::uint32_t index = 0;               ///< of the failed instruction, or of END
};

isa::Config build_config();

/// Walks the program in order. `length` as PROG_LEN.
Outcome expected_outcome(const std::vector<isa::Instruction>& program, std::uint32_t length,
                         const std::map<std::uint32_t, isa::Error>& faults, const std::set<std::uint32_t>& read_faults);

/// Fails the test when the bench's log breaks a rule of emu/isa/README.md (Tokens, Errors).
void check_log(const ControlBench& bench, const Outcome& outcome);

/// A random program with END as its last instruction; its tokens are legal.
std::vector<isa::Instruction> random_program(std::mt19937_64& random, unsigned instructions);

// Instructions of each engine with nothing but tokens; `payload` goes into a field without a rule.
isa::Instruction nop(unsigned engine, unsigned wait = 0, unsigned signal = 0);
isa::Instruction load(unsigned wait = 0, unsigned signal = 0, std::uint32_t payload = 0);
isa::Instruction exec(unsigned wait = 0, unsigned signal = 0, std::uint32_t payload = 0);
isa::Instruction store(unsigned wait = 0, unsigned signal = 0, std::uint32_t payload = 0);

}  // namespace e8::test
