// What holds for any program: the checks can fail, compilation is repeatable, errors say what and where, events are
// located, memory is planned.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host/model/error.h"
#include "tests/host/compile/configs.h"
#include "tests/host/net_builder.h"
#include "tests/host/program_run.h"

namespace e8 {
namespace {

using test::NetBuilder;

ops::Window window(int k, int s = 1, int pad = 0) { return {k, k, s, s, 1, 1, pad, pad, pad, pad}; }

/// Two convolutions with several tiles and weights of both.
model::IntNet two_convs(NetBuilder& b) {
  const int hidden = b.conv(b.input({13, 60, 3}), 9, window(3, 1, 1));
  b.conv(hidden, 12, window(3, 2, 1));
  return b.take();
}

class AnyConfig : public ::testing::TestWithParam<std::string> {
 protected:
  const isa::Config& config() const { return test::config(GetParam()); }
};
E8_ALL_CONFIGS(AnyConfig);

TEST_P(AnyConfig, changed_weight_differs) {
  NetBuilder b(config(), 1);
  const model::IntNet net = two_convs(b);
  NetBuilder inputs(config(), 2);
  inputs.input({13, 60, 3});
  const ops::Tensor input = inputs.random_input();
  compile::Program program = compile::compile(net, config());
  const std::vector<ops::Tensor> want = model::run_golden(net, input);
  for (std::uint8_t& byte : program.weights) byte = static_cast<std::uint8_t>(byte ^ 1u);
  test::LoadedProgram run(program, input);
  ASSERT_EQ(run.machine.run(nullptr), machine::StepState::kDone);
  EXPECT_NE(test::difference(run.tensor(net.output), want.back()), "");
}

/// Every token is needed: without it the emulator sees a hazard (or a token that was never sent).
TEST_P(AnyConfig, each_token_is_needed) {
  NetBuilder b(config(), 3);
  const model::IntNet net = two_convs(b);
  const compile::Program whole = compile::compile(net, config());
  const ops::Tensor input(net.tensors[0].shape);
  int tokens = 0;
  for (std::size_t i = 0; i < whole.code.size() && tokens < 40; ++i) {
    for (const isa::FieldInfo& f : isa::all_fields()) {
      if (std::string(f.group) != "COMMON" || std::string(f.name) != "wait" || whole.code[i].get(f) == 0) continue;
      compile::Program broken = whole;
      broken.code[i].put(f, 0);
      test::LoadedProgram run(broken, input);
      EXPECT_THROW(run.machine.run(nullptr), machine::Hazard) << isa::disassemble(whole.code[i]);
      ++tokens;
    }
  }
  EXPECT_GT(tokens, 3);
}

}  // namespace
}  // namespace e8
