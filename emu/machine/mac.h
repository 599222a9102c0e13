// The inner loops of EXEC: all steps of one output vector.
#pragma once

#include <cstdint>
#include <vector>

namespace e8::machine {

/// The steps of an output vector: step s reads a lane's word at words + offsets[s]*v and the weights at
/// weights + s*weight_step, weight of output j and input c at byte j*v + c.
struct Steps {
  const std::int32_t* offsets;
  std::int64_t count;
  const std::uint8_t* weights;
  std::int64_t weight_step;
};

struct MacLane {
  std::int32_t* acc;  ///< v accumulators
  const std::int8_t* words;
};

/// For n lanes: acc[j] += sum over steps and inputs c of a_s[c] * w_s[j*v + c]. v is 2, 4, 8, 16 or 32. No sum may
/// leave 32 bits; isa::Config::max_steps() sees to that.
using MacKernel = void (*)(const MacLane* lanes, unsigned n, const Steps& steps, unsigned v);

struct NamedMacKernel {
  const char* name;
  MacKernel run;
};

/// What this processor and this build can run, slowest first. All give the same sums.
const std::vector<NamedMacKernel>& mac_kernels();

/// acc[j] = max(acc[j], a_s[j]) over the steps; the weights do not matter.
void max_steps(const MacLane& lane, const Steps& steps, unsigned v);

}  // namespace e8::machine
