// From an operator's requantization to EXEC fields and parameter records, for what the configuration has.
//
// Equivalences are used where they are exact, so that small builds run more: a multiplier divisible by two loses the
// two to the shift; double rounding with every shift at most 32 is one half-up rounding. What remains impossible is
// error 401, which names node, channel and number.
#pragma once

#include <string>
#include <vector>

#include "emu/isa/isa.h"
#include "emu/ops/params.h"

namespace e8::compile {

/// What the build offers, and for whom to complain.
struct Target {
  const isa::Config& config;
  std::string node;
};

[[noreturn]] void unsupported(const Target& target, const std::string& what);

/// Records of `channels` channels, then harmless ones (0 * 2 / 2) up to `padded`. Sets tie, double_round, zp_first, zp,
/// lo and hi of `exec`. With `every` the padding repeats the one record instead. Throws UserError 401.
std::vector<isa::ParamRecord> lower_tail(const Target& target, const ops::Tail& tail, int channels, int padded,
                                         isa::Exec& exec, bool every = false);

/// The tail that gives the same int8 results under the modes of another, or false: a tail that is an exact integer (no
/// multiplier, shift 1) knows no ties, so its zero point can move into the bias.
bool adopt_mode(ops::Tail& tail, const num::TailMode& mode);

/// A weight w (1..127) and a record such that w*acc under the record is acc under `p`, with no multiplier; false when
/// there is none.
bool fold_multiplier(num::ChannelParam& p, std::int8_t& weight);

}  // namespace e8::compile
