// Happens-before check: every access to a memory must be ordered after the conflicting ones before it.
//
// Each engine has a clock: of every engine, the instruction up to which all work is known to be done. A token carries
// its sender's clock; taking it joins the clocks. An engine is in order with itself, except that EXEC and SHIFT writes
// land late: `drain_wait`, or a token that came back, tells the exec engine that they have.
// Instructions are kept as index + 1, so that 0 means none.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <vector>

#include "emu/isa/isa.h"
#include "emu/machine/interval_map.h"
#include "emu/machine/machine.h"

namespace e8::machine {

class HazardChecker {
 public:
  explicit HazardChecker(const isa::Config& config);

  /// Before the first instruction of a program.
  void reset();
  /// Instruction `index` starts on `engine`: takes the tokens in `wait`, sends those in `signal` (masks of isa::Token).
  /// The tokens exist (the machine has checked TOKEN).
  void begin(isa::Engine engine, std::uint32_t index, unsigned wait, unsigned signal, bool drain_wait);

  // One access each; they throw Hazard. Addresses are inside the memories.
  void read_activation(std::uint32_t address) {
    Word& w = feature_[address];
    if (w.checked != now_) check_activation(w, address);
  }
  void read_residual(std::uint32_t address);
  void read_shift(std::uint32_t address) { read_activation(address); }
  void write_exec(std::uint32_t address);
  void write_shift(std::uint32_t address);
  void read_store(std::uint32_t address);
  /// `target` memory's word is written by LOAD.
  void write_load(isa::Target target, std::uint32_t address);
  /// EXEC reads words first..last (either order) of a shared memory.
  void read_shared(isa::Target target, std::uint32_t first, std::uint32_t last);

  /// LOAD reads or STORE writes these DRAM bytes. Collected, and checked by finish_dram() at the instruction's end.
  void touch_dram(std::uint64_t address, std::uint64_t bytes);
  void finish_dram();

 private:
  using Clock = std::array<std::uint32_t, isa::kEngines>;
  struct Word {  // last accesses to a word of feature memory
    std::uint32_t load_write = 0, exec_write = 0, exec_read = 0, residual_read = 0, store_read = 0;
    std::uint32_t checked = 0;  // instruction whose activation read was found good, until the word is written
  };
  struct SharedWord {
    std::uint32_t load_write = 0, exec_read = 0;
  };
  struct Interval {
    std::uint64_t begin, end;
  };

  void check_activation(Word& w, std::uint32_t address);
  /// `earlier` (index + 1, on `engine`) must be known to be done.
  void ordered(isa::Engine engine, std::uint32_t earlier, const char* memory, std::uint64_t address, const char* did,
               const char* does) const {
    if (earlier > clock_[engine_][engine]) fail(earlier, memory, address, did, does);
  }
  [[noreturn]] void fail(std::uint32_t earlier, const char* memory, std::uint64_t address, const char* did,
                         const char* does) const;

  std::array<Clock, isa::kEngines> clock_{};
  std::array<std::array<std::deque<Clock>, isa::kEngines>, isa::kEngines> tokens_;  // [from][to]
  isa::Engine engine_ = isa::kLoadEngine;
  std::uint32_t now_ = 0;  // the running instruction, index + 1

  std::vector<Word> feature_;
  std::array<std::vector<SharedWord>, 4> shared_;  // by isa::Target; kTargetFeature's is empty
  IntervalMap dram_written_, dram_read_;
  std::vector<Interval> touched_;
};

}  // namespace e8::machine
