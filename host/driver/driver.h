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

  /// Feeds `input` (program.input's shape; UserError 290), starts, waits, computes what the CPU must, returns the first
  /// output tensor (the others: read_tensor). Throws UserError 620 with the machine's error name, instruction, layer;
  /// 621 when the device gave up.
  ops::Tensor run(const ops::Tensor& input);
  /// A tensor that lies in DRAM, after run(). Throws std::invalid_argument for any other.
  ops::Tensor read_tensor(int index);
  /// Of all parts; zero on devices that have none.
  Counters counters();
  std::uint64_t program_address() const { return program_address_; }
  /// The instruction at which the part of the program begins that ran last (Program::cpu cuts it in parts); the machine
  /// counts from there.
  std::uint32_t first_instruction() const { return first_; }

 private:
  void run_segment(std::uint32_t first, std::uint32_t end);
  void run_on_cpu(const compile::CpuNode& node);
  void start(std::uint32_t first, std::uint32_t end);
  ops::Tensor read(const compile::Place& place, const ops::Shape& shape);
  void write(const compile::Place& place, const ops::Tensor& tensor);

  Device& device_;
  const compile::Program& program_;
  std::uint64_t program_address_ = 0;
  std::uint64_t region_base_[isa::kRegions] = {0, 0, 0, 0};
  std::uint32_t first_ = 0;
  Counters before_;  ///< of the run's parts before the last
};

/// Bytes of device memory that the program needs.
std::uint64_t memory_needed(const compile::Program& program);

}  // namespace e8::driver
