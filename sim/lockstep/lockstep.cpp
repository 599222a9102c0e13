// The comparison: each event of the machine under test against the queue of its stream.
#include "sim/lockstep/lockstep.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace e8::sim {

namespace {

std::int32_t acc_at(const std::uint8_t* acc, std::size_t index) {
  std::int32_t value;
  std::memcpy(&value, acc + index * 4, sizeof value);
  return value;
}

Stream stream_of(isa::Target target) {
  switch (target) {
    case isa::kTargetWeight:
      return Stream::kWeight;
    case isa::kTargetParam:
      return Stream::kParam;
    case isa::kTargetTable:
      return Stream::kTable;
    case isa::kTargetFeature:
      break;
  }
  return Stream::kLoad;
}

/// A final state as a number Mismatch can hold: error code in the low byte; above it the instruction, or 1 for done.
std::int64_t pack(const FinalState& s) {
  const std::int64_t high = s.error == isa::Error::kNONE ? (s.done ? 1 : 0) : std::int64_t{s.error_pc};
  return high << 8 | static_cast<std::int64_t>(s.error);
}

}  // namespace

Lockstep::Lockstep(machine::Machine& emulator, DramView emulator_dram)
    : emulator_(emulator),
      dram_(emulator_dram),
      expected_(emulator.config()),
      lanes_(emulator.config().lanes),
      v_(emulator.config().v),
      weight_bytes_(emulator.config().weight_word_bytes()),
      param_part_bytes_(emulator.config().param_word_bytes() / emulator.config().drain) {}

void Lockstep::begin(std::uint64_t program_address, std::uint32_t length) {
  program_ = program_address;
  expected_.clear();
  result_ = LockstepResult{};
  stop_wanted_ = false;
  emulator_.start(program_address, length);
}

// ------------------------------------------------------------------------------------------------ the emulator

void Lockstep::step_emulator() {
  try {
    emulator_.step(&expected_);
    expected_.seal();
  } catch (const machine::Hazard& h) {
    close(Verdict::kHazard, std::string("hazard between instructions ") + std::to_string(h.earlier) + " and " +
                                std::to_string(h.later) + ": " + h.what());
  }
}

/// Steps once if that can bring events of `instr`.
bool Lockstep::step_towards(std::uint32_t instr) {
  if (stop_wanted_ || emulator_.state() != machine::StepState::kRunning || emulator_.pc() > instr) return false;
  step_emulator();
  return true;
}

bool Lockstep::after_error(std::uint32_t instr) {
  if (emulator_.state() != machine::StepState::kError || instr < emulator_.error_pc()) return false;
  ++result_.counts.after_error;
  return true;
}

isa::Instruction Lockstep::instruction(std::uint32_t index) const {
  isa::Instruction i;
  const std::uint64_t at = program_ + std::uint64_t{index} * i.bytes.size();
  if (at + i.bytes.size() <= dram_.bytes) std::memcpy(i.bytes.data(), dram_.data + at, i.bytes.size());
  return i;
}

// ------------------------------------------------------------------------------------------------ reports

void Lockstep::close(Verdict verdict, std::string text) {
  result_.verdict = verdict;
  result_.text = std::move(text);
  stop_wanted_ = true;
}

/// The caller fills in the rest, then sets the text.
Mismatch& Lockstep::report(Difference kind, const Got& got, std::uint64_t n) {
  const isa::Instruction i = instruction(got.instr);
  Mismatch m;
  m.kind = kind;
  m.stream = got.stream;
  m.instruction = got.instr;
  m.opcode = i.opcode();
  m.assembly = isa::opcode_name(m.opcode) ? isa::disassemble(i) : "no instruction";
  m.n = n;
  m.lane = got.lane;
  m.address = got.addr;
  m.cycle = got.cycle;
  result_.mismatch = m;
  close(Verdict::kMismatch, "");
  return *result_.mismatch;
}

void Lockstep::report_missing(const EventQueue& queue, Stream stream, unsigned lane, std::uint64_t cycle) {
  const ExpectedEvent& e = queue.front();
  report(Difference::kMissing, {stream, e.instr, e.addr, lane, cycle}, e.n);
  result_.text = result_.mismatch->text();
}

