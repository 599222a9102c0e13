// The portable kernel, written so that the compiler vectorizes it, and the choice among kernels.
#include "emu/machine/mac.h"

#include <algorithm>
#include <cstring>

#include "emu/machine/kernels/kernels.h"

namespace e8::machine {
namespace {

template <int V>
void mac(const MacLane& lane, const Steps& steps) {
  std::int32_t sum[V];
  std::memcpy(sum, lane.acc, sizeof sum);
  for (std::int64_t s = 0; s < steps.count; ++s) {
    const std::int8_t* const a = lane.words + std::int64_t{steps.offsets[s]} * V;
    const auto* const w = reinterpret_cast<const std::int8_t*>(steps.weights + s * steps.weight_step);
    for (int j = 0; j < V; ++j) {
      std::int32_t dot = 0;
      for (int c = 0; c < V; ++c) dot += a[c] * w[j * V + c];
      sum[j] += dot;
    }
  }
  std::memcpy(lane.acc, sum, sizeof sum);
}

template <int V>
void mac(const MacLane* lanes, unsigned n, const Steps& steps) {
  for (unsigned l = 0; l < n; ++l) mac<V>(lanes[l], steps);
}

}  // namespace

void kernels::portable(const MacLane* lanes, unsigned n, const Steps& steps, unsigned v) {
  switch (v) {
    case 2:
      return mac<2>(lanes, n, steps);
    case 4:
      return mac<4>(lanes, n, steps);
    case 8:
      return mac<8>(lanes, n, steps);
    case 16:
      return mac<16>(lanes, n, steps);
    default:
      return mac<32>(lanes, n, steps);
  }
}

const std::vector<NamedMacKernel>& mac_kernels() {
  static const std::vector<NamedMacKernel> found = [] {
    std::vector<NamedMacKernel> list{{"portable", kernels::portable}};
    if (kernels::avx2() != nullptr) list.push_back({"avx2", kernels::avx2()});
    return list;
  }();
  return found;
}

void max_steps(const MacLane& lane, const Steps& steps, unsigned v) {
  for (std::int64_t s = 0; s < steps.count; ++s) {
    const std::int8_t* const a = lane.words + std::int64_t{steps.offsets[s]} * v;
    for (unsigned j = 0; j < v; ++j) lane.acc[j] = std::max<std::int32_t>(lane.acc[j], a[j]);
  }
}

}  // namespace e8::machine
