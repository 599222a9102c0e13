// What a machine under test (Verilated RTL, later a timing model) tells about itself: its architectural writes, in the
// order each stream makes them (emu/isa/README.md, "Retire events"). Knows neither Verilator nor the comparison.
#pragma once

#include <cstddef>
#include <cstdint>

#include "emu/isa/isa.h"
#include "emu/machine/machine.h"

namespace e8::sim {

/// Pointers in events are valid during the call only. Lane-major: lane l, channel j at [l * V + j].
struct ExecRetired {
  std::uint64_t cycle;
  machine::ExecKind kind;
  std::uint32_t instr, lane_mask, addr;
  const std::int8_t* data;  ///< LANES * V
  const std::uint8_t* acc;  ///< LANES * V little-endian int32, not necessarily aligned
};
struct LoadRetired {
  std::uint64_t cycle;
  std::uint32_t instr;
  unsigned lane;
  std::uint32_t addr;
  const std::uint8_t* word;  ///< V bytes
};
/// A weight word (V * V bytes), a part of a parameter word (addr = word * DRAIN + part, V / DRAIN records of 16 bytes)
/// or a table entry (4 bytes).
struct SharedRetired {
  std::uint64_t cycle;
  isa::Target target;
  std::uint32_t instr, addr;
  const std::uint8_t* bytes;
};
/// One accepted write beat; byte i of data lies at DRAM address addr + i and counts when bit i of strobe is set.
struct StoreRetired {
  std::uint64_t cycle;
  std::uint32_t instr;
  std::uint64_t addr;
  const std::uint8_t* data;  ///< AXI_BYTES
  std::uint64_t strobe;
};

class RetireSink {
 public:
  virtual ~RetireSink() = default;
  virtual void on_exec(const ExecRetired& e) = 0;
  virtual void on_load(const LoadRetired& e) = 0;
  virtual void on_shared(const SharedRetired& e) = 0;
  virtual void on_store(const StoreRetired& e) = 0;
  /// The sink has seen enough (a difference): the source should stop as soon as it can.
  bool stop_wanted() const { return stop_wanted_; }

 protected:
  bool stop_wanted_ = false;
};

/// Bytes of DRAM from address 0.
struct DramView {
  const std::uint8_t* data = nullptr;
  std::uint64_t bytes = 0;
};

/// How a program ended.
struct FinalState {
  bool done = false;
  isa::Error error = isa::Error::kNONE;
  std::uint32_t error_pc = 0;  ///< valid with an error
};

/// A started machine that retires into a sink while it runs.
class RetireSource {
 public:
  virtual ~RetireSource() = default;
  virtual void set_sink(RetireSink* sink) = 0;
  /// Runs until the program has ended, the sink wants to stop, or max_cycles have passed. True: the program has ended.
  virtual bool run(std::uint64_t max_cycles) = 0;
  virtual std::uint64_t cycle() const = 0;
  /// Call when run() returned true.
  virtual FinalState final_state() = 0;
  virtual DramView dram() const = 0;
};

}  // namespace e8::sim
