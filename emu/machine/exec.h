// EXEC: the loop nest of emu/isa/README.md.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "emu/isa/isa.h"
#include "emu/machine/context.h"
#include "emu/machine/mac.h"
#include "emu/numerics/requant.h"

namespace e8::machine {

/// The exec engine's own state: accumulators that acc_hold keeps. Scratch lives here too, so that no loop allocates.
class ExecEngine {
 public:
  /// Between programs: nothing is held.
  void reset();
  /// The rules of an acc_keep chain, which depend on the EXEC before: kNONE or kILLEGAL_FIELD.
  isa::Error check_chain(const isa::Exec& e, const isa::Config& config) const;
  /// Runs until the end or the first output vector with an error. The instruction has passed check() and check_chain().
  isa::Error run(const isa::Exec& e, Context& ctx);
  /// Steps executed since reset().
  std::uint64_t steps() const { return steps_; }

 private:
  struct Vector {  ///< addresses of an output vector
    std::int64_t activation, weight, residual, output;
  };
  void prepare(const isa::Exec& e, const Context& ctx);
  void prepare_group(const isa::Exec& e, const Context& ctx, std::int64_t group);
  isa::Error run_vector(const isa::Exec& e, Context& ctx, std::int64_t group, const Vector& at);
  isa::Error check_addresses(const isa::Exec& e, const Context& ctx, std::int64_t group, const Vector& at) const;
  void note_accesses(const isa::Exec& e, HazardChecker& hazards, std::int64_t group, const Vector& at) const;
  void accumulate(const isa::Exec& e, const Context& ctx, const Vector& at);
  bool requantize_lane(const isa::Exec& e, const Context& ctx, unsigned lane, const Vector& at);
  void emit(const isa::Exec& e, const Context& ctx, const Vector& at) const;

  const MacKernel mac_ = mac_kernels().back().run;
  bool held_ = false, held_max_ = false;
  std::int64_t chain_steps_ = 0;
  std::uint64_t steps_ = 0;
  alignas(64) std::array<std::int32_t, kMaxLanes * kMaxV> acc_{};  ///< [lane][channel], V channels a lane
  std::array<std::int8_t, kMaxLanes * kMaxV> out_{};

  // Of the running instruction.
  std::vector<std::int32_t> offsets_;  ///< activation word of each step, from the vector's first
  std::int64_t offset_min_ = 0, offset_max_ = 0;
  num::TailMode mode_, mode2_;
  num::ChannelParam param2_;
  // Of the running group.
  std::array<num::ChannelParam, kMaxV> param_{};
};

}  // namespace e8::machine
