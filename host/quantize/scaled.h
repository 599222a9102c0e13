// Arbitrary scales (scheme scaled): value = q * s. Equations (4), (4') of README.md; numerics.md 3.4.
#pragma once

#include <cstddef>
#include <vector>

#include "host/quantize/grid.h"
#include "host/quantize/values.h"

namespace e8::quantize {

/// Weights and biases use -127..127, symmetric.
constexpr int kSymmetric = 127;

/// The float32 number nearest to `x` (what a file stores), never 0: too small becomes the smallest normal float.
double storable(double x);

/// (14) 256 steps from lo to hi, lo <= 0 <= hi, not both 0, with a step at 0: scale = (hi - lo) / 255, zero point
/// round(-128 - lo / scale).
Affine asymmetric(double lo, double hi);

/// (4) max|x| / 127; 0 where all are zero.
double max_scale(const Values& x);

/// (4') The scale among max|x| / 127 * j / 64, j = 32..64, with the least squared error; the largest wins ties.
double min_mse_scale(const Values& x);

/// One scale for each of `channels` equal parts of `weights`, by (4) or (4'); a channel of zeros gets the largest of
/// the others. `weights` is finite and not all zero.
std::vector<double> channel_scales(const Values& weights, std::size_t channels, bool min_mse, int threads);

}  // namespace e8::quantize
