// TFLite models on the command line: compile, run, explain, and verify with the RTL in lockstep.
#include <gmock/gmock.h>

#include "host/cli/rtl_device.h"
#include "host/cli/verify.h"
#include "host/compile/program.h"
#include "host/model/error.h"
#include "host/model/npy.h"
#include "tests/host/cli/call.h"
#include "tests/host/mlperf_tiny.h"

namespace e8::cli {
namespace {

using test::TinyModel;
using ::testing::HasSubstr;

bool has_plugin(const std::string& config) {
  try {
    return !find_plugin(config, "").empty();
  } catch (const UserError&) {
    return false;
  }
}

constexpr const char* kDsCnn = "mlperf-tiny/kws_ref_model.tflite";

/// An int8 .npy of that shape, everything `value`.
std::string array(const ScratchFolder& folder, const std::vector<std::int64_t>& shape, std::uint8_t value) {
  model::Npy a{shape, "|i1", {}};
  std::size_t n = 1;
  for (const std::int64_t d : shape) n *= static_cast<std::size_t>(d);
  a.bytes.assign(n, value);
  model::write_npy(folder.file("in.npy"), a);
  return folder.file("in.npy");
}

TEST(TfliteCli, CompilesAndRunsAlikeOnAllMachines) {
  E8_DATA_FILE(path, kDsCnn);
  const ScratchFolder folder;
  const std::string input = array(folder, {1, 49, 10, 1}, 83), program = folder.file("kws.e8");
  ASSERT_EQ(call({"compile", path, "--config", "b512", "-o", program}).code, 0);
  EXPECT_EQ(compile::read_program(program).tie, "double_round");
  const Call golden = call({"run", path, input, "--json"});
  ASSERT_EQ(golden.code, 0) << golden.err;
  EXPECT_EQ(golden.json()["scheme"], "tflite");
  EXPECT_EQ(golden.json()["tie"], "double_round");
  const Call emu = call({"run", program, input, "--on", "emu", "--json"});
  ASSERT_EQ(emu.code, 0) << emu.err;
  EXPECT_EQ(emu.json()["results"][0]["top"], golden.json()["results"][0]["top"]);
}

TEST(TfliteCli, ExplainAgreesWithGolden) {
  E8_DATA_FILE(path, "mlperf-tiny/pretrainedResnet_quant.tflite");
  const ScratchFolder folder;
  const std::string input = array(folder, {32, 32, 3}, 5);
  for (const char* layer : {"conv_2d_0", "add_3", "average_pool_2d_12", "fully_connected_14"}) {
    const Call c = call({"explain", path, input, layer, "0,0,1", "--json"});
    ASSERT_EQ(c.code, 0) << layer << ": " << c.err;
    EXPECT_EQ(c.json()["result"], c.json()["golden"]) << layer;
  }
}

TEST(TfliteCli, AVectorNeedsNoImageShape) {
  E8_DATA_FILE(path, "mlperf-tiny/ad01_int8.tflite");
  const ScratchFolder folder;
  EXPECT_EQ(call({"run", path, array(folder, {640}, 1)}).code, 0);
  EXPECT_EQ(call({"run", path, array(folder, {1, 640}, 1)}).code, 0);
  EXPECT_EQ(call({"run", path, array(folder, {641}, 1)}).code, 2);
}

TEST(TfliteCli, WhatIsNoModelIsNamed) {
  const ScratchFolder folder;
  const Call c = call({"compile", folder.write("x.tflite", "nonsense"), "--config", "b512", "-o", folder.file("x.e8")});
  EXPECT_EQ(c.code, 2);
  EXPECT_THAT(c.err, HasSubstr("E8-140"));
  EXPECT_THAT(c.err, HasSubstr("not a TFLite model"));
}

class TfliteRtl : public ::testing::TestWithParam<std::tuple<TinyModel, const char*>> {};

TEST_P(TfliteRtl, EqualsGoldenAndEmulatorInLockstep) {
  const auto& [model, config] = GetParam();
  E8_DATA_FILE(path, model.file);
  if (!has_plugin(config)) GTEST_SKIP() << "no plug-in " << config << "; make rtl CONFIG=" << config;
  const ScratchFolder folder;
  const Call c = call({"verify", path, "--limit", "1", "--config", config, "--keep-all", "--stalls", "random", "--seed",
                       "3", "--out", folder.file("out"), "--json"});
  ASSERT_EQ(c.code, 0) << c.out << c.err;
  EXPECT_EQ(c.json()["backends"], (std::vector<std::string>{"golden", "emu", "rtl"}));
  EXPECT_EQ(c.json()["differences"], 0);
  EXPECT_GT(c.json()["events"], 1000);
}

INSTANTIATE_TEST_SUITE_P(
    All, TfliteRtl,
    ::testing::Combine(::testing::ValuesIn(test::tiny_models().begin(), test::tiny_models().begin() + 5),
                       ::testing::Values("b512", "b4096")),
    [](const auto& info) { return std::string(std::get<0>(info.param).name) + "_" + std::get<1>(info.param); });

}  // namespace
}  // namespace e8::cli
