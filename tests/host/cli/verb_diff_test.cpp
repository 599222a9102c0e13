// exact8 diff: equal, different, incomparable; where and how.
#include <cstring>
#include <limits>

#include "host/cli/tensor_diff.h"
#include "host/model/npy.h"
#include "tests/host/cli/model_files.h"

namespace e8::cli {
namespace {

using model::Npy;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

Npy bytes(std::vector<std::int64_t> shape, std::vector<std::uint8_t> data) {
  return {std::move(shape), "|i1", std::move(data)};
}

template <typename T>
Npy array(const char* dtype, const std::vector<T>& values) {
  Npy a{{static_cast<std::int64_t>(values.size())}, dtype, std::vector<std::uint8_t>(values.size() * sizeof(T))};
  std::memcpy(a.bytes.data(), values.data(), a.bytes.size());
  return a;
}

TEST(VerbDiff, EqualAndDifferent) {
  const ScratchFolder folder;
  model::write_npy(folder.file("a.npy"), bytes({2, 2, 3}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}));
  model::write_npy(folder.file("b.npy"), bytes({2, 2, 3}, {1, 2, 3, 4, 5, 9, 7, 8, 9, 10, 11, 11}));
  const Call equal = call({"diff", folder.file("a.npy"), folder.file("a.npy")});
  EXPECT_EQ(equal.code, 0);
  EXPECT_THAT(equal.out, HasSubstr("12 values, all equal"));
  const Call c = call({"diff", folder.file("a.npy"), folder.file("b.npy")});
  EXPECT_FAILS(c, 1, 709);
  EXPECT_THAT(c.out, AllOf(HasSubstr("2 of 12 values differ"), HasSubstr("first [0,1,2]: 6 against 9"),
                           HasSubstr("all within [0,1,2] to [1,1,2]"), HasSubstr("at most 3"),
                           HasSubstr("-3: 1 values"), HasSubstr("+1: 1 values")));
  const nlohmann::json j = call({"diff", folder.file("a.npy"), folder.file("b.npy"), "--json"}).json();
  EXPECT_EQ(j["differing"], 2);
  EXPECT_EQ(j["first"]["index"], (std::vector<int>{0, 1, 2}));
  EXPECT_EQ(call({"diff", folder.file("a.npy"), folder.file("a.npy"), "--json"}).json()["differing"], 0);
}

TEST(VerbDiff, WhatCannotBeCompared) {
  const ScratchFolder folder;
  model::write_npy(folder.file("a.npy"), bytes({2, 2}, {1, 2, 3, 4}));
  model::write_npy(folder.file("b.npy"), bytes({4}, {1, 2, 3, 4}));
  model::write_npy(folder.file("u.npy"), {{2, 2}, "|u1", {1, 2, 3, 4}});
  model::write_npy(folder.file("e.npy"), bytes({0, 2}, {}));
  EXPECT_FAILS(call({"diff", folder.file("a.npy"), folder.file("b.npy")}), 1, 708);
  EXPECT_FAILS(call({"diff", folder.file("a.npy"), folder.file("u.npy")}), 1, 708);
  EXPECT_FAILS(call({"diff", folder.file("e.npy"), folder.file("e.npy")}), 5, 706);
  EXPECT_FAILS(call({"diff", folder.file("a.npy"), folder.file("none.npy")}), 2, 205);
  EXPECT_FAILS(call({"diff", folder.file("a.npy"), folder.write("x.npy", "x")}), 2, 205);
}

TEST(ArrayDiff, EveryType) {
  EXPECT_EQ(compare(array<std::int32_t>("<i4", {-5, 1 << 30}), array<std::int32_t>("<i4", {-5, 0})).largest, 1 << 30);
  EXPECT_EQ(compare(array<std::uint8_t>("|u1", {255}), array<std::uint8_t>("|u1", {0})).largest, 255);
  EXPECT_EQ(compare(array<std::int8_t>("|i1", {-128}), array<std::int8_t>("|i1", {127})).largest, 255);
  EXPECT_EQ(compare(array<std::int64_t>("<i8", {7}), array<std::int64_t>("<i8", {4})).mean, 3);
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const ArrayDiff f = compare(array<float>("<f4", {0.0f, nan, 1.0f}), array<float>("<f4", {-0.0f, nan, 1.5f}));
  EXPECT_EQ(f.differing, 1u) << "0 equals -0, a NaN equals itself";
  EXPECT_EQ(f.largest, 0.5);
  EXPECT_TRUE(f.histogram.empty());
  EXPECT_THROW(compare(array<float>("<f4", {0}), array<float>("<f4", {0, 1})), std::invalid_argument);
  EXPECT_THAT(compare(array<std::int8_t>("|i1", {1, 2, 2}), array<std::int8_t>("|i1", {0, 2, 1})).histogram,
              ElementsAre(Pair(1, 2)));
}

TEST(TensorDiff, NamesTheFirst) {
  ops::Tensor a({2, 3, 4}), b({2, 3, 4});
  EXPECT_EQ(compare(a, b).differing, 0u);
  b.at(1, 2, 3) = 1;
  b.at(1, 0, 2) = -7;
  const TensorDiff d = compare(a, b);
  EXPECT_EQ(d.values, 24u);
  EXPECT_EQ(d.differing, 2u);
  EXPECT_THAT((std::vector<int>{d.y, d.x, d.c, d.got, d.want}), ElementsAre(1, 0, 2, 0, -7));
  EXPECT_THROW(compare(a, ops::Tensor({2, 4, 3})), std::invalid_argument);
}

}  // namespace
}  // namespace e8::cli
