// The verbs on a quantized model of another tool, which does not say how a picture becomes its input.
#include "host/model/npy.h"
#include "tests/host/cli/model_files.h"
#include "tests/host/model/quantized_models.h"

namespace e8::cli {
namespace {

using ::testing::HasSubstr;

class OtherToolsModel : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_.write("m.onnx", model::every_operator(model::Form::kQOperator, 8, 8).proto().SerializeAsString());
    model::Npy pictures{{2, 8, 8, 3}, "|u1", {}};
    for (int i = 0; i < 2 * 8 * 8 * 3; ++i) pictures.bytes.push_back(static_cast<std::uint8_t>(i * 37));
    model::write_npy(picture(), pictures);
    folder_.write("labels", std::string("\0\0\x08\x01\0\0\0\x02\x01\x02", 10));
  }
  std::string file() const { return folder_.file("m.onnx"); }
  std::string picture() const { return folder_.file("pictures.npy"); }

  ScratchFolder folder_;
};

TEST_F(OtherToolsModel, RunsWithWhatTheUserSays) {
  const Call silent = call({"run", file(), picture()});
  EXPECT_FAILS(silent, 2, 210);
  EXPECT_THAT(silent.err, HasSubstr("give --mean and --std, or an int8 .npy of shape [8][8][3]"));
  const Call c = call({"run", file(), picture(), "--mean", "0.4,0.5,0.6", "--std", "0.25", "--json"});
  ASSERT_EQ(c.code, 0) << c.err;
  EXPECT_EQ(c.json()["scheme"], "scaled");
  EXPECT_EQ(c.json()["tie"], "half_even");
  const Call other = call({"run", file(), picture(), "--mean", "0", "--tie", "half_up", "--json"});
  EXPECT_EQ(other.json()["tie"], "half_up") << other.err;
  EXPECT_FAILS(call({"run", file(), picture(), "--mean", "1,2"}), 2, 802);
  const Call dpu = call({"run", file(), picture(), "--mean", "0", "--scheme", "dpu"});
  EXPECT_FAILS(dpu, 2, 121);
  EXPECT_THAT(dpu.err, HasSubstr("zero point"));
}

TEST_F(OtherToolsModel, ProgramsKeepWhatWasSaid) {
  const std::string program = folder_.file("m.e8");
  ASSERT_EQ(call({"compile", file(), "--config", "b512", "-o", program, "--mean", "0.5", "--std", "0.25"}).code, 0);
  const Call compiled = call({"run", program, picture(), "--on", "emu", "--json"});
  const Call golden = call({"run", file(), picture(), "--mean", "0.5", "--std", "0.25", "--json"});
  ASSERT_EQ(compiled.code + golden.code, 0) << compiled.err << golden.err;
  for (std::size_t i = 0; i < 2; ++i)
    EXPECT_EQ(compiled.json()["results"][i]["top"], golden.json()["results"][i]["top"]) << i;
  EXPECT_FAILS(call({"run", program, picture(), "--mean", "0.5"}), 2, 814);
}

TEST_F(OtherToolsModel, IsVerifiedAndCounted) {
  const Call verified = call({"verify", file(), "--limit", "2", "--backends", "golden,emu", "--config", "b512"});
  EXPECT_EQ(verified.code, 0) << verified.out << verified.err;
  const Call c = call({"accuracy", file(), "--images", picture(), "--labels", folder_.file("labels"), "--mean", "0.5",
                       "--std", "0.25", "--json"});
  ASSERT_EQ(c.code, 0) << c.err;
  EXPECT_EQ(c.json()["pictures"], 2);
}

TEST_F(OtherToolsModel, WhatExact8QuantizedSaysItItself) {
  EXPECT_FAILS(call({"run", ModelFiles::get().dpu, picture(), "--tie", "half_even"}), 2, 122);
  EXPECT_FAILS(call({"run", ModelFiles::get().dpu, picture(), "--mean", "0"}), 2, 802);
}

}  // namespace
}  // namespace e8::cli
