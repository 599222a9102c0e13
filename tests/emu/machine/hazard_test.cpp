// The happens-before check: a correct program passes; each token or drain_wait removed is found, with both
// instructions.
#include "emu/machine/hazard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/emu/machine/emu_run.h"

namespace e8::machine {
namespace {

using test::EmuRun;
using test::ProgramBuilder;
using ::testing::HasSubstr;

/// Two tiles through one pair of buffers: load, exec, exec on its result, store, and again. Tokens both ways.
struct Pipeline {
  Pipeline() : p(*isa::find_config("b512")) {
    p.put_params(isa::kRegionWeights, 0, std::vector<isa::ParamRecord>(8));
    p.add(p.load(isa::kTargetParam, isa::kRegionWeights, 0, 0, 1));
    p.add(p.load(isa::kTargetWeight, isa::kRegionWeights, 256, 0, 1));
    for (int tile = 0; tile < 2; ++tile) {
      isa::Load in = p.load_lanes(isa::kRegionInput, 0, 0, 4);
      in.signal = isa::kTokenExec;
      if (tile == 1) in.wait = isa::kTokenExec;
      load[tile] = p.add(in);
      isa::Exec a = p.exec(0, 0, 0, 100);
      a.n_x = 4;
      a.a_x = a.o_x = 1;
      a.wait = isa::kTokenLoad;
      if (tile == 0) a.signal = isa::kTokenLoad;
      if (tile == 1) a.wait |= isa::kTokenStore;
      first[tile] = p.add(a);
      isa::Exec b = p.exec(100, 0, 0, 200);
      b.drain_wait = 1;
      b.n_x = 4;
      b.a_x = b.o_x = 1;
      b.signal = isa::kTokenStore;
      second[tile] = p.add(b);
      isa::Store out = p.store_lanes(isa::kRegionOutput, 0, 200, 4);
      out.wait = isa::kTokenExec;
      if (tile == 0) out.signal = isa::kTokenExec;
      store[tile] = p.add(out);
    }
    p.end();
  }
  template <typename T>
  void change(std::uint32_t index, T (*decode)(const isa::Instruction&), void (*edit)(T&)) {
    T i = decode(p.program[index]);
    edit(i);
    p.program[index] = isa::encode(i);
  }
  ProgramBuilder p;
  std::uint32_t load[2], first[2], second[2], store[2];
};

void expect_hazard(const ProgramBuilder& p, std::uint32_t earlier, std::uint32_t later, const std::string& what) {
  EmuRun r(p);
  try {
    r.run();
    FAIL() << "no hazard found:\n" << p.text();
  } catch (const Hazard& h) {
    EXPECT_EQ(h.earlier, earlier) << h.what();
    EXPECT_EQ(h.later, later) << h.what();
    EXPECT_THAT(h.what(), HasSubstr(what));
    EXPECT_THAT(h.what(), HasSubstr("instruction " + std::to_string(later)));
  }
}

TEST(Hazard, CorrectProgramPasses) {
  Pipeline x;
  EmuRun r(x.p);
  EXPECT_EQ(r.run(), StepState::kDone) << x.p.text();
}

TEST(HazardBad, ExecDoesNotWaitForLoad) {
  Pipeline x;
  x.change<isa::Load>(x.load[0], isa::decode_load, [](isa::Load& l) { l.signal = 0; });
  x.change<isa::Exec>(x.first[0], isa::decode_exec, [](isa::Exec& e) { e.wait = 0; });
  expect_hazard(x.p, x.load[0], x.first[0], "feature word 0x0");
}

TEST(HazardBad, LoadOverwritesWhatExecReads) {
  Pipeline x;
  x.change<isa::Exec>(x.first[0], isa::decode_exec, [](isa::Exec& e) { e.signal = 0; });
  x.change<isa::Load>(x.load[1], isa::decode_load, [](isa::Load& l) { l.wait = 0; });
  expect_hazard(x.p, x.first[0], x.load[1], "feature word 0x0");
}

TEST(HazardBad, ExecReadsWhatTheOneBeforeHasNotDrained) {
  Pipeline x;
  x.change<isa::Exec>(x.second[0], isa::decode_exec, [](isa::Exec& e) { e.drain_wait = 0; });
  expect_hazard(x.p, x.first[0], x.second[0], "feature word 0x64");
}

TEST(HazardBad, StoreDoesNotWaitForExec) {
  Pipeline x;
  x.change<isa::Exec>(x.second[0], isa::decode_exec, [](isa::Exec& e) { e.signal = 0; });
  x.change<isa::Store>(x.store[0], isa::decode_store, [](isa::Store& s) { s.wait = 0; });
  expect_hazard(x.p, x.second[0], x.store[0], "feature word 0xc8");
}

TEST(HazardBad, ExecOverwritesWhatStoreReads) {
  Pipeline x;
  x.change<isa::Store>(x.store[0], isa::decode_store, [](isa::Store& s) { s.signal = 0; });
  x.change<isa::Exec>(x.first[1], isa::decode_exec, [](isa::Exec& e) { e.wait = isa::kTokenLoad; });
  expect_hazard(x.p, x.store[0], x.second[1], "feature word 0xc8");
}

TEST(HazardBad, LoadReadsDramThatStoreHasNotWritten) {
  ProgramBuilder p(*isa::find_config("b512"));
  const std::uint32_t store = p.add(p.store_lanes(isa::kRegionScratch, 100, 0, 4));
  const std::uint32_t load = p.add(p.load(isa::kTargetFeature, isa::kRegionScratch, 104, 8, 1));
  p.end();
  expect_hazard(p, store, load, "DRAM byte");
}

TEST(HazardBad, StoreOverwritesDramThatLoadReads) {
  ProgramBuilder p(*isa::find_config("b512"));
  const std::uint32_t load = p.add(p.load(isa::kTargetFeature, isa::kRegionScratch, 104, 8, 1));
  const std::uint32_t store = p.add(p.store_lanes(isa::kRegionScratch, 100, 0, 4));
  p.end();
  expect_hazard(p, load, store, "DRAM byte");
}

TEST(HazardBad, WeightsAreReplacedWhileExecReadsThem) {
  ProgramBuilder p(*isa::find_config("b512"));
  isa::Exec e = p.exec(0, 7, 0, 10);
  const std::uint32_t exec = p.add(e);
  const std::uint32_t load = p.add(p.load(isa::kTargetWeight, isa::kRegionWeights, 0, 7, 1));
  p.end();
  expect_hazard(p, exec, load, "weight word 0x7");
}

TEST(HazardBad, AnOutputVectorReadsAWordThatAnEarlierOneWrote) {
  ProgramBuilder p(*isa::find_config("b512"));
  isa::Exec e = p.exec(0, 0, 0, 1);
  e.n_x = 2;
  e.a_x = 1;
  e.o_x = 1;
  const std::uint32_t exec = p.add(e);
  p.end();
  expect_hazard(p, exec, exec, "itself");
}

TEST(Hazard, InPlaceOverwriteOfTheVectorsOwnWordIsLegal) {
  ProgramBuilder p(*isa::find_config("b512"));
  isa::Exec e = p.exec(0, 0, 0, 0);
  e.n_x = 4;
  e.a_x = e.o_x = 1;
  p.add(e);
  p.end();
  EXPECT_EQ(EmuRun(p).run(), StepState::kDone);
}

TEST(HazardBad, ShiftOverwritesWhatExecHasNotDrained) {
  ProgramBuilder p(*isa::find_config("b512"));
  const std::uint32_t exec = p.add(p.exec(0, 0, 0, 10));
  isa::Shift s;
  s.lane_mask = p.all_lanes();
  s.dist = 1;
  s.n_rows = s.n_words = 1;
  s.s_base = 20;
  s.d_base = 10;
  const std::uint32_t shift = p.add(s);
  p.end();
  expect_hazard(p, exec, shift, "feature word 0xa");
  s.drain_wait = 1;
  p.program[shift] = isa::encode(s);
  EXPECT_EQ(EmuRun(p).run(), StepState::kDone);
}

TEST(Hazard, ChecksCanBeSwitchedOff) {
  Pipeline x;
  x.change<isa::Exec>(x.second[0], isa::decode_exec, [](isa::Exec& e) { e.drain_wait = 0; });
  EmuRun r(x.p);
  r.machine.check_hazards(false);
  EXPECT_EQ(r.run(), StepState::kDone);
}

}  // namespace
}  // namespace e8::machine
