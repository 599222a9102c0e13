// Random programs. The memories are used in windows (anywhere in them, as wide as it takes), so that big builds need no
// more cycles than small ones; a prologue fills the windows.
#include "tests/sim/random_program.h"

#include <algorithm>
#include <cstring>

#include "emu/machine/vector_dram.h"
#include "tests/sim/dependencies.h"
#include "tests/sim/random_dma.h"
#include "tests/sim/random_exec.h"

namespace e8::test {
namespace {

// The weights region: random bytes for weights, legal parameter records, tables.
constexpr std::uint32_t kWeightBytes = 0x20000, kParamAt = 0x20000, kParamBytes = 0x10000, kTableAt = 0x30000;
constexpr std::uint32_t kTableBytes = 0x4000;
constexpr std::int64_t kEntries = 1024;

template <typename I>
constexpr isa::Engine kEngineOf = isa::kExecEngine;
template <>
constexpr isa::Engine kEngineOf<isa::Load> = isa::kLoadEngine;
template <>
constexpr isa::Engine kEngineOf<isa::Store> = isa::kStoreEngine;

class Generator {
 public:
  Generator(Random& random, const isa::Config& config, const RandomProgramOptions& options)
      : random_(random), c_(config), options_(options), p_(config) {
    // Addresses that go astray may reach any word.
    const bool whole = options.flaw == Flaw::kDmaAddress || options.flaw == Flaw::kExecAddress;
    feature_ = window(c_.feature_words, whole ? c_.feature_words : 600);
    weight_ = window(c_.weight_words, whole ? c_.weight_words : 48);
    param_ = window(c_.param_words, whole ? c_.param_words : 12);
  }

  ProgramBuilder make() {
    images();
    prologue();
    const auto flawed = options_.flaw == Flaw::kNone ? options_.instructions : random_.bits() % options_.instructions;
    for (unsigned i = 0; i < options_.instructions; ++i) {
      if (i == flawed) add_flaw();
      add_random();
    }
    if (options_.flaw != Flaw::kProgramEnd) p_.end();
    return std::move(p_);
  }

 private:
  Words window(std::uint32_t depth, std::int64_t words) {
    const std::int64_t n = std::min<std::int64_t>(depth, words);
    return {random_.chance(30) ? depth - n : random_.range(0, depth - n), n};
  }
  /// At least `least` words of a window.
  Words part(const Words& of, std::int64_t least) {
    const std::int64_t n = random_.range(std::min(least, of.words), of.words);
    return {of.first + random_.range(0, of.words - n), n};
  }
  DmaSpace space(const Words& words, isa::Region region, std::uint32_t first_byte, std::uint32_t bytes) const {
    return {static_cast<std::uint32_t>(words.first), static_cast<std::uint32_t>(words.words), region, first_byte,
            bytes};
  }

  // ---- contents

  isa::ParamRecord record() {
    isa::ParamRecord r;
    const int size = static_cast<int>(random_.range(1, 24));
    r.b2 = random_.range(-(std::int64_t{1} << size), std::int64_t{1} << size);
    const std::int64_t bits = c_.mul_bits == 0 ? 0 : random_.range(1, c_.mul_bits);
    const auto multiplier = [&] { return static_cast<std::uint32_t>(random_.range(0, (std::int64_t{1} << bits) - 1)); };
    r.mp = bits == 0 ? 1 : multiplier();
    r.mn = bits == 0 || random_.chance(50) ? r.mp : multiplier();
    r.s = static_cast<std::uint8_t>(std::min<std::int64_t>(62, bits + random_.range(1, 16)));
    if (random_.chance(3)) r.s = static_cast<std::uint8_t>(random_.range(1, 62));
    return r;
  }
  isa::ParamRecord hot_record() {
    isa::ParamRecord r = record();
    r.b2 = (std::int64_t{1} << 32) - 1 - random_.range(0, 2000);
    if (random_.chance(50)) r.b2 = -r.b2;
    return r;
  }
  void images() {
    p_.put(isa::kRegionWeights, 0, random_.bytes(kWeightBytes));
    std::vector<isa::ParamRecord> records(kParamBytes / 16);
    for (isa::ParamRecord& r : records) r = record();
    p_.put_params(isa::kRegionWeights, kParamAt, records);
    std::vector<std::uint8_t> tables(kTableBytes);
    for (std::size_t i = 0; i < tables.size(); i += 4) {
      const auto entry = static_cast<std::int32_t>(random_.range(-(1 << 29), 1 << 29) >> random_.range(0, 24));
      std::memcpy(tables.data() + i, &entry, 4);
    }
    p_.put(isa::kRegionWeights, kTableAt, std::move(tables));
    for (const isa::Region r : {isa::kRegionInput, isa::kRegionOutput, isa::kRegionScratch}) {
      p_.put(r, 0, random_.bytes(p_.layout.regions[r].size));
    }
  }
  /// Fills a window in pieces of at most `most` words; load(first, words) makes the instruction.
  template <typename F>
  void fill(Access::Memory memory, const Words& window, std::int64_t most, F load) {
    for (std::int64_t done = 0; done < window.words; done += most) {
      const Words piece{window.first + done, std::min(most, window.words - done)};
      add(load(static_cast<std::uint32_t>(piece.first), static_cast<std::uint32_t>(piece.words)),
          {access(memory, piece, true)}, false);
    }
  }
  void prologue() {
    fill(Access::kFeature, feature_, p_.layout.regions[isa::kRegionInput].size / (c_.v * c_.lanes),
         [&](std::uint32_t first, std::uint32_t n) { return p_.load_lanes(isa::kRegionInput, 0, first, n); });
    const auto shared = [&](isa::Target target, std::uint32_t at) {
      return [this, target, at](std::uint32_t first, std::uint32_t n) {
        return p_.load(target, isa::kRegionWeights, at, first, n);
      };
    };
    fill(Access::kWeight, weight_, kWeightBytes / c_.weight_word_bytes(), shared(isa::kTargetWeight, 0));
    fill(Access::kParam, param_, kParamBytes / c_.param_word_bytes(), shared(isa::kTargetParam, kParamAt));
    if (c_.tables) fill(Access::kTable, {0, kEntries}, kEntries, shared(isa::kTargetTable, kTableAt));
  }

