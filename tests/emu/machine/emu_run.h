// Runs a small program on the emulator and keeps its events.
#pragma once

#include <string>
#include <vector>

#include "emu/machine/machine.h"
#include "emu/machine/vector_dram.h"
#include "tests/sim/program_builder.h"

namespace e8::test {

/// A retire event, copied.
struct Event {
  enum class Kind { kExecWrite, kExecHold, kShift, kFeature, kShared, kStore } kind;
  std::uint32_t instr = 0, mask = 0;
  std::uint64_t addr = 0;
  unsigned lane = 0;
  std::vector<std::int8_t> data;
  std::vector<std::int32_t> acc;
};

class EventLog : public machine::EventSink {
 public:
  explicit EventLog(const isa::Config& c) : lanes_(c.lanes), v_(c.v) {}
  void on_exec(machine::ExecKind kind, std::uint32_t instr, std::uint32_t mask, std::uint32_t addr,
               const std::int8_t* data, const std::int32_t* acc) override {
    Event e{static_cast<Event::Kind>(kind), instr, mask, addr, 0, {}, {}};
    const std::size_t n = std::size_t{lanes_} * v_;
    if (data != nullptr) e.data.assign(data, data + n);
    if (acc != nullptr) e.acc.assign(acc, acc + n);
    events.push_back(e);
  }
  void on_load_feature(std::uint32_t instr, unsigned lane, std::uint32_t addr, const std::int8_t* word) override {
    events.push_back({Event::Kind::kFeature, instr, 0, addr, lane, {word, word + v_}, {}});
  }
  void on_load_shared(isa::Target, std::uint32_t instr, std::uint32_t addr, const std::uint8_t* word,
                      std::size_t bytes) override {
    events.push_back({Event::Kind::kShared, instr, 0, addr, 0, {word, word + bytes}, {}});
  }
  void on_store(std::uint32_t instr, std::uint64_t address, const std::uint8_t* data, std::size_t bytes) override {
    events.push_back({Event::Kind::kStore, instr, 0, address, 0, {data, data + bytes}, {}});
  }
  std::vector<Event> events;

 private:
  unsigned lanes_, v_;
};

/// A machine with the memory of a program.
struct EmuRun {
  explicit EmuRun(const ProgramBuilder& program)
      : dram(program.layout.bytes), machine(program.config(), dram), log(program.config()) {
    load(program);
  }
  void load(const ProgramBuilder& program) {
    for (const auto& [address, bytes] : program.images) dram.write(address, bytes.data(), bytes.size());
    dram.write(program.layout.program, program.program.data(), program.program.size() * sizeof(isa::Instruction));
    for (unsigned r = 0; r < isa::kRegions; ++r) machine.set_region(r, program.layout.regions[r]);
    machine.start(program.layout.program, static_cast<std::uint32_t>(program.length.value_or(program.program.size())));
  }
  machine::StepState run() { return machine.run(&log); }
  /// Feature word `addr` of a lane.
  std::vector<std::int8_t> word(unsigned lane, unsigned addr) {
    const unsigned v = machine.config().v;
    const std::int8_t* p = machine.feature(lane) + std::size_t{addr} * v;
    return {p, p + v};
  }

  machine::VectorDram dram;
  machine::Machine machine;
  EventLog log;
};

}  // namespace e8::test
