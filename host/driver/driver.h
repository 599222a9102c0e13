// Runs a program on a Device: checks identity, loads, feeds quantized tensors, reads results and counters.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/compile/program.h"
#include "host/driver/device.h"

namespace e8::driver {

/// The performance counters (registers.def) of the last run.
struct Counters {
  std::uint64_t cycles = 0, exec = 0, wait_load = 0, wait_store = 0, wait_drain = 0, wait_port = 0, wait_fetch = 0,
                axi_read = 0, axi_write = 0, shift = 0;
};

class Driver {
 public:
  /// Reads identity and build parameters, lays regions out in the device's memory, writes program and weights. Throws
  /// UserError (exit 4 unless said): 610 no exact8 there, 611 another instruction set, 612 built with other parameters
  /// than the program was compiled for (exit 2; names both), 613 device memory too small (bytes needed and there), 614
  /// still busy after a soft reset. Device and program must outlive the driver.
  Driver(Device& device, const compile::Program& program);

  /// Feeds `input` (program.input's shape; UserError 290), starts, waits, returns the first output tensor (the others:
  /// read_tensor). Throws UserError 620 with the machine's error name, instruction, layer; 621 when the device gave up.
  ops::Tensor run(const ops::Tensor& input);
  /// A tensor that lies in DRAM, after run(). Throws std::invalid_argument for any other.
  ops::Tensor read_tensor(int index);
  /// Zero on devices that have none.
  Counters counters();
  std::uint64_t program_address() const { return program_address_; }

 private:
  void start();

  Device& device_;
  const compile::Program& program_;
  std::uint64_t program_address_ = 0;
  std::uint64_t region_base_[isa::kRegions] = {0, 0, 0, 0};
};

/// Bytes of device memory that the program needs.
std::uint64_t memory_needed(const compile::Program& program);

}  // namespace e8::driver
