// The emulator's events, queued by stream until the machine under test makes them.
#include "sim/lockstep/expected_events.h"

namespace e8::sim {

ExpectedEvents::ExpectedEvents(const isa::Config& c)
    : exec(std::size_t{c.lanes} * c.v * 5),
      load(c.lanes, EventQueue(c.v)),
      weight(c.weight_word_bytes()),
      table(4),
      param(c.param_word_bytes() / c.drain),
      word_bytes_(std::size_t{c.lanes} * c.v),
      v_(c.v),
      drain_(c.drain) {}

void ExpectedEvents::clear() {
  exec.clear();
  for (EventQueue& q : load) q.clear();
  weight.clear();
  table.clear();
  param.clear();
  store.clear();
}

void ExpectedEvents::on_exec(machine::ExecKind kind, std::uint32_t instr, std::uint32_t lane_mask, std::uint32_t addr,
                             const std::int8_t* data, const std::int32_t* acc) {
  std::uint8_t* to = exec.push({instr, addr, lane_mask, static_cast<std::uint8_t>(kind), 0});
  if (data != nullptr) std::memcpy(to, data, word_bytes_);
  if (acc != nullptr) std::memcpy(to + word_bytes_, acc, word_bytes_ * 4);
}

void ExpectedEvents::on_load_feature(std::uint32_t instr, unsigned lane, std::uint32_t addr, const std::int8_t* word) {
  std::memcpy(load[lane].push({instr, addr, 0, 0, 0}), word, v_);
}

void ExpectedEvents::on_load_shared(isa::Target target, std::uint32_t instr, std::uint32_t addr,
                                    const std::uint8_t* word, std::size_t bytes) {
  if (target == isa::kTargetParam) {
    const std::size_t part_bytes = bytes / drain_;
    for (unsigned part = 0; part < drain_; ++part) {
      std::memcpy(param.push({instr, addr * drain_ + part, 0, 0, 0}), word + part * part_bytes, part_bytes);
    }
    return;
  }
  EventQueue& queue = target == isa::kTargetWeight ? weight : table;
  std::memcpy(queue.push({instr, addr, 0, 0, 0}), word, bytes);
}

void ExpectedEvents::on_store(std::uint32_t instr, std::uint64_t address, const std::uint8_t* data, std::size_t bytes) {
  store.expect(instr, address, data, bytes);
}

}  // namespace e8::sim
