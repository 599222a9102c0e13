// Tests `exact8 accuracy` on pictures labelled by the network itself, so that the answer is known.
#include <gtest/gtest.h>

#include <algorithm>

#include "host/cli/float_input.h"
#include "host/model/float_ref.h"
#include "host/model/golden.h"
#include "host/model/lower.h"
#include "host/model/onnx_read.h"
#include "host/model/preprocess.h"
#include "tests/host/cli/call.h"

namespace e8::cli {
namespace {

constexpr int kPictures = 130;  // more than one batch

std::vector<int> float_classes(const std::string& idx) {
  const model::Graph g = model::read_onnx(fmnist());
  const auto p = PreprocessOptions().apply(g).preprocess;
  const model::Batch out = model::run_float(g, read_calibration(idx, "", g.value(g.input).shape, p, 0, 1, 1));
  std::vector<int> classes;
  for (int i = 0; i < out.n; ++i)
    classes.push_back(static_cast<int>(std::max_element(out.image(i), out.image(i) + 10) - out.image(i)));
  return classes;
}

Call accuracy(const std::string& model, const std::string& images, const std::string& labels,
              const std::vector<std::string>& more = {}) {
  std::vector<std::string> words = {"accuracy", model, "--images", images, "--labels", labels};
  words.insert(words.end(), more.begin(), more.end());
  return call(words);
}

TEST(VerbAccuracy, Float) {
  const ScratchFolder folder;
  const std::string idx = folder.write("pictures", idx_pictures(kPictures));
  std::vector<int> classes = float_classes(idx);
  ASSERT_GT(std::count_if(classes.begin(), classes.end(), [&](int c) { return c != classes[0]; }), 10)
      << "the pictures are all of one class; the test shows little";
  const Call all = accuracy(fmnist(), idx, folder.write("labels", idx_labels(classes)), {"--json"});
  ASSERT_EQ(all.code, 0) << all.err;
  EXPECT_EQ(all.json()["top1"], 100.0);
  EXPECT_EQ(all.json()["pictures"], kPictures);
  EXPECT_EQ(all.json()["scheme"], "float");
  for (const std::size_t i : {0U, 99U, 100U, 129U}) classes[i] = (classes[i] + 1) % 10;
  const std::string wrong = folder.write("wrong", idx_labels(classes));
  EXPECT_EQ(accuracy(fmnist(), idx, wrong, {"--json"}).json()["correct"], kPictures - 4);
  const Call ten = accuracy(fmnist(), idx, wrong, {"--limit", "10"});
  EXPECT_NE(ten.out.find("top-1 90.00 %, 9 of 10 pictures"), std::string::npos) << ten.out;
  EXPECT_NE(accuracy(fmnist(), idx, wrong, {"--json", "--mean", "0.9", "--std", "0.1"}).json()["correct"],
            kPictures - 4)
      << "other preprocessing, same answer";
}

TEST(VerbAccuracy, QuantizedIsTheGoldenModel) {
  const ScratchFolder folder;
  const std::string idx = folder.write("pictures", idx_pictures(kPictures)), int8 = folder.file("int8.onnx");
  ASSERT_EQ(call({"quantize", fmnist(), "--calib", idx, "--scheme", "dpu", "-o", int8}).code, 0);
  const model::IntNet net = model::read_int_net(int8);
  const auto pictures = model::open_pictures(idx);
  std::vector<int> classes;
  for (std::size_t i = 0; i < pictures->size(); ++i) {
    const auto y = model::run_golden_output(net, model::picture_to_int8(pictures->read(i), "", net)).data;
    classes.push_back(static_cast<int>(std::max_element(y.begin(), y.end()) - y.begin()));
  }
  classes[7] = (classes[7] + 1) % 10;
  const std::string labels = folder.write("labels", idx_labels(classes));
  const Call c = accuracy(int8, idx, labels, {"--json"});
  ASSERT_EQ(c.code, 0) << c.err;
  EXPECT_EQ(c.json()["correct"], kPictures - 1);
  EXPECT_EQ(c.json()["scheme"], "dpu");
  EXPECT_EQ(accuracy(int8, idx, labels, {"--mean", "0"}).code, 2);
}

TEST(VerbAccuracy, BadInputIsNamed) {
  const ScratchFolder folder;
  const std::string idx = folder.write("pictures", idx_pictures(3));
  const auto error = [&](const std::vector<int>& labels) {
    const Call c = accuracy(fmnist(), idx, folder.write("labels", idx_labels(labels)));
    EXPECT_EQ(c.code, 2);
    EXPECT_EQ(c.out, "");
    return c.err;
  };
  EXPECT_NE(error({1, 2}).find("E8-802"), std::string::npos);
  EXPECT_NE(error({1, 2, 10}).find("label 10"), std::string::npos);
  EXPECT_EQ(accuracy(fmnist(), idx, folder.file("absent")).err.rfind("E8-204", 0), 0U);
  EXPECT_EQ(accuracy(fmnist(), folder.file("absent"), idx).err.rfind("E8-201", 0), 0U);
}

}  // namespace
}  // namespace e8::cli
