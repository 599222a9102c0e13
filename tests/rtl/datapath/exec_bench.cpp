// Implementation of exec_bench.h.
#include "tests/rtl/datapath/exec_bench.h"

#include <cstring>
#include <sstream>

#include "emu/machine/vector_dram.h"

namespace e8::test {
namespace {

constexpr unsigned kLanes = E8_LANES, kV = E8_V, kWords = 1u << E8_FEATURE_LOG2;
constexpr unsigned kChannels = E8_V / E8_DRAIN;
// The last quarter of the feature memory is LOAD's (first half of it, written) and STORE's (second half, read).
constexpr unsigned kArea = kWords - kWords / 4, kStoreArea = kWords - kWords / 8;
constexpr std::uint64_t kRefuse = 7;  ///< cycles from an error on without instr_ready
constexpr std::uint64_t kHang = 3000;

/// A Verilator port as bytes, little-endian.
template <typename T>
std::uint8_t* bytes_of(T& port) {
  return reinterpret_cast<std::uint8_t*>(&port);
}

/// `bits` bits (at most 32) at bit `lsb` of a port.
void put(std::uint8_t* port, unsigned lsb, unsigned bits, std::uint32_t value) {
  for (unsigned i = 0; i < bits; ++i, ++lsb) {
    const auto bit = static_cast<std::uint8_t>(1u << lsb % 8);
    port[lsb / 8] = static_cast<std::uint8_t>((value >> i & 1) != 0 ? port[lsb / 8] | bit : port[lsb / 8] & ~bit);
  }
}

class Collector : public machine::EventSink {
 public:
  explicit Collector(std::vector<ExecEvent>& events) : events_(events) {}
  void on_exec(machine::ExecKind kind, std::uint32_t instr, std::uint32_t mask, std::uint32_t addr,
               const std::int8_t* data, const std::int32_t* acc) override {
    ExecEvent e{kind, instr, mask, addr, {}, {}};
    if (data != nullptr) e.data.assign(data, data + kLanes * kV);
    if (acc != nullptr) e.acc.assign(acc, acc + kLanes * kV);
    events_.push_back(std::move(e));
  }
  void on_load_feature(std::uint32_t, unsigned, std::uint32_t, const std::int8_t*) override {}
  void on_load_shared(isa::Target, std::uint32_t, std::uint32_t, const std::uint8_t*, std::size_t) override {}
  void on_store(std::uint32_t, std::uint64_t, const std::uint8_t*, std::size_t) override {}

