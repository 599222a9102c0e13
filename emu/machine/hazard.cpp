// Happens-before check: clocks, tokens and the rules of emu/isa/README.md ("Hazards").
#include "emu/machine/hazard.h"

#include <algorithm>
#include <string>

#include "emu/machine/memories.h"

namespace e8::machine {
namespace {

constexpr const char* kFeature = "feature word";

const char* shared_name(isa::Target target) {
  switch (target) {
    case isa::kTargetWeight:
      return "weight word";
    case isa::kTargetParam:
      return "parameter word";
    default:
      return "table entry";
  }
}

std::string hex(std::uint64_t value) {
  std::string s;
  do {
    s.insert(s.begin(), "0123456789abcdef"[value & 15u]);
    value >>= 4;
  } while (value != 0);
  return "0x" + s;
}

}  // namespace

HazardChecker::HazardChecker(const isa::Config& config) : feature_(config.feature_words) {
  shared_[isa::kTargetWeight].resize(config.weight_words);
  shared_[isa::kTargetParam].resize(config.param_words);
  shared_[isa::kTargetTable].resize(kTableEntries);
}

void HazardChecker::reset() {
  clock_ = {};
  for (auto& from : tokens_) {
    for (auto& channel : from) channel.clear();
  }
  std::fill(feature_.begin(), feature_.end(), Word{});
  for (auto& memory : shared_) std::fill(memory.begin(), memory.end(), SharedWord{});
  dram_written_.clear();
  dram_read_.clear();
  touched_.clear();
  now_ = 0;
}

void HazardChecker::begin(isa::Engine engine, std::uint32_t index, unsigned wait, unsigned signal, bool drain_wait) {
  engine_ = engine;
  now_ = index + 1;
  Clock& known = clock_[engine];
  for (unsigned from = 0; from < isa::kEngines; ++from) {
    if ((wait >> from & 1u) == 0) continue;
    const Clock& sent = tokens_[from][engine].front();
    for (unsigned e = 0; e < isa::kEngines; ++e) known[e] = std::max(known[e], sent[e]);
    tokens_[from][engine].pop_front();
  }
  if (drain_wait) known[engine] = index;  // everything before this instruction
  Clock done = known;
  done[engine] = now_;
  for (unsigned to = 0; to < isa::kEngines; ++to) {
    if ((signal >> to & 1u) != 0) tokens_[engine][to].push_back(done);
  }
}

void HazardChecker::check_activation(Word& w, std::uint32_t address) {
  ordered(isa::kLoadEngine, w.load_write, kFeature, address, "writes", "reads");
  ordered(isa::kExecEngine, w.exec_write, kFeature, address, "writes", "reads");
  w.exec_read = w.checked = now_;
}

void HazardChecker::read_residual(std::uint32_t address) {
  check_activation(feature_[address], address);
  feature_[address].residual_read = now_;
}

void HazardChecker::write_exec(std::uint32_t address) {
  Word& w = feature_[address];
  ordered(isa::kLoadEngine, w.load_write, kFeature, address, "writes", "writes");
  ordered(isa::kStoreEngine, w.store_read, kFeature, address, "reads", "writes");
  w.exec_write = now_;
  w.checked = 0;
}

void HazardChecker::write_shift(std::uint32_t address) {
  const Word& w = feature_[address];
  if (w.exec_write != now_) ordered(isa::kExecEngine, w.exec_write, kFeature, address, "writes", "writes");
  ordered(isa::kExecEngine, w.residual_read, kFeature, address, "reads", "writes");
  write_exec(address);
}

void HazardChecker::read_store(std::uint32_t address) {
  Word& w = feature_[address];
  ordered(isa::kLoadEngine, w.load_write, kFeature, address, "writes", "reads");
  ordered(isa::kExecEngine, w.exec_write, kFeature, address, "writes", "reads");
  w.store_read = now_;
}

void HazardChecker::write_load(isa::Target target, std::uint32_t address) {
  if (target != isa::kTargetFeature) {
    SharedWord& w = shared_[target][address];
    ordered(isa::kExecEngine, w.exec_read, shared_name(target), address, "reads", "writes");
    w.load_write = now_;
    return;
  }
  Word& w = feature_[address];
  ordered(isa::kExecEngine, w.exec_write, kFeature, address, "writes", "writes");
  ordered(isa::kExecEngine, w.exec_read, kFeature, address, "reads", "writes");
  ordered(isa::kStoreEngine, w.store_read, kFeature, address, "reads", "writes");
  w.load_write = now_;
}

void HazardChecker::read_shared(isa::Target target, std::uint32_t first, std::uint32_t last) {
  for (std::uint32_t a = std::min(first, last); a <= std::max(first, last); ++a) {
    SharedWord& w = shared_[target][a];
    ordered(isa::kLoadEngine, w.load_write, shared_name(target), a, "writes", "reads");
    w.exec_read = now_;
  }
}

void HazardChecker::touch_dram(std::uint64_t address, std::uint64_t bytes) {
  if (bytes == 0) return;
  if (!touched_.empty() && touched_.back().end == address) {
    touched_.back().end += bytes;
  } else {
    touched_.push_back({address, address + bytes});
  }
}

void HazardChecker::finish_dram() {
  const bool writes = engine_ == isa::kStoreEngine;
  std::sort(touched_.begin(), touched_.end(), [](const Interval& a, const Interval& b) { return a.begin < b.begin; });
  for (std::size_t i = 0; i < touched_.size();) {
    Interval joined = touched_[i];
    for (++i; i < touched_.size() && touched_[i].begin <= joined.end; ++i) {
      joined.end = std::max(joined.end, touched_[i].end);
    }
    const IntervalMap::Hit hit = (writes ? dram_read_ : dram_written_).highest(joined.begin, joined.end);
    const isa::Engine other = writes ? isa::kLoadEngine : isa::kStoreEngine;
    ordered(other, hit.value, "DRAM byte", hit.address, writes ? "reads" : "writes", writes ? "writes" : "reads");
    (writes ? dram_written_ : dram_read_).assign(joined.begin, joined.end, now_);
  }
  touched_.clear();
}

void HazardChecker::fail(std::uint32_t earlier, const char* memory, std::uint64_t address, const char* did,
                         const char* does) const {
  const bool own = earlier == now_;
  throw Hazard(earlier - 1, now_ - 1,
               "instruction " + std::to_string(now_ - 1) + " " + does + " " + memory + " " + hex(address) +
                   (own ? std::string(" that it wrote itself before")
                        : ", which instruction " + std::to_string(earlier - 1) + " " + did +
                              ": no token or drain_wait orders them"));
}

}  // namespace e8::machine
