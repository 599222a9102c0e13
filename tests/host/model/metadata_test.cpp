// Metadata to keys and back; every key missing, damaged, out of range.
#include "host/model/metadata.h"

#include <gmock/gmock.h>

#include <cmath>

#include "tests/host/model/model_builder.h"

namespace e8::model {
namespace {

using ::testing::HasSubstr;

Preprocess picture() {
  Preprocess p;
  p.h = 28, p.w = 30, p.c = 2;
  p.mean = {0.1, -1.0 / 3};
  p.stddev = {0.5, 1e-3};
  p.round = "trunc";
  return p;
}

Graph written(const std::string& scheme = "dpu") {
  Graph g;
  g.file = "net.onnx";
  write_metadata(&g, scheme, "half_up", picture(), {"a \"b\"", "ü"}, 7);
  return g;
}

TEST(Metadata, RoundTripIsExact) {
  const Metadata m = read_metadata(written());
  EXPECT_EQ(m.scheme, "dpu");
  EXPECT_EQ(m.tie, "half_up");
  EXPECT_EQ(m.guard_bits, 7);
  EXPECT_EQ(m.preprocess.h, 28);
  EXPECT_EQ(m.preprocess.w, 30);
  EXPECT_EQ(m.preprocess.c, 2);
  EXPECT_EQ(m.preprocess.mean, picture().mean);
  EXPECT_EQ(m.preprocess.stddev, picture().stddev);
  EXPECT_EQ(m.preprocess.round, "trunc");
  EXPECT_EQ(m.labels, (std::vector<std::string>{"a \"b\"", "ü"}));
}

TEST(Metadata, GuardBitsAndLabelsAreOptional) {
  Graph g = written();
  g.metadata.erase("exact8.guard_bits");
  g.metadata.erase("exact8.labels");
  EXPECT_EQ(read_metadata(g).guard_bits, kDefaultGuardBits);
  EXPECT_TRUE(read_metadata(g).labels.empty());
  EXPECT_EQ(written("scaled").metadata.count("exact8.guard_bits"), 0u);
}

TEST(Metadata, WritingKeepsForeignKeysAndDropsOldOnes) {
  Graph g = written();
  g.metadata["author"] = "me";
  g.metadata["exact8.old"] = "x";
  write_metadata(&g, "scaled", "half_even", picture(), {});
  EXPECT_EQ(g.metadata.at("author"), "me");
  EXPECT_EQ(g.metadata.count("exact8.old") + g.metadata.count("exact8.labels") + g.metadata.count("exact8.guard_bits"),
            0u);
  EXPECT_EQ(read_metadata(g).scheme, "scaled");
}

TEST(Metadata, Refusals) {
  const std::string size = R"({"size": [28, 30, 2], "mean": [0, 0], "std": [1, 1], "round": "trunc"})";
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string s = size;
    return s.replace(s.find(from), from.size(), to);
  };
  const std::vector<std::pair<const char*, std::string>> cases = {
      {"scheme", "xilinx"},
      {"scheme", ""},
      {"tie", "nearest"},
      {"guard_bits", "16"},
      {"guard_bits", "-1"},
      {"guard_bits", "2.5"},
      {"guard_bits", "two"},
      {"guard_bits", "99999999999999999999"},
      {"labels", "a,b"},
      {"labels", "[1, 2]"},
      {"labels", "{\"a\": 1}"},
      {"labels", std::string(2000000, '[')},
      {"preprocess", ""},
      {"preprocess", "[]"},
      {"preprocess", "{}"},
      {"preprocess", with("[28, 30, 2]", "[28, 30]")},
      {"preprocess", with("[28, 30, 2]", "[0, 30, 2]")},
      {"preprocess", with("[28, 30, 2]", "[1.5, 30, 2]")},
      {"preprocess", with("[28, 30, 2]", "[1e99, 30, 2]")},
      {"preprocess", with("[28, 30, 2]", "28")},
      {"preprocess", with("[28, 30, 2]", "[28, 30, 3]")},
      {"preprocess", with("[1, 1]", "[1, 0]")},
      {"preprocess", with("[1, 1]", "[1, -1]")},
      {"preprocess", with("[0, 0]", "[\"a\", 0]")},
      {"preprocess", with("trunc", "floor")},
  };
  for (const auto& [key, value] : cases) {
    Graph g = written();
    g.metadata[std::string("exact8.") + key] = value;
    std::string message;
    EXPECT_EQ(error_id([&] { read_metadata(g); }, &message), 122) << key << " = " << value.substr(0, 80);
    EXPECT_THAT(message, HasSubstr(std::string("net.onnx: metadata 'exact8.") + key));
    EXPECT_LT(message.size(), 400u);
  }
  for (const char* key : {"scheme", "tie", "preprocess"}) {
    Graph g = written();
    g.metadata.erase(std::string("exact8.") + key);
    EXPECT_EQ(error_id([&] { read_metadata(g); }), 122) << key;
  }
}

TEST(Metadata, WritingRefusesWhatReadingWould) {
  Graph g;
  EXPECT_EQ(error_id([&] { write_metadata(&g, "other", "half_up", picture(), {}); }), 122);
  EXPECT_EQ(error_id([&] { write_metadata(&g, "dpu", "half_up", picture(), {}, 16); }), 122);
  EXPECT_EQ(error_id([&] { write_metadata(&g, "dpu", "half_up", picture(), {"\xff"}); }), 122);
  Preprocess p = picture();
  p.mean[0] = std::nan("");
  EXPECT_EQ(error_id([&] { write_metadata(&g, "dpu", "half_up", p, {}); }), 122);
}

TEST(Metadata, TieNames) {
  EXPECT_EQ(tie_of("half_up", ""), num::Tie::kHalfUp);
  EXPECT_EQ(tie_of("half_away", ""), num::Tie::kHalfAway);
  EXPECT_EQ(tie_of("half_even", ""), num::Tie::kHalfEven);
  EXPECT_EQ(error_id([] { tie_of("trunc", "f"); }), 122);
}

}  // namespace
}  // namespace e8::model
