// CMSIS-NN's int8 vectors through the golden operators: exact under TFLite's double rounding.
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>

#include "emu/ops/ops.h"
#include "host/model/golden.h"
#include "tests/host/cmsis_cases.h"
#include "tests/host/mlperf_tiny.h"

namespace e8::model {
namespace {

using test::CmsisCase;

constexpr const char* kFile = "cmsis-nn/cmsis_s8.jsonl";

/// The node's result; an addition has two inputs, which the golden model's one-input networks have not.
ops::Tensor golden(const CmsisCase& c, std::size_t i) {
  const std::vector<ops::Tensor>& in = c.inputs[i];
  if (in.size() == 2) return ops::add(in[0], in[1], std::get<ops::AddParams>(c.net.nodes[0].params));
  return run_golden_output(c.net, in[0]);
}

std::size_t mismatches(const CmsisCase& c) {
  std::size_t n = 0;
  for (std::size_t i = 0; i < c.want.size(); ++i) n += test::mismatches(c, i, golden(c, i));
  return n;
}

TEST(CmsisConformance, GoldenIsExact) {
  E8_DATA_FILE(path, kFile);
  const std::vector<CmsisCase> cases = test::read_cmsis(path);
  std::vector<bool> passed;
  std::vector<std::string> unsupported;
  for (const CmsisCase& c : cases) {
    unsupported.push_back(c.unsupported);
    passed.push_back(c.unsupported.empty() && mismatches(c) == 0);
    EXPECT_TRUE(passed.back() || !c.unsupported.empty()) << c.kind << " " << c.name << ": " << mismatches(c);
  }
  std::cout << "CMSIS-NN int8 cases through the golden operators\n"
            << test::conformance_table(cases, passed, unsupported);
  EXPECT_EQ(cases.size(), 44u);
  EXPECT_EQ(std::count(passed.begin(), passed.end(), true), 43) << "all but mul";
}

// The vectors tell rules apart: with one rounding instead of two, some fail, as the file itself says.
TEST(CmsisConformance, SingleRoundingIsCaught) {
  E8_DATA_FILE(path, kFile);
  std::size_t wrong = 0;
  for (CmsisCase c : test::read_cmsis(path)) {
    if (!c.unsupported.empty()) continue;
    if (auto* p = std::get_if<ops::ConvParams>(&c.net.nodes[0].params)) {
      p->tail.mode.double_round = false;
      wrong += mismatches(c);
    }
  }
  EXPECT_EQ(wrong, 3u);
}

TEST(CmsisConformance, AWrongByteIsCounted) {
  E8_DATA_FILE(path, kFile);
  CmsisCase c = test::read_cmsis(path).at(1);
  c.want[0].data.back() = static_cast<std::int8_t>(c.want[0].data.back() ^ 1);
  EXPECT_EQ(mismatches(c), 1u);
}

}  // namespace
}  // namespace e8::model
