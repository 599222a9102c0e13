// Another tool's quantized network, asymmetric in every tensor, on golden model, emulator and RTL in lockstep.
#include <gtest/gtest.h>

#include "host/model/lower.h"
#include "tests/cosim/net_bench.h"
#include "tests/host/model/quantized_models.h"

namespace e8::test {
namespace {

class QuantizedOnnx : public testing::TestWithParam<Build> {};

TEST_P(QuantizedOnnx, EveryOperatorWithItsZeroPoints) {
  model::IntNet net = model::lower(model::every_operator(model::Form::kQOperator, 9, 11).read());
  for (model::IntNode& node : net.nodes) node.name = "n_" + node.name;  // as expect_refused knows nodes
  const isa::Config& config = load_plugin(GetParam())->config();
  if (config.mul_bits == 0 || !config.tables) return expect_refused(net, config);
  cli::VerifyResult total;
  for (const sim::StallMode stalls : {sim::StallMode::kNone, sim::StallMode::kRandom}) {
    expect_net_equal(net, GetParam(), stalls, 3, &total);
  }
  expect_compared(total);
}

INSTANTIATE_TEST_SUITE_P(Builds, QuantizedOnnx, testing::ValuesIn(builds()),
                         [](const auto& i) { return i.param.name; });

}  // namespace
}  // namespace e8::test
