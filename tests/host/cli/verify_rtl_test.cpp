// exact8 verify and replay with RTL: lockstep under every stall mode, and a plug-in with a known fault, placed and
// replayed, with its wave. Plug-ins come from `make rtl`; without them the tests are skipped.
#include <algorithm>

#include "host/cli/rtl_device.h"
#include "host/cli/verify.h"
#include "host/model/files.h"
#include "sim/verilated/plugin_loader.h"
#include "tests/host/cli/model_files.h"

namespace e8::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

/// Path of a plug-in, or empty.
std::string plugin(bool traced) {
  try {
    return find_plugin("tiny", "", traced);
  } catch (const UserError&) {
    return "";
  }
}

#define NEEDS_PLUGIN(traced) \
  if (plugin(traced).empty()) GTEST_SKIP() << "no plug-in tiny; make rtl CONFIG=tiny"

Call verify(const std::vector<std::string>& more) {
  const ModelFiles& files = ModelFiles::get();
  std::vector<std::string> words{"verify", files.dpu, files.pictures, "--limit", "1", "--config", "tiny"};
  words.insert(words.end(), more.begin(), more.end());
  return call(words);
}

TEST(VerifyRtl, AgreesUnderEveryStall) {
  NEEDS_PLUGIN(false);
  std::vector<double> cycles;
  for (const char* stalls : {"none", "random", "worst"}) {
    const Call c = verify({"--stalls", stalls, "--seed", "7", "--json"});
    ASSERT_EQ(c.code, 0) << c.out << c.err;
    const nlohmann::json j = c.json();
    EXPECT_EQ(j["backends"], (std::vector<std::string>{"golden", "emu", "rtl"}));
    EXPECT_EQ(j["stalls"], stalls);
    EXPECT_GT(j["events"], 1000);
    EXPECT_GT(j["accumulators"], 1000);
    EXPECT_EQ(j["differences"], 0);
    EXPECT_GT(j["macs_per_second"], 0);
    const double used = j["macs_per_picture"].get<double>() / (j["cycles_per_picture"].get<double>() * 16);
    EXPECT_NEAR(j["utilization"], used, 1e-9) << "tiny does 16 MACs a cycle";
    EXPECT_LE(used, 1.0);
    cycles.push_back(j["cycles_per_picture"]);
  }
  EXPECT_LT(cycles[0], cycles[1]);
  EXPECT_LT(cycles[0], cycles[2]);
  const auto again = [&](const char* seed) {
    return verify({"--stalls", "random", "--seed", seed, "--json"}).json()["cycles_per_picture"].get<double>();
  };
  EXPECT_EQ(again("7"), cycles[1]) << "a seed gives the same run";
  EXPECT_NE(again("8"), cycles[1]);
}

TEST(VerifyRtl, AloneItIsComparedWithTheEmulatorInLockstep) {
  NEEDS_PLUGIN(false);
  const ModelFiles& files = ModelFiles::get();
  const Call c = call({"verify", files.program, files.pictures, "--limit", "1", "--backends", "rtl", "--json"});
  ASSERT_EQ(c.code, 0) << c.err;
  EXPECT_EQ(c.json()["values"], 0);
  EXPECT_GT(c.json()["events"], 1000);
  const Call program = call({"verify", files.program, files.pictures, "--limit", "1"});
  EXPECT_EQ(program.code, 0) << program.err;
  EXPECT_THAT(program.out, HasSubstr("on emu, rtl: compared"));
}

TEST(VerifyRtl, RunOnRtlGivesTheSameClasses) {
  NEEDS_PLUGIN(false);
  const ModelFiles& files = ModelFiles::get();
  const auto top = [&](const char* on) {
    return call({"run", files.program, files.pictures, "--index", "3", "--on", on, "--json"}).json()["results"][0];
  };
  EXPECT_EQ(top("rtl")["top"], top("emu")["top"]);
  EXPECT_GT(top("rtl")["cycles"], 0);
}

TEST(VerifyRtl, ThePluginsConfigurationIsCompiledFor) {
  NEEDS_PLUGIN(false);
  const ModelFiles& files = ModelFiles::get();
  const Call c = call({"verify", files.dpu, files.pictures, "--limit", "1", "--rtl", plugin(false), "--json"});
  ASSERT_EQ(c.code, 0) << c.err;
  EXPECT_EQ(c.json()["config"], "tiny");
  EXPECT_FAILS(call({"verify", files.dpu, files.pictures, "--limit", "1", "--config", "b512", "--rtl", plugin(false)}),
               2, 612);
}

