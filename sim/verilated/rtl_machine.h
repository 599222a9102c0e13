// The Verilated RTL as a machine: clock and reset, registers by bus transactions, memory, interrupt, retire events,
// waves.
#pragma once

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>

#include "sim/retire.h"
#include "sim/verilated/axi_lite_master.h"
#include "sim/verilated/axi_memory.h"
#include "sim/verilated/plugin_loader.h"
#include "sim/verilated/retire_pins.h"

namespace e8::sim {

struct RtlOptions {
  MemoryOptions memory;
  StallMode register_stalls = StallMode::kNone;
  std::uint64_t register_seed = 1;
};

/// The master broke the AXI protocol, or the slave did not answer; the message has cycle and rule.
struct BusError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class RtlMachine : public RetireSource {
 public:
  /// A register transaction that takes longer is a BusError.
  static constexpr std::uint64_t kRegisterLimit = 10000;
  static constexpr unsigned kResetCycles = 8;

  /// Resets the machine. Throws PluginError and what AxiMemory throws.
  RtlMachine(std::shared_ptr<const Plugin> plugin, const RtlOptions& options);
  ~RtlMachine() override;

  /// Hardware reset; memory keeps its bytes.
  void reset();
  /// Throw BusError when the machine does not answer. `response`, when given, gets the AXI response (0 OKAY, 2 SLVERR);
  /// otherwise every other answer than OKAY is a BusError.
  std::uint32_t read_reg(std::uint32_t offset, std::uint8_t* response = nullptr);
  void write_reg(std::uint32_t offset, std::uint32_t value, std::uint8_t* response = nullptr);

  /// Runs until the interrupt line is high; false: the sink wants to stop or the limit came first. Throws BusError on a
  /// protocol violation of the master.
  bool run(std::uint64_t max_cycles) override;
  /// One clock cycle.
  void tick();
  bool irq() const { return *irq_ != 0; }
  std::uint64_t cycle() const override { return cycle_; }
  /// Reads STATUS and ERROR_PC over the bus.
  FinalState final_state() override;

  /// nullptr: nobody listens.
  void set_sink(RetireSink* sink) override { sink_ = sink; }
  AxiMemory& memory() { return memory_; }
  const AxiMemory& memory() const { return memory_; }
  DramView dram() const override { return memory_.view(); }
  const isa::Config& config() const { return model_.plugin().config(); }

  /// Writes an FST trace of the cycles first..last (traced plug-ins only; PluginError). One window a machine at a time.
  void trace(const std::string& path, std::uint64_t first, std::uint64_t last);

 private:
  void close_trace();
  void transact(std::uint32_t offset, std::uint8_t* response);
  void check_protocol() const;

  Model model_;
  AxiMemory memory_;
  AxiLiteMaster registers_;
  RetirePins retire_;
  std::uint8_t *aclk_, *aresetn_;
  const std::uint8_t* irq_;
  RetireSink* sink_ = nullptr;
  std::uint64_t cycle_ = 0;
  bool tracing_ = false;
  std::uint64_t trace_first_ = 0, trace_last_ = 0;
};

}  // namespace e8::sim
