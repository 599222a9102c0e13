// exact8 verify and replay without RTL: what is compared, every verdict, every refusal; failures come again.
#include <sys/wait.h>

#include <csignal>
#include <fstream>
#include <thread>

#include "host/cli/verify_report.h"
#include "host/model/files.h"
#include "host/model/golden.h"
#include "tests/host/cli/model_files.h"

namespace e8::cli {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }
std::string last_line(const std::string& text) {  // before the repro line
  const std::size_t at = text.rfind("FAIL ");
  return text.substr(at, text.find('\n', at) - at);
}
/// The only entry of a folder.
std::string only_entry(const std::string& folder) {
  std::vector<std::string> entries;
  for (const auto& e : std::filesystem::directory_iterator(folder)) entries.push_back(e.path().string());
  EXPECT_EQ(entries.size(), 1u);
  return entries.empty() ? "" : entries[0];
}

TEST(VerbVerify, GoldenAndEmulatorAgree) {
  const ModelFiles& files = ModelFiles::get();
  for (const std::string& model : {files.dpu, files.scaled}) {
    for (const char* config : {"tiny", "b4096"}) {
      const Call c = call({"verify", model, files.pictures, "--config", config, "--backends", "golden,emu", "--json"});
      ASSERT_EQ(c.code, 0) << c.err;
      const nlohmann::json j = c.json();
      EXPECT_EQ(j["verdict"], "pass");
      EXPECT_EQ(j["config"], config);
      EXPECT_EQ(j["pictures"], kModelPictures);
      EXPECT_EQ(j["backends"], (std::vector<std::string>{"golden", "emu"}));
      EXPECT_EQ(j["differences"], 0);
      EXPECT_EQ(j["events"], 0);
      EXPECT_GT(j["tensors"], 2 * kModelPictures);
      EXPECT_GT(j["values"], 10 * kModelPictures);
      EXPECT_GT(j["macs_per_picture"], 0);
    }
  }
  const auto verify = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"verify", files.dpu, files.pictures, "--limit", "2", "--backends", "golden,emu"});
    return call(more);
  };
  const Call text = verify({});
  EXPECT_THAT(text.out, AllOf(HasSubstr("(dpu, ties half_up), b512: 2 pictures on golden, emu: compared "),
                              HasSubstr(": 0 differ\nPASS\n")));
  EXPECT_GT(verify({"--keep-all", "--json"}).json()["tensors"], verify({"--json"}).json()["tensors"]);
  EXPECT_EQ(verify({"--index", "5", "--json"}).json()["pictures"], 1);
}

TEST(VerbVerify, WithoutInputsTensorsAreRandom) {
  const ModelFiles& files = ModelFiles::get();
  const Call c = call({"verify", files.dpu, "--limit", "3", "--backends", "golden,emu", "--config", "tiny", "--json"});
  ASSERT_EQ(c.code, 0) << c.err;
  EXPECT_EQ(c.json()["pictures"], 3);
  const Subject s = read_subject(files.dpu);
  const Inputs a(s.face, 2, 1), b(s.face, 2, 2);
  EXPECT_EQ(a.read(0).data, Inputs(s.face, 9, 1).read(0).data) << "adding pictures moves none";
  EXPECT_NE(a.read(0).data, a.read(1).data);
  EXPECT_NE(a.read(0).data, b.read(0).data);
}

TEST(VerbVerify, RightExpectedTensorsPass) {
  const ModelFiles& files = ModelFiles::get();
  const ScratchFolder folder;
  const std::string right = folder.file("right.npy");
  ASSERT_EQ(call({"run", files.dpu, files.pictures, "--save", right}).code, 0);
  for (const char* backends : {"golden", "emu", "golden,emu"}) {
    const Call c = call({"verify", files.dpu, files.pictures, "--backends", backends, "--expect", right, "--json"});
    EXPECT_EQ(c.code, 0) << c.err;
    EXPECT_GE(c.json()["values"], 10 * kModelPictures);
  }
  const Call program = call({"verify", files.program, files.pictures, "--backends", "emu", "--expect", right});
  EXPECT_EQ(program.code, 0) << program.err;
}

