// Clock, control stand-in, feature memories and retire port of the bench.
#include "tests/rtl/dma/dma_bench.h"

#include <type_traits>

namespace e8::test {

namespace {

constexpr unsigned kIdleCycles = 12;  // longer than the engines hold back after an error

}  // namespace

std::uint64_t port_field(const std::uint8_t* port, unsigned lsb, unsigned bits) {
  std::uint64_t value = 0;
  for (unsigned i = 0; i < bits; ++i) {
    value |= static_cast<std::uint64_t>((port[(lsb + i) / 8] >> ((lsb + i) % 8)) & 1) << i;
  }
  return value;
}

DmaBench::DmaBench(const sim::MemoryOptions& options, std::uint64_t seed)
    : memory(options),
      top_(std::make_unique<E8_DUT>()),
      config_(bench_config()),
      random_(seed),
      random_stalls_(options.stalls != sim::StallMode::kNone) {
  feature.assign(config_.lanes, std::vector<std::uint8_t>(std::size_t{config_.feature_words} * config_.v));
  E8_DUT& t = *top_;
  memory.connect(axi_pins(t, config_.axi_bytes, E8_ADDR_BITS));
  t.rst_ni = 0;
  for (unsigned i = 0; i < 4; ++i) {
    t.clk_i = 0;
    t.eval();
    t.clk_i = 1;
    t.eval();
  }
  t.rst_ni = 1;
}

DmaBench::~DmaBench() { top_->final(); }

void DmaBench::start(const ProgramBuilder& program) {
  program_ = program.program;
  pc_ = 0;
  open_ = 0;
  last_was_store_ = stopped_ = ended_ = false;
  final_ = sim::FinalState{};
  for (unsigned r = 0; r < isa::kRegions; ++r) {
    const machine::RegionMap& map = program.layout.regions[r];
    constexpr unsigned kBytes = E8_ADDR_BITS / 8;
    std::memcpy(port_bytes(top_->region_base_i) + std::size_t{r} * kBytes, &map.base, kBytes);
    std::memcpy(port_bytes(top_->region_size_i) + std::size_t{r} * 4, &map.size, 4);
  }
}

bool DmaBench::run(std::uint64_t max_cycles) {
  unsigned quiet = 0;
  for (const std::uint64_t end = cycle_ + max_cycles; cycle_ < end;) {
    if (sink_ != nullptr && sink_->stop_wanted()) return false;
    tick();
    quiet = ended_ && idle() ? quiet + 1 : 0;
    if (quiet > kIdleCycles) return true;
  }
  return false;
}

bool DmaBench::idle() const {
  return top_->load_idle_o != 0 && top_->store_idle_o != 0 && top_->read_idle_o != 0 && top_->fetch_valid_i == 0;
}

void DmaBench::tick() {
  E8_DUT& t = *top_;
  memory.drive();
  issue();
  drive_fetch();
  drive_memories();
  t.clk_i = 0;
  t.eval();
  memory.sample();
  sample_engines();
  sample_fetch();
  sample_memories();
  retire();
  count_bursts();
  t.clk_i = 1;
  t.eval();
  ++cycle_;
}

/// One engine at a time: an instruction for the other waits until all before it are complete.
void DmaBench::issue() {
  E8_DUT& t = *top_;
  t.load_valid_i = t.store_valid_i = 0;
  if (ended_ || stopped_) {
    if (stopped_ && open_ == 0) ended_ = true;
    return;
  }
  if (pc_ == program_.size()) throw std::logic_error("the program has no END");
  const auto op = static_cast<isa::Opcode>(program_[pc_].opcode());
  if (op == isa::Opcode::kEND) {
    if (open_ == 0) final_.done = ended_ = true;
    return;
  }
  const bool is_store = op == isa::Opcode::kSTORE;
  if (is_store != last_was_store_ && open_ != 0) return;
  if (random_stalls_ && random_.chance(30)) return;
  std::memcpy(port_bytes(t.instr_i), program_[pc_].bytes.data(), 64);
  t.instr_index_i = pc_;
  (is_store ? t.store_valid_i : t.load_valid_i) = 1;
}

void DmaBench::report(std::uint8_t code, std::uint32_t index) {
  stopped_ = true;
  --open_;
  if (final_.error != isa::Error::kNONE && final_.error_pc < index) return;
  if (final_.error != isa::Error::kNONE && final_.error_pc == index) fail("two errors of one instruction");
  final_.error = static_cast<isa::Error>(code);
  final_.error_pc = index;
}

void DmaBench::sample_engines() {
  const E8_DUT& t = *top_;
  if ((t.load_valid_i != 0 && t.load_ready_o != 0) || (t.store_valid_i != 0 && t.store_ready_o != 0)) {
    last_was_store_ = t.store_valid_i != 0;
    ++open_;
    ++pc_;
  }
  if (open_ < unsigned{t.load_done_o} + t.store_done_o) fail("done without an instruction");
  open_ -= unsigned{t.load_done_o} + t.store_done_o;
  if (t.load_err_valid_o != 0) report(t.load_err_code_o, t.load_err_index_o);
  if (t.store_err_valid_o != 0) report(t.store_err_code_o, t.store_err_index_o);
}

void DmaBench::drive_fetch() {
  E8_DUT& t = *top_;
  t.fetch_rsp_ready_i = random_.chance(80);
  if (!fetch_traffic || ended_ || t.fetch_valid_i != 0 || !random_.chance(10)) return;
  std::uint64_t addr = random_.bits() % (dram().bytes - 4096);
  auto bytes = static_cast<unsigned>(random_.chance(80) ? 64 : random_.range(1, 4096));
  if (E8_SERIAL) {  // its reader knows instructions only
    addr &= ~std::uint64_t{63};
    bytes = 64;
  }
  t.fetch_addr_i = static_cast<std::remove_reference_t<decltype(t.fetch_addr_i)>>(addr);
  t.fetch_bytes_i = static_cast<std::uint16_t>(bytes);
  t.fetch_valid_i = 1;
}

/// The answers of the fetch port come in order, with the memory's bytes. (Writes go to other addresses than reads are
/// compared at only in programs without STORE, which are the ones that have fetch traffic.)
void DmaBench::sample_fetch() {
  E8_DUT& t = *top_;
  if (t.fetch_rsp_valid_o != 0 && t.fetch_rsp_ready_i != 0) {
    if (fetches_.empty()) {
      fail("answer on the fetch port without a request");
      return;
    }
    Fetch& f = fetches_.front();
    std::vector<std::uint8_t> want(t.rsp_bytes_o);
    memory.read(f.addr + f.got, want.data(), want.size());
    if (std::memcmp(want.data(), port_bytes(t.rsp_data_o) + t.rsp_offset_o, want.size()) != 0) fail("fetched bytes");
    f.got += t.rsp_bytes_o;
    if ((f.got >= f.bytes) != (t.rsp_last_o != 0) || f.got > f.bytes) fail("length of a fetch");
    if (t.rsp_last_o != 0) fetches_.pop_front();
  }
  if (t.fetch_valid_i != 0 && t.fetch_ready_o != 0) {
    fetches_.push_back({t.fetch_addr_i, t.fetch_bytes_i, 0});
    fetch_accepted_ = true;
  }
}

void DmaBench::drive_memories() {
  E8_DUT& t = *top_;
  if (fetch_accepted_) t.fetch_valid_i = 0;
  fetch_accepted_ = false;
  const std::uint64_t all = (std::uint64_t{1} << config_.lanes) - 1;
  const std::uint64_t ready = random_stalls_ ? random_.bits() & all : all;
  std::memcpy(port_bytes(t.fw_ready_i), &ready, sizeof t.fw_ready_i);
  t.sr_ready_i = !random_stalls_ || random_.chance(50);
  t.sr_data_valid_i = !answers_.empty() && answers_.front().at == cycle_;
  if (t.sr_data_valid_i == 0) return;
  for (unsigned l = 0; l < config_.lanes; ++l) {
    std::memcpy(port_bytes(t.sr_data_i) + std::size_t{l} * config_.v,
                feature[l].data() + std::size_t{answers_.front().addr} * config_.v, config_.v);
  }
  answers_.pop_front();
}

void DmaBench::sample_memories() {
  E8_DUT& t = *top_;
  if (t.sr_valid_o != 0 && t.sr_ready_i != 0) {
    answers_.push_back({cycle_ + kReadLatency, t.sr_addr_o});
    ++sr_words;
  }
  for (unsigned l = 0; l < config_.lanes; ++l) {
    if (port_field(port_bytes(t.fw_valid_o), l, 1) == 0 || port_field(port_bytes(t.fw_ready_i), l, 1) == 0) continue;
    const std::uint64_t addr = port_field(port_bytes(t.fw_addr_o), l * E8_FEATURE_LOG2, E8_FEATURE_LOG2);
    std::memcpy(feature[l].data() + addr * config_.v, port_bytes(t.fw_data_o) + std::size_t{l} * config_.v, config_.v);
  }
}

void DmaBench::retire() {
  E8_DUT& t = *top_;
  retire_shared();
  if (sink_ == nullptr) return;
  for (unsigned l = 0; l < config_.lanes; ++l) {
    if (port_field(port_bytes(t.retire_load_valid_o), l, 1) == 0) continue;
    sink_->on_load({cycle_, static_cast<std::uint32_t>(port_field(port_bytes(t.retire_load_instr_o), l * 32, 32)), l,
                    static_cast<std::uint32_t>(port_field(port_bytes(t.retire_load_addr_o), l * 16, 16)),
                    port_bytes(t.retire_load_data_o) + std::size_t{l} * config_.v});
  }
  if (t.retire_store_valid_o != 0) {
    sink_->on_store({cycle_, t.retire_store_instr_o, t.retire_store_addr_o, port_bytes(t.retire_store_data_o),
                     port_field(port_bytes(t.retire_store_strb_o), 0, config_.axi_bytes)});
  }
}

/// Tells the shared memories' events, each of which must be the write of the cycle before.
void DmaBench::retire_shared() {
  E8_DUT& t = *top_;
  const auto port = [&](unsigned which, isa::Target target, bool retired, std::uint32_t instr, std::uint32_t addr,
                        const std::uint8_t* data, std::size_t bytes, bool writes, std::uint64_t write_addr,
                        const std::uint8_t* write_data) {
    auto& before = written_[which];
    if (retired != before.has_value()) fail("retire port and write of a shared memory do not agree");
    if (retired && before.has_value() &&
        (before->first != addr || std::memcmp(before->second.data(), data, bytes) != 0)) {
      fail("retire port tells another write of a shared memory");
    }
    if (retired && sink_ != nullptr) sink_->on_shared({cycle_, target, instr, addr, data});
    before.reset();
    if (writes) before.emplace(write_addr, std::vector<std::uint8_t>(write_data, write_data + bytes));
  };
  port(0, isa::kTargetWeight, t.retire_wmem_valid_o != 0, t.retire_wmem_instr_o, t.retire_wmem_addr_o,
       port_bytes(t.retire_wmem_data_o), config_.weight_word_bytes(), t.wm_valid_o != 0, t.wm_addr_o,
       port_bytes(t.wm_data_o));
  port(1, isa::kTargetParam, t.retire_pmem_valid_o != 0, t.retire_pmem_instr_o, t.retire_pmem_addr_o,
       port_bytes(t.retire_pmem_data_o), config_.param_word_bytes() / config_.drain, t.pm_valid_o != 0, t.pm_addr_o,
       port_bytes(t.pm_data_o));
  port(2, isa::kTargetTable, t.retire_tmem_valid_o != 0, t.retire_tmem_instr_o, t.retire_tmem_addr_o,
       port_bytes(t.retire_tmem_data_o), 4, t.tm_valid_o != 0, t.tm_addr_o, port_bytes(t.tm_data_o));
}

void DmaBench::count_bursts() {
  const E8_DUT& t = *top_;
  open_reads_ += t.m_arvalid_o != 0 && t.m_arready_i != 0;
  open_writes_ += t.m_awvalid_o != 0 && t.m_awready_i != 0;
  most_reads = std::max(most_reads, open_reads_);
  most_writes = std::max(most_writes, open_writes_);
  open_reads_ -= t.m_rvalid_i != 0 && t.m_rready_o != 0 && t.m_rlast_i != 0;
  open_writes_ -= t.m_bvalid_i != 0 && t.m_bready_o != 0;
}

}  // namespace e8::test
