// FAIL lines and the places of differences.
#include "host/cli/failure.h"

#include <gmock/gmock.h>

#include "tests/host/hand_program.h"

namespace e8::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::Optional;

TEST(FailLine, HasTheShapeOfTheHouse) {
  Spot s;
  s.layer = "conv2";
  s.tile = {1, 0};
  s.element = {5, 12, 3};
  s.got = 37;
  s.want = 38;
  s.tie = true;
  s.instruction = 41;
  s.lane = 2;
  s.cycle = 18342;
  EXPECT_EQ(fail_line("conv_3x3_s2", 0, s),
            "FAIL conv_3x3_s2  layer conv2  tile (1,0)  y[0,5,12,3]  got 37 want 38 (+1 LSB, tie)  instruction 41  "
            "lane 2  cycle 18342");
  s.tie = false;
  s.got = 40;
  s.cycle.reset();
  EXPECT_EQ(fail_line("n", 7, s),
            "FAIL n  layer conv2  tile (1,0)  y[7,5,12,3]  got 40 want 38 (-2 LSB)  instruction 41  lane 2");
  EXPECT_EQ(fail_line("n", 0, Spot{}), "FAIL n");
  Spot word;
  word.got = 1;
  word.want = 2;
  EXPECT_EQ(fail_line("n", 0, word), "FAIL n  got 1 want 2") << "an address has no LSBs";
}

Subject hand_subject() {
  const e8::testing::HandMade made = e8::testing::hand_made(*isa::find_config("b512"), 5);
  Subject s;
  s.name = "hand";
  s.net = made.net;
  s.face = made.net;
  s.program = made.program;
  return s;
}

TEST(Spot, OfATensorNamesTheInstructionAndLaneThatWroteIt) {
  const Subject s = hand_subject();
  TensorDiff d;
  d.y = 2;  // row y lies in lane y
  d.x = 4;
  d.c = 6;
  d.got = -3;
  d.want = 5;
  const Spot spot = spot_of_tensor(s, 1, d, nullptr);
  EXPECT_EQ(spot.layer, "conv");
  EXPECT_THAT(spot.instruction, Optional(3u));
  EXPECT_THAT(spot.lane, Optional(2u));
  EXPECT_THAT(*spot.element, ElementsAre(2, 4, 6));
  EXPECT_FALSE(spot.tie.has_value()) << "unknown without golden";
}

TEST(Spot, OfAMismatchIsLocatedByTheProgram) {
  const Subject s = hand_subject();
  sim::Mismatch m;
  m.kind = sim::Difference::kAccumulator;
  m.stream = sim::Stream::kExec;
  m.instruction = 3;
  m.n = 4;
  m.lane = 1;
  m.channel = 7;
  m.got = 1;
  m.want = 2;
  m.cycle = 99;
  const Spot spot = spot_of_mismatch(s, m, nullptr);
  EXPECT_THAT(*spot.element, ElementsAre(1, 4, 7));
  EXPECT_THAT(spot.cycle, Optional(std::uint64_t{99}));
  m.stream = sim::Stream::kLoad;
  m.instruction = 2;
  EXPECT_FALSE(spot_of_mismatch(s, m, nullptr).element.has_value());
  EXPECT_EQ(spot_of_mismatch(s, m, nullptr).layer, "conv");
  m.kind = sim::Difference::kFinalState;
  EXPECT_FALSE(spot_of_mismatch(s, m, nullptr).got.has_value());
  m.instruction = 5000;
  EXPECT_EQ(spot_of_mismatch(s, m, nullptr).layer, "") << "no such instruction";
}

}  // namespace
}  // namespace e8::cli