TEST(VerbVerify, AWrongExpectedTensorFailsAndComesAgain) {
  const ModelFiles& files = ModelFiles::get();
  const ScratchFolder folder;
  const std::string wrong = folder.file("wrong.npy"), out = folder.file("out");
  ASSERT_EQ(call({"run", files.dpu, files.pictures, "--save", wrong}).code, 0);
  model::Npy array = model::read_npy(wrong);
  array.bytes[3 * 10 + 7] ^= 1;
  array.bytes[4 * 10] ^= 1;
  model::write_npy(wrong, array);
  const Call c =
      call({"verify", files.dpu, files.pictures, "--backends", "golden,emu", "--expect", wrong, "--out", out});
  EXPECT_FAILS(c, 1, 702);
  EXPECT_THAT(c.out, AllOf(ContainsRegex("^FAIL dpu  layer [^ ]+"), HasSubstr("  y[3,0,0,7]  got "), HasSubstr("1 LSB"),
                           HasSubstr("  repro: exact8 replay " + out), Not(HasSubstr("PASS"))));
  EXPECT_EQ(first_line(c.out), last_line(c.out)) << "first and once more at the end";
  const std::string failure = only_entry(out);
  for (const char* file : {"model.onnx", "program.e8", "input.npy", "replay.json", "failure.txt", "repro.sh"}) {
    EXPECT_TRUE(std::filesystem::exists(failure + "/" + file)) << file;
  }
  EXPECT_NE(std::filesystem::status(failure + "/repro.sh").permissions() & std::filesystem::perms::owner_exec,
            std::filesystem::perms::none);
  const Call again = call({"replay", failure});
  EXPECT_FAILS(again, 1, 702);
  EXPECT_EQ(first_line(again.out), first_line(c.out));
  const nlohmann::json j = call({"replay", failure, "--json"}).json();
  EXPECT_EQ(j["verdict"], "fail");
  EXPECT_EQ(j["failure"]["line"], first_line(c.out));
  EXPECT_EQ(j["failure"]["element"], (std::vector<int>{0, 0, 7}));
  EXPECT_EQ(j["failure"]["number"], 3);
}

TEST(VerbVerify, ExpectedFoldersNameTensors) {
  const ModelFiles& files = ModelFiles::get();
  const ScratchFolder folder;
  const Subject s = read_subject(files.dpu);
  const std::string name = file_name(s.face.tensors[static_cast<std::size_t>(s.face.outputs[0].tensor)].name);
  const auto verify = [&] {
    return call({"verify", files.dpu, files.pictures, "--index", "0", "--backends", "golden", "--expect",
                 folder.file("expect"), "--out", folder.file("out")});
  };
  std::filesystem::create_directories(folder.file("expect"));
  EXPECT_FAILS(verify(), 2, 707);
  ASSERT_EQ(
      call({"run", files.dpu, files.pictures, "--index", "0", "--save", folder.file("expect/" + name + ".npy")}).code,
      0);
  EXPECT_EQ(verify().code, 0);
  model::write_npy(folder.file("expect/other.npy"), {{1}, "|i1", {0}});
  EXPECT_FAILS(verify(), 2, 707);
  std::filesystem::remove(folder.file("expect/other.npy"));
  model::write_npy(folder.file("expect/" + name + ".npy"), {{9}, "|i1", std::vector<std::uint8_t>(9)});
  EXPECT_FAILS(verify(), 2, 707);
  model::write_npy(folder.file("expect/" + name + ".npy"), {{10}, "|u1", std::vector<std::uint8_t>(10)});
  EXPECT_FAILS(verify(), 2, 707);
}

TEST(VerbVerify, NothingComparedIsNoPass) {
  const ModelFiles& files = ModelFiles::get();
  EXPECT_FAILS(call({"verify", files.dpu, files.pictures, "--backends", "golden"}), 5, 706);
  EXPECT_FAILS(call({"verify", files.dpu, files.pictures, "--backends", "emu"}), 5, 706);
  EXPECT_FAILS(call({"verify", files.program, files.pictures, "--backends", "emu"}), 5, 706);
}

