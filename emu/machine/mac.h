// The inner loops of EXEC: all steps of one output vector, for one lane.
#pragma once

#include <cstdint>

namespace e8::machine {

/// acc[j] += sum over steps s and channels c of a_s[c] * w_s[j*V + c], where a_s = words + offsets[s]*v and
/// w_s = weights + s*weight_step. v is 2, 4, 8, 16 or 32. acc holds v int32.
void mac_steps(std::int32_t* acc, const std::int8_t* words, const std::int32_t* offsets, std::int64_t steps,
               const std::uint8_t* weights, std::int64_t weight_step, unsigned v);

/// acc[j] = max(acc[j], a_s[j]) over the steps.
void max_steps(std::int32_t* acc, const std::int8_t* words, const std::int32_t* offsets, std::int64_t steps,
               unsigned v);

}  // namespace e8::machine
