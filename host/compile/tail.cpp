// Requantization for what a build has.
#include "host/compile/tail.h"

#include <algorithm>

#include "emu/ops/check.h"
#include "host/model/error.h"

namespace e8::compile {
namespace {

/// Largest multiplier of the build.
std::uint32_t max_multiplier(const isa::Config& c) { return c.mul_bits == 0 ? 1u : (1u << c.mul_bits) - 1u; }

/// Without a multiplier both are taken as 1 (emu/isa/README.md), so 0 is not possible either.
bool has_multiplier(const isa::Config& c, std::uint32_t m) { return m <= max_multiplier(c) && (c.mul_bits != 0 || m); }

/// V * m / 2^s = V * (m/2) / 2^(s-1): the same number, so the same rounding as long as there is one.
void halve(num::ChannelParam& p, const isa::Config& c) {
  while (!(has_multiplier(c, p.mp) && has_multiplier(c, p.mn)) && p.s > 1 && (p.mp & 1u) == 0 && (p.mn & 1u) == 0) {
    p.mp /= 2;
    p.mn /= 2;
    --p.s;
  }
}

isa::ParamRecord record(const num::ChannelParam& p) { return {p.b2, p.mp, p.mn, p.s}; }

isa::ParamRecord lower_channel(const Target& t, num::ChannelParam p, int channel, bool double_round) {
  if (!double_round) halve(p, t.config);
  for (const std::uint32_t m : {p.mp, p.mn}) {
    if (has_multiplier(t.config, m)) continue;
    unsupported(t, "the requantizer's multiplier of channel " + std::to_string(channel) + " is " + std::to_string(m) +
                       "; MUL_BITS = " + std::to_string(t.config.mul_bits) + " allows " +
                       (t.config.mul_bits == 0 ? "1 only (scales that are powers of two)"
                                               : "at most " + std::to_string(max_multiplier(t.config))));
  }
  if (!num::fits_v(p.b2)) {
    unsupported(t, "the doubled bias of channel " + std::to_string(channel) + " is " + std::to_string(p.b2) +
                       "; a parameter record holds 33 bits");
  }
  return record(p);
}

}  // namespace

void unsupported(const Target& target, const std::string& what) {
  throw UserError(401, "node '" + target.node + "': " + what + ". Configuration " + target.config.name +
                           " cannot compute it; compile for another one (exact8 doctor lists them) or change the node");
}

std::vector<isa::ParamRecord> lower_tail(const Target& target, const ops::Tail& tail, int channels, int padded,
                                         isa::Exec& exec, bool every) {
  num::TailMode mode = tail.mode;
  if (mode.double_round && !target.config.double_round) {
    const auto late = std::find_if(tail.channel.begin(), tail.channel.end(), [](const auto& p) { return p.s > 32; });
    if (late != tail.channel.end()) {
      unsupported(target, "double rounding with shift " + std::to_string(late->s) + ", and DOUBLE_ROUND is off");
    }
    mode.double_round = false;  // nothing is left for the second rounding; the first is half-up
    mode.tie = num::Tie::kHalfUp;
  }
  exec.tie = mode.double_round ? 0 : static_cast<int>(mode.tie);
  exec.double_round = mode.double_round;
  exec.zp_first = mode.zp_first;
  exec.zp = mode.zp;
  exec.lo = mode.lo;
  exec.hi = mode.hi;
  std::vector<isa::ParamRecord> records;
  for (int c = 0; c < channels; ++c) records.push_back(lower_channel(target, tail.of(c), c, mode.double_round));
  records.resize(static_cast<std::size_t>(padded), every ? records.front() : isa::ParamRecord{});
  return records;
}

bool adopt_mode(ops::Tail& tail, const num::TailMode& mode) {
  const auto same = [](const num::TailMode& a, const num::TailMode& b) {
    return a.tie == b.tie && a.double_round == b.double_round && a.zp_first == b.zp_first && a.zp == b.zp &&
           a.lo == b.lo && a.hi == b.hi;
  };
  if (same(tail.mode, mode)) return true;
  if (tail.mode.lo != mode.lo || tail.mode.hi != mode.hi) return false;
  for (const num::ChannelParam& p : tail.channel) {
    if (p.mp != 1 || p.mn != 1 || p.s != 1 || (p.b2 & 1) != 0) return false;
  }
  for (num::ChannelParam& p : tail.channel) p.b2 += 2 * (tail.mode.zp - mode.zp);
  tail.mode = mode;
  return true;
}

bool fold_multiplier(num::ChannelParam& p, std::int8_t& weight) {
  while ((p.mp & 1u) == 0 && (p.mn & 1u) == 0 && p.s > 1 && p.mp != 0) {
    p.mp /= 2;
    p.mn /= 2;
    --p.s;
  }
  if (p.mp != p.mn || p.mp < 1 || p.mp > 127) return false;
  weight = static_cast<std::int8_t>(p.mp);
  p.b2 *= p.mp;
  p.mp = p.mn = 1;
  return num::fits_v(p.b2);
}

}  // namespace e8::compile