 private:
  std::vector<ExecEvent>& events_;
};

std::string text(const ExecEvent& e, unsigned lane, unsigned channel) {
  std::ostringstream out;
  const unsigned i = lane * kV + channel;
  out << "kind " << static_cast<int>(e.kind) << " instruction " << e.instr << " mask " << e.mask << " address "
      << e.addr << ", lane " << lane << " channel " << channel;
  if (!e.data.empty()) out << " data " << static_cast<int>(e.data[i]);
  if (!e.acc.empty()) out << " accumulator " << e.acc[i];
  return out.str();
}

}  // namespace

isa::Config bench_config() {
  isa::Config c;
  c.name = "bench";
  c.lanes = kLanes;
  c.v = kV;
  c.feature_words = kWords;
  c.weight_words = 1u << E8_WEIGHT_LOG2;
  c.param_words = 1u << E8_PARAM_LOG2;
  c.drain = E8_DRAIN;
  c.mul_bits = E8_MUL_BITS;
  c.double_round = E8_DOUBLE_ROUND != 0;
  c.tables = E8_TABLES != 0;
  return c;
}

Contents::Contents(const isa::Config& c)
    : feature(c.lanes, std::vector<std::int8_t>(std::size_t{c.feature_words} * c.v)),
      weight(std::size_t{c.weight_words} * c.weight_word_bytes()),
      param(std::size_t{c.param_words} * c.param_word_bytes()),
      table(1024) {
  for (std::size_t i = 0; i < param.size(); i += 16) isa::pack_param({}, param.data() + i);
}

Expected expect(const std::vector<isa::Instruction>& program, const Contents& contents) {
  machine::VectorDram dram((program.size() + 1) * sizeof(isa::Instruction));
  std::vector<isa::Instruction> whole = program;
  whole.push_back(isa::encode(isa::End{}));
  dram.write(0, whole.data(), whole.size() * sizeof(isa::Instruction));

  machine::Machine emulator(bench_config(), dram);
  for (unsigned l = 0; l < kLanes; ++l) std::memcpy(emulator.feature(l), contents.feature[l].data(), kWords * kV);
  std::memcpy(emulator.weight(), contents.weight.data(), contents.weight.size());
  std::memcpy(emulator.param(), contents.param.data(), contents.param.size());
  std::memcpy(emulator.table(), contents.table.data(), contents.table.size() * 4);

  Expected want;
  Collector collector(want.events);
  emulator.start(0, static_cast<std::uint32_t>(whole.size()));
  if (emulator.run(&collector) == machine::StepState::kError) {
    want.error = emulator.error();
    want.error_pc = emulator.error_pc();
  }
  want.steps = emulator.mac_steps();
  for (unsigned l = 0; l < kLanes; ++l) {
    want.feature.emplace_back(emulator.feature(l), emulator.feature(l) + kWords * kV);
  }
  return want;
}

unsigned ExecBench::program_words() { return kArea; }

ExecBench::ExecBench(std::uint64_t seed) : top_(std::make_unique<E8_DUT>()), random_(seed), load_(kLanes) {
  for (LoadPort& p : load_) p.word.resize(kV);
  feature_.assign(kLanes, std::vector<std::int8_t>(kWords * kV));
  reset();
}

ExecBench::~ExecBench() { top_->final(); }

void ExecBench::edge() {
  top_->clk_i = 1;
  top_->eval();
  top_->clk_i = 0;
  ++cycle_;
}

void ExecBench::reset() {
  top_->clk_i = 0;
  top_->instr_valid_i = top_->wm_valid_i = top_->pm_valid_i = top_->sr_valid_i = 0;
#if !E8_SMALL
  top_->tm_valid_i = 0;
#endif
  top_->fw_valid_i = 0;
  store_valid_ = store_expected_ = false;
  for (LoadPort& p : load_) p.valid = false;
  top_->rst_ni = 0;
  top_->eval();
  edge();
  edge();
  top_->rst_ni = 1;
}

void ExecBench::load(const Contents& c) {
  reset();  // nothing else writes meanwhile
  const isa::Config config = bench_config();
  put(bytes_of(top_->fw_valid_i), 0, kLanes, ~0u);
  for (unsigned a = 0; a < kWords; ++a) {
    for (unsigned l = 0; l < kLanes; ++l) {
      put(bytes_of(top_->fw_addr_i), l * E8_FEATURE_LOG2, E8_FEATURE_LOG2, a);
      std::memcpy(bytes_of(top_->fw_data_i) + l * kV, c.feature[l].data() + a * kV, kV);
    }
    top_->eval();
    edge();
  }
  top_->fw_valid_i = 0;
  top_->wm_valid_i = 1;
  for (unsigned a = 0; a < config.weight_words; ++a) {
    put(bytes_of(top_->wm_addr_i), 0, E8_WEIGHT_LOG2, a);
    std::memcpy(bytes_of(top_->wm_data_i), c.weight.data() + a * kV * kV, kV * kV);
    top_->eval();
    edge();
  }
  top_->wm_valid_i = 0;
  top_->pm_valid_i = 1;
  for (unsigned a = 0; a < config.param_words * E8_DRAIN; ++a) {
    put(bytes_of(top_->pm_addr_i), 0, 8 * sizeof(top_->pm_addr_i), a);
    std::memcpy(bytes_of(top_->pm_data_i), c.param.data() + a * kChannels * 16, kChannels * 16);
    top_->eval();
    edge();
  }
  top_->pm_valid_i = 0;
#if !E8_SMALL
  top_->tm_valid_i = config.tables ? 1 : 0;
  for (unsigned a = 0; config.tables && a < 1024; ++a) {
    put(bytes_of(top_->tm_addr_i), 0, 10, a);
    std::memcpy(bytes_of(top_->tm_data_i), &c.table[a], 4);
    top_->eval();
    edge();
  }
  top_->tm_valid_i = 0;
#endif
  feature_ = c.feature;
}

void ExecBench::fail(const std::string& what) {
  if (problem_.empty()) problem_ = "cycle " + std::to_string(cycle_) + ": " + what;
}

std::vector<std::int8_t> ExecBench::random_word() {
  std::vector<std::int8_t> word(kV);
  for (std::int8_t& b : word) b = static_cast<std::int8_t>(random_.bits());
  return word;
}

std::string ExecBench::run(const std::vector<isa::Instruction>& program, const Expected& want, const Traffic& traffic) {
  program_ = &program;
  want_ = &want;
  traffic_ = traffic;
  if (traffic.load == 0 && traffic.store == 0) traffic_.reads_only = true;
  problem_.clear();
  next_ = done_ = 0;
  event_ = 0;
  offered_ = failed_ = false;
  counts = {};
  compare_store_ = !traffic_.reads_only;
  const std::uint64_t start = cycle_;
  std::uint64_t progress = cycle_, quiet = 0;
  const bool fails = want.error != isa::Error::kNONE;
  // Some cycles more, for whatever must not come.
  while (problem_.empty() && quiet < 60) {
    const std::size_t before = next_ + done_ + event_ + counts.steps;
    drive();
    top_->eval();
    sample();
    edge();
    if (next_ + done_ + event_ + counts.steps != before) progress = cycle_;
    if (cycle_ - progress > kHang) fail("no progress");
    const bool ended = fails ? failed_ : done_ == program.size();
    quiet = ended && top_->idle_o != 0 ? quiet + 1 : 0;
  }
  counts.cycles = cycle_ - start - quiet;
  if (problem_.empty() && event_ != want.events.size()) {
    fail(std::to_string(event_) + " events, want " + std::to_string(want.events.size()));
  }
  if (problem_.empty() && !fails && counts.steps != want.steps) {
    fail(std::to_string(counts.steps) + " steps, want " + std::to_string(want.steps));
  }
  if (problem_.empty()) compare_memory();
  return problem_;
}

void ExecBench::drive() {
  // Once offered, an instruction stays; after an error the control has 7 cycles to take it away.
  if (failed_ && (E8_SMALL || cycle_ >= failed_at_ + kRefuse - 1)) offered_ = false;
  const bool turn = !E8_SMALL || next_ == done_;  // SMALL: one at a time
  if (!failed_ && !offered_ && turn && next_ < program_->size() && !random_.chance(traffic_.idle)) offered_ = true;
  top_->instr_valid_i = offered_ ? 1 : 0;
#if E8_SMALL
  // The instruction stays the one of done_ until it ends; its words come a cycle after their address.
  top_->slot_i = done_ % 16;
  top_->instr_index_i = done_;
  top_->instr_data_i = static_cast<IData>(random_.bits());
  if (done_ < program_->size() && word_addr_ / 16 == done_ % 16) {
    std::memcpy(&top_->instr_data_i, (*program_)[done_].bytes.data() + word_addr_ % 16 * 4, 4);
  }
#else
  if (offered_) std::memcpy(bytes_of(top_->instr_i), (*program_)[next_].bytes.data(), 64);
  top_->instr_index_i = next_;
#endif

  for (unsigned l = 0; l < kLanes; ++l) {
    LoadPort& p = load_[l];
    if (!p.valid && !traffic_.reads_only && random_.chance(traffic_.load)) {
      p.valid = true;
      p.addr = kArea + static_cast<std::uint32_t>(random_.bits() % (kStoreArea - kArea));
      p.word = random_word();
    }
    put(bytes_of(top_->fw_valid_i), l, 1, p.valid ? 1 : 0);
    put(bytes_of(top_->fw_addr_i), l * E8_FEATURE_LOG2, E8_FEATURE_LOG2, p.addr);
    std::memcpy(bytes_of(top_->fw_data_i) + l * kV, p.word.data(), kV);
  }
  if (!store_valid_ && random_.chance(traffic_.store)) {
    store_valid_ = true;
    store_addr_ = kStoreArea + static_cast<std::uint32_t>(random_.bits() % (kWords - kStoreArea));
  }
  top_->sr_valid_i = store_valid_ ? 1 : 0;
  put(bytes_of(top_->sr_addr_i), 0, E8_FEATURE_LOG2, store_addr_);
}

void ExecBench::sample() {
#if E8_SMALL
  word_addr_ = top_->instr_addr_o;
#endif
  sample_event();
  sample_end();
  count_conflicts();
  if (top_->cnt_step_o != 0) {
    if (counts.steps++ == 0) first_step_ = cycle_;
    counts.step_span = cycle_ - first_step_ + 1;
  }
  counts.shifts += top_->cnt_shift_o;
  counts.wait_drain += top_->cnt_wait_drain_o;
  counts.wait_port += top_->cnt_wait_port_o;
  if (offered_ && top_->instr_ready_o != 0) {
    // SMALL's control stops in the next cycle.
    if (!E8_SMALL && failed_ && cycle_ < failed_at_ + kRefuse) fail("accepts an instruction right after an error");
    offered_ = false;
    ++next_;
  }
  if (top_->cnt_step_o != 0 && next_ == 0) fail("a step without an instruction");
  sample_load();
  sample_store();
}

void ExecBench::count_conflicts() {
  const bool store = store_valid_, store_wins = store && top_->sr_ready_o != 0;
  const bool step = top_->cnt_step_o != 0, shift = top_->cnt_shift_o != 0, loses = top_->cnt_wait_port_o != 0;
  const bool is_shift = next_ > 0 && (*program_)[next_ - 1].opcode() == static_cast<unsigned>(isa::Opcode::kSHIFT);
  if (store && !store_wins && step) ++conflicts.step_beats_store;
  if (store && !store_wins && shift) ++conflicts.shift_beats_store;
  if (store_wins && loses) ++(is_shift ? conflicts.store_beats_shift : conflicts.store_beats_step);
  if (!store_wins && loses) ++conflicts.residual_beats_step;
  if (store && !store_wins && !step && !shift) ++conflicts.residual_beats_store;
  if (loses && (step || shift)) fail("a step is issued and counted as lost");
  if (store_wins && (step || shift)) fail("STORE and a step read at once");
}

void ExecBench::sample_event() {
  if (top_->retire_exec_valid_o == 0) return;
  if (event_ == want_->events.size())
    return fail("an event too many, of instruction " + std::to_string(top_->retire_exec_instr_o));
  const ExecEvent& want = want_->events[event_++];
  ExecEvent got{static_cast<machine::ExecKind>(top_->retire_exec_kind_o),
                top_->retire_exec_instr_o,
                static_cast<std::uint32_t>(top_->retire_exec_mask_o),
                top_->retire_exec_addr_o,
                std::vector<std::int8_t>(kLanes * kV),
                std::vector<std::int32_t>(kLanes * kV)};
  std::memcpy(got.data.data(), bytes_of(top_->retire_exec_data_o), kLanes * kV);
  std::memcpy(got.acc.data(), bytes_of(top_->retire_exec_acc_o), std::size_t{kLanes} * kV * 4);
  const bool hold = want.kind == machine::ExecKind::kHold, shift = want.kind == machine::ExecKind::kShift;
  const auto differ = [&](unsigned lane, unsigned channel) {
    fail("event " + std::to_string(event_ - 1) + ": got " + text(got, lane, channel) + "; want " +
         text(want, lane, channel));
  };
  if (got.kind != want.kind || got.instr != want.instr || got.mask != want.mask || (!hold && got.addr != want.addr)) {
    return differ(0, 0);
  }
  for (unsigned l = 0; l < kLanes; ++l) {
    if ((want.mask >> l & 1) == 0 && !hold && !shift) continue;
    for (unsigned j = 0; j < kV; ++j) {
      if (!hold && got.data[l * kV + j] != want.data[l * kV + j]) return differ(l, j);
      if (!shift && got.acc[l * kV + j] != want.acc[l * kV + j]) return differ(l, j);
    }
  }
}

void ExecBench::sample_end() {
  if (top_->done_o != 0) {
    ++done_;
    if (done_ > next_) return fail("done without an instruction");
    if (event_ < want_->events.size() && want_->events[event_].instr < done_) {
      fail("instruction " + std::to_string(done_ - 1) + " is done before its writes");
    }
    if (want_->error != isa::Error::kNONE && done_ > want_->error_pc) {
      fail("instruction " + std::to_string(done_ - 1) + " is done, want an error");
    }
  }
  if (top_->err_valid_o != 0) {
    if (failed_) return fail("a second error");
    failed_ = true;
    failed_at_ = cycle_;
#if E8_SMALL
    const std::uint32_t index = top_->instr_index_i;
#else
    const std::uint32_t index = top_->err_index_o;
#endif
    if (top_->err_code_o != static_cast<unsigned>(want_->error) || index != want_->error_pc) {
      fail("error " + std::to_string(top_->err_code_o) + " of instruction " + std::to_string(index) + "; want " +
           std::to_string(static_cast<unsigned>(want_->error)) + " of " + std::to_string(want_->error_pc));
    }
    if (done_ != want_->error_pc) fail("an error before the instructions before it are done");
  }
}

void ExecBench::sample_load() {
  for (unsigned l = 0; l < kLanes; ++l) {
    LoadPort& p = load_[l];
    if (!p.valid) continue;
    if ((top_->fw_ready_o >> l & 1) == 0) {
      const bool shift = event_ < want_->events.size() && want_->events[event_].kind == machine::ExecKind::kShift;
      ++(shift ? conflicts.shift_beats_load : conflicts.exec_beats_load);
      continue;
    }
    std::memcpy(feature_[l].data() + p.addr * kV, p.word.data(), kV);
    p.valid = false;
  }
}

void ExecBench::sample_store() {
  if (store_expected_ != (top_->sr_data_valid_o != 0)) return fail("STORE's data at the wrong time");
  if (store_expected_ && compare_store_) {
    for (unsigned l = 0; l < kLanes; ++l) {
      if (std::memcmp(bytes_of(top_->sr_data_o) + l * kV, feature_[l].data() + store_read_ * kV, kV) != 0) {
        fail("STORE reads something else in lane " + std::to_string(l) + ", word " + std::to_string(store_read_));
      }
    }
  }
  store_expected_ = store_valid_ && top_->sr_ready_o != 0;
  store_read_ = store_addr_;
  if (store_expected_) store_valid_ = false;
}

/// Reads everything through STORE's port; what is not the program's is as the neighbours left it.
void ExecBench::compare_memory() {
  for (LoadPort& p : load_) p.valid = false;
  top_->fw_valid_i = 0;
  for (unsigned l = 0; l < kLanes; ++l) {
    std::memcpy(feature_[l].data(), want_->feature[l].data(), (traffic_.reads_only ? kWords : kArea) * kV);
  }
  for (unsigned a = 0; a <= kWords && problem_.empty(); ++a) {
    store_valid_ = a < kWords;
    store_addr_ = a;
    top_->sr_valid_i = store_valid_ ? 1 : 0;
    put(bytes_of(top_->sr_addr_i), 0, E8_FEATURE_LOG2, a);
    top_->eval();
    sample_store();
    compare_store_ = true;  // not yet for what was read before
    if (store_valid_) fail("STORE has to wait for an idle engine");
    edge();
  }
}

}  // namespace e8::test
