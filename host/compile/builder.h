// Collects instructions, constants and their map; sets tokens; turns limits into errors.
#pragma once

#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "host/compile/dependencies.h"
#include "host/compile/timeline.h"

namespace e8::compile {

class Builder {
 public:
  explicit Builder(const isa::Config& config) : config_(config) {}
  /// Only tells the timeline what it would append, and has no constants.
  Builder(const isa::Config& config, Timeline& timeline) : config_(config), timeline_(&timeline) {}

  /// Whom the next instructions belong to and whom errors name.
  void begin_layer(int layer, const std::string& name);

  // Append; wait, signal and drain_wait are set here. Throw UserError 403 when a value does not fit its field.
  void add(isa::Load load, const std::vector<Access>& accesses, const InstructionInfo& info);
  void add(isa::Exec exec, const std::vector<Access>& accesses, const InstructionInfo& info);
  void add(isa::Shift shift, const std::vector<Access>& accesses, const InstructionInfo& info);
  void add(isa::Store store, const std::vector<Access>& accesses, const InstructionInfo& info);

  /// Offset in region kRegionWeights of the bytes that `make` returns; equal bytes are stored once. Throws UserError
  /// 404.
  std::uint32_t constant(const std::function<std::vector<std::uint8_t>()>& make);

  /// Ends what has been added, if anything, and appends it to the program: what follows starts when the machine is
  /// idle.
  void end_segment(Program& program);
  /// Ends the last segment and moves the constants into the program.
  void finish(Program& program);

 private:
  template <typename T>
  void append(isa::Engine engine, T& instruction, const Order& order, const InstructionInfo& info);
  void bound_tokens();

  const isa::Config& config_;
  Timeline* timeline_ = nullptr;
  int layer_ = -1;
  std::string name_;
  Dependencies dependencies_;
  std::vector<isa::Instruction> code_;
  std::vector<InstructionInfo> map_;
  std::vector<std::uint8_t> constants_;
  std::unordered_multimap<std::uint64_t, std::pair<std::uint32_t, std::size_t>> by_hash_;  // hash -> offset, bytes
};

}  // namespace e8::compile
