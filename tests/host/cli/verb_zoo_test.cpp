// exact8 zoo, and every network of it through quantize, lower, compile and the emulator.
#include "host/compile/compile.h"
#include "host/model/error.h"
#include "host/model/lower.h"
#include "host/model/npy.h"
#include "host/model/onnx_read.h"
#include "host/model/zoo.h"
#include "tests/host/cli/model_files.h"
#include "tests/host/program_run.h"

namespace e8::cli {
namespace {

using ::testing::HasSubstr;

bool long_run() { return std::getenv("EXACT8_LONG") != nullptr; }

TEST(VerbZoo, ListsAndWrites) {
  const Call names = call({"zoo", "--json", "--size", "32"});
  ASSERT_EQ(names.code, 0) << names.err;
  EXPECT_EQ(names.json().size(), model::zoo_networks().size());
  EXPECT_THAT(call({"zoo", "--size", "32"}).out, HasSubstr("mobilenet_v2"));
  const ScratchFolder folder;
  const std::string out = folder.file("m.onnx");
  const Call c = call({"zoo", "mobilenet_v2", "--size", "64", "--seed", "5", "-o", out, "--json"});
  ASSERT_EQ(c.code, 0) << c.err;
  EXPECT_EQ(c.json()["parameters"], 3487816);
  const model::Graph g = model::read_onnx(out);
  EXPECT_EQ(g.value(g.input).shape.h, 64);
  EXPECT_EQ(g.nodes[0].weights, model::make_zoo("mobilenet_v2", 64, 5).nodes[0].weights);
}

TEST(VerbZoo, BadInput) {
  const ScratchFolder folder;
  EXPECT_FAILS(call({"zoo", "alexnet", "-o", folder.file("m.onnx")}), 2, 150);
  EXPECT_FAILS(call({"zoo", "vgg16", "--size", "33", "-o", folder.file("m.onnx")}), 2, 151);
  EXPECT_FAILS(call({"zoo", "vgg16", "--size", "4096", "-o", folder.file("m.onnx")}), 2, 801);
  EXPECT_FAILS(call({"zoo", "resnet18"}), 2, 802);
  EXPECT_FAILS(call({"zoo", "resnet18", "--size", "32", "-o", "/no/such/folder/m.onnx"}), 4, 130);
  EXPECT_EQ(folder.files(), 0U);
}

class ZooNetworks : public ::testing::TestWithParam<std::tuple<const char*, const char*>> {};

// Golden model and emulator agree on every tensor; all configurations and the full size with EXACT8_LONG.
TEST_P(ZooNetworks, QuantizeCompileAndRun) {
  const auto& [name, scheme] = GetParam();
  const ScratchFolder folder;
  const std::string real = folder.file("f.onnx"), stored = folder.file("q.onnx");
  std::vector<std::string> words = {"zoo", name, "-o", real};
  if (!long_run()) words.insert(words.end(), {"--size", "32"});
  ASSERT_EQ(call(words).code, 0);
  const Call c = call({"quantize", real, "--calib", "synthetic:2", "--scheme", scheme, "-o", stored});
  ASSERT_EQ(c.code, 0) << c.err;
  const model::IntNet net = model::read_int_net(stored);
  ops::Tensor input(net.tensors[static_cast<std::size_t>(net.input)].shape);
  for (std::size_t i = 0; i < input.data.size(); ++i) input.data[i] = static_cast<std::int8_t>(i * 2654435761U >> 24);
  compile::Options keep;
  keep.keep_all = true;
  for (const char* config : {"b512", "b1024", "b4096", "r4096"}) {
    SCOPED_TRACE(config);
    const isa::Config& target = *isa::find_config(config);
    if (!long_run() && std::string(config) != "b512") {
      EXPECT_NO_THROW(compile::compile(net, target));
      continue;
    }
    // By default one scheme with every tensor stored, the other as it is run: tensors on chip, additions fused.
    const bool dpu = std::string(scheme) == "dpu";
    if (dpu || long_run()) {
      EXPECT_EQ(test::expect_golden(net, input, target, keep), static_cast<int>(net.tensors.size()));
    }
    if (!dpu || long_run()) {
      EXPECT_GE(test::expect_golden(net, input, target), 2);
    }
  }
}

// A detector's outputs on three machines' ways: saved, expected, refused where one is meant.
TEST(VerbZoo, DetectorsHaveSeveralOutputs) {
  const ScratchFolder folder;
  const std::string real = folder.file("f.onnx"), stored = folder.file("q.onnx"), program = folder.file("q.e8");
  ASSERT_EQ(call({"zoo", "ssd_mobilenet_v1", "--size", "32", "-o", real}).code, 0);
  ASSERT_EQ(call({"quantize", real, "--calib", "synthetic:2", "--scheme", "dpu", "-o", stored}).code, 0);
  ASSERT_EQ(call({"compile", stored, "--config", "b512", "-o", program}).code, 0);
  model::write_npy(folder.file("in.npy"), {{32, 32, 3}, "|i1", std::vector<std::uint8_t>(32 * 32 * 3, 77)});
  const auto run = [&](const std::string& what, const char* on, const char* to) {
    return call({"run", what, folder.file("in.npy"), "--on", on, "--save", folder.file(to), "--json"});
  };
  const Call golden = run(stored, "golden", "golden"), emu = run(program, "emu", "emu");
  ASSERT_EQ(golden.code, 0) << golden.err;
  ASSERT_EQ(emu.code, 0) << emu.err;
  const nlohmann::json outputs = golden.json()["results"][0]["outputs"];
  ASSERT_EQ(outputs.size(), 12U);
  EXPECT_EQ(outputs[1]["name"], "head1.classes_out");
  EXPECT_EQ(outputs, emu.json()["results"][0]["outputs"]);
  EXPECT_EQ(call({"diff", folder.file("golden/head2.places_out.npy"), folder.file("emu/head2.places_out.npy")}).code,
            0);
  const auto verify = [&](const std::string& expected) {
    return call({"verify", stored, folder.file("in.npy"), "--backends", "golden,emu", "--expect", expected, "--out",
                 folder.file("out"), "--json"});
  };
  const Call same = verify(folder.file("emu"));
  ASSERT_EQ(same.code, 0) << same.err;
  const auto alone = call({"verify", stored, folder.file("in.npy"), "--backends", "golden,emu", "--json"}).json();
  EXPECT_EQ(same.json()["tensors"], alone["tensors"].get<int>() + 12);
  EXPECT_FAILS(verify(folder.file("emu/head1.places_out.npy")), 2, 707);
  model::Npy wrong = model::read_npy(folder.file("emu/head6.classes_out.npy"));
  wrong.bytes[5] = static_cast<std::uint8_t>(wrong.bytes[5] + 1);
  model::write_npy(folder.file("emu/head6.classes_out.npy"), wrong);
  EXPECT_FAILS(verify(folder.file("emu")), 1, 702);
  EXPECT_FAILS(run(stored, "golden", "in.npy"), 4, 206);  // a file where the folder should be
}

std::vector<const char*> names() {
  std::vector<const char*> all;
  for (const model::ZooNetwork& n : model::zoo_networks()) all.push_back(n.name);
  return all;
}

INSTANTIATE_TEST_SUITE_P(All, ZooNetworks,
                         ::testing::Combine(::testing::ValuesIn(names()), ::testing::Values("dpu", "scaled")),
                         [](const auto& info) {
                           return std::string(std::get<0>(info.param)) + "_" + std::get<1>(info.param);
                         });

}  // namespace
}  // namespace e8::cli
