// The portable kernels, compiled for AVX2.
#include "emu/ops/kernels/kernels.h"

#if defined(__x86_64__)

#include "emu/ops/kernels/generic.h"

namespace e8::ops::kernels {
namespace {

__attribute__((target("avx2"))) void dot(const std::int8_t* x, std::size_t pixels, const std::int8_t* w,
                                         std::size_t couts, std::size_t depth, std::int32_t* sums) {
  generic_dot(x, pixels, w, couts, depth, sums);
}

__attribute__((target("avx2"))) void depthwise(const std::int8_t* const* x, const std::int16_t* w, std::size_t taps,
                                               std::size_t channels, std::int32_t* sums) {
  generic_depthwise(x, w, taps, channels, sums);
}

}  // namespace

const Kernels* avx2() {
  static const Kernels kernels{dot, depthwise};
  static const bool supported = __builtin_cpu_supports("avx2") != 0;
  return supported ? &kernels : nullptr;
}

}  // namespace e8::ops::kernels

#else

const e8::ops::kernels::Kernels* e8::ops::kernels::avx2() { return nullptr; }

#endif
