// Whole networks: the topology of the Fashion-MNIST job, residual blocks, random graphs of every operator.
#include <gtest/gtest.h>

#include "tests/host/compile/configs.h"
#include "tests/host/net_builder.h"
#include "tests/host/program_run.h"
#include "tests/host/random_graph.h"

namespace e8 {
namespace {

using test::NetBuilder;

ops::Window window(int k, int s = 1, int pad = 0) { return {k, k, s, s, 1, 1, pad, pad, pad, pad}; }

class Networks : public ::testing::TestWithParam<std::string> {
 protected:
  const isa::Config& config() const { return test::config(GetParam()); }
};
E8_ALL_CONFIGS(Networks);

/// Convolution, pooling of both kinds, depthwise and pointwise, a residual add, fully connected.
int fashion_like(NetBuilder& b) {
  int t = b.conv(b.input({28, 28, 1}), 16, window(3, 1, 1));
  t = b.max_pool(t, window(2, 2));
  const int trunk = b.conv(t, 32, window(3, 1, 1));
  const int branch = b.conv(b.depthwise(trunk, window(3, 1, 1)), 32, window(1));
  t = b.max_pool(b.add(branch, trunk), window(2, 2));
  t = b.conv(t, 64, window(3, 1, 1));
  t = b.global_avg_pool(t);
  return b.fully_connected(t, 10);
}

TEST_P(Networks, fashion_mnist_like) {
  for (const bool keep_all : {false, true}) {
    NetBuilder b(config(), 7);
    fashion_like(b);
    const ops::Tensor input = b.random_input();
    const model::IntNet net = b.take();
    const int compared = test::expect_golden(net, input, config(), {keep_all});
    if (keep_all) {
      EXPECT_EQ(compared, static_cast<int>(net.tensors.size()));
    }
    const compile::Program p = compile::compile(net, config(), {keep_all});
    std::uint64_t macs = 0, cycles = 0;
    for (const compile::LayerInfo& l : p.layers) {
      macs += l.macs;
      cycles += l.predicted_cycles;
      EXPECT_GT(l.dram_bytes, 0u);
    }
    EXPECT_EQ(cycles, p.predicted_cycles);
    EXPECT_GE(cycles * config().lanes * config().v * config().v, macs) << "faster than the array";
    RecordProperty("cycles", std::to_string(cycles));
  }
}

/// Residual blocks as in ResNet, with the change of size.
TEST_P(Networks, residual_blocks) {
  NetBuilder b(config(), 8);
  int t = b.max_pool(b.conv(b.input({32, 32, 3}), 12, window(7, 2, 3)), window(3, 2, 1));
  for (const int channels : {12, 24}) {
    const int stride = channels == 12 ? 1 : 2;
    const int main = b.conv(b.conv(t, channels, window(3, stride, 1)), channels, window(3, 1, 1));
    t = b.add(main, channels == 12 ? t : b.conv(t, channels, window(1, stride)));
  }
  b.fully_connected(b.global_avg_pool(t), 10);
  const ops::Tensor input = b.random_input();
  test::expect_golden(b.take(), input, config());
}

/// Biases at the end of 33 bits, weights and padding that would pass it together. Whatever lanes compute beyond the
/// image, where the golden model computes nothing, must not raise an error.
TEST_P(Networks, what_lies_outside_the_image_cannot_overflow) {
  for (const int size : {1, 5, 9, 15, 17}) {
    NetBuilder b(config(), 9);
    ops::ConvParams p;
    p.window = {1, 1, 1, 1, 1, 1, 0, 0, 1, 1};  // the last row and column are all padding
    p.cout = 3;
    p.pad_value = 127;
    const int channels = static_cast<int>(config().v);
    p.weights.assign(static_cast<std::size_t>(3 * channels), 127);
    ops::Tail tail;
    tail.channel.assign(3, {});
    for (num::ChannelParam& c : tail.channel) {
      c.b2 = num::kMaxV - 2 * 127 * 127 * channels;
      c.s = 40;
    }
    const int in = b.input({size, size, channels});
    const int inner = b.conv(in, p, tail);
    ops::ConvParams odd = p;
    odd.window.bottom = odd.window.right = 0;
    odd.window.kh = odd.window.kw = 2;
    odd.weights.assign(static_cast<std::size_t>(3 * 4 * 3), 127);
    for (num::ChannelParam& c : tail.channel) c.b2 = num::kMaxV;
    b.conv(inner, odd, tail);
    ops::Tensor input(b.shape(in));
    for (std::int8_t& x : input.data) x = -1;
    test::expect_golden(b.take(), input, config());
  }
}

TEST_P(Networks, random_graphs) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    NetBuilder b(config(), seed);
    test::random_graph(b, config());
    const ops::Tensor input = b.random_input();
    test::expect_golden(b.take(), input, config(),
                        {seed % 3 == 0, seed % 3 == 1 ? compile::Keep::kAlways : compile::Keep::kWhereFaster});
  }
}

}  // namespace
}  // namespace e8