TEST(VerbVerify, DamagedFilesHaveTheirOwnIds) {
  const ModelFiles& files = ModelFiles::get();
  const ScratchFolder folder;
  const auto verify = [&](const std::string& model, const char* backends) {
    return call({"verify", model, files.pictures, "--limit", "1", "--backends", backends});
  };
  std::string program = model::read_file(files.program, 1);
  const std::size_t no_nodes = 4;  // all that section CPU, the last, holds here: their number
  for (const auto& [at, section] :
       {std::pair{program.size() - 1, "CPU"}, {program.size() - no_nodes - 1, "WGHT"}, {std::size_t{200}, "INFO"}}) {
    std::string damaged = program;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    const Call c = verify(folder.write("d.e8", damaged), "emu");
    EXPECT_FAILS(c, 2, 504);
    EXPECT_THAT(c.err, HasSubstr("section " + std::string(section)));
  }
  program.resize(program.size() / 2);
  EXPECT_FAILS(verify(folder.write("t.e8", program), "emu"), 2, 504);
  EXPECT_FAILS(verify(folder.write("x.e8", "x"), "emu"), 2, 503);
  EXPECT_FAILS(verify(folder.file("none.onnx"), "golden,emu"), 2, 101);
  const std::string onnx = model::read_file(files.dpu, 1);
  EXPECT_EQ(verify(folder.write("t.onnx", onnx.substr(0, onnx.size() / 2)), "golden,emu").code, 2);
}

TEST(VerbVerify, RefusesWhatDoesNotFit) {
  const ModelFiles& files = ModelFiles::get();
  const ScratchFolder none;
  EXPECT_FAILS(call({"verify", files.program, files.pictures, "--backends", "golden,emu"}), 2, 814);
  EXPECT_FAILS(call({"verify", files.program, "--backends", "emu,rtl", "--config", "zz"}), 2, 811);
  for (const std::vector<std::string>& more :
       {std::vector<std::string>{"--rtl", "x.so"}, {"--stalls", "random"}, {"--wave", "all"}}) {
    std::vector<std::string> words{"verify", files.dpu, "--backends", "golden,emu"};
    words.insert(words.end(), more.begin(), more.end());
    EXPECT_FAILS(call(words), 2, 815);
  }
  const WithVariable nowhere("EXACT8_RTL_DIR", none.file(""));
  const Call c = call({"verify", files.dpu, files.pictures});
  EXPECT_FAILS(c, 3, 602);
  EXPECT_THAT(c.err, HasSubstr("make rtl CONFIG=b512"));
}

/// Runs verify_and_report on `subject` as the verb does.
Call verify_subject(const Subject& subject, const std::string& out, bool json = false) {
  Replay replay;
  replay.options.jobs = 2;
  replay.config = subject.program->config.name;
  replay.model_file = "model.onnx";
  ReportOptions report;
  report.out = out;
  report.json = json;
  const Inputs inputs({ModelFiles::get().pictures}, subject.face, std::nullopt, std::nullopt);
  std::ostringstream to_out, to_err;
  Context context{to_out, to_err};
  verify_and_report(context, subject, inputs, {}, nullptr, replay, report);
  return {static_cast<int>(context.code), to_out.str(), to_err.str()};
}

/// A subject whose program for b512 is made wrong by `break_it`.
template <typename F>
Subject broken_subject(const F& break_it) {
  Subject s = read_subject(ModelFiles::get().dpu);
  compile_for(&s, config_named("b512"), config_named("b512"), {});
  break_it(*s.program);
  return s;
}

TEST(VerbVerify, AWrongProgramIsNamedDownToTheInstruction) {
  const ScratchFolder folder;
  std::uint32_t broken = 0;  // the first EXEC of the second layer gets another lower clamp
  const Subject s = broken_subject([&](compile::Program& p) {
    while (p.map[broken].layer != 1 || p.code[broken].opcode() != static_cast<unsigned>(isa::Opcode::kEXEC)) ++broken;
    isa::Exec x = isa::decode_exec(p.code[broken]);
    x.lo = x.hi;
    p.code[broken] = isa::encode(x);
  });
  const Call c = verify_subject(s, folder.file("out"));
  EXPECT_FAILS(c, 1, 701);
  EXPECT_THAT(c.out, AllOf(HasSubstr("FAIL dpu  layer " + s.program->layers[1].name + "  tile (0,0)  y[0,"),
                           HasSubstr("  instruction " + std::to_string(broken) + "  lane "),
                           HasSubstr("emulator against golden: ")));
  const Call again = call({"replay", only_entry(folder.file("out"))});
  EXPECT_EQ(again.code, 1);
  EXPECT_EQ(first_line(again.out), first_line(c.out));
  EXPECT_EQ(verify_subject(s, "", true).json()["failure"]["instruction"], broken);
}

