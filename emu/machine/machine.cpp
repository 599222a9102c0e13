// Fetch, dispatch and the state of the machine.
#include "emu/machine/machine.h"

#include "emu/machine/dma.h"
#include "emu/machine/exec.h"
#include "emu/machine/hazard.h"
#include "emu/machine/memories.h"
#include "emu/machine/shift.h"

namespace e8::machine {
namespace {

using isa::Error;

constexpr int kMaxTokens = 127;  // pending on a channel in program order

const isa::Config& legal(const isa::Config& c) {
  const std::string problem = c.problem();
  if (!problem.empty()) throw std::invalid_argument("configuration " + c.name + ": " + problem);
  return c;
}

}  // namespace

struct Machine::Impl {
  Impl(const isa::Config& c, Dram& d) : config(legal(c)), dram(d), memory(config), hazards(config) {}

  isa::Config config;
  Dram& dram;
  Memories memory;
  HazardChecker hazards;
  ExecEngine exec;
  DmaEngine dma;
  bool check_hazards = true;

  StepState state = StepState::kDone;
  Error error = Error::kNONE;
  std::uint32_t error_pc = 0, pc = 0;
  std::uint64_t program = 0;
  std::uint32_t length = 0;
  std::array<std::array<int, isa::kEngines>, isa::kEngines> tokens{};  // [from][to]

  StepState stop(Error e, std::uint32_t at) {
    error = e;
    error_pc = at;
    return state = StepState::kError;
  }

  /// Takes and sends the tokens of an instruction on `engine`.
  Error count_tokens(isa::Engine engine, unsigned wait, unsigned signal) {
    for (unsigned other = 0; other < isa::kEngines; ++other) {
      if ((wait >> other & 1u) != 0 && --tokens[other][engine] < 0) return Error::kTOKEN;
      if ((signal >> other & 1u) != 0 && ++tokens[engine][other] > kMaxTokens) return Error::kTOKEN;
    }
    return Error::kNONE;
  }

  template <typename T>
  Error dispatch(isa::Engine engine, const T& i, bool drain_wait) {
    const auto wait = static_cast<unsigned>(i.wait), signal = static_cast<unsigned>(i.signal);
    const Error e = count_tokens(engine, wait, signal);
    if (e == Error::kNONE) hazards.begin(engine, pc, wait, signal, drain_wait);
    return e;
  }

  Error execute(const isa::Instruction& i, EventSink* sink);
};

Error Machine::Impl::execute(const isa::Instruction& i, EventSink* sink) {
  Context ctx{config, memory, check_hazards ? &hazards : nullptr, sink, pc};
  switch (static_cast<isa::Opcode>(i.opcode())) {
    case isa::Opcode::kNOP:
      return dispatch(isa::engine_of(i), isa::decode_nop(i), false);
    case isa::Opcode::kLOAD: {
      const isa::Load l = isa::decode_load(i);
      Error e = dispatch(isa::kLoadEngine, l, false);
      if (e == Error::kNONE) e = dma.load(l, ctx, dram);
      if (ctx.hazards) hazards.finish_dram();
      return e;
    }
    case isa::Opcode::kSHIFT: {
      const isa::Shift s = isa::decode_shift(i);
      const Error e = dispatch(isa::kExecEngine, s, s.drain_wait != 0);
      return e == Error::kNONE ? run_shift(s, ctx) : e;
    }
    case isa::Opcode::kEXEC: {
      const isa::Exec x = isa::decode_exec(i);
      Error e = exec.check_chain(x, config);
      if (e == Error::kNONE) e = dispatch(isa::kExecEngine, x, x.drain_wait != 0);
      return e == Error::kNONE ? exec.run(x, ctx) : e;
    }
    case isa::Opcode::kSTORE: {
      const isa::Store s = isa::decode_store(i);
      Error e = dispatch(isa::kStoreEngine, s, false);
      if (e == Error::kNONE) e = dma.store(s, ctx, dram);
      if (ctx.hazards) hazards.finish_dram();
      return e;
    }
    default:  // END: every engine has finished, because this machine is sequential
      state = StepState::kDone;
      return Error::kNONE;
  }
}

Machine::Machine(const isa::Config& config, Dram& dram) : impl_(std::make_unique<Impl>(config, dram)) {}
Machine::~Machine() = default;

void Machine::set_region(unsigned index, RegionMap map) { impl_->dma.regions.at(index) = map; }

void Machine::start(std::uint64_t address, std::uint32_t length) {
  Impl& m = *impl_;
  if (m.state == StepState::kError) return;  // as hardware: only a soft reset leaves the error
  m.state = StepState::kRunning;
  m.program = address;
  m.length = length;
  m.pc = 0;
  m.tokens = {};
  m.exec.reset();
  m.hazards.reset();
}

StepState Machine::step(EventSink* sink) {
  Impl& m = *impl_;
  if (m.state != StepState::kRunning) return m.state;
  if (m.pc == m.length) return m.stop(Error::kPROGRAM_END, m.pc);
  isa::Instruction i;
  if (!m.dram.read(m.program + std::uint64_t{m.pc} * i.bytes.size(), i.bytes.data(), i.bytes.size())) {
    return m.stop(Error::kAXI_READ, m.pc);
  }
  Error e = isa::check(i, m.config);
  if (e == Error::kNONE) e = m.execute(i, sink);
  if (e != Error::kNONE) return m.stop(e, m.pc);
  ++m.pc;
  return m.state;
}

StepState Machine::run(EventSink* sink) {
  while (step(sink) == StepState::kRunning) {
  }
  return impl_->state;
}

void Machine::soft_reset() {
  Impl& m = *impl_;
  m.state = StepState::kDone;
  m.error = Error::kNONE;
  m.error_pc = m.pc = 0;
  m.exec.reset();
}

StepState Machine::state() const { return impl_->state; }
Error Machine::error() const { return impl_->error; }
std::uint32_t Machine::error_pc() const { return impl_->error_pc; }
std::uint32_t Machine::pc() const { return impl_->pc; }
std::uint64_t Machine::mac_steps() const { return impl_->exec.steps(); }
void Machine::check_hazards(bool on) { impl_->check_hazards = on; }
const isa::Config& Machine::config() const { return impl_->config; }
std::int8_t* Machine::feature(unsigned lane) { return impl_->memory.feature.at(lane).data(); }
std::uint8_t* Machine::weight() { return impl_->memory.weight.data(); }
std::uint8_t* Machine::param() { return impl_->memory.param.data(); }
std::int32_t* Machine::table() { return impl_->memory.table.data(); }

}  // namespace e8::machine
