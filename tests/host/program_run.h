// Runs a compiled program on the instruction-level emulator, hazards checked, and compares tensors with the golden
// model.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "emu/machine/machine.h"
#include "emu/machine/vector_dram.h"
#include "host/compile/compile.h"
#include "host/model/golden.h"

namespace e8::test {

/// Where a program's regions and instructions lie in a flat memory.
struct MemoryMap {
  std::uint64_t region[isa::kRegions] = {0, 0, 0, 0};
  std::uint64_t code = 0, bytes = 0;
};

inline MemoryMap memory_map(const compile::Program& p) {
  constexpr std::uint64_t kPage = 4096, kGap = 4096;  // a gap, so that a stray access is seen
  MemoryMap m;
  std::uint64_t at = kGap;
  for (unsigned r = 0; r < isa::kRegions; ++r) {
    m.region[r] = at;
    at += (p.region_bytes[r] + kPage - 1) / kPage * kPage + kGap;
  }
  m.code = at;
  m.bytes = at + p.code.size() * sizeof(isa::Instruction) + kGap;
  return m;
}

/// A machine with a program and its input in memory.
struct LoadedProgram {
  LoadedProgram(const compile::Program& p, const ops::Tensor& input)
      : program(p), map(memory_map(p)), dram(map.bytes), machine(p.config, dram) {
    // memory holds anything before a program writes it
    for (std::size_t i = 0; i < dram.bytes().size(); ++i) dram.bytes()[i] = static_cast<std::uint8_t>(i * 37 + 11);
    for (unsigned r = 0; r < isa::kRegions; ++r) machine.set_region(r, {map.region[r], p.region_bytes[r]});
    put(map.region[isa::kRegionWeights], p.weights.data(), p.weights.size());
    put(map.code, p.code.data(), p.code.size() * sizeof(isa::Instruction));
    const compile::Place& place = p.tensors[static_cast<std::size_t>(p.input)].place;
    const std::vector<std::uint8_t> packed = compile::pack(input, place, 85);
    put(map.region[place.region] + place.offset, packed.data(), packed.size());
    machine.start(map.code, static_cast<std::uint32_t>(p.code.size()));
  }
  /// The whole program: segments of instructions, and between them the CPU's nodes.
  machine::StepState run() {
    std::uint32_t next = 0;
    machine::StepState state = machine::StepState::kDone;
    const auto segment = [&](std::uint32_t end) {
      if (state != machine::StepState::kDone || next == end) return;
      machine.start(map.code + next * sizeof(isa::Instruction), end - next);
      state = machine.run(nullptr);
      next = end;
    };
    for (const compile::CpuNode& c : program.cpu) {
      segment(c.at);
      std::vector<ops::Tensor> inputs;
      for (std::size_t i = 0; i < c.inputs.size(); ++i) inputs.push_back(read(c.node.inputs[i], c.inputs[i]));
      std::vector<const ops::Tensor*> in;
      for (const ops::Tensor& t : inputs) in.push_back(&t);
      const std::vector<std::uint8_t> packed = compile::pack(model::run_node(c.node, in), c.output, 85);
      put(map.region[c.output.region] + c.output.offset, packed.data(), packed.size());
    }
    segment(static_cast<std::uint32_t>(program.code.size()));
    return state;
  }
  void put(std::uint64_t address, const void* data, std::size_t bytes) {
    EXPECT_TRUE(dram.write(address, data, bytes));
  }
  ops::Tensor tensor(int index) const { return read(index, program.tensors[static_cast<std::size_t>(index)].place); }
  ops::Tensor read(int index, const compile::Place& place) const {
    const ops::Shape& shape = program.tensors[static_cast<std::size_t>(index)].shape;
    return compile::unpack(dram.bytes().data() + map.region[place.region] + place.offset, shape, place);
  }

  const compile::Program& program;
  MemoryMap map;
  machine::VectorDram dram;
  machine::Machine machine;
};

inline std::string text(const ops::Shape& s) {
  return std::to_string(s.h) + "x" + std::to_string(s.w) + "x" + std::to_string(s.c);
}

/// The first difference as a sentence, or empty.
inline std::string difference(const ops::Tensor& got, const ops::Tensor& want) {
  for (int y = 0; y < want.shape.h; ++y) {
    for (int x = 0; x < want.shape.w; ++x) {
      for (int c = 0; c < want.shape.c; ++c) {
        if (got.at(y, x, c) == want.at(y, x, c)) continue;
        return "[" + std::to_string(y) + "," + std::to_string(x) + "," + std::to_string(c) + "] of " +
               text(want.shape) + " is " + std::to_string(got.at(y, x, c)) + ", want " +
               std::to_string(want.at(y, x, c));
      }
    }
  }
  return {};
}

/// Compiles, runs, and compares every tensor that lies in DRAM at the end. Returns how many were compared.
inline int expect_golden(const model::IntNet& net, const ops::Tensor& input, const isa::Config& config,
                         const compile::Options& options = {}) {
  const compile::Program program = compile::compile(net, config, options);
  LoadedProgram run(program, input);
  machine::StepState state = machine::StepState::kRunning;
  try {
    state = run.run();
  } catch (const machine::Hazard& h) {
    ADD_FAILURE() << config.name << ": " << h.what() << "\n"
                  << isa::disassemble(program.code[h.earlier]) << "\n"
                  << isa::disassemble(program.code[h.later]);
    return 0;
  }
  if (state != machine::StepState::kDone) {
    ADD_FAILURE() << config.name << ": " << isa::error_name(run.machine.error()) << " at "
                  << isa::disassemble(program.code[run.machine.error_pc()]);
    return 0;
  }
  const std::vector<ops::Tensor> want = model::run_golden(net, input);
  int compared = 0;
  for (std::size_t i = 0; i < want.size(); ++i) {
    if (!program.tensors[i].in_dram) continue;
    const std::string diff = difference(run.tensor(static_cast<int>(i)), want[i]);
    EXPECT_EQ(diff, "") << config.name << ": tensor " << program.tensors[i].name;
    ++compared;
  }
  for (const model::IntOutput& o : program.outputs)
    EXPECT_TRUE(program.tensors[static_cast<std::size_t>(o.tensor)].in_dram);
  return compared;
}

}  // namespace e8::test
