// When every instruction of a program starts and ends, by the equations in README.md.
#pragma once

#include "host/compile/program.h"

namespace e8::compile {

/// Fills predicted_cycles and dram_bytes of the program and its layers from its code and map.
void predict(Program& program);

}  // namespace e8::compile
