// Fast convolutions, bit-identical to the loops of emu/ops/conv.cpp.
//
// conv() arranges the operands and requantizes; a set of Kernels does the multiplications. Sums stay within int32
// because the caller keeps the depth (products a sum) at or below kMaxDepth.
#pragma once

#include <cstddef>
#include <cstdint>

#include "emu/ops/params.h"
#include "emu/ops/path.h"

namespace e8::ops::kernels {

/// depth * 2^14 <= 2^31 - 1.
constexpr std::size_t kMaxDepth = 131071;

struct Kernels {
  /// sums[i * couts + o] = sum over k < depth of x[i * depth + k] * w[o * depth + k], for i < pixels, o < couts.
  void (*dot)(const std::int8_t* x, std::size_t pixels, const std::int8_t* w, std::size_t couts, std::size_t depth,
              std::int32_t* sums);
  /// sums[c] = sum over t < taps of x[t][c] * w[t * channels + c], for c < channels.
  void (*depthwise)(const std::int8_t* const* x, const std::int16_t* w, std::size_t taps, std::size_t channels,
                    std::int32_t* sums);
};

/// The kernels of a path; nullptr for kReference and for paths that this processor or build lacks.
const Kernels* find(Path p);

// One a folder. nullptr when the processor lacks the instructions.
const Kernels* portable();
const Kernels* avx2();
const Kernels* avx512vnni();

/// Convolution of checked operands: `out` is output_shape(), and kh * kw * cin / groups <= kMaxDepth.
/// Throws std::overflow_error when V leaves 33 bits.
Tensor conv(const Tensor& in, const ConvParams& p, const Shape& out, const Kernels& kernels);

}  // namespace e8::ops::kernels
