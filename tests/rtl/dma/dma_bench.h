// e8_dma_bench as a machine: a stand-in for the control issues LOAD and STORE instructions in program order, a model of
// the feature memories and AxiMemory answer, and what retires goes to a sink (lockstep with the emulator).
//
// E8_DUT is the Verilated class; E8_LANES ... are its parameters.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <deque>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "emu/isa/isa.h"
#include "sim/retire.h"
#include "sim/verilated/axi_memory.h"
#include "tests/rtl/dma/dut_pins.h"
#include "tests/sim/program_builder.h"
#include "tests/sim/random.h"

#include E8_DUT_HEADER

namespace e8::test {

inline isa::Config bench_config() {
  isa::Config c;
  c.name = "bench";
  c.lanes = E8_LANES;
  c.v = E8_V;
  c.feature_words = 1u << E8_FEATURE_LOG2;
  c.weight_words = 1u << E8_WEIGHT_LOG2;
  c.param_words = 1u << E8_PARAM_LOG2;
  c.drain = E8_DRAIN;
  c.axi_bytes = E8_AXI_BYTES;
  c.mul_bits = 31;
  c.double_round = true;
  c.tables = E8_TABLES != 0;
  return c;
}

/// `bits` bits (at most 64) from bit `lsb` of a little-endian port.
std::uint64_t port_field(const std::uint8_t* port, unsigned lsb, unsigned bits);

class DmaBench : public sim::RetireSource {
 public:
  static constexpr unsigned kReadLatency = 2;  ///< of the model of the feature memories, from acceptance

  /// `stalls` is for the memory's channels (options), the feature memories' ports and the engines' queues.
  DmaBench(const sim::MemoryOptions& options, std::uint64_t seed);
  ~DmaBench() override;

  void start(const ProgramBuilder& program);
  void set_sink(sim::RetireSink* sink) override { sink_ = sink; }
  bool run(std::uint64_t max_cycles) override;
  std::uint64_t cycle() const override { return cycle_; }
  sim::FinalState final_state() override { return final_; }
  sim::DramView dram() const override { return memory.view(); }
  void write_mem(std::uint64_t address, const void* data, std::size_t bytes) { memory.write(address, data, bytes); }

  sim::AxiMemory memory;
  std::vector<std::vector<std::uint8_t>> feature;  ///< [lane][word * V]
  std::vector<std::string> faults;                 ///< what the bench itself found wrong
  unsigned most_reads = 0, most_writes = 0;        ///< bursts that were open at once
  std::uint64_t sr_words = 0;                      ///< words that STORE has read
  bool fetch_traffic = false;                      ///< random reads on the fetch port, checked against the memory

 private:
  struct Fetch {
    std::uint64_t addr;
    unsigned bytes, got;
  };
  void tick();
  void issue();
  void drive_fetch();
  void sample_fetch();
  void drive_memories();
  void sample_memories();
  void sample_engines();
  void retire();
  void retire_shared();
  void count_bursts();
  void fail(const std::string& what) { faults.push_back("cycle " + std::to_string(cycle_) + ": " + what); }
  bool idle() const;
  void report(std::uint8_t code, std::uint32_t index);

  std::unique_ptr<E8_DUT> top_;
  isa::Config config_;
  sim::RetireSink* sink_ = nullptr;
  Random random_;
  bool random_stalls_;
  std::vector<isa::Instruction> program_;
  std::uint32_t pc_ = 0;
  unsigned open_ = 0;  ///< instructions issued that are not complete
  bool last_was_store_ = false, stopped_ = false, ended_ = false;
  sim::FinalState final_;
  std::uint64_t cycle_ = 0;
  std::deque<Fetch> fetches_;
  bool fetch_accepted_ = false;
  struct Answer {
    std::uint64_t at;
    std::uint32_t addr;
  };
  std::deque<Answer> answers_;
  std::array<std::optional<std::pair<std::uint64_t, std::vector<std::uint8_t>>>, 3> written_;  ///< wm, pm, tm
  unsigned open_reads_ = 0, open_writes_ = 0;
};

}  // namespace e8::test
