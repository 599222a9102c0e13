// rtl/control/e8_check.v against isa::check and the acc_keep chain: every field at its borders, every rule broken,
// random instructions. Built for several configurations (CMakeLists.txt); E8_* are its parameters.
#include E8_DUT_HEADER

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <sstream>

#include "emu/isa/isa.h"

double sc_time_stamp() { return 0; }

namespace e8 {
namespace {

using isa::Error;
using isa::FieldInfo;
using isa::Instruction;
using isa::Opcode;

constexpr Opcode kOpcodes[] = {Opcode::kNOP,  Opcode::kLOAD,  Opcode::kSHIFT,
                               Opcode::kEXEC, Opcode::kSTORE, Opcode::kEND};

isa::Config config() {
  isa::Config c;
  c.lanes = E8_LANES;
  c.v = E8_V;
  c.mul_bits = E8_MUL_BITS;
  c.double_round = E8_DOUBLE_ROUND != 0;
  c.tables = E8_TABLES != 0;
  return c;
}

/// The rule of emu/isa/README.md about EXECs that hand their accumulators on.
class Chain {
 public:
  bool legal(const isa::Exec& e) {
    const std::int64_t steps = e.n_ky * e.n_kx * e.n_i + (e.acc_keep != 0 ? steps_ : 0);
    const bool ok = e.acc_keep == 0 || (held_ && max_ == (e.reduce_max != 0) && steps <= config().max_steps());
    steps_ = steps;
    held_ = e.acc_hold != 0;
    max_ = e.reduce_max != 0;
    return ok;
  }
  void clear() { held_ = false; }

 private:
  bool held_ = false, max_ = false;
  std::int64_t steps_ = 0;
};

class CheckUnit : public ::testing::Test {
 protected:
  CheckUnit() : dut_(std::make_unique<E8_DUT>()) {
    dut_->rst_ni = 0;
    tick();
    dut_->rst_ni = 1;
  }
  ~CheckUnit() override { dut_->final(); }

  void tick() {
    dut_->clk_i = 0;
    dut_->eval();
    dut_->clk_i = 1;
    dut_->eval();
    ++cycles_;
  }
  void clear() {
    dut_->clear_i = 1;
    tick();
    dut_->clear_i = 0;
    chain_.clear();
  }
  bool chance(unsigned percent) { return random_() % 100 < percent; }

  /// What the unit says; `gaps`: words come and the answer is taken with pauses.
  Error check(const Instruction& i, bool gaps) {
    for (unsigned word = 0; word < 16;) {
      dut_->word_valid_i = !gaps || chance(50);
      std::memcpy(&dut_->word_i, i.bytes.data() + 4 * word, 4);
      dut_->ready_i = 0;
      dut_->clk_i = 0;
      dut_->eval();
      if (dut_->word_valid_i && dut_->word_ready_o) ++word;
      EXPECT_FALSE(dut_->valid_o) << "valid after " << word << " words";
      tick();
    }
    dut_->word_valid_i = 0;
    for (unsigned wait = 0; !dut_->valid_o; ++wait) {
      if (wait > 40) {
        ADD_FAILURE() << "no answer";
        return Error::kNONE;
      }
      tick();
    }
    while (gaps && chance(50)) tick();
    EXPECT_TRUE(dut_->valid_o) << "valid does not hold";
    const auto code = static_cast<Error>(dut_->code_o);
#if E8_SMALL
    EXPECT_EQ(dut_->head_o, i.bytes[0] | (i.bytes[1] & 15u) << 8);
#else
    EXPECT_EQ(std::memcmp(&dut_->instr_o, i.bytes.data(), 64), 0) << "the instruction changed on its way";
#endif
    dut_->ready_i = 1;
    tick();
    dut_->ready_i = 0;
    return code;
  }

