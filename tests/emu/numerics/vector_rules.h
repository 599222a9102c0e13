// The table of all profile labels of tests/vectors/numerics_vectors.csv.
#pragma once

#include <vector>

#include "tests/emu/numerics/vector_table.h"

namespace e8::testing {

const std::vector<VectorRule>& vector_rules();

}  // namespace e8::testing
