// Inner loops of EXEC, written so that the compiler vectorizes them.
#include "emu/machine/mac.h"

#include <algorithm>
#include <cstring>

namespace e8::machine {
namespace {

template <int V>
void mac(std::int32_t* acc, const std::int8_t* words, const std::int32_t* offsets, std::int64_t steps,
         const std::uint8_t* weights, std::int64_t weight_step) {
  std::int32_t sum[V];
  std::memcpy(sum, acc, sizeof sum);
  for (std::int64_t s = 0; s < steps; ++s) {
    const std::int8_t* const a = words + std::int64_t{offsets[s]} * V;
    const auto* const w = reinterpret_cast<const std::int8_t*>(weights + s * weight_step);
    for (int j = 0; j < V; ++j) {
      std::int32_t dot = 0;
      for (int c = 0; c < V; ++c) dot += a[c] * w[j * V + c];
      sum[j] += dot;
    }
  }
  std::memcpy(acc, sum, sizeof sum);
}

}  // namespace

void mac_steps(std::int32_t* acc, const std::int8_t* words, const std::int32_t* offsets, std::int64_t steps,
               const std::uint8_t* weights, std::int64_t weight_step, unsigned v) {
  switch (v) {
    case 2:
      return mac<2>(acc, words, offsets, steps, weights, weight_step);
    case 4:
      return mac<4>(acc, words, offsets, steps, weights, weight_step);
    case 8:
      return mac<8>(acc, words, offsets, steps, weights, weight_step);
    case 16:
      return mac<16>(acc, words, offsets, steps, weights, weight_step);
    default:
      return mac<32>(acc, words, offsets, steps, weights, weight_step);
  }
}

void max_steps(std::int32_t* acc, const std::int8_t* words, const std::int32_t* offsets, std::int64_t steps,
               unsigned v) {
  for (std::int64_t s = 0; s < steps; ++s) {
    const std::int8_t* const a = words + std::int64_t{offsets[s]} * v;
    for (unsigned j = 0; j < v; ++j) acc[j] = std::max<std::int32_t>(acc[j], a[j]);
  }
}

}  // namespace e8::machine
