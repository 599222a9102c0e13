// The timeline on programs small enough to count by hand.
#include "host/compile/timeline.h"

#include <gtest/gtest.h>

#include "host/compile/cost.h"

namespace e8::compile {
namespace {

const isa::Config& config() { return *isa::find_config("b512"); }

isa::Load weights(int words, unsigned signal) {
  isa::Load l;
  l.target = isa::kTargetWeight;
  l.lane_mask = l.lanes_x = l.n_rows = l.n_blks = l.f_word = 1;
  l.n_words = words;
  l.signal = signal;
  return l;
}

isa::Exec exec(int vectors, int steps, unsigned wait) {
  isa::Exec e;
  e.wait = wait;
  e.n_ky = e.n_kx = e.n_g = e.n_y = 1;
  e.n_x = vectors;
  e.n_i = steps;
  return e;
}

class Timeline : public ::testing::Test {
 protected:
  template <typename T>
  void add(const T& instruction, int layer = 0) {
    program_.code.push_back(isa::encode(instruction));
    program_.map.emplace_back();
    program_.map.back().layer = layer;
    program_.layers.resize(static_cast<std::size_t>(layer) + 1);
  }
  std::uint64_t predict() {
    program_.config = config();
    compile::predict(program_);
    return program_.predicted_cycles;
  }
  Program program_;
  const std::uint64_t fetch_ = 64 / config().axi_bytes, land_ = cost::kLand + config().drain;
};

TEST_F(Timeline, steps_or_the_drain_decide) {
  add(exec(100, 9, 0));
  EXPECT_EQ(predict(), cost::kFetchStart + fetch_ + cost::kExecStart + 900 + land_);
  program_ = {};
  add(exec(100, 1, 0));
  EXPECT_EQ(predict(), cost::kFetchStart + fetch_ + cost::kExecStart + 100 * config().drain + land_);
}

TEST_F(Timeline, engines_overlap_unless_tokens_order_them) {
  const std::uint64_t load = 500 * 64 / config().axi_bytes + fetch_;  // its own instruction takes the channel, too
  add(weights(500, 0));
  add(exec(500, 8, 0));
  const std::uint64_t apart = predict();
  EXPECT_EQ(apart, cost::kFetchStart + 2 * fetch_ + cost::kExecStart + 4000 + land_) << "EXEC is the longer one";
  program_ = {};
  add(weights(500, isa::kTokenExec));
  add(exec(500, 8, isa::kTokenLoad));
  EXPECT_EQ(predict(), cost::kFetchStart + fetch_ + load + cost::kInstruction + cost::kLoadLatency + cost::kExecStart +
                           4000 + land_);
  EXPECT_EQ(program_.layers[0].dram_bytes, 32000u);
}

TEST_F(Timeline, drain_wait_waits_for_the_landing) {
  add(exec(10, 8, 0));
  isa::Exec second = exec(10, 8, 0);
  add(second);
  const std::uint64_t without = predict();
  program_.code.pop_back();
  second.drain_wait = 1;
  program_.code.push_back(isa::encode(second));
  program_.layers = std::vector<LayerInfo>(1);
  EXPECT_EQ(predict(), without + land_ + cost::kExecStart) << "the start no longer runs beside the first EXEC";
}

TEST_F(Timeline, a_store_takes_the_read_port) {
  add(exec(100, 8, 0));
  const std::uint64_t alone = predict();
  program_ = {};
  isa::Store s;
  s.lane_mask = s.lanes_x = s.n_rows = s.n_blks = s.f_word = s.h = 1;
  s.n_words = 50;
  s.row_bytes = 400;
  add(s);
  add(exec(100, 8, 0));
  EXPECT_EQ(predict(), alone + fetch_ + 40) << "40 of 50 words: the rest before EXEC's first step";
  EXPECT_EQ(program_.layers[0].dram_bytes, 400u);
}

TEST_F(Timeline, layers_add_up) {
  add(exec(100, 9, 0), 0);
  add(exec(100, 9, 0), 1);
  add(isa::End{}, 1);
  program_.map.back().layer = -1;
  const std::uint64_t all = predict();
  EXPECT_EQ(program_.layers[0].predicted_cycles + program_.layers[1].predicted_cycles, all);
  EXPECT_EQ(program_.layers[1].predicted_cycles, 900u) << "it starts while the first one runs";
}

/// Dense words of `rows` rows on each of four lanes.
isa::Load features(int rows, int words) {
  isa::Load l;
  l.lane_mask = 15;
  l.lanes_x = l.n_blks = l.f_word = 1;
  l.n_rows = l.lane_row = rows;
  l.n_words = words;
  l.step = config().v;
  l.h = 4 * rows;
  l.row_stride = l.row_bytes = 4096;
  l.lane_dram = 4096 * rows;
  return l;
}

TEST_F(Timeline, a_load_moves_items_of_the_axi_width) {
  const std::uint64_t around = cost::kFetchStart + 2 * fetch_ + cost::kFeatureLoad + cost::kLoadLatency;
  isa::Load l = features(3, 33);  // 264 bytes: 17 items of 16
  add(l);
  EXPECT_EQ(predict(), around + 4 * 3 * 17);
  program_ = {};
  l.dram = 8;  // the first beat has half an item
  add(l);
  EXPECT_EQ(predict(), around + 4 * 3 * (17 + 1));
  program_ = {};
  l.dram = 0;
  l.col0 = -16;  // two words of fill take as long as others
  add(l);
  EXPECT_EQ(predict(), around + 4 * 3 * 17);
}

TEST_F(Timeline, a_load_visits_every_lane_twice_a_run) {
  add(features(100, 1));
  EXPECT_EQ(predict(),
            cost::kFetchStart + 2 * fetch_ + 100 * 2 * config().lanes + cost::kFeatureLoad + cost::kLoadLatency);
}

TEST_F(Timeline, bytes_outside_the_image_cost_nothing) {
  isa::Load l;
  l.lane_mask = 3;
  l.lanes_x = l.n_blks = l.f_word = 1;
  l.n_rows = 4;
  l.n_words = 10;
  l.step = config().v;
  l.h = 6;
  l.row0 = -1;
  l.lane_row = 4;
  l.row_stride = l.row_bytes = 64;
  add(l);
  predict();
  EXPECT_EQ(program_.layers[0].dram_bytes, 6u * 64) << "3 rows a lane, 8 of 10 words";
}

}  // namespace
}  // namespace e8::compile
