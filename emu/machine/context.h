// What an engine works on while it executes one instruction.
#pragma once

#include <cstdint>

#include "emu/isa/isa.h"
#include "emu/machine/hazard.h"
#include "emu/machine/machine.h"
#include "emu/machine/memories.h"

namespace e8::machine {

struct Context {
  const isa::Config& config;
  Memories& memory;
  HazardChecker* hazards;  ///< nullptr: not checked
  EventSink* sink;         ///< nullptr: nobody listens
  std::uint32_t instr;     ///< index of the instruction
};

}  // namespace e8::machine
