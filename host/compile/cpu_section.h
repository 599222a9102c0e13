// The program file's section of nodes that the CPU computes.
#pragma once

#include <string>

#include "host/compile/program.h"

namespace e8::compile {

std::string write_cpu(const Program& program);

/// Into program->cpu; its tensors, regions and code have been read. Throws BadInfo (program_info.h).
void read_cpu(const std::string& bytes, Program* program);

}  // namespace e8::compile
