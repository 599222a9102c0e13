// The lists keep their rules, the rules can fail, and the generated files are the lists.
#include "emu/isa/spec.h"

#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <sstream>

namespace e8::isa {
namespace {

std::string file_text(const std::string& path) {
  std::ifstream in(std::string(EXACT8_SOURCE_DIR) + "/" + path);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

TEST(Spec, ListsKeepTheirRules) { EXPECT_EQ(problem(spec()), ""); }

TEST(Spec, GeneratedVerilogIsCurrent) { EXPECT_EQ(file_text("rtl/exact8_isa.vh"), render_verilog(spec())); }

TEST(Spec, GeneratedMarkdownIsCurrent) { EXPECT_EQ(file_text("docs/isa.md"), render_markdown(spec())); }

TEST(Spec, AChangedListChangesTheGeneratedFiles) {
  Spec s = spec();
  s.fields.back().lsb += 1;
  EXPECT_NE(render_verilog(s), render_verilog(spec()));
  EXPECT_NE(render_markdown(s), render_markdown(spec()));
}

TEST(SpecBad, EveryRuleIsFound) {
  struct Case {
    const char* expected;
    std::function<void(Spec&)> break_it;
  };
  const std::vector<Case> cases{
      {"is listed twice", [](Spec& s) { s.opcodes.push_back(s.opcodes[0]); }},
      {"has a code of another", [](Spec& s) { s.opcodes[1].code = s.opcodes[0].code; }},
      {"does not fit 1..15", [](Spec& s) { s.opcodes[0].code = 16; }},
      {"has a code of another", [](Spec& s) { s.errors[1].code = s.errors[2].code; }},
      {"belongs to no opcode", [](Spec& s) { s.fields[0].group = "JUMP"; }},
      {"wider than 32", [](Spec& s) { s.fields[5].width = 33; }},
      {"overlaps another", [](Spec& s) { s.fields.back().lsb -= 1; }},
      {"leaves 512 bits", [](Spec& s) { s.fields.back().lsb = 500; }},
      {"is listed twice", [](Spec& s) { s.fields.push_back(s.fields.back()); }},
      {"is listed twice", [](Spec& s) { s.registers[1].name = s.registers[0].name; }},
      {"has the offset of another", [](Spec& s) { s.registers[1].offset = s.registers[0].offset; }},
      {"has a bad offset", [](Spec& s) { s.registers[1].offset = 6; }},
      {"is unknown", [](Spec& s) { s.registers[1].access = "WR"; }},
      {"leaves 32 bits", [](Spec& s) { s.register_fields[0].width = 33; }},
      {"belongs to no register", [](Spec& s) { s.register_fields[0].reg = "NOWHERE"; }},
  };
  for (const Case& c : cases) {
    Spec s = spec();
    c.break_it(s);
    EXPECT_NE(problem(s).find(c.expected), std::string::npos) << c.expected << " not in '" << problem(s) << "'";
  }
}

TEST(Spec, HashCoversNamesAndPlacesButNotProse) {
  const std::vector<std::function<void(Spec&)>> matters{
      [](Spec& s) { s.opcodes[0].code = 9; },        [](Spec& s) { s.fields[3].lsb += 1; },
      [](Spec& s) { s.fields[3].width -= 1; },       [](Spec& s) { s.fields[3].is_signed = !s.fields[3].is_signed; },
      [](Spec& s) { s.fields[3].name = "other"; },   [](Spec& s) { s.registers[4].offset = 0xFF0; },
      [](Spec& s) { s.registers[4].access = "WO"; }, [](Spec& s) { s.register_fields[0].lsb += 1; },
      [](Spec& s) { s.errors[3].code = 99; },        [](Spec& s) { std::swap(s.fields[3], s.fields[4]); },
  };
  EXPECT_EQ(hash(spec()), isa_hash());
  for (std::size_t i = 0; i < matters.size(); ++i) {
    Spec s = spec();
    matters[i](s);
    EXPECT_NE(hash(s), isa_hash()) << "change " << i;
  }
  Spec prose = spec();
  prose.fields[3].text = "other words";
  prose.errors[3].text = "other words";
  EXPECT_EQ(hash(prose), isa_hash());
}

}  // namespace
}  // namespace e8::isa
