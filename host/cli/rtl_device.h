// The Verilated RTL as a Device, and the same in lockstep with the emulator.
#pragma once

#include <memory>
#include <string>

#include "host/driver/device.h"
#include "sim/lockstep/lockstep_machine.h"
#include "sim/verilated/rtl_machine.h"

namespace e8::cli {

/// Where the plug-in of a configuration lies: `path` when given, else $EXACT8_RTL_DIR or the build tree's rtl folder
/// beside the binary. Throws UserError E8-602 with the make command when it is not there.
std::string find_plugin(const std::string& config, const std::string& path, bool traced = false);

/// The traced build beside a plug-in: x.so to x.trace.so. Empty when there is none.
std::string traced_beside(const std::string& path);

/// Registers by bus transactions, memory by its back door (as a board's DMA driver would).
class RtlDevice : public driver::Device {
 public:
  /// `max_cycles` bounds wait_irq.
  RtlDevice(sim::RtlMachine& machine, std::uint64_t max_cycles) : machine_(machine), max_cycles_(max_cycles) {}
  std::uint32_t read_reg(std::uint32_t offset) override { return machine_.read_reg(offset); }
  void write_reg(std::uint32_t offset, std::uint32_t value) override { machine_.write_reg(offset, value); }
  void read_mem(std::uint64_t address, void* data, std::size_t bytes) override {
    machine_.memory().read(address, data, bytes);
  }
  void write_mem(std::uint64_t address, const void* data, std::size_t bytes) override {
    machine_.memory().write(address, data, bytes);
  }
  bool wait_irq() override { return machine_.run(max_cycles_); }
  std::uint64_t mem_bytes() const override { return machine_.dram().bytes; }

 private:
  sim::RtlMachine& machine_;
  std::uint64_t max_cycles_;
};

/// RTL and emulator, event by event. wait_irq() is false when they differ too: see the machine's result().
class LockstepDevice : public driver::Device {
 public:
  LockstepDevice(sim::LockstepMachine& machine, std::uint64_t max_cycles)
      : machine_(machine), max_cycles_(max_cycles) {}
  std::uint32_t read_reg(std::uint32_t offset) override { return machine_.read_reg(offset); }
  void write_reg(std::uint32_t offset, std::uint32_t value) override { machine_.write_reg(offset, value); }
  void read_mem(std::uint64_t address, void* data, std::size_t bytes) override {
    machine_.read_mem(address, data, bytes);
  }
  void write_mem(std::uint64_t address, const void* data, std::size_t bytes) override {
    machine_.write_mem(address, data, bytes);
  }
  bool wait_irq() override;
  std::uint64_t mem_bytes() const override { return machine_.mem_bytes(); }
  /// Of the last wait_irq(); its counts are those of all.
  sim::LockstepResult result() const;
  /// Host seconds spent in wait_irq().
  double seconds() const { return seconds_; }

 private:
  sim::LockstepMachine& machine_;
  std::uint64_t max_cycles_;
  double seconds_ = 0;
  sim::LockstepCounts counts_;  ///< of all runs
};

}  // namespace e8::cli