/// The plug-in of tests/host/broken_plugin.cpp, in a folder of its own.
class BrokenRtl : public ::testing::Test {
 protected:
  static constexpr long kEvent = 1000;
  void SetUp() override {
    NEEDS_PLUGIN(false);
    std::filesystem::copy_file(EXACT8_BROKEN_PLUGIN, folder_.file("broken.so"));
    ::setenv("EXACT8_BREAK_PLUGIN", plugin(false).c_str(), 1);
    ::setenv("EXACT8_BREAK_EVENT", std::to_string(kEvent).c_str(), 1);
  }
  Call verify_broken(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> words{"--rtl", folder_.file("broken.so"), "--out", folder_.file("out")};
    words.insert(words.end(), more.begin(), more.end());
    return verify(words);
  }
  std::string failure_folder() const {
    for (const auto& e : std::filesystem::directory_iterator(folder_.file("out"))) return e.path().string();
    return "";
  }
  ScratchFolder folder_;
};

TEST_F(BrokenRtl, TheWrongByteIsPlaced) {
  const Call c = verify_broken({"--json"});
  EXPECT_FAILS(c, 1, 703);
  const nlohmann::json f = c.json()["failure"];
  EXPECT_EQ(f["lane"], 0);
  EXPECT_EQ(std::abs(f["got"].get<int>() - f["want"].get<int>()), 1);
  EXPECT_GT(f["cycle"], 0);
  ASSERT_TRUE(f.contains("element")) << f;
  // Golden has the wanted value at that element of that layer's output.
  const ModelFiles& files = ModelFiles::get();
  const auto at = f["element"].get<std::vector<int>>();
  const std::string layer = f["layer"].get<std::string>().substr(0, f["layer"].get<std::string>().find('+'));
  const nlohmann::json explained =
      call({"explain", files.dpu, files.pictures, layer,
            std::to_string(at[0]) + "," + std::to_string(at[1]) + "," + std::to_string(at[2]), "--json"})
          .json();
  EXPECT_EQ(explained["golden"], f["want"]);
  EXPECT_EQ(explained["tie"], f["tie"]);
}

TEST_F(BrokenRtl, ItComesAgainInReplay) {
  const Call c = verify_broken({"--stalls", "random", "--seed", "5"});
  EXPECT_FAILS(c, 1, 703);
  EXPECT_THAT(c.out, AllOf(HasSubstr("  instruction "), HasSubstr("  cycle "), HasSubstr("no wave")));
  const Call again = call({"replay", failure_folder()});
  EXPECT_FAILS(again, 1, 703);
  EXPECT_EQ(again.out.substr(0, again.out.find('\n')), c.out.substr(0, c.out.find('\n')));
}

TEST_F(BrokenRtl, WithATracedPluginThereIsAWave) {
  NEEDS_PLUGIN(true);
  std::filesystem::create_symlink(plugin(true), folder_.file("broken.trace.so"));
  const Call c = verify_broken();
  EXPECT_FAILS(c, 1, 703);
  EXPECT_THAT(c.out, HasSubstr("(gtkwave " + failure_folder() + "/fail.gtkw)"));
  EXPECT_GT(std::filesystem::file_size(failure_folder() + "/fail.fst"), 1000u);
  EXPECT_THAT(model::read_file(failure_folder() + "/fail.gtkw", 1),
              AllOf(HasSubstr("[dumpfile] \"fail.fst\""), HasSubstr("TOP.retire_exec_data[31:0]")));
  EXPECT_EQ(verify({"--wave", "none", "--rtl", folder_.file("broken.so"), "--out", folder_.file("none")}).code, 1);
}

TEST(VerifyRtl, WaveAllTracesEveryRun) {
  NEEDS_PLUGIN(true);
  const ScratchFolder folder;
  const Call c = verify({"--wave", "all", "--out", folder.file("out")});
  ASSERT_EQ(c.code, 0) << c.err;
  EXPECT_GT(std::filesystem::file_size(folder.file("out/waves/0.fst")), 10000u);
}

TEST(VerifyRtl, WaveAllNeedsATracedPlugin) {
  NEEDS_PLUGIN(false);
  const ScratchFolder folder;
  std::filesystem::copy_file(plugin(false), folder.file("x.so"));
  EXPECT_FAILS(verify({"--wave", "all", "--rtl", folder.file("x.so")}), 3, 603);
}

}  // namespace
}  // namespace e8::cli
