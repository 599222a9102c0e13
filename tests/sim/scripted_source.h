// A machine under test that retires from a script. The script is recorded from an emulator of its own; a test then
// changes it, and lockstep must notice.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <vector>

#include "emu/machine/machine.h"
#include "sim/lockstep/faulty_dram.h"
#include "sim/retire.h"
#include "tests/sim/program_builder.h"

namespace e8::test {

struct ScriptedEvent {
  enum class Kind { kExec, kLoad, kShared, kStore } kind;
  machine::ExecKind exec_kind = machine::ExecKind::kWrite;
  isa::Target target = isa::kTargetFeature;
  std::uint32_t instr = 0, mask = 0;
  std::uint64_t addr = 0;
  unsigned lane = 0;
  std::vector<std::uint8_t> data;
  std::vector<std::int32_t> acc;
};

class ScriptedSource : public sim::RetireSource, private machine::EventSink {
 public:
  static constexpr unsigned kBeat = 16;  ///< bytes of a store beat

  /// Records the program.
  explicit ScriptedSource(const ProgramBuilder& p)
      : config_(p.config()), dram_(p.layout.bytes, kBeat), machine_(p.config(), dram_) {
    struct Memory {
      sim::FaultyDram& dram;
      void write_mem(std::uint64_t address, const void* data, std::size_t n) { dram.write(address, data, n); }
    } memory{dram_};
    p.load_into(memory);
    for (unsigned r = 0; r < isa::kRegions; ++r) machine_.set_region(r, p.layout.regions[r]);
    machine_.check_hazards(false);
    machine_.start(p.layout.program, static_cast<std::uint32_t>(p.program.size()));
    state.done = machine_.run(this) == machine::StepState::kDone;
    if (!state.done) {
      state.error = machine_.error();
      state.error_pc = machine_.error_pc();
    }
  }

  void set_sink(sim::RetireSink* sink) override { sink_ = sink; }
  bool run(std::uint64_t max_cycles) override {
    const std::uint64_t end = cycle_ + max_cycles;
    for (const ScriptedEvent& e : script) {
      if (cycle_ == end || sink_->stop_wanted()) return false;
      tell(e);
      ++cycle_;
    }
    return !sink_->stop_wanted();
  }
  std::uint64_t cycle() const override { return cycle_; }
  sim::FinalState final_state() override { return state; }
  sim::DramView dram() const override { return dram_.view(); }
  sim::FaultyDram& memory() { return dram_; }

  /// Positions of the events that `wanted` accepts.
  std::vector<std::size_t> find(const std::function<bool(const ScriptedEvent&)>& wanted) const {
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i < script.size(); ++i) {
      if (wanted(script[i])) found.push_back(i);
    }
    return found;
  }

  std::vector<ScriptedEvent> script;
  sim::FinalState state;

 private:
  void tell(const ScriptedEvent& e) {
    const auto addr = static_cast<std::uint32_t>(e.addr);
    switch (e.kind) {
      case ScriptedEvent::Kind::kExec:
        sink_->on_exec({cycle_, e.exec_kind, e.instr, e.mask, addr, reinterpret_cast<const std::int8_t*>(e.data.data()),
                        reinterpret_cast<const std::uint8_t*>(e.acc.data())});
        break;
      case ScriptedEvent::Kind::kLoad:
        sink_->on_load({cycle_, e.instr, e.lane, addr, e.data.data()});
        break;
      case ScriptedEvent::Kind::kShared:
        sink_->on_shared({cycle_, e.target, e.instr, addr, e.data.data()});
        break;
      case ScriptedEvent::Kind::kStore:
        sink_->on_store({cycle_, e.instr, e.addr, e.data.data(), e.mask});
        break;
    }
  }

  void on_exec(machine::ExecKind kind, std::uint32_t instr, std::uint32_t lane_mask, std::uint32_t addr,
               const std::int8_t* data, const std::int32_t* acc) override {
    const std::size_t n = std::size_t{config_.lanes} * config_.v;
    ScriptedEvent e{ScriptedEvent::Kind::kExec, kind, isa::kTargetFeature, instr, lane_mask, addr, 0, {}, {}};
    e.data.resize(n);
    e.acc.resize(n);
    if (data != nullptr) std::copy(data, data + n, e.data.begin());
    if (acc != nullptr) std::copy(acc, acc + n, e.acc.begin());
    script.push_back(e);
  }
  void on_load_feature(std::uint32_t instr, unsigned lane, std::uint32_t addr, const std::int8_t* word) override {
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(word);
    script.push_back({ScriptedEvent::Kind::kLoad, {}, {}, instr, 0, addr, lane, {bytes, bytes + config_.v}, {}});
  }
  void on_load_shared(isa::Target target, std::uint32_t instr, std::uint32_t addr, const std::uint8_t* word,
                      std::size_t bytes) override {
    const unsigned parts = target == isa::kTargetParam ? config_.drain : 1;
    const std::size_t part = bytes / parts;
    for (unsigned i = 0; i < parts; ++i) {
      script.push_back({ScriptedEvent::Kind::kShared,
                        {},
                        target,
                        instr,
                        0,
                        std::uint64_t{addr} * parts + i,
                        0,
                        {word + i * part, word + (i + 1) * part},
                        {}});
    }
  }
  void on_store(std::uint32_t instr, std::uint64_t address, const std::uint8_t* data, std::size_t bytes) override {
    while (bytes > 0) {
      const auto skip = static_cast<unsigned>(address % kBeat);
      const std::size_t n = std::min<std::size_t>(bytes, kBeat - skip);
      ScriptedEvent e{ScriptedEvent::Kind::kStore, {}, {}, instr, 0, address - skip, 0, {}, {}};
      e.mask = ((1u << n) - 1) << skip;
      e.data.resize(kBeat, 0xAA);
      std::copy(data, data + n, e.data.begin() + skip);
      script.push_back(e);
      address += n;
      data += n;
      bytes -= n;
    }
  }

  isa::Config config_;
  sim::FaultyDram dram_;
  machine::Machine machine_;
  sim::RetireSink* sink_ = nullptr;
  std::uint64_t cycle_ = 0;
};

}  // namespace e8::test