  /// Compares with the model; counts the rule that was broken. The program ends at an error, so the chain is cleared.
  void compare(const Instruction& i, bool gaps = false) {
    std::string why;
    Error want = isa::check(i, config(), &why);
    if (want == Error::kNONE && i.opcode() == static_cast<unsigned>(Opcode::kEXEC) &&
        !chain_.legal(isa::decode_exec(i))) {
      want = Error::kILLEGAL_FIELD;
      why = "EXEC.acc_keep = 1: chain";
    }
    ++(want == Error::kNONE ? legal_ : illegal_);
    if (want != Error::kNONE) ++broken_[rule_of(why)];
    EXPECT_EQ(isa::error_name(check(i, gaps)), std::string(isa::error_name(want)))
        << isa::disassemble(i) << "\n  model: " << (why.empty() ? "legal" : why);
    if (want != Error::kNONE) clear();
  }
  /// "EXEC.tie = 3: 0 half_up, ..." without the value.
  static std::string rule_of(const std::string& why) {
    const std::size_t equals = why.find(" = "), colon = why.find(": ", equals);
    return why.substr(0, equals) + why.substr(colon);
  }

  std::int64_t pick(std::int64_t low, std::int64_t high) {
    return std::uniform_int_distribution<std::int64_t>(low, high)(random_);
  }

