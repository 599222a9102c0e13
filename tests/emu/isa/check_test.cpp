// Every static rule, broken one at a time from a legal instruction: the error, and the field that the reason names.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "emu/isa/isa.h"

namespace e8::isa {
namespace {

using ::testing::HasSubstr;

const Config& config(const char* name) { return *find_config(name); }

Load feature_load() {
  Load l;
  l.lane_mask = 0xF;
  l.lanes_x = 1;
  l.step = 8;
  l.n_rows = l.n_blks = l.n_words = 1;
  return l;
}
Load weight_load() {
  Load l;
  l.target = kTargetWeight;
  l.lane_mask = l.lanes_x = l.n_rows = l.n_blks = l.f_word = l.n_words = 1;
  return l;
}
Store store() {
  Store s;
  s.lane_mask = 0xF;
  s.lanes_x = 2;
  return s;
}
Shift shift() {
  Shift s;
  s.lane_mask = 0xF;
  s.dist = 1;
  return s;
}
Exec exec() {
  Exec e;
  e.lane_mask = 0xF;
  e.n_ky = e.n_kx = e.n_i = e.n_g = e.n_y = e.n_x = 1;
  return e;
}
Exec residual() {
  Exec e = exec();
  e.stage2 = 2;
  e.s2 = 1;
  e.m2 = 1;
  return e;
}

Error why_of(const Instruction& i, const char* config_name, std::string* why) {
  return check(i, config(config_name), why);
}

TEST(Check, LegalInstructionsPass) {
  for (const Instruction& i : {encode(feature_load()), encode(weight_load()), encode(store()), encode(shift()),
                               encode(exec()), encode(residual()), encode(Nop{}), encode(End{})}) {
    std::string why;
    EXPECT_EQ(check(i, config("b512"), &why), Error::kNONE) << disassemble(i) << ": " << why;
    EXPECT_EQ(why, "");
  }
}

TEST(Check, OpcodesThatDoNotExist) {
  for (const unsigned opcode : {0u, 7u, 8u, 15u}) {
    Instruction i;
    i.bytes[0] = static_cast<std::uint8_t>(opcode);
    std::string why;
    EXPECT_EQ(why_of(i, "b512", &why), Error::kILLEGAL_OPCODE);
    EXPECT_THAT(why, HasSubstr("opcode = " + std::to_string(opcode)));
  }
}

TEST(Check, EveryUnnamedBitIsIllegal) {
  for (const Instruction& legal :
       {encode(feature_load()), encode(store()), encode(shift()), encode(exec()), encode(Nop{}), encode(End{})}) {
    std::array<bool, 512> named{};
    for (const FieldInfo& f : fields_of(static_cast<Opcode>(legal.opcode())))
      for (unsigned b = f.lsb; b < f.lsb + f.width; ++b) named[b] = true;
    for (unsigned b = 0; b < 512; ++b) {
      if (named[b]) continue;
      Instruction i = legal;
      i.bytes[b / 8] = static_cast<std::uint8_t>(i.bytes[b / 8] | 1u << b % 8);
      EXPECT_EQ(check(i, config("b512")), Error::kILLEGAL_FIELD) << disassemble(legal) << " bit " << b;
    }
  }
}

template <typename T>
struct Rule {
  const char* field;
  std::function<void(T&)> break_it;
  const char* config = "b512";
};

template <typename T>
void expect_each(T (*legal)(), const std::vector<Rule<T>>& rules) {
  for (std::size_t n = 0; n < rules.size(); ++n) {
    T i = legal();
    i.lane_mask &= (1 << config(rules[n].config).lanes) - 1;
    rules[n].break_it(i);
    std::string why;
    EXPECT_EQ(why_of(encode(i), rules[n].config, &why), Error::kILLEGAL_FIELD) << "rule " << n << " " << rules[n].field;
    EXPECT_THAT(why, HasSubstr(rules[n].field)) << "rule " << n;
  }
}

TEST(Check, LoadRules) {
  expect_each<Load>(feature_load, {
                                      {"wait", [](Load& l) { l.wait = kTokenLoad; }},
                                      {"signal", [](Load& l) { l.signal = kTokenLoad; }},
                                      {"lane_mask", [](Load& l) { l.lane_mask = 0x10; }},
                                      {"lanes_x", [](Load& l) { l.lanes_x = 0; }},
                                      {"lanes_x", [](Load& l) { l.lanes_x = 5; }},
                                      {"step", [](Load& l) { l.step = 0; }},
                                  });
  expect_each<Load>(weight_load, {
                                     {"lane_mask", [](Load& l) { l.lane_mask = 2; }},
                                     {"lanes_x", [](Load& l) { l.lanes_x = 2; }},
                                     {"n_rows", [](Load& l) { l.n_rows = 2; }},
                                     {"n_blks", [](Load& l) { l.n_blks = 0; }},
                                     {"f_word", [](Load& l) { l.f_word = 2; }},
                                     {"row_stride", [](Load& l) { l.row_stride = 1; }},
                                     {"blk_stride", [](Load& l) { l.blk_stride = 1; }},
                                     {"lane_dram", [](Load& l) { l.lane_dram = 1; }},
                                     {"f_row", [](Load& l) { l.f_row = 1; }},
                                     {"f_blk", [](Load& l) { l.f_blk = -1; }},
                                     {".h ", [](Load& l) { l.h = 1; }},
                                     {"row0", [](Load& l) { l.row0 = -1; }},
                                     {"lane_row", [](Load& l) { l.lane_row = 1; }},
                                     {"col0", [](Load& l) { l.col0 = 1; }},
                                     {"row_bytes", [](Load& l) { l.row_bytes = 1; }},
                                     {"lane_col", [](Load& l) { l.lane_col = 1; }},
                                     {"fill", [](Load& l) { l.fill = 1; }},
                                     {"step", [](Load& l) { l.step = 1; }},
                                     {"target", [](Load& l) { l.target = kTargetTable; }, "nano"},
                                 });
}

TEST(Check, StoreRules) {
  expect_each<Store>(store, {
                                {"wait", [](Store& s) { s.wait = kTokenStore; }},
                                {"signal", [](Store& s) { s.signal = kTokenStore; }},
                                {"lane_mask", [](Store& s) { s.lane_mask = 0x8000; }},
                                {"lanes_x", [](Store& s) { s.lanes_x = 0; }},
                                {"col0", [](Store& s) { s.col0 = -1; }},
                                {"lane_col", [](Store& s) { s.lane_col = -1; }},
                            });
}

TEST(Check, ShiftRules) {
  expect_each<Shift>(shift, {
                                {"wait", [](Shift& s) { s.wait = kTokenExec; }},
                                {"signal", [](Shift& s) { s.signal = kTokenExec; }},
                                {"lane_mask", [](Shift& s) { s.lane_mask = 0x10; }},
                                {"fill_mask", [](Shift& s) { s.fill_mask = 0x10; }},
                                {"dist", [](Shift& s) { s.dist = 0; }},
                                {"dist", [](Shift& s) { s.dist = 16; }},
                                {"dist", [](Shift& s) { s.dist = -16; }},
                            });
}

TEST(Check, ExecRules) {
  expect_each<Exec>(exec, {
                              {"wait", [](Exec& e) { e.wait = kTokenExec; }},
                              {"signal", [](Exec& e) { e.signal = kTokenExec; }},
                              {"lane_mask", [](Exec& e) { e.lane_mask = 0x10; }},
                              {"n_ky", [](Exec& e) { e.n_ky = 0; }},
                              {"n_kx", [](Exec& e) { e.n_kx = 0; }},
                              {"n_i", [](Exec& e) { e.n_i = 0; }},
                              {"n_g", [](Exec& e) { e.n_g = 0; }},
                              {"n_y", [](Exec& e) { e.n_y = 0; }},
                              {"n_x", [](Exec& e) { e.n_x = 0; }},
                              {"n_ky*n_kx*n_i", [](Exec& e) { e.n_i = 16384; }},
                              {"n_ky*n_kx*n_i", [](Exec& e) { e.n_ky = e.n_kx = 255, e.n_i = 65535; }},
                              {"acc_keep", [](Exec& e) { e.acc_keep = 1, e.n_x = 2; }},
                              {"acc_hold", [](Exec& e) { e.acc_hold = 1, e.n_g = 2; }},
                              {"tie", [](Exec& e) { e.tie = 3; }},
                              {"double_round", [](Exec& e) { e.double_round = 1; }, "nano"},
                              {"tie", [](Exec& e) { e.double_round = 1, e.tie = 1; }},
                              {"zp_first", [](Exec& e) { e.zp_first = 1; }},
                              {"zp_first", [](Exec& e) { e.zp_first = 1, e.double_round = 1; }},
                              {"lo", [](Exec& e) { e.lo = 1; }},
                              {"stage2", [](Exec& e) { e.stage2 = 3, e.s2 = 1; }},
                              {"stage2", [](Exec& e) { e.stage2 = 1, e.s2 = 1; }, "nano"},
                              {"table_bank", [](Exec& e) { e.table_bank = 1; }},
                              {"tie2", [](Exec& e) { e.tie2 = 1; }},
                              {"double_round2", [](Exec& e) { e.double_round2 = 1; }},
                              {"zp2", [](Exec& e) { e.zp2 = 1; }},
                              {"lo2", [](Exec& e) { e.lo2 = -1; }},
                              {"hi2", [](Exec& e) { e.hi2 = 1; }},
                              {"m2", [](Exec& e) { e.m2 = 1; }},
                              {"s2", [](Exec& e) { e.s2 = 1; }},
                              {"r_base", [](Exec& e) { e.r_base = 1; }},
                              {"r_g", [](Exec& e) { e.r_g = 1; }},
                              {"r_y", [](Exec& e) { e.r_y = 1; }},
                              {"r_x", [](Exec& e) { e.r_x = 1; }},
                          });
  expect_each<Exec>(residual, {
                                  {"tie2", [](Exec& e) { e.tie2 = 3; }},
                                  {"tie2", [](Exec& e) { e.double_round2 = 1, e.tie2 = 2; }},
                                  {"lo2", [](Exec& e) { e.lo2 = 1; }},
                                  {"s2", [](Exec& e) { e.s2 = 0; }},
                                  {"s2", [](Exec& e) { e.s2 = 63; }},
                              });
}

TEST(Check, MultiplierWidthOfTheBuild) {
  Config c = config("b512");
  Exec e = residual();
  for (const auto& [bits, fits, too_wide] :
       {std::tuple{0u, 1, 2}, std::tuple{24u, (1 << 24) - 1, 1 << 24}, std::tuple{31u, 0x7fffffff, -1}}) {
    c.mul_bits = bits;
    e.m2 = fits;
    EXPECT_EQ(check(encode(e), c), Error::kNONE) << bits;
    if (too_wide < 0) continue;
    e.m2 = too_wide;
    EXPECT_EQ(check(encode(e), c), Error::kILLEGAL_FIELD) << bits;
  }
}

TEST(Check, StepsUpToTheAccumulatorBound) {
  Exec e = exec();
  e.n_i = 16383;  // 131071 / 8
  EXPECT_EQ(check(encode(e), config("b512")), Error::kNONE);
  Config wide = config("b512");
  wide.v = 2;
  e.n_i = 65535;
  EXPECT_EQ(check(encode(e), wide), Error::kNONE);
  e.n_kx = 2;
  EXPECT_EQ(check(encode(e), wide), Error::kILLEGAL_FIELD);
}

TEST(Check, NopAndEnd) {
  Nop n;
  n.engine = 3;
  EXPECT_EQ(check(encode(n), config("b512")), Error::kILLEGAL_FIELD);
  for (unsigned engine = 0; engine < 3; ++engine) {
    n.engine = engine;
    n.wait = 1 << engine;
    EXPECT_EQ(check(encode(n), config("b512")), Error::kILLEGAL_FIELD);
    n.wait = 7 ^ (1 << engine);
    EXPECT_EQ(check(encode(n), config("b512")), Error::kNONE);
  }
  End e;
  e.wait = 1;
  EXPECT_EQ(check(encode(e), config("b512")), Error::kILLEGAL_FIELD);
}

}  // namespace
}  // namespace e8::isa
