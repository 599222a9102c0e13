// Activations that cost nothing: they change the tail's clamp or its negative multiplier, so the layer rounds once.
#pragma once

#include "emu/ops/params.h"

namespace e8::ops {

/// ReLU: lo = zero point.
Tail with_relu(Tail tail);

/// ReLU6: lo = zero point, hi = `hi` (the integer of 6.0; num::dpu::relu6_hi for power-of-two scales). Throws
/// std::invalid_argument when hi lies below the zero point.
Tail with_relu6(Tail tail, std::int8_t hi);

/// Leaky ReLU: slope / 2^bits, exactly (26/256 on the DPU). Throws std::invalid_argument when a multiplier
/// would exceed 31 bits or a shift 62; arbitrary scales need their own negative multiplier, made by the host.
Tail with_leaky(Tail tail, std::uint32_t slope = 26, int bits = 8);

}  // namespace e8::ops