  // ---- instructions

  static Access access(Access::Memory memory, const Words& w, bool write, bool residual = false) {
    return {memory, w.first, w.first + w.words - 1, write, residual};
  }
  Access dram(isa::Region region, std::uint32_t first, std::uint32_t bytes, bool write) const {
    const auto base = static_cast<std::int64_t>(p_.layout.regions[region].base);
    return {Access::kDram, base + first, base + first + bytes - 1, write, false};
  }
  template <typename I>
  void set_drain(I& i, bool drain) {
    if constexpr (std::is_same_v<I, isa::Exec> || std::is_same_v<I, isa::Shift>) {
      i.drain_wait = drain || random_.chance(10) ? 1 : 0;
    }
  }
  template <typename I>
  void add(I i, const std::vector<Access>& accesses, bool extra_tokens = true) {
    if (extra_tokens && random_.chance(15)) deps_.want_token(static_cast<isa::Engine>(random_.range(0, 2)));
    const auto needs = deps_.add(p_.program, kEngineOf<I>, std::is_same_v<I, isa::Shift>, accesses);
    i.wait = needs.wait;
    set_drain(i, needs.drain_wait);
    p_.add(i);
  }

  void add_random() {
    const std::int64_t what = random_.range(0, 99);
    if (what < 30) {
      add_load();
    } else if (what < 62) {
      add_exec();
    } else if (what < 74) {
      add_shift();
    } else if (what < 93) {
      add_store();
    } else {
      add_nop();
    }
  }
  void add_nop() {
    isa::Nop n;
    n.engine = random_.range(0, 2);
    for (unsigned from = 0; from < isa::kEngines; ++from) {
      if (random_.chance(40)) deps_.want_token(static_cast<isa::Engine>(from));
    }
    n.wait = deps_.add(p_.program, static_cast<isa::Engine>(n.engine), false, {}).wait;
    p_.add(n);
  }

