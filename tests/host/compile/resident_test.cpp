// Tensors that stay on chip: stripes, borders, SHIFTs, and whole networks whose tensors all stay wherever they can.
#include "host/compile/resident.h"

#include <gtest/gtest.h>

#include "host/compile/lowering.h"
#include "tests/host/compile/configs.h"
#include "tests/host/net_builder.h"
#include "tests/host/program_run.h"
#include "tests/host/random_graph.h"

namespace e8::compile {
namespace {

using test::NetBuilder;
using test::square_window;

constexpr Options kAlways{false, Keep::kAlways}, kNever{false, Keep::kNever};

int count(const Program& p, isa::Opcode op) {
  return static_cast<int>(std::count_if(p.code.begin(), p.code.end(), [&](const isa::Instruction& i) {
    return i.opcode() == static_cast<unsigned>(op);
  }));
}

TEST(Stripes, as_few_positions_a_lane_as_possible) {
  EXPECT_EQ(stripes_of(56, 56, 8), (Stripes{1, 7, 56}));
  EXPECT_EQ(stripes_of(28, 28, 8), (Stripes{2, 7, 14})) << "98 positions, not 112";
  EXPECT_EQ(stripes_of(14, 14, 8), (Stripes{1, 2, 14})) << "no grid has fewer";
  EXPECT_EQ(stripes_of(1, 9, 4), (Stripes{3, 1, 3})) << "a fourth would be idle";
  EXPECT_EQ(stripes_of(5, 3, 1), (Stripes{1, 5, 3}));
}

TEST(Resident, words_lie_block_by_block_with_their_border) {
  const Resident r{{1, 2, 4}, {1, 2, 3, 0}, 7, 4, 3, 100};
  EXPECT_EQ(r.row_words(), 7);
  EXPECT_EQ(r.block_words(), 5 * 7);
  EXPECT_EQ(r.words(), 3 * 35);
  EXPECT_EQ(r.at(0, -1, -3), 100);
  EXPECT_EQ(r.at(2, 0, 0), 100 + 70 + 7 + 3);
  EXPECT_EQ(r.lanes_used_y(), 4);
  EXPECT_EQ(r.accesses(1, 3, -1, 5, false).size(), 1u);
  EXPECT_EQ(r.accesses(1, 3, 0, 2, true).size(), 2u) << "one a block";
  EXPECT_EQ(r.accesses(1, 3, 0, 2, true)[1].begin, 100u + 70 + 7);
  EXPECT_EQ(r.accesses(1, 3, 0, 2, true)[1].end, 100u + 70 + 21);
}

/// The layer of one convolution.
Layer layer_of(const isa::Config& config, ops::Shape in, const ops::Window& w, model::IntNet& net) {
  NetBuilder b(config, 1);
  b.conv(b.input(in), 4, w);
  net = b.take();
  std::vector<TensorSlot> slots;
  for (const model::IntTensor& t : net.tensors) slots.push_back({t.shape, false});
  return Lowering(config, slots).lower(net.nodes.back()).back();
}

TEST(Resident, what_a_window_reads_of_the_neighbours) {
  const isa::Config& c = test::config("b512");
  model::IntNet net;
  Border border;
  EXPECT_TRUE(reads_in_place(layer_of(c, {8, 8, 8}, square_window(3, 1, 1), net), {1, 2, 8}, {1, 2, 8}, border));
  EXPECT_EQ(border.top + border.bottom + border.left + border.right, 4);
  EXPECT_TRUE(reads_in_place(layer_of(c, {8, 8, 8}, square_window(3, 2, 1), net), {1, 2, 8}, {1, 1, 4}, border));
  EXPECT_EQ(border.top, 1);
  EXPECT_EQ(border.bottom, 0) << "a stride of 2 ends on the stripe's last row";
  EXPECT_TRUE(reads_in_place(layer_of(c, {8, 8, 8}, square_window(1, 2), net), {1, 2, 8}, {1, 1, 4}, border));
  EXPECT_TRUE(border.empty());
  EXPECT_FALSE(reads_in_place(layer_of(c, {8, 8, 8}, square_window(3, 2, 1), net), {1, 2, 8}, {1, 2, 4}, border))
      << "other rows a lane";
  EXPECT_FALSE(reads_in_place(layer_of(c, {8, 8, 8}, square_window(5, 1, 2), net), {1, 1, 8}, {1, 1, 8}, border))
      << "further than the neighbour";
}

class OnChip : public ::testing::TestWithParam<std::string> {
 protected:
  const isa::Config& config() const { return test::config(GetParam()); }
};
E8_ALL_CONFIGS(OnChip);

/// Only what the host reads is stored, borders are shifted, and the result is the golden model's.
TEST_P(OnChip, a_chain_goes_to_dram_at_its_end_only) {
  NetBuilder b(config(), 3);
  const int v = static_cast<int>(config().v), lanes = static_cast<int>(config().lanes);
  const int in = b.input({2 * lanes, 5, v});
  const int first = b.conv(in, 2 * v, square_window(3, 1, 1));
  const int second = b.depthwise(first, square_window(3, 1, 1));
  b.conv(second, v, square_window(1));
  const ops::Tensor input = b.random_input();
  const model::IntNet net = b.take();
  EXPECT_EQ(test::expect_golden(net, input, config(), kAlways), 2);
  const Program p = compile(net, config(), kAlways);
  EXPECT_GE(count(p, isa::Opcode::kSHIFT), 4);
  EXPECT_EQ(p.region_bytes[isa::kRegionScratch], 0u);
  EXPECT_EQ(count(compile(net, config(), {true, Keep::kAlways}), isa::Opcode::kSHIFT), 0) << "all tensors are kept";
}

/// Windows of every kind, one behind the other; images that end inside a stripe; additions of what lies on chip.
int random_chain(NetBuilder& b, const isa::Config& config) {
  const int lanes = static_cast<int>(config.lanes);
  int t = b.input({b.between(1, 3 * lanes), b.between(1, 9), b.between(1, 20)});
  for (int n = b.between(2, 6); n > 0; --n) {
    const ops::Shape s = b.shape(t);
    const int k = b.between(1, 3), stride = s.h > 1 && s.w > 1 ? b.between(1, 2) : 1;
    switch (b.below(9)) {
      case 0:
        t = b.depthwise(t, square_window(3, 1, 1));
        break;
      case 1:
        t = b.max_pool(t, square_window(2 * stride - 1, stride, stride - 1));
        break;
      case 2: {
        const int side = b.conv(t, s.c, square_window(3, 1, 1));
        t = b.add(b.conv(side, s.c, square_window(1)), t);
        break;
      }
      case 3:
        t = b.add(t, b.depthwise(t, square_window(3, 1, 1)));
        break;
      case 4:
        t = b.conv(t, b.between(1, 40), {k, 4 - k, stride, 1, 1, 1, k - 1, 3 - k, 1, 1});
        break;
      case 5:
        t = b.conv(t, b.between(1, 40), {2, 2, 1, 1, 2, 2, 1, 1, 1, 1});  // dilated
        break;
      case 6:  // the image grows by rows, into lanes that hold none of it
        t = b.conv(t, b.between(1, 40), {3, 3, 1, 1, 1, 1, 2, 1, b.between(1, 2), 1});
        break;
      case 7:  // one pixel a position, some of them below or right of the image
        t = b.conv(t, b.between(1, 40), {1, 1, 1, 1, 1, 1, 0, 0, b.below(2), b.below(2)});
        break;
      default:
        t = b.conv(t, b.between(1, 40), square_window(1, stride));
    }
  }
  return t;
}

TEST_P(OnChip, random_chains) {
  int shifts = 0;
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    NetBuilder b(config(), seed);
    random_chain(b, config());
    const ops::Tensor input = b.random_input();
    const model::IntNet net = b.take();
    test::expect_golden(net, input, config(), kAlways);
    shifts += count(compile(net, config(), kAlways), isa::Opcode::kSHIFT);
  }
  EXPECT_GT(shifts, 150);
}

/// A layer that must be split uses all of the feature memory: what others read behind it does not stay.
TEST_P(OnChip, a_split_layer_overwrites_nothing) {
  NetBuilder b(config(), 5);
  const int many = 128;
  const int t = b.conv(b.input({4, 4, 4}), many, square_window(1));
  const int split = b.conv(t, 4, square_window(3, 1, 1));
  b.add(b.conv(t, 4, square_window(1)), split);
  const ops::Tensor input = b.random_input();
  const model::IntNet net = b.take();
  test::expect_golden(net, input, config(), kAlways);
  test::expect_golden(net, input, config(), {});
}

/// Nothing stays where that costs more than it saves.
TEST_P(OnChip, chosen_only_where_it_is_faster) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    NetBuilder b(config(), seed);
    random_chain(b, config());
    const model::IntNet net = b.take();
    EXPECT_LE(compile(net, config()).predicted_cycles, compile(net, config(), kNever).predicted_cycles) << seed;
  }
}

}  // namespace
}  // namespace e8::compile
