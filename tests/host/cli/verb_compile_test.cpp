// exact8 compile and exact8 disasm.
#include "emu/isa/isa.h"
#include "host/model/files.h"
#include "tests/host/cli/model_files.h"

namespace e8::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(VerbCompile, WritesAProgramAndReports) {
  const ScratchFolder folder;
  const std::string out = folder.file("m.e8");
  const Call c = call({"compile", ModelFiles::get().dpu, "--config", "b512", "-o", out, "--report", "--json"});
  ASSERT_EQ(c.code, 0) << c.err;
  const compile::Program p = compile::read_program(out);
  EXPECT_EQ(p.config.name, "b512");
  const nlohmann::json j = c.json();
  EXPECT_EQ(j["instructions"], p.code.size());
  EXPECT_EQ(j["predicted_cycles"], p.predicted_cycles);
  EXPECT_EQ(j["layers"].size(), p.layers.size());
  EXPECT_EQ(j["tie"], "half_up");
  std::uint64_t macs = 0;
  for (const auto& l : j["layers"]) macs += l["macs"].get<std::uint64_t>();
  EXPECT_EQ(j["macs"], macs);
  EXPECT_FALSE(call({"compile", ModelFiles::get().dpu, "-o", out, "--json"}).json().contains("layers"));
  const Call text = call({"compile", ModelFiles::get().dpu, "--config", "tiny", "-o", out, "--report"});
  EXPECT_THAT(text.out, AllOf(HasSubstr("for tiny"), HasSubstr("cycles predicted"), HasSubstr(p.layers[0].name)));
}

/// nano has no multipliers: every node of a network with arbitrary scales is the CPU's.
TEST(VerbCompile, WhatTheCpuComputesIsListed) {
  const ScratchFolder folder;
  const std::string out = folder.file("m.e8");
  const Call c = call({"compile", ModelFiles::get().scaled, "--config", "nano", "-o", out, "--report", "--json"});
  ASSERT_EQ(c.code, 0) << c.err;
  const nlohmann::json cpu = c.json()["cpu"];
  ASSERT_GT(cpu.size(), 0U);
  double share = 0;
  for (const auto& node : cpu) share += node["share"].get<double>();
  EXPECT_NEAR(share, 1, 1e-9);
  EXPECT_THAT(cpu[0]["why"].get<std::string>(), HasSubstr("nano cannot compute it"));
  EXPECT_EQ(c.json()["macs"], 0) << "of the accelerator";
  EXPECT_EQ(c.json()["layers"][0]["bound"], "CPU");
  EXPECT_THAT(call({"compile", ModelFiles::get().scaled, "--config", "nano", "-o", out}).out,
              AllOf(HasSubstr("run on the CPU (100.0 % of MACs)"), HasSubstr("conv")));
  const nlohmann::json none =
      call({"compile", ModelFiles::get().scaled, "--config", "b512", "-o", out, "--report", "--json"}).json();
  EXPECT_EQ(none["cpu"].size(), 0U);
  for (const auto& l : none["layers"]) EXPECT_NE(l["bound"], "CPU");
}

TEST(VerbCompile, RunsSayWhatTheCpuComputes) {
  const ModelFiles& files = ModelFiles::get();
  const Call c = call({"verify", files.scaled, files.pictures, "--limit", "1", "--config", "nano", "--backends",
                       "golden,emu", "--json"});
  ASSERT_EQ(c.code, 0) << c.err;
  EXPECT_THAT(c.err, HasSubstr("run on the CPU"));
  EXPECT_EQ(c.json()["differences"], 0);
  EXPECT_FAILS(call({"verify", files.scaled, files.pictures, "--limit", "1", "--config", "nano", "--backends",
                     "golden,emu", "--strict"}),
               2, 401);
  EXPECT_FAILS(
      call({"run", files.scaled, files.pictures, "--limit", "1", "--config", "nano", "--on", "emu", "--strict"}), 2,
      401);
}

