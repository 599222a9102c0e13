// TFLite models made here: every operator with its options equal to the plain interpreter, edges, multipliers,
// pictures.
#include "host/model/tflite_read.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "host/model/error.h"
#include "host/model/golden.h"
#include "host/model/preprocess.h"
#include "host/model/tflite_ops.h"
#include "tests/host/model/tflite_builder.h"
#include "tests/host/model/tflite_reference.h"

namespace e8::model {
namespace {

using test::TfliteBuilder;
using test::TfliteOperator;
using tflite::Builtin;
using tflite::Type;

constexpr std::int8_t kSame = 0, kValid = 1;

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}
  int between(int low, int high) { return low + static_cast<int>(engine_() % static_cast<unsigned>(high - low + 1)); }
  float scale() { return static_cast<float>(std::ldexp(between(1000, 2000), -17)); }
  std::vector<std::int8_t> values(std::size_t n) {
    std::vector<std::int8_t> v(n);
    for (std::int8_t& x : v) x = static_cast<std::int8_t>(between(-127, 127));
    return v;
  }
  std::vector<std::int32_t> words(std::size_t n) {
    std::vector<std::int32_t> v(n);
    for (std::int32_t& x : v) x = between(-20000, 20000);
    return v;
  }
  std::vector<float> scales(std::size_t n) {
    std::vector<float> v(n);
    for (float& x : v) x = scale();
    return v;
  }

 private:
  std::mt19937_64 engine_;
};

int outputs_of(int size, int kernel, int stride, int dilation, std::int8_t padding) {
  if (padding == kSame) return (size + stride - 1) / stride;
  return (size - (kernel - 1) * dilation - 1) / stride + 1;
}

/// Reads the model and compares every tensor with the reference on extremes and random values.
void expect_reference(const TfliteBuilder& b, std::uint64_t seed) {
  const std::string bytes = b.bytes();
  const IntNet net = read_tflite(bytes, "made.tflite");
  const flat::Buffer buffer("made.tflite", bytes);
  const tflite::Model model = tflite::parse(buffer);
  Random random(seed);
  for (int i = 0; i < 3; ++i) {
    ops::Tensor input(net.tensors[static_cast<std::size_t>(net.input)].shape,
                      static_cast<std::int8_t>(i == 0 ? -128 : 127));
    if (i == 2) input.data = random.values(input.data.size());
    const auto want = test::run_tflite(model, input.data);
    const std::vector<ops::Tensor> got = run_golden(net, input);
    EXPECT_EQ(got[static_cast<std::size_t>(net.outputs[0].tensor)].data, want[static_cast<std::size_t>(model.output)])
        << "seed " << seed << ", input " << i;
  }
}

struct Shape4 {
  int kh, kw, sh, sw, dh, dw;
};

/// CONV_2D or DEPTHWISE_CONV_2D with everything by chance.
TfliteBuilder random_conv(std::uint64_t seed, bool depthwise) {
  Random r(seed);
  TfliteBuilder b;
  const int groups = depthwise ? 1 : r.between(1, 2), cin = groups * r.between(1, 5);
  const int cout = depthwise ? cin * r.between(1, 3) : groups * r.between(1, 4);
  const Shape4 k{r.between(1, 3), r.between(1, 4), r.between(1, 3), r.between(1, 2), r.between(1, 2), r.between(1, 2)};
  const int h = r.between(5, 9), w = r.between(7, 9);
  const auto padding = static_cast<std::int8_t>(r.between(0, 1));
  const int in = b.activation({1, h, w, cin}, r.scale(), r.between(-128, 127));
  const auto channels = static_cast<std::size_t>(cout);
  const std::vector<std::int32_t> shape = depthwise ? std::vector<std::int32_t>{1, k.kh, k.kw, cout}
                                                    : std::vector<std::int32_t>{cout, k.kh, k.kw, cin / groups};
  std::size_t count = 1;
  for (const std::int32_t d : shape) count *= static_cast<std::size_t>(d);
  const int weights =
      b.weights(shape, r.values(count), r.scales(r.between(0, 1) == 0 ? 1 : channels), depthwise ? 3 : 0);
  const int bias = r.between(0, 3) == 0 ? -1 : b.words({cout}, r.words(channels));
  const int out =
      b.activation({1, outputs_of(h, k.kh, k.sh, k.dh, padding), outputs_of(w, k.kw, k.sw, k.dw, padding), cout},
                   4 * r.scale(), r.between(-128, 127));
  TfliteOperator& op = b.op(depthwise ? Builtin::kDepthwiseConv2d : Builtin::kConv2d, {in, weights, bias}, out);
  const int after = depthwise ? 4 : 3;  // depth_multiplier comes before
  op.byte_options = {{0, padding}, {after, static_cast<std::int8_t>(r.between(0, 3))}};
  op.word_options = {{1, k.sw}, {2, k.sh}, {after + 1, k.dw}, {after + 2, k.dh}};
  if (depthwise) op.word_options[3] = cout / cin;
  return b;
}

TEST(TfliteRead, Convolutions) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) expect_reference(random_conv(seed, false), seed);
}

