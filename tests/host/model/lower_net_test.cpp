// Whole networks: the lowered one, run by the golden model, against dequantized arithmetic on the graph.
//
// The second computation knows no multiplier, shift or layout: it takes the graph's stored integers and scales as real
// numbers (long double, exact for power-of-two scales), in NCHW order, and rounds once at each int8 tensor.
#include <gmock/gmock.h>

#include <cmath>

#include "host/model/float_ref.h"
#include "host/model/golden.h"
#include "host/model/lower.h"
#include "host/model/onnx_read.h"
#include "tests/host/model/model_builder.h"
#include "tests/host/model/operator_nets.h"
#include "tests/host/model/stand_in_quantizer.h"

namespace e8::model {
namespace {

using Real = long double;
using Image = std::vector<Real>;  // NCHW

struct Rounding {
  bool dpu;
  Real operator()(Real x) const { return dpu ? std::floor(x + 0.5L) : std::nearbyint(x); }
};

Real weight_of(const Node& n, std::size_t i) {
  return n.weights_q.values[i] * static_cast<Real>(n.weights_q.scale_of(i / (n.weights.size() / n.bias.size())));
}

/// The bias as the machine has it: floored below the guard bit (dpu; numerics: exact under half-up), or in units of the
/// accumulator.
Real bias_of(const Graph& g, const Node& n, std::size_t c, bool dpu) {
  const Real b = n.bias_q.values[c] * static_cast<Real>(n.bias_q.scale_of(c));
  const Real unit = static_cast<Real>(g.in(n).scale) * static_cast<Real>(n.weights_q.scale_of(c));
  return dpu ? b : std::round(b / unit) * unit;
}

Image weighted(const Graph& g, const Node& n, const Image& x, bool dpu) {
  const ops::Shape &in = g.in(n).shape, &out = g.out(n).shape;
  const ops::Window& w = n.window;
  const bool gemm = n.op == Op::kGemm;
  const int cin = gemm ? static_cast<int>(in.size()) : in.c / n.groups, per_group = out.c / n.groups;
  Image y;
  for (int o = 0; o < out.c; ++o)
    for (int oy = 0; oy < out.h; ++oy)
      for (int ox = 0; ox < out.w; ++ox) {
        Real sum = bias_of(g, n, static_cast<std::size_t>(o), dpu);
        std::size_t at = static_cast<std::size_t>(o) * (n.weights.size() / n.bias.size());
        for (int i = 0; i < cin; ++i)
          for (int k = 0; k < w.kh * w.kw; ++k, ++at) {
            const int iy = oy * w.sh + k / w.kw * w.dh - w.top, ix = ox * w.sw + k % w.kw * w.dw - w.left;
            const int c = o / per_group * cin + i;
            if (gemm) sum += weight_of(n, at) * x[static_cast<std::size_t>(i)];
            if (gemm || iy < 0 || iy >= in.h || ix < 0 || ix >= in.w) continue;
            sum += weight_of(n, at) * x[static_cast<std::size_t>((c * in.h + iy) * in.w + ix)];
          }
        y.push_back(sum);
      }
  return y;
}

/// Each input pixel adds to what the kernel covers of the output.
Image transposed(const Graph& g, const Node& n, const Image& x, bool dpu) {
  const ops::Shape &in = g.in(n).shape, &out = g.out(n).shape;
  const ops::Window& w = n.window;
  const int cin = in.c / n.groups, cout = out.c / n.groups;
  Image y;
  for (int o = 0; o < out.c; ++o)
    y.insert(y.end(), static_cast<std::size_t>(out.h * out.w), bias_of(g, n, static_cast<std::size_t>(o), dpu));
  for (int o = 0; o < out.c; ++o)
    for (int i = 0; i < cin; ++i)
      for (int k = 0; k < w.kh * w.kw; ++k)
        for (int p = 0; p < in.h * in.w; ++p) {
          const int oy = p / in.w * w.sh + k / w.kw * w.dh - w.top, ox = p % in.w * w.sw + k % w.kw * w.dw - w.left;
          if (oy < 0 || oy >= out.h || ox < 0 || ox >= out.w) continue;
          y[static_cast<std::size_t>((o * out.h + oy) * out.w + ox)] +=
              weight_of(n, static_cast<std::size_t>((o * cin + i) * w.kh * w.kw + k)) *
              x[static_cast<std::size_t>((o / cout * cin + i) * in.h * in.w + p)];
        }
  return y;
}

/// The DPU's stand-in for (x + 3) / 6, before rounding: 2731 / 16384 for 1/6.
Real dpu_hard_sigmoid(Real x) { return std::max(0.0L, 2731 * x + 3 * 2731) / 16384; }

Real function(const Node& n, Real x, bool dpu) {
  switch (n.op) {
    case Op::kSigmoid:
      return 1 / (1 + std::exp(-x));
    case Op::kTanh:
      return std::tanh(x);
    case Op::kElu:
      return x > 0 ? x : static_cast<Real>(n.alpha) * (std::exp(x) - 1);
    case Op::kHardSwish:
      if (dpu) return x * std::min(std::floor(dpu_hard_sigmoid(x) * 128 + 0.5L), 127.0L) / 128;
      return x * std::min(std::max(x + 3, 0.0L), 6.0L) / 6;
    default:
      if (dpu && n.alpha < 0.19) return dpu_hard_sigmoid(x);
      return std::min(std::max(static_cast<Real>(n.alpha) * x + static_cast<Real>(n.beta), 0.0L), 1.0L);
  }
}

/// Pad, Slice and Resize: where each output element comes from.
Image moved(const Graph& g, const Node& n, const Image& x) {
  const ops::Shape &in = g.in(n).shape, &out = g.out(n).shape;
  Image y;
  for (int c = 0; c < out.c; ++c)
    for (int oy = 0; oy < out.h; ++oy)
      for (int ox = 0; ox < out.w; ++ox) {
        int from = c, iy = oy, ix = ox;
        if (n.op == Op::kPad) iy -= n.window.top, ix -= n.window.left;
        if (n.op == Op::kUpsample) iy /= n.factor_h, ix /= n.factor_w;
        if (n.op == Op::kSlice)
          from += n.slice.c0, iy = n.slice.y0 + oy * n.slice.sy, ix = n.slice.x0 + ox * n.slice.sx;
        const bool outside = iy < 0 || iy >= in.h || ix < 0 || ix >= in.w;
        y.push_back(outside ? static_cast<Real>(n.pad_value)
                            : x[static_cast<std::size_t>((from * in.h + iy) * in.w + ix)]);
      }
  return y;
}

Image pooled(const Graph& g, const Node& n, const Image& x, bool dpu) {
  const ops::Shape &in = g.in(n).shape, &out = g.out(n).shape;
  const ops::Window& w = n.window;
  Image y;
  for (int c = 0; c < out.c; ++c)
    for (int oy = 0; oy < out.h; ++oy)
      for (int ox = 0; ox < out.w; ++ox) {
        Real sum = 0, top = -1e9L;
        int count = 0;
        for (int k = 0; k < w.kh * w.kw; ++k) {
          const int iy = oy * w.sh + k / w.kw * w.dh - w.top, ix = ox * w.sw + k % w.kw * w.dw - w.left;
          if (iy < 0 || iy >= in.h || ix < 0 || ix >= in.w) continue;
          const Real v = x[static_cast<std::size_t>((c * in.h + iy) * in.w + ix)];
          sum += v;
          top = std::max(top, v);
          ++count;
        }
        const int side = dpu && w.kh == w.kw ? w.kh : 0;  // the DPU's divisors of these nets that are no powers of two
        const Real scale = side == 7   ? 21.0L / 1024
                           : side == 6 ? 7.0L / 256
                                       : 1.0L / (n.count_pad ? w.kh * w.kw : count);
        y.push_back(n.op == Op::kMaxPool ? top : sum * scale);
      }
  return y;
}

Image apply(const Graph& g, const Node& n, const std::vector<Image>& values, bool dpu) {
  const Image& x = values[static_cast<std::size_t>(n.inputs[0])];
  Image y = x;
  const Real slope = dpu ? std::nearbyint(static_cast<Real>(n.alpha) * 256) / 256 : static_cast<Real>(n.alpha);
  switch (n.op) {
    case Op::kConv:
    case Op::kGemm:
      return weighted(g, n, x, dpu);
    case Op::kConvTranspose:
      return transposed(g, n, x, dpu);
    case Op::kPad:
    case Op::kSlice:
    case Op::kUpsample:
      return moved(g, n, x);
    case Op::kConcat:
      for (std::size_t i = 1; i < n.inputs.size(); ++i) {
        const Image& more = values[static_cast<std::size_t>(n.inputs[i])];
        y.insert(y.end(), more.begin(), more.end());
      }
      return y;
    case Op::kSub:
      for (std::size_t i = 0; i < y.size(); ++i) y[i] -= values[static_cast<std::size_t>(n.inputs[1])][i];
      return y;
    case Op::kPRelu:
      for (std::size_t i = 0; i < y.size(); ++i) {
        const Real s = n.slopes[i / (y.size() / n.slopes.size())];
        if (y[i] < 0) y[i] *= dpu ? std::nearbyint(s * 256) / 256 : s;
      }
      return y;
    case Op::kSigmoid:
    case Op::kTanh:
    case Op::kElu:
    case Op::kHardSwish:
    case Op::kHardSigmoid:
      for (Real& v : y) v = function(n, v, dpu);
      return y;
    case Op::kMaxPool:
    case Op::kAveragePool:
      return pooled(g, n, x, dpu);
    case Op::kAdd:
      for (std::size_t i = 0; i < y.size(); ++i) y[i] += values[static_cast<std::size_t>(n.inputs[1])][i];
      return y;
    case Op::kRelu:
      for (Real& v : y) v = std::max(v, 0.0L);
      return y;
    case Op::kClip:
      for (Real& v : y) v = std::min(std::max(v, static_cast<Real>(n.lo)), static_cast<Real>(n.hi));
      return y;
    case Op::kLeakyRelu:
      for (Real& v : y) v = v < 0 ? v * slope : v;
      return y;
    default:
      return y;
  }
}

void quantize(const Value& value, bool dpu, Image* x) {
  if (!value.quantized()) return;
  const Real s = value.scale;
  for (Real& v : *x) v = std::min(std::max(Rounding{dpu}(v / s), -128.0L), 127.0L) * s;
}

std::vector<Image> run_real(const Graph& g, Image x, bool dpu) {
  std::vector<Image> values(g.values.size());
  quantize(g.value(g.input), dpu, &x);
  values[static_cast<std::size_t>(g.input)] = std::move(x);
  for (const Node& n : g.nodes) {
    if (n.op == Op::kSoftmax) continue;
    Image y = apply(g, n, values, dpu);
    quantize(g.out(n), dpu, &y);
    values[static_cast<std::size_t>(n.output)] = std::move(y);
  }
  return values;
}

ops::Tensor input_of(const Graph& g, const Image& x) {
  const Value& in = g.value(g.input);
  ops::Tensor t(in.shape);
  for (int y = 0; y < in.shape.h; ++y)
    for (int column = 0; column < in.shape.w; ++column)
      for (int c = 0; c < in.shape.c; ++c)
        t.at(y, column, c) = static_cast<std::int8_t>(
            std::lround(x[static_cast<std::size_t>((c * in.shape.h + y) * in.shape.w + column)] / in.scale));
  return t;
}

struct Difference {
  std::size_t compared = 0, differ = 0;
  long worst = 0;
};

/// Every integer tensor against the real values of the same name.
Difference compare(const Graph& g, const IntNet& net, const std::vector<ops::Tensor>& got,
                   const std::vector<Image>& want) {
  Difference d;
  for (std::size_t t = 0; t < net.tensors.size(); ++t) {
    std::size_t v = 0;
    while (v < g.values.size() && g.values[v].name != net.tensors[t].name) ++v;
    const ops::Shape& s = got[t].shape;
    EXPECT_EQ(want.at(v).size(), s.size()) << net.tensors[t].name;
    for (int y = 0; y < s.h; ++y)
      for (int x = 0; x < s.w; ++x)
        for (int c = 0; c < s.c; ++c) {
          const Real real = want[v][static_cast<std::size_t>((c * s.h + y) * s.w + x)];
          const long lsb = std::lround(real / net.tensors[t].scale) - got[t].at(y, x, c);
          ++d.compared;
          d.differ += lsb != 0 ? 1 : 0;
          d.worst = std::max(d.worst, std::labs(lsb));
        }
  }
  return d;
}

/// Convolutions of every kind, all activations, an add of unequal scales, pools, Flatten of an image, Gemm.
Graph mixed() {
  ModelBuilder b({1, 3, 8, 8});
  const auto spread = [](std::size_t count, int step) {
    std::vector<float> v(count);
    for (std::size_t i = 0; i < count; ++i)
      v[i] = static_cast<float>(static_cast<int>(i * static_cast<std::size_t>(step)) % 41 - 20) / 40;
    return v;
  };
  b.real("w1", {8, 3, 3, 3}, spread(216, 7)).real("b1", {8}, spread(8, 5));
  b.real("w2", {8, 1, 3, 3}, spread(72, 11)).real("b2", {8}, spread(8, 3));
  b.real("w3", {8, 4, 1, 1}, spread(32, 13)).real("b3", {8}, spread(8, 17));
  b.real("w4", {5, 32}, spread(160, 19)).real("b4", {5}, spread(5, 7));
  b.real("lo", {}, {0}).real("hi", {}, {1});
  b.node("Conv", {"x", "w1", "b1"}, "c1").set("pads", {1, 1, 1, 1});
  b.node("LeakyRelu", {"c1"}, "l1").set("alpha", 0.1);
  b.node("Conv", {"l1", "w2", "b2"}, "c2").set("pads", {1, 1, 1, 1}).set("group", std::int64_t{8});
  b.node("Clip", {"c2", "lo", "hi"}, "r2");
  b.node("Conv", {"r2", "w3", "b3"}, "c3").set("group", std::int64_t{2});
  b.node("Add", {"c3", "l1"}, "a");
  b.node("Relu", {"a"}, "ra");
  b.node("MaxPool", {"ra"}, "m").set("kernel_shape", {2, 2}).set("strides", {2, 2});
  b.node("AveragePool", {"m"}, "p").set("kernel_shape", {2, 2}).set("strides", {2, 2});
  b.node("Flatten", {"p"}, "f");
  b.node("Gemm", {"f", "w4", "b4"}).set("transB", std::int64_t{1});
  return b.read();
}

Difference compare_images(const Graph& g, bool dpu, int images) {
  const IntNet net = lower(g);
  Difference sum;
  const Batch batch = random_batch(g, images, 11);
  for (int i = 0; i < images; ++i) {
    const float* image = batch.image(i);
    const std::vector<Image> want = run_real(g, Image(image, image + batch.shape.size()), dpu);
    const auto got = run_golden(net, input_of(g, want[static_cast<std::size_t>(g.input)]));
    const Difference d = compare(g, net, got, want);
    sum.compared += d.compared;
    sum.differ += d.differ;
    sum.worst = std::max(sum.worst, d.worst);
  }
  return sum;
}

TEST(LowerNet, DpuEqualsDyadicArithmetic) {
  Graph g = mixed();
  stand_in_quantize(&g, true);
  const Difference d = compare_images(g, true, 20);
  EXPECT_GT(d.compared, 20u * 2000);
  EXPECT_EQ(d.differ, 0u);  // every scale is a power of two: long double is exact
}

TEST(LowerNet, ScaledEqualsRealArithmetic) {
  Graph g = mixed();
  stand_in_quantize(&g, false);
  const Difference d = compare_images(g, false, 20);
  EXPECT_GT(d.compared, 20u * 2000);
  EXPECT_LE(d.worst, 1);  // a 24-bit multiplier beside exact scales: only values next to a tie may differ
  EXPECT_LE(d.differ, d.compared / 2000);
}

TEST(LowerNet, EveryOperatorEqualsRealArithmetic) {
  for (const OperatorNet& net : operator_nets())
    for (const bool dpu : {true, false}) {
      SCOPED_TRACE(net.name + (dpu ? " dpu" : " scaled"));
      Graph g = net.graph;
      stand_in_quantize(&g, dpu);
      const Difference d = compare_images(g, dpu, 10);
      EXPECT_GT(d.compared, 10u * 100);
      EXPECT_LE(d.worst, dpu ? 0 : 1);  // as above
      EXPECT_LE(d.differ, dpu ? 0 : 2 + d.compared / 1000);
    }
}

TEST(LowerNet, TheComparisonCanFail) {
  Graph g = mixed();
  stand_in_quantize(&g, true);
  Graph other = g;
  other.nodes[0].weights_q.values[13] += 1;
  const IntNet net = lower(other);
  const Batch batch = random_batch(g, 1, 11);
  const std::vector<Image> want = run_real(g, Image(batch.image(0), batch.image(0) + batch.shape.size()), true);
  EXPECT_GT(compare(g, net, run_golden(net, input_of(g, want[0])), want).differ, 0u);
}

TEST(LowerNet, FashionMnistShapes) {
  for (const bool dpu : {true, false}) {
    Graph g = read_onnx(EXACT8_SOURCE_DIR "/models/fmnist.onnx");
    stand_in_quantize(&g, dpu);
    const IntNet net = lower(g);
    EXPECT_EQ(net.nodes.size(), 10u);  // 6 with weights, the add, 3 pools
    EXPECT_TRUE(net.tensors[static_cast<std::size_t>(net.outputs[0].tensor)].shape == (ops::Shape{1, 1, 10}));
    const Difference d = compare_images(g, dpu, 2);
    EXPECT_LE(d.worst, 1);
    EXPECT_LE(d.differ, dpu ? 0u : d.compared / 2000);
  }
}

TEST(LowerNet, GoldenIsNearTheFloatNetwork) {
  for (const bool dpu : {true, false}) {
    const Graph real = mixed();
    Graph g = real;
    stand_in_quantize(&g, dpu);
    const IntNet net = lower(g);
    const Batch x = random_batch(real, 50, 3), want = run_float(real, x);
    double noise = 0, signal = 0;
    for (int i = 0; i < x.n; ++i) {
      const float* image = x.image(i);
      Image in(image, image + x.shape.size());
      quantize(g.value(g.input), dpu, &in);
      const ops::Tensor y = run_golden_output(net, input_of(g, in));
      for (std::size_t k = 0; k < y.data.size(); ++k) {
        const double q = y.data[k] * net.tensors[static_cast<std::size_t>(net.outputs[0].tensor)].scale;
        noise += (q - want.image(i)[k]) * (q - want.image(i)[k]);
        signal += double{want.image(i)[k]} * want.image(i)[k];
      }
    }
    EXPECT_GT(10 * std::log10(signal / noise), dpu ? 20 : 26) << (dpu ? "dpu" : "scaled");
  }
}

}  // namespace
}  // namespace e8::model
