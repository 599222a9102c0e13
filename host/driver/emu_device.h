// The instruction-level emulator as a Device: registers as registers.def has them, memory, an interrupt.
#pragma once

#include <memory>

#include "emu/machine/machine.h"
#include "host/driver/device.h"

namespace e8::driver {

class EmuDevice : public Device {
 public:
  /// `bytes` of memory from address 0, zero.
  EmuDevice(const isa::Config& config, std::uint64_t bytes);
  ~EmuDevice() override;
  std::uint32_t read_reg(std::uint32_t offset) override;
  void write_reg(std::uint32_t offset, std::uint32_t value) override;
  void read_mem(std::uint64_t address, void* data, std::size_t bytes) override;
  void write_mem(std::uint64_t address, const void* data, std::size_t bytes) override;
  /// Runs the started program to its end. Throws machine::Hazard (checks can be turned off by machine()).
  bool wait_irq() override;
  std::uint64_t mem_bytes() const override;
  machine::Machine& machine();
  /// Gets retire events of coming runs; nullptr: nobody listens.
  void set_sink(machine::EventSink* sink);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace e8::driver