TEST(FindBirth, FindsNothingInRightPrograms) {
  for (const std::string& path : {ModelFiles::get().dpu, ModelFiles::get().scaled}) {
    for (const char* config : {"tiny", "b512", "b4096"}) {
      Subject s = read_subject(path);
      compile_for(&s, config_named(config), config_named(config), {});
      const Inputs inputs({ModelFiles::get().pictures}, s.face, 0, std::nullopt);
      const ops::Tensor input = inputs.read(0);
      const auto spot = find_birth(s, input, model::run_golden(*s.net, input));
      EXPECT_FALSE(spot.has_value()) << path << " " << config << ": " << fail_line("x", 0, *spot);
    }
  }
}

TEST(VerbVerify, AMissingTokenIsAHazard) {
  const ScratchFolder folder;
  const Subject s = broken_subject([](compile::Program& p) {
    // every other engine still waits for as many tokens as are sent
    for (isa::Instruction& code : p.code) {
      if (code.opcode() != static_cast<unsigned>(isa::Opcode::kEXEC)) continue;
      isa::Exec x = isa::decode_exec(code);
      if ((x.wait & isa::kTokenLoad) == 0) continue;
      x.wait &= ~std::int64_t{isa::kTokenLoad};
      code = isa::encode(x);
      return;
    }
  });
  const Call c = verify_subject(s, folder.file("out"));
  EXPECT_FAILS(c, 1, 704);
  EXPECT_THAT(c.out, HasSubstr("FAIL dpu  layer "));
  EXPECT_FAILS(call({"replay", only_entry(folder.file("out"))}), 1, 704);
}

TEST(VerbReplay, BadFolders) {
  const ScratchFolder folder;
  EXPECT_FAILS(call({"replay", folder.file("none")}), 2, 710);
  folder.write("replay.json", "{");
  EXPECT_FAILS(call({"replay", folder.file("")}), 2, 710);
  const nlohmann::json good = {{"name", "n"},    {"schema", 1},         {"model", "model.e8"}, {"config", "tiny"},
                               {"rtl", ""},      {"backends", {"emu"}}, {"stalls", "none"},    {"seed", 1},
                               {"picture", "p"}, {"number", 0}};
  for (const auto& [key, value] : good.items()) {
    nlohmann::json bad = good;
    bad.erase(key);
    folder.write("replay.json", bad.dump());
    const Call c = call({"replay", folder.file("")});
    EXPECT_FAILS(c, 2, 710);
    EXPECT_THAT(c.err, HasSubstr("'" + key + "'"));
    bad = good;
    bad[key] = key == "backends" || key == "stalls" ? nlohmann::json("fpga") : nlohmann::json::object();
    folder.write("replay.json", bad.dump());
    EXPECT_FAILS(call({"replay", folder.file("")}), 2, 710);
  }
}

TEST(VerbVerify, AnInterruptEndsItWithExit130) {
  const ModelFiles& files = ModelFiles::get();
  const ScratchFolder folder;
  const ::pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const Call c = call({"verify", files.dpu, "--limit", "10000000", "--backends", "golden,emu", "--config", "tiny"});
    folder.write("err", c.err);
    ::_exit(c.code);
  }
  const auto catches_interrupt = [&] {
    std::ifstream status("/proc/" + std::to_string(child) + "/status");
    for (std::string line; std::getline(status, line);) {
      if (line.compare(0, 7, "SigCgt:") == 0)
        return (std::stoull(line.substr(7), nullptr, 16) >> (SIGINT - 1) & 1) != 0;
    }
    return true;  // it has ended: do not wait for it here
  };
  while (!catches_interrupt()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  ::kill(child, SIGINT);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 130);
  EXPECT_THAT(model::read_file(folder.file("err"), 1), HasSubstr("E8-803"));
}

}  // namespace
}  // namespace e8::cli
