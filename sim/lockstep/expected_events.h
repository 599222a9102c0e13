// Sorts what the emulator writes into the streams a machine under test retires.
#pragma once

#include <vector>

#include "emu/isa/isa.h"
#include "emu/machine/machine.h"
#include "sim/lockstep/event_queue.h"
#include "sim/lockstep/store_coverage.h"

namespace e8::sim {

class ExpectedEvents : public machine::EventSink {
 public:
  explicit ExpectedEvents(const isa::Config& config);
  void clear();
  /// Call after every step of the emulator.
  void seal() { store.seal(); }

  void on_exec(machine::ExecKind kind, std::uint32_t instr, std::uint32_t lane_mask, std::uint32_t addr,
               const std::int8_t* data, const std::int32_t* acc) override;
  void on_load_feature(std::uint32_t instr, unsigned lane, std::uint32_t addr, const std::int8_t* word) override;
  void on_load_shared(isa::Target target, std::uint32_t instr, std::uint32_t addr, const std::uint8_t* word,
                      std::size_t bytes) override;
  void on_store(std::uint32_t instr, std::uint64_t address, const std::uint8_t* data, std::size_t bytes) override;

  EventQueue exec;               ///< payload: LANES * V data bytes, then as many int32 accumulators
  std::vector<EventQueue> load;  ///< one a lane, V bytes
  EventQueue weight, table;      ///< whole words
  EventQueue param;              ///< parts of words, as the hardware loads them
  StoreCoverage store;

 private:
  std::size_t word_bytes_;  ///< of all lanes
  unsigned v_, drain_;
};

}  // namespace e8::sim
