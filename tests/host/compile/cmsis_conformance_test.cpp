// CMSIS-NN's int8 vectors compiled and run on the emulator: exact where the hardware has the operator.
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>

#include "emu/ops/ops.h"
#include "host/model/error.h"
#include "tests/host/cmsis_cases.h"
#include "tests/host/compile/configs.h"
#include "tests/host/mlperf_tiny.h"
#include "tests/host/program_run.h"

namespace e8::compile {
namespace {

using test::CmsisCase;

/// A network has one input: of an addition, both lie behind each other in the channels and are cut out of it.
struct Runnable {
  model::IntNet net;
  std::vector<ops::Tensor> inputs;
};

Runnable runnable(const CmsisCase& c) {
  Runnable r{c.net, {}};
  for (const auto& in : c.inputs) r.inputs.push_back(in[0]);
  if (c.inputs[0].size() == 1) return r;
  model::IntNet net;
  net.name = c.net.name;
  net.scheme = c.net.scheme;
  net.tie = c.net.tie;
  const ops::Shape one = c.inputs[0][0].shape;
  net.tensors = {{"both", {one.h, one.w, 2 * one.c}, 1.0, 0}, c.net.tensors[0], c.net.tensors[1], c.net.tensors[2]};
  ops::SliceParams first, second;
  first.shape = second.shape = one;
  second.c0 = one.c;
  net.nodes = {{"first", {0}, 1, first}, {"second", {0}, 2, second}, {"add", {1, 2}, 3, c.net.nodes[0].params}};
  net.input = 0;
  net.outputs = {{3}};
  for (std::size_t i = 0; i < c.inputs.size(); ++i) {
    ops::ConcatParams join;
    join.tails = {ops::identity_tail(), ops::identity_tail()};
    r.inputs[i] = ops::concat({&c.inputs[i][0], &c.inputs[i][1]}, join);
  }
  r.net = std::move(net);
  return r;
}

/// The output on the emulator.
ops::Tensor run(const Program& program, const ops::Tensor& input) {
  test::LoadedProgram loaded(program, input);
  EXPECT_EQ(loaded.machine.run(nullptr), machine::StepState::kDone);
  return loaded.tensor(program.outputs[0].tensor);
}

class CmsisOnEmulator : public ::testing::TestWithParam<const char*> {};

TEST_P(CmsisOnEmulator, IsExact) {
  E8_DATA_FILE(path, "cmsis-nn/cmsis_s8.jsonl");
  const std::vector<CmsisCase> cases = test::read_cmsis(path);
  std::vector<bool> passed;
  std::vector<std::string> unsupported;
  for (const CmsisCase& c : cases) {
    unsupported.push_back(c.unsupported);
    passed.push_back(false);
    if (!c.unsupported.empty()) continue;
    const Runnable r = runnable(c);
    try {
      const Program program = compile(r.net, *isa::find_config(GetParam()));
      std::size_t wrong = 0;
      for (std::size_t i = 0; i < r.inputs.size(); ++i) wrong += test::mismatches(c, i, run(program, r.inputs[i]));
      EXPECT_EQ(wrong, 0u) << c.kind << " " << c.name;
      passed.back() = wrong == 0;
    } catch (const UserError& e) {
      ASSERT_TRUE(e.id() >= 401 && e.id() <= 403) << c.name << ": " << e.what();
      unsupported.back() = e.what();
    }
  }
  std::cout << "CMSIS-NN int8 cases compiled for " << GetParam() << ", on the emulator\n"
            << test::conformance_table(cases, passed, unsupported);
  EXPECT_EQ(std::count(passed.begin(), passed.end(), true), 43) << "all but mul";
}

INSTANTIATE_TEST_SUITE_P(All, CmsisOnEmulator, ::testing::Values("tiny", "b512"));

}  // namespace
}  // namespace e8::compile
