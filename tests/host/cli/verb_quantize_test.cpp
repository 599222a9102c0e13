// Tests `exact8 quantize`.
#include <gtest/gtest.h>

#include "host/model/lower.h"
#include "host/model/metadata.h"
#include "host/model/npy.h"
#include "host/model/onnx_read.h"
#include "host/model/onnx_write.h"
#include "tests/host/cli/call.h"

namespace e8::cli {
namespace {

/// exact8 quantize models/fmnist.onnx --calib CALIB --scheme SCHEME -o OUT more...
Call quantize(const std::string& calib, const std::string& scheme, const std::string& out,
              const std::vector<std::string>& more = {}) {
  std::vector<std::string> words = {"quantize", fmnist(), "--calib", calib, "--scheme", scheme, "-o", out};
  words.insert(words.end(), more.begin(), more.end());
  return call(words);
}

std::string bytes_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// The folder holds pictures only: there is no label file that could be opened.
TEST(VerbQuantize, BothSchemesAndTheirAliases) {
  const ScratchFolder folder;
  const std::string idx = folder.write("train-images-idx3-ubyte", idx_pictures(40));
  for (const auto& [word, scheme, tie] : {std::array{"dpu", "dpu", "half_up"},
                                          {"xilinx", "dpu", "half_up"},
                                          {"scaled", "scaled", "half_even"},
                                          {"zebra", "scaled", "half_even"}}) {
    const std::string out = folder.file(std::string(word) + ".onnx");
    const Call c = quantize(idx, word, out);
    ASSERT_EQ(c.code, 0) << c.err;
    EXPECT_NE(c.out.find("40 calibration pictures"), std::string::npos) << c.out;
    EXPECT_NE(c.out.find("worst tensors"), std::string::npos) << c.out;
    EXPECT_EQ(c.err, "");
    const model::IntNet net = model::read_int_net(out);
    EXPECT_EQ(net.scheme, scheme);
    EXPECT_EQ(net.tie, tie);
    EXPECT_EQ(net.labels.size(), 10U);
    EXPECT_EQ(net.preprocess.mean, (std::vector<double>{0.2860})) << "from the model file";
    EXPECT_EQ(net.preprocess.stddev, (std::vector<double>{0.3530}));
    EXPECT_EQ(net.preprocess.round, tie);
  }
  EXPECT_TRUE(bytes_of(folder.file("dpu.onnx")) == bytes_of(folder.file("xilinx.onnx")));
  EXPECT_TRUE(bytes_of(folder.file("scaled.onnx")) == bytes_of(folder.file("zebra.onnx")));
  EXPECT_EQ(folder.files(), 5U) << "something besides the results was left behind";
}

TEST(VerbQuantize, OptionsReachTheModel) {
  const ScratchFolder folder;
  const std::string out = folder.file("m.onnx");
  const std::string names = folder.write("names.txt", "a\nb\nc\r\nd\ne\nf\ng\nh\ni\nj\n\n");
  const std::vector<std::string> more = {
      "--tie",         "half_away",       "--round",      "trunc",         "--mean",
      "0.5",           "--std",           "0.25",         "--class-names", names,
      "--json",        "--subset",        "10",           "--batch",       "4",
      "--activations", "percentile",      "--percentile", "99.5",          "--weights",
      "max",           "--calib-forward", "float"};
  const Call c = quantize("synthetic:20", "dpu", out, more);
  ASSERT_EQ(c.code, 0) << c.err;
  EXPECT_EQ(c.json()["pictures"], 10);
  EXPECT_EQ(c.json()["tie"], "half_away");
  const model::Metadata m = model::read_metadata(model::read_onnx(out));
  EXPECT_EQ(m.tie, "half_away");
  EXPECT_EQ(m.preprocess.round, "trunc");
  EXPECT_EQ(m.preprocess.mean, (std::vector<double>{0.5}));
  EXPECT_EQ(m.labels[2], "c");
  EXPECT_EQ(m.labels.size(), 10U);
}

TEST(VerbQuantize, EveryMethodOptionChangesTheResult) {
  const ScratchFolder folder;
  const std::string base = folder.file("base.onnx"), other = folder.file("other.onnx");
  for (const auto& [scheme, option, value] : {std::array{"dpu", "--activations", "max"},
                                              {"dpu", "--weights", "max"},
                                              {"dpu", "--activations", "entropy"},
                                              {"scaled", "--activations", "entropy"},
                                              {"scaled", "--activations", "max"},
                                              {"scaled", "--calib-forward", "quantized"},
                                              {"dpu", "--bias-correction", "empirical"},
                                              {"scaled", "--bias-correction", "analytic"},
                                              {"scaled", "--seed", "5"},
                                              {"scaled", "--subset", "3"}}) {
    ASSERT_EQ(quantize("synthetic:12", scheme, base).code, 0);
    ASSERT_EQ(quantize("synthetic:12", scheme, other, {option, value}).code, 0);
    EXPECT_TRUE(bytes_of(base) != bytes_of(other)) << option << ", " << scheme;
  }
}

TEST(VerbQuantize, StepsAreOptionsAndAreReported) {
  const ScratchFolder folder;
  ASSERT_EQ(quantize("synthetic:12", "dpu", folder.file("base.onnx")).code, 0);
  const Call c = quantize("synthetic:12", "dpu", folder.file("m.onnx"),
                          {"--equalize", "--absorb-bias", "--relu6-to-relu", "--bias-correction", "analytic"});
  ASSERT_EQ(c.code, 0) << c.err;
  for (const char* step : {"equalized 3 pairs", "0 limits", "absorbed the high", "corrected the biases of 6 layers"})
    EXPECT_NE(c.out.find(step), std::string::npos) << c.out;
  EXPECT_TRUE(bytes_of(folder.file("base.onnx")) != bytes_of(folder.file("m.onnx")));
}

/// `n` grey pictures of h x w as uint8 .npy.
std::string grey_pictures(const ScratchFolder& folder, const std::string& name, std::int64_t n, std::int64_t h,
                          std::int64_t w) {
  model::Npy array;
  array.dtype = "|u1";
  array.shape = {n, h, w};
  for (std::int64_t i = 0; i < n * h * w; ++i) array.bytes.push_back(static_cast<std::uint8_t>(i * 37 % 251));
  model::write_npy(folder.file(name), array);
  return folder.file(name);
}

TEST(VerbQuantize, ResizingIsStoredAndUsedAtRunTime) {
  const ScratchFolder folder;
  const std::string large = grey_pictures(folder, "large.npy", 5, 40, 60), out = folder.file("m.onnx");
  const Call refused = quantize(large, "dpu", out);
  EXPECT_EQ(refused.code, 2);
  EXPECT_NE(refused.err.find("E8-210"), std::string::npos) << refused.err;
  const Call c = quantize(large, "dpu", out, {"--resize", "32", "--crop"});
  ASSERT_EQ(c.code, 0) << c.err;
  const model::Preprocess p = model::read_metadata(model::read_onnx(out)).preprocess;
  EXPECT_EQ(p.resize, (std::vector<int>{32}));
  EXPECT_TRUE(p.crop);
  EXPECT_EQ(call({"run", out, large, "--index", "1"}).code, 0);
  EXPECT_EQ(call({"run", out, grey_pictures(folder, "other.npy", 1, 100, 28), "--index", "0"}).code, 0);
  ASSERT_EQ(quantize(large, "dpu", out, {"--resize", "28x28"}).code, 0);
  EXPECT_EQ(call({"compile", out, "--config", "b512", "-o", folder.file("m.e8")}).code, 0);
  EXPECT_EQ(call({"run", folder.file("m.e8"), large, "--index", "1", "--on", "emu"}).code, 0)
      << "from the program file";
}

TEST(VerbQuantize, PixelRange255IsTheSame) {
  const ScratchFolder folder;
  for (const char* scheme : {"dpu", "scaled"}) {
    ASSERT_EQ(quantize("synthetic:3", scheme, folder.file("a.onnx"), {"--mean", "0.5", "--std", "0.25"}).code, 0);
    ASSERT_EQ(quantize("synthetic:3", scheme, folder.file("b.onnx"),
                       {"--mean", "127.5", "--std", "63.75", "--pixel-range", "255"})
                  .code,
              0);
    EXPECT_TRUE(bytes_of(folder.file("a.onnx")) == bytes_of(folder.file("b.onnx")));
  }
}

TEST(VerbQuantize, ReportsByTheirEnds) {
  const ScratchFolder folder;
  const Call c = quantize("synthetic:4", "scaled", folder.file("m.onnx"),
                          {"--activations", "asym_minmax", "--report", folder.file("r.txt"), "--report",
                           folder.file("r.svg"), "--report", folder.file("r.json")});
  ASSERT_EQ(c.code, 0) << c.err;
  const auto json = nlohmann::json::parse(bytes_of(folder.file("r.json")));
  const std::string text = bytes_of(folder.file("r.txt")), svg = bytes_of(folder.file("r.svg"));
  std::size_t place = 0;
  for (const auto& t : json["tensors"]) {
    const std::string name = t["name"];
    EXPECT_NE(text.find(name), std::string::npos);
    const std::size_t next = svg.find(">" + name + "<", place);
    EXPECT_NE(next, std::string::npos) << name << " is not in the plot, or not in this place";
    place = next;
    EXPECT_GE(t["ties"], 0.0);
  }
  EXPECT_EQ(svg.rfind("<svg ", 0), 0U);
  EXPECT_NE(svg.find("</svg>"), std::string::npos);
  EXPECT_NE(text.find("zp -128"), std::string::npos) << text;
  const Call bad = quantize("synthetic:4", "dpu", folder.file("n.onnx"), {"--report", folder.file("r.pdf")});
  EXPECT_EQ(bad.code, 2);
  EXPECT_NE(bad.err.find(".svg"), std::string::npos) << bad.err;
}

TEST(VerbQuantize, ReportIsTheJsonWorstFirst) {
  const ScratchFolder folder;
  const Call c = quantize("synthetic:8", "dpu", folder.file("m.onnx"), {"--json", "--report", folder.file("r.json")});
  ASSERT_EQ(c.code, 0) << c.err;
  EXPECT_EQ(nlohmann::json::parse(bytes_of(folder.file("r.json"))), c.json());
  const auto tensors = c.json()["tensors"];
  ASSERT_GT(tensors.size(), 20U);
  for (std::size_t i = 1; i < tensors.size(); ++i) EXPECT_LE(tensors[i - 1]["sqnr_db"], tensors[i]["sqnr_db"]);
  for (const auto& t : tensors) EXPECT_EQ(t["scale"], std::ldexp(1.0, -t["p"].get<int>()));
}

void expect_error(const Call& c, const std::string& id, const std::string& part) {
  EXPECT_EQ(c.code, 2) << c.err;
  EXPECT_EQ(c.err.rfind(id, 0), 0U) << c.err;
  EXPECT_NE(c.err.find(part), std::string::npos) << c.err;
  EXPECT_EQ(c.out, "");
}

TEST(VerbQuantize, BadInputIsNamedAndNothingIsWritten) {
  const ScratchFolder folder;
  const std::string out = folder.file("m.onnx");
  expect_error(quantize("synthetic:2", "dou", out), "E8-801", "dou");
  expect_error(quantize("synthetic:2", "dpu", out, {"--tie", "up"}), "E8-801", "half_up");
  expect_error(quantize("synthetic:2", "dpu", out, {"--batch", "0"}), "E8-801", "batch");
  expect_error(quantize("synthetic:x", "dpu", out), "E8-301", "synthetic:x");
  expect_error(quantize(folder.file("absent"), "dpu", out), "E8-201", "absent");
  expect_error(quantize("synthetic:2", "scaled", out, {"--activations", "mode"}), "E8-303", "mode");
  expect_error(quantize("synthetic:2", "dpu", out, {"--activations", "asym_kl"}), "E8-303", "asymmetric");
  expect_error(quantize("synthetic:2", "dpu", out, {"--percentile", "0"}), "E8-303", "percentile");
  expect_error(quantize("synthetic:2", "dpu", out, {"--mean", "1,2"}), "E8-802", "--mean");
  for (const char* size : {"0", "28x", "axb", "28x28x1", "40000", "27"})
    EXPECT_EQ(quantize("synthetic:2", "dpu", out, {"--resize", size}).code, 2) << size;
  expect_error(quantize("synthetic:2", "dpu", out, {"--resize", "30x30"}), "E8-122", "crop");
  expect_error(quantize("synthetic:2", "dpu", out, {"--channels", "bgr"}), "E8-122", "3 are needed");
  expect_error(quantize(folder.file(""), "dpu", out, {"--calib-list", folder.file("no")}), "E8-201", "no");
  expect_error(quantize("synthetic:2", "dpu", fmnist()), "E8-802", "model itself");
  const std::string names = folder.write("names.txt", "a\nb\n");
  expect_error(quantize("synthetic:2", "dpu", out, {"--class-names", names}), "E8-307", "2 class names");
  expect_error(quantize("synthetic:2", "dpu", out, {"--class-names", folder.write("names.txt", "\n\n")}), "E8-307",
               "no class names");
  EXPECT_EQ(quantize("synthetic:2", "dpu", folder.file("no/m.onnx")).code, 4) << "cannot write";
  expect_error(call({"quantize", names, "--calib", "synthetic:2", "--scheme", "dpu", "-o", out}), "E8-102",
               "names.txt");
  expect_error(call({"quantize", fmnist(), "--scheme", "dpu", "-o", out}), "E8-801", "--calib");
  EXPECT_EQ(folder.files(), 1U);
  ASSERT_EQ(quantize("synthetic:2", "dpu", out).code, 0);
  expect_error(call({"quantize", out, "--calib", "synthetic:2", "--scheme", "dpu", "-o", folder.file("n.onnx")}),
               "E8-305", "quantized already");
}

TEST(VerbQuantize, NumbersOfThePreprocessingAreFinite) {
  const ScratchFolder folder;
  const std::string out = folder.file("m.onnx");
  for (const char* number : {"nan", "inf", "-inf"}) {
    expect_error(quantize("synthetic:2", "dpu", out, {std::string("--mean=") + number}), "E8-802",
                 "--mean " + std::string(number));
    expect_error(quantize("synthetic:2", "dpu", out, {std::string("--std=") + number}), "E8-802",
                 "--std " + std::string(number));
  }
  for (const char* number : {"0", "-1"})
    expect_error(quantize("synthetic:2", "dpu", out, {std::string("--std=") + number}), "E8-802", "positive");
  EXPECT_EQ(folder.files(), 0U);
}

TEST(VerbQuantize, PixelRangeNeedsMeanAndStd) {
  const ScratchFolder folder;
  const std::string out = folder.file("m.onnx");
  for (const std::vector<std::string>& some : {std::vector<std::string>{}, {"--mean", "127.5"}, {"--std", "63.75"}}) {
    std::vector<std::string> more = {"--pixel-range", "255"};
    more.insert(more.end(), some.begin(), some.end());
    expect_error(quantize("synthetic:2", "dpu", out, more), "E8-802", "--pixel-range 255");
  }
  ASSERT_EQ(quantize("synthetic:2", "dpu", out, {"--pixel-range", "1"}).code, 0);
  expect_error(call({"run", out, out, "--pixel-range", "255"}), "E8-802", "--pixel-range");
}

TEST(VerbQuantize, PathsNeedNotBeUtf8) {
  const ScratchFolder folder;
  const Call c =
      quantize("synthetic:2", "dpu", folder.file("m\xFF.onnx"), {"--json", "--report", folder.file("r.json")});
  ASSERT_EQ(c.code, 0) << c.err;
  EXPECT_EQ(nlohmann::json::parse(bytes_of(folder.file("r.json"))), c.json());
  EXPECT_NE(c.json()["output"].get<std::string>().find("m\xEF\xBF\xBD.onnx"), std::string::npos) << "U+FFFD";
}

TEST(VerbQuantize, AnOldFileSurvivesAFailure) {
  const ScratchFolder folder;
  const std::string out = folder.write("m.onnx", "precious");
  EXPECT_EQ(quantize("synthetic:2", "scaled", out, {"--activations", "mode"}).code, 2);
  EXPECT_EQ(bytes_of(out), "precious");
}

}  // namespace
}  // namespace e8::cli
