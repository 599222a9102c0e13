// Operators that move or map single values: requant, table, upsample, concat, pad, slice, activations in the tail.
#include <gmock/gmock.h>

#include "emu/ops/activation.h"
#include "emu/ops/table.h"
#include "tests/emu/ops/reference.h"

namespace e8::testing {
namespace {

using ops::Shape;
using ops::Tensor;
using ::testing::ElementsAre;

Tensor image(Shape shape, std::vector<std::int8_t> data) {
  Tensor t(shape);
  t.data = std::move(data);
  return t;
}

/// All int8 values as one row of one channel.
Tensor all_values() {
  Tensor t({1, 256, 1});
  for (int i = 0; i < 256; ++i) t.data[static_cast<std::size_t>(i)] = static_cast<std::int8_t>(i - 128);
  return t;
}

TEST(Requant, EveryValueAndIdentityConvolutionOnEveryPath) {
  Random random(51);
  std::set<ops::Path> covered;
  for (int round = 0; round < 100; ++round) {
    const int channels = random.between(1, 40);
    ops::RequantParams p{random.tail(channels, 1)};
    const Tensor in = random.tensor({2, 3, channels});
    const Tensor got = ops::requant(in, p);
    for (std::size_t i = 0; i < in.data.size(); ++i) {
      const int c = static_cast<int>(i) % channels;
      ASSERT_EQ(got.data[i], tail_wide(in.data[i], p.tail.of(c), p.tail.mode)) << "seed " << random.seed();
    }
    ops::ConvParams conv;
    conv.cout = conv.groups = channels;
    conv.weights.assign(static_cast<std::size_t>(channels), 1);
    conv.tail = p.tail;
    covered.merge(expect_conv_on_every_path(in, conv, got, "seed " + std::to_string(random.seed())));
  }
  expect_required_paths(covered);
  EXPECT_EQ(ops::requant(all_values(), {ops::identity_tail()}).data, all_values().data);
  ops::RequantParams bad{random.tail(1, 1)};
  bad.tail.channel.resize(3);
  EXPECT_THROW(ops::requant(all_values(), bad), std::invalid_argument);
}

TEST(Table, EveryEntry) {
  ops::TableParams p;
  for (int i = 0; i < 256; ++i) p.table[static_cast<std::size_t>(i)] = static_cast<std::int8_t>((i * 7) % 256 - 128);
  const Tensor out = ops::table(all_values(), p);
  for (std::size_t i = 0; i < 256; ++i) EXPECT_EQ(out.data[i], p.table[i]);
  EXPECT_THROW(ops::table(Tensor({0, 1, 1}), p), std::invalid_argument);
}

TEST(Table, HardSigmoidAndHSwish) {
  const Tensor sigmoid = ops::table(all_values(), ops::hard_sigmoid_table(4, 7));
  EXPECT_EQ(sigmoid.data[128], 64);  // x = 0
  EXPECT_EQ(sigmoid.data[128 - 47], 1);
  EXPECT_EQ(sigmoid.data[128 + 47], 127);
  EXPECT_EQ(sigmoid.data[0], 0);
  const Tensor swish = ops::table(all_values(), ops::h_swish_table(4, 4));
  EXPECT_EQ(swish.data[128 + 24], 18);
  EXPECT_EQ(swish.data[255], 126);
  EXPECT_THROW(ops::hard_sigmoid_table(16, 7), std::invalid_argument);
  EXPECT_THROW(ops::hard_sigmoid_table(-1, 7), std::invalid_argument);
  EXPECT_THROW(ops::hard_sigmoid_table(4, 6), std::invalid_argument);
  EXPECT_THROW(ops::hard_sigmoid_table(0, 15), std::invalid_argument);
  EXPECT_THROW(ops::h_swish_table(0, 8), std::invalid_argument);
  EXPECT_THROW(ops::h_swish_table(16, 8), std::invalid_argument);
}

TEST(Upsample, RepeatsRowsAndColumns) {
  ops::UpsampleParams p;
  p.fy = 2, p.fx = 3;
  p.tail = ops::identity_tail();
  EXPECT_THAT(ops::upsample(image({1, 2, 1}, {5, -6}), p).data, ElementsAre(5, 5, 5, -6, -6, -6, 5, 5, 5, -6, -6, -6));
  EXPECT_THAT(ops::upsample(image({1, 1, 2}, {5, -6}), p).data[3], -6);  // channels stay together
  p.tail.channel = {{0, 1, 1, 2}};
  EXPECT_EQ(ops::upsample(image({1, 1, 1}, {-7}), p).data[5], -3);
  p.fy = 0;
  EXPECT_THROW(ops::upsample(Tensor({1, 1, 1}), p), std::invalid_argument);
}

TEST(Upsample, UndoneBySlice) {
  Random random(52);
  for (int round = 0; round < 50; ++round) {
    ops::UpsampleParams up{random.between(1, 4), random.between(1, 4), ops::identity_tail()};
    const Tensor in = random.tensor({random.between(1, 5), random.between(1, 5), random.between(1, 5)});
    ops::SliceParams back;
    back.shape = in.shape;
    back.y0 = random.between(0, up.fy - 1), back.x0 = random.between(0, up.fx - 1);
    back.sy = up.fy, back.sx = up.fx;
    ASSERT_EQ(ops::slice(ops::upsample(in, up), back).data, in.data) << "seed " << random.seed();
  }
}

TEST(Concat, ChannelsInOrderEachWithItsTail) {
  ops::ConcatParams p;
  p.tails = {ops::identity_tail(), ops::identity_tail()};
  p.tails[1].channel = {{0, 1, 1, 1}, {0, 1, 1, 2}};
  const Tensor a = image({1, 2, 1}, {1, 2}), b = image({1, 2, 2}, {10, 11, 20, -21});
  EXPECT_THAT(ops::concat({&a, &b}, p).data, ElementsAre(1, 10, 6, 2, 20, -10));
  EXPECT_THROW(ops::concat({&a}, p), std::invalid_argument);
  EXPECT_THROW(ops::concat({}, ops::ConcatParams{}), std::invalid_argument);
  const Tensor other({2, 2, 1});
  EXPECT_THROW(ops::concat({&a, &other}, p), std::invalid_argument);
  p.tails[1].channel.resize(3);
  EXPECT_THROW(ops::concat({&a, &b}, p), std::invalid_argument);
}

TEST(Concat, UndoneBySlices) {
  Random random(53);
  for (int round = 0; round < 50; ++round) {
    const int count = random.between(1, 5), h = random.between(1, 4), w = random.between(1, 4);
    std::vector<Tensor> parts;
    std::vector<const Tensor*> pointers;
    for (int i = 0; i < count; ++i) parts.push_back(random.tensor({h, w, random.between(1, 9)}));
    for (const Tensor& t : parts) pointers.push_back(&t);
    ops::ConcatParams p;
    p.tails.assign(parts.size(), ops::identity_tail());
    const Tensor joined = ops::concat(pointers, p);
    ops::SliceParams cut;
    for (const Tensor& t : parts) {
      cut.shape = t.shape;
      ASSERT_EQ(ops::slice(joined, cut).data, t.data) << "seed " << random.seed();
      cut.c0 += t.shape.c;
    }
    ASSERT_EQ(cut.c0, joined.shape.c);
  }
}

TEST(Pad, EverySide) {
  const ops::PadParams p{1, 0, 0, 2, -3};
  EXPECT_THAT(ops::pad(image({1, 1, 2}, {8, 9}), p).data, ElementsAre(-3, -3, -3, -3, -3, -3, 8, 9, -3, -3, -3, -3));
  EXPECT_THROW(ops::pad(Tensor({1, 1, 1}), {-1, 0, 0, 0, 0}), std::invalid_argument);
}

TEST(Pad, ThenConvolutionEqualsPaddedConvolutionOnEveryPath) {
  Random random(54);
  std::set<ops::Path> covered;
  for (int round = 0; round < 40; ++round) {
    ops::ConvParams p;
    p.window = {3, 2, random.between(1, 2), 1, 1, random.between(1, 2)};
    p.cout = random.between(1, 6);
    const Tensor in = random.tensor({5, 6, random.between(1, 17)});
    const auto depth = static_cast<std::size_t>(6 * in.shape.c);
    p.weights = random.bytes(depth * static_cast<std::size_t>(p.cout));
    p.tail = random.tail(p.cout, depth);
    const ops::PadParams pads{random.between(0, 2), random.between(0, 2), random.between(0, 2), random.between(0, 2),
                              random.byte()};
    const Tensor want = ops::conv(ops::pad(in, pads), p);
    p.window.top = pads.top, p.window.left = pads.left, p.window.bottom = pads.bottom, p.window.right = pads.right;
    p.pad_value = pads.value;
    covered.merge(expect_conv_on_every_path(in, p, want, "seed " + std::to_string(random.seed())));
  }
  expect_required_paths(covered);
}

TEST(Slice, PartsAndLimits) {
  Tensor in({3, 4, 2});
  for (std::size_t i = 0; i < in.data.size(); ++i) in.data[i] = static_cast<std::int8_t>(i);
  ops::SliceParams p;
  p.y0 = 1, p.x0 = 1, p.c0 = 1;
  p.shape = {1, 2, 1};
  p.sx = 2;
  EXPECT_THAT(ops::slice(in, p).data, ElementsAre(11, 15));
  for (const auto& fault : std::vector<void (*)(ops::SliceParams&)>{
           [](ops::SliceParams& s) { s.sx = 3; }, [](ops::SliceParams& s) { s.y0 = 3; },
           [](ops::SliceParams& s) { s.c0 = 2; }, [](ops::SliceParams& s) { s.x0 = -1; },
           [](ops::SliceParams& s) { s.sy = 0; }, [](ops::SliceParams& s) { s.shape.c = 0; }}) {
    ops::SliceParams bad = p;
    fault(bad);
    EXPECT_THROW(ops::slice(in, bad), std::invalid_argument);
  }
}

TEST(Activation, TailsOfReluRelu6AndLeaky) {
  const auto run = [](const ops::Tail& tail, int x) {
    return int{ops::requant(Tensor({1, 1, 1}, static_cast<std::int8_t>(x)), {tail}).data[0]};
  };
  ops::Tail tail = ops::identity_tail();
  tail.mode.zp = -10;
  EXPECT_EQ(run(ops::with_relu(tail), -5), -10);
  EXPECT_EQ(run(ops::with_relu(tail), 5), -5);
  EXPECT_EQ(run(ops::with_relu6(tail, 20), 100), 20);
  EXPECT_THROW(ops::with_relu6(tail, -11), std::invalid_argument);
  for (int x = -128; x <= 127; ++x)
    EXPECT_EQ(run(ops::with_leaky(ops::identity_tail()), x), x < 0 ? (26 * x + 128) >> 8 : x) << x;
  EXPECT_THROW(ops::with_leaky(ops::with_leaky(ops::identity_tail())), std::invalid_argument);
  EXPECT_THROW(ops::with_leaky(ops::identity_tail(), 1, 31), std::invalid_argument);
  ops::Tail wide = ops::identity_tail();
  wide.channel[0].mp = wide.channel[0].mn = 1u << 23;
  EXPECT_THROW(ops::with_leaky(wide), std::invalid_argument);
  wide.channel[0] = {0, 1, 1, 55};
  EXPECT_THROW(ops::with_leaky(wide), std::invalid_argument);
}

}  // namespace
}  // namespace e8::testing
