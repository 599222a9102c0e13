// MLPerf Tiny's int8 models on the emulator: every tensor equal to the golden model, hazards checked.
#include "tests/host/mlperf_tiny.h"

#include <gtest/gtest.h>

#include "host/model/lower.h"
#include "tests/host/compile/configs.h"
#include "tests/host/program_run.h"

namespace e8::compile {
namespace {

class MlperfTinyOnEmulator : public ::testing::TestWithParam<std::tuple<test::TinyModel, const char*>> {};

TEST_P(MlperfTinyOnEmulator, EveryTensorEqualsGolden) {
  const auto& [model, config] = GetParam();
  E8_DATA_FILE(path, model.file);
  const model::IntNet net = model::read_int_net(path);
  const ops::Shape& shape = net.tensors[static_cast<std::size_t>(net.input)].shape;
  Options keep;
  keep.keep_all = true;
  const auto tensors = static_cast<int>(net.tensors.size());
  EXPECT_EQ(test::expect_golden(net, test::tiny_input(shape, 0, 1), *isa::find_config(config), keep), tensors);
  EXPECT_EQ(test::expect_golden(net, test::tiny_input(shape, 1, 1), *isa::find_config(config), keep), tensors);
  // as it is run: tensors on chip, additions fused
  EXPECT_GE(test::expect_golden(net, test::tiny_input(shape, 0, 2), *isa::find_config(config)), 2);
}

INSTANTIATE_TEST_SUITE_P(All, MlperfTinyOnEmulator,
                         ::testing::Combine(::testing::ValuesIn(test::tiny_models()),
                                            ::testing::Values("b512", "b4096")),
                         [](const auto& info) {
                           return std::string(std::get<0>(info.param).name) + "_" + std::get<1>(info.param);
                         });

}  // namespace
}  // namespace e8::compile
