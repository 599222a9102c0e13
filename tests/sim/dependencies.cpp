// Dependencies: conflicts by ranges; a token is sent by the sender's latest instruction and taken by who asks for it.
#include "tests/sim/dependencies.h"

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <string_view>

namespace e8::test {
namespace {

const isa::FieldInfo& signal_field() {
  static const isa::FieldInfo field = [] {
    for (const isa::FieldInfo& f : isa::all_fields()) {
      if (std::string_view(f.group) == "COMMON" && std::string_view(f.name) == "signal") return f;
    }
    throw std::logic_error("no field COMMON.signal");
  }();
  return field;
}

bool overlap(const Access& a, const Access& b) {
  return a.memory == b.memory && a.first <= b.last && b.first <= a.last && (a.write || b.write);
}

/// Within the exec engine: what lands late.
bool needs_drain(const Access& before, const Access& now, bool is_shift) {
  if (before.write) return !now.write || is_shift;
  return before.residual && is_shift;
}

}  // namespace

std::vector<Access> Dependencies::everything() {
  std::vector<Access> all;
  for (const auto memory : {Access::kFeature, Access::kWeight, Access::kParam, Access::kTable, Access::kDram}) {
    for (const bool write : {false, true}) {
      all.push_back({memory, 0, std::numeric_limits<std::int64_t>::max(), write, !write});
    }
  }
  return all;
}

void Dependencies::order_after(std::vector<isa::Instruction>& program, isa::Engine engine, isa::Engine from,
                               std::uint32_t instr, Needs& needs) {
  if (known_[engine][from] > instr) return;
  isa::Instruction& sender = program[last_[from] - 1];
  sender.put(signal_field(), sender.get(signal_field()) | 1 << engine);
  needs.wait |= 1 << from;
  known_[engine][from] = last_[from];
}

Dependencies::Needs Dependencies::add(std::vector<isa::Instruction>& program, isa::Engine engine, bool is_shift,
                                      const std::vector<Access>& accesses) {
  Needs needs;
  const auto index = static_cast<std::uint32_t>(program.size());
  for (const Past& p : past_) {
    const bool hit = std::any_of(accesses.begin(), accesses.end(), [&](const Access& a) {
      return overlap(p.access, a) &&
             (p.engine != engine || (engine == isa::kExecEngine && needs_drain(p.access, a, is_shift)));
    });
    if (!hit) continue;
    if (p.engine != engine) {
      order_after(program, engine, p.engine, p.instr, needs);
    } else if (p.instr >= drained_) {
      needs.drain_wait = true;
    }
  }
  for (unsigned from = 0; from < isa::kEngines; ++from) {
    if ((wanted_ >> from & 1) == 0 || from == engine || last_[from] == 0) continue;
    order_after(program, engine, static_cast<isa::Engine>(from), last_[from] - 1, needs);
  }
  wanted_ = 0;
  if (needs.drain_wait) drained_ = index;
  for (const Access& a : accesses) past_.push_back({a, engine, index});
  last_[engine] = index + 1;
  return needs;
}

}  // namespace e8::test
