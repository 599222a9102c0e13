// Tables of the DPU's activation functions; positions as in emu/numerics/dpu.h (real = int * 2^-p).
#pragma once

#include "emu/ops/params.h"

namespace e8::ops {

/// Hard-sigmoid from position pt to py. Throws std::invalid_argument outside pt in [0, 15], py >= 7,
/// 14 + pt - py in [0, 31].
TableParams hard_sigmoid_table(int pt, int py);

/// h-swish from position pt to py. Throws std::invalid_argument outside pt in [0, 15], pt + 7 - py in [0, 62].
TableParams h_swish_table(int pt, int py);

}  // namespace e8::ops
