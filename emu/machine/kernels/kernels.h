// The implementations behind mac.h.
#pragma once

#include "emu/machine/mac.h"

namespace e8::machine::kernels {

void portable(const MacLane* lanes, unsigned n, const Steps& steps, unsigned v);

/// nullptr where the processor or the build has no AVX2.
MacKernel avx2();

}  // namespace e8::machine::kernels
