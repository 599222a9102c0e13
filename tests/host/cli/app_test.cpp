// Parsing, help, exit codes of the command itself.
#include "host/cli/app.h"

#include "emu/isa/isa.h"
#include "tests/host/cli/model_files.h"

namespace e8::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

const char* const kVerbs[] = {"quantize", "compile", "run",  "accuracy", "verify",
                              "replay",   "explain", "diff", "disasm",   "doctor"};

TEST(App, EveryVerbHasHelpWithAnExample) {
  const Call all = call({"--help"});
  EXPECT_EQ(all.code, 0);
  for (const char* verb : kVerbs) {
    EXPECT_THAT(all.out, HasSubstr(verb));
    const Call help = call({verb, "--help"});
    EXPECT_EQ(help.code, 0) << verb;
    EXPECT_THAT(help.out, AllOf(HasSubstr("Example: exact8 " + std::string(verb)), HasSubstr("--json")));
    EXPECT_EQ(help.err, "");
  }
}

TEST(App, VersionHasTheInstructionSetHash) {
  char hash[16];
  std::snprintf(hash, sizeof hash, "%08x", isa::isa_hash());
  const Call version = call({"--version"});
  EXPECT_EQ(version.code, 0);
  EXPECT_THAT(version.out, HasSubstr(hash));
}

TEST(App, UnknownWordsAreErrorsWithASuggestion) {
  EXPECT_FAILS(call({}), 2, 801);
  EXPECT_FAILS(call({"verfy", "x"}), 2, 801);
  EXPECT_THAT(call({"verfy"}).err, HasSubstr("Did you mean verify?"));
  for (const auto& [verb, wrong, right] : {std::tuple{"verify", "--limits", "--limit"},
                                           {"run", "--tob", "--top"},
                                           {"compile", "--confg", "--config"},
                                           {"diff", "--jsn", "--json"},
                                           {"disasm", "--jso", "--json"},
                                           {"explain", "--inde", "--index"},
                                           {"replay", "--nowave", "--no-wave"},
                                           {"doctor", "--jason", "--json"}}) {
    const Call c = call({verb, "a", "b", "c", "d", wrong});
    EXPECT_FAILS(c, 2, 801);
    EXPECT_THAT(c.err, HasSubstr("Did you mean " + std::string(right) + "?")) << verb;
  }
  EXPECT_THAT(call({"diff", "a", "b", "--nothing-like-it"}).err, ::testing::Not(HasSubstr("Did you mean")));
}

TEST(App, MissingAndImpossibleArgumentsAreErrors) {
  for (const char* verb : {"compile", "run", "verify", "replay", "explain", "diff", "disasm"}) {
    EXPECT_FAILS(call({verb}), 2, 801);
  }
  EXPECT_FAILS(call({"verify", "m", "--backends", "golden,fpga"}), 2, 801);
  EXPECT_FAILS(call({"verify", "m", "--stalls", "some"}), 2, 801);
  EXPECT_FAILS(call({"verify", "m", "--limit", "-1"}), 2, 801);
  EXPECT_FAILS(call({"run", "m", "x", "--top", "0"}), 2, 801);
  EXPECT_FAILS(call({"run", "m", "x", "--on", "fpga"}), 2, 801);
  EXPECT_FAILS(call({"compile", "m"}), 2, 801);
}

TEST(App, DoctorTellsToolsAndPlugins) {
  const Call text = call({"doctor"});
  EXPECT_EQ(text.code, 0);
  const nlohmann::json j = call({"doctor", "--json"}).json();
  EXPECT_EQ(j["isa_hash"], isa::isa_hash());
  EXPECT_TRUE(j["tools"].contains("verilator"));
  for (const isa::Config& c : isa::configs()) {
    EXPECT_THAT(text.out, HasSubstr("rtl " + c.name));
    EXPECT_TRUE(j["plugins"][c.name]["ok"].is_boolean());
  }
  const ScratchFolder none;
  const WithVariable nowhere("EXACT8_RTL_DIR", none.file(""));
  EXPECT_EQ(call({"doctor", "--json"}).json()["plugins"]["tiny"]["ok"], false);
}

}  // namespace
}  // namespace e8::cli
