// Which tokens and drain_waits a program needs: remembers what every instruction touches, and orders conflicts.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "emu/isa/isa.h"

namespace e8::test {

/// A range of a memory that an instruction reads or writes.
struct Access {
  enum Memory : std::uint8_t { kFeature, kWeight, kParam, kTable, kDram };
  Memory memory = kFeature;
  std::int64_t first = 0, last = 0;  ///< words; DRAM: bytes, physical
  bool write = false;
  bool residual = false;  ///< an EXEC's residual read
};

class Dependencies {
 public:
  /// Makes the instruction that is about to be appended to `program` wait for what it needs: tokens from other engines
  /// (signals are put into the earlier instructions), drain_wait on the exec engine.
  struct Needs {
    std::int64_t wait = 0;
    bool drain_wait = false;
  };
  Needs add(std::vector<isa::Instruction>& program, isa::Engine engine, bool is_shift,
            const std::vector<Access>& accesses);
  /// Orders the instruction after everything before it.
  static std::vector<Access> everything();
  /// Asks for one more token from `from`, if it has anything new to tell; for the next add().
  void want_token(isa::Engine from) { wanted_ |= 1u << from; }

 private:
  struct Past {
    Access access;
    isa::Engine engine;
    std::uint32_t instr;
  };
  void order_after(std::vector<isa::Instruction>& program, isa::Engine engine, isa::Engine from, std::uint32_t instr,
                   Needs& needs);

  std::vector<Past> past_;
  std::array<std::array<std::uint32_t, isa::kEngines>, isa::kEngines> known_{};  ///< [engine][of], index + 1
  std::array<std::uint32_t, isa::kEngines> last_{};                              ///< of an engine, index + 1
  std::uint32_t drained_ = 0;  ///< exec instructions below this index have landed
  unsigned wanted_ = 0;
};

}  // namespace e8::test