  std::unique_ptr<E8_DUT> dut_;
  std::mt19937_64 random_{7};
  Chain chain_;
  std::uint64_t cycles_ = 0, legal_ = 0, illegal_ = 0;
  std::map<std::string, unsigned> broken_;
};

const FieldInfo& field(Opcode op, const std::string& name) {
  static std::map<Opcode, std::vector<FieldInfo>> all;
  auto [it, fresh] = all.try_emplace(op);
  if (fresh) it->second = isa::fields_of(op);
  for (const FieldInfo& f : it->second) {
    if (name == f.name) return f;
  }
  throw std::out_of_range(name);
}

std::int64_t lowest(const FieldInfo& f) { return f.is_signed ? -(std::int64_t{1} << (f.width - 1)) : 0; }
std::int64_t highest(const FieldInfo& f) { return (std::int64_t{1} << (f.is_signed ? f.width - 1 : f.width)) - 1; }

/// A legal instruction to break: the fewest fields that are not 0.
Instruction plain(Opcode op, std::int64_t variant = 0) {
  switch (op) {
    case Opcode::kNOP: {
      isa::Nop n;
      n.engine = variant % 3;
      return isa::encode(n);
    }
    case Opcode::kLOAD: {
      isa::Load l;
      l.lane_mask = l.lanes_x = 1;
      l.target = variant % (config().tables ? 4 : 3);
      if (l.target == 0) {
        l.step = E8_V;
      } else {
        l.n_rows = l.n_blks = l.f_word = 1;
      }
      return isa::encode(l);
    }
    case Opcode::kSHIFT: {
      isa::Shift s;
      s.dist = 1;
      return isa::encode(s);
    }
    case Opcode::kEXEC: {
      isa::Exec e;
      e.n_ky = e.n_kx = e.n_i = e.n_g = e.n_y = e.n_x = 1;
      e.stage2 = config().tables ? variant % 3 : 0;
      if (e.stage2 != 0) e.s2 = 1;
      return isa::encode(e);
    }
    case Opcode::kSTORE: {
      isa::Store s;
      s.lanes_x = 1;
      return isa::encode(s);
    }
    default:
      return isa::encode(isa::End{});
  }
}

void put(Instruction& i, const char* name, std::int64_t value) {
  i.put(field(static_cast<Opcode>(i.opcode()), name), value);
}
std::int64_t get(const Instruction& i, const char* name) { return i.get(field(static_cast<Opcode>(i.opcode()), name)); }

TEST_F(CheckUnit, EveryFieldAtItsBorders) {
  for (const Opcode op : kOpcodes) {
    for (std::int64_t variant = 0; variant < 4; ++variant) {
      for (const FieldInfo& f : isa::fields_of(op)) {
        std::set<std::int64_t> values{lowest(f), lowest(f) + 1, -1, 0, 1, 2, 3, highest(f) - 1, highest(f)};
        for (const std::int64_t edge : {1 << E8_LANES, E8_LANES, 15, 16, 62, 1 << 24}) {
          values.insert({edge - 1, edge, edge + 1, -edge, -edge - 1});
        }
        for (unsigned bit = 0; bit < f.width - f.is_signed; ++bit) values.insert(std::int64_t{1} << bit);
        for (const std::int64_t value : values) {
          if (value < lowest(f) || value > highest(f)) continue;
          Instruction i = plain(op, variant);
          i.put(f, value);
          compare(i);
        }
      }
    }
  }
  EXPECT_GT(legal_, 500u);
  EXPECT_GT(illegal_, 500u);
}

TEST_F(CheckUnit, EveryBitOfEveryOpcode) {
  for (const Opcode op : kOpcodes) {
    for (std::int64_t variant = 0; variant < 4; ++variant) {
      for (unsigned bit = 0; bit < 512; ++bit) {
        Instruction i = plain(op, variant);
        i.bytes[bit / 8] = static_cast<std::uint8_t>(i.bytes[bit / 8] ^ 1u << bit % 8);
        compare(i);
      }
    }
  }
}

TEST_F(CheckUnit, OpcodesThatDoNotExist) {
  for (unsigned op = 0; op < 16; ++op) {
    Instruction i;
    i.bytes[0] = static_cast<std::uint8_t>(op);
    compare(i);
    i.bytes.fill(0xFF);
    i.bytes[0] = static_cast<std::uint8_t>(0xF0 | op);
    compare(i);
  }
  EXPECT_GE(broken_["opcode: no such instruction"], 20u);
}

/// Fields of EXEC whose rules depend on each other, all combinations.
TEST_F(CheckUnit, ModesOfExec) {
  for (unsigned n = 0; n < 4 * 2 * 2 * 3 * 4 * 2 * 2; ++n) {
    unsigned rest = n;
    const auto digit = [&rest](unsigned base) {
      const unsigned value = rest % base;
      rest /= base;
      return value;
    };
    Instruction i = plain(Opcode::kEXEC);
    for (const auto& [name, base] :
         {std::pair("tie", 4u), {"double_round", 2u}, {"zp_first", 2u}, {"stage2", 3u}, {"tie2", 4u}}) {
      put(i, name, digit(base));
    }
    put(i, "double_round2", digit(2));
    put(i, "table_bank", digit(2));
    put(i, "s2", get(i, "stage2") != 0 ? 1 : 0);
    compare(i);
  }
}

TEST_F(CheckUnit, ClampsAreSigned) {
  for (const int low : {-128, -127, -1, 0, 1, 126, 127}) {
    for (const int high : {-128, -127, -1, 0, 1, 126, 127}) {
      for (const bool second : {false, true}) {
        Instruction i = plain(Opcode::kEXEC, 1);
        put(i, second ? "lo2" : "lo", low);
        put(i, second ? "hi2" : "hi", high);
        compare(i);
      }
    }
  }
}

/// Steps around MAX_STEPS, also where the product passes 16, 17 and 32 bits.
TEST_F(CheckUnit, Steps) {
  const std::int64_t limit = config().max_steps();
  unsigned at_limit = 0;
  for (const std::int64_t n_ky : {1, 2, 3, 5, 7, 16, 31, 127, 128, 255}) {
    for (const std::int64_t n_kx : {1, 2, 3, 7, 11, 64, 255}) {
      std::set<std::int64_t> values{1, 2, 256, 257, 0x7FFF, 0x8000, 0xFFFF};
      const std::int64_t edge = limit / (n_ky * n_kx);
      values.insert({edge - 1, edge, edge + 1});
      for (const std::int64_t n_i : values) {
        if (n_i < 1 || n_i > 0xFFFF) continue;
        Instruction i = plain(Opcode::kEXEC);
        put(i, "n_ky", n_ky);
        put(i, "n_kx", n_kx);
        put(i, "n_i", n_i);
        at_limit += n_ky * n_kx * n_i == limit;
        compare(i);
      }
    }
  }
  EXPECT_GT(at_limit, 0u);
}

Instruction link(bool keep, bool hold, bool reduce_max, std::int64_t steps) {
  Instruction i = plain(Opcode::kEXEC);
  put(i, "acc_keep", keep);
  put(i, "acc_hold", hold);
  put(i, "reduce_max", reduce_max);
  put(i, "n_i", steps);
  return i;
}

TEST_F(CheckUnit, AccumulatorChains) {
  const std::int64_t limit = config().max_steps();
  const std::vector<std::vector<Instruction>> programs = {
      {link(true, false, false, 1)},                                                            // nothing is held
      {link(false, true, false, 1), link(true, false, false, 1), link(true, false, false, 1)},  // no longer held
      {link(false, false, false, 1), link(true, false, false, 1)},                              // was never held
      {link(false, true, true, 1), link(true, false, false, 1)},                                // other reduction
      {link(false, true, false, 1), link(true, false, true, 1)},                                // other reduction
      {link(false, true, true, 1), link(true, true, true, 1), link(true, false, true, 1)},      // legal
      {link(false, true, false, limit - 1), link(true, false, false, 1)},                       // at the limit
      {link(false, true, false, limit), link(true, false, false, 1)},                           // past it
      {link(false, true, false, limit / 2), link(true, true, false, limit / 2), link(true, false, false, 2)},
      {link(false, true, false, 1), plain(Opcode::kNOP, 1), plain(Opcode::kSHIFT), link(true, false, false, 1)},
      {link(false, true, false, limit), link(false, true, false, limit - 1), link(true, false, false, 1)},
  };
  for (const auto& program : programs) {
    clear();
    for (const Instruction& i : program) compare(i);
  }
  EXPECT_EQ(broken_["EXEC.acc_keep: chain"], 7u);
}

/// A program start forgets what the last program held.
TEST_F(CheckUnit, ClearForgetsTheChainAndHalfAnInstruction) {
  compare(link(false, true, false, 1));
  dut_->word_valid_i = 1;
  tick();
  clear();
  EXPECT_TRUE(dut_->idle_o);
  compare(link(true, false, false, 1));
  EXPECT_EQ(broken_["EXEC.acc_keep: chain"], 1u);
}

/// A legal instruction whose fields are random as far as their rules allow.
class RandomInstruction {
 public:
  explicit RandomInstruction(std::mt19937_64& random) : random_(random) {}

