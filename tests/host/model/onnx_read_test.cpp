// Every importer row, form by form; then what the reader normalises.
#include "host/model/onnx_read.h"

#include <gmock/gmock.h>

#include <cmath>

#include "host/model/float_ref.h"
#include "host/model/onnx_import.h"
#include "tests/host/model/model_builder.h"

namespace e8::model {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;

std::vector<float> run(const Graph& graph, const std::vector<float>& x) {
  Batch in(1, graph.value(graph.input).shape);
  EXPECT_EQ(in.data.size(), x.size());
  in.data = x;
  return run_float(graph, in).data;
}

const Node& only_node(const Graph& g) {
  EXPECT_EQ(g.nodes.size(), 1u);
  return g.nodes.at(0);
}

TEST(OnnxRead, ConvTakesEveryAttribute) {
  ModelBuilder b({1, 4, 7, 9});
  b.real("w", {6, 2, 3, 2}, ramp(72)).real("b", {6}, ramp(6));
  b.node("Conv", {"x", "w", "b"})
      .set("kernel_shape", {3, 2})
      .set("strides", {2, 1})
      .set("dilations", {1, 3})
      .set("pads", {1, 2, 0, 3})
      .set("group", std::int64_t{2});
  const Graph g = b.read();
  const Node& n = only_node(g);
  EXPECT_EQ(n.op, Op::kConv);
  EXPECT_EQ(n.name, "the y");
  EXPECT_EQ(n.groups, 2);
  const ops::Window& w = n.window;
  EXPECT_THAT((std::vector<int>{w.kh, w.kw, w.sh, w.sw, w.dh, w.dw}), ElementsAre(3, 2, 2, 1, 1, 3));
  EXPECT_THAT((std::vector<int>{w.top, w.left, w.bottom, w.right}), ElementsAre(1, 2, 0, 3));
  EXPECT_THAT(n.weights, ElementsAreArray(ramp(72)));
  EXPECT_THAT(n.bias, ElementsAreArray(ramp(6)));
  EXPECT_TRUE(g.out(n).shape == (ops::Shape{3, 11, 6}));
  EXPECT_EQ(g.value(g.input).name, "x");
  EXPECT_EQ(g.value(g.outputs[0]).name, "y");
  EXPECT_EQ(macs_of(g, n), 72 * 3 * 11);
}

TEST(OnnxRead, ConvKernelShapeFromWeightsAndNoBias) {
  ModelBuilder b({1, 1, 5, 5});
  b.real("w", {1, 1, 3, 5}, ramp(15)).node("Conv", {"x", "w"});
  const Graph g = b.read();
  EXPECT_EQ(only_node(g).window.kh, 3);
  EXPECT_EQ(only_node(g).window.kw, 5);
  EXPECT_THAT(only_node(g).bias, ElementsAre(0.0F));
  EXPECT_TRUE(g.out(only_node(g)).shape == (ops::Shape{3, 1, 1}));
}

TEST(OnnxRead, AutoPad) {
  struct Case {
    const char* mode;
    int stride, top, bottom, out;
  };
  for (const Case& c : {Case{"SAME_UPPER", 1, 1, 2, 6}, Case{"SAME_LOWER", 1, 2, 1, 6}, Case{"SAME_UPPER", 2, 1, 1, 3},
                        Case{"SAME_LOWER", 5, 2, 1, 2}, Case{"VALID", 1, 0, 0, 3}, Case{"NOTSET", 1, 0, 0, 3}}) {
    ModelBuilder b({1, 1, 6, 6});
    b.real("w", {1, 1, 4, 4}, ramp(16));
    b.node("Conv", {"x", "w"}).set("auto_pad", c.mode).set("strides", {c.stride, c.stride});
    const Graph g = b.read();
    EXPECT_EQ(only_node(g).window.top, c.top) << c.mode << c.stride;
    EXPECT_EQ(only_node(g).window.bottom, c.bottom) << c.mode << c.stride;
    EXPECT_EQ(g.out(only_node(g)).shape.h, c.out) << c.mode << c.stride;
  }
}

TEST(OnnxRead, GemmBothWeightOrders) {
  for (const bool transposed : {false, true}) {
    ModelBuilder b({1, 3});
    const std::vector<float> rows =
        transposed ? std::vector<float>{1, 2, 3, 4, 5, 6} : std::vector<float>{1, 4, 2, 5, 3, 6};
    b.real("w", transposed ? std::vector<std::int64_t>{2, 3} : std::vector<std::int64_t>{3, 2}, rows);
    b.real("b", {2}, {0.5F, -0.5F});
    b.node("Gemm", {"x", "w", "b"}).set("transB", std::int64_t{transposed});
    const Graph g = b.read();
    EXPECT_EQ(only_node(g).op, Op::kGemm);
    EXPECT_THAT(only_node(g).weights, ElementsAre(1, 2, 3, 4, 5, 6));
    EXPECT_THAT(run(g, {1, 10, 100}), ElementsAre(321.5F, 653.5F));
  }
}

TEST(OnnxRead, MatMulWithConstantAddIsGemm) {
  ModelBuilder b({1, 2});
  b.real("w", {2, 2}, {1, 2, 3, 4}).real("b", {2}, {10, 20});
  b.node("MatMul", {"x", "w"}, "m");
  b.node("Add", {"b", "m"});
  const Graph g = b.read();
  EXPECT_EQ(only_node(g).op, Op::kGemm);
  EXPECT_THAT(only_node(g).bias, ElementsAre(10, 20));
  EXPECT_THAT(run(g, {1, 1}), ElementsAre(14, 26));
}

TEST(OnnxRead, Activations) {
  struct Case {
    const char* type;
    Op op;
  };
  for (const Case& c : {Case{"Relu", Op::kRelu}, Case{"LeakyRelu", Op::kLeakyRelu}}) {
    ModelBuilder b({1, 2, 1, 2});
    b.node(c.type, {"x"});
    EXPECT_EQ(only_node(b.read()).op, c.op);
  }
  ModelBuilder b({1, 4});
  b.node("LeakyRelu", {"x"}).set("alpha", 0.25);
  EXPECT_THAT(run(b.read(), {-4, -1, 0, 2}), ElementsAre(-1, -0.25F, 0, 2));
}

TEST(OnnxRead, ClipOldAndNewForms) {
  ModelBuilder old({1, 2}, 10);
  old.node("Clip", {"x"}).set("min", 0.0).set("max", 6.0);
  const Graph g = old.read();
  EXPECT_EQ(only_node(g).op, Op::kClip);
  EXPECT_EQ(only_node(g).lo, 0);
  EXPECT_EQ(only_node(g).hi, 6);

  ModelBuilder now({1, 2});
  now.real("lo", {}, {-1}).real("hi", {1}, {1}).node("Clip", {"x", "lo", "hi"});
  EXPECT_THAT(run(now.read(), {-5, 0.5F}), ElementsAre(-1, 0.5F));

  ModelBuilder relu({1, 2});
  relu.real("lo", {}, {0}).real("hi", {}, {3.4028235e38F}).node("Clip", {"x", "lo", "hi"});
  EXPECT_EQ(only_node(relu.read()).op, Op::kRelu);

  ModelBuilder open({1, 2});
  open.real("hi", {}, {2}).node("Clip", {"x", "", "hi"});
  EXPECT_TRUE(std::isinf(only_node(open.read()).lo));

  ModelBuilder attributes({1, 2});
  attributes.node("Clip", {"x"}).set("max", 6.0);
  EXPECT_EQ(error_id([&] { attributes.read(); }), 105);
}

TEST(OnnxRead, AddOfTensors) {
  ModelBuilder b({1, 2, 3, 3});
  b.node("Relu", {"x"}, "r");
  b.node("Add", {"x", "r"});
  const Graph g = b.read();
  ASSERT_EQ(g.nodes.size(), 2u);
  EXPECT_THAT(g.nodes[1].inputs, ElementsAre(0, 1));
  std::vector<float> x(18, -1.0F);
  x[4] = 3;
  std::vector<float> want(18, -1.0F);
  want[4] = 6;
  EXPECT_THAT(run(g, x), ElementsAreArray(want));
}

TEST(OnnxRead, PoolsAndTheirPadding) {
  ModelBuilder b({1, 1, 4, 4});
  b.node("AveragePool", {"x"}, "a").set("kernel_shape", {3, 3}).set("pads", {1, 1, 1, 1}).set("strides", {3, 3});
  b.node("MaxPool", {"a"}).set("kernel_shape", {2, 2});
  const Graph g = b.read();
  ASSERT_EQ(g.nodes.size(), 2u);
  EXPECT_FALSE(g.nodes[0].count_pad);
  EXPECT_EQ(g.nodes[1].op, Op::kMaxPool);
  EXPECT_THAT(run(g, ramp(16)), ElementsAre(13.5F));  // (11 + 12 + 15 + 16) / 4
  ModelBuilder counted({1, 1, 1, 1});
  counted.node("AveragePool", {"x"})
      .set("kernel_shape", {3, 3})
      .set("pads", {1, 1, 1, 1})
      .set("count_include_pad", std::int64_t{1});
  EXPECT_THAT(run(counted.read(), {18}), ElementsAre(2));
}

TEST(OnnxRead, MaxPoolCeilMode) {
  struct Case {
    int in, kernel, stride, pad, out;
  };
  for (const Case& c : {Case{6, 3, 2, 0, 3}, Case{7, 3, 2, 0, 3}, Case{5, 2, 3, 0, 2}, Case{4, 1, 3, 0, 2},
                        Case{3, 1, 3, 0, 1}, Case{6, 3, 2, 1, 4}}) {
    ModelBuilder b({1, 1, c.in, c.in});
    b.node("MaxPool", {"x"})
        .set("kernel_shape", {c.kernel, c.kernel})
        .set("strides", {c.stride, c.stride})
        .set("pads", {c.pad, c.pad, c.pad, c.pad})
        .set("ceil_mode", std::int64_t{1});
    EXPECT_EQ(b.read().value(1).shape.h, c.out) << c.in << " " << c.kernel << " " << c.stride;
  }
}

TEST(OnnxRead, GlobalAveragePoolFlattenSoftmax) {
  ModelBuilder b({1, 2, 2, 3});
  b.node("GlobalAveragePool", {"x"}, "g");
  b.node("Flatten", {"g"}, "f");
  b.node("Softmax", {"f"});
  const Graph g = b.read();
  ASSERT_EQ(g.nodes.size(), 3u);
  EXPECT_EQ(g.nodes[0].window.kh, 2);
  EXPECT_EQ(g.nodes[0].window.kw, 3);
  const std::vector<float> y = run(g, {1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2});
  EXPECT_NEAR(y[0], 1 / (1 + std::exp(1.0)), 1e-6);
  EXPECT_NEAR(y[0] + y[1], 1, 1e-6);
}

TEST(OnnxRead, ReshapeToVectorIsFlatten) {
  for (const auto& target :
       {std::vector<std::int64_t>{0, -1}, std::vector<std::int64_t>{1, 12}, std::vector<std::int64_t>{-1, 12}}) {
    ModelBuilder b({1, 3, 2, 2});
    b.int64("shape", target).node("Reshape", {"x", "shape"});
    EXPECT_EQ(only_node(b.read()).op, Op::kFlatten);
  }
}

TEST(OnnxRead, FlattenOfVectorIsNothing) {
  ModelBuilder b({1, 3});
  b.node("Relu", {"x"}, "r");
  b.node("Flatten", {"r"});
  const Graph g = b.read();
  EXPECT_EQ(only_node(g).op, Op::kRelu);
  EXPECT_EQ(g.value(g.outputs[0]).name, "y");
}

TEST(OnnxRead, ConstantIdentityDropout) {
  onnx::TensorProto w;
  w.set_data_type(onnx::TensorProto::FLOAT);
  w.add_dims(1), w.add_dims(2), w.add_dims(1), w.add_dims(1);
  w.add_float_data(2), w.add_float_data(3);
  ModelBuilder b({1, 2, 1, 1});
  b.node("Constant", {}, "w").set_tensor("value", w);
  b.node("Identity", {"w"}, "w2");
  b.node("Dropout", {"x"}, "d").set("ratio", 0.5);
  b.node("Identity", {"d"}, "i");
  b.node("Conv", {"i", "w2"});
  EXPECT_THAT(run(b.read(), {10, 100}), ElementsAre(320));

  ModelBuilder scalar({1, 2});
  scalar.node("Constant", {}, "c").set("value_float", 0.5);
  scalar.node("Add", {"x", "c"});
  EXPECT_THAT(run(scalar.read(), {1, 2}), ElementsAre(1.5F, 2.5F));

  ModelBuilder ints({1, 2, 1, 2});
  ints.node("Constant", {}, "c").set("value_ints", std::vector<std::int64_t>{0, -1});
  ints.node("Reshape", {"x", "c"});
  EXPECT_EQ(only_node(ints.read()).op, Op::kFlatten);
}

TEST(OnnxRead, Half) {
  ModelBuilder b({1, 1});
  onnx::TensorProto* w = b.proto().mutable_graph()->add_initializer();
  w->set_name("w");
  w->set_data_type(onnx::TensorProto::FLOAT16);
  w->add_dims(1), w->add_dims(5);
  for (int bits : {0x3c00, 0xc000, 0x0001, 0x7bff, 0x8000}) w->add_int32_data(bits);  // 1, -2, 2^-24, 65504, -0
  b.node("Gemm", {"x", "w"});
  EXPECT_THAT(only_node(b.read()).weights, ElementsAre(1, -2, 0x1p-24F, 65504, -0.0F));
}

TEST(OnnxRead, BatchNormalizationFoldsIntoConvAndGemm) {
  for (const bool conv : {true, false}) {
    ModelBuilder b(conv ? std::vector<std::int64_t>{1, 2, 3, 3} : std::vector<std::int64_t>{1, 2});
    b.real("w", conv ? std::vector<std::int64_t>{2, 2, 1, 1} : std::vector<std::int64_t>{2, 2}, {1, 2, 3, 4});
    b.real("b", {2}, {0.5F, -1}).real("gamma", {2}, {2, 0.5F}).real("beta", {2}, {1, -3});
    b.real("mean", {2}, {0.25F, 4}).real("var", {2}, {3, 8});
    b.node(conv ? "Conv" : "Gemm", {"x", "w", "b"}, "c");
    b.node("BatchNormalization", {"c", "gamma", "beta", "mean", "var"}).set("epsilon", 1.0);
    const Graph folded = b.read();
    EXPECT_EQ(folded.nodes.size(), 1u);
    EXPECT_EQ(folded.value(folded.outputs[0]).name, "y");
    b.output("c");  // the same without
    const Graph plain = b.read();
    const std::vector<float> x = ramp(folded.value(folded.input).shape.size(), 0.125F);
    const std::vector<float> y = run(folded, x), c = run(plain, x);
    const float gamma[] = {2, 0.5F}, beta[] = {1, -3}, mean[] = {0.25F, 4}, deviation[] = {2, 3};
    for (std::size_t i = 0; i < y.size(); ++i) {
      const std::size_t k = i / (y.size() / 2);
      EXPECT_NEAR(y[i], (c[i] - mean[k]) / deviation[k] * gamma[k] + beta[k], 1e-5) << i;
    }
  }
}

TEST(OnnxRead, BatchNormalizationStaysWhereItsInputIsReadTwice) {
  ModelBuilder b({1, 1, 2, 2});
  b.real("w", {1, 1, 1, 1}, {2}).real("one", {1}, {1}).real("zero", {1}, {0});
  b.node("Conv", {"x", "w"}, "c");
  b.node("BatchNormalization", {"c", "one", "one", "zero", "one"}, "n").set("epsilon", 0.0);
  b.node("Add", {"c", "n"});
  const Graph g = b.read();
  EXPECT_EQ(g.nodes.size(), 3u);
  EXPECT_THAT(run(g, {1, 2, 3, 4}), ElementsAre(5, 9, 13, 17));
}

TEST(OnnxRead, DeadNodesAreDropped) {
  ModelBuilder b({1, 2});
  b.node("Relu", {"x"}, "dead");
  b.node("Identity", {"dead"}, "dead2");
  b.node("LeakyRelu", {"x"});
  EXPECT_EQ(only_node(b.read()).op, Op::kLeakyRelu);
}

TEST(OnnxRead, NodesInAnyOrder) {
  ModelBuilder b({1, 2});
  b.node("Add", {"r", "x"});
  b.node("Relu", {"l"}, "r");
  b.node("LeakyRelu", {"x"}, "l");
  const Graph g = b.read();
  ASSERT_EQ(g.nodes.size(), 3u);
  EXPECT_EQ(g.nodes[0].op, Op::kLeakyRelu);
  EXPECT_EQ(g.nodes[2].op, Op::kAdd);
}

TEST(OnnxRead, QuantizedConvStoredIntegers) {
  ModelBuilder b({1, 1, 2, 2});
  b.quantized("x", "xq", 0.5F);
  b.int8("wq", {2, 1, 1, 1}, {-128, 127}).real("ws", {2}, {0.25F, 0.5F}).int8("wz", {2}, {0, 0});
  b.int8("bq", {2}, {3, -4}).real("bs", {}, {0.125F});
  b.node("DequantizeLinear", {"wq", "ws", "wz"}, "w").set("axis", std::int64_t{0});
  b.node("DequantizeLinear", {"bq", "bs"}, "b");
  b.node("Conv", {"xq", "w", "b"}, "c");
  b.node("Relu", {"c"}, "r");
  b.quantized("r", "y", 2.0F);
  const Graph g = b.read();
  ASSERT_EQ(g.nodes.size(), 2u);
  const Node& n = g.nodes[0];
  EXPECT_THAT(n.weights_q.values, ElementsAre(-128, 127));
  EXPECT_THAT(n.weights_q.scales, ElementsAre(0.25, 0.5));
  EXPECT_THAT(n.weights, ElementsAre(-32, 63.5F));
  EXPECT_THAT(n.bias_q.values, ElementsAre(3, -4));
  EXPECT_EQ(n.bias_q.bits, 8);
  EXPECT_THAT(n.bias, ElementsAre(0.375F, -0.5F));
  EXPECT_EQ(g.value(g.input).scale, 0.5);
  EXPECT_FALSE(g.out(n).quantized());  // float inside Conv + Relu
  EXPECT_EQ(g.value(g.outputs[0]).scale, 2.0);
}

TEST(OnnxRead, QuantizedGemmTransposesItsScalesAxis) {
  ModelBuilder b({1, 2});
  b.int8("wq", {2, 3}, {1, 2, 3, 4, 5, 6}).real("ws", {3}, {1, 2, 4});
  b.node("DequantizeLinear", {"wq", "ws"}, "w").set("axis", std::int64_t{-1});
  b.node("MatMul", {"x", "w"});
  const Node n = only_node(b.read());
  EXPECT_THAT(n.weights_q.values, ElementsAre(1, 4, 2, 5, 3, 6));
  EXPECT_THAT(n.weights, ElementsAre(1, 4, 4, 10, 12, 24));
  ModelBuilder wrong({1, 2});
  wrong.int8("wq", {2, 3}, {1, 2, 3, 4, 5, 6}).real("ws", {2}, {1, 2});
  wrong.node("DequantizeLinear", {"wq", "ws"}, "w").set("axis", std::int64_t{0});
  wrong.node("MatMul", {"x", "w"});
  EXPECT_EQ(error_id([&] { wrong.read(); }), 109);
}

TEST(OnnxRead, Int32BiasAndQuantizedFloatConstant) {
  ModelBuilder b({1, 1});
  b.real("wf", {1, 4}, {0.5F, 1.5F, 2.5F, 500}).real("one", {}, {1}).int8("zero", {}, {0});
  b.int32("bq", {4}, {100000, -1, 0, 7}).real("bs", {}, {0.5F});
  b.node("QuantizeLinear", {"wf", "one", "zero"}, "wq");
  b.node("DequantizeLinear", {"wq", "one", "zero"}, "w");
  b.node("DequantizeLinear", {"bq", "bs"}, "b");
  b.node("Gemm", {"x", "w", "b"});
  const Node n = only_node(b.read());
  EXPECT_THAT(n.weights_q.values, ElementsAre(0, 2, 2, 127));  // half-even, saturated
  EXPECT_EQ(n.bias_q.bits, 32);
  EXPECT_THAT(n.bias, ElementsAre(50000, -0.5F, 0, 3.5F));
}

TEST(OnnxRead, ChangeOfScaleIsRequantize) {
  ModelBuilder b({1, 2});
  b.quantized("x", "a", 1.0F).quantized("a", "b", 2.0F).quantized("b", "c", 2.0F);
  b.node("Relu", {"c"}, "r");
  b.quantized("r", "y", 2.0F);
  const Graph g = b.read();
  ASSERT_EQ(g.nodes.size(), 2u);
  EXPECT_EQ(g.nodes[0].op, Op::kRequantize);
  EXPECT_EQ(g.value(g.input).scale, 1.0);
  EXPECT_EQ(g.out(g.nodes[0]).scale, 2.0);
}

TEST(OnnxRead, TensorReadAsFloatAndAsIntegerStaysFloat) {
  ModelBuilder b({1, 2});
  b.node("Relu", {"x"}, "r");
  b.quantized("r", "q", 1.0F);
  b.node("Add", {"r", "q"});
  const Graph g = b.read();
  ASSERT_EQ(g.nodes.size(), 3u);
  EXPECT_FALSE(g.out(g.nodes[0]).quantized());
  EXPECT_EQ(g.nodes[1].op, Op::kRequantize);
}

TEST(OnnxRead, EveryRowIsTestedHere) {
  std::vector<std::string> rows;
  for (const OpRow& r : op_rows()) rows.push_back(r.type);
  EXPECT_THAT(
      rows, ElementsAre("Add", "ArgMax", "AveragePool", "BatchNormalization", "Clip", "Concat", "Constant", "Conv",
                        "ConvTranspose", "DequantizeLinear", "Dropout", "Elu", "Flatten", "Gemm", "GlobalAveragePool",
                        "HardSigmoid", "HardSwish", "Identity", "LeakyRelu", "MatMul", "MaxPool", "Mul", "PRelu", "Pad",
                        "QuantizeLinear", "ReduceMean", "Relu", "Reshape", "Resize", "Sigmoid", "Slice", "Softmax",
                        "Split", "Squeeze", "Sub", "Tanh", "Transpose", "Unsqueeze", "Upsample"));
}

TEST(OnnxRead, FashionMnistNetwork) {
  const Graph g = read_onnx(EXACT8_SOURCE_DIR "/models/fmnist.onnx");
  EXPECT_EQ(g.nodes.size(), 16u);
  EXPECT_TRUE(g.value(g.input).shape == (ops::Shape{28, 28, 1}));
  EXPECT_TRUE(g.value(g.outputs[0]).shape == (ops::Shape{1, 1, 10}));
  std::int64_t macs = 0;
  for (const Node& n : g.nodes) macs += macs_of(g, n);
  EXPECT_EQ(macs, 28 * 28 * 9 * 16 + 14 * 14 * (9 * 16 * 32 + 9 * 32 + 32 * 32) + 7 * 7 * 9 * 32 * 64 + 640);
}

TEST(OnnxRead, SeveralOutputs) {
  ModelBuilder b({1, 2, 3, 3});
  b.real("w", {2, 2, 1, 1}, {1, 2, 3, 4}).node("Conv", {"x", "w"}, "c");
  b.node("Relu", {"c"}, "r");
  b.node("Relu", {"x"}, "unread");
  b.node("MaxPool", {"r"}, "p").set("kernel_shape", std::vector<std::int64_t>{2, 2});
  b.output("p").add_output("r");  // r is read too
  const Graph g = b.read();
  ASSERT_EQ(g.outputs.size(), 2u);
  EXPECT_EQ(g.value(g.outputs[0]).name, "p");
  EXPECT_EQ(g.value(g.outputs[1]).name, "r");
  EXPECT_TRUE(g.value(g.outputs[1]).shape == (ops::Shape{3, 3, 2}));
  EXPECT_EQ(g.nodes.size(), 3u);
  EXPECT_THAT(readers_of(g)[static_cast<std::size_t>(g.outputs[1])], ElementsAre(2, -1));
  EXPECT_THAT(readers_of(g)[static_cast<std::size_t>(g.outputs[0])], ElementsAre(-1));
}

TEST(OnnxRead, OutputsThatAreOneTensor) {
  ModelBuilder b({1, 2, 3, 3});
  b.node("Relu", {"x"}, "r");
  b.node("Identity", {"r"}, "i");
  b.output("r").add_output("i");
  std::string message;
  EXPECT_EQ(error_id([&] { b.read(); }, &message), 107);
  EXPECT_THAT(message, ::testing::HasSubstr("is the same tensor as another output"));
}

// Of two outputs one may be a Softmax's; one that is read again may not.
TEST(OnnxRead, SoftmaxBesideAnotherOutput) {
  ModelBuilder b({1, 3});
  b.node("Relu", {"x"}, "r");
  b.node("Softmax", {"r"}, "s").set("axis", std::int64_t{-1});
  b.output("s").add_output("r");
  EXPECT_EQ(b.read().outputs.size(), 2u);
  b.node("Relu", {"s"}, "again");
  b.add_output("again");
  EXPECT_EQ(error_id([&] { b.read(); }), 104);
}

}  // namespace
}  // namespace e8::model
