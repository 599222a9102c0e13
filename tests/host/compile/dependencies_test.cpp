// Tokens and drain_wait that follow from accesses.
#include "host/compile/dependencies.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace e8::compile {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

Access reads(std::uint64_t begin, std::uint64_t end, Memory m = Memory::kFeature) {
  return {m, isa::kRegionScratch, begin, end, false};
}
Access writes(std::uint64_t begin, std::uint64_t end, Memory m = Memory::kFeature) {
  return {m, isa::kRegionScratch, begin, end, true};
}

TEST(Dependencies, read_after_write_takes_one_token) {
  Dependencies d;
  EXPECT_EQ(d.next(isa::kLoadEngine, {writes(0, 10)}).wait, 0u);
  const Order exec = d.next(isa::kExecEngine, {reads(9, 12)});
  EXPECT_EQ(exec.wait, unsigned{isa::kTokenLoad});
  EXPECT_THAT(exec.senders, ElementsAre(0));
  EXPECT_FALSE(exec.drain);
  EXPECT_EQ(d.next(isa::kExecEngine, {reads(0, 10)}).wait, 0u) << "known already";
}

TEST(Dependencies, disjoint_ranges_and_memories_are_independent) {
  Dependencies d;
  d.next(isa::kLoadEngine, {writes(0, 10), writes(0, 10, Memory::kWeight)});
  EXPECT_EQ(d.next(isa::kExecEngine, {reads(10, 20)}).wait, 0u);
  EXPECT_EQ(d.next(isa::kExecEngine, {reads(0, 10, Memory::kParam)}).wait, 0u);
  EXPECT_EQ(d.next(isa::kExecEngine, {reads(5, 5)}).wait, 0u) << "an empty range";
  EXPECT_NE(d.next(isa::kExecEngine, {reads(9, 10, Memory::kWeight)}).wait, 0u);
}

TEST(Dependencies, regions_are_apart) {
  Dependencies d;
  d.next(isa::kStoreEngine, {{Memory::kDram, isa::kRegionOutput, 0, 64, true}});
  EXPECT_EQ(d.next(isa::kLoadEngine, {{Memory::kDram, isa::kRegionScratch, 0, 64, false}}).wait, 0u);
  EXPECT_EQ(d.next(isa::kLoadEngine, {{Memory::kDram, isa::kRegionOutput, 63, 64, false}}).wait,
            unsigned{isa::kTokenStore});
}

TEST(Dependencies, write_after_read_waits) {
  Dependencies d;
  d.next(isa::kExecEngine, {reads(0, 8)});
  d.next(isa::kStoreEngine, {reads(4, 8)});
  EXPECT_THAT(d.next(isa::kLoadEngine, {writes(0, 8)}).senders, UnorderedElementsAre(0, 1));
}

TEST(Dependencies, reads_do_not_order_reads) {
  Dependencies d;
  d.next(isa::kExecEngine, {reads(0, 8)});
  EXPECT_EQ(d.next(isa::kStoreEngine, {reads(0, 8)}).wait, 0u);
}

TEST(Dependencies, only_the_last_writer_sends) {
  Dependencies d;
  for (int i = 0; i < 3; ++i) d.next(isa::kLoadEngine, {writes(0, 10)});
  EXPECT_THAT(d.next(isa::kExecEngine, {reads(0, 10)}).senders, ElementsAre(2));
}

TEST(Dependencies, exec_drains_before_it_reads_its_own_result) {
  Dependencies d;
  d.next(isa::kExecEngine, {writes(0, 4)});
  EXPECT_FALSE(d.next(isa::kExecEngine, {writes(0, 4)}).drain) << "writes land in order";
  EXPECT_TRUE(d.next(isa::kExecEngine, {reads(3, 4)}).drain);
  EXPECT_FALSE(d.next(isa::kExecEngine, {reads(0, 2)}).drain) << "drained already";
}

TEST(Dependencies, knowledge_travels_with_tokens) {
  Dependencies d;
  d.next(isa::kLoadEngine, {writes(0, 4)});               // 0
  d.next(isa::kExecEngine, {reads(0, 4), writes(4, 8)});  // 1 knows 0
  EXPECT_THAT(d.next(isa::kStoreEngine, {reads(4, 8)}).senders, ElementsAre(1));
  EXPECT_THAT(d.next(isa::kStoreEngine, {reads(0, 4)}).senders, IsEmpty()) << "0 is known through 1";
  EXPECT_EQ(d.next(isa::kLoadEngine, {writes(4, 8)}).wait, unsigned{isa::kTokenStore}) << "2 read it, and knows 1";
  EXPECT_FALSE(d.next(isa::kExecEngine, {reads(4, 8)}).drain) << "the token brings 1 back";
}

TEST(Dependencies, an_instruction_may_overwrite_what_it_reads) {
  Dependencies d;
  d.next(isa::kLoadEngine, {writes(0, 4)});
  const Order exec = d.next(isa::kExecEngine, {writes(0, 4), reads(0, 4)});
  EXPECT_FALSE(exec.drain);
  EXPECT_THAT(exec.senders, ElementsAre(0));
}

}  // namespace
}  // namespace e8::compile
