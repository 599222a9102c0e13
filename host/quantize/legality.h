// Makes the chosen scales ones that the arithmetic can execute. Equations (8)-(11) of README.md;
// numerics.md 4.1, 4.3, 6.
#pragma once

#include "host/quantize/plan.h"

namespace e8::quantize {

/// dpu: shift_cut = pw + px - py in 0..16, shift_bias = pw + px - pb in min(0, shift_cut - 16)..16 (0..16 before a
/// fused LeakyReLU), the shifts of additions in 0..15 and -15..15. Only ever lowers a p, so that nothing overflows that
/// did not before: the weights' where a shift is too large, the output's where shift_cut is negative (the accumulator
/// has fewer bits than the output asked for: nothing is lost), the bias's where shift_bias is too small. A bias of
/// zeros gets shift_bias 0. scaled: raises weight scales of channels whose bias would not fit the 32-bit accumulator or
/// whose multiplier would fall below 2^-31 (channels of next to no weight). Every change is noted in the plan. `graph`
/// has the real weights. Throws UserError 304 naming the node.
void make_legal(const model::Graph& graph, Plan* plan);

}  // namespace e8::quantize
