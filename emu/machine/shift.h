// SHIFT: words from lane to lane.
#pragma once

#include "emu/isa/isa.h"
#include "emu/machine/context.h"

namespace e8::machine {

/// Runs until the end or the first address error. The instruction has passed check().
isa::Error run_shift(const isa::Shift& s, Context& ctx);

}  // namespace e8::machine
