// e8_control with everything around it in software: an AXI4-Lite master, the memory behind the fetch port, and three
// scripted engines with random latencies and faults. Keeps a log of what started and ended when.
#pragma once

#include E8_DUT_HEADER

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <vector>

#include "emu/isa/isa.h"

namespace e8::test {

constexpr std::uint64_t kNever = ~std::uint64_t{0};

/// EXACT8_SEED, or the default.
std::uint64_t seed_or(std::uint64_t otherwise);

/// How the surroundings behave.
struct Surroundings {
  unsigned read_latency = 5;       ///< cycles from a fetch request to its first beat
  unsigned beat_gap_percent = 0;   ///< chance of a pause before a beat
  unsigned request_percent = 100;  ///< chance that a request is taken in a cycle
  unsigned min_latency = 1;        ///< of an engine's instruction, from start to completion
  unsigned max_latency = 20;
  unsigned ready_percent = 100;  ///< chance that an engine with room is ready
  unsigned in_flight = 2;        ///< instructions an engine takes at a time
  bool register_stalls = false;
};

/// What one engine did with one instruction; kNever = it did not.
struct Trace {
  unsigned engine = 0;
  std::uint64_t start = kNever, done = kNever, error = kNever;
};

/// Accepts instructions, completes them in order after random times; those with a fault report it some time before.
class ScriptedEngine {
 public:
  struct Pins {
    CData *ready, *done, *err_valid, *err_code, *idle;
    IData* err_index;
    const CData* valid;
    const IData* index;
    const std::uint32_t* instr;  ///< 16 words; null: they are in the instruction RAM
  };
  void connect(unsigned number, const Pins& pins) {
    number_ = number;
    pins_ = pins;
  }
  void reset() {
    flights_.clear();
    hold_ = 0;
    offered_ = false;
  }
  bool idle() const { return flights_.empty() && hold_ == 0; }

 private:
  friend class ControlBench;
  static constexpr unsigned kHold = 7;  // cycles without ready after an error, as e8_inflight
  struct Flight {
    std::uint32_t index;
    std::uint64_t end, error_at;  ///< error_at kNever: no fault
    isa::Error code;
    bool told = false;
  };
  unsigned number_ = 0;
  Pins pins_{};
  std::deque<Flight> flights_;
  unsigned hold_ = 0;
  bool offered_ = false;  ///< valid was up without ready
};

class ControlBench {
 public:
  explicit ControlBench(std::uint64_t seed);
  ~ControlBench();

  // Registers. Return the AXI response (0 OKAY, 2 SLVERR); fail the test when there is none.
  std::uint8_t write(std::uint32_t address, std::uint32_t data, unsigned strobe = 15);
  std::uint8_t read(std::uint32_t address, std::uint32_t* data);
  std::uint32_t reg(std::uint32_t address);
  std::uint64_t counter(std::uint32_t address_lo);

  /// Hardware reset.
  void reset();
  void tick();
  void ticks(std::uint64_t n) {
    while (n-- > 0) tick();
  }
  /// Puts the program into memory and starts it; `length` as PROG_LEN.
  void start(const std::vector<isa::Instruction>& program, std::uint32_t length);
  void start(const std::vector<isa::Instruction>& program) {
    start(program, static_cast<std::uint32_t>(program.size()));
  }
  /// Until the interrupt or the limit; false: the limit.
  bool run(std::uint64_t limit = 200000);
  /// Soft reset; the interrupt status is cleared, too.
  void soft_reset();

  bool chance(unsigned percent) { return random() % 100 < percent; }
  std::uint64_t pick(std::uint64_t low, std::uint64_t high) { return low + random() % (high - low + 1); }

  std::mt19937_64 random;
  Surroundings surroundings;
  std::map<std::uint32_t, isa::Error> faults;  ///< of instructions, by index
  std::set<std::uint32_t> hanging;             ///< never complete
  std::set<std::uint32_t> read_faults;         ///< instructions whose fetch fails in one beat
  bool memory_hangs = false;
  bool axi_busy = false;      ///< somebody else has a transfer open
  unsigned step_percent = 0;  ///< chance of a counter pulse of each kind in a cycle
  std::uint64_t program_base = 0x40000;

  std::unique_ptr<E8_DUT> dut;
  std::uint64_t cycle = 0;
  std::vector<isa::Instruction> program;
  std::map<std::uint32_t, Trace> log;
  std::optional<std::uint64_t> first_error;  ///< cycle in which an engine told of one
  bool stopping = false;                     ///< a reset was asked for
  std::uint64_t irq_cycle = kNever, busy_cycles = 0, resets = 0, last_progress = 0;
  std::array<std::uint64_t, 6> pulses{};  ///< since start: step, shift, wait_drain, wait_port, read beat, write beat
  std::uint64_t requested_bytes = 0;
#if E8_SMALL
  std::uint64_t slot_reads = 0;  ///< words and bytes of instructions under way that were compared
#endif
  bool engines_idle() const { return engines_[0].idle() && engines_[1].idle() && engines_[2].idle(); }

 private:
  struct Beat {
    std::uint64_t address, due;
  };
  void drive_engine(ScriptedEngine& e);
  void sample_engine(ScriptedEngine& e);
  void accept(ScriptedEngine& e);
  void drive_memory();
  void sample_memory();
  void drive_pulses();

#if E8_SMALL
  static constexpr std::uint32_t kNone = ~0u;
  void read_slot();
  IData ignored_ = 0;
  std::uint32_t asked_ = kNone;  ///< instruction whose words are on their way
  unsigned asked_byte_ = 0;
#endif
  ScriptedEngine engines_[3];
  std::deque<Beat> beats_;
  bool quiet_before_ = false;
};

}  // namespace e8::test
