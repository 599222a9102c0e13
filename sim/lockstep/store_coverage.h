// Compares the write beats of STORE instructions with the byte runs the emulator wrote. Within one instruction the
// beats may come in any order; every byte must be written exactly once, with its value.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

namespace e8::sim {

class StoreCoverage {
 public:
  struct Byte {
    std::uint64_t address;
    std::uint8_t got, want;
  };
  enum class Result : std::uint8_t { kEqual, kData, kExtra };

  void clear();

  // Emulator side: the runs of an instruction, instructions in program order, then seal().
  void expect(std::uint32_t instr, std::uint64_t address, const std::uint8_t* data, std::size_t bytes);
  void seal();

  bool empty() const { return open_.empty(); }
  /// The oldest instruction that is not fully written. Only when not empty().
  std::uint32_t front_instr() const { return open_.front()->instr; }
  /// Lowest address that is not written yet. Only when not empty().
  Byte first_missing() const;

  /// Takes `bytes` >= 1 consecutive bytes written by the front instruction. Only when not empty(). Anything but kEqual
  /// fills `where`.
  Result take(std::uint64_t address, const std::uint8_t* data, std::size_t bytes, Byte* where);

 private:
  struct Run {
    std::uint64_t address;
    std::size_t offset, bytes;  ///< in data and written
  };
  struct Instr {
    std::uint32_t instr = 0;
    bool sealed = false;
    std::vector<Run> runs;  ///< sorted by address once sealed
    std::vector<std::uint8_t> data, written;
    std::size_t left = 0;  ///< bytes not written yet
    std::size_t hint = 0;  ///< run of the last beat
  };
  /// The run that holds `address` (and whose byte there is not written, if runs overlap); nullptr when there is none.
  Run* find(Instr& in, std::uint64_t address);

  std::deque<Instr*> open_;
  std::vector<Instr*> pool_;
  std::deque<Instr> storage_;
};

}  // namespace e8::sim
