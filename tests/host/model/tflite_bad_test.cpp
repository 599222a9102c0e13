// What is no TFLite int8 model, or one that is not supported: an error that names it, never a crash.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <random>

#include "host/model/error.h"
#include "host/model/tflite_read.h"
#include "tests/host/model/tflite_builder.h"

namespace e8::model {
namespace {

using test::TfliteBuilder;
using ::testing::HasSubstr;
using tflite::Builtin;
using tflite::Type;

/// CONV_2D (tensors 0 to 3), AVERAGE_POOL_2D (4), FULLY_CONNECTED (5, 6).
TfliteBuilder small_net() {
  TfliteBuilder b;
  b.activation({1, 4, 4, 2}, 0.1F, -128);
  b.weights({3, 3, 3, 2}, std::vector<std::int8_t>(54, 3), {0.01F, 0.02F, 0.03F}, 0);
  b.words({3}, {1, 2, 3});
  b.activation({1, 4, 4, 3}, 0.2F, 5);
  b.activation({1, 1, 1, 3}, 0.2F, 5);
  b.weights({2, 3}, std::vector<std::int8_t>(6, 7), {0.04F}, 0);
  b.activation({1, 2}, 0.3F, 0);
  b.op(Builtin::kConv2d, {0, 1, 2}, 3).word_options = {{1, 1}, {2, 1}};
  auto& pool = b.op(Builtin::kAveragePool2d, {3}, 4);
  pool.byte_options = {{0, std::int8_t{1}}};
  pool.word_options = {{1, 4}, {2, 4}, {3, 4}, {4, 4}};
  b.op(Builtin::kFullyConnected, {4, 5}, 6);
  return b;
}

struct Bad {
  const char* name;
  std::function<void(TfliteBuilder&)> change;
  int id;
  const char* says;
};

std::vector<Bad> bad_models() {
  return {
      {"Version", [](auto& b) { b.version = 4; }, 141, "schema version 4"},
      {"TwoSubgraphs", [](auto& b) { b.subgraphs = 2; }, 141, "2 subgraphs"},
      {"TwoInputs",
       [](auto& b) {
         b.inputs = {0, 3};
       },
       141, "2 inputs"},
      {"NoOutput", [](auto& b) { b.outputs = {}; }, 141, "0 outputs"},
      {"OutputThatIsNone", [](auto& b) { b.outputs = {70}; }, 141, "tensor 70"},
      {"NoOperators", [](auto& b) { b.operators.clear(); }, 141, "no operators"},
      {"OperandThatIsNone", [](auto& b) { b.operators[1].inputs = {77}; }, 141, "no tensor 77"},
      {"State", [](auto& b) { b.tensors[3].variable = true; }, 141, "keeps its value"},
      {"FloatActivation", [](auto& b) { b.tensors[3].type = Type::kFloat32; }, 142, "FLOAT32"},
      {"FloatInput", [](auto& b) { b.tensors[0].type = Type::kFloat32; }, 142, "exact8 quantize"},
      {"Uint8", [](auto& b) { b.tensors[0].type = Type::kUint8; }, 142, "UINT8"},
      {"Int16Weights", [](auto& b) { b.tensors[1].type = Type::kInt16; }, 142, "INT16"},
      {"UnknownType", [](auto& b) { b.tensors[4].type = static_cast<Type>(77); }, 142, "type 77"},
      {"UnknownOperator", [](auto& b) { b.operators[2].code = static_cast<Builtin>(40); }, 143,
       "operator 2 (MEAN): is not supported"},
      {"CustomOperator", [](auto& b) { b.operators[2].code = static_cast<Builtin>(32); }, 143, "custom operator"},
      {"NewOperator", [](auto& b) { b.operators[2].code = static_cast<Builtin>(200); }, 143, "builtin operator 200"},
      {"Batch",
       [](auto& b) {
         b.tensors[0].shape = {2, 4, 4, 2};
       },
       144, "batch 1"},
      {"Rank", [](auto& b) { b.tensors[0].shape = {32}; }, 144, "[32]"},
      {"NegativeSize",
       [](auto& b) {
         b.tensors[0].shape = {1, -4, 4, 2};
       },
       144, "-4"},
      {"HugeSize",
       [](auto& b) {
         b.tensors[0].shape = {1, 65536, 65536, 2};
       },
       144, "2^31"},
      {"Stride", [](auto& b) { b.operators[0].word_options[1] = 0; }, 144, "stride_w = 0"},
      {"HugeStride", [](auto& b) { b.operators[0].word_options[2] = 2000000000; }, 144, "stride_h"},
      {"Dilation", [](auto& b) { b.operators[0].word_options[4] = -1; }, 144, "dilation_w_factor = -1"},
      {"Padding", [](auto& b) { b.operators[0].byte_options[0] = 2; }, 144, "padding 2"},
      {"Activation", [](auto& b) { b.operators[0].byte_options[3] = 4; }, 144, "fused activation 4"},
      {"Groups",
       [](auto& b) {
         b.tensors[0].shape = {1, 4, 4, 3};
       },
       144, "groups"},
      {"OutputShape",
       [](auto& b) {
         b.tensors[3].shape = {1, 4, 5, 3};
       },
       144, "[1, 4, 4, 3]"},
      {"WeightBytes", [](auto& b) { b.tensors[1].data.pop_back(); }, 144, "54 are needed"},
      {"BiasBytes", [](auto& b) { b.tensors[2].data += "x"; }, 144, "12 are needed"},
      {"PoolLargerThanImage", [](auto& b) { b.operators[1].word_options[4] = 5; }, 144, "larger than its input"},
      {"PoolWithoutKernel", [](auto& b) { b.operators[1].word_options.erase(3); }, 144, "filter_width = 0"},
      {"ShuffledWeights", [](auto& b) { b.operators[2].byte_options[1] = 1; }, 144, "weights_format"},
      {"Depth",
       [](auto& b) {
         b.tensors[5].shape = {3, 2};
       },
       144, "[outputs, 3]"},
      {"MissingInput", [](auto& b) { b.operators[1].inputs = {-1}; }, 144, "left out"},
      {"NoInputs", [](auto& b) { b.operators[1].inputs = {}; }, 144, "has 0 inputs"},
      {"NoOutputs", [](auto& b) { b.operators[1].outputs = {}; }, 144, "has 0 outputs"},
      {"NoScale", [](auto& b) { b.tensors[3].scales.clear(); }, 145, "0 scales"},
      {"NegativeScale", [](auto& b) { b.tensors[3].scales = {-0.5F}; }, 145, "positive scale"},
      {"ZeroPoint", [](auto& b) { b.tensors[0].zero_points = {128}; }, 145, "128"},
      {"ChannelScales", [](auto& b) { b.tensors[1].scales.pop_back(); }, 145, "2 scales for 3 channels"},
      {"ChannelDimension", [](auto& b) { b.tensors[1].channel_dim = 3; }, 145, "dimension 3"},
      {"WeightZeroPoint", [](auto& b) { b.tensors[1].zero_points[1] = 4; }, 145, "zero point 4"},
      {"PoolScale", [](auto& b) { b.tensors[4].scales = {0.25F}; }, 145, "differ"},
      {"Overflow", [](auto& b) { b.tensors[2].data = std::string("\xff\xff\xff\x7f", 4) + std::string(8, '\0'); }, 146,
       "32 bits"},
      {"Multiplier", [](auto& b) { b.tensors[3].scales = {1e-12F}; }, 146, "32 bits overflow"},
      {"ComputedWeights", [](auto& b) { b.tensors[1].data.clear(); }, 147, "is computed"},
      {"ConstantActivation", [](auto& b) { b.operators[1].inputs = {1}; }, 147, "is a constant"},
      {"ReadBeforeWritten", [](auto& b) { std::swap(b.operators[0], b.operators[1]); }, 147, "before any operator"},
      {"WrittenTwice", [](auto& b) { b.operators.push_back(b.operators[0]); }, 147, "written twice"},
      {"OutputNotWritten", [](auto& b) { b.operators.pop_back(); }, 147, "no operator computes the output"},
  };
}

class TfliteBad : public ::testing::TestWithParam<Bad> {};

TEST_P(TfliteBad, IsNamed) {
  TfliteBuilder b = small_net();
  ASSERT_NO_THROW(read_tflite(b.bytes(), "m.tflite"));
  GetParam().change(b);
  try {
    read_tflite(b.bytes(), "m.tflite");
    ADD_FAILURE() << "the model was read";
  } catch (const UserError& e) {
    EXPECT_EQ(e.id(), GetParam().id) << e.what();
    EXPECT_EQ(e.exit_code(), Exit::kInput);
    EXPECT_THAT(e.what(), HasSubstr("m.tflite"));
    EXPECT_THAT(e.what(), HasSubstr(GetParam().says));
  }
}

INSTANTIATE_TEST_SUITE_P(All, TfliteBad, ::testing::ValuesIn(bad_models()),
                         [](const auto& info) { return std::string(info.param.name); });

/// 0: read; otherwise the error's id. Anything but a UserError fails the test.
int id_of(const std::string& bytes) {
  try {
    read_tflite(bytes, "m.tflite");
    return 0;
  } catch (const UserError& e) {
    return e.id();
  }
}

TEST(TfliteDamage, EveryTruncationIsRefused) {
  const std::string whole = small_net().bytes();
  ASSERT_EQ(id_of(whole), 0);
  for (std::size_t n = 0; n < whole.size(); n += n < 200 ? 1 : 3) {
    const int id = id_of(whole.substr(0, n));
    EXPECT_TRUE((id >= 140 && id <= 147) || whole.size() - n < 16) << n << " bytes: " << id;  // a padded end may go
  }
}

TEST(TfliteDamage, EveryOffsetMayBeAnything) {
  const std::string whole = small_net().bytes();
  int refused = 0;
  for (std::size_t at = 0; at + 4 <= whole.size(); at += 4) {
    for (const std::uint32_t value : {0u, 1u, 0x7fffffffu, 0x80000000u, 0xfffffffeu}) {
      std::string damaged = whole;
      damaged.replace(at, 4, reinterpret_cast<const char*>(&value), 4);
      const int id = id_of(damaged);
      ASSERT_TRUE(id == 0 || (id >= 140 && id <= 147)) << at << ": " << id;
      refused += id != 0;
    }
  }
  EXPECT_GT(refused, 500);
}

TEST(TfliteDamage, RandomBytes) {
  const std::string whole = small_net().bytes();
  std::mt19937 random(20261124);
  for (int i = 0; i < 4000; ++i) {
    std::string damaged = whole;
    for (int k = 0; k <= i % 4; ++k) damaged[random() % damaged.size()] = static_cast<char>(random());
    const int id = id_of(damaged);
    ASSERT_TRUE(id == 0 || (id >= 140 && id <= 147)) << "seed 20261124, round " << i << ": " << id;
  }
}

TEST(TfliteDamage, OtherFilesAreNotModels) {
  EXPECT_EQ(id_of(""), 140);
  EXPECT_EQ(id_of("\x08\x07onnx, say"), 140);
  EXPECT_EQ(id_of(std::string(4, '\0') + "TFL3"), 140);
}

}  // namespace
}  // namespace e8::model
