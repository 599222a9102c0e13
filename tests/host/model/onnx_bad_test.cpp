// What the ONNX reader refuses: each cause with its id and its name, then damaged files by the thousand.
#include <gmock/gmock.h>

#include <cmath>
#include <random>

#include "host/model/files.h"
#include "host/model/lower.h"
#include "host/model/onnx_write.h"
#include "tests/host/model/model_builder.h"
#include "tests/host/model/stand_in_quantizer.h"

namespace e8::model {
namespace {

using ::testing::HasSubstr;

struct Bad {
  int id;
  const char* says;  ///< part of the message
  void (*make)(ModelBuilder&);
};

void expect_refused(const std::vector<std::int64_t>& input, const std::vector<Bad>& cases) {
  for (const Bad& bad : cases) {
    ModelBuilder b(input);
    bad.make(b);
    std::string message;
    EXPECT_EQ(error_id([&] { b.read(); }, &message), bad.id) << bad.says << ": " << message;
    EXPECT_THAT(message, HasSubstr("test.onnx"));
    EXPECT_THAT(message, HasSubstr(bad.says));
  }
}

void conv(ModelBuilder& b) { b.real("w", {2, 2, 3, 3}, ramp(36)).node("Conv", {"x", "w"}); }

onnx::TensorProto* last_tensor(ModelBuilder& b) {
  auto* graph = b.proto().mutable_graph();
  return graph->mutable_initializer(graph->initializer_size() - 1);
}

NodeBuilder last_node(ModelBuilder& b) {
  auto* graph = b.proto().mutable_graph();
  return NodeBuilder(graph->mutable_node(graph->node_size() - 1));
}

TEST(OnnxBad, ModelAndGraph) {
  expect_refused(
      {1, 2, 5, 5},
      {{102, "without nodes", [](ModelBuilder&) {}},
       {103, "opset 6", [](ModelBuilder& b) { conv(b), b.proto().mutable_opset_import(0)->set_version(6); }},
       {103, "opset 18", [](ModelBuilder& b) { conv(b), b.proto().mutable_opset_import(0)->set_version(18); }},
       {103, "opset 0", [](ModelBuilder& b) { conv(b), b.proto().clear_opset_import(); }},
       {103, "opset 1000",
        [](ModelBuilder& b) { conv(b), b.proto().mutable_opset_import(0)->set_version(std::int64_t{1} << 60); }},
       {107, "2 inputs", [](ModelBuilder& b) { conv(b), b.proto().mutable_graph()->add_input()->set_name("z"); }},
       {107, "0 outputs", [](ModelBuilder& b) { conv(b), b.proto().mutable_graph()->clear_output(); }},
       {107, "output 'z'", [](ModelBuilder& b) { conv(b), b.output("z"); }},
       {107, "output 'x'", [](ModelBuilder& b) { conv(b), b.output("x"); }},
       {107, "'w'", [](ModelBuilder& b) { conv(b), b.real("w", {1}, {1}); }},
       {107, "name of another tensor", [](ModelBuilder& b) { conv(b), b.node("Relu", {"x"}, "y"); }},
       {107, "neither an input", [](ModelBuilder& b) { b.node("Relu", {"nobody"}); }},
       {107, "cycle",
        [](ModelBuilder& b) {
          b.node("Add", {"x", "z"}), b.node("Relu", {"y"}, "z");
        }},
       {107, "no output", [](ModelBuilder& b) { conv(b), last_node(b).proto()->clear_output(); }},
       {106, "sparse", [](ModelBuilder& b) { conv(b), b.proto().mutable_graph()->add_sparse_initializer(); }}});
}

TEST(OnnxBad, InputShapes) {
  for (const auto& dims :
       {std::vector<std::int64_t>{}, {1}, {1, 2, 3}, {1, 2, 3, 4, 5}, {1, 0, 4, 4}, {1, -1, 4, 4}, {1, 1 << 21}}) {
    ModelBuilder b(dims);
    b.node("Relu", {"x"});
    EXPECT_EQ(error_id([&] { b.read(); }), 108) << dims.size();
  }
  ModelBuilder large({1, 1 << 20, 1 << 20, 1 << 20});
  large.node("Relu", {"x"});
  EXPECT_EQ(error_id([&] { large.read(); }), 108);
  ModelBuilder dynamic({1, 2, 4, 4});
  dynamic.node("Relu", {"x"});
  auto* type = dynamic.proto().mutable_graph()->mutable_input(0)->mutable_type()->mutable_tensor_type();
  type->mutable_shape()->mutable_dim(0)->set_dim_param("N");
  EXPECT_EQ(error_id([&] { dynamic.read(); }), 0);
  type->set_elem_type(onnx::TensorProto::INT64);
  EXPECT_EQ(error_id([&] { dynamic.read(); }), 108);
  type->set_elem_type(onnx::TensorProto::INT8);
  EXPECT_EQ(error_id([&] { dynamic.read(); }), 109);  // computed with before it is dequantized
  type->set_elem_type(onnx::TensorProto::FLOAT);
  type->mutable_shape()->mutable_dim(2)->set_dim_param("H");
  EXPECT_EQ(error_id([&] { dynamic.read(); }), 108);
}

TEST(OnnxBad, OperatorsAndAttributes) {
  expect_refused(
      {1, 2, 5, 5},
      {{104, "GRU", [](ModelBuilder& b) { b.node("GRU", {"x"}); }},
       {104, "domain 'com.x'", [](ModelBuilder& b) { conv(b), last_node(b).proto()->set_domain("com.x"); }},
       {104, "last node",
        [](ModelBuilder& b) { b.node("Flatten", {"x"}, "f"), b.node("Softmax", {"f"}, "s"), b.node("Relu", {"s"}); }},
       {105, "'storage'", [](ModelBuilder& b) { conv(b), last_node(b).set("storage", std::int64_t{1}); }},
       {105, "wrong type", [](ModelBuilder& b) { conv(b), last_node(b).set("group", 1.5); }},
       {105, "'group' = 3", [](ModelBuilder& b) { conv(b), last_node(b).set("group", std::int64_t{3}); }},
       {105, "'group' = 0", [](ModelBuilder& b) { conv(b), last_node(b).set("group", std::int64_t{0}); }},
       {105, "kernel_shape",
        [](ModelBuilder& b) {
          conv(b), last_node(b).set("kernel_shape", {2, 3});
        }},
       {105, "kernel_shape", [](ModelBuilder& b) { b.node("MaxPool", {"x"}); }},
       {105, "'strides' = [0,1]",
        [](ModelBuilder& b) {
          conv(b), last_node(b).set("strides", {0, 1});
        }},
       {105, "'strides' = [1]",
        [](ModelBuilder& b) { conv(b), last_node(b).set("strides", std::vector<std::int64_t>{1}); }},
       {105, "'pads' = [0,0,0,-1]",
        [](ModelBuilder& b) {
          conv(b), last_node(b).set("pads", {0, 0, 0, -1});
        }},
       {105, "5000",
        [](ModelBuilder& b) {
          conv(b), last_node(b).set("dilations", {5000, 1});
        }},
       {105, "'auto_pad' = 'BOTH'", [](ModelBuilder& b) { conv(b), last_node(b).set("auto_pad", "BOTH"); }},
       {105, "'pads'",
        [](ModelBuilder& b) {
          b.node("MaxPool", {"x"}).set("kernel_shape", {2, 2}).set("pads", {2, 0, 0, 0});
        }},
       {105, "ceil_mode",
        [](ModelBuilder& b) {
          b.node("AveragePool", {"x"})
              .set("kernel_shape", {2, 2})
              .set("strides", {2, 2})
              .set("ceil_mode", std::int64_t{1});
        }},
       {105, "'alpha'", [](ModelBuilder& b) { b.node("LeakyRelu", {"x"}).set("alpha", -0.5); }},
       {105, "[-1,7]",
        [](ModelBuilder& b) {
          b.int64("s", {-1, 7}).node("Reshape", {"x", "s"});
        }},
       {105, "in order",
        [](ModelBuilder& b) {
          b.real("lo", {}, {1}).real("hi", {}, {0}).node("Clip", {"x", "lo", "hi"});
        }},
       {105, "must be a constant",
        [](ModelBuilder& b) {
          b.node("Relu", {"x"}, "r"), b.node("Conv", {"x", "r"});
        }},
       {105, "'value'",
        [](ModelBuilder& b) {
          b.node("Constant", {}, "c"), b.node("Add", {"x", "c"});
        }},
       {105, "dimensions [3]",
        [](ModelBuilder& b) {
          b.real("c", {3}, {1, 2, 3}).node("Add", {"x", "c"});
        }},
       {105, "activation", [](ModelBuilder& b) { b.real("c", {1}, {1}).node("Relu", {"c"}); }},
       {105, "training_mode",
        [](ModelBuilder& b) {
          b.real("v", {2}, {1, 1})
              .node("BatchNormalization", {"x", "v", "v", "v", "v"})
              .set("training_mode", std::int64_t{1});
        }},
       {107, "1 inputs", [](ModelBuilder& b) { b.node("Conv", {"x"}); }},
       {107, "missing",
        [](ModelBuilder& b) {
          b.node("Conv", {"x", ""});
        }},
       {108, "different shapes",
        [](ModelBuilder& b) {
          b.node("MaxPool", {"x"}, "m").set("kernel_shape", {2, 2}), b.node("Add", {"x", "m"});
        }},
       {108, "needs 2",
        [](ModelBuilder& b) {
          b.real("w", {50, 1}, ramp(50)).node("Gemm", {"x", "w"});
        }},
       {108, "does not fit", [](ModelBuilder& b) {
          b.node("MaxPool", {"x"}).set("kernel_shape", {6, 1});
        }}});
}

TEST(OnnxBad, ConstantData) {
  expect_refused(
      {1, 2, 5, 5},
      {{106, "bytes", [](ModelBuilder& b) { conv(b), last_tensor(b)->mutable_raw_data()->pop_back(); }},
       {106, "elements", [](ModelBuilder& b) { conv(b), last_tensor(b)->clear_raw_data(); }},
       {106, "negative", [](ModelBuilder& b) { conv(b), last_tensor(b)->set_dims(0, -2); }},
       {106, "too large", [](ModelBuilder& b) { conv(b), last_tensor(b)->set_dims(0, std::int64_t{1} << 62); }},
       {106, "data type 11",
        [](ModelBuilder& b) { conv(b), last_tensor(b)->set_data_type(onnx::TensorProto::DOUBLE); }},
       {106, "another file",
        [](ModelBuilder& b) { conv(b), last_tensor(b)->set_data_location(onnx::TensorProto::EXTERNAL); }},
       {106, "segmented", [](ModelBuilder& b) { conv(b), last_tensor(b)->mutable_segment()->set_begin(0); }},
       {106, "holds nan",
        [](ModelBuilder& b) {
          b.real("w", {1, 2, 1, 1}, {1, std::nanf("")}).node("Conv", {"x", "w"});
        }},
       {106, "2-D",
        [](ModelBuilder& b) {
          b.real("w", {1, 2, 1}, {1, 2}).node("Conv", {"x", "w"});
        }},
       {106, "2-D",
        [](ModelBuilder& b) {
          b.real("w", {0, 2, 1, 1}, {}).node("Conv", {"x", "w"});
        }},
       {106, "3 elements",
        [](ModelBuilder& b) {
          b.real("w", {1, 2, 1, 1}, {1, 2}).real("b", {3}, {1, 2, 3}).node("Conv", {"x", "w", "b"});
        }},
       {106, "must be float",
        [](ModelBuilder& b) {
          b.int8("w", {1, 2, 1, 1}, {1, 2}).node("Conv", {"x", "w"});
        }},
       {106, "variance of channel 1",
        [](ModelBuilder& b) {
          b.real("v", {2}, {1, -1}).node("BatchNormalization", {"x", "v", "v", "v", "v"}).set("epsilon", 0.0);
        }},
       {106, "one element a channel",
        [](ModelBuilder& b) {
          b.real("v", {1}, {1}).node("BatchNormalization", {"x", "v", "v", "v", "v"});
        }},
       {106, "does not fit its data type", [](ModelBuilder& b) {
          b.int8("w", {1}, {1}).node("Add", {"x", "w"});
          last_tensor(b)->clear_raw_data(), last_tensor(b)->add_int32_data(300);
        }}});
}

TEST(OnnxBad, Quantization) {
  expect_refused(
      {1, 2, 5, 5},
      {{109, "scale 0", [](ModelBuilder& b) { b.quantized("x", "y", 0.0F); }},
       {109, "scale -1", [](ModelBuilder& b) { b.quantized("x", "y", -1.0F); }},
       {109, "scale nan", [](ModelBuilder& b) { b.quantized("x", "y", std::nanf("")); }},
       {109, "scale inf", [](ModelBuilder& b) { b.quantized("x", "y", INFINITY); }},
       {109, "quantizes to INT32; INT8 and UINT8",
        [](ModelBuilder& b) {
          b.real("s", {}, {1}).int32("z", {}, {0}).node("QuantizeLinear", {"x", "s", "z"});
        }},
       {109, "zero point must be integer and have as many",
        [](ModelBuilder& b) {
          b.real("s", {}, {1}).int8("z", {2}, {0, 0}).node("QuantizeLinear", {"x", "s", "z"});
        }},
       {109, "its zero point is INT8, its input UINT8",
        [](ModelBuilder& b) {
          b.real("s", {}, {1}).int8("z", {}, {0}).node("QuantizeLinear", {"x", "s"}, "q");
          b.node("DequantizeLinear", {"q", "s", "z"});
        }},
       {109, "its zero point is INT32, its input INT8",
        [](ModelBuilder& b) {
          b.int8("q", {1}, {1}).real("s", {}, {1}).int32("z", {}, {0});
          b.node("DequantizeLinear", {"q", "s", "z"}, "w"), b.node("Add", {"x", "w"});
        }},
       {109, "zero point 1 of an INT32 constant",
        [](ModelBuilder& b) {
          b.int32("q", {1}, {1}).real("s", {}, {1}).int32("z", {}, {1});
          b.node("DequantizeLinear", {"q", "s", "z"}, "w"), b.node("Add", {"x", "w"});
        }},
       {109, "one scale",
        [](ModelBuilder& b) {
          b.real("s", {2}, {1, 2}).int8("z", {2}, {0, 0}).node("QuantizeLinear", {"x", "s", "z"});
        }},
       {109, "differs",
        [](ModelBuilder& b) {
          b.real("s", {}, {1}).real("t", {}, {2}).int8("z", {}, {0});
          b.node("QuantizeLinear", {"x", "s", "z"}, "q"), b.node("DequantizeLinear", {"q", "t", "z"});
        }},
       {109, "not made by",
        [](ModelBuilder& b) {
          b.real("s", {}, {1}).node("DequantizeLinear", {"x", "s"});
        }},
       {109, "reads integers",
        [](ModelBuilder& b) {
          b.real("s", {}, {1}).int8("z", {}, {0});
          b.node("QuantizeLinear", {"x", "s", "z"}, "q"), b.node("Relu", {"q"});
        }},
       {109, "fits no axis",
        [](ModelBuilder& b) {
          b.int8("q", {1, 2, 1, 1}, {1, 2}).real("s", {3}, {1, 2, 3});
          b.node("DequantizeLinear", {"q", "s"}, "w"), b.node("Conv", {"x", "w"});
        }},
       {109, "neither int8", [](ModelBuilder& b) {
          b.int64("q", {1, 2}).real("s", {}, {1}).node("DequantizeLinear", {"q", "s"}, "w"), b.node("Add", {"x", "w"});
        }}});
}

TEST(OnnxBad, HugeFlattenedAddIsRefusedBeforeItAllocates) {
  ModelBuilder b({1, 1, 8192, 8192});
  b.real("c", {}, {1}).node("Flatten", {"x"}, "f");
  b.node("Add", {"f", "c"});
  EXPECT_EQ(error_id([&] { b.read(); }), 108);
}

TEST(OnnxBad, Files) {
  EXPECT_EQ(error_id([] { read_onnx(std::string("/nonexistent/x.onnx")); }), 101);
  EXPECT_EQ(error_id([] { read_onnx(std::string("/tmp")); }), 101);
  EXPECT_EQ(error_id([] { parse_onnx("", "x"); }), 102);
  EXPECT_EQ(error_id([] { parse_onnx("this is no model", "x"); }), 102);
  EXPECT_EQ(error_id([] { parse_onnx(std::string(100, '\xff'), "x"); }), 102);
}

/// A damaged file gives a graph or one of the reader's errors; true when a graph.
bool reads(const std::string& bytes, const std::string& what) {
  try {
    const Graph g = read_onnx(parse_onnx(bytes, "damaged"), "damaged");
    EXPECT_FALSE(g.outputs.empty());
    return true;
  } catch (const UserError& e) {
    EXPECT_GE(e.id(), 101) << what;
    EXPECT_LE(e.id(), 109) << what;
  } catch (const std::exception& e) {
    ADD_FAILURE() << what << ": " << e.what();
  }
  return false;
}

TEST(OnnxBad, TruncatedAnywhere) {
  const std::string whole = read_file(EXACT8_SOURCE_DIR "/models/fmnist.onnx", 101);
  ASSERT_TRUE(reads(whole, "whole"));
  for (std::size_t i = 0; i < 400; ++i) {
    const std::size_t length = i < 200 ? i : whole.size() * (i - 200) / 200;
    EXPECT_FALSE(reads(whole.substr(0, length), "first " + std::to_string(length) + " bytes"));
  }
}

TEST(OnnxBad, FlippedBytes) {
  const std::string whole = read_file(EXACT8_SOURCE_DIR "/models/fmnist.onnx", 101);
  // Structure, not weights: the nodes at the start, and every tensor's header (found by its name).
  std::vector<std::size_t> spots;
  for (std::size_t i = 0; i < 3000 && i < whole.size(); ++i) spots.push_back(i);
  for (std::size_t at = whole.find("onnx::Conv"); at != std::string::npos; at = whole.find("onnx::Conv", at + 1))
    for (std::size_t i = at < 40 ? 0 : at - 40; i < at + 20 && i < whole.size(); ++i) spots.push_back(i);
  for (std::size_t i = whole.size() - 400; i < whole.size(); ++i) spots.push_back(i);
  std::mt19937 random(7);
  int graphs = 0, refused = 0;
  for (std::size_t spot : spots) {
    std::string damaged = whole;
    damaged[spot] = static_cast<char>(damaged[spot] ^ (1 << random() % 8));
    (reads(damaged, "seed 7, byte " + std::to_string(spot)) ? graphs : refused) += 1;
  }
  EXPECT_GT(graphs, 0);
  EXPECT_GT(refused, 1000);
}

/// The same for quantized files, through lower().
TEST(OnnxBad, FlippedBytesOfQuantizedFiles) {
  for (const bool dpu : {true, false}) {
    Graph g = read_onnx(EXACT8_SOURCE_DIR "/models/fmnist.onnx");
    stand_in_quantize(&g, dpu);
    const std::string whole = to_onnx(g).SerializeAsString();
    std::vector<std::size_t> spots;  // names, scales, structure: everything but the long runs of weights
    for (const char* word : {"_scale", "Linear", "_zero_point", "_quantized", "exact8.", "kernel", "pads"})
      for (std::size_t at = whole.find(word); at != std::string::npos; at = whole.find(word, at + 1))
        for (std::size_t i = at < 12 ? 0 : at - 12; i < at + 24 && i < whole.size(); ++i) spots.push_back(i);
    std::mt19937 random(9);
    int networks = 0, refused = 0;
    for (int i = 0; i < 600; ++i) {
      std::string damaged = whole;
      const std::size_t spot = spots[random() % spots.size()];
      damaged[spot] = static_cast<char>(damaged[spot] ^ (1 << random() % 8));
      try {
        lower(read_onnx(parse_onnx(damaged, "damaged"), "damaged"));
        ++networks;
      } catch (const UserError& e) {
        ++refused;
        EXPECT_TRUE((e.id() >= 101 && e.id() <= 109) || (e.id() >= 120 && e.id() <= 122)) << e.what();
      } catch (const std::exception& e) {
        ADD_FAILURE() << "seed 9, byte " << spot << ": " << e.what();
      }
    }
    EXPECT_GT(networks, 30);
    EXPECT_GT(refused, 150);
  }
}

}  // namespace
}  // namespace e8::model
