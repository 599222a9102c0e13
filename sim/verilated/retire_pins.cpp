// Retire port pins to events.
#include "sim/verilated/retire_pins.h"

#include <cstring>

#include "sim/verilated/axi_pins.h"
#include "sim/verilated/plugin_loader.h"

namespace e8::sim {

namespace {

template <typename T>
T load_le(const std::uint8_t* p) {
  T value;
  std::memcpy(&value, p, sizeof value);
  return value;
}

}  // namespace

RetirePins::RetirePins(const Model& m)
    : lanes_(m.plugin().config().lanes), v_(m.plugin().config().v), axi_bytes_(m.plugin().config().axi_bytes) {
  const unsigned word_bits = lanes_ * v_ * 8;
  exec_ = shared_port(m, "retire_exec_", word_bits);
  exec_kind_ = m.output("retire_exec_kind", 2);
  exec_mask_ = m.output("retire_exec_mask", lanes_);
  exec_acc_ = m.output("retire_exec_acc", word_bits * 4);
  load_.valid = m.output("retire_load_valid", lanes_);
  load_.instr = m.output("retire_load_instr", lanes_ * 32);
  load_.addr = m.output("retire_load_addr", lanes_ * 16);
  load_.data = m.output("retire_load_data", word_bits);
  weight_ = shared_port(m, "retire_wmem_", v_ * v_ * 8);
  param_ = shared_port(m, "retire_pmem_", v_ / m.plugin().config().drain * 128);
  table_ = shared_port(m, "retire_tmem_", 32);
  store_.valid = m.output("retire_store_valid", 1);
  store_.instr = m.output("retire_store_instr", 32);
  store_.addr = m.output("retire_store_addr", 64);
  store_.data = m.output("retire_store_data", axi_bytes_ * 8);
  store_strobe_ = m.output("retire_store_strb", axi_bytes_);
}

RetirePins::Port RetirePins::shared_port(const Model& m, const std::string& name, unsigned data_bits) const {
  return {m.output(name + "valid", 1), m.output(name + "instr", 32), m.output(name + "addr", 16),
          m.output(name + "data", data_bits)};
}

void RetirePins::sample(std::uint64_t cycle, RetireSink& sink) const {
  if (*exec_.valid != 0) exec_event(cycle, sink);
  if (load_.valid[0] != 0 || (lanes_ > 8 && load_.valid[1] != 0)) load_events(cycle, sink);
  if (*weight_.valid != 0) shared_event(weight_, isa::kTargetWeight, cycle, sink);
  if (*param_.valid != 0) shared_event(param_, isa::kTargetParam, cycle, sink);
  if (*table_.valid != 0) shared_event(table_, isa::kTargetTable, cycle, sink);
  if (*store_.valid != 0) store_event(cycle, sink);
}

void RetirePins::exec_event(std::uint64_t cycle, RetireSink& sink) const {
  sink.on_exec({cycle, static_cast<machine::ExecKind>(*exec_kind_), load_le<std::uint32_t>(exec_.instr),
                static_cast<std::uint32_t>(AxiPins::load_strobe(exec_mask_, lanes_)),
                load_le<std::uint16_t>(exec_.addr), reinterpret_cast<const std::int8_t*>(exec_.data), exec_acc_});
}

void RetirePins::load_events(std::uint64_t cycle, RetireSink& sink) const {
  const auto valid = AxiPins::load_strobe(load_.valid, lanes_);
  for (unsigned l = 0; l < lanes_; ++l) {
    if (((valid >> l) & 1) == 0) continue;
    sink.on_load({cycle, load_le<std::uint32_t>(load_.instr + 4 * std::size_t{l}), l,
                  load_le<std::uint16_t>(load_.addr + 2 * std::size_t{l}), load_.data + std::size_t{l} * v_});
  }
}

void RetirePins::shared_event(const Port& port, isa::Target target, std::uint64_t cycle, RetireSink& sink) {
  sink.on_shared({cycle, target, load_le<std::uint32_t>(port.instr), load_le<std::uint16_t>(port.addr), port.data});
}

void RetirePins::store_event(std::uint64_t cycle, RetireSink& sink) const {
  sink.on_store({cycle, load_le<std::uint32_t>(store_.instr), load_le<std::uint64_t>(store_.addr), store_.data,
                 AxiPins::load_strobe(store_strobe_, axi_bytes_)});
}

}  // namespace e8::sim
