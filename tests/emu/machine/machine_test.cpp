// Whole programs: what ends them, which error wins, tokens, restart.
#include "emu/machine/machine.h"

#include <gtest/gtest.h>

#include "tests/emu/machine/emu_run.h"

namespace e8::machine {
namespace {

using isa::Error;
using test::EmuRun;
using test::Event;
using test::ProgramBuilder;

const isa::Config& tiny() { return *isa::find_config("tiny"); }

/// A program of EXEC alone: memories start as zeros.
ProgramBuilder one_exec() {
  ProgramBuilder p(tiny());
  p.add(p.exec(0, 0, 0, 10));
  return p;
}

void expect_error(const ProgramBuilder& p, Error error, std::uint32_t pc) {
  EmuRun r(p);
  EXPECT_EQ(r.run(), StepState::kError) << p.text();
  EXPECT_STREQ(isa::error_name(r.machine.error()), isa::error_name(error)) << p.text();
  EXPECT_EQ(r.machine.error_pc(), pc) << p.text();
}

TEST(Machine, LoadExecStoreMovesBytesThrough) {
  ProgramBuilder p(tiny());
  std::vector<std::uint8_t> identity(16, 0);
  for (unsigned j = 0; j < 4; ++j) identity[j * 4 + j] = 1;
  p.put(isa::kRegionWeights, 0, identity);
  p.put_params(isa::kRegionWeights, 64, std::vector<isa::ParamRecord>(4));
  p.put(isa::kRegionInput, 3, {0x80, 0xff, 0x00, 0x7f});
  p.add(p.load(isa::kTargetWeight, isa::kRegionWeights, 0, 0, 1));
  p.add(p.load(isa::kTargetParam, isa::kRegionWeights, 64, 0, 1));
  isa::Load in = p.load(isa::kTargetFeature, isa::kRegionInput, 3, 5, 1);
  in.signal = isa::kTokenExec;
  p.add(in);
  isa::Exec e = p.exec(5, 0, 0, 6);
  e.wait = isa::kTokenLoad;
  e.signal = isa::kTokenStore;
  p.add(e);
  isa::Store out = p.store_lanes(isa::kRegionOutput, 9, 6, 1);
  out.wait = isa::kTokenExec;
  p.add(out);
  p.end();
  EmuRun r(p);
  ASSERT_EQ(r.run(), StepState::kDone) << p.text();
  std::array<std::int8_t, 4> got{};
  ASSERT_TRUE(r.dram.read(p.layout.regions[isa::kRegionOutput].base + 9, got.data(), 4));
  EXPECT_EQ(got, (std::array<std::int8_t, 4>{-128, -1, 0, 127}));
  EXPECT_EQ(r.machine.mac_steps(), 1u);
  std::vector<Event::Kind> kinds;
  for (const Event& event : r.log.events) kinds.push_back(event.kind);
  EXPECT_EQ(kinds, (std::vector<Event::Kind>{Event::Kind::kShared, Event::Kind::kShared, Event::Kind::kFeature,
                                             Event::Kind::kExecWrite, Event::Kind::kStore}));
}

TEST(MachineBad, ProgramWithoutEnd) {
  const ProgramBuilder p = one_exec();
  expect_error(p, Error::kPROGRAM_END, 1);
}

TEST(MachineBad, EmptyProgram) {
  ProgramBuilder p(tiny());
  p.length = 0;
  expect_error(p, Error::kPROGRAM_END, 0);
}

TEST(MachineBad, OpcodeAndField) {
  ProgramBuilder p = one_exec();
  p.program.push_back({});
  expect_error(p, Error::kILLEGAL_OPCODE, 1);
  ProgramBuilder q = one_exec();
  isa::Exec e = q.exec(0, 0, 0, 0);
  e.n_x = 0;
  q.add(e);
  expect_error(q, Error::kILLEGAL_FIELD, 1);
}

TEST(MachineBad, FetchOutsideTheMemory) {
  ProgramBuilder p = one_exec();
  p.layout.program = p.layout.bytes - 64;  // the first instruction is the memory's last 64 bytes
  p.length = 2;
  p.program.resize(1);
  expect_error(p, Error::kAXI_READ, 1);
}

TEST(MachineBad, WaitForATokenNobodySends) {
  ProgramBuilder p(tiny());
  isa::Nop n;
  n.engine = isa::kExecEngine;
  n.wait = isa::kTokenLoad;
  p.add(n);
  p.end();
  expect_error(p, Error::kTOKEN, 0);
}

TEST(MachineBad, TheTokenMustBeSentBefore) {
  ProgramBuilder p(tiny());
  isa::Nop waits, sends;
  waits.engine = isa::kExecEngine;
  waits.wait = isa::kTokenLoad;
  sends.engine = isa::kLoadEngine;
  sends.signal = isa::kTokenExec;
  p.add(sends);
  p.add(waits);
  p.add(waits);
  p.add(sends);
  p.end();
  expect_error(p, Error::kTOKEN, 2);
}

TEST(MachineBad, AtMost127TokensArePending) {
  ProgramBuilder p(tiny());
  isa::Nop sends;
  sends.engine = isa::kStoreEngine;
  sends.signal = isa::kTokenLoad;
  for (int i = 0; i < 127; ++i) p.add(sends);
  const std::size_t fits = p.program.size();
  p.end();
  EXPECT_EQ(EmuRun(p).run(), StepState::kDone);
  p.program.insert(p.program.begin() + static_cast<std::ptrdiff_t>(fits), isa::encode(sends));
  expect_error(p, Error::kTOKEN, 127);
}

TEST(MachineBad, AddressesOfExecInTheirOrder) {
  struct Case {
    void (*change)(isa::Exec&);
    Error error;
  };
  const Case cases[] = {
      {[](isa::Exec& e) { e.a_base = 1024; }, Error::kADDR_FEATURE},
      {[](isa::Exec& e) { e.w_base = 256; }, Error::kADDR_WEIGHT},
      {[](isa::Exec& e) { e.w_base = 256, e.a_base = 1024; }, Error::kADDR_FEATURE},
      {[](isa::Exec& e) { e.w_base = 256, e.a_base = 1023, e.a_i = 1, e.n_i = 2; }, Error::kADDR_WEIGHT},
      {[](isa::Exec& e) { e.w_base = 255, e.w_step = 1, e.a_base = 1023, e.a_i = 1, e.n_i = 2; }, Error::kADDR_FEATURE},
      {[](isa::Exec& e) { e.p_base = 64, e.o_base = 1024; }, Error::kADDR_PARAM},
      {[](isa::Exec& e) { e.o_base = 1024; }, Error::kADDR_FEATURE},
      {[](isa::Exec& e) { e.o_x = -11, e.n_x = 2; }, Error::kADDR_FEATURE},
      {[](isa::Exec& e) { e.stage2 = 2, e.s2 = 1, e.r_base = 1024; }, Error::kADDR_FEATURE},
      {[](isa::Exec& e) { e.n_g = 2, e.p_base = 63; }, Error::kADDR_PARAM},
  };
  for (std::size_t i = 0; i < std::size(cases); ++i) {
    SCOPED_TRACE("case " + std::to_string(i));
    ProgramBuilder p(tiny());
    isa::Exec e = p.exec(0, 0, 0, 10);
    cases[i].change(e);
    p.add(e);
    p.end();
    expect_error(p, cases[i].error, 0);
  }
}

TEST(MachineBad, HeldAccumulatorsNeedNoParameterOrOutputAddress) {
  ProgramBuilder p(tiny());
  isa::Exec hold = p.exec(0, 0, 64, 1024);
  hold.acc_hold = 1;
  p.add(hold);
  p.end();
  EmuRun r(p);
  EXPECT_EQ(r.run(), StepState::kDone);
  ASSERT_EQ(r.log.events.size(), 1u);
  EXPECT_EQ(r.log.events[0].kind, Event::Kind::kExecHold);
}

TEST(MachineBad, AccKeepNeedsAHolderOfItsKind) {
  const auto chain = [](bool hold, bool max_first, bool max_second, std::int64_t steps) {
    ProgramBuilder p(tiny());
    isa::Exec a = p.exec(0, 0, 0, 10), b = a;
    a.acc_hold = hold;
    a.reduce_max = max_first;
    b.acc_keep = 1;
    b.reduce_max = max_second;
    b.n_i = steps;
    p.add(a);
    p.add(b);
    p.end();
    return p;
  };
  EXPECT_EQ(EmuRun(chain(true, false, false, 1)).run(), StepState::kDone);
  EXPECT_EQ(EmuRun(chain(true, true, true, 1)).run(), StepState::kDone);
  expect_error(chain(false, false, false, 1), Error::kILLEGAL_FIELD, 1);
  expect_error(chain(true, true, false, 1), Error::kILLEGAL_FIELD, 1);
  expect_error(chain(true, false, false, 32767), Error::kILLEGAL_FIELD, 1);  // 1 + 32767 > 131071 / 4
  EXPECT_EQ(EmuRun(chain(true, false, false, 32766)).run(), StepState::kDone);
}

TEST(MachineBad, OverflowOnlyInLanesOfTheMask) {
  ProgramBuilder p(*isa::find_config("b512"));
  std::vector<isa::ParamRecord> records(8);
  records[5].b2 = (std::int64_t{1} << 32) - 1;
  p.put_params(isa::kRegionWeights, 0, records);
  p.put(isa::kRegionWeights, 1024, std::vector<std::uint8_t>(64, 1));
  p.put(isa::kRegionInput, 0, {1});  // lane 0's word: one channel is 1, so acc = 1 and V = 2 + b2
  p.add(p.load(isa::kTargetParam, isa::kRegionWeights, 0, 0, 1));
  isa::Load w = p.load(isa::kTargetWeight, isa::kRegionWeights, 1024, 0, 1);
  p.add(w);
  isa::Load in = p.load(isa::kTargetFeature, isa::kRegionInput, 0, 0, 1);
  in.signal = isa::kTokenExec;
  p.add(in);
  isa::Exec e = p.exec(0, 0, 0, 10);
  e.wait = isa::kTokenLoad;
  e.lane_mask = 0xE;
  p.add(e);
  isa::Exec all = p.exec(0, 0, 0, 11);
  p.add(all);
  p.end();
  expect_error(p, Error::kOVERFLOW, 4);
}

TEST(MachineBad, DmaLeavesItsRegion) {
  ProgramBuilder p(tiny());
  const auto size = static_cast<std::int64_t>(p.layout.regions[isa::kRegionInput].size);
  p.add(p.load(isa::kTargetFeature, isa::kRegionInput, static_cast<std::uint32_t>(size - 8), 0, 2));
  p.add(p.load(isa::kTargetFeature, isa::kRegionInput, static_cast<std::uint32_t>(size - 7), 2, 2));
  p.end();
  expect_error(p, Error::kADDR_REGION, 1);
  ProgramBuilder q(tiny());
  q.add(q.load(isa::kTargetWeight, isa::kRegionInput, 0, 255, 2));
  q.end();
  expect_error(q, Error::kADDR_WEIGHT, 0);
  ProgramBuilder s(tiny());
  s.add(s.store_lanes(isa::kRegionOutput, 0, 1023, 2));
  s.end();
  expect_error(s, Error::kADDR_FEATURE, 0);
}

TEST(Machine, AfterAnErrorOnlyASoftResetHelps) {
  const ProgramBuilder bad = one_exec();
  EmuRun r(bad);
  ASSERT_EQ(r.run(), StepState::kError);
  ProgramBuilder good = one_exec();
  good.end();
  r.load(good);
  EXPECT_EQ(r.run(), StepState::kError);
  r.machine.soft_reset();
  r.load(good);
  EXPECT_EQ(r.run(), StepState::kDone);
  EXPECT_EQ(r.machine.error(), Error::kNONE);
}

TEST(Machine, RefusesAnIllegalConfiguration) {
  isa::Config c = tiny();
  c.v = 3;
  VectorDram dram(64);
  EXPECT_THROW(Machine(c, dram), std::invalid_argument);
}

}  // namespace
}  // namespace e8::machine
