// Standard C++ for any processor.
#include "emu/ops/kernels/kernels.h"

#include "emu/ops/kernels/generic.h"

namespace e8::ops::kernels {
namespace {

void dot(const std::int8_t* x, std::size_t pixels, const std::int8_t* w, std::size_t couts, std::size_t depth,
         std::int32_t* sums) {
  generic_dot(x, pixels, w, couts, depth, sums);
}

void depthwise(const std::int8_t* const* x, const std::int16_t* w, std::size_t taps, std::size_t channels,
               std::int32_t* sums) {
  generic_depthwise(x, w, taps, channels, sums);
}

}  // namespace

const Kernels* portable() {
  static const Kernels kernels{dot, depthwise};
  return &kernels;
}

}  // namespace e8::ops::kernels
