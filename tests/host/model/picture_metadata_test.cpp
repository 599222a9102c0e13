// Tests read_picture_metadata of host/model/metadata.h: what a float model says, or does not.
#include <gtest/gtest.h>

#include "host/model/error.h"
#include "host/model/metadata.h"
#include "host/model/onnx_read.h"

namespace e8::model {
namespace {

Graph float_graph(const std::map<std::string, std::string>& metadata) {
  Graph g;
  g.file = "f.onnx";
  g.values.push_back({"x", {5, 4, 3}, 0});
  g.input = 0;
  g.outputs = {0};
  g.metadata = metadata;
  return g;
}

TEST(PictureMetadata, DefaultsFitTheInput) {
  const Metadata m = read_picture_metadata(float_graph({}));
  EXPECT_EQ(m.preprocess.h, 5);
  EXPECT_EQ(m.preprocess.w, 4);
  EXPECT_EQ(m.preprocess.c, 3);
  EXPECT_EQ(m.preprocess.mean, (std::vector<double>{0, 0, 0}));
  EXPECT_EQ(m.preprocess.stddev, (std::vector<double>{1, 1, 1}));
  EXPECT_EQ(m.preprocess.round, "");
  EXPECT_TRUE(m.labels.empty());
  EXPECT_EQ(m.scheme, "");
}

TEST(PictureMetadata, RoundMayBeThereOrNot) {
  const std::string start = R"({"size": [5, 4, 3], "mean": [1, 2, 3], "std": [4, 5, 6])";
  EXPECT_EQ(read_picture_metadata(float_graph({{"exact8.preprocess", start + "}"}})).preprocess.round, "");
  const Metadata m = read_picture_metadata(
      float_graph({{"exact8.preprocess", start + R"(, "round": "trunc"})"}, {"exact8.labels", R"(["a", "b"])"}}));
  EXPECT_EQ(m.preprocess.round, "trunc");
  EXPECT_EQ(m.preprocess.mean, (std::vector<double>{1, 2, 3}));
  EXPECT_EQ(m.labels, (std::vector<std::string>{"a", "b"}));
}

TEST(PictureMetadata, GeometryIsKept) {
  Preprocess p = read_picture_metadata(float_graph({})).preprocess;
  p.round = "trunc";
  for (const auto& [resize, crop, bgr] : {std::tuple{std::vector<int>{8}, true, false},
                                          {{9, 10}, true, true},
                                          {{5, 4}, false, false},
                                          {{}, true, false},
                                          {{}, false, false}}) {
    p.resize = resize, p.crop = crop, p.bgr = bgr;
    Graph g = float_graph({});
    write_metadata(&g, "dpu", "half_up", p, {});
    for (const Preprocess& q : {read_metadata(g).preprocess, read_picture_metadata(g).preprocess}) {
      EXPECT_EQ(q.resize, resize);
      EXPECT_EQ(q.crop, crop);
      EXPECT_EQ(q.bgr, bgr);
    }
  }
}

TEST(PictureMetadata, ImpossibleGeometryIsNamed) {
  const std::string start = R"({"size": [5, 4, 3], "mean": [1, 2, 3], "std": [4, 5, 6], )";
  for (const char* bad : {R"("resize": [0, 4])", R"("resize": [40000])", R"("resize": [5, 4, 3])", R"("resize": [4])",
                          R"("resize": [6, 4])", R"("resize": "5x4")", R"("crop": 1)", R"("bgr": "yes")"}) {
    try {
      read_picture_metadata(float_graph({{"exact8.preprocess", start + bad + "}"}}));
      ADD_FAILURE() << bad << " was accepted";
    } catch (const UserError& e) {
      EXPECT_EQ(e.id(), 122) << bad;
    }
  }
  Preprocess grey{5, 4, 1, {0}, {1}};
  grey.bgr = true;
  EXPECT_THROW(check_preprocess("f.onnx", grey), UserError);
}

TEST(PictureMetadata, DamageIsNamed) {
  const auto message = [](const std::string& key, const std::string& value) -> std::string {
    try {
      read_picture_metadata(float_graph({{key, value}}));
    } catch (const UserError& e) {
      EXPECT_EQ(e.id(), 122);
      return e.what();
    }
    return "accepted";
  };
  for (const char* bad :
       {"", "[]", "1", "{}", "{\"size\": [5, 4, 3]}", R"({"size": [5, 4, 3], "mean": [1], "std": [1, 1, 1]})",
        R"({"size": [5, 4, 3], "mean": [1, 1, 1], "std": [1, 0, 1]})",
        R"({"size": [5, 4, 3], "mean": [1, 1, 1], "std": [1, 1, 1], "round": "up"})"})
    EXPECT_NE(message("exact8.preprocess", bad).find("'exact8.preprocess'"), std::string::npos) << bad;
  EXPECT_NE(message("exact8.labels", "[1]").find("'exact8.labels'"), std::string::npos);
}

TEST(PictureMetadata, OfTheTrainedNetwork) {
  const Metadata m = read_picture_metadata(read_onnx(std::string(EXACT8_SOURCE_DIR) + "/models/fmnist.onnx"));
  EXPECT_EQ(m.preprocess.mean, (std::vector<double>{0.2860}));
  EXPECT_EQ(m.preprocess.stddev, (std::vector<double>{0.3530}));
  EXPECT_EQ(m.labels.size(), 10U);
}

}  // namespace
}  // namespace e8::model
