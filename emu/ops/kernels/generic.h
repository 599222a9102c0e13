// Kernel bodies in standard C++, shaped so that compilers vectorize them. Each folder instantiates them inside
// functions compiled for its instructions; hence the forced inlining.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace e8::ops::kernels {

/// Kernels::dot. 16-bit operands make the inner loop a multiply-add of pairs (pmaddwd and its wider forms).
__attribute__((always_inline)) inline void generic_dot(const std::int8_t* x, std::size_t pixels, const std::int8_t* w,
                                                       std::size_t couts, std::size_t depth, std::int32_t* sums) {
  const std::vector<std::int16_t> wide(x, x + pixels * depth);
  std::vector<std::int16_t> weights(depth);
  for (std::size_t o = 0; o < couts; ++o) {
    for (std::size_t k = 0; k < depth; ++k) weights[k] = w[o * depth + k];
    const std::int16_t* b = weights.data();
    for (std::size_t i = 0; i < pixels; ++i) {
      const std::int16_t* a = wide.data() + i * depth;
      std::int32_t sum = 0;
      for (std::size_t k = 0; k < depth; ++k) sum += a[k] * b[k];
      sums[i * couts + o] = sum;
    }
  }
}

/// Kernels::depthwise.
__attribute__((always_inline)) inline void generic_depthwise(const std::int8_t* const* x, const std::int16_t* w,
                                                             std::size_t taps, std::size_t channels,
                                                             std::int32_t* __restrict sums) {
  for (std::size_t c = 0; c < channels; ++c) sums[c] = 0;
  for (std::size_t t = 0; t < taps; ++t) {
    const std::int8_t* a = x[t];
    const std::int16_t* b = w + t * channels;
    for (std::size_t c = 0; c < channels; ++c) sums[c] += a[c] * b[c];
  }
}

}  // namespace e8::ops::kernels
