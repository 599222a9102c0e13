// Tests host/cli/float_input.h.
#include "host/cli/float_input.h"

#include <gtest/gtest.h>

#include <cstring>
#include <set>

#include "host/model/error.h"
#include "host/model/npy.h"
#include "host/model/preprocess.h"
#include "tests/host/cli/call.h"

namespace e8::cli {
namespace {

const model::Preprocess kPreprocess{28, 28, 1, {0.25}, {0.5}, "half_up"};
const ops::Shape kShape{28, 28, 1};

TEST(Choose, SeededDistinctAndInOrder) {
  EXPECT_EQ(choose(5, 0, 1), (std::vector<std::size_t>{0, 1, 2, 3, 4}));
  EXPECT_EQ(choose(5, 5, 1).size(), 5U);
  EXPECT_EQ(choose(5, 9, 1).size(), 5U);
  const auto some = choose(1000, 100, 1);
  EXPECT_EQ(some.size(), 100U);
  EXPECT_TRUE(std::is_sorted(some.begin(), some.end()));
  EXPECT_EQ(std::set<std::size_t>(some.begin(), some.end()).size(), 100U);
  EXPECT_LT(some.back(), 1000U);
  EXPECT_GT(some.back(), 900U) << "only the beginning is used";
  EXPECT_EQ(some, choose(1000, 100, 1));
  EXPECT_NE(some, choose(1000, 100, 2));
}

TEST(ReadCalibration, PicturesThroughPreprocessing) {
  const ScratchFolder folder;
  const std::string idx = folder.write("pictures.idx", idx_pictures(20));
  const model::Batch all = read_calibration(idx, "", kShape, kPreprocess, 0, 1, 2);
  ASSERT_EQ(all.n, 20);
  const auto pixel = static_cast<unsigned char>(idx_pictures(20)[16 + 28 * 28 * 3 + 500]);
  EXPECT_FLOAT_EQ(all.image(3)[500], (static_cast<float>(pixel) / 255 - 0.25F) / 0.5F);
  const model::Batch some = read_calibration(idx, "", kShape, kPreprocess, 4, 9, 1);
  const auto which = choose(20, 4, 9);
  ASSERT_EQ(some.n, 4);
  for (int i = 0; i < 4; ++i)
    EXPECT_EQ(std::memcmp(some.image(i), all.image(static_cast<int>(which[static_cast<std::size_t>(i)])),
                          kShape.size() * sizeof(float)),
              0);
}

TEST(ReadCalibration, SyntheticIsSeeded) {
  const auto data = [](const std::string& source, std::uint64_t seed) {
    return read_calibration(source, "", kShape, kPreprocess, 0, seed, 2).data;
  };
  const auto three = data("synthetic:3", 1);
  EXPECT_EQ(three.size(), 3 * kShape.size());
  EXPECT_EQ(three, data("synthetic:3", 1));
  EXPECT_NE(three, data("synthetic:3", 2));
  EXPECT_FALSE(std::equal(three.begin(), three.begin() + 784, three.begin() + 784));
  for (const char* bad : {"synthetic:", "synthetic:0", "synthetic:-1", "synthetic:3x", "synthetic:100001"}) {
    try {
      data(bad, 1);
      ADD_FAILURE() << bad;
    } catch (const UserError& e) {
      EXPECT_EQ(e.id(), 301) << bad;
    }
  }
}

TEST(ReadCalibration, FloatArraysAreTakenAsTheyAre) {
  const ScratchFolder folder;
  const std::vector<float> values = {1, 2, 3, 4, 5, 6, 7, 8};
  const auto write = [&](std::vector<std::int64_t> shape) {
    model::Npy array;
    array.shape = std::move(shape);
    array.dtype = "<f4";
    array.bytes.resize(values.size() * sizeof(float));
    std::memcpy(array.bytes.data(), values.data(), array.bytes.size());
    model::write_npy(folder.file("x.npy"), array);
    return folder.file("x.npy");
  };
  const ops::Shape shape{1, 2, 2};
  const model::Preprocess p{1, 2, 2, {9, 9}, {9, 9}, "half_up"};
  EXPECT_EQ(read_calibration(write({2, 2, 1, 2}), "", shape, p, 0, 1, 1).data, values);
  EXPECT_EQ(read_calibration(write({2, 4}), "", shape, p, 0, 1, 1).data, values);
  EXPECT_EQ(read_calibration(write({2, 2, 1, 2}), "", shape, p, 1, 1, 1).n, 1);
  for (const auto& bad : {std::vector<std::int64_t>{8}, {2, 1, 2, 2}, {1, 8}, {4, 2}}) {
    try {
      read_calibration(write(bad), "", shape, p, 0, 1, 1);
      ADD_FAILURE() << "an array of the wrong shape was taken";
    } catch (const UserError& e) {
      EXPECT_EQ(e.id(), 301);
    }
  }
}

TEST(PreprocessOptions, OverrideTheModel) {
  model::Graph g;
  g.values.push_back({"x", {4, 4, 3}, 0});
  g.input = 0;
  g.outputs = {0};
  PreprocessOptions o;
  EXPECT_EQ(o.apply(g).preprocess.mean, (std::vector<double>{0, 0, 0}));
  EXPECT_EQ(o.apply(g).preprocess.stddev, (std::vector<double>{1, 1, 1}));
  EXPECT_EQ(o.apply(g).preprocess.round, "");
  g.metadata["exact8.preprocess"] = R"({"size": [4, 4, 3], "mean": [0.1, 0.2, 0.3], "std": [2, 3, 4]})";
  EXPECT_EQ(o.apply(g).preprocess.mean, (std::vector<double>{0.1, 0.2, 0.3}));
  EXPECT_EQ(o.apply(g).preprocess.round, "");
  o.mean = {0.5};
  o.stddev = {1, 2, 3};
  o.round = "trunc";
  EXPECT_EQ(o.apply(g).preprocess.mean, (std::vector<double>{0.5, 0.5, 0.5}));
  EXPECT_EQ(o.apply(g).preprocess.stddev, (std::vector<double>{1, 2, 3}));
  EXPECT_EQ(o.apply(g).preprocess.round, "trunc");
  o.mean = {1, 2};
  EXPECT_THROW(o.apply(g), UserError);
  o.mean = {};
  o.stddev = {0};
  EXPECT_THROW(o.apply(g), UserError);
}

}  // namespace
}  // namespace e8::cli
