// What any tiling must satisfy, and that the choice goes where it should.
#include "host/compile/tiling.h"

#include <gtest/gtest.h>

#include "host/compile/lowering.h"
#include "tests/host/compile/configs.h"
#include "tests/host/net_builder.h"

namespace e8::compile {
namespace {

using test::NetBuilder;

/// The layer of a network's last node.
template <typename Build>
Layer layer_of(const isa::Config& config, ops::Shape in, Build build, model::IntNet& net) {
  NetBuilder b(config, 1);
  build(b, b.input(in));
  net = b.take();
  std::vector<TensorSlot> slots;
  for (const model::IntTensor& t : net.tensors) slots.push_back({t.shape, false});
  Lowering lowering(config, slots);
  return lowering.lower(net.nodes.back()).back();
}

ops::Window window(int k, int s = 1, int pad = 0) { return {k, k, s, s, 1, 1, pad, pad, pad, pad}; }

class Tilings : public ::testing::TestWithParam<std::string> {};
E8_ALL_CONFIGS(Tilings);

TEST_P(Tilings, fit_the_memories_and_cover_the_layer) {
  const isa::Config& c = test::config(GetParam());
  for (const int size : {1, 7, 30, 61}) {
    for (const int channels : {1, 16, 50}) {
      model::IntNet net;
      const Layer l = layer_of(
          c, {size, size, channels}, [](NetBuilder& b, int in) { b.conv(in, 40, window(3, 1, 1)); }, net);
      const Tiling t = choose_tiling(l, c, static_cast<int>(c.v));
      EXPECT_GT(t.cycles, 0u);
      EXPECT_GE(t.stripe_x * t.lanes_x, size);
      EXPECT_GE(t.stripe_y * (static_cast<int>(c.lanes) / t.lanes_x), size);
      if (t.split) continue;
      const std::vector<Chunk> chunks = chunks_of(l, t, c.lanes);
      int next = 0;
      for (const Chunk& chunk : chunks) {
        EXPECT_EQ(chunk.g0, next);
        next = chunk.g1;
        EXPECT_LE(weight_words(l, 0, chunk), static_cast<int>(c.weight_words));
        EXPECT_LE(chunk.groups(), static_cast<int>(c.param_words));
        const int in = input_rows(l, t.rows) * input_words(l, t.cols) * chunk.blocks;
        const int io = t.rows * t.cols * chunk.groups();
        EXPECT_LE(in * t.in_buffers + io * t.io_buffers, static_cast<int>(c.feature_words));
      }
      EXPECT_EQ(next, l.groups());
    }
  }
}

TEST(Tiling, channel_blocks_go_over_lanes_for_a_global_pool) {
  const isa::Config& c = *isa::find_config("b4096");
  model::IntNet net;
  const Layer l = layer_of(
      c, {7, 7, 2048}, [](NetBuilder& b, int in) { b.global_avg_pool(in); }, net);
  const Tiling t = choose_tiling(l, c, 16);
  EXPECT_TRUE(t.lane_blocks);
  EXPECT_EQ(t.stripe_g, 16);
}

TEST(Tiling, the_last_lane_may_have_fewer_blocks) {
  const isa::Config& c = *isa::find_config("b4096");
  model::IntNet net;
  const Layer l = layer_of(
      c, {7, 7, 16 * 13}, [](NetBuilder& b, int in) { b.global_avg_pool(in); }, net);
  Tiling t;
  t.lane_blocks = true;
  t.stripe_g = t.groups = 2;  // 13 blocks on 7 lanes: the seventh has one
  const std::vector<Chunk> chunks = chunks_of(l, t, c.lanes);
  ASSERT_EQ(chunks.size(), 2u);
  EXPECT_EQ(chunks[0].lanes, 0x7fu);
  EXPECT_EQ(chunks[1].lanes, 0x3fu);
}

TEST(Tiling, columns_go_over_lanes_for_a_line) {
  const isa::Config& c = *isa::find_config("b4096");
  model::IntNet net;
  const Layer l = layer_of(
      c, {1, 4096, 16}, [](NetBuilder& b, int in) { b.conv(in, 64, window(1)); }, net);
  EXPECT_EQ(choose_tiling(l, c, 16).lanes_x, 8);
}

TEST(Tiling, depthwise_chunks_load_only_their_blocks) {
  const isa::Config& c = *isa::find_config("b512");
  model::IntNet net;
  const Layer l = layer_of(
      c, {14, 14, 64}, [](NetBuilder& b, int in) { b.depthwise(in, window(3, 1, 1)); }, net);
  Tiling t;
  t.stripe_g = 8;
  t.groups = 3;
  const std::vector<Chunk> chunks = chunks_of(l, t, c.lanes);
  ASSERT_EQ(chunks.size(), 3u);
  EXPECT_EQ(chunks[1].first_block, 3);
  EXPECT_EQ(chunks[1].blocks, 3);
}

}  // namespace
}  // namespace e8::compile
