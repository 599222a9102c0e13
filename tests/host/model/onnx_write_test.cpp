// What is written is read back equal, and onnx.checker takes it.
#include "host/model/onnx_write.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include "host/model/onnx_read.h"
#include "tests/host/model/model_builder.h"
#include "tests/host/model/operator_nets.h"
#include "tests/host/model/stand_in_quantizer.h"

namespace e8::model {
namespace {

using ::testing::HasSubstr;

constexpr char kFashion[] = EXACT8_SOURCE_DIR "/models/fmnist.onnx";

void expect_equal(const QuantData& a, const QuantData& b) {
  EXPECT_EQ(a.values, b.values);
  EXPECT_EQ(a.scales, b.scales);
  EXPECT_EQ(a.bits, b.bits);
}

void expect_equal(const ops::Window& a, const ops::Window& b) {
  const auto list = [](const ops::Window& w) {
    return std::vector<int>{w.kh, w.kw, w.sh, w.sw, w.dh, w.dw, w.top, w.left, w.bottom, w.right};
  };
  EXPECT_EQ(list(a), list(b));
}

void expect_equal(const ops::SliceParams& a, const ops::SliceParams& b) {
  EXPECT_TRUE(a.shape == b.shape);
  const auto list = [](const ops::SliceParams& p) { return std::vector<int>{p.y0, p.x0, p.c0, p.sy, p.sx}; };
  EXPECT_EQ(list(a), list(b));
}

/// Equal but for the file's name and the numbering of values.
void expect_equal(const Graph& a, const Graph& b) {
  EXPECT_EQ(a.name, b.name);
  EXPECT_EQ(a.metadata, b.metadata);
  ASSERT_EQ(a.nodes.size(), b.nodes.size());
  EXPECT_EQ(a.values.size(), b.values.size());
  const auto same_value = [&](int v, int w) {
    EXPECT_EQ(a.value(v).name, b.value(w).name);
    EXPECT_TRUE(a.value(v).shape == b.value(w).shape) << a.value(v).name;
    EXPECT_EQ(a.value(v).scale, b.value(w).scale) << a.value(v).name;
  };
  same_value(a.input, b.input);
  ASSERT_EQ(a.outputs.size(), b.outputs.size());
  for (std::size_t i = 0; i < a.outputs.size(); ++i) same_value(a.outputs[i], b.outputs[i]);
  for (std::size_t i = 0; i < a.nodes.size(); ++i) {
    const Node &n = a.nodes[i], &m = b.nodes[i];
    SCOPED_TRACE(n.name);
    EXPECT_EQ(op_name(n.op), op_name(m.op));
    EXPECT_EQ(n.name, m.name);
    ASSERT_EQ(n.inputs.size(), m.inputs.size());
    for (std::size_t k = 0; k < n.inputs.size(); ++k) same_value(n.inputs[k], m.inputs[k]);
    same_value(n.output, m.output);
    expect_equal(n.window, m.window);
    EXPECT_EQ(n.out_pad_h, m.out_pad_h);
    EXPECT_EQ(n.out_pad_w, m.out_pad_w);
    EXPECT_EQ(n.beta, m.beta);
    EXPECT_EQ(n.pad_value, m.pad_value);
    EXPECT_EQ(n.slopes, m.slopes);
    EXPECT_EQ(n.factor_h, m.factor_h);
    EXPECT_EQ(n.factor_w, m.factor_w);
    expect_equal(n.slice, m.slice);
    EXPECT_EQ(n.groups, m.groups);
    EXPECT_EQ(n.count_pad, m.count_pad);
    EXPECT_EQ(n.alpha, m.alpha);
    EXPECT_EQ(n.lo, m.lo);
    EXPECT_EQ(n.hi, m.hi);
    EXPECT_EQ(n.weights, m.weights);
    EXPECT_EQ(n.bias, m.bias);
    EXPECT_EQ(n.foldable, m.foldable);
    expect_equal(n.weights_q, m.weights_q);
    expect_equal(n.bias_q, m.bias_q);
  }
}

std::string temporary(const std::string& name) {
  return (std::filesystem::temp_directory_path() / (std::to_string(getpid()) + name)).string();
}

/// Output of onnx.checker, empty when it is content.
std::string checker(const std::string& path) {
  const std::string report = path + ".report";
  const std::string command =
      "/usr/bin/python3 -c 'import onnx, sys; onnx.checker.check_model(sys.argv[1], "
      "full_check=True)' '" +
      path + "' > '" + report + "' 2>&1";
  const int status = std::system(command.c_str());
  std::ifstream in(report);
  std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  std::filesystem::remove(report);
  return status == 0 ? "" : "checker: " + text;
}

void expect_round_trip(const Graph& g) {
  const std::string path = temporary(".onnx");
  write_onnx(g, path);
  EXPECT_EQ(checker(path), "");
  expect_equal(g, read_onnx(path));
  std::filesystem::remove(path);
}

/// Every operator and attribute that the writer knows, on a picture.
Graph everything() {
  ModelBuilder b({1, 4, 9, 8});
  b.real("w1", {6, 2, 3, 2}, ramp(72, 0.01F)).real("b1", {6}, ramp(6, 0.5F)).real("w2", {8, 24}, ramp(192, -0.02F));
  b.real("lo", {}, {-1}).real("hi", {}, {6}).real("one", {6}, {1, 1, 2, 2, 3, 3});
  b.node("Conv", {"x", "w1", "b1"}, "c")
      .set("group", std::int64_t{2})
      .set("pads", {1, 0, 1, 1})
      .set("dilations", {1, 2});
  b.node("LeakyRelu", {"c"}, "l").set("alpha", 0.25);
  b.node("BatchNormalization", {"l", "one", "one", "one", "one"}, "bn");
  b.node("Clip", {"bn", "lo", "hi"}, "cl");
  b.node("Add", {"cl", "l"}, "a");
  b.node("Relu", {"a"}, "r");
  b.node("MaxPool", {"r"}, "m").set("kernel_shape", {3, 2}).set("pads", {1, 0, 0, 1}).set("dilations", {2, 1});
  b.node("AveragePool", {"m"}, "p")
      .set("kernel_shape", {3, 3})
      .set("strides", {3, 3})
      .set("pads", {1, 1, 1, 1})
      .set("count_include_pad", std::int64_t{1});
  b.node("Clip", {"p", "", "hi"}, "cl2");
  b.node("MaxPool", {"cl2"}, "m2").set("kernel_shape", {2, 2}).set("strides", {1, 1});
  b.node("AveragePool", {"m2"}, "p2").set("kernel_shape", {1, 1});
  b.node("Flatten", {"p2"}, "f");
  b.node("Gemm", {"f", "w2"}, "g").set("transB", std::int64_t{1});
  b.node("Softmax", {"g"});
  const Graph probe = [&] {
    ModelBuilder cut = b;
    cut.output("f");
    auto* nodes = cut.proto().mutable_graph()->mutable_node();
    nodes->DeleteSubrange(nodes->size() - 2, 2);
    return cut.read();
  }();
  const auto size = static_cast<std::int64_t>(probe.value(probe.outputs[0]).shape.size());
  for (auto& t : *b.proto().mutable_graph()->mutable_initializer())
    if (t.name() == "w2") {
      t.set_dims(1, size);
      const std::vector<float> values = ramp(static_cast<std::size_t>(8 * size), -0.02F);
      t.set_raw_data(values.data(), values.size() * sizeof(float));
    }
  return b.read();
}

TEST(OnnxWrite, FloatNetwork) { expect_round_trip(read_onnx(kFashion)); }

TEST(OnnxWrite, EveryOperator) {
  const Graph g = everything();
  std::set<Op> seen;
  for (const Node& n : g.nodes) seen.insert(n.op);
  EXPECT_EQ(seen.size(), 10u);  // all but kRequantize
  expect_round_trip(g);
}

TEST(OnnxWrite, ANetworkOfEveryOperator) {
  for (const OperatorNet& net : operator_nets()) {
    SCOPED_TRACE(net.name);
    expect_round_trip(net.graph);
    for (const bool dpu : {true, false}) {
      Graph g = net.graph;
      stand_in_quantize(&g, dpu);
      expect_round_trip(g);
    }
  }
}

TEST(OnnxWrite, OnlyHardSwishNeedsAnotherOpset) {
  for (const OperatorNet& net : operator_nets())
    EXPECT_EQ(to_onnx(net.graph).opset_import(0).version(), net.name == "HardSwish" ? 14 : 13) << net.name;
}

TEST(OnnxWrite, RefusesAScaleAChannelBesideGroups) {
  for (const OperatorNet& net : operator_nets()) {
    if (net.name != "GroupedConvTranspose") continue;
    Graph g = net.graph;
    stand_in_quantize(&g, false);
    EXPECT_NO_THROW(to_onnx(g));
    g.nodes[0].weights_q.scales.assign(6, 0.5);
    EXPECT_THROW(to_onnx(g), std::invalid_argument);
  }
}

TEST(OnnxWrite, QuantizedNetworkInBothSchemes) {
  for (const bool dpu : {true, false}) {
    Graph g = read_onnx(kFashion);
    stand_in_quantize(&g, dpu);
    expect_round_trip(g);
  }
}

TEST(OnnxWrite, RequantizeInTheMiddleAndAtTheEnd) {
  ModelBuilder b({1, 3});
  b.quantized("x", "a", 1.0F).quantized("a", "b", 2.0F);
  b.node("Relu", {"b"}, "r");
  b.quantized("r", "c", 0.5F).quantized("c", "y", 4.0F);
  const Graph g = b.read();
  EXPECT_EQ(g.nodes.size(), 3u);
  expect_round_trip(g);
}

TEST(OnnxWrite, OutputThatIsReadInsideToo) {
  ModelBuilder b({1, 2});
  b.quantized("x", "a", 1.0F);
  b.node("Relu", {"a"}, "r");
  b.quantized("r", "y", 1.0F);
  b.node("Relu", {"y"}, "unused");
  expect_round_trip(b.read());
}

TEST(OnnxWrite, VectorInputIsKnownByItsReaders) {
  ModelBuilder b({1, 6});
  b.real("w", {2, 6}, ramp(12)).real("v", {6}, ramp(6)).node("Relu", {"x"}, "r");
  b.node("BatchNormalization", {"r", "v", "v", "v", "v"}, "n");
  b.node("Gemm", {"n", "w"}).set("transB", std::int64_t{1});
  const Graph g = b.read();
  EXPECT_EQ(g.nodes.size(), 3u);
  expect_round_trip(g);
  EXPECT_EQ(to_onnx(g).graph().input(0).type().tensor_type().shape().dim_size(), 2);
}

TEST(OnnxWrite, NamesThatCollideAreMadeUnique) {
  ModelBuilder b({1, 1});
  b.real("w", {1, 1}, {1}).quantized("x", "a", 1.0F);
  b.node("Relu", {"a"}, "the z.weight");
  b.quantized("the z.weight", "x_dequantized", 1.0F);
  b.node("Gemm", {"x_dequantized", "w"}, "z");
  b.node("LeakyRelu", {"z"}, "zero_point");
  b.node("Relu", {"zero_point"});
  expect_round_trip(b.read());
}

TEST(OnnxWrite, StoredIntegersAreInTheFileAsTheyAre) {
  Graph g = read_onnx(kFashion);
  stand_in_quantize(&g, false);
  const onnx::ModelProto model = to_onnx(g);
  int weights = 0, biases = 0;
  for (const auto& t : model.graph().initializer()) {
    if (t.data_type() != onnx::TensorProto::INT8) continue;
    for (const Node& n : g.nodes) {
      const bool weight = t.name() == n.name + ".weight_quantized", bias = t.name() == n.name + ".bias_quantized";
      if (!weight && !bias) continue;
      const auto& stored = (weight ? n.weights_q : n.bias_q).values;
      ASSERT_EQ(t.raw_data().size(), stored.size());
      for (std::size_t i = 0; i < stored.size(); ++i)
        ASSERT_EQ(static_cast<std::int8_t>(t.raw_data()[i]), stored[i]) << t.name() << " " << i;
      (weight ? weights : biases) += 1;
    }
  }
  EXPECT_EQ(weights, 6);
  EXPECT_EQ(biases, 6);
}

TEST(OnnxWrite, RefusesGraphsThatAreNone) {
  Graph g = read_onnx(kFashion);
  g.value(g.input).scale = 0.1;  // no float32
  EXPECT_THROW(to_onnx(g), std::invalid_argument);
  g.value(g.input).scale = 0.5;
  EXPECT_NO_THROW(to_onnx(g));
  g.nodes[0].weights.pop_back();
  EXPECT_THROW(to_onnx(g), std::invalid_argument);
  Graph twice = read_onnx(kFashion);
  twice.values[1].name = twice.values[0].name;
  EXPECT_THROW(to_onnx(twice), std::invalid_argument);
}

TEST(OnnxWrite, UnwritablePath) {
  EXPECT_EQ(error_id([] { write_onnx(read_onnx(kFashion), "/nonexistent/x.onnx"); }), 130);
}

TEST(OnnxWrite, CheckerSeesADamagedFile) {
  Graph g = read_onnx(kFashion);
  onnx::ModelProto model = to_onnx(g);
  model.mutable_graph()->mutable_node(0)->set_input(0, "nobody");
  const std::string path = temporary("bad.onnx");
  std::ofstream(path, std::ios::binary) << model.SerializeAsString();
  EXPECT_THAT(checker(path), HasSubstr("nobody"));
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace e8::model