TEST(TfliteRead, DepthwiseConvolutions) {
  for (std::uint64_t seed = 101; seed <= 140; ++seed) expect_reference(random_conv(seed, true), seed);
}

TEST(TfliteRead, FullyConnectedBehindReshapeReadsTheImage) {
  for (std::uint64_t seed = 201; seed <= 212; ++seed) {
    Random r(seed);
    TfliteBuilder b;
    const int in = b.activation({1, 2, 3, 4}, 0.1F, -5), flat = b.activation({1, 24}, 0.1F, -5);
    const int weights = b.weights({5, 24}, r.values(5 * 24), r.scales(seed % 2 == 0 ? 1 : 5), 0);
    const int bias = b.words({5}, r.words(5)), shape = b.words({2}, {1, 24});
    const int out = b.activation({1, 5}, 0.3F, 7);
    b.op(Builtin::kReshape, {in, shape}, flat);
    b.op(Builtin::kFullyConnected, {flat, weights, bias}, out).byte_options = {{0, static_cast<std::int8_t>(seed % 4)}};
    expect_reference(b, seed);
  }
}

TEST(TfliteRead, Pools) {
  for (std::uint64_t seed = 301; seed <= 340; ++seed) {
    Random r(seed);
    TfliteBuilder b;
    const int h = r.between(3, 9), w = r.between(3, 9), kh = r.between(1, 3), kw = r.between(1, 3);
    const int sh = r.between(1, 3), sw = r.between(1, 3), zero = r.between(-128, 127);
    const auto padding = static_cast<std::int8_t>(r.between(0, 1));
    const int in = b.activation({1, h, w, 3}, 0.05F, zero);
    const int out =
        b.activation({1, outputs_of(h, kh, sh, 1, padding), outputs_of(w, kw, sw, 1, padding), 3}, 0.05F, zero);
    TfliteOperator& op = b.op(seed % 2 == 0 ? Builtin::kAveragePool2d : Builtin::kMaxPool2d, {in}, out);
    op.byte_options = {{0, padding}, {5, static_cast<std::int8_t>(r.between(0, 3))}};
    op.word_options = {{1, sw}, {2, sh}, {3, kw}, {4, kh}};
    expect_reference(b, seed);
  }
}

TEST(TfliteRead, Additions) {
  for (std::uint64_t seed = 401; seed <= 430; ++seed) {
    Random r(seed);
    TfliteBuilder b;
    const int in = b.activation({1, 3, 4, 5}, r.scale(), r.between(-128, 127));
    const int pooled =
        b.activation({1, 3, 4, 5}, b.tensors[0].scales[0], static_cast<int>(b.tensors[0].zero_points[0]));
    const int weights = b.weights({5, 1, 1, 5}, r.values(25), r.scales(5), 0);
    const int conv = b.activation({1, 3, 4, 5}, 2 * r.scale(), r.between(-128, 127));
    const int out = b.activation({1, 3, 4, 5}, 2 * r.scale(), r.between(-128, 127));
    b.op(Builtin::kConv2d, {in, weights}, conv).word_options = {{1, 1}, {2, 1}};
    TfliteOperator& pool = b.op(Builtin::kMaxPool2d, {in}, pooled);
    pool.word_options = {{1, 1}, {2, 1}, {3, 2}, {4, 2}};
    b.op(Builtin::kAdd, {conv, pooled}, out).byte_options = {{0, static_cast<std::int8_t>(seed % 4)}};
    expect_reference(b, seed);
  }
}

TEST(TfliteRead, PadWritesTheZeroPoint) {
  TfliteBuilder b;
  const int in = b.activation({1, 2, 2, 1}, 0.1F, 33), pads = b.words({4, 2}, {0, 0, 1, 0, 0, 2, 0, 0});
  const int out = b.activation({1, 3, 4, 1}, 0.1F, 33);
  b.op(Builtin::kPad, {in, pads}, out);
  const IntNet net = read_tflite(b.bytes(), "pad.tflite");
  ops::Tensor input({2, 2, 1});
  input.data = {1, 2, 3, 4};
  EXPECT_EQ(run_golden_output(net, input).data, (std::vector<std::int8_t>{33, 33, 33, 33, 1, 2, 33, 33, 3, 4, 33, 33}));
}

/// float -> QUANTIZE -> RESHAPE -> FULLY_CONNECTED -> SOFTMAX -> DEQUANTIZE -> float
TfliteBuilder edges() {
  TfliteBuilder b;
  const int in = b.activation({1, 1, 2, 2}, 1, 0), q = b.activation({1, 1, 2, 2}, 0.5F, 3);
  b.tensors[0].type = Type::kFloat32;
  b.tensors[0].scales.clear();
  const int flat = b.activation({1, 4}, 0.5F, 3),
            weights = b.weights({3, 4}, std::vector<std::int8_t>(12, 1), {0.5F}, 0);
  const int logits = b.activation({1, 3}, 0.5F, 0), soft = b.activation({1, 3}, 1 / 256.0F, -128);
  const int out = b.activation({1, 3}, 1, 0);
  b.tensors.back().type = Type::kFloat32;
  b.op(Builtin::kQuantize, {in}, q);
  b.op(Builtin::kReshape, {q}, flat);
  b.op(Builtin::kFullyConnected, {flat, weights}, logits);
  b.op(Builtin::kSoftmax, {logits}, soft).float_options = {{0, 1.0F}};
  b.op(Builtin::kDequantize, {soft}, out);
  return b;
}

