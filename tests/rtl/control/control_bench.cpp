#include "tests/rtl/control/control_bench.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

double sc_time_stamp() { return 0; }

namespace e8::test {

using isa::Error;

std::uint64_t seed_or(std::uint64_t otherwise) {
  const char* given = std::getenv("EXACT8_SEED");
  return given != nullptr ? std::strtoull(given, nullptr, 0) : otherwise;
}

#if E8_SMALL
// One instruction at a time: they share its index, nobody needs that of a failed one, and its words are in a RAM.
#define E8_ENGINE(name)                                                                                 \
  {                                                                                                     \
    &dut->name##_instr_ready_i, &dut->name##_done_i, &dut->name##_err_valid_i, &dut->name##_err_code_i, \
        &dut->name##_idle_i, &ignored_, &dut->name##_instr_valid_o, &dut->index_o, nullptr              \
  }
#else
#define E8_ENGINE(name)                                                                                        \
  {                                                                                                            \
    &dut->name##_instr_ready_i, &dut->name##_done_i, &dut->name##_err_valid_i, &dut->name##_err_code_i,        \
        &dut->name##_idle_i, &dut->name##_err_index_i, &dut->name##_instr_valid_o, &dut->name##_instr_index_o, \
        dut->name##_instr_o.data()                                                                             \
  }
#endif

ControlBench::ControlBench(std::uint64_t seed) : random(seed), dut(std::make_unique<E8_DUT>()) {
  engines_[0].connect(0, E8_ENGINE(load));
  engines_[1].connect(1, E8_ENGINE(exec));
  engines_[2].connect(2, E8_ENGINE(store));
  reset();
}

ControlBench::~ControlBench() { dut->final(); }

void ControlBench::reset() {
  stopping = true;
  dut->rst_ni = 0;
  beats_.clear();
  for (int i = 0; i < 3; ++i) tick();
  dut->rst_ni = 1;
}

// ------------------------------------------------------------------------------------------------- engines

void ControlBench::drive_engine(ScriptedEngine& e) {
  ScriptedEngine::Pins& p = e.pins_;
  *p.done = *p.err_valid = 0;
  if (e.hold_ > 0) --e.hold_;
  for (auto& f : e.flights_) {
    const bool last_chance = &f == &e.flights_.front() && cycle >= f.end;
    if (f.code == Error::kNONE || f.told || (cycle < f.error_at && !last_chance)) continue;
    f.told = true;
    *p.err_valid = 1;
    *p.err_code = static_cast<CData>(f.code);
    *p.err_index = f.index;
    log[f.index].error = cycle;
    if (!first_error) first_error = cycle;
    e.hold_ = ScriptedEngine::kHold;
    break;
  }
  if (!e.flights_.empty() && cycle >= e.flights_.front().end) {
    const auto& f = e.flights_.front();
    if (f.code == Error::kNONE) {
      *p.done = 1;
      log[f.index].done = last_progress = cycle;
    }
    e.flights_.pop_front();
  }
  *p.idle = e.idle();
  *p.ready = e.hold_ == 0 && e.flights_.size() < surroundings.in_flight && chance(surroundings.ready_percent);
}

void ControlBench::accept(ScriptedEngine& e) {
  const std::uint32_t index = *e.pins_.index;
  ASSERT_LT(index, program.size());
  if (e.pins_.instr != nullptr) {
    EXPECT_EQ(std::memcmp(e.pins_.instr, program[index].bytes.data(), 64), 0) << "instruction " << index << " changed";
  }
  EXPECT_EQ(isa::engine_of(program[index]), e.number_);
  EXPECT_NE(program[index].opcode(), static_cast<unsigned>(isa::Opcode::kNOP));
  EXPECT_FALSE(log.count(index)) << "instruction " << index << " started twice";
  log[index] = {e.number_, cycle, kNever, kNever};
  ScriptedEngine::Flight f{index, cycle + pick(surroundings.min_latency, surroundings.max_latency), kNever,
                           Error::kNONE};
  if (!e.flights_.empty())
    f.end = std::max(f.end, e.flights_.back().end == kNever ? kNever : e.flights_.back().end + 1);
  if (const auto fault = faults.find(index); fault != faults.end()) {
    f.code = fault->second;
    f.error_at = pick(cycle + 1, f.end);
  }
  if (hanging.count(index)) f.end = f.error_at = kNever;
  e.flights_.push_back(f);
}

#if E8_SMALL
/// While an instruction is under way its words can be read from its slot, by both readers.
void ControlBench::read_slot() {
  bool busy = false;
  for (const ScriptedEngine& e : engines_) busy = busy || !e.flights_.empty();
  const std::uint32_t index = dut->index_o;
  const auto word_of = [&](unsigned word) {
    std::uint32_t value = 0;
    std::memcpy(&value, program[index].bytes.data() + 4 * word, 4);
    return value;
  };
  if (busy && asked_ == index) {
    EXPECT_EQ(dut->dma_instr_data_o, program[index].bytes[asked_byte_]) << "byte " << asked_byte_ << " of " << index;
    EXPECT_EQ(dut->exec_instr_data_o, word_of(asked_byte_ % 16)) << "word " << asked_byte_ % 16 << " of " << index;
    ++slot_reads;
  }
  asked_byte_ = (asked_byte_ + 1) % 64;
  asked_ = busy ? index : kNone;
  dut->dma_instr_addr_i = static_cast<SData>(dut->slot_o * 64u + asked_byte_);
  dut->exec_instr_addr_i = static_cast<CData>(dut->slot_o * 16u + asked_byte_ % 16);
}
#endif

void ControlBench::sample_engine(ScriptedEngine& e) {
  const bool valid = *e.pins_.valid != 0, ready = *e.pins_.ready != 0;
  // Only an error, the watchdog or a soft reset may take an offer back.
  EXPECT_TRUE(valid || !e.offered_ || first_error || stopping || irq_cycle != kNever)
      << "engine " << e.number_ << ": instr_valid fell in cycle " << cycle;
  e.offered_ = valid && !ready;
  if (valid && ready) accept(e);
}

// ------------------------------------------------------------------------------------------------- memory

void ControlBench::drive_memory() {
  dut->req_ready_i = chance(surroundings.request_percent);
  const bool now =
      !beats_.empty() && beats_.front().due <= cycle && !memory_hangs && !chance(surroundings.beat_gap_percent);
  dut->rsp_valid_i = now;
  dut->rsp_err_i = 0;
  dut->read_beat_i = now;
  if (!now) return;
  const std::uint64_t offset = beats_.front().address - program_base;
  const auto index = static_cast<std::uint32_t>(offset / 64);
  std::uint8_t data[E8_AXI_BYTES];
  for (std::uint64_t i = 0; i < E8_AXI_BYTES; ++i) {
    data[i] = index < program.size() ? program[index].bytes[(offset + i) % 64] : static_cast<std::uint8_t>(random());
  }
  std::memcpy(&dut->rsp_data_i, data, sizeof data);
  // The middle beat of an instruction fails.
  dut->rsp_err_i = read_faults.count(index) && offset % 64 / E8_AXI_BYTES == 64 / E8_AXI_BYTES / 2;
  last_progress = cycle;
  beats_.pop_front();
}

void ControlBench::sample_memory() {
  EXPECT_TRUE(dut->rsp_ready_o) << "fetch requested more than it can take";
  if (!dut->req_valid_o || !dut->req_ready_i || !dut->rst_ni) return;
  const std::uint64_t address = dut->req_addr_o, bytes = dut->req_bytes_o;
  EXPECT_EQ(address % 64, 0u);
  EXPECT_TRUE(bytes > 0 && bytes <= 4096 && bytes % 64 == 0) << bytes;
  EXPECT_EQ(address, program_base + requested_bytes) << "fetch is not sequential";
  requested_bytes += bytes;
  const std::uint64_t due = cycle + surroundings.read_latency;
  for (std::uint64_t b = 0; b < bytes; b += E8_AXI_BYTES) beats_.push_back({address + b, due});
}

void ControlBench::drive_pulses() {
  CData* const pins[6] = {&dut->cnt_step_i,      &dut->cnt_shift_i, &dut->cnt_wait_drain_i,
                          &dut->cnt_wait_port_i, &dut->read_beat_i, &dut->write_beat_i};
  for (unsigned i = 0; i < 6; ++i) {
    if (i != 4) *pins[i] = chance(step_percent);  // drive_memory has set it
    pulses[i] += *pins[i];
    if (*pins[i] && (i < 2 || i > 3)) last_progress = cycle;
  }
}

// ------------------------------------------------------------------------------------------------- time

void ControlBench::tick() {
  for (ScriptedEngine& e : engines_) drive_engine(e);
  dut->axi_quiet_i = beats_.empty() && !axi_busy;
  drive_memory();
  drive_pulses();
  dut->clk_i = 0;
  dut->eval();
#if E8_SMALL
  read_slot();
#endif
  for (ScriptedEngine& e : engines_) sample_engine(e);
  sample_memory();
  if (!dut->engine_rst_no) {
    if (dut->rst_ni) {
      EXPECT_TRUE(quiet_before_) << "soft reset while the AXI is busy";
      ++resets;
    }
    for (ScriptedEngine& e : engines_) e.reset();
  }
  quiet_before_ = dut->axi_quiet_i != 0;
  if (dut->irq_o && irq_cycle == kNever) irq_cycle = cycle;
  dut->clk_i = 1;
  dut->eval();
  ++cycle;
}

std::uint8_t ControlBench::write(std::uint32_t address, std::uint32_t data, unsigned strobe) {
  const std::uint64_t late_aw = surroundings.register_stalls ? pick(0, 5) : 0;
  const std::uint64_t late_w = surroundings.register_stalls ? pick(0, 5) : 0;
  bool aw = true, w = true;
  for (unsigned n = 0; n < 200; ++n) {
    dut->s_awaddr_i = static_cast<SData>(address);
    dut->s_wdata_i = data;
    dut->s_wstrb_i = static_cast<CData>(strobe);
    dut->s_awvalid_i = aw && n >= late_aw;
    dut->s_wvalid_i = w && n >= late_w;
    dut->s_bready_i = !surroundings.register_stalls || chance(40);
    dut->clk_i = 0;
    dut->eval();
    if (dut->s_awvalid_i && dut->s_awready_o) aw = false;
    if (dut->s_wvalid_i && dut->s_wready_o) w = false;
    const bool starts = dut->s_awvalid_i && dut->s_awready_o && address == isa::reg::CONTROL && (data & 1) != 0;
    const bool answered = dut->s_bvalid_o && dut->s_bready_i;
    const std::uint8_t response = dut->s_bresp_o;
    EXPECT_FALSE(dut->s_bvalid_o && (aw || w)) << "B before AW and W";
    tick();
    if (starts) pulses = {};
    if (!answered) continue;
    dut->s_bready_i = 0;
    return response;
  }
  ADD_FAILURE() << "no answer to a write at " << address;
  return 0xFF;
}

std::uint8_t ControlBench::read(std::uint32_t address, std::uint32_t* data) {
  bool ar = true;
  const std::uint64_t late = surroundings.register_stalls ? pick(0, 5) : 0;
  for (unsigned n = 0; n < 200; ++n) {
    dut->s_araddr_i = static_cast<SData>(address);
    dut->s_arvalid_i = ar && n >= late;
    dut->s_rready_i = !surroundings.register_stalls || chance(40);
    dut->clk_i = 0;
    dut->eval();
    EXPECT_FALSE(dut->s_rvalid_o && ar) << "R before AR";
    if (dut->s_arvalid_i && dut->s_arready_o) ar = false;
    const bool answered = dut->s_rvalid_o && dut->s_rready_i;
    const std::uint8_t response = dut->s_rresp_o;
    *data = dut->s_rdata_o;
    tick();
    if (!answered) continue;
    dut->s_rready_i = 0;
    return response;
  }
  ADD_FAILURE() << "no answer to a read at " << address;
  return 0xFF;
}

std::uint32_t ControlBench::reg(std::uint32_t address) {
  std::uint32_t data = 0;
  EXPECT_EQ(read(address, &data), 0) << address;
  return data;
}

std::uint64_t ControlBench::counter(std::uint32_t address_lo) {
  const std::uint64_t low = reg(address_lo);
  return low | std::uint64_t{reg(address_lo + 4)} << 32;
}

// ------------------------------------------------------------------------------------------------- programs

void ControlBench::start(const std::vector<isa::Instruction>& instructions, std::uint32_t length) {
  program = instructions;
  log.clear();
  first_error.reset();
  stopping = false;
  irq_cycle = kNever;
  requested_bytes = 0;
  write(isa::reg::PROG_ADDR_LO, static_cast<std::uint32_t>(program_base));
  write(isa::reg::PROG_ADDR_HI, static_cast<std::uint32_t>(program_base >> 32));
  write(isa::reg::PROG_LEN, length);
  write(isa::reg::IRQ_STATUS, 3);
  write(isa::reg::IRQ_ENABLE, 3);
  tick();
  irq_cycle = kNever;
  write(isa::reg::CONTROL, 1);
}

bool ControlBench::run(std::uint64_t limit) {
  const std::uint64_t end = cycle + limit;
  while (irq_cycle == kNever && cycle < end) tick();
  return irq_cycle != kNever;
}

void ControlBench::soft_reset() {
  stopping = true;
  write(isa::reg::CONTROL, 2);
  for (unsigned n = 0; (reg(isa::reg::STATUS) & 1) != 0; ++n) {
    if (n == 1000) {
      ADD_FAILURE() << "soft reset does not end";
      return;
    }
  }
  write(isa::reg::IRQ_STATUS, 3);
}

}  // namespace e8::test