// ------------------------------------------------------------------------------------------------ events

/// Is there an expected event of the same instruction? Reports a missing or extra event.
bool Lockstep::due(EventQueue& queue, const Got& got) {
  if (stop_wanted_) return false;
  while (queue.empty() && step_towards(got.instr)) {
  }
  if (stop_wanted_ || after_error(got.instr)) return false;
  if (!queue.empty() && queue.front().instr < got.instr) {
    report_missing(queue, got.stream, got.lane, got.cycle);
    return false;
  }
  if (queue.empty() || queue.front().instr != got.instr) {
    report(Difference::kExtra, got, 0);
    result_.text = result_.mismatch->text();
    return false;
  }
  return address_equal(queue, got);
}

bool Lockstep::address_equal(const EventQueue& queue, const Got& got) {
  const ExpectedEvent& want = queue.front();
  if (want.addr == got.addr) return true;
  Difference kind = Difference::kAddress;
  for (std::size_t i = 1; i < queue.size() && queue.event(i).instr == got.instr; ++i) {
    if (queue.event(i).addr == got.addr) kind = Difference::kOrder;
  }
  Mismatch& m = report(kind, got, want.n);
  m.got = static_cast<std::int64_t>(got.addr);
  m.want = want.addr;
  result_.text = m.text();
  return false;
}

void Lockstep::compare_word(EventQueue& queue, const Got& got, const std::uint8_t* bytes, std::size_t size) {
  if (!due(queue, got)) return;
  const std::uint8_t* want = queue.payload(0);
  if (std::memcmp(want, bytes, size) != 0) {
    const auto at = static_cast<std::size_t>(std::mismatch(bytes, bytes + size, want).first - bytes);
    Mismatch& m = report(Difference::kData, got, queue.front().n);
    m.channel = static_cast<unsigned>(at);
    m.got = static_cast<std::int8_t>(bytes[at]);
    m.want = static_cast<std::int8_t>(want[at]);
    result_.text = m.text();
    return;
  }
  queue.pop();
  ++result_.counts.events[static_cast<std::size_t>(got.stream)];
  result_.counts.values += size;
}

void Lockstep::on_load(const LoadRetired& e) {
  compare_word(expected_.load[e.lane], {Stream::kLoad, e.instr, e.addr, e.lane, e.cycle}, e.word, v_);
}

void Lockstep::on_shared(const SharedRetired& e) {
  const Got got{stream_of(e.target), e.instr, e.addr, Mismatch::kNoLane, e.cycle};
  if (e.target == isa::kTargetWeight) compare_word(expected_.weight, got, e.bytes, weight_bytes_);
  if (e.target == isa::kTargetParam) compare_word(expected_.param, got, e.bytes, param_part_bytes_);
  if (e.target == isa::kTargetTable) compare_word(expected_.table, got, e.bytes, 4);
}

void Lockstep::on_exec(const ExecRetired& e) {
  const std::uint32_t addr = e.kind == machine::ExecKind::kHold ? 0 : e.addr;  // a hold has no address
  const Got got{Stream::kExec, e.instr, addr, Mismatch::kNoLane, e.cycle};
  if (!due(expected_.exec, got)) return;
  const ExpectedEvent& want = expected_.exec.front();
  if (want.kind != static_cast<std::uint8_t>(e.kind) || want.lane_mask != e.lane_mask) {
    Mismatch& m = report(Difference::kKind, got, want.n);
    m.got = static_cast<std::int64_t>(e.kind) << 16 | e.lane_mask;
    m.want = std::int64_t{want.kind} << 16 | want.lane_mask;
    result_.text = m.text();
    return;
  }
  compare_exec(e, got);
}

