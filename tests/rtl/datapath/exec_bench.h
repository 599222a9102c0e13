// e8_exec on its own: a stand-in for the control hands over EXEC and SHIFT in program order, stand-ins for LOAD and
// STORE use the ports the engine leaves them, and everything that retires is compared with the emulator.
//
// E8_DUT is the Verilated class; E8_LANES ... are its parameters. E8_SMALL: it is e8_exec_small, which reads its
// instructions from their slots.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "emu/isa/isa.h"
#include "emu/machine/machine.h"
#include "tests/sim/random.h"

#include E8_DUT_HEADER

namespace e8::test {

isa::Config bench_config();

/// Everything a program reads, as programs see it.
struct Contents {
  std::vector<std::vector<std::int8_t>> feature;  ///< [lane][word * V]
  std::vector<std::uint8_t> weight, param;
  std::vector<std::int32_t> table;
  /// Of the sizes of the configuration; all zero, records that do nothing.
  explicit Contents(const isa::Config& config);
};

struct ExecEvent {
  machine::ExecKind kind;
  std::uint32_t instr, mask, addr;
  std::vector<std::int8_t> data;  ///< empty for a hold
  std::vector<std::int32_t> acc;  ///< empty for SHIFT
};

/// What the emulator makes of a program.
struct Expected {
  std::vector<ExecEvent> events;
  isa::Error error = isa::Error::kNONE;
  std::uint32_t error_pc = 0;
  std::uint64_t steps = 0;
  std::vector<std::vector<std::int8_t>> feature;  ///< at the end
};
/// Throws machine::Hazard. The program is EXEC and SHIFT only.
Expected expect(const std::vector<isa::Instruction>& program, const Contents& contents);

/// How busy the neighbours are: percent of cycles in which each has something to do.
struct Traffic {
  unsigned load = 0, store = 0;
  unsigned idle = 0;  ///< percent of cycles in which the control has no instruction to hand over
  bool reads_only =
      false;  ///< the program may use every word (as without traffic): LOAD is quiet, what STORE reads is not compared
};

/// Pairs of port users that met, in cycles.
struct Conflicts {
  std::uint64_t step_beats_store = 0, store_beats_step = 0, shift_beats_store = 0, store_beats_shift = 0;
  std::uint64_t residual_beats_step = 0, residual_beats_store = 0, exec_beats_load = 0, shift_beats_load = 0;
};

/// What the counters said, and the cycles from the first step to the last.
struct Counts {
  std::uint64_t steps = 0, shifts = 0, wait_drain = 0, wait_port = 0, step_span = 0, cycles = 0;
};

class ExecBench {
 public:
  explicit ExecBench(std::uint64_t seed);
  ~ExecBench();

  /// Words at and above this one belong to LOAD and STORE while a program runs, unless Traffic::reads_only.
  static unsigned program_words();
  void reset();
  /// Through the ports that LOAD writes, after a reset.
  void load(const Contents& contents);
  /// Runs the program and compares with `want`. Returns the first difference, or "".
  std::string run(const std::vector<isa::Instruction>& program, const Expected& want, const Traffic& traffic = {});
  /// The feature memories after a run without a difference: [lane][word * V].
  const std::vector<std::vector<std::int8_t>>& feature() const { return feature_; }

  Conflicts conflicts;  ///< since construction
  Counts counts;        ///< of the last run

 private:
  struct LoadPort {
    bool valid = false;
    std::uint32_t addr = 0;
    std::vector<std::int8_t> word;
  };

  void drive();
  void sample();
  void count_conflicts();
  void sample_event();
  void sample_end();
  void sample_load();
  void sample_store();
  void edge();
  void compare_memory();
  void fail(const std::string& what);
  std::vector<std::int8_t> random_word();

  std::unique_ptr<E8_DUT> top_;
  Random random_;
  std::uint64_t cycle_ = 0;

  // Of the run.
  const std::vector<isa::Instruction>* program_ = nullptr;
  const Expected* want_ = nullptr;
  Traffic traffic_;
  std::string problem_;
  std::uint32_t next_ = 0, done_ = 0;
  std::size_t event_ = 0;
  bool offered_ = false, failed_ = false;
#if E8_SMALL
  unsigned word_addr_ = 0;  ///< {slot, word} that was asked for
#endif
  std::uint64_t failed_at_ = 0, first_step_ = 0;
  std::vector<LoadPort> load_;
  bool store_valid_ = false, store_expected_ = false, compare_store_ = true;
  std::uint32_t store_addr_ = 0, store_read_ = 0;
  std::vector<std::vector<std::int8_t>> feature_;  ///< what STORE must read
};

}  // namespace e8::test
