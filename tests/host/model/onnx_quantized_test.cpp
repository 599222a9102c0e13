// Quantized models of other tools: onnxruntime's two forms and AMD's operators, against hand-computed numbers.
#include <gmock/gmock.h>

#include <cmath>

#include "host/model/golden.h"
#include "host/model/lower.h"
#include "tests/host/model/quantized_models.h"

namespace e8::model {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

IntNet net_of(const ModelBuilder& b, const Reading& reading = {}) { return lower(b.read(), reading); }

const IntTensor& output_of(const IntNet& net) {
  return net.tensors[static_cast<std::size_t>(net.outputs.at(0).tensor)];
}

/// Runs uint8 values [h][w][c] and gives uint8 values back.
std::vector<int> run(const IntNet& net, const std::vector<int>& x) {
  ops::Tensor in(net.tensors[static_cast<std::size_t>(net.input)].shape);
  for (std::size_t i = 0; i < in.data.size(); ++i) in.data[i] = static_cast<std::int8_t>(x.at(i) - 128);
  std::vector<int> y;
  for (const std::int8_t q : run_golden_output(net, in).data) y.push_back(q + 128);
  return y;
}

int refusal(const ModelBuilder& b, std::string* message, const Reading& reading = {}) {
  return error_id([&] { net_of(b, reading); }, message);
}

class BothForms : public testing::TestWithParam<Form> {};

TEST_P(BothForms, ConvolutionByHand) {
  // acc = (q - 130) * 3 + 7, m = 0.5 * 0.25 / 0.25, y = half_even(acc / 2) + 100
  for (const auto& [q, y] : {std::pair{133, 108}, {131, 105}, {132, 106}, {134, 110}, {0, 0}, {255, 255}, {130, 104}}) {
    QuantizedModel m(GetParam(), {1, 1, 1, 1}, {0.5F, 130});
    m.conv("x", "c", {1, 1, 1, 1}, {3}, {0.25F}, {7}, {0.25F, 100});
    const IntNet net = net_of(m.finish("c"));
    EXPECT_THAT(run(net, {q}), ElementsAre(y)) << q;
    EXPECT_EQ(net.scheme + " " + net.tie, "scaled half_even");
    EXPECT_EQ(net.tensors[static_cast<std::size_t>(net.input)].zero_point, 2);
    EXPECT_EQ(output_of(net).zero_point, -28);
    EXPECT_EQ(net.preprocess.c, 0);
  }
}

TEST_P(BothForms, PaddingIsTheZeroPoint) {
  QuantizedModel m(GetParam(), {1, 1, 1, 2}, {1, 200});
  m.conv("x", "c", {1, 1, 3, 3}, std::vector<std::int32_t>(9, 1), {1}, {0}, {1, 10})
      .set("pads", std::vector<std::int64_t>{1, 1, 1, 1});
  EXPECT_THAT(run(net_of(m.finish("c")), {203, 204}), ElementsAre(17, 17));  // 3 + 4, twice
}

TEST_P(BothForms, AdditionRoundsWithItsZeroPoint) {
  // 2 * a + b over 4: 0.5 + 101 is a tie between 101 and 102
  QuantizedModel m(GetParam(), {1, 1, 1, 1}, {0.5F, 128});
  m.conv("x", "b", {1, 1, 1, 1}, {1}, {0.5F}, {0}, {0.25F, 128});
  m.op("Add", {"x", "b"}, "s", {1, 101});
  const IntNet net = net_of(m.finish("s"));
  EXPECT_THAT(run(net, {129}), ElementsAre(102));  // 0.75 + 101
  EXPECT_THAT(run(net, {130}), ElementsAre(102));  // 1.5: to the even 102, not to 2 + 101
  EXPECT_THAT(run(net, {126}), ElementsAre(100));  // -1.5 + 101
}

TEST_P(BothForms, AveragePoolCountsWhatExists) {
  for (const bool pad_counts : {false, true}) {
    QuantizedModel m(GetParam(), {1, 1, 2, 2}, {1, 100});
    const NodeBuilder pool = m.op("AveragePool", {"x"}, "p", {1, 20});
    NodeBuilder(pool).set("kernel_shape", std::vector<std::int64_t>{2, 2});
    NodeBuilder(pool).set("pads", std::vector<std::int64_t>{1, 1, 0, 0});
    NodeBuilder(pool).set("count_include_pad", std::int64_t{pad_counts});
    const std::vector<int> y = run(net_of(m.finish("p")), {104, 108, 112, 116});
    EXPECT_EQ(y, pad_counts ? (std::vector<int>{21, 23, 24, 30}) : (std::vector<int>{24, 26, 28, 30}));
  }
}

TEST_P(BothForms, ConcatenationBringsEachInputToTheGrid) {
  QuantizedModel m(GetParam(), {1, 1, 1, 1}, {1, 100});
  m.conv("x", "a", {1, 1, 1, 1}, {1}, {1}, {0}, {0.5F, 7});
  m.op("Concat", {"x", "a", "x"}, "k", {1, 50}).set("axis", std::int64_t{1});
  EXPECT_THAT(run(net_of(m.finish("k")), {103}), ElementsAre(53, 53, 53));
  EXPECT_THAT(run(net_of(m.builder()), {40}), ElementsAre(0, 46, 0));  // -60: a stops at -3.5, half_even -4
}

TEST_P(BothForms, LeakyReluKnowsTheSignOfTheReal) {
  QuantizedModel m(GetParam(), {1, 1, 1, 1}, {1, 90});
  m.op("LeakyRelu", {"x"}, "l", {1, 90}).set("alpha", 0.25);
  const IntNet net = net_of(m.finish("l"));
  EXPECT_THAT(run(net, {94}), ElementsAre(94));
  EXPECT_THAT(run(net, {82}), ElementsAre(88));  // -8 / 4
  EXPECT_THAT(run(net, {100}), ElementsAre(100));
}

TEST_P(BothForms, Table) {
  QuantizedModel m(GetParam(), {1, 1, 1, 1}, {0.5F, 100});
  m.op("Sigmoid", {"x"}, "s", {1.0F / 256, 3});
  const IntNet net = net_of(m.finish("s"));
  EXPECT_THAT(run(net, {100}), ElementsAre(131));  // 128 + 3
  EXPECT_THAT(run(net, {102}), ElementsAre(190));  // 256 / (1 + e^-1) = 187.15
  EXPECT_THAT(run(net, {0}), ElementsAre(3));
}

TEST_P(BothForms, MovesKeepTheGrid) {
  QuantizedModel m(GetParam(), {1, 2, 2, 2}, {1, 30});
  const std::vector<std::int64_t> two{2, 2};
  m.move("MaxPool", "x", {}, "m", {1, 30}).set("kernel_shape", two);
  m.move("Flatten", "m", {}, "f", {1, 30});
  m.matmul("f", "y1", {2, 2}, {1, 0, 0, -1}, {1, 1}, {1, 60});
  EXPECT_THAT(run(net_of(m.finish("y1")), {1, 2, 33, 4, 5, 6, 7, 38}), ElementsAre(63, 52));
}

INSTANTIATE_TEST_SUITE_P(Forms, BothForms, testing::Values(Form::kQdq, Form::kQOperator),
                         [](const auto& i) { return i.param == Form::kQdq ? "Qdq" : "QOperator"; });

bool same(const num::ChannelParam& a, const num::ChannelParam& b) {
  return a.b2 == b.b2 && a.mp == b.mp && a.mn == b.mn && a.s == b.s;
}

TEST(OnnxQuantized, BothFormsAreOneNetwork) {
  const IntNet a = net_of(every_operator(Form::kQdq, 12, 14)), b = net_of(every_operator(Form::kQOperator, 12, 14));
  ASSERT_EQ(a.nodes.size(), b.nodes.size());
  for (std::size_t i = 0; i < a.nodes.size(); ++i) {
    EXPECT_EQ(a.nodes[i].params.index(), b.nodes[i].params.index()) << i;
    const auto* p = std::get_if<ops::ConvParams>(&a.nodes[i].params);
    if (p == nullptr) continue;
    const auto& q = std::get<ops::ConvParams>(b.nodes[i].params);
    EXPECT_EQ(p->weights, q.weights) << i;
    EXPECT_EQ(p->pad_value, q.pad_value) << i;
    for (int c = 0; c < p->cout; ++c) EXPECT_TRUE(same(p->tail.of(c), q.tail.of(c))) << i << " " << c;
  }
  EXPECT_EQ(b.tensors[static_cast<std::size_t>(b.nodes[0].output)].name, "c1_q");  // the file's name for it
}

TEST(OnnxQuantized, MultiplierIsOnnxruntimesFloat32) {
  const float x = 0.0187F, y = 0.043F;
  int differ = 0;
  for (int i = 0; i < 100; ++i) {
    const float w = 0.003F + 1e-5F * static_cast<float>(i);
    QuantizedModel m(Form::kQOperator, {1, 1, 1, 1}, {x, 3});
    m.conv("x", "c", {1, 1, 1, 1}, {1}, {w}, {0}, {y, 3});
    const IntNet net = net_of(m.finish("c"));
    const num::ChannelParam p = std::get<ops::ConvParams>(net.nodes.at(0).params).tail.of(0);
    const float product = x * w, ratio = product / y;
    EXPECT_EQ(std::ldexp(p.mp, 1 - p.s), double{ratio}) << i;
    differ += double{ratio} != double{static_cast<float>(double{x} * double{w} / double{y})} ? 1 : 0;
  }
  EXPECT_GT(differ, 10);  // so the order matters
}

// Outputs of onnxruntime 1.30.0 (CPU, with and without its optimizations) for the same files and inputs.
TEST(OnnxQuantized, EqualToOnnxruntime) {
  const IntNet net = net_of(every_operator(Form::kQOperator, 12, 14));
  const auto outputs = [&](int step) {
    std::vector<int> x;
    for (int y = 0; y < 12; ++y)
      for (int column = 0; column < 14; ++column)
        for (int c = 0; c < 3; ++c) x.push_back((((c * 12 + y) * 14 + column) * step + 11) % 256);
    return run(net, x);
  };
  EXPECT_THAT(outputs(37), ElementsAre(80, 103, 0, 122, 133, 0, 145, 91, 115, 60));
  EXPECT_THAT(outputs(3), ElementsAre(84, 95, 0, 117, 157, 56, 142, 106, 109, 96));
}

TEST(OnnxQuantized, IntegerInputAndOutput) {
  ModelBuilder b({1, 1, 1, 1});
  b.input_type(onnx::TensorProto::UINT8).real("s", {}, {0.5F}).uint8("z", {}, {130}).int8("w", {1, 1, 1, 1}, {3});
  b.real("ws", {}, {0.25F}).int8("wz", {}, {0}).real("ys", {}, {0.25F}).uint8("yz", {}, {100});
  b.node("QLinearConv", {"x", "s", "z", "w", "ws", "wz", "ys", "yz"});
  EXPECT_THAT(run(net_of(b), {133}), ElementsAre(104));  // half_even(4.5) + 100
}

TEST(OnnxQuantized, WeightsOfUint8LessTheirZeroPoint) {
  const auto model = [](std::int32_t w) {
    ModelBuilder b({1, 1, 1, 1});
    b.real("s", {}, {1}).uint8("z", {}, {0}).uint8("w", {1, 1, 1, 1}, {w}).uint8("wz", {}, {100});
    b.node("QuantizeLinear", {"x", "s", "z"}, "q");
    b.node("QLinearConv", {"q", "s", "z", "w", "s", "wz", "s", "z"}, "c");
    b.node("DequantizeLinear", {"c", "s", "z"});
    return b;
  };
  EXPECT_THAT(run(net_of(model(103)), {5}), ElementsAre(15));
  EXPECT_THAT(run(net_of(model(227)), {1}), ElementsAre(127));
  std::string message;
  EXPECT_EQ(refusal(model(228), &message), 121);
  EXPECT_THAT(message, HasSubstr("'the c' (Conv): a stored weight less its zero point = 128; -128 to 127"));
}

TEST(OnnxQuantized, GemmOfOnnxruntime) {
  ModelBuilder b({1, 2});
  b.real("s", {}, {1}).uint8("z", {}, {10}).int8("w", {2, 2}, {1, 2, 3, 4}).int8("wz", {}, {0}).int32("b", {2}, {5, 6});
  b.node("QuantizeLinear", {"x", "s", "z"}, "q");
  b.node("QGemm", {"q", "s", "z", "w", "s", "wz", "b", "s", "z"}, "g")
      .domain("com.microsoft")
      .set("transB", std::int64_t{1});
  b.node("DequantizeLinear", {"g", "s", "z"});
  EXPECT_THAT(run(net_of(b), {11, 12}), ElementsAre(20, 27));  // 1 + 4 + 5, 3 + 8 + 6
}

TEST(OnnxQuantized, FloatBiasAndConstantsBehind) {
  ModelBuilder b({1, 2});
  b.real("s", {}, {0.5F}).uint8("z", {}, {10}).int8("w", {2, 2}, {1, 3, 2, 4}).real("b", {2}, {1.25F, -1});
  b.node("QuantizeLinear", {"x", "s", "z"}, "q"), b.node("DequantizeLinear", {"q", "s", "z"}, "d");
  b.node("DequantizeLinear", {"w", "s"}, "wd"), b.node("MatMul", {"d", "wd"}, "m"), b.node("Add", {"m", "b"}, "a");
  b.node("QuantizeLinear", {"a", "s", "z"}, "aq"), b.node("DequantizeLinear", {"aq", "s", "z"});
  const IntNet net = net_of(b);
  EXPECT_EQ(net.nodes.size(), 1u);
  EXPECT_THAT(run(net, {11, 12}), ElementsAre(15, 14));  // (5 + 5) / 2, (11 - 4) / 2 = 3.5
}

TEST(OnnxQuantized, ConstantBehindAQuantizedTensor) {
  QuantizedModel m(Form::kQdq, {1, 2, 1, 1}, {0.5F, 100});
  m.builder().uint8("k_q", {2, 1, 1}, {3, 9}).real("k_s", {}, {0.25F}).uint8("k_z", {}, {5});
  m.builder().node("DequantizeLinear", {"k_q", "k_s", "k_z"}, "k_d");
  for (const char* type : {"Add", "Mul"}) {
    QuantizedModel n = m;
    n.builder().real("y_s", {}, {0.25F}).uint8("y_z", {}, {90});
    n.builder().node(type, {"x_d", "k_d"}, "f"), n.builder().node("QuantizeLinear", {"f", "y_s", "y_z"}, "y_q");
    const std::vector<int> y = run(net_of(n.finish("y")), {103, 104});  // 1.5 and 2; -0.5 and 1
    EXPECT_EQ(y, type[0] == 'A' ? (std::vector<int>{94, 102}) : (std::vector<int>{87, 98}));
  }
}

TEST(OnnxQuantized, SoftmaxAtTheEndStaysFloat) {
  QuantizedModel m(Form::kQOperator, {1, 2}, {0.5F, 100});
  m.matmul("x", "l", {2, 2}, {1, 2, 3, 4}, {1, 1}, {1, 0});
  m.builder().real("p_s", {}, {1.0F / 256}).uint8("p_z", {}, {0});
  NodeBuilder softmax = m.builder().node("QLinearSoftmax", {"l_q", "l_s", "l_z", "p_s", "p_z"}, "p_q");
  softmax.domain("com.microsoft").set("opset", std::int64_t{13});
  const IntNet net = net_of(m.finish("p"));
  EXPECT_EQ(net.outputs.at(0).tail, CpuTail::kSoftmax);
  EXPECT_EQ(output_of(net).name, "l_q");
}

// ---------------------------------------------------------------------------------------------------- AMD

struct Names {
  const char *domain, *quantize, *dequantize;
};

/// x at 2^-4, a convolution with weight 3 * 2^-5 and int8 bias 9 * 2^-6, output at 2^-3: sc = 6, sb = 3.
ModelBuilder amd_conv(const Names& names, float y_scale = 0.125F, std::int32_t y_zero = 0) {
  ModelBuilder b({1, 1, 1, 1});
  b.real("xs", {}, {0x1p-4F}).real("ws", {}, {0x1p-5F}).real("bs", {}, {0x1p-6F}).real("ys", {}, {y_scale});
  b.int8("z", {}, {0}).int8("yz", {}, {y_zero}).int8("w", {1, 1, 1, 1}, {3}).int8("b", {1}, {9});
  const auto pair = [&](const std::string& from, const std::string& to, const char* scale, const char* zero) {
    b.node(names.quantize, {from, scale, zero}, to + "_q").domain(names.domain).set("bit_width", "8");
    b.node(names.dequantize, {to + "_q", scale, zero}, to).domain(names.domain).set("bit_width", "8");
  };
  pair("x", "xd", "xs", "z");
  b.node(names.dequantize, {"w", "ws", "z"}, "wd").domain(names.domain);
  b.node(names.dequantize, {"b", "bs", "z"}, "bd").domain(names.domain);
  b.node("Conv", {"xd", "wd", "bd"}, "c"), b.node("Relu", {"c"}, "r");
  pair("r", "y", "ys", "yz");
  return b;
}

TEST(OnnxAmd, OperatorsOfAllItsTools) {
  for (const Names& names : {Names{"ai.onnx.contrib", "VaiQuantize", "VaiDeQuantize"},
                             Names{"ai.onnx.contrib", "VaiQuantizeLinear", "VaiDequantizeLinear"},
                             Names{"com.vai.quantize", "VitisQuantizeLinear", "VitisDequantizeLinear"},
                             Names{"com.amd.quark", "ExtendedQuantizeLinear", "ExtendedDequantizeLinear"}}) {
    const IntNet net = net_of(amd_conv(names));
    EXPECT_EQ(net.scheme + " " + net.tie, "dpu half_up") << names.quantize;
    ASSERT_EQ(net.nodes.size(), 1u);
    const auto& p = std::get<ops::ConvParams>(net.nodes[0].params);
    EXPECT_EQ(p.tail.of(0).s, 7);           // sc + 1
    EXPECT_EQ(p.tail.of(0).b2, 2 * 9 * 8);  // 9 * 2^3, doubled
    EXPECT_EQ(p.tail.mode.lo, 0);
    EXPECT_THAT(run(net, {128 + 8}), ElementsAre(128 + 2));  // (24 + 72) / 64 = 1.5 up
    EXPECT_THAT(run(net, {128 - 56}), ElementsAre(128 + 0));
  }
}

TEST(OnnxAmd, FixNeuronIsBothInOne) {
  const auto model = [](const char* pos) {
    ModelBuilder b({1, 1, 1, 1});
    b.real("xs", {}, {0x1p-4F}).int8("z", {}, {0}).real("w", {1, 1, 1, 1}, {0.09F});
    b.node("FixNeuron", {"x", "xs", "z"}, "xd").domain("ai.onnx.contrib").set("bit_width", "8");
    b.node("FixNeuron", {"w"}, "wd").domain("ai.onnx.contrib").set("bit_width", "8").set("pos", "5");
    b.node("Conv", {"xd", "wd"}, "c");
    b.node("FixNeuron", {"c"}, "y").domain("ai.onnx.contrib").set("bit_width", std::int64_t{8}).set("pos", pos);
    return b;
  };
  const IntNet net = net_of(model("3"));
  EXPECT_EQ(std::get<ops::ConvParams>(net.nodes.at(0).params).weights, std::vector<std::int8_t>{3});  // 2.88
  EXPECT_EQ(std::get<ops::ConvParams>(net.nodes.at(0).params).tail.of(0).s, 7);
  std::string message;
  EXPECT_EQ(refusal(model("x"), &message), 105);
  EXPECT_EQ(refusal(model("-127"), &message), 105);
  EXPECT_EQ(refusal(model("-12"), &message), 121);  // shift_cut
  EXPECT_THAT(message, HasSubstr("(Conv): shift_cut pw + px - py = 21; 0 to 16 is allowed"));
}

// FixNeuron is signed: without a zero point the tensor is int8, not ONNX's uint8, and negative weights stay.
TEST(OnnxAmd, FixNeuronWithoutZeroPointIsSigned) {
  for (const bool empty : {false, true}) {
    const auto inputs = [&](const char* x, const char* scale) {
      return empty ? std::vector<std::string>{x, scale, ""} : std::vector<std::string>{x, scale};
    };
    ModelBuilder b({1, 1, 1, 1});
    b.real("xs", {}, {0x1p-4F}).real("ws", {}, {0x1p-5F}).real("ys", {}, {0x1p-3F}).real("w", {1, 1, 1, 1}, {-0.09F});
    b.node("FixNeuron", inputs("x", "xs"), "xd").domain("ai.onnx.contrib");
    b.node("FixNeuron", inputs("w", "ws"), "wd").domain("ai.onnx.contrib");
    b.node("Conv", {"xd", "wd"}, "c");
    b.node("FixNeuron", inputs("c", "ys"), "y").domain("ai.onnx.contrib");
    const IntNet net = net_of(b);
    EXPECT_EQ(std::get<ops::ConvParams>(net.nodes.at(0).params).weights, std::vector<std::int8_t>{-3});  // -2.88
  }
}

TEST(OnnxAmd, WhatTheDpuCannotIsNamed) {
  const Names vai{"ai.onnx.contrib", "VaiQuantize", "VaiDeQuantize"};
  std::string message;
  EXPECT_EQ(refusal(amd_conv(vai, 0.1F), &message), 121);
  EXPECT_THAT(message, HasSubstr("scale of its output = 0.1; the dpu scheme allows powers of two"));
  EXPECT_EQ(refusal(amd_conv(vai, 0.125F, 3), &message), 121);
  EXPECT_THAT(message, HasSubstr("tensor 'y' has zero point 3 (as int8); the dpu scheme allows 0"));
  const IntNet net = net_of(amd_conv(vai, 0.1F, 3), {"scaled", ""});  // as the message says
  EXPECT_EQ(net.scheme + " " + net.tie, "scaled half_even");
  EXPECT_EQ(net_of(amd_conv(vai), {"", "half_even"}).tie, "half_even");
  ModelBuilder wide = amd_conv(vai);
  wide.proto().mutable_graph()->mutable_node(0)->mutable_attribute(0)->set_s("16");
  EXPECT_EQ(refusal(wide, &message), 105);
  EXPECT_THAT(message, HasSubstr("(VaiQuantize): attribute 'bit_width' = 16; 8 is supported"));
}

TEST(OnnxAmd, TheDpusAverageAndHardSigmoidAreOneOperation) {
  const auto model = [](const char* type, const std::vector<std::int64_t>& in, float factor) {
    ModelBuilder b(in);
    b.quantized("x", "xd", 0x1p-4F).real("k", {}, {factor});
    NodeBuilder n = b.node(type, {"xd"}, "p");
    if (std::string(type) == "HardSigmoid") n.set("alpha", 1.0 / 6).set("beta", 0.5);
    b.node("Mul", {"p", "k"}, "m");
    b.quantized("m", "y", std::string(type) == "HardSigmoid" ? 0x1p-7F : 0x1p-4F);
    b.proto().set_producer_name("quark.onnx");
    return b;
  };
  const IntNet pool = net_of(model("GlobalAveragePool", {1, 1, 7, 7}, 49.0F * 21 / 1024));
  EXPECT_EQ(pool.scheme, "dpu");
  ASSERT_EQ(pool.nodes.size(), 1u);
  EXPECT_EQ(std::get<ops::AvgPoolParams>(pool.nodes[0].params).by_count.at(0).mp, 21u);
  std::string message;
  EXPECT_EQ(refusal(model("GlobalAveragePool", {1, 1, 7, 7}, 0.9F), &message), 121);
  EXPECT_THAT(message, HasSubstr("is multiplied by 0.9; the DPU's own approximation is 1.00488"));
  const IntNet sigmoid = net_of(model("HardSigmoid", {1, 1, 1, 1}, 2731.0F / 16384 * 6));
  ASSERT_EQ(sigmoid.nodes.size(), 1u);
  EXPECT_THAT(run(sigmoid, {128}), ElementsAre(128 + 64));
}

// ------------------------------------------------------------------------------------------------- refusals

TEST(OnnxQuantized, DynamicAndBlockFormatsAreRefused) {
  for (const auto& [domain, type, text] :
       {std::tuple{"", "DynamicQuantizeLinear", "quantize the model statically"},
        {"", "MatMulInteger", "quantize the model statically"},
        {"com.amd.quark", "BFPQuantizeDequantize", "block floating point"},
        {"com.vai.quantize", "MXFixNeuron", "microscaling"},
        {"com.amd.quark", "ExtendedLSTM", "of Vitis AI and Quark ExtendedDequantizeLinear"},
        {"com.other", "QLinearAdd", "operator of domain 'com.other' is not supported"}}) {
    ModelBuilder b({1, 2});
    b.node(type, {"x"}).domain(domain);
    std::string message;
    EXPECT_EQ(refusal(b, &message), 104) << type;
    EXPECT_THAT(message, HasSubstr(text));
  }
}

TEST(OnnxQuantized, ErrorsNameTheFilesOperator) {
  std::string message;
  QuantizedModel m(Form::kQOperator, {1, 1, 2, 2}, {1, 0});
  m.builder()
      .real("c_s", {}, {1})
      .uint8("c_z", {}, {0})
      .int8("w", {1, 1, 1, 1}, {1})
      .int8("wz", {}, {0})
      .real("f", {1}, {1});
  m.builder().node("QLinearConv", {"x_q", "x_s", "x_z", "w", "x_s", "wz", "c_s", "c_z", "f"}, "c_q");
  EXPECT_EQ(refusal(m.finish("c"), &message), 109);
  EXPECT_THAT(message, HasSubstr("node 'the c_q' (QLinearConv): its bias (input 8) must be int32"));

  QuantizedModel n(Form::kQOperator, {1, 1, 2, 2}, {1, 0});
  n.op("GlobalAveragePool", {"x"}, "g", {1, 0}).set("channels_last", std::int64_t{1});
  EXPECT_EQ(refusal(n.finish("g"), &message), 105);
  EXPECT_THAT(message, HasSubstr("(QLinearGlobalAveragePool): attribute 'channels_last' = 1"));

  QuantizedModel k(Form::kQdq, {1, 1, 2, 2}, {1, 0});
  k.move("Slice", "x", {"zero", "one", "two"}, "s", {1, 5});
  k.builder().int64("zero", {0}).int64("one", {1}).int64("two", {2});
  EXPECT_EQ(refusal(k.finish("s"), &message), 121);
  EXPECT_THAT(message, HasSubstr("(Slice): its input has zero point -128, its output -123 (as int8)"));

  QuantizedModel t(Form::kQdq, {1, 1, 2, 2}, {1, 4});
  t.builder().int8("w", {1, 1, 2, 2}, {1, 1, 1, 1}).real("s", {}, {1}).uint8("z", {}, {4});
  t.builder().node("DequantizeLinear", {"w", "s"}, "wd"), t.builder().node("ConvTranspose", {"x_d", "wd"}, "f");
  t.builder().node("QuantizeLinear", {"f", "s", "z"}, "t_q");
  t.builder().real("t_s", {}, {1}).uint8("t_z", {}, {4});
  EXPECT_EQ(refusal(t.finish("t"), &message), 121);
  EXPECT_THAT(message, HasSubstr("(ConvTranspose): its input has zero point -124 (as int8); 0 is allowed"));
}

TEST(OnnxQuantized, OptionsDoNotContradictTheFile) {
  ModelBuilder b({1, 1, 1, 1});
  b.quantized("x", "xd", 1).node("Relu", {"xd"}, "r");
  b.quantized("r", "y", 1);
  Graph g = b.read();
  write_metadata(&g, "scaled", "half_up", {1, 1, 1, {0}, {1}, "half_up"}, {});
  EXPECT_EQ(lower(g).tie, "half_up");
  std::string message;
  EXPECT_EQ(error_id([&] { lower(g, {"", "half_even"}); }, &message), 122);
  EXPECT_THAT(message, HasSubstr("leave --scheme and --tie out"));
}

}  // namespace
}  // namespace e8::model