  Instruction operator()(Opcode op) {
    Instruction i = plain(op, pick(0, 11));
    for (const FieldInfo& f : isa::fields_of(op)) {
      if (std::string(f.name) == "opcode") continue;
      const Instruction before = i;
      i.put(f, pick(0, 1) != 0 ? pick(lowest(f), highest(f))
                               : pick(std::max<std::int64_t>(lowest(f), -2), 2) & highest(f));
      if (isa::check(i, config()) != Error::kNONE) i = before;
    }
    return i;
  }
  std::int64_t pick(std::int64_t low, std::int64_t high) {
    return std::uniform_int_distribution<std::int64_t>(low, high)(random_);
  }

 private:
  std::mt19937_64& random_;
};

TEST_F(CheckUnit, RandomInstructions) {
  const char* given = std::getenv("EXACT8_SEED");
  const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 0) : 5;
  SCOPED_TRACE("seed " + std::to_string(seed));
  random_.seed(seed);
  RandomInstruction random(random_);
  for (int n = 0; n < 6000; ++n) {
    Instruction i = random(kOpcodes[pick(0, 5)]);
    for (std::int64_t flips = pick(0, 3); flips > 1; --flips) {
      const std::int64_t bit = pick(0, 511);
      i.bytes[static_cast<std::size_t>(bit / 8)] ^= static_cast<std::uint8_t>(1 << bit % 8);
    }
    compare(i, n % 2 != 0);
  }
  for (int n = 0; n < 200; ++n) {
    Instruction i;
    for (std::uint8_t& byte : i.bytes) byte = static_cast<std::uint8_t>(random_());
    compare(i);
  }
  EXPECT_GT(legal_, 2000u);
  EXPECT_GT(illegal_, 1000u);
}

/// All that check.cpp and the chain can find, as "OPCODE.field: allowed".
std::vector<std::string> rules_of_this_build() {
  std::vector<std::string> rules{"opcode: no such instruction", "EXEC.acc_keep: chain"};
  const auto add = [&rules](const std::string& op, const std::string& names, const std::string& allowed) {
    std::istringstream list(names);
    for (std::string name; list >> name;) rules.push_back(op + "." + name + ": " + allowed);
  };
  for (const Opcode op : kOpcodes) {
    const std::string name(*isa::opcode_name(static_cast<unsigned>(op)));
    add(name, "byte", "a bit is set that no field of the opcode names");
    if (op == Opcode::kEND) continue;
    add(name, "wait", "no engine waits for itself");
    add(name, "signal", "no engine signals itself");
    if (op == Opcode::kNOP || E8_LANES == 16) continue;
    add(name, op == Opcode::kSHIFT ? "lane_mask fill_mask" : "lane_mask", "names lanes that this build does not have");
  }
  add("END", "wait signal", "END has no tokens");
  add("NOP", "engine", "0 load, 1 exec, 2 store");
  for (const char* op : {"LOAD", "STORE"}) add(op, "lanes_x", "1..LANES");
  add("LOAD", "step", "1..255");
  add("LOAD", "lane_mask n_rows n_blks f_word", "must be 1 when the target is not feature memory");
  if (E8_LANES > 1) add("LOAD", "lanes_x", "must be 1 when the target is not feature memory");
  add("LOAD", "row_stride blk_stride lane_dram f_row f_blk h row0 lane_row col0 row_bytes lane_col fill step",
      "must be 0 when the target is not feature memory");
  add("STORE", "col0 lane_col", "must not be negative");
  add("SHIFT", "dist", "-15..15, not 0");
  add("EXEC", "n_ky n_kx n_i n_g n_y n_x", "1 or more");
  add("EXEC", "n_ky*n_kx*n_i", "at most MAX_STEPS = 131071/V");
  add("EXEC", "acc_keep acc_hold", "needs n_g = n_y = n_x = 1");
  add("EXEC", "tie", "0 half_up, 1 half_away, 2 half_even");
  add("EXEC", "zp_first", "needs tie = half_even and double_round = 0");
  add("EXEC", "lo", "must not exceed hi");
  add("EXEC", "stage2", "0 none, 1 table, 2 residual");
  add("EXEC", "table_bank tie2 double_round2 zp2 lo2 hi2 m2 s2 r_base r_g r_y r_x", "must be 0 without stage 2");
  if (E8_DOUBLE_ROUND) add("EXEC", "tie", "must be 0 with double_round");
  if (!E8_DOUBLE_ROUND) add("EXEC", "double_round", "this build has no double rounding");
  if (!E8_TABLES) {
    add("LOAD", "target", "this build has no tables");
    add("EXEC", "stage2", "this build has no tables");
    return rules;
  }
  add("EXEC", "tie2", "0 half_up, 1 half_away, 2 half_even");
  add("EXEC", "tie2", "must be 0 with double_round2");
  add("EXEC", "lo2", "must not exceed hi2");
  add("EXEC", "s2", "1..62");
  if (E8_MUL_BITS == 24) add("EXEC", "m2", "below 2^24: this build's multiplier has 24 bits");
  return rules;
}

/// Every rule is broken on its own here, and nothing else is ever found.
TEST_F(CheckUnit, EveryRuleIsBroken) {
  for (const Opcode op : kOpcodes) {
    for (std::int64_t variant = 0; variant < 4; ++variant) {
      for (const FieldInfo& f : isa::fields_of(op)) {
        for (const std::int64_t value : {lowest(f), highest(f), std::int64_t{0}, std::int64_t{1}, std::int64_t{2}}) {
          if (value > highest(f)) continue;
          Instruction i = plain(op, variant);
          i.put(f, value);
          compare(i);
          if (op != Opcode::kEXEC || f.lsb == 0) continue;
          for (const char* with : {"double_round", "double_round2", "acc_keep", "acc_hold", "tie", "tie2", "n_ky"}) {
            Instruction both = i;
            put(both, with, std::string(with) == "n_ky" ? 2 : 1);
            compare(both);
          }
        }
      }
      for (unsigned bit = 4; bit < 512; ++bit) {
        Instruction i = plain(op, variant);
        i.bytes[bit / 8] = static_cast<std::uint8_t>(i.bytes[bit / 8] | 1u << bit % 8);
        compare(i);
      }
    }
  }
  std::set<std::string> expected;
  for (const std::string& rule : rules_of_this_build()) expected.insert(rule);
  for (const std::string& rule : expected) EXPECT_GE(broken_[rule], 1u) << "never broken: " << rule;
  for (const auto& [rule, count] : broken_) EXPECT_TRUE(expected.count(rule)) << "unknown rule: " << rule;
}

/// One word a cycle (SMALL: two), and an instruction at least every 20 (36) cycles where the kernel is of an ordinary
/// size.
TEST_F(CheckUnit, Rate) {
  Instruction i = plain(Opcode::kEXEC);
  put(i, "n_ky", 7);
  put(i, "n_kx", 7);
  put(i, "n_i", 3);
  const std::uint64_t before = cycles_;
  for (int n = 0; n < 10; ++n) compare(i);
  EXPECT_LE(cycles_ - before, E8_SMALL ? 360u : 200u);
}

}  // namespace
}  // namespace e8
