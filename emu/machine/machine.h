// The instruction-level emulator: architectural state, one step = one instruction, no time.
//
// Executes programs in program order (the ISA guarantees that this is a legal order) on modelled memories, and tells
// every architectural write as a retire event. It reports the same error code and instruction index as the RTL. Tokens:
// TOKEN errors as the RTL's dispatcher; and, because a sequential machine would hide a missing token, a happens-before
// check of every memory access.
#pragma once

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>

#include "emu/isa/isa.h"

namespace e8::machine {

/// The DRAM behind the AXI port: physical byte addresses.
class Dram {
 public:
  virtual ~Dram() = default;
  /// false: outside the memory (the AXI would answer DECERR).
  virtual bool read(std::uint64_t address, void* data, std::size_t bytes) = 0;
  virtual bool write(std::uint64_t address, const void* data, std::size_t bytes) = 0;
};

enum class ExecKind : std::uint8_t { kWrite = 0, kHold = 1, kShift = 2 };

/// Retire events (emu/isa/README.md). Pointers are valid during the call only.
class EventSink {
 public:
  virtual ~EventSink() = default;
  /// data: lanes * V bytes, lane-major; acc: lanes * V int32 (nullptr for kShift; data nullptr for kHold).
  virtual void on_exec(ExecKind kind, std::uint32_t instr, std::uint32_t lane_mask, std::uint32_t addr,
                       const std::int8_t* data, const std::int32_t* acc) = 0;
  virtual void on_load_feature(std::uint32_t instr, unsigned lane, std::uint32_t addr, const std::int8_t* word) = 0;
  /// target: weight, parameter or table. One memory word (weight V*V, parameter V*16, table 4 bytes).
  virtual void on_load_shared(isa::Target target, std::uint32_t instr, std::uint32_t addr, const std::uint8_t* word,
                              std::size_t bytes) = 0;
  /// One contiguous run of DRAM bytes, in the order the store engine writes them.
  virtual void on_store(std::uint32_t instr, std::uint64_t address, const std::uint8_t* data, std::size_t bytes) = 0;
};

/// A program error that hardware cannot see: an access not ordered after a conflicting one by tokens or drain_wait.
struct Hazard : std::runtime_error {
  std::uint32_t earlier, later;  ///< instruction indices
  Hazard(std::uint32_t e, std::uint32_t l, const std::string& what) : std::runtime_error(what), earlier(e), later(l) {}
};

struct RegionMap {
  std::uint64_t base = 0;
  std::uint32_t size = 0;
};

enum class StepState { kRunning, kDone, kError };

class Machine {
 public:
  /// Throws std::invalid_argument when config.problem() is not empty.
  Machine(const isa::Config& config, Dram& dram);
  ~Machine();
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  void set_region(unsigned index, RegionMap map);
  /// Starts at instruction 0 of the program at `address` (physical; `length` instructions). Memories keep their
  /// contents, tokens and counters start at zero.
  void start(std::uint64_t address, std::uint32_t length);
  /// Fetches and executes one instruction. `sink` may be nullptr. Throws Hazard (unless check_hazards is off).
  StepState step(EventSink* sink);
  /// Steps to the end.
  StepState run(EventSink* sink);
  void soft_reset();

  StepState state() const;
  isa::Error error() const;  ///< valid with kError
  std::uint32_t error_pc() const;
  std::uint32_t pc() const;         ///< index of the next instruction
  std::uint64_t mac_steps() const;  ///< EXEC steps executed since start
  void check_hazards(bool on);      ///< on by default
  const isa::Config& config() const;

  // Architectural state, for tests, snapshots and `explain`.
  std::int8_t* feature(unsigned lane);  ///< feature_words * V bytes
  std::uint8_t* weight();               ///< weight_words * V*V bytes
  std::uint8_t* param();                ///< param_words * V*16 bytes
  std::int32_t* table();                ///< 1024 entries

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace e8::machine
