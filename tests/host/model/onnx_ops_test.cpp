// Operators that move values, change shapes or are curves: what the reader makes of them, and what it refuses.
#include "host/model/onnx_ops.h"

#include <gmock/gmock.h>

#include <limits>

#include "host/model/float_ref.h"
#include "tests/host/model/model_builder.h"

namespace e8::model {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatNear;
using ::testing::HasSubstr;

/// Output of the model for 1, 2, 3, ... (or `x`).
std::vector<float> run(const ModelBuilder& b, std::vector<float> x = {}) {
  const Graph g = b.read();
  Batch in(1, g.value(g.input).shape);
  in.data = x.empty() ? ramp(in.data.size()) : x;
  return run_float(g, in).data;
}

/// The message of the error `id` that reading gives.
std::string refusal(const ModelBuilder& b, int id) {
  std::string message;
  EXPECT_EQ(error_id([&] { b.read(); }, &message), id) << message;
  return message;
}

std::vector<Op> ops_of(const Graph& g) {
  std::vector<Op> ops;
  for (const Node& n : g.nodes) ops.push_back(n.op);
  return ops;
}

ModelBuilder concat(std::int64_t axis, const std::vector<std::int64_t>& input = {1, 2, 1, 2}) {
  ModelBuilder b(input);
  b.node("Relu", {"x"}, "r");
  b.node("Concat", {"x", "r"}).set("axis", axis);
  return b;
}

TEST(OnnxOps, ConcatAlongEachDimension) {
  for (const int axis : {1, -3}) EXPECT_THAT(run(concat(axis), {-1, 2, 3, -4}), ElementsAre(-1, 2, 3, -4, 0, 2, 3, 0));
  EXPECT_THAT(run(concat(-1, {1, 2}), {-1, 2}), ElementsAre(-1, 2, 0, 2));
  for (const int axis : {2, -2}) EXPECT_THAT(run(concat(axis), {-1, 2, 3, -4}), ElementsAre(-1, 2, 0, 2, 3, -4, 3, 0));
  for (const int axis : {3, -1})
    EXPECT_THAT(run(concat(axis, {1, 1, 2, 2}), {-1, 2, 3, -4}), ElementsAre(-1, 2, 0, 2, 3, -4, 3, 0));
  for (const int axis : {0, 4, -5}) refusal(concat(axis), 105);
  ModelBuilder sizes({1, 1, 2, 2});
  sizes.node("MaxPool", {"x"}, "m").set("kernel_shape", {2, 2});
  sizes.node("Concat", {"x", "m"}).set("axis", std::int64_t{1});
  EXPECT_THAT(refusal(sizes, 108), HasSubstr("more than the dimension"));
  ModelBuilder constant({1, 1, 1, 1});
  constant.real("c", {1, 1, 1, 1}, {1}).node("Concat", {"x", "c"}).set("axis", std::int64_t{1});
  EXPECT_THAT(refusal(constant, 105), HasSubstr("joins a constant"));
}

ModelBuilder transposed(const std::vector<std::int64_t>& dims, std::int64_t group = 1) {
  ModelBuilder b({1, 2, 1, 2});
  std::size_t size = 1;
  for (const std::int64_t d : dims) size *= static_cast<std::size_t>(d);
  b.real("w", dims, ramp(size));
  b.node("ConvTranspose", {"x", "w"}).set("group", group).set("strides", {1, 2});
  return b;
}

TEST(OnnxOps, ConvTransposeByHand) {
  // x = [[1 2], [3 4]]; weights [in 2][out 1][1][3]: 1 2 3 and 4 5 6
  EXPECT_THAT(run(transposed({2, 1, 1, 3})), ElementsAre(13, 17, 21 + 18, 24, 30));
  // a group an input: outputs do not mix
  EXPECT_THAT(run(transposed({2, 1, 1, 3}, 2)), ElementsAre(1, 2, 3 + 2, 4, 6, 12, 15, 18 + 16, 20, 24));
  ModelBuilder padded = transposed({2, 1, 1, 3});
  NodeBuilder(padded.proto().mutable_graph()->mutable_node(0)).set("pads", {0, 1, 0, 1}).set("output_padding", {0, 1});
  EXPECT_THAT(run(padded), ElementsAre(17, 39, 24, 30));
}

TEST(OnnxOps, ConvTransposeRefusals) {
  refusal(transposed({3, 1, 1, 3}), 105);
  refusal(transposed({2, 1, 1, 3}, 3), 105);
  refusal(transposed({2, 1, 3}), 106);
  for (const char* attribute : {"SAME_UPPER", "SAME_LOWER"}) {
    ModelBuilder b = transposed({2, 1, 1, 3});
    NodeBuilder(b.proto().mutable_graph()->mutable_node(0)).set("auto_pad", attribute);
    EXPECT_THAT(refusal(b, 105), HasSubstr("explicit 'pads'"));
  }
  for (const std::vector<std::int64_t>& pad : {std::vector<std::int64_t>{0, 2}, {1, 0}, {-1, 0}, {0}}) {
    ModelBuilder b = transposed({2, 1, 1, 3});
    NodeBuilder(b.proto().mutable_graph()->mutable_node(0)).set("output_padding", pad);
    EXPECT_THAT(refusal(b, 105), HasSubstr("output_padding"));
  }
  ModelBuilder nothing = transposed({2, 1, 1, 3});
  NodeBuilder(nothing.proto().mutable_graph()->mutable_node(0)).set("pads", {1, 0, 0, 0});
  refusal(nothing, 108);
}

TEST(OnnxOps, SubOfTwoAndOfConstants) {
  ModelBuilder two({1, 2, 1, 1});
  two.node("Relu", {"x"}, "r");
  two.node("Sub", {"r", "x"});
  EXPECT_THAT(run(two, {-1, 2}), ElementsAre(1, 0));
  ModelBuilder minus({1, 2, 1, 1});
  minus.real("c", {2, 1, 1}, {1, 10}).node("Sub", {"x", "c"});
  EXPECT_THAT(run(minus), ElementsAre(0, -8));
  ModelBuilder from({1, 2, 1, 1});
  from.real("c", {}, {10}).node("Sub", {"c", "x"});
  EXPECT_THAT(run(from), ElementsAre(9, 8));
}

TEST(OnnxOps, MulByConstantsIsFolded) {
  ModelBuilder b({1, 1, 1, 1});
  b.real("w", {2, 1, 1, 1}, {1, 2}).real("b", {2}, {3, 4}).real("c", {1, 2, 1, 1}, {10, 100});
  b.node("Conv", {"x", "w", "b"}, "k");
  b.node("Mul", {"c", "k"});
  EXPECT_THAT(ops_of(b.read()), ElementsAre(Op::kConv));
  EXPECT_THAT(run(b, {5}), ElementsAre(80, 1400));
}

TEST(OnnxOps, MulOfActivations) {
  ModelBuilder square({1, 1, 1, 2});
  square.node("Mul", {"x", "x"});
  EXPECT_THAT(run(square, {-3, 5}), ElementsAre(9, 25));
  for (const bool first : {true, false}) {  // the pixel may be either input
    ModelBuilder gate({1, 2, 1, 2});
    gate.node("GlobalAveragePool", {"x"}, "g");
    gate.node("Mul", first ? std::vector<std::string>{"g", "x"} : std::vector<std::string>{"x", "g"});
    EXPECT_THAT(run(gate, {1, 3, 10, 30}), ElementsAre(2, 6, 200, 600));
  }
  ModelBuilder pooled({1, 1, 2, 4});
  pooled.node("MaxPool", {"x"}, "m").set("kernel_shape", {2, 2});
  pooled.node("Mul", {"x", "m"});
  EXPECT_THAT(refusal(pooled, 108), HasSubstr("[N,C,1,1]"));
}

ModelBuilder arg_max(std::int64_t axis, bool last) {
  ModelBuilder b({1, 3, 1, 2});
  b.node("Relu", {"x"}, "r");
  b.node("ArgMax", {"r"}).set("axis", axis).set("select_last_index", std::int64_t{last});
  return b;
}

TEST(OnnxOps, ArgMaxOfChannels) {
  for (const int axis : {1, -3}) {
    EXPECT_THAT(run(arg_max(axis, false), {1, 7, 5, 7, 5, 0}), ElementsAre(1, 0));
    EXPECT_THAT(run(arg_max(axis, true), {1, 7, 5, 7, 5, 0}), ElementsAre(2, 1));
  }
  for (const int axis : {0, 2, 3, 4}) refusal(arg_max(axis, false), 105);
  ModelBuilder inside = arg_max(1, false);
  inside.node("Relu", {"y"}, "z");
  inside.output("z");
  EXPECT_THAT(refusal(inside, 104), HasSubstr("last node only"));
}

/// As TensorFlow's exporters write: [N,H,W,C] outside, transposed behind the input and before the output.
TEST(OnnxOps, ChannelsLastOutside) {
  const std::vector<std::int64_t> in{0, 3, 1, 2}, out{0, 2, 3, 1};
  ModelBuilder b({1, 2, 3, 4});  // 2 rows, 3 columns, 4 channels
  b.quantized("x", "q", 0.5F);
  b.node("Transpose", {"q"}, "t").set("perm", in);
  b.node("MaxPool", {"t"}, "m").set("kernel_shape", {2, 3});
  b.node("Transpose", {"m"}, "u").set("perm", out);
  b.node("Relu", {"u"});
  const Graph g = b.read();
  EXPECT_TRUE(g.value(g.input).shape == (ops::Shape{2, 3, 4}));
  EXPECT_THAT(ops_of(g), ElementsAre(Op::kMaxPool, Op::kRelu));
  EXPECT_TRUE(g.value(g.outputs[0]).shape == (ops::Shape{1, 1, 4}));
  ModelBuilder mask({1, 2, 3, 4});
  mask.node("Transpose", {"x"}, "t").set("perm", in);
  mask.node("Relu", {"t"}, "r");
  mask.node("Transpose", {"r"}, "u").set("perm", out);
  mask.node("ArgMax", {"u"}).set("axis", std::int64_t{3});
  EXPECT_THAT(ops_of(mask.read()), ElementsAre(Op::kRelu, Op::kArgMax));
  ModelBuilder direct({1, 2, 3, 4});
  direct.node("Transpose", {"x"}, "t").set("perm", in);
  direct.node("Relu", {"t"}, "r");
  direct.node("Transpose", {"r"}, "u").set("perm", out);
  direct.node("MaxPool", {"u"}).set("kernel_shape", {1, 1});
  EXPECT_THAT(refusal(direct, 105), HasSubstr("[N,H,W,C]"));
  ModelBuilder odd({1, 2, 3, 4});
  odd.node("Transpose", {"x"}, "t").set("perm", in);
  odd.node("Transpose", {"t"}, "u").set("perm", out);
  odd.node("Transpose", {"u"}).set("perm", {0, 1, 3, 2});
  EXPECT_THAT(refusal(odd, 105), HasSubstr("only [0,3,1,2]"));
}

ModelBuilder pad(const std::vector<std::int64_t>& pads, int opset = 13) {
  ModelBuilder b({1, 1, 1, 2}, opset);
  b.int64("p", pads).real("v", {}, {9});
  if (opset < 11) {
    b.node("Pad", {"x"}).set("pads", pads).set("value", 9.0);
  } else {
    b.node("Pad", {"x", "p", "v"});
  }
  return b;
}

TEST(OnnxOps, PadByAConstant) {
  for (const int opset : {7, 10, 13})
    EXPECT_THAT(run(pad({0, 0, 1, 0, 0, 0, 0, 1}, opset)), ElementsAre(9, 9, 9, 1, 2, 9));
  refusal(pad({0, 0, 0, 0, 0, 0, 0, 0}), 107);  // nothing is left of the model
  for (const std::vector<std::int64_t>& p : {std::vector<std::int64_t>{0, 1, 0, 0, 0, 0, 0, 0},
                                             {1, 0, 0, 0, 0, 0, 0, 0},
                                             {0, 0, -1, 0, 0, 0, 0, 2},
                                             {0, 0, 4097, 0, 0, 0, 0, 0},
                                             {1, 1}})
    EXPECT_THAT(refusal(pad(p), 105), HasSubstr("eight values"));
  ModelBuilder reflect = pad({0, 0, 1, 0, 0, 0, 0, 1});
  NodeBuilder(reflect.proto().mutable_graph()->mutable_node(0)).set("mode", "reflect");
  EXPECT_THAT(refusal(reflect, 105), HasSubstr("reflect"));
}

using Ints = std::vector<std::int64_t>;
ModelBuilder slice(const Ints& starts, const Ints& ends, const Ints& axes, const Ints& steps) {
  ModelBuilder b({1, 3, 2, 5});
  b.int64("s", starts).int64("e", ends).int64("a", axes).int64("t", steps).node("Slice", {"x", "s", "e", "a", "t"});
  return b;
}

TEST(OnnxOps, SliceStartsEndsAndSteps) {
  constexpr std::int64_t kEnd = std::numeric_limits<std::int64_t>::max();
  EXPECT_THAT(run(slice({1, 1}, {2, 2}, {1, 2}, {1, 1})), ElementsAre(16, 17, 18, 19, 20));
  EXPECT_THAT(run(slice({-1, 0, -9}, {kEnd, 1, 9}, {1, 2, 3}, {1, 1, 2})), ElementsAre(21, 23, 25));
  EXPECT_THAT(run(slice({0, 0, 0, 1}, {kEnd, 1, 1, -1}, {0, 1, 2, 3}, {1, 1, 1, 3})), ElementsAre(2));
  EXPECT_THAT(run(slice({2, 0, 4}, {3, 1, 5}, {1, 2, 3}, {7, 7, kEnd})), ElementsAre(25));
  ModelBuilder old({1, 1, 1, 4}, 9);
  old.node("Slice", {"x"}).set("starts", Ints{1}).set("ends", Ints{3}).set("axes", Ints{3});
  EXPECT_THAT(run(old), ElementsAre(2, 3));
  ModelBuilder vector({1, 4});
  vector.int64("s", {1}).int64("e", {3}).int64("a", {-1}).node("Slice", {"x", "s", "e", "a"});
  EXPECT_THAT(run(vector), ElementsAre(2, 3));
}

TEST(OnnxOps, SliceRefusals) {
  refusal(slice({0}, {2}, {4}, {1}), 105);
  EXPECT_THAT(refusal(slice({3}, {0}, {2}, {-1}), 105), HasSubstr("step -1"));
  EXPECT_THAT(refusal(slice({0}, {3}, {1}, {2}), 105), HasSubstr("every 2th channel"));
  EXPECT_THAT(refusal(slice({0}, {1}, {0}, {1}), 105), HasSubstr("batch"));
  refusal(slice({1}, {1}, {2}, {1}), 108);
  refusal(slice({0, 0}, {1}, {2}, {1}), 105);
}

ModelBuilder split(std::int64_t axis, const Ints& parts, int opset = 13) {
  ModelBuilder b({1, 3, 1, 4}, opset);
  std::vector<std::string> inputs{"x"};
  if (opset >= 13 && !parts.empty()) {
    b.int64("p", parts);
    inputs.push_back("p");
  }
  NodeBuilder node = b.node("Split", inputs, "a").set("axis", axis);
  if (opset < 13 && !parts.empty()) node.set("split", parts);
  node.proto()->add_output("b");
  b.node("Relu", {"b"});
  return b;
}

TEST(OnnxOps, SplitIsASliceAPart) {
  for (const int opset : {9, 13}) {
    EXPECT_THAT(run(split(1, {1, 2}, opset)), ElementsAre(5, 6, 7, 8, 9, 10, 11, 12));
    EXPECT_THAT(run(split(-1, {}, opset)), ElementsAre(3, 4, 7, 8, 11, 12));
  }
  refusal(split(0, {}), 105);
  refusal(split(1, {}), 105);  // 3 channels, 2 parts
  for (const Ints& parts : {Ints{1, 1}, {3}, {0, 3}, {-1, 4}, {1, 1, 1}}) refusal(split(1, parts), 105);
}

ModelBuilder resize(const char* coordinate, const char* rounding, float factor, int opset = 13) {
  ModelBuilder b({1, 1, 1, 3}, opset);
  b.real("f", {4}, {1, 1, 1, factor});
  NodeBuilder n = b.node("Resize", {"x", "", "f"}).set("mode", "nearest");
  n.set("coordinate_transformation_mode", coordinate).set("nearest_mode", rounding);
  return b;
}

TEST(OnnxOps, ResizeRepeatsPixels) {
  EXPECT_THAT(run(resize("asymmetric", "floor", 2)), ElementsAre(1, 1, 2, 2, 3, 3));
  EXPECT_THAT(run(resize("half_pixel", "round_prefer_floor", 3)), ElementsAre(1, 1, 1, 2, 2, 2, 3, 3, 3));
  EXPECT_THAT(run(resize("asymmetric", "round_prefer_floor", 2)), ElementsAre(1, 1, 2, 2, 3, 3));
  EXPECT_THAT(run(resize("tf_half_pixel_for_nn", "floor", 2)), ElementsAre(1, 1, 2, 2, 3, 3));
  ModelBuilder sizes({1, 1, 1, 3});
  sizes.int64("s", {1, 1, 2, 3}).node("Resize", {"x", "", "", "s"}).set("mode", "nearest");
  EXPECT_THAT(run(sizes), ElementsAre(1, 2, 3, 1, 2, 3));
  ModelBuilder upsample({1, 1, 1, 2}, 9);
  upsample.real("f", {4}, {1, 1, 1, 2}).node("Upsample", {"x", "f"});
  EXPECT_THAT(run(upsample), ElementsAre(1, 1, 2, 2));
  ModelBuilder ten({1, 1, 1, 2}, 10);
  ten.real("f", {4}, {1, 1, 1, 2}).node("Resize", {"x", "f"});
  EXPECT_THAT(run(ten), ElementsAre(1, 1, 2, 2));
}

// Rounding modes under which pixels are repeated unequally are seen by trying every output element.
TEST(OnnxOps, ResizeRefusals) {
  EXPECT_THAT(refusal(resize("asymmetric", "ceil", 2), 105), HasSubstr("repeat each pixel equally"));
  refusal(resize("asymmetric", "round_prefer_floor", 3), 105);
  refusal(resize("asymmetric", "round_prefer_ceil", 2), 105);
  refusal(resize("align_corners", "round_prefer_floor", 3), 105);
  refusal(resize("half_pixel", "floor", 2), 105);
  EXPECT_THAT(refusal(resize("asymmetric", "floor", 1.5F), 105), HasSubstr("whole factors"));
  refusal(resize("asymmetric", "floor", 0.5F), 105);
  refusal(resize("tf_crop_and_resize", "floor", 2), 105);
  refusal(resize("asymmetric", "nearest", 2), 105);
  ModelBuilder linear = resize("asymmetric", "floor", 2);
  auto* node = linear.proto().mutable_graph()->mutable_node(0);
  node->mutable_attribute(0)->set_s("linear");
  EXPECT_THAT(refusal(linear, 105), HasSubstr("linear"));
}

ModelBuilder curve(const char* type) {
  ModelBuilder b({1, 1, 1, 3}, 14);
  b.node(type, {"x"});
  return b;
}

TEST(OnnxOps, Curves) {
  const std::vector<float> x{-2, 0, 5};
  const auto near = [](double v) { return FloatNear(static_cast<float>(v), 1e-6F); };
  EXPECT_THAT(run(curve("Sigmoid"), x), ElementsAre(near(0.1192029), near(0.5), near(0.9933071)));
  EXPECT_THAT(run(curve("Tanh"), x), ElementsAre(near(-0.9640276), near(0), near(0.9999092)));
  EXPECT_THAT(run(curve("HardSigmoid"), x), ElementsAre(near(0.1), near(0.5), near(1)));
  EXPECT_THAT(run(curve("HardSwish"), x), ElementsAre(near(-1.0 / 3), near(0), near(5)));
  EXPECT_THAT(run(curve("Elu"), x), ElementsAre(near(-0.8646647), near(0), near(5)));
  ModelBuilder b = curve("HardSigmoid");
  NodeBuilder(b.proto().mutable_graph()->mutable_node(0)).set("alpha", 0.25).set("beta", 0.75);
  EXPECT_THAT(run(b, x), ElementsAre(near(0.25), near(0.75), near(1)));
  for (const char* type : {"HardSigmoid", "Elu"}) {
    ModelBuilder bad = curve(type);
    NodeBuilder(bad.proto().mutable_graph()->mutable_node(0)).set("alpha", -1.0);
    EXPECT_THAT(refusal(bad, 105), HasSubstr("alpha"));
  }
}

ModelBuilder prelu(const std::vector<float>& slopes, const Ints& dims) {
  ModelBuilder b({1, 2, 1, 1});
  b.real("s", dims, slopes).node("PRelu", {"x", "s"});
  return b;
}

TEST(OnnxOps, PReluHasASlopeAChannel) {
  EXPECT_THAT(run(prelu({0.5F, 0.25F}, {2, 1, 1}), {-8, -8}), ElementsAre(-4, -2));
  EXPECT_THAT(run(prelu({0.5F, 0.25F}, {1, 2, 1, 1}), {8, -8}), ElementsAre(8, -2));
  const Graph one = prelu({0.5F}, {1}).read();
  EXPECT_EQ(one.nodes[0].op, Op::kLeakyRelu);
  EXPECT_EQ(one.nodes[0].alpha, 0.5);
  EXPECT_THAT(refusal(prelu({0.5F, -0.25F}, {2, 1, 1}), 105), HasSubstr("slope -0.25"));
  refusal(prelu({0.5F, 1.5F}, {2, 1, 1}), 105);
  refusal(prelu({0.5F, 0.25F}, {2}), 105);  // along the width
}

TEST(OnnxOps, ReduceMeanOverTheMap) {
  ModelBuilder b({1, 2, 1, 2});
  b.node("ReduceMean", {"x"}).set("axes", {2, 3});
  EXPECT_THAT(run(b), ElementsAre(1.5F, 3.5F));
  EXPECT_EQ(b.read().nodes.size(), 1u);
  ModelBuilder vector({1, 2, 1, 2});
  vector.node("Relu", {"x"}, "y_map");  // the name that the mean would have taken
  vector.node("ReduceMean", {"y_map"}).set("axes", {-1, 2}).set("keepdims", std::int64_t{0});
  EXPECT_THAT(run(vector), ElementsAre(1.5F, 3.5F));
  EXPECT_THAT(ops_of(vector.read()), ElementsAre(Op::kRelu, Op::kAveragePool, Op::kFlatten));
  for (const Ints& axes : {Ints{1}, {2}, {1, 2, 3}, {0, 2, 3}}) {
    ModelBuilder bad({1, 2, 1, 2});
    bad.node("ReduceMean", {"x"}).set("axes", axes);
    EXPECT_THAT(refusal(bad, 105), HasSubstr("height and width"));
  }
}

/// Pool to [N,2,1,1] (or not), then `type` with `ints` as attribute or input.
ModelBuilder view(const char* type, const char* attribute, const Ints& ints, bool pixel, int opset = 9) {
  ModelBuilder b({1, 2, 2, 2}, opset);
  b.node(pixel ? "GlobalAveragePool" : "Relu", {"x"}, "p");
  if (attribute) {
    b.node(type, {"p"}).set(attribute, ints);
  } else {
    b.int64("i", ints).node(type, {"p", "i"});
  }
  return b;
}

TEST(OnnxOps, ViewsOfOnePixel) {
  const auto ops = [](const ModelBuilder& b) { return ops_of(b.read()); };
  EXPECT_THAT(ops(view("Squeeze", "axes", {3, -2}, true)), ElementsAre(Op::kAveragePool, Op::kFlatten));
  EXPECT_THAT(ops(view("Squeeze", nullptr, {2, 3}, true, 13)), ElementsAre(Op::kAveragePool, Op::kFlatten));
  EXPECT_THAT(ops(view("Transpose", "perm", {0, 1, 3, 2}, true)), ElementsAre(Op::kAveragePool));
  EXPECT_THAT(ops(view("Transpose", "perm", {0, 1, 2, 3}, false)), ElementsAre(Op::kRelu));
  refusal(view("Squeeze", "axes", {2}, true), 105);
  refusal(view("Squeeze", "axes", {2, 3}, false), 105);
  refusal(view("Squeeze", "axes", {2, 5}, true), 105);
  refusal(view("Unsqueeze", "axes", {2, 3}, true), 105);
  refusal(view("Transpose", "perm", {0, 1, 3, 2}, false), 105);
  EXPECT_THAT(ops(view("Transpose", "perm", {0, 2, 3, 1}, true)), ElementsAre(Op::kAveragePool));
  EXPECT_THAT(refusal(view("Transpose", "perm", {0, 3, 2, 1}, true), 105), HasSubstr("[0,3,2,1]"));
}

TEST(OnnxOps, ReshapesThatMoveNothing) {
  const auto ops = [](const Ints& to, bool pixel) { return ops_of(view("Reshape", nullptr, to, pixel).read()); };
  EXPECT_THAT(ops({0, 0, 0, 0}, false), ElementsAre(Op::kRelu));
  EXPECT_THAT(ops({-1, 2, 2, 2}, false), ElementsAre(Op::kRelu));
  EXPECT_THAT(ops({1, 2, -1, 2}, false), ElementsAre(Op::kRelu));
  EXPECT_THAT(ops({0, -1}, false), ElementsAre(Op::kRelu, Op::kFlatten));
  EXPECT_THAT(ops({-1, 8}, false), ElementsAre(Op::kRelu, Op::kFlatten));
  EXPECT_THAT(ops({1, 2}, true), ElementsAre(Op::kAveragePool, Op::kFlatten));
  for (const Ints& to :
       {Ints{-1, -1}, {1, 7}, {1, 4, 1, 2}, {8}, {0, 2, 4}, {1, 2, 2, 3}, {1, -2, 2, 2}, {0, 0, 0, 0, 0}})
    EXPECT_THAT(refusal(view("Reshape", nullptr, to, false), 105), HasSubstr("supported are")) << str(to);
  ModelBuilder back({1, 3});
  back.int64("s", {-1, 3, 1, 1}).node("Reshape", {"x", "s"});
  EXPECT_THAT(ops_of(back.read()), ElementsAre(Op::kUnsqueeze));
  EXPECT_THAT(run(back), ElementsAre(1, 2, 3));
}

}  // namespace
}  // namespace e8::model