TEST(VerbCompile, AProgramIsWhatItIs) {
  const ModelFiles& files = ModelFiles::get();
  const ScratchFolder folder;
  const std::string nano = folder.file("m.e8");
  ASSERT_EQ(call({"compile", files.scaled, "--config", "nano", "-o", nano}).code, 0);
  for (const char* verb : {"run", "verify"}) {
    std::vector<std::string> words = {verb, nano, files.pictures, "--limit", "1"};
    words.push_back(std::string(verb) == "run" ? "--on" : "--backends");
    words.push_back("emu");
    words.push_back("--strict");
    const Call c = call(words);
    EXPECT_FAILS(c, 2, 401);
    EXPECT_THAT(c.err, AllOf(HasSubstr(nano), HasSubstr("nano cannot compute it")));
    words[1] = files.program;
    EXPECT_THAT(call(words).err, Not(HasSubstr("E8-401"))) << "nothing is the CPU's";
  }
  EXPECT_FAILS(call({"verify", files.program, files.pictures, "--backends", "emu", "--keep-all"}), 2, 814);
  EXPECT_FAILS(call({"run", files.dpu, files.pictures, "--on", "golden", "--strict"}), 2, 815);
}

TEST(VerbCompile, KeepAllStoresEveryTensor) {
  const ScratchFolder folder;
  ASSERT_EQ(call({"compile", ModelFiles::get().dpu, "-o", folder.file("m.e8"), "--keep-all"}).code, 0);
  for (const compile::TensorInfo& t : compile::read_program(folder.file("m.e8")).tensors)
    EXPECT_TRUE(t.in_dram) << t.name;
}

TEST(VerbCompile, BadInput) {
  const ScratchFolder folder;
  const std::string out = folder.file("m.e8");
  EXPECT_FAILS(call({"compile", ModelFiles::get().dpu, "--config", "b9999", "-o", out}), 2, 811);
  EXPECT_FAILS(call({"compile", folder.file("none.onnx"), "-o", out}), 2, 101);
  EXPECT_FAILS(call({"compile", folder.write("x.onnx", "not a model"), "-o", out}), 2, 102);
  EXPECT_FAILS(call({"compile", fmnist(), "-o", out}), 2, 120);
  EXPECT_FAILS(call({"compile", ModelFiles::get().scaled, "--config", "nano", "--strict", "-o", out}), 2, 401);
  EXPECT_FAILS(call({"compile", ModelFiles::get().dpu, "-o", "/no/such/folder/m.e8"}), 4, 501);
  EXPECT_FALSE(std::filesystem::exists(out));
}

TEST(VerbDisasm, PrintsProgramsAndRawInstructions) {
  const compile::Program p = compile::read_program(ModelFiles::get().program);
  const Call c = call({"disasm", ModelFiles::get().program});
  ASSERT_EQ(c.code, 0) << c.err;
  EXPECT_EQ(static_cast<std::size_t>(std::count(c.out.begin(), c.out.end(), '\n')), p.code.size());
  EXPECT_THAT(c.out, AllOf(HasSubstr("     0  LOAD"), HasSubstr("; " + p.layers[0].name + " (0,0)"), HasSubstr("END")));
  const nlohmann::json j = call({"disasm", ModelFiles::get().program, "--json"}).json();
  EXPECT_EQ(j["instructions"].size(), p.code.size());
  EXPECT_EQ(j["instructions"][0]["text"], isa::disassemble(p.code[0]));

  const ScratchFolder folder;
  std::string raw(p.code[0].bytes.begin(), p.code[0].bytes.end());
  EXPECT_THAT(call({"disasm", folder.write("raw", raw)}).out, HasSubstr(isa::disassemble(p.code[0])));
  const Call bad = call({"disasm", folder.write("bad", raw + std::string(64, '\0'))});
  EXPECT_FAILS(bad, 2, 507);
  EXPECT_THAT(bad.out, HasSubstr("no instruction: opcode 0"));
}

TEST(VerbDisasm, BadInput) {
  const ScratchFolder folder;
  EXPECT_FAILS(call({"disasm", folder.file("none")}), 2, 502);
  EXPECT_FAILS(call({"disasm", folder.write("x", "")}), 2, 506);
  EXPECT_FAILS(call({"disasm", folder.write("x", std::string(63, 'x'))}), 2, 506);
  EXPECT_FAILS(call({"disasm", folder.write("x.e8", std::string(64, 'x'))}), 2, 503);
  std::string damaged = model::read_file(ModelFiles::get().program, 1);
  damaged.back() = static_cast<char>(damaged.back() ^ 1);
  EXPECT_FAILS(call({"disasm", folder.write("d.e8", damaged)}), 2, 504);
}

}  // namespace
}  // namespace e8::cli
