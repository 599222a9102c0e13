// When every instruction of a program starts and ends, by the equations in README.md.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <vector>

#include "host/compile/program.h"

namespace e8::compile {

/// Three engines and their queues; runs instructions in program order.
class Timeline {
 public:
  explicit Timeline(const isa::Config& config);

  /// Runs the next instruction, which takes tokens of these earlier ones (numbered from 0 in the order of calls).
  /// Returns its DRAM bytes.
  std::uint64_t run(const isa::Instruction& instruction, const std::vector<std::uint32_t>& senders);
  /// Cycle at which all writes of the instruction run last, or of all instructions, have landed.
  std::uint64_t landed() const { return landings_.empty() ? 0 : landings_.back(); }
  std::uint64_t end() const { return end_; }

 private:
  struct Reading {
    std::uint64_t begin, end, words;
  };
  std::uint64_t stolen(std::uint64_t start, std::uint64_t busy, std::uint64_t spare);

  const isa::Config& config_;
  std::deque<Reading> stores_;           ///< that may still run
  std::vector<std::uint64_t> landings_;  ///< by instruction
  std::uint64_t dispatch_, end_ = 0;
  std::uint64_t fetched_ = 0;  ///< beats of instructions since the last LOAD
  std::array<std::uint64_t, isa::kEngines> free_{}, landed_{};
  std::array<std::deque<std::uint64_t>, isa::kEngines> started_;
};

/// Fills predicted_cycles and dram_bytes of the program and its layers from its code and map.
void predict(Program& program);

}  // namespace e8::compile
