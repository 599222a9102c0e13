#include "tests/rtl/control/program_model.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

namespace e8::test {

using isa::Error;
using isa::Instruction;
using isa::Opcode;

namespace {

unsigned wait_of(const Instruction& i) { return i.bytes[0] >> 4 & 7u; }
unsigned signal_of(const Instruction& i) { return (i.bytes[0] >> 7 | i.bytes[1] << 1) & 7u; }
bool is(const Instruction& i, Opcode op) { return i.opcode() == static_cast<unsigned>(op); }

/// Tokens pending in program order.
class Tokens {
 public:
  /// false: TOKEN.
  bool count(unsigned engine, unsigned wait, unsigned signal) {
    bool ok = true;
    for (unsigned other = 0; other < 3; ++other) {
      if (wait >> other & 1u) ok = --pending_[other][engine] >= 0 && ok;
      if (signal >> other & 1u) ok = ++pending_[engine][other] <= 127 && ok;
    }
    return ok;
  }
  int pending(unsigned from, unsigned to) const { return pending_[from][to]; }

 private:
  std::array<std::array<int, 3>, 3> pending_{};
};

}  // namespace

isa::Config build_config() {
  isa::Config c;
  c.lanes = E8_LANES;
  c.v = E8_V;
  c.mul_bits = E8_MUL_BITS;
  c.double_round = E8_DOUBLE_ROUND != 0;
  c.tables = E8_TABLES != 0;
  return c;
}

Outcome expected_outcome(const std::vector<Instruction>& program, std::uint32_t length,
                         const std::map<std::uint32_t, Error>& faults, const std::set<std::uint32_t>& read_faults) {
  Tokens tokens;
  for (std::uint32_t n = 0;; ++n) {
    if (n == length) return {Error::kPROGRAM_END, n};
    if (read_faults.count(n)) return {Error::kAXI_READ, n};
    const Instruction& i = program.at(n);
    const Error illegal = isa::check(i, build_config());
    if (illegal != Error::kNONE) return {illegal, n};
    if (is(i, Opcode::kEND)) return {Error::kNONE, n};
    if (!tokens.count(isa::engine_of(i), wait_of(i), signal_of(i))) return {Error::kTOKEN, n};
    if (is(i, Opcode::kNOP)) continue;  // no engine can fail with it
    if (const auto fault = faults.find(n); fault != faults.end()) return {fault->second, n};
  }
}

void check_log(const ControlBench& bench, const Outcome& outcome) {
  const auto& program = bench.program;
  // When each instruction had completed at the earliest; NOPs, which no engine sees, from what they depend on.
  std::vector<std::uint64_t> complete(outcome.index, 0);
  std::array<std::uint64_t, 3> engine_complete{}, engine_start{};
  std::array<std::array<std::deque<std::uint32_t>, 3>, 3> sent;  // [from][to]
  for (std::uint32_t n = 0; n < outcome.index; ++n) {
    const Instruction& i = program[n];
    const unsigned engine = isa::engine_of(i);
    std::uint64_t tokens = 0;
    for (unsigned from = 0; from < 3; ++from) {
      if ((wait_of(i) >> from & 1u) == 0) continue;
      tokens = std::max(tokens, complete[sent[from][engine].front()]);
      sent[from][engine].pop_front();
    }
    if (is(i, Opcode::kNOP)) {
      complete[n] = std::max(tokens, engine_complete[engine]);
    } else {
      ASSERT_TRUE(bench.log.count(n)) << "instruction " << n << " never started";
      const Trace& t = bench.log.at(n);
      ASSERT_NE(t.done, kNever) << "instruction " << n << " did not end before the machine stopped";
      EXPECT_LT(t.done, bench.irq_cycle);
      EXPECT_GT(t.start, tokens) << "instruction " << n << " started before its tokens were sent";
      EXPECT_GT(t.start, engine_start[engine]) << "instruction " << n << " started out of order";
      engine_start[engine] = t.start;
      complete[n] = t.done;
    }
    engine_complete[engine] = complete[n];
    for (unsigned to = 0; to < 3; ++to) {
      if (signal_of(i) >> to & 1u) sent[engine][to].push_back(n);
    }
  }
  // The failed one, and those after it: none starts once the error is known, those that run end.
  const auto failed = bench.log.find(outcome.index);
  const std::uint64_t known = failed == bench.log.end() ? 0 : failed->second.error;
  for (const auto& [n, trace] : bench.log) {
    if (n <= outcome.index) continue;
    EXPECT_LE(trace.start, known) << "instruction " << n << " started after the error of " << outcome.index;
  }
  if (failed != bench.log.end()) {
    EXPECT_NE(failed->second.error, kNever);
  }
}

std::vector<Instruction> random_program(std::mt19937_64& random, unsigned instructions) {
  Tokens tokens;
  std::vector<Instruction> program;
  while (program.size() < instructions) {
    const auto engine = static_cast<unsigned>(random() % 3);
    unsigned wait = 0, signal = 0;
    for (unsigned other = 0; other < 3; ++other) {
      if (other == engine) continue;
      if (tokens.pending(other, engine) > 0 && random() % 2 != 0) wait |= 1u << other;
      if (tokens.pending(engine, other) < 127 && random() % 3 == 0) signal |= 1u << other;
    }
    tokens.count(engine, wait, signal);
    const auto payload = static_cast<std::uint32_t>(random());
    if (random() % 5 == 0) {
      program.push_back(nop(engine, wait, signal));
    } else {
      program.push_back(engine == 0   ? load(wait, signal, payload)
                        : engine == 1 ? exec(wait, signal, payload)
                                      : store(wait, signal, payload));
    }
  }
  program.push_back(isa::encode(isa::End{}));
  return program;
}

Instruction nop(unsigned engine, unsigned wait, unsigned signal) {
  isa::Nop n;
  n.engine = engine;
  n.wait = wait;
  n.signal = signal;
  return isa::encode(n);
}

Instruction load(unsigned wait, unsigned signal, std::uint32_t payload) {
  isa::Load l;
  l.wait = wait;
  l.signal = signal;
  l.dram = payload;
  l.lane_mask = l.lanes_x = l.step = 1;
  return isa::encode(l);
}

Instruction exec(unsigned wait, unsigned signal, std::uint32_t payload) {
  if (payload % 4 == 3) {
    isa::Shift s;
    s.wait = wait;
    s.signal = signal;
    s.dist = 1;
    s.s_base = payload >> 16;
    return isa::encode(s);
  }
  isa::Exec e;
  e.wait = wait;
  e.signal = signal;
  e.n_ky = e.n_kx = e.n_i = e.n_g = e.n_y = e.n_x = 1;
  e.a_base = payload >> 16;
  return isa::encode(e);
}

Instruction store(unsigned wait, unsigned signal, std::uint32_t payload) {
  isa::Store s;
  s.wait = wait;
  s.signal = signal;
  s.dram = payload;
  s.lanes_x = 1;
  return isa::encode(s);
}

}  // namespace e8::test
