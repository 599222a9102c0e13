// Cross-layer equalization (numerics.md 3.6): the same network with channels of like size, so that one scale a tensor
// fits them all.
#pragma once

#include <string>

#include "host/model/graph.h"

namespace e8::quantize {

/// (15) For every pair of layers and channel i between them, with r1 = max(|W1[i]|, |b1[i]|), r2 = max|W2[:, i]| and
/// s = sqrt(r1 / r2): W1[i] and b1[i] are divided by s, W2[:, i] is multiplied; repeated over all pairs until no s is
/// more than a hundredth from 1. The product of a channel's s stays in 0.01..100; channels with r1 = 0, r2 = 0 or
/// r1 + r2 < 0.1 stay, as in Vitis AI. The function stays the same but for the
/// rounding of float. *note says what was done.
model::Graph equalized(model::Graph graph, std::string* note);

/// Clip with limits 0 and hi > 0 becomes Relu where a pair of layers is equalized only then. That is another network
/// for values above hi. *note names how many.
model::Graph without_limits(model::Graph graph, std::string* note);

}  // namespace e8::quantize
