// The nodes of a program that the CPU computes: which, why, and what share of the multiply-accumulates.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "host/compile/program.h"

namespace e8::cli {

/// A table, or "" when the accelerator computes all.
std::string cpu_table(const compile::Program& program);
nlohmann::ordered_json cpu_json(const compile::Program& program);

/// One line for a run: how many nodes, and how to see them. "" when there are none.
std::string cpu_note(const compile::Program& program);

}  // namespace e8::cli
