// The first difference between a machine under test and the emulator, as a value.
#pragma once

#include <cstdint>
#include <string>

#include "emu/isa/isa.h"

namespace e8::sim {

enum class Stream : std::uint8_t { kExec, kLoad, kWeight, kParam, kTable, kStore, kNone };
/// "exec", "load", ...
const char* stream_name(Stream s);

enum class Difference : std::uint8_t {
  kData,         ///< a byte of an event differs, its accumulator (if any) does not
  kAccumulator,  ///< a raw accumulator differs (its data too or not)
  kAddress,      ///< on-chip or DRAM address
  kKind,         ///< EXEC write, hold or SHIFT, or the lane mask
  kOrder,        ///< the event is due, but later
  kMissing,      ///< expected, never made
  kExtra,        ///< made, not expected
  kFinalState,   ///< done or error code and instruction
  kDram,         ///< the DRAM images differ although all events were equal
};
const char* difference_name(Difference d);

struct Mismatch {
  static constexpr unsigned kNoLane = ~0u;

  Difference kind = Difference::kData;
  Stream stream = Stream::kNone;
  std::uint32_t instruction = 0;  ///< index in the program
  unsigned opcode = 0;
  std::string assembly;  ///< the instruction, disassembled
  std::uint64_t n = 0;   ///< which event of the instruction in the stream, from 0
  unsigned lane = kNoLane;
  unsigned channel = kNoLane;  ///< byte of the word within the lane
  std::uint64_t address = 0;   ///< word address, or DRAM byte address
  std::int64_t got = 0, want = 0;
  bool has_acc = false;
  std::int32_t acc_got = 0, acc_want = 0;
  std::uint64_t cycle = 0;

  /// One line in the shape of the command line's FAIL lines.
  std::string text() const;
};

}  // namespace e8::sim
