// Whole networks on golden model, emulator and RTL in lockstep: blocks of ResNet-50 and MobileNetV2, the Fashion-MNIST
// network under both quantization schemes on real pictures, random graphs. EXACT8_SEED replays one random graph,
// EXACT8_LONG=1 runs a hundred times as many.
#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include <cstdio>

#include "host/model/error.h"
#include "tests/cosim/net_bench.h"
#include "tests/host/cli/call.h"
#include "tests/host/random_graph.h"

namespace e8::test {
namespace {

using sim::StallMode;

/// r4096 too: seven lanes of V = 16.
std::vector<Build> all_builds() {
  std::vector<Build> all = builds();
  all.push_back({"r4096", "CONFIG=r4096"});
  return all;
}

class RealNetworks : public testing::TestWithParam<Build> {
 protected:
  const isa::Config& config() const { return load_plugin(GetParam())->config(); }

  /// The last two nodes are one layer where there are tables.
  void expect_add_fused(const model::IntNet& net) const {
    EXPECT_EQ(compile::compile(net, config()).layers.size(), net.nodes.size() - (config().tables ? 1 : 0));
  }
};

/// A bottleneck block as in ResNet-50 v1.5: 1x1, 3x3 with stride, 1x1, added to a strided projection; narrower.
TEST_P(RealNetworks, ResNetBottleneck) {
  NetBuilder b(config(), 1);
  const int in = b.input({14, 14, 32});
  const int middle = b.conv(b.conv(in, 16, square_window(1)), 16, square_window(3, 2, 1));
  const int out = b.conv(middle, 64, square_window(1));
  b.add(out, b.conv(in, 64, square_window(1, 2)));
  expect_add_fused(b.net());
  cli::VerifyResult total;
  for (const StallMode stalls : {StallMode::kNone, StallMode::kRandom, StallMode::kWorst}) {
    expect_net_equal(b.net(), GetParam(), stalls, 1, &total);
  }
  expect_compared(total);
}

/// An inverted residual block as in MobileNetV2: expanded, depthwise, projected, added to its input.
TEST_P(RealNetworks, MobileNetInvertedResidual) {
  NetBuilder b(config(), 2);
  const int in = b.input({14, 14, 16});
  const int wide = b.depthwise(b.conv(in, 96, square_window(1)), square_window(3, 1, 1));
  b.add(b.conv(wide, 16, square_window(1)), in);
  expect_add_fused(b.net());
  cli::VerifyResult total;
  for (const StallMode stalls : {StallMode::kNone, StallMode::kRandom, StallMode::kWorst}) {
    expect_net_equal(b.net(), GetParam(), stalls, 2, &total);
  }
  expect_compared(total);
}

/// As in SSD: predictors on a map and on a smaller one made of it, four outputs.
TEST_P(RealNetworks, DetectorHeads) {
  NetBuilder b(config(), 3);
  const int map = b.conv(b.depthwise(b.input({10, 10, 16}), square_window(3, 1, 1)), 24, square_window(1));
  const int smaller = b.conv(b.conv(map, 8, square_window(1)), 16, square_window(3, 2, 1));
  std::vector<int> outputs;
  for (const int from : {map, smaller}) {
    for (const int cout : {12, 21}) outputs.push_back(b.conv(from, cout, square_window(1)));
  }
  b.outputs(outputs);
  cli::VerifyResult total;
  for (const StallMode stalls : {StallMode::kNone, StallMode::kWorst}) {
    expect_net_equal(b.net(), GetParam(), stalls, 3, &total);
  }
  expect_compared(total);
}

/// As in YOLOv3-tiny: a coarse output, and a fine one on its features upsampled beside an earlier map.
TEST_P(RealNetworks, DetectorPyramid) {
  NetBuilder b(config(), 4);
  const int fine = b.conv(b.input({8, 8, 8}), 12, square_window(3, 1, 1));
  const int coarse = b.conv(b.max_pool(fine, square_window(2, 2)), 16, square_window(3, 1, 1));
  const int up = b.upsample(b.conv(coarse, 8, square_window(1)), 2, 2, false);
  const int joined = b.conv(b.concat({up, fine}, false, false), 12, square_window(3, 1, 1));
  b.outputs({b.conv(coarse, 15, square_window(1)), b.conv(joined, 15, square_window(1))});
  cli::VerifyResult total;
  for (const StallMode stalls : {StallMode::kNone, StallMode::kWorst}) {
    expect_net_equal(b.net(), GetParam(), stalls, 4, &total);
  }
  expect_compared(total);
}

/// Squeeze and excitation: the CPU multiplies between two runs of the accelerator.
TEST_P(RealNetworks, SqueezeAndExcite) {
  NetBuilder b(config(), 5);
  const int map = b.conv(b.input({9, 9, 8}), 16, square_window(3, 1, 1));
  const int gate = b.conv(b.conv(b.global_avg_pool(map), 4, square_window(1)), 16, square_window(1));
  const int scaled = b.mul(map, gate);
  b.add(b.conv(scaled, 16, square_window(1)), map);
  compile::Options options;
  options.cpu = true;
  cli::VerifyResult total;
  for (const StallMode stalls : {StallMode::kNone, StallMode::kWorst}) {
    expect_net_equal(b.net(), GetParam(), stalls, 5, &total, options);
  }
  expect_compared(total);
}

TEST_P(RealNetworks, FashionMnistUnderBothSchemes) {
  const std::string pictures = "/usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz";
  cli::ScratchFolder folder;
  cli::VerifyResult total;
  for (const char* scheme : {"dpu", "scaled"}) {
    const std::string file = folder.file(std::string(scheme) + ".onnx");
    const cli::Call quantized =
        cli::call({"quantize", cli::fmnist(), "--calib", pictures, "--subset", "8", "--scheme", scheme, "-o", file});
    ASSERT_EQ(quantized.code, 0) << quantized.err;
    cli::Subject subject = cli::read_subject(file);
    if (config().mul_bits == 0 && std::string(scheme) == "scaled") {  // scales that are no powers of two
      try {
        cli::compile_for(&subject, config(), config(), {});
        ADD_FAILURE() << "compiled for " << config().name;
      } catch (const UserError& e) {
        EXPECT_EQ(e.id(), 401) << e.what();
      }
      continue;
    }
    cli::compile_for(&subject, config(), config(), {});
    const cli::Inputs inputs({pictures}, subject.face, 17, std::nullopt);
    expect_subject_equal(subject, inputs, GetParam(), StallMode::kRandom, 1, &total);
  }
  expect_compared(total);
}

INSTANTIATE_TEST_SUITE_P(Builds, RealNetworks, testing::ValuesIn(all_builds()),
                         [](const auto& test) { return test.param.name; });

class RandomGraphs : public testing::TestWithParam<std::tuple<Build, StallMode>> {};

TEST_P(RandomGraphs, AreEqual) {
  const auto& [build, stalls] = GetParam();
  const isa::Config& config = load_plugin(build)->config();
  const std::uint64_t first = seed_or(1 + 10000 * static_cast<std::uint64_t>(stalls));
  const std::uint64_t count = seed_is_given() ? 1 : 10 * long_factor();
  cli::VerifyResult total;
  for (std::uint64_t seed = first; seed < first + count && !HasFailure(); ++seed) {
    SCOPED_TRACE("replay with EXACT8_SEED=" + std::to_string(seed));
    NetBuilder b(config, seed);
    random_graph(b, config);
    expect_net_equal(b.net(), build, stalls, seed, &total,
                     {seed % 3 == 0, seed % 3 == 1 ? compile::Keep::kAlways : compile::Keep::kWhereFaster});
  }
  std::printf("seeds %llu..%llu\n", static_cast<unsigned long long>(first),
              static_cast<unsigned long long>(first + count - 1));
  expect_compared(total);
}

INSTANTIATE_TEST_SUITE_P(Builds, RandomGraphs,
                         testing::Combine(testing::ValuesIn(all_builds()),
                                          testing::Values(StallMode::kNone, StallMode::kRandom, StallMode::kWorst)),
                         [](const auto& test) {
                           return std::get<0>(test.param).name + "_stalls_" + stall_name(std::get<1>(test.param));
                         });

/// Failures that `check` reports.
template <typename F>
int failures(F check) {
  testing::TestPartResultArray results;
  const testing::ScopedFakeTestPartResultReporter reporter(
      testing::ScopedFakeTestPartResultReporter::INTERCEPT_ONLY_CURRENT_THREAD, &results);
  check();
  return results.size();
}

/// The checks of this folder see a network that is not the compiled one, a refusal that does not come, and nothing.
TEST(NetworkChecksBad, Fail) {
  const Build tiny{"tiny", "CONFIG=tiny"};
  const isa::Config& config = load_plugin(tiny)->config();
  NetBuilder b(config, 1);
  b.conv(b.input({4, 4, 3}), 5, square_window(3, 1, 1));
  cli::Subject subject;
  subject.net = subject.face = b.net();
  subject.program = compile::compile(b.net(), config);
  const cli::Inputs inputs(subject.face, 1, 1);
  cli::VerifyResult total;
  const auto compare = [&] { expect_subject_equal(subject, inputs, tiny, StallMode::kNone, 1, &total); };
  EXPECT_EQ(failures(compare), 0);
  auto& conv = std::get<ops::ConvParams>(subject.net->nodes[0].params);
  for (std::int8_t& w : conv.weights) w = static_cast<std::int8_t>(~w);
  EXPECT_GT(failures(compare), 0) << "golden runs another network than the RTL";
  EXPECT_EQ(failures([&] { expect_refused(b.net(), config); }), 1) << "nothing is wrong with it";
  EXPECT_EQ(failures([] { expect_compared({}); }), 4) << "nothing was compared";
}

}  // namespace
}  // namespace e8::test
