// Steps the emulator with a machine under test and compares every retire event. The first difference stops.
//
// Order of calls: set the emulator's regions and make both memories equal; begin(); run the machine under test with
// this as its sink; finish(). begin() again for the next program.
//
// The emulator is stepped an instruction at a time, in program order, whenever a stream has retired all it was expected
// to; the other streams' events wait in queues. When the emulator ends with an error at instruction e, events of e
// and later are not compared: what engines ahead of an error have done is not architectural.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "emu/machine/machine.h"
#include "sim/lockstep/expected_events.h"
#include "sim/lockstep/mismatch.h"
#include "sim/retire.h"

namespace e8::sim {

enum class Verdict : std::uint8_t {
  kEqual,
  kMismatch,
  kNothingCompared,  ///< the program ended well, but there was no event to compare
  kTimeout,          ///< the machine under test did not end
  kHazard,           ///< the program misses a token or drain_wait; the hardware is not at fault
};

struct LockstepCounts {
  std::array<std::uint64_t, 6> events{};  ///< by Stream
  std::uint64_t values = 0;               ///< bytes of words and of DRAM compared
  std::uint64_t accumulators = 0;
  std::uint64_t after_error = 0;  ///< events at and after a failing instruction, not compared
  std::uint64_t total_events() const {
    std::uint64_t sum = 0;
    for (const std::uint64_t n : events) sum += n;
    return sum;
  }
};

struct LockstepResult {
  Verdict verdict = Verdict::kNothingCompared;
  std::optional<Mismatch> mismatch;  ///< with kMismatch
  std::string text;                  ///< one line on what is wrong, empty with kEqual
  FinalState final_state;            ///< of the machine under test, when it ended
  LockstepCounts counts;
};

class Lockstep : public RetireSink {
 public:
  /// `emulator_dram`: the bytes behind the emulator, for the comparison of images at the end.
  Lockstep(machine::Machine& emulator, DramView emulator_dram);

  /// Starts the emulator at the program and forgets everything of the last one.
  void begin(std::uint64_t program_address, std::uint32_t length);
  /// `ended`: what source.run() returned. Runs the emulator to its end, compares final states, looks for missing
  /// events, compares the DRAM images (programs that ended without error).
  const LockstepResult& finish(RetireSource& source, bool ended);
  const LockstepResult& result() const { return result_; }

  void on_exec(const ExecRetired& e) override;
  void on_load(const LoadRetired& e) override;
  void on_shared(const SharedRetired& e) override;
  void on_store(const StoreRetired& e) override;

 private:
  struct Got {
    Stream stream;
    std::uint32_t instr;
    std::uint64_t addr;
    unsigned lane;
    std::uint64_t cycle;
  };
  void step_emulator();
  bool step_towards(std::uint32_t instr);
  bool after_error(std::uint32_t instr);
  bool due(EventQueue& queue, const Got& got);
  bool address_equal(const EventQueue& queue, const Got& got);
  void compare_word(EventQueue& queue, const Got& got, const std::uint8_t* bytes, std::size_t size);
  void compare_exec(const ExecRetired& e, const Got& got);
  void compare_segment(const StoreRetired& e, const Got& got, unsigned first, unsigned bytes);
  void report_exec(const ExecRetired& e, const Got& got);
  void report_missing(const EventQueue& queue, Stream stream, unsigned lane, std::uint64_t cycle);
  void report_missing_bytes(std::uint64_t cycle);
  Mismatch& report(Difference kind, const Got& got, std::uint64_t n);
  void check_final_state(std::uint64_t cycle);
  void check_leftovers(std::uint64_t cycle);
  void check_dram(const DramView& got);
  void close(Verdict verdict, std::string text);
  isa::Instruction instruction(std::uint32_t index) const;

  machine::Machine& emulator_;
  DramView dram_;
  ExpectedEvents expected_;
  unsigned lanes_, v_;
  std::size_t weight_bytes_, param_part_bytes_;
  std::uint64_t program_ = 0;
  LockstepResult result_;
};

}  // namespace e8::sim
