// Encoding, decoding, disassembly, parameter records and configurations.
#include "emu/isa/isa.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace e8::isa {
namespace {

using ::testing::HasSubstr;

std::int64_t lowest(const FieldInfo& f) { return f.is_signed ? -(std::int64_t{1} << (f.width - 1)) : 0; }
std::int64_t highest(const FieldInfo& f) { return (std::int64_t{1} << (f.is_signed ? f.width - 1 : f.width)) - 1; }

Instruction with_opcode(Opcode op) {
  Instruction i;
  i.bytes[0] = static_cast<std::uint8_t>(op);
  return i;
}

/// decode, then encode again.
Instruction round_trip(const Instruction& i) {
  switch (static_cast<Opcode>(i.opcode())) {
    case Opcode::kNOP:
      return encode(decode_nop(i));
    case Opcode::kLOAD:
      return encode(decode_load(i));
    case Opcode::kSHIFT:
      return encode(decode_shift(i));
    case Opcode::kEXEC:
      return encode(decode_exec(i));
    case Opcode::kSTORE:
      return encode(decode_store(i));
    case Opcode::kEND:
      return encode(End{});
  }
  return {};
}

constexpr Opcode kOpcodes[] = {Opcode::kNOP, Opcode::kLOAD, Opcode::kSHIFT, Opcode::kEXEC, Opcode::kSTORE};

TEST(Instruction, EveryFieldKeepsItsExtremesAndTouchesNoOther) {
  for (const Opcode op : kOpcodes) {
    for (const FieldInfo& f : fields_of(op)) {
      if (std::string_view(f.name) == "opcode") continue;
      for (const std::int64_t value : {lowest(f), highest(f), std::int64_t{1}}) {
        Instruction i = with_opcode(op);
        i.put(f, value);
        EXPECT_EQ(i.get(f), value) << f.group << "." << f.name;
        EXPECT_EQ(round_trip(i).bytes, i.bytes) << f.group << "." << f.name << " = " << value;
        i.put(f, 0);
        EXPECT_EQ(i, with_opcode(op)) << f.group << "." << f.name;
      }
    }
  }
}

TEST(Instruction, RandomFieldsRoundTrip) {
  constexpr unsigned kSeed = 7;
  std::mt19937 random(kSeed);
  for (int n = 0; n < 500; ++n) {
    Instruction i = with_opcode(kOpcodes[static_cast<std::size_t>(n) % std::size(kOpcodes)]);
    for (const FieldInfo& f : fields_of(static_cast<Opcode>(i.opcode()))) {
      if (std::string_view(f.name) != "opcode")
        i.put(f, std::uniform_int_distribution<std::int64_t>(lowest(f), highest(f))(random));
    }
    EXPECT_EQ(round_trip(i).bytes, i.bytes) << "seed " << kSeed << ", round " << n;
  }
}

TEST(InstructionBad, AValueThatDoesNotFitNamesItsField) {
  Exec e;
  e.n_x = 65536;
  try {
    encode(e);
    FAIL() << "65536 fits 16 bits?";
  } catch (const std::out_of_range& error) {
    EXPECT_THAT(error.what(), HasSubstr("EXEC"));
    EXPECT_THAT(error.what(), HasSubstr("n_x"));
    EXPECT_THAT(error.what(), HasSubstr("65536"));
  }
  Load l;
  l.row0 = -32769;
  EXPECT_THROW(encode(l), std::out_of_range);
  Shift s;
  s.dist = 32;
  EXPECT_THROW(encode(s), std::out_of_range);
}

TEST(Disassemble, NamesEnginesMasksAndSkipsZeros) {
  Exec e;
  e.wait = kTokenLoad | kTokenStore;
  e.signal = kTokenLoad;
  e.lane_mask = 0xF;
  e.a_x = -3;
  EXPECT_EQ(disassemble(encode(e)), "EXEC wait=load+store signal=load lane_mask=0xf a_x=-3");
  EXPECT_EQ(disassemble(encode(End{})), "END");
  EXPECT_EQ(disassemble(Instruction{}), "ILLEGAL opcode=0");
}

TEST(EngineOf, FollowsOpcodeAndNopField) {
  EXPECT_EQ(engine_of(encode(Load{})), kLoadEngine);
  EXPECT_EQ(engine_of(encode(Exec{})), kExecEngine);
  EXPECT_EQ(engine_of(encode(Shift{})), kExecEngine);
  EXPECT_EQ(engine_of(encode(Store{})), kStoreEngine);
  Nop n;
  n.engine = 2;
  EXPECT_EQ(engine_of(encode(n)), kStoreEngine);
}

TEST(ParamRecord, LiesInMemoryAsTheReadmeSays) {
  ParamRecord p;
  p.b2 = -(std::int64_t{1} << 32);  // bits 0..32: only bit 32 set
  p.mp = 1;                         // bit 33
  p.mn = 0x7fffffff;                // bits 64..94
  p.s = 62;                         // bits 96..101
  std::uint8_t bytes[16];
  pack_param(p, bytes);
  const std::uint8_t want[16] = {0, 0, 0, 0, 3, 0, 0, 0, 0xff, 0xff, 0xff, 0x7f, 62, 0, 0, 0};
  EXPECT_TRUE(std::equal(std::begin(want), std::end(want), bytes));
}

TEST(ParamRecord, ExtremesRoundTrip) {
  for (const std::int64_t b2 :
       {-(std::int64_t{1} << 32), std::int64_t{-1}, std::int64_t{0}, (std::int64_t{1} << 32) - 1}) {
    for (const std::uint32_t m : {0u, 1u, 0x40000000u, 0x7fffffffu}) {
      ParamRecord p;
      p.b2 = b2;
      p.mp = m;
      p.mn = 0x7fffffffu - m;
      p.s = static_cast<std::uint8_t>(m % 62 + 1);
      std::uint8_t bytes[16];
      pack_param(p, bytes);
      const ParamRecord back = unpack_param(bytes);
      EXPECT_EQ(back.b2, p.b2);
      EXPECT_EQ(back.mp, p.mp);
      EXPECT_EQ(back.mn, p.mn);
      EXPECT_EQ(back.s, p.s);
    }
  }
}

TEST(Config, EveryNamedOneIsLegalAndFound) {
  ASSERT_GE(configs().size(), 6u);
  for (const Config& c : configs()) {
    EXPECT_EQ(c.problem(), "") << c.name;
    ASSERT_NE(find_config(c.name), nullptr);
    EXPECT_EQ(*find_config(c.name), c);
  }
  EXPECT_EQ(find_config("b513"), nullptr);
}

TEST(ConfigBad, EachParameterIsChecked) {
  const auto problem_with = [](void (*change)(Config&)) {
    Config c = *find_config("b512");
    change(c);
    return c.problem();
  };
  EXPECT_THAT(problem_with([](Config& c) { c.lanes = 0; }), HasSubstr("lanes = 0"));
  EXPECT_THAT(problem_with([](Config& c) { c.lanes = 17; }), HasSubstr("1..16"));
  EXPECT_THAT(problem_with([](Config& c) { c.v = 12; }), HasSubstr("v = 12"));
  EXPECT_THAT(problem_with([](Config& c) { c.v = 64; }), HasSubstr("v = 64"));
  EXPECT_THAT(problem_with([](Config& c) { c.feature_words = 1000; }), HasSubstr("feature words = 1000"));
  EXPECT_THAT(problem_with([](Config& c) { c.weight_words = 131072; }), HasSubstr("weight words"));
  EXPECT_THAT(problem_with([](Config& c) { c.param_words = 0; }), HasSubstr("param words = 0"));
  EXPECT_THAT(problem_with([](Config& c) { c.drain = 3; }), HasSubstr("drain = 3"));
  EXPECT_THAT(problem_with([](Config& c) { c.axi_bytes = 2; }), HasSubstr("axi bytes = 2"));
  EXPECT_THAT(problem_with([](Config& c) { c.mul_bits = 16; }), HasSubstr("multiplier bits = 16"));
  EXPECT_THAT(problem_with([](Config& c) { c.param_words = 65536; }), HasSubstr("65536"));
}

TEST(Errors, HaveNamesAndTexts) {
  EXPECT_STREQ(error_name(Error::kADDR_FEATURE), "ADDR_FEATURE");
  EXPECT_STREQ(error_name(static_cast<Error>(200)), "?");
  EXPECT_THAT(error_text(Error::kWATCHDOG), HasSubstr("WATCHDOG"));
}

}  // namespace
}  // namespace e8::isa
