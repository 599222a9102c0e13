// e8_fifo against a queue: random pushes and pops in stretches that fill and empty it, and clears.
#include <gtest/gtest.h>

#include <deque>

#include E8_DUT_HEADER
#include "tests/sim/random.h"

namespace e8::test {
namespace {

constexpr unsigned kDepth = 1u << E8_DEPTH_LOG2;

TEST(Fifo, IsAQueue) {
  const std::uint64_t seed = seed_or(1);
  Random random(seed);
  E8_DUT top;
  std::deque<unsigned> model;
  top.rst_ni = 0;
  top.clear_i = top.in_valid_i = top.out_ready_i = 0;
  for (unsigned level : {0u, 1u, 0u, 1u}) {
    top.clk_i = level & 1;
    top.eval();
  }
  top.rst_ni = 1;
  unsigned full = 0, empty = 0, push_percent = 50;
  for (unsigned cycle = 0; cycle < 20000; ++cycle) {
    if (cycle % 64 == 0) push_percent = static_cast<unsigned>(random.range(0, 4)) * 25;
    top.clear_i = random.chance(1);
    top.in_valid_i = random.chance(push_percent);
    top.in_data_i = static_cast<std::uint8_t>(random.bits());
    top.out_ready_i = random.chance(100 - push_percent);
    top.clk_i = 0;
    top.eval();
    ASSERT_EQ(top.count_o, model.size()) << "cycle " << cycle << "; EXACT8_SEED=" << seed;
    ASSERT_EQ(top.in_ready_o != 0, model.size() < kDepth);
    ASSERT_EQ(top.out_valid_o != 0, !model.empty());
    if (!model.empty()) {
      ASSERT_EQ(top.out_data_o, model.front()) << "cycle " << cycle << "; EXACT8_SEED=" << seed;
    }
    full += model.size() == kDepth;
    empty += model.empty();
    const bool pushes = top.in_valid_i != 0 && model.size() < kDepth, pops = top.out_ready_i != 0 && !model.empty();
    if (pops) model.pop_front();
    if (pushes) model.push_back(top.in_data_i);
    if (top.clear_i != 0) model.clear();
    top.clk_i = 1;
    top.eval();
  }
  EXPECT_GT(full, 100u);
  EXPECT_GT(empty, 100u);
  top.final();
}

}  // namespace
}  // namespace e8::test