void Lockstep::compare_exec(const ExecRetired& e, const Got& got) {
  const bool has_data = e.kind != machine::ExecKind::kHold, has_acc = e.kind != machine::ExecKind::kShift;
  const std::uint8_t* want = expected_.exec.payload(0);
  const std::uint8_t* want_acc = want + std::size_t{lanes_} * v_;
  std::size_t words = 0;
  for (unsigned first = 0; first < lanes_;) {  // stretches of lanes in the mask; usually one with all lanes
    if (((e.lane_mask >> first) & 1) == 0) {
      ++first;
      continue;
    }
    unsigned last = first;
    while (last < lanes_ && ((e.lane_mask >> last) & 1) != 0) ++last;
    const std::size_t at = std::size_t{first} * v_, n = std::size_t{last - first} * v_;
    if ((has_acc && std::memcmp(e.acc + at * 4, want_acc + at * 4, n * 4) != 0) ||
        (has_data && std::memcmp(e.data + at, want + at, n) != 0)) {
      report_exec(e, got);
      return;
    }
    words += n;
    first = last;
  }
  expected_.exec.pop();
  ++result_.counts.events[static_cast<std::size_t>(Stream::kExec)];
  if (has_data) result_.counts.values += words;
  if (has_acc) result_.counts.accumulators += words;
}

/// Names the first differing accumulator, or else the first differing byte, of the lanes in the mask.
void Lockstep::report_exec(const ExecRetired& e, const Got& got) {
  const bool has_data = e.kind != machine::ExecKind::kHold, has_acc = e.kind != machine::ExecKind::kShift;
  const auto* want = reinterpret_cast<const std::int8_t*>(expected_.exec.payload(0));
  const std::uint8_t* want_acc = expected_.exec.payload(0) + std::size_t{lanes_} * v_;
  const std::size_t size = std::size_t{lanes_} * v_;
  std::size_t data_at = size, acc_at_index = size;
  for (std::size_t i = size; i-- > 0;) {
    if (((e.lane_mask >> (i / v_)) & 1) == 0) continue;
    if (has_acc && acc_at(e.acc, i) != acc_at(want_acc, i)) acc_at_index = i;
    if (has_data && e.data[i] != want[i]) data_at = i;
  }
  const bool acc_differs = acc_at_index < size;
  const std::size_t at = acc_differs ? acc_at_index : data_at;
  Mismatch& m = report(acc_differs ? Difference::kAccumulator : Difference::kData, got, expected_.exec.front().n);
  m.lane = static_cast<unsigned>(at / v_);
  m.channel = static_cast<unsigned>(at % v_);
  if (has_data) {
    m.got = e.data[at];
    m.want = want[at];
  }
  m.has_acc = has_acc;
  if (has_acc) {
    m.acc_got = acc_at(e.acc, at);
    m.acc_want = acc_at(want_acc, at);
  }
  result_.text = m.text();
}

void Lockstep::on_store(const StoreRetired& e) {
  const Got got{Stream::kStore, e.instr, e.addr, Mismatch::kNoLane, e.cycle};
  if (stop_wanted_) return;
  while (expected_.store.empty() && step_towards(e.instr)) {
  }
  if (stop_wanted_ || after_error(e.instr)) return;
  for (unsigned first = 0; first < 64 && (e.strobe >> first) != 0;) {
    if (((e.strobe >> first) & 1) == 0) {
      ++first;
      continue;
    }
    unsigned last = first;
    while (last < 64 && ((e.strobe >> last) & 1) != 0) ++last;
    compare_segment(e, got, first, last - first);
    if (stop_wanted_) return;
    first = last;
  }
  ++result_.counts.events[static_cast<std::size_t>(Stream::kStore)];
}

/// Consecutive bytes of a write beat.
void Lockstep::compare_segment(const StoreRetired& e, const Got& got, unsigned first, unsigned bytes) {
  StoreCoverage& store = expected_.store;
  if (!store.empty() && store.front_instr() < e.instr) {
    report_missing_bytes(e.cycle);
    return;
  }
  StoreCoverage::Byte where{e.addr + first, e.data[first], 0};
  auto result = StoreCoverage::Result::kExtra;
  if (!store.empty() && store.front_instr() == e.instr) {
    result = store.take(e.addr + first, e.data + first, bytes, &where);
  }
  if (result == StoreCoverage::Result::kEqual) {
    result_.counts.values += bytes;
    return;
  }
  Mismatch& m = report(result == StoreCoverage::Result::kData ? Difference::kData : Difference::kExtra, got, 0);
  m.address = where.address;
  m.got = static_cast<std::int8_t>(where.got);
  m.want = static_cast<std::int8_t>(where.want);
  result_.text = m.text();
}

