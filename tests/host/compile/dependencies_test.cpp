// Tokens and drain_wait that follow from accesses.
#include "host/compile/dependencies.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

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

/// Tokens pending at most at any point of a program.
std::size_t most_pending(const std::vector<Token>& tokens) {
  std::size_t most = 0;
  for (const Token& at : tokens) {
    most = std::max<std::size_t>(
        most, static_cast<std::size_t>(std::count_if(tokens.begin(), tokens.end(), [&](const Token& t) {
          return t.sender <= at.sender && t.taker > at.sender;
        })));
  }
  return most;
}

/// What is left of `tokens` without `spare`, paired up in order.
std::vector<Token> without(const std::vector<Token>& tokens, const std::vector<Token>& spare) {
  std::vector<std::uint32_t> senders, takers;
  for (const Token& t : tokens) {
    const auto has = [&](std::uint32_t Token::*end, std::uint32_t i) {
      return std::any_of(spare.begin(), spare.end(), [&](const Token& s) { return s.*end == i; });
    };
    if (!has(&Token::sender, t.sender)) senders.push_back(t.sender);
    if (!has(&Token::taker, t.taker)) takers.push_back(t.taker);
  }
  EXPECT_EQ(senders.size(), takers.size());
  std::vector<Token> left;
  for (std::size_t i = 0; i < senders.size(); ++i) left.push_back({senders[i], takers[i]});
  return left;
}

TEST(SpareTokens, none_while_the_channel_has_room) {
  EXPECT_THAT(spare_tokens({}, 3), IsEmpty());
  EXPECT_THAT(spare_tokens({{0, 3}, {1, 4}, {2, 5}}, 3), IsEmpty());
  EXPECT_THAT(spare_tokens({{0, 1}, {2, 3}, {4, 5}, {6, 7}}, 1), IsEmpty()) << "taken before the next is sent";
}

TEST(SpareTokens, two_become_one) {
  const std::vector<Token> spare = spare_tokens({{0, 3}, {1, 4}, {2, 5}}, 2);
  ASSERT_EQ(spare.size(), 1u);
  EXPECT_EQ(spare[0].sender, 0u) << "the first taker waits for the later sender";
  EXPECT_EQ(spare[0].taker, 4u) << "behind the first taker";
}

TEST(SpareTokens, pending_is_bounded_and_every_wait_is_still_met) {
  for (const std::size_t most : {2, 3, 127}) {
    for (const std::uint32_t distance : {1u, 2u, 5u, 126u, 127u, 128u, 700u}) {
      std::vector<Token> tokens;
      for (std::uint32_t i = 0; i < 1000; ++i) tokens.push_back({2 * i, 2 * (i + distance) + 1});
      const std::vector<Token> left = without(tokens, spare_tokens(tokens, most));
      EXPECT_LE(most_pending(left), most);
      for (const Token& t : left) EXPECT_LT(t.sender, t.taker);
      for (const Token& t : tokens) {  // the taker, or one before it, waits for the sender or one behind it
        EXPECT_TRUE(std::any_of(left.begin(), left.end(),
                                [&](const Token& l) { return l.taker <= t.taker && l.sender >= t.sender; }))
            << most << ", " << distance << ": " << t.sender << " to " << t.taker;
      }
    }
  }
}

}  // namespace
}  // namespace e8::compile
