// MLPerf Tiny's int8 models: imported, and every tensor equal to a plain TFLite interpreter, byte for byte.
#include "tests/host/mlperf_tiny.h"

#include <gtest/gtest.h>

#include <map>

#include "host/model/error.h"
#include "host/model/files.h"
#include "host/model/golden.h"
#include "host/model/lower.h"
#include "host/model/tflite_read.h"
#include "tests/host/model/tflite_reference.h"

namespace e8::model {
namespace {

using test::TinyModel;

class MlperfTiny : public ::testing::TestWithParam<TinyModel> {};

std::int64_t macs_of(const IntNet& net) {
  std::int64_t macs = 0;
  for (const IntNode& n : net.nodes)
    if (const auto* p = std::get_if<ops::ConvParams>(&n.params)) {
      const ops::Shape& out = net.tensors[static_cast<std::size_t>(n.output)].shape;
      macs += static_cast<std::int64_t>(out.h) * out.w * static_cast<std::int64_t>(p->weights.size());
    }
  return macs;
}

TEST_P(MlperfTiny, IsReadAsTheFileSays) {
  E8_DATA_FILE(path, GetParam().file);
  const IntNet net = read_int_net(path);
  EXPECT_EQ(net.scheme, "tflite");
  EXPECT_EQ(net.tie, "double_round");
  EXPECT_EQ(macs_of(net), GetParam().macs);
  EXPECT_EQ(net.outputs[0].tail, std::string(GetParam().name) == "Autoencoder" ? CpuTail::kNone : CpuTail::kSoftmax);
}

TEST_P(MlperfTiny, EveryTensorEqualsThePlainInterpreter) {
  E8_DATA_FILE(path, GetParam().file);
  const std::string bytes = read_file(path, 140);
  const IntNet net = read_tflite(bytes, path);
  const flat::Buffer buffer(path, bytes);
  const tflite::Model model = tflite::parse(buffer);
  std::map<std::string, std::size_t> by_name;
  for (const tflite::Tensor& t : model.tensors) by_name[t.name] = static_cast<std::size_t>(t.index);
  for (int kind = 0; kind < GetParam().input_kinds; ++kind) {
    const ops::Tensor input = test::tiny_input(net.tensors[static_cast<std::size_t>(net.input)].shape, kind, 20261124);
    const std::vector<ops::Tensor> got = run_golden(net, input);
    const auto want = test::run_tflite(model, input.data);
    std::size_t compared = 0;
    for (std::size_t i = 0; i < got.size(); ++i) {
      const std::vector<std::int8_t>& reference = want[by_name.at(net.tensors[i].name)];
      ASSERT_EQ(reference.size(), got[i].data.size()) << net.tensors[i].name;
      ASSERT_EQ(reference, got[i].data) << net.tensors[i].name << ", input kind " << kind;
      ++compared;
    }
    EXPECT_EQ(compared, net.nodes.size() + 1);
  }
}

INSTANTIATE_TEST_SUITE_P(All, MlperfTiny, ::testing::ValuesIn(test::tiny_models()),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(MlperfTinyData, FloatTwinsAreRefused) {
  for (const char* file : {"ad01_fp32", "kws_ref_model_float32", "vww_96_float", "pretrainedResnet"}) {
    E8_DATA_FILE(path, "mlperf-tiny/" + std::string(file) + ".tflite");
    try {
      read_int_net(path);
      ADD_FAILURE() << file << " was read";
    } catch (const UserError& e) {
      EXPECT_EQ(e.id(), 142) << e.what();
      EXPECT_NE(std::string(e.what()).find("FLOAT32"), std::string::npos) << e.what();
    }
  }
}

}  // namespace
}  // namespace e8::model