void Lockstep::report_missing_bytes(std::uint64_t cycle) {
  const StoreCoverage::Byte byte = expected_.store.first_missing();
  report(Difference::kMissing, {Stream::kStore, expected_.store.front_instr(), byte.address, Mismatch::kNoLane, cycle},
         0);
  result_.mismatch->want = static_cast<std::int8_t>(byte.want);
  result_.text = result_.mismatch->text();
}

// ------------------------------------------------------------------------------------------------ the end

const LockstepResult& Lockstep::finish(RetireSource& source, bool ended) {
  if (!stop_wanted_ && !ended) {
    close(Verdict::kTimeout, "the machine did not end within " + std::to_string(source.cycle()) +
                                 " cycles; the emulator stands at instruction " + std::to_string(emulator_.pc()));
  }
  if (!stop_wanted_) result_.final_state = source.final_state();  // may bring the last events
  while (!stop_wanted_ && emulator_.state() == machine::StepState::kRunning) step_emulator();
  if (!stop_wanted_) check_final_state(source.cycle());
  if (!stop_wanted_) check_leftovers(source.cycle());
  if (!stop_wanted_ && result_.final_state.done) check_dram(source.dram());
  if (!stop_wanted_) {
    const bool nothing = result_.counts.total_events() == 0 && result_.final_state.done;
    close(nothing ? Verdict::kNothingCompared : Verdict::kEqual, nothing ? "no retire event was compared" : "");
  }
  return result_;
}

void Lockstep::check_final_state(std::uint64_t cycle) {
  FinalState want;
  want.done = emulator_.state() == machine::StepState::kDone;
  if (!want.done) {
    want.error = emulator_.error();
    want.error_pc = emulator_.error_pc();
  }
  const FinalState& got = result_.final_state;
  if (pack(got) == pack(want) && got.done == want.done) return;
  const std::uint32_t where = want.done ? got.error_pc : want.error_pc;
  Mismatch& m = report(Difference::kFinalState, {Stream::kNone, where, 0, Mismatch::kNoLane, cycle}, 0);
  m.got = pack(got);
  m.want = pack(want);
  result_.text = m.text();
}

void Lockstep::check_leftovers(std::uint64_t cycle) {
  const bool failed = emulator_.state() == machine::StepState::kError;
  const auto left = [&](const EventQueue& q) {
    return !q.empty() && (!failed || q.front().instr < emulator_.error_pc());
  };
  const auto check = [&](const EventQueue& q, Stream stream, unsigned lane) {
    if (!stop_wanted_ && left(q)) report_missing(q, stream, lane, cycle);
  };
  check(expected_.exec, Stream::kExec, Mismatch::kNoLane);
  for (unsigned l = 0; l < lanes_; ++l) check(expected_.load[l], Stream::kLoad, l);
  check(expected_.weight, Stream::kWeight, Mismatch::kNoLane);
  check(expected_.param, Stream::kParam, Mismatch::kNoLane);
  check(expected_.table, Stream::kTable, Mismatch::kNoLane);
  if (stop_wanted_ || expected_.store.empty()) return;
  if (!failed || expected_.store.front_instr() < emulator_.error_pc()) report_missing_bytes(cycle);
}

void Lockstep::check_dram(const DramView& got) {
  if (got.bytes != dram_.bytes) throw std::invalid_argument("lockstep needs two DRAMs of the same size");
  if (std::memcmp(got.data, dram_.data, got.bytes) == 0) return;
  const auto at =
      static_cast<std::uint64_t>(std::mismatch(got.data, got.data + got.bytes, dram_.data).first - got.data);
  Mismatch& m = report(Difference::kDram, {Stream::kNone, 0, at, Mismatch::kNoLane, 0}, 0);
  m.got = static_cast<std::int8_t>(got.data[at]);
  m.want = static_cast<std::int8_t>(dram_.data[at]);
  result_.text = m.text();
}

}  // namespace e8::sim
