// The rows of tests/vectors/numerics_vectors.csv that are one pass of the requantizer, as operands of the RTL.
#pragma once

#include <optional>
#include <vector>

#include "tests/emu/numerics/vector_table.h"
#include "tests/rtl/datapath/tail_bench.h"

namespace e8::testing {

/// A row made into one pass through every build that can compute it.
struct TailRow {
  TailCase c;            ///< channel 0 is the row
  bool stage2 = false;   ///< through e8_stage2 instead of e8_tail
  bool doubles = false;  ///< needs DOUBLE_ROUND
  int mul_bits = 0;      ///< least MUL_BITS that holds the multipliers
};

/// One TailRow for each rounding the row demands (several where it says ALL); empty when the row is not one pass of the
/// requantizer (controls, the host's arithmetic, tables, raw dot products).
std::vector<TailRow> tail_rows(const VectorRow& row);

}  // namespace e8::testing