  /// A part of a region that DMA uses.
  struct Bytes {
    std::uint32_t first, bytes;
  };
  Bytes bytes_of(isa::Region region) {
    const std::uint32_t size = p_.layout.regions[region].size;
    const auto n = static_cast<std::uint32_t>(random_.range(0x4000, 0x10000));
    return {static_cast<std::uint32_t>(random_.range(0, size - n)), n};
  }
  isa::Load feature_load(std::vector<Access>* accesses) {
    const isa::Region region = random_.chance(70)   ? isa::kRegionInput
                               : random_.chance(50) ? isa::kRegionOutput
                                                    : isa::kRegionScratch;
    const Bytes b = bytes_of(region);
    const Words w = part(feature_, 40);
    *accesses = {access(Access::kFeature, w, true), dram(region, b.first, b.bytes, false)};
    return random_feature_load(random_, c_, space(w, region, b.first, b.bytes));
  }
  void add_load() {
    std::vector<Access> accesses;
    switch (random_.range(0, c_.tables ? 5 : 4)) {
      case 3: {
        const Words w = part(weight_, 4);
        add(random_shared_load(random_, c_, isa::kTargetWeight, space(w, isa::kRegionWeights, 0, kWeightBytes)),
            {access(Access::kWeight, w, true)});
        return;
      }
      case 4: {
        const Words w = part(param_, 3);
        isa::Load l =
            random_shared_load(random_, c_, isa::kTargetParam, space(w, isa::kRegionWeights, kParamAt, kParamBytes));
        l.dram &= ~std::int64_t{15};  // whole records
        add(l, {access(Access::kParam, w, true)});
        return;
      }
      case 5: {
        const Words w = part({0, kEntries}, 20);
        isa::Load l =
            random_shared_load(random_, c_, isa::kTargetTable, space(w, isa::kRegionWeights, kTableAt, kTableBytes));
        l.dram &= ~std::int64_t{3};  // whole entries
        add(l, {access(Access::kTable, w, true)});
        return;
      }
      default: {
        const isa::Load l = feature_load(&accesses);
        add(l, accesses);
      }
    }
  }
  isa::Store feature_store(std::vector<Access>* accesses) {
    const isa::Region region = random_.chance(60) ? isa::kRegionOutput : isa::kRegionScratch;
    const Bytes b = bytes_of(region);
    const Words w = part(feature_, 40);
    *accesses = {access(Access::kFeature, w, false), dram(region, b.first, b.bytes, true)};
    return random_store(random_, c_, space(w, region, b.first, b.bytes));
  }
  void add_store() {
    std::vector<Access> accesses;
    const isa::Store s = feature_store(&accesses);
    add(s, accesses);
  }

  /// Two disjoint parts of the feature window.
  std::pair<Words, Words> two_parts() {
    const std::int64_t cut = random_.range(feature_.words / 4, feature_.words * 3 / 4);
    const Words low{feature_.first, cut}, high{feature_.first + cut, feature_.words - cut};
    const Words a = part(low, 40), b = part(high, 40);
    return random_.chance(50) ? std::make_pair(a, b) : std::make_pair(b, a);
  }
  std::vector<Access> exec_accesses(const isa::Exec& e, const ExecSpace& s) const {
    std::vector<Access> a{access(Access::kFeature, s.read, false, e.stage2 == 2)};
    if (e.reduce_max == 0) a.push_back(access(Access::kWeight, s.weight, false));
    if (e.acc_hold != 0) return a;
    a.push_back(access(Access::kParam, s.param, false));
    a.push_back(access(Access::kFeature, s.write, true));
    if (e.stage2 == 2) a.push_back(access(Access::kFeature, s.write, false, true));
    if (e.stage2 != 0) a.push_back(access(Access::kTable, {0, kEntries}, false));
    return a;
  }
  ExecSpace exec_space() {
    const auto [read, write] = two_parts();
    return {read, write, part(weight_, 6), part(param_, 3)};
  }
  void add_exec() {
    const bool chain = random_.chance(15);
    const std::int64_t links = chain ? random_.range(1, 4) : 1;
    const bool ends = random_.chance(80);
    std::int64_t maximum = 0;
    for (std::int64_t i = 0; i < links; ++i) {
      const ExecSpace s = exec_space();
      isa::Exec e = random_exec(random_, c_, s, chain);
      if (chain) {
        if (i == 0) maximum = e.reduce_max;
        e.reduce_max = maximum;
        e.acc_keep = i > 0 ? 1 : 0;
        e.acc_hold = i + 1 < links || !ends ? 1 : 0;
      }
      add(e, exec_accesses(e, s));
      if (chain && random_.chance(20)) random_.chance(50) ? add_load() : add_store();  // other engines in between
    }
  }
  void add_shift() {
    const auto [read, write] = two_parts();
    add(random_shift(random_, c_, read, write),
        {access(Access::kFeature, read, false), access(Access::kFeature, write, true)});
  }

  // ---- flaws

