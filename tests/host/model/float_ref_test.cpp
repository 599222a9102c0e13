// The float reference against loops that follow the definitions.
#include "host/model/float_ref.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>
#include <random>

#include "tests/host/model/stand_in_quantizer.h"

namespace e8::model {
namespace {

using ::testing::ElementsAre;

Graph one_node(Op op, ops::Shape in, ops::Shape out, int inputs = 1) {
  Graph g;
  g.values = {{"x", in, 0}, {"y", out, 0}};
  g.input = 0;
  g.outputs = {1};
  Node n;
  n.op = op;
  n.name = "n";
  n.inputs.assign(static_cast<std::size_t>(inputs), 0);
  n.output = 1;
  g.nodes.push_back(n);
  return g;
}

/// Element (c, y, x) of an NCHW image, 0 outside.
float at(const float* image, const ops::Shape& s, int c, int y, int x) {
  if (y < 0 || y >= s.h || x < 0 || x >= s.w) return 0;
  return image[(c * s.h + y) * s.w + x];
}

double conv_element(const Graph& g, const float* x, int o, int oy, int ox) {
  const Node& n = g.nodes[0];
  const ops::Window& w = n.window;
  const int cin = g.in(n).shape.c / n.groups, first = o / (g.out(n).shape.c / n.groups) * cin;
  double sum = n.bias[static_cast<std::size_t>(o)];
  for (int i = 0; i < cin; ++i)
    for (int ky = 0; ky < w.kh; ++ky)
      for (int kx = 0; kx < w.kw; ++kx)
        sum += double{n.weights[static_cast<std::size_t>(((o * cin + i) * w.kh + ky) * w.kw + kx)]} *
               at(x, g.in(n).shape, first + i, oy * w.sh + ky * w.dh - w.top, ox * w.sw + kx * w.dw - w.left);
  return sum;
}

TEST(FloatRef, ConvolutionsOfEveryForm) {
  std::mt19937 random(3);
  const auto pick = [&](int lo, int hi) {
    return lo + static_cast<int>(random() % static_cast<unsigned>(hi - lo + 1));
  };
  for (int round = 0; round < 300; ++round) {
    const int groups = pick(1, 3), cin = groups * (round % 3 == 0 ? 1 : pick(1, 3)), cout = groups * pick(1, 3);
    ops::Window w{pick(1, 4), pick(1, 4), pick(1, 3), pick(1, 3), pick(1, 2),
                  pick(1, 2), pick(0, 3), pick(0, 3), pick(0, 3), pick(0, 3)};
    if (round % 5 == 0) w = {};
    const ops::Shape in{pick(7, 10), pick(7, 10), cin};
    Graph g = one_node(Op::kConv, in, {w.out_h(in.h), w.out_w(in.w), cout});
    Node& n = g.nodes[0];
    n.window = w;
    n.groups = groups;
    n.bias.resize(static_cast<std::size_t>(cout));
    n.weights.resize(static_cast<std::size_t>(cout * cin / groups * w.kh * w.kw));
    for (float& v : n.bias) v = static_cast<float>(pick(-8, 8));
    for (float& v : n.weights) v = static_cast<float>(pick(-8, 8)) / 4;
    const Batch x = random_batch(g, 2, static_cast<std::uint32_t>(round));
    const Batch y = run_float(g, x);
    const ops::Shape& out = g.out(n).shape;
    for (int i = 0; i < 2; ++i)
      for (int o = 0; o < out.c; ++o)
        for (int oy = 0; oy < out.h; ++oy)
          for (int ox = 0; ox < out.w; ++ox)
            ASSERT_NEAR(at(y.image(i), out, o, oy, ox), conv_element(g, x.image(i), o, oy, ox), 1e-4)
                << "seed 3, round " << round;
  }
}

TEST(FloatRef, PoolsOfEveryForm) {
  std::mt19937 random(4);
  const auto pick = [&](int lo, int hi) {
    return lo + static_cast<int>(random() % static_cast<unsigned>(hi - lo + 1));
  };
  for (int round = 0; round < 200; ++round) {
    const bool max = round % 2 == 0;
    ops::Window w{pick(1, 4), pick(1, 4), pick(1, 3), pick(1, 3)};
    if (max) w.dh = pick(1, 2), w.dw = pick(1, 2);
    w.top = pick(0, w.kh - 1), w.left = pick(0, w.kw - 1), w.bottom = pick(0, w.kh - 1), w.right = pick(0, w.kw - 1);
    const ops::Shape in{pick(7, 9), pick(7, 9), 2};
    Graph g = one_node(max ? Op::kMaxPool : Op::kAveragePool, in, {w.out_h(in.h), w.out_w(in.w), 2});
    g.nodes[0].window = w;
    g.nodes[0].count_pad = round % 4 == 1;
    const Batch x = random_batch(g, 1, static_cast<std::uint32_t>(round)), y = run_float(g, x);
    const ops::Shape& out = g.value(1).shape;
    for (int c = 0; c < 2; ++c)
      for (int oy = 0; oy < out.h; ++oy)
        for (int ox = 0; ox < out.w; ++ox) {
          double sum = 0, top = -1e30;
          int count = 0;
          for (int k = 0; k < w.kh * w.kw; ++k) {
            const int iy = oy * w.sh + k / w.kw * w.dh - w.top, ix = ox * w.sw + k % w.kw * w.dw - w.left;
            if (iy < 0 || iy >= in.h || ix < 0 || ix >= in.w) continue;
            sum += at(x.image(0), in, c, iy, ix);
            top = std::max(top, double{at(x.image(0), in, c, iy, ix)});
            ++count;
          }
          const double want = max ? top : sum / (g.nodes[0].count_pad ? w.kh * w.kw : count);
          ASSERT_NEAR(at(y.image(0), out, c, oy, ox), want, 1e-5) << "seed 4, round " << round;
        }
  }
}

std::vector<float> run(const Graph& g, std::vector<float> x) {
  Batch in(1, g.value(0).shape);
  in.data = std::move(x);
  return run_float(g, in).data;
}

TEST(FloatRef, Elementwise) {
  const ops::Shape s{1, 2, 2};
  EXPECT_THAT(run(one_node(Op::kRelu, s, s), {-1, 0, 2, -0.5F}), ElementsAre(0, 0, 2, 0));
  EXPECT_THAT(run(one_node(Op::kAdd, s, s, 2), {-1, 0, 2, 3}), ElementsAre(-2, 0, 4, 6));
  EXPECT_THAT(run(one_node(Op::kRequantize, s, s), {-1, 0, 2, 3}), ElementsAre(-1, 0, 2, 3));
  EXPECT_THAT(run(one_node(Op::kFlatten, s, {1, 1, 4}), {-1, 0, 2, 3}), ElementsAre(-1, 0, 2, 3));
  Graph clip = one_node(Op::kClip, s, s);
  clip.nodes[0].lo = -std::numeric_limits<double>::infinity(), clip.nodes[0].hi = 1;
  EXPECT_THAT(run(clip, {-9, 0, 2, 1}), ElementsAre(-9, 0, 1, 1));
  Graph leaky = one_node(Op::kLeakyRelu, s, s);
  leaky.nodes[0].alpha = 0.5;
  EXPECT_THAT(run(leaky, {-3, 0, 2, -1}), ElementsAre(-1.5F, 0, 2, -0.5F));
}

TEST(FloatRef, GemmReadsChannelsRowsColumns) {
  Graph g = one_node(Op::kGemm, {1, 2, 2}, {1, 1, 2});
  g.nodes[0].weights = {1, 10, 100, 1000, 0, 0, 0, 1};
  g.nodes[0].bias = {0.5F, -1};
  EXPECT_THAT(run(g, {1, 2, 3, 4}), ElementsAre(4321.5F, 3));
}

TEST(FloatRef, SoftmaxIsStable) {
  const std::vector<float> y = run(one_node(Op::kSoftmax, {1, 1, 3}, {1, 1, 3}), {1000, 1001, -1000});
  EXPECT_NEAR(y[1], 1 / (1 + std::exp(-1.0)), 1e-6);
  EXPECT_EQ(y[2], 0);
}

TEST(FloatRef, HookSeesAndChangesEveryValue) {
  Graph g = one_node(Op::kRelu, {1, 1, 2}, {1, 1, 2});
  Batch in(3, {1, 1, 2});
  std::vector<int> seen;
  const Batch y = run_float(g, in, [&](int v, Batch* b) {
    seen.push_back(v);
    EXPECT_EQ(b->n, 3);
    for (float& x : b->data) x += 1;
  });
  EXPECT_THAT(seen, ElementsAre(0, 1));
  EXPECT_THAT(y.data, ElementsAre(2, 2, 2, 2, 2, 2));
}

TEST(FloatRef, ThreadsDoNotMatter) {
  Graph g = one_node(Op::kConv, {9, 9, 4}, {9, 9, 4});
  g.nodes[0].window = {3, 3, 1, 1, 1, 1, 1, 1, 1, 1};
  g.nodes[0].weights.assign(144, 0.3F);
  g.nodes[0].bias.assign(4, 0.1F);
  const Batch x = random_batch(g, 7, 5);
  const Batch one = run_float(g, x, {}, 1);
  for (const int threads : {0, 2, 3, 16}) EXPECT_EQ(run_float(g, x, {}, threads).data, one.data) << threads;
}

}  // namespace
}  // namespace e8::model
