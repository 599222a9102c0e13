// The descriptive section of a program file: everything but instructions, their map and the constants, as JSON text.
#pragma once

#include <stdexcept>
#include <string>

#include "host/compile/program.h"

namespace e8::compile {

/// What is wrong in the section: the field, its value, and what is allowed.
struct BadInfo : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Characters that are not UTF-8 (ONNX names may hold them) are replaced.
std::string write_info(const Program& program);

/// Fills in all but isa_hash, code, weights and map. Every value is checked: indices point into the program, shapes are
/// positive, tensors lie inside their regions, the configuration is legal. Throws BadInfo.
void read_info(const std::string& text, Program* program);

}  // namespace e8::compile