  /// Ordered after and before everything, so that what it does until the error conflicts with nothing.
  template <typename I>
  void add_alone(const I& i) {
    add(i, Dependencies::everything(), false);
  }
  void add_flaw() {
    std::vector<Access> ignored;
    switch (options_.flaw) {
      case Flaw::kDmaAddress:
        add_bad_dma();
        break;
      case Flaw::kExecAddress:
        add_bad_exec();
        break;
      case Flaw::kIllegalBits:
        add_illegal();
        break;
      case Flaw::kToken: {
        // More waits than signals: what the others asked for is all taken.
        isa::Nop n;
        n.engine = random_.range(0, 2);
        n.wait = 7 & ~(1 << n.engine);
        p_.add(n);
        break;
      }
      case Flaw::kOverflow:
        add_overflow();
        break;
      case Flaw::kChain: {
        isa::Exec e = random_exec(random_, c_, exec_space(), true);
        e.acc_hold = 0;
        add_alone(e);
        e.acc_keep = 1;
        add_alone(e);
        break;
      }
      default:
        break;
    }
  }
  void add_bad_dma() {
    std::vector<Access> ignored;
    if (random_.chance(50)) {
      isa::Load l = feature_load(&ignored);
      break_address(random_, l, c_.feature_words, p_.layout.regions[l.region].size);
      add_alone(l);
    } else {
      isa::Store s = feature_store(&ignored);
      break_address(random_, s, c_.feature_words, p_.layout.regions[s.region].size);
      add_alone(s);
    }
  }
  void add_bad_exec() {
    if (random_.chance(25)) {
      const auto [read, write] = two_parts();
      isa::Shift s = random_shift(random_, c_, read, write);
      s.n_rows = s.n_words = 3;
      (random_.chance(50) ? s.s_base : s.d_base) = c_.feature_words - random_.range(1, 3);
      s.s_row = s.d_row = random_.range(-2, 2);
      add_alone(s);
      return;
    }
    isa::Exec e = random_exec(random_, c_, exec_space(), false);
    std::int64_t* const fields[] = {&e.a_base, &e.w_base, &e.p_base, e.stage2 == 2 ? &e.r_base : &e.a_x,
                                    &e.o_base, &e.a_y,    &e.o_x};
    const std::int64_t depths[] = {c_.feature_words, c_.weight_words,  c_.param_words,  c_.feature_words,
                                   c_.feature_words, c_.feature_words, c_.feature_words};
    const auto which = static_cast<std::size_t>(random_.range(0, 6));
    const bool is_stride = fields[which] == &e.a_x || fields[which] == &e.a_y || fields[which] == &e.o_x;
    *fields[which] =
        is_stride ? random_.range(-30000, 30000) : std::min<std::int64_t>(65535, depths[which] - random_.range(0, 2));
    add_alone(e);
  }
  void add_illegal() {
    std::vector<Access> ignored;
    isa::Instruction good = isa::encode(feature_load(&ignored));
    if (random_.chance(30)) good = isa::encode(feature_store(&ignored));
    if (random_.chance(30)) good = isa::encode(random_exec(random_, c_, exec_space(), false));
    isa::Instruction bad = good;
    while (isa::check(bad, c_) == isa::Error::kNONE) {
      bad = good;
      const auto bit = static_cast<unsigned>(random_.range(0, 511));
      bad.bytes[bit / 8] = static_cast<std::uint8_t>(bad.bytes[bit / 8] ^ (1u << (bit % 8)));
    }
    p_.program.push_back(bad);
  }
  void add_overflow() {
    std::vector<isa::ParamRecord> records(c_.v * 4);
    for (isa::ParamRecord& r : records) r = random_.chance(20) ? hot_record() : record();
    const std::uint32_t at = kParamAt + kParamBytes - c_.v * 64;  // its last four words
    p_.put_params(isa::kRegionWeights, at, records);
    const auto first = static_cast<std::uint32_t>(param_.first);
    add_alone(p_.load(isa::kTargetParam, isa::kRegionWeights, at, first, 4));
    ExecSpace s = exec_space();
    s.param = {param_.first, 4};
    add_alone(random_exec(random_, c_, s, false));
  }

  Random& random_;
  const isa::Config& c_;
  RandomProgramOptions options_;
  ProgramBuilder p_;
  Dependencies deps_;
  Words feature_, weight_, param_;
};

}  // namespace

namespace {

/// Does an instruction conflict with itself? An EXEC that went astray may read what it has written.
bool has_hazard(const ProgramBuilder& p) {
  struct Memory : machine::VectorDram {
    using VectorDram::VectorDram;
    void write_mem(std::uint64_t address, const void* data, std::size_t bytes) { write(address, data, bytes); }
  } dram(p.layout.bytes);
  p.load_into(dram);
  machine::Machine emulator(p.config(), dram);
  for (unsigned r = 0; r < isa::kRegions; ++r) emulator.set_region(r, p.layout.regions[r]);
  emulator.start(p.layout.program, static_cast<std::uint32_t>(p.program.size()));
  try {
    emulator.run(nullptr);
  } catch (const machine::Hazard& h) {
    if (h.earlier != h.later) throw;
    return true;
  }
  return false;
}

}  // namespace

ProgramBuilder random_program(Random& random, const isa::Config& config, const RandomProgramOptions& options) {
  for (;;) {
    ProgramBuilder p = Generator(random, config, options).make();
    if (options.flaw != Flaw::kExecAddress || !has_hazard(p)) return p;
  }
}

}  // namespace e8::test
