// Tensors in DRAM.
#include "host/compile/layout.h"

#include <gtest/gtest.h>

#include "host/model/error.h"

namespace e8::compile {
namespace {

ops::Tensor counting(ops::Shape shape) {
  ops::Tensor t(shape);
  for (std::size_t i = 0; i < t.data.size(); ++i) t.data[i] = static_cast<std::int8_t>(i * 7 + 1);
  return t;
}

TEST(Layout, blocked_bytes_are_where_the_place_says) {
  const ops::Tensor t = counting({3, 5, 11});
  const Place p = blocked_place(isa::kRegionScratch, 128, t.shape, 4);
  EXPECT_EQ(p.block, 4);
  EXPECT_EQ(p.blk_stride, 20u);
  EXPECT_EQ(p.row_stride, 60u);
  EXPECT_EQ(place_bytes(p, t.shape), 180u);
  const std::vector<std::uint8_t> bytes = pack(t, p, -3);
  EXPECT_EQ(static_cast<std::int8_t>(bytes[2 * 60 + 1 * 20 + 3 * 4 + 2]), t.at(2, 3, 6));
  EXPECT_EQ(static_cast<std::int8_t>(bytes[2 * 20 + 3]), -3) << "channel 11 does not exist";
}

TEST(Layout, pack_and_unpack_are_inverse) {
  for (const int c : {1, 3, 4, 5, 8}) {
    const ops::Tensor t = counting({2, 3, c});
    for (const Place& p :
         {blocked_place(isa::kRegionInput, 0, t.shape, 4), dense_place(isa::kRegionInput, 0, t.shape)}) {
      const std::vector<std::uint8_t> bytes = pack(t, p);
      EXPECT_EQ(bytes.size(), place_bytes(p, t.shape));
      EXPECT_EQ(unpack(bytes.data(), t.shape, p).data, t.data);
    }
  }
}

TEST(Layout, dense_has_no_gaps) {
  const ops::Tensor t = counting({2, 3, 3});
  const std::vector<std::uint8_t> bytes = pack(t, dense_place(isa::kRegionInput, 0, t.shape), 99);
  ASSERT_EQ(bytes.size(), t.data.size());
  for (std::size_t i = 0; i < bytes.size(); ++i) EXPECT_EQ(static_cast<std::int8_t>(bytes[i]), t.data[i]);
}

TEST(RegionAllocator, takes_the_first_gap_and_keeps_the_high_water_mark) {
  RegionAllocator r;
  EXPECT_EQ(r.allocate(100, "a"), 0u);
  EXPECT_EQ(r.allocate(64, "b"), 128u);
  EXPECT_EQ(r.allocate(1, "c"), 192u);
  r.release(0);
  EXPECT_EQ(r.allocate(129, "d"), 256u) << "larger than the gap";
  EXPECT_EQ(r.allocate(128, "e"), 0u);
  EXPECT_EQ(r.size(), 256u + 192u);
}

TEST(RegionAllocator, four_gigabytes_are_the_limit) {
  RegionAllocator r;
  r.allocate(0xffff0000u, "a");
  try {
    r.allocate(0x10000, "tensor 'x'");
    FAIL();
  } catch (const UserError& e) {
    EXPECT_EQ(e.id(), 404);
    EXPECT_NE(std::string(e.what()).find("tensor 'x'"), std::string::npos);
  }
}

}  // namespace
}  // namespace e8::compile
