// A machine as the driver sees it: registers, memory, an interrupt. The emulator, the Verilated RTL, the SystemC
// platform and a board implement it; one driver runs on all. Every call is a transaction that can be recorded (roadmap:
// vector packages).
#pragma once

#include <cstddef>
#include <cstdint>

namespace e8::driver {

class Device {
 public:
  virtual ~Device() = default;
  virtual std::uint32_t read_reg(std::uint32_t offset) = 0;
  virtual void write_reg(std::uint32_t offset, std::uint32_t value) = 0;
  /// Physical byte addresses as the accelerator's AXI master sees them. Throw std::out_of_range outside the memory.
  virtual void read_mem(std::uint64_t address, void* data, std::size_t bytes) = 0;
  virtual void write_mem(std::uint64_t address, const void* data, std::size_t bytes) = 0;
  /// Runs until the interrupt line is high or the device gives up; false when it gave up (time limit).
  virtual bool wait_irq() = 0;
  /// Bytes of memory there are, from address 0.
  virtual std::uint64_t mem_bytes() const = 0;
};

}  // namespace e8::driver
