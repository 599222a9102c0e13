// EXEC: addresses, accumulation, requantization and stage 2 of each output vector, in program order.
#include "emu/machine/exec.h"

#include <algorithm>
#include <cstring>

namespace e8::machine {
namespace {

using isa::Error;

std::int64_t steps_of(const isa::Exec& e) { return e.n_ky * e.n_kx * e.n_i; }

bool inside(std::int64_t address, unsigned words) { return address >= 0 && address < words; }

/// A multiplier as the build has it: MUL_BITS = 0 is a plain shift, otherwise the bits above MUL_BITS do not exist.
std::uint32_t built_multiplier(std::uint32_t m, unsigned mul_bits) {
  return mul_bits == 0 ? 1u : m & ((1u << mul_bits) - 1u);
}

/// A record's shift. 0 and 63 have no meaning (emu/isa/README.md); the nearest legal one keeps the arithmetic defined.
std::uint8_t legal_shift(std::uint8_t s) { return std::min<std::uint8_t>(std::max<std::uint8_t>(s, 1), 62); }

num::TailMode tail_mode(std::int64_t tie, std::int64_t double_round, std::int64_t zp_first, std::int64_t zp,
                        std::int64_t lo, std::int64_t hi) {
  return {static_cast<num::Tie>(tie),   double_round != 0,           zp_first != 0, static_cast<std::int8_t>(zp),
          static_cast<std::int8_t>(lo), static_cast<std::int8_t>(hi)};
}

}  // namespace

void ExecEngine::reset() {
  held_ = false;
  chain_steps_ = 0;
  steps_ = 0;
}

Error ExecEngine::check_chain(const isa::Exec& e, const isa::Config& config) const {
  if (e.acc_keep == 0) return Error::kNONE;
  const bool legal = held_ && held_max_ == (e.reduce_max != 0) && chain_steps_ + steps_of(e) <= config.max_steps();
  return legal ? Error::kNONE : Error::kILLEGAL_FIELD;
}

Error ExecEngine::run(const isa::Exec& e, Context& ctx) {
  prepare(e, ctx);
  for (std::int64_t g = 0; g < e.n_g; ++g) {
    prepare_group(e, ctx, g);
    for (std::int64_t y = 0; y < e.n_y; ++y) {
      for (std::int64_t x = 0; x < e.n_x; ++x) {
        const Vector at{e.a_base + g * e.a_g + y * e.a_y + x * e.a_x, e.w_base + g * e.w_g,
                        e.r_base + g * e.r_g + y * e.r_y + x * e.r_x, e.o_base + g * e.o_g + y * e.o_y + x * e.o_x};
        const Error error = run_vector(e, ctx, g, at);
        if (error != Error::kNONE) return error;
      }
    }
  }
  return Error::kNONE;
}

void ExecEngine::prepare(const isa::Exec& e, const Context& ctx) {
  chain_steps_ = (e.acc_keep != 0 ? chain_steps_ : 0) + steps_of(e);
  held_ = e.acc_hold != 0;
  held_max_ = e.reduce_max != 0;
  offsets_.clear();
  for (std::int64_t ky = 0; ky < e.n_ky; ++ky) {
    for (std::int64_t kx = 0; kx < e.n_kx; ++kx) {
      for (std::int64_t i = 0; i < e.n_i; ++i) {
        // |offset| <= 131071/2 steps * 2^15 < 2^31: each step moves one of the three indices
        offsets_.push_back(static_cast<std::int32_t>(ky * e.a_ky + kx * e.a_kx + i * e.a_i));
      }
    }
  }
  const auto [low, high] = std::minmax_element(offsets_.begin(), offsets_.end());
  offset_min_ = *low;
  offset_max_ = *high;
  mode_ = tail_mode(e.tie, e.double_round, e.zp_first, e.zp, e.lo, e.hi);
  mode2_ = tail_mode(e.tie2, e.double_round2, 0, e.zp2, e.lo2, e.hi2);
  param2_.mp = param2_.mn = built_multiplier(static_cast<std::uint32_t>(e.m2), ctx.config.mul_bits);
  param2_.s = static_cast<std::uint8_t>(e.s2);
}

void ExecEngine::prepare_group(const isa::Exec& e, const Context& ctx, std::int64_t group) {
  const std::int64_t word = e.p_base + group;
  if (e.acc_hold != 0 || !inside(word, ctx.config.param_words)) return;
  const std::uint8_t* record = ctx.memory.param.data() + word * ctx.config.param_word_bytes();
  for (unsigned j = 0; j < ctx.config.v; ++j, record += 16) {
    const isa::ParamRecord p = isa::unpack_param(record);
    param_[j] = {p.b2, built_multiplier(p.mp, ctx.config.mul_bits), built_multiplier(p.mn, ctx.config.mul_bits),
                 legal_shift(p.s)};
  }
}

Error ExecEngine::run_vector(const isa::Exec& e, Context& ctx, std::int64_t group, const Vector& at) {
  const Error error = check_addresses(e, ctx, group, at);
  if (error != Error::kNONE) return error;
  if (ctx.hazards) note_accesses(e, *ctx.hazards, group, at);
  accumulate(e, ctx, at);
  if (e.acc_hold == 0) {
    for (unsigned lane = 0; lane < ctx.config.lanes; ++lane) {
      if ((e.lane_mask >> lane & 1) != 0 && !requantize_lane(e, ctx, lane, at)) return Error::kOVERFLOW;
    }
    for (unsigned lane = 0; lane < ctx.config.lanes; ++lane) {
      if ((e.lane_mask >> lane & 1) == 0) continue;
      std::memcpy(ctx.memory.feature[lane].data() + at.output * ctx.config.v, out_.data() + lane * ctx.config.v,
                  ctx.config.v);
    }
  }
  if (ctx.sink) emit(e, ctx, at);
  return Error::kNONE;
}

Error ExecEngine::check_addresses(const isa::Exec& e, const Context& ctx, std::int64_t group, const Vector& at) const {
  const isa::Config& c = ctx.config;
  const bool dots = e.reduce_max == 0;
  const std::int64_t steps = static_cast<std::int64_t>(offsets_.size());
  const bool steps_inside =
      inside(at.activation + offset_min_, c.feature_words) && inside(at.activation + offset_max_, c.feature_words) &&
      (!dots || (inside(at.weight, c.weight_words) && inside(at.weight + (steps - 1) * e.w_step, c.weight_words)));
  for (std::int64_t s = 0; !steps_inside && s < steps; ++s) {  // which is first, step by step
    if (!inside(at.activation + offsets_[static_cast<std::size_t>(s)], c.feature_words)) return Error::kADDR_FEATURE;
    if (dots && !inside(at.weight + s * e.w_step, c.weight_words)) return Error::kADDR_WEIGHT;
  }
  if (e.acc_hold != 0) return Error::kNONE;
  if (!inside(e.p_base + group, c.param_words)) return Error::kADDR_PARAM;
  if (e.stage2 == 2 && !inside(at.residual, c.feature_words)) return Error::kADDR_FEATURE;
  return inside(at.output, c.feature_words) ? Error::kNONE : Error::kADDR_FEATURE;
}

void ExecEngine::note_accesses(const isa::Exec& e, HazardChecker& hazards, std::int64_t group, const Vector& at) const {
  for (const std::int32_t offset : offsets_)
    hazards.read_activation(static_cast<std::uint32_t>(at.activation + offset));
  if (e.reduce_max == 0) {
    const std::int64_t last = at.weight + (static_cast<std::int64_t>(offsets_.size()) - 1) * e.w_step;
    hazards.read_shared(isa::kTargetWeight, static_cast<std::uint32_t>(at.weight), static_cast<std::uint32_t>(last));
  }
  if (e.acc_hold != 0) return;
  const auto param = static_cast<std::uint32_t>(e.p_base + group);
  hazards.read_shared(isa::kTargetParam, param, param);
  if (e.stage2 != 0) {  // which entries depends on the data: all of them
    const auto table = static_cast<std::uint32_t>(e.table_bank) * 512u;
    hazards.read_shared(isa::kTargetTable, table, table + (e.stage2 == 2 ? 511u : 255u));
  }
  if (e.stage2 == 2) hazards.read_residual(static_cast<std::uint32_t>(at.residual));
  hazards.write_exec(static_cast<std::uint32_t>(at.output));
}

void ExecEngine::accumulate(const isa::Exec& e, const Context& ctx, const Vector& at) {
  const unsigned v = ctx.config.v;
  const auto steps = static_cast<std::int64_t>(offsets_.size());
  steps_ += offsets_.size();
  if (e.acc_keep == 0) std::fill(acc_.begin(), acc_.end(), e.reduce_max != 0 ? -128 : 0);
  const Steps todo{offsets_.data(), steps, ctx.memory.weight.data() + at.weight * v * v, e.w_step * v * v};
  std::array<MacLane, kMaxLanes> lanes;
  unsigned n = 0;
  for (unsigned lane = 0; lane < ctx.config.lanes; ++lane) {
    // lanes outside the mask matter only when the accumulators are held
    if ((e.lane_mask >> lane & 1) == 0 && e.acc_hold == 0) continue;
    lanes[n++] = {acc_.data() + lane * v, ctx.memory.feature[lane].data() + at.activation * v};
  }
  if (e.reduce_max != 0) {
    for (unsigned l = 0; l < n; ++l) max_steps(lanes[l], todo, v);
  } else {
    mac_(lanes.data(), n, todo, v);
  }
}

/// out_ of the lane from its accumulators; false on OVERFLOW.
bool ExecEngine::requantize_lane(const isa::Exec& e, const Context& ctx, unsigned lane, const Vector& at) {
  const unsigned v = ctx.config.v;
  const std::int32_t* const acc = acc_.data() + lane * v;
  std::int8_t* const out = out_.data() + lane * v;
  for (unsigned j = 0; j < v; ++j) {
    const std::int64_t value = num::tail_v(acc[j], param_[j]);
    if (!num::fits_v(value)) return false;
    out[j] = num::requantize_v(value, param_[j], mode_);
  }
  if (e.stage2 == 0) return true;
  const std::int32_t* const t1 = ctx.memory.table.data() + e.table_bank * 512 + 128;  // indexed by int8 value
  const std::int8_t* const other = ctx.memory.feature[lane].data() + at.residual * v;
  for (unsigned j = 0; j < v; ++j) {
    const std::int64_t value = num::stage2_v(t1[out[j]], e.stage2 == 2 ? t1[256 + other[j]] : 0);
    if (!num::fits_v(value)) return false;
    out[j] = num::requantize_v(value, param2_, mode2_);
  }
  return true;
}

void ExecEngine::emit(const isa::Exec& e, const Context& ctx, const Vector& at) const {
  const auto mask = static_cast<std::uint32_t>(e.lane_mask);
  if (e.acc_hold != 0) {
    ctx.sink->on_exec(ExecKind::kHold, ctx.instr, mask, 0, nullptr, acc_.data());
  } else {
    ctx.sink->on_exec(ExecKind::kWrite, ctx.instr, mask, static_cast<std::uint32_t>(at.output), out_.data(),
                      acc_.data());
  }
}

}  // namespace e8::machine
