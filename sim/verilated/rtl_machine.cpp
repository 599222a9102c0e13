// The clock loop around a model, its memory and its register master.
#include "sim/verilated/rtl_machine.h"

namespace e8::sim {

RtlMachine::RtlMachine(std::shared_ptr<const Plugin> plugin, const RtlOptions& options)
    : model_(std::move(plugin)),
      memory_(options.memory),
      registers_(model_, options.register_stalls, options.register_seed),
      retire_(model_),
      aclk_(model_.input("aclk", 1)),
      aresetn_(model_.input("aresetn", 1)),
      irq_(model_.output("irq", 1)) {
  memory_.connect(axi_master_pins(model_));
  reset();
}

RtlMachine::~RtlMachine() {
  if (tracing_) model_.trace_close();
}

void RtlMachine::reset() {
  *aresetn_ = 0;
  memory_.reset();
  for (unsigned i = 0; i < kResetCycles; ++i) {
    for (std::uint8_t level = 0; level < 2; ++level) {
      *aclk_ = level;
      model_.eval();
    }
    ++cycle_;
  }
  *aresetn_ = 1;
}

void RtlMachine::tick() {
  const bool dump = tracing_ && cycle_ >= trace_first_;
  memory_.drive();
  if (registers_.busy()) registers_.drive();
  *aclk_ = 0;
  model_.eval();
  if (dump) model_.trace_dump(2 * cycle_);
  memory_.sample();
  if (registers_.busy()) registers_.sample();
  if (sink_ != nullptr) retire_.sample(cycle_, *sink_);
  *aclk_ = 1;
  model_.eval();
  if (dump) {
    model_.trace_dump(2 * cycle_ + 1);
    if (cycle_ >= trace_last_) close_trace();
  }
  ++cycle_;
}

void RtlMachine::close_trace() {
  tracing_ = false;
  model_.trace_close();
}

void RtlMachine::check_protocol() const {
  const AxiChecker& checker = memory_.checker();
  if (checker.count() == 0) return;
  const AxiViolation& v = checker.violations().front();
  throw BusError("AXI protocol, cycle " + std::to_string(v.cycle) + ": " + v.text);
}

void RtlMachine::transact(std::uint32_t offset, std::uint8_t* response) {
  const std::uint64_t limit = cycle_ + kRegisterLimit;
  while (registers_.busy() && cycle_ < limit) tick();
  if (registers_.busy()) throw BusError("register " + std::to_string(offset) + " does not answer");
  registers_.drive();  // lowers valid and ready
  if (response != nullptr) {
    *response = registers_.response();
  } else if (registers_.response() != 0) {
    throw BusError("register " + std::to_string(offset) + " answers " + std::to_string(registers_.response()));
  }
}

std::uint32_t RtlMachine::read_reg(std::uint32_t offset, std::uint8_t* response) {
  registers_.start_read(offset);
  transact(offset, response);
  return registers_.data();
}

void RtlMachine::write_reg(std::uint32_t offset, std::uint32_t value, std::uint8_t* response) {
  registers_.start_write(offset, value);
  transact(offset, response);
}

bool RtlMachine::run(std::uint64_t max_cycles) {
  const std::uint64_t end = cycle_ + max_cycles;
  while (*irq_ == 0 && cycle_ < end && (sink_ == nullptr || !sink_->stop_wanted())) tick();
  check_protocol();
  return *irq_ != 0 && (sink_ == nullptr || !sink_->stop_wanted());
}

FinalState RtlMachine::final_state() {
  const std::uint32_t status = read_reg(isa::reg::STATUS);
  FinalState state;
  state.done = isa::regfield::STATUS_done.get(status) != 0;
  if (isa::regfield::STATUS_error.get(status) != 0) {
    state.error = static_cast<isa::Error>(isa::regfield::STATUS_error_code.get(status));
    state.error_pc = read_reg(isa::reg::ERROR_PC);
  }
  return state;
}

void RtlMachine::trace(const std::string& path, std::uint64_t first, std::uint64_t last) {
  if (tracing_) close_trace();
  model_.trace_open(path);
  tracing_ = true;
  trace_first_ = first;
  trace_last_ = last;
}

}  // namespace e8::sim
