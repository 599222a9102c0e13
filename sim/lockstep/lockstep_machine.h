// The RTL and the emulator behind one set of registers and one memory: what a driver does to it, it does to both, and
// every program runs in lockstep. It has the calls of the driver's Device, which a caller that knows both wraps.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "emu/machine/machine.h"
#include "sim/lockstep/faulty_dram.h"
#include "sim/lockstep/lockstep.h"
#include "sim/verilated/rtl_machine.h"

namespace e8::sim {

class LockstepMachine {
 public:
  /// Throws what RtlMachine throws.
  LockstepMachine(std::shared_ptr<const Plugin> plugin, const RtlOptions& options);

  std::uint32_t read_reg(std::uint32_t offset) { return rtl_.read_reg(offset); }
  /// A write to CONTROL.start starts both; region and program registers are the emulator's too.
  void write_reg(std::uint32_t offset, std::uint32_t value);
  /// Throw std::out_of_range outside the memory. Reads are of the RTL's memory.
  void read_mem(std::uint64_t address, void* data, std::size_t bytes) const {
    rtl_.memory().read(address, data, bytes);
  }
  void write_mem(std::uint64_t address, const void* data, std::size_t bytes);
  std::uint64_t mem_bytes() const { return rtl_.dram().bytes; }
  /// Runs the started program to its end and compares; false: it did not end in max_cycles, or a difference stopped it.
  bool wait_irq(std::uint64_t max_cycles);
  /// Of the last wait_irq().
  const LockstepResult& result() const { return lockstep_.result(); }

  /// An address fault for both.
  void add_fault(const Fault& fault);
  void clear_faults();
  RtlMachine& rtl() { return rtl_; }
  machine::Machine& emulator() { return emulator_; }

 private:
  void start();
  std::uint64_t address_register(std::uint32_t low_offset) const;

  RtlMachine rtl_;
  FaultyDram dram_;
  machine::Machine emulator_;
  Lockstep lockstep_;
  std::array<std::uint32_t, 64> written_{};  ///< the registers below 0x100 as last written
};

}  // namespace e8::sim
