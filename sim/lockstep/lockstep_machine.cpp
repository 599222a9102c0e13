// Mirrors registers and memory of the RTL to the emulator and runs both.
#include "sim/lockstep/lockstep_machine.h"

namespace e8::sim {

LockstepMachine::LockstepMachine(std::shared_ptr<const Plugin> plugin, const RtlOptions& options)
    : rtl_(std::move(plugin), options),
      dram_(options.memory.bytes, rtl_.config().axi_bytes),
      emulator_(rtl_.config(), dram_),
      lockstep_(emulator_, dram_.view()) {}

std::uint64_t LockstepMachine::address_register(std::uint32_t low_offset) const {
  return written_[low_offset / 4] | std::uint64_t{written_[low_offset / 4 + 1]} << 32;
}

void LockstepMachine::start() {
  for (unsigned r = 0; r < isa::kRegions; ++r) {
    const std::uint32_t base = isa::reg::REGION0_LO + r * (isa::reg::REGION1_LO - isa::reg::REGION0_LO);
    emulator_.set_region(r, {address_register(base), written_[base / 4 + 2]});
  }
  const std::uint64_t program = address_register(isa::reg::PROG_ADDR_LO) & ~std::uint64_t{63};
  lockstep_.begin(program, written_[isa::reg::PROG_LEN / 4]);
  rtl_.set_sink(&lockstep_);
}

void LockstepMachine::write_reg(std::uint32_t offset, std::uint32_t value) {
  if (offset / 4 < written_.size()) written_[offset / 4] = value;
  if (offset == isa::reg::CONTROL) {
    if (isa::regfield::CONTROL_soft_reset.get(value) != 0) emulator_.soft_reset();
    if (isa::regfield::CONTROL_start.get(value) != 0) start();
  }
  rtl_.write_reg(offset, value);
}

void LockstepMachine::write_mem(std::uint64_t address, const void* data, std::size_t bytes) {
  rtl_.memory().write(address, data, bytes);
  dram_.write(address, data, bytes);
}

bool LockstepMachine::wait_irq(std::uint64_t max_cycles) {
  const bool ended = rtl_.run(max_cycles);
  const LockstepResult& result = lockstep_.finish(rtl_, ended);
  rtl_.set_sink(nullptr);
  return ended && result.verdict == Verdict::kEqual;
}

void LockstepMachine::add_fault(const Fault& fault) {
  rtl_.memory().add_fault(fault);
  dram_.add_fault(fault);
}

void LockstepMachine::clear_faults() {
  rtl_.memory().clear_faults();
  dram_.clear_faults();
}

}  // namespace e8::sim