TEST(TfliteRead, FloatEdgesAndSoftmaxStayOutside) {
  const IntNet net = read_tflite(edges().bytes(), "/some/where/edges.tflite");
  EXPECT_EQ(net.name, "edges");
  ASSERT_EQ(net.nodes.size(), 1u);
  EXPECT_EQ(net.nodes[0].name, "fully_connected_2");
  EXPECT_EQ(net.outputs[0].tail, CpuTail::kSoftmax);
  EXPECT_EQ(net.tensors[static_cast<std::size_t>(net.input)].zero_point, 3);
  EXPECT_EQ(net.tensors[static_cast<std::size_t>(net.outputs[0].tensor)].scale, 0.5);
  ops::Tensor input({1, 2, 2}, 5);  // 4 * (5 - 3) * 0.25 / 0.5
  EXPECT_EQ(run_golden_output(net, input).data, std::vector<std::int8_t>(3, 4));
}

TEST(TfliteRead, QuantizeFromInt8Rescales) {
  TfliteBuilder b;
  const int in = b.activation({1, 1, 1, 3}, 0.5F, 10), out = b.activation({1, 1, 1, 3}, 0.25F, -20);
  b.op(Builtin::kQuantize, {in}, out);
  ops::Tensor input({1, 1, 3});
  input.data = {10, 11, -128};
  EXPECT_EQ(run_golden_output(read_tflite(b.bytes(), "q"), input).data, (std::vector<std::int8_t>{-20, -18, -128}));
}

TEST(TfliteRead, Multipliers) {
  const auto is = [](double real, std::int32_t m, int shift) {
    const tflite::Multiplier q = tflite::quantize_multiplier(real);
    return q.m == m && q.shift == shift;
  };
  EXPECT_TRUE(is(0, 0, 0));
  EXPECT_TRUE(is(0.5, 1 << 30, 0));
  EXPECT_TRUE(is(1, 1 << 30, 1));
  EXPECT_TRUE(is(0.75, 3 << 29, 0));
  EXPECT_TRUE(is(std::nextafter(1.0, 0.0), 1 << 30, 1)) << "the significand rounds up to 2^31";
  EXPECT_TRUE(is(0x1p-32, 1 << 30, -31));
  EXPECT_TRUE(is(0x1p-33, 0, 0)) << "below 2^-32 TFLite takes 0";
  EXPECT_TRUE(is(0x1.8p-33, 0, 0));
}

// Dead channels of real models: a scale near 0, a bias near 2^30, and a multiplier that TFLite rounds to nothing.
TEST(TfliteRead, MultipliersBelowTheShiftGiveTheZeroPoint) {
  for (const float scale : {1e-9F, 2e-10F, 1e-12F, 0.0F}) {
    Random r(5);
    TfliteBuilder b;
    const int in = b.activation({1, 1, 1, 4}, 0.5F, 0),
              weights = b.weights({2, 1, 1, 4}, r.values(8), {scale, 0.01F}, 0);
    const int bias = b.words({2}, {1 << 29, 7}), out = b.activation({1, 1, 1, 2}, 1, 11);
    b.op(Builtin::kConv2d, {in, weights, bias}, out).word_options = {{1, 1}, {2, 1}};
    expect_reference(b, 5);
  }
}

TEST(TfliteRead, PicturesWhereTheInputTellsHow) {
  const auto net_of = [](float scale, int zero, std::vector<std::int32_t> shape) {
    TfliteBuilder b;
    const int in = b.activation(shape, scale, zero), out = b.activation(shape, scale, zero);
    b.op(Builtin::kMaxPool2d, {in}, out).word_options = {{1, 1}, {2, 1}, {3, 1}, {4, 1}};
    return read_tflite(b.bytes(), "p.tflite");
  };
  Picture p{2, 3, 3, {}};
  for (int i = 0; i < 18; ++i) p.pixels.push_back(static_cast<std::uint8_t>(i * 15));
  for (const float scale : {1.0F, 1.0F / 255}) {
    const ops::Tensor t = picture_to_int8(p, "p.png", net_of(scale, -128, {1, 2, 3, 3}));
    for (std::size_t i = 0; i < 18; ++i) EXPECT_EQ(t.data[i], static_cast<int>(i) * 15 - 128);
  }
  for (const IntNet& net :
       {net_of(1, 0, {1, 2, 3, 3}), net_of(0.58F, -128, {1, 2, 3, 3}), net_of(1, -128, {1, 2, 3, 2})}) {
    try {
      picture_to_int8(p, "p.png", net);
      ADD_FAILURE() << "a picture was taken";
    } catch (const UserError& e) {
      EXPECT_EQ(e.id(), 210);
      EXPECT_NE(std::string(e.what()).find("int8 .npy"), std::string::npos) << e.what();
    }
  }
}

}  // namespace
}  // namespace e8::model
