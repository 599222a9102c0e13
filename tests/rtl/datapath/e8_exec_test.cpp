// e8_exec against the emulator: random programs with busy neighbours, every error, throughput, and proofs that the
// comparison can fail.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/rtl/datapath/exec_programs.h"

namespace e8::test {
namespace {

using isa::Error;
using Program = std::vector<isa::Instruction>;

constexpr unsigned kDrain = E8_DRAIN;
#if E8_SMALL
constexpr unsigned kWrite = 7 + E8_PIPE_W + E8_DOT_PIPE + kDrain;  ///< cycles from a vector's last step to its write
#endif

std::string listing(const Program& program) {
  std::string text;
  for (std::size_t i = 0; i < program.size(); ++i) {
    text += std::to_string(i) + ": " + isa::disassemble(program[i]) + "\n";
  }
  return text;
}

template <typename... I>
Program make(const I&... instructions) {
  return {isa::encode(instructions)...};
}

class Exec : public ::testing::Test {
 protected:
  Exec() : random_(seed_or(11)), bench_(random_.bits()), contents_(random_contents(random_)) { bench_.load(contents_); }

  /// Runs on the present contents and goes on with what it leaves.
  Expected run(const Program& program, const Traffic& traffic = {}) {
    for (const isa::Instruction& i : program) {
      std::string why;
      EXPECT_EQ(isa::check(i, bench_config(), &why), Error::kNONE) << why;
    }
    Expected want = expect(program, contents_);
    EXPECT_EQ(bench_.run(program, want, traffic), "") << "seed " << seed_or(11) << "\n" << listing(program);
    contents_.feature = bench_.feature();
    return want;
  }
  void run_random(const ProgramStyle& style, unsigned programs, unsigned length, const Traffic& traffic = {}) {
    for (unsigned n = 0; n < programs && !HasFailure(); ++n) {
      if (n % 10 == 0) {  // results are clamped: they wear the contents out
        for (auto& lane : contents_.feature) lane = random_lane(random_);
        reload();
      }
      errors_[static_cast<std::size_t>(run(random_program(style, length, contents_, random_), traffic).error)]++;
    }
  }
  void reload() { bench_.load(contents_); }
  void set_param(unsigned word, unsigned channel, const isa::ParamRecord& p) {
    isa::pack_param(p, contents_.param.data() + (std::size_t{word} * E8_V + channel) * 16);
  }

  Random random_;
  ExecBench bench_;
  Contents contents_;
  std::array<unsigned, 16> errors_{};
};

TEST_F(Exec, OneStep) { run(make(simple_exec())); }

TEST_F(Exec, RandomPrograms) { run_random({}, 150, 8); }

TEST_F(Exec, RandomProgramsWithBusyNeighbours) {
  ProgramStyle style;
  style.stage2 = 70;
  run_random(style, 40, 8, {50, 40, 20});
  run_random(style, 40, 8, {100, 100, 0});
  style.shift = 70;
  run_random(style, 40, 8, {100, 100, 0});
  const Conflicts& c = bench_.conflicts;
  for (const std::uint64_t n : {c.step_beats_store, c.store_beats_step, c.shift_beats_store, c.store_beats_shift,
                                c.exec_beats_load, c.shift_beats_load}) {
    EXPECT_GT(n, 20u);
  }
  if (E8_TABLES != 0) {
    EXPECT_GT(c.residual_beats_step, 20u);
    EXPECT_GT(c.residual_beats_store, 20u);
  }
}

TEST_F(Exec, RandomAddressErrors) {
  ProgramStyle style;
  style.astray = 15;
  run_random(style, 400, 6, {0, 20, 30, true});
  EXPECT_GT(errors_[static_cast<std::size_t>(Error::kADDR_FEATURE)], 20u);
  EXPECT_GT(errors_[static_cast<std::size_t>(Error::kADDR_WEIGHT)], 3u);
  EXPECT_GT(errors_[static_cast<std::size_t>(Error::kADDR_PARAM)], 3u);
}

TEST_F(Exec, RandomOverflowsAmongAddressErrors) {
  heat_params(contents_, bench_config().param_words / 3, random_);
  for (std::int32_t& t : contents_.table) {
    if (random_.chance(20)) t = static_cast<std::int32_t>(random_.bits());
  }
  reload();
  ProgramStyle style;
  style.astray = 15;
  style.shift = 10;
  run_random(style, 400, 6, {0, 20, 30, true});
  EXPECT_GT(errors_[static_cast<std::size_t>(Error::kOVERFLOW)], 20u);
  EXPECT_GT(errors_[static_cast<std::size_t>(Error::kADDR_FEATURE)], 5u);
}

// ------------------------------------------------------------------------------------------------ address errors

/// Two vectors of two steps, and behind it an instruction that must not run.
isa::Exec two_by_two() {
  isa::Exec e = simple_exec();
  e.n_x = 2;
  e.n_i = 2;
  e.a_x = 8;
  e.a_i = 1;
  e.w_step = 1;
  e.o_base = 100;
  e.o_x = 1;
  return e;
}

struct Fault {
  const char* name;
  void (*spoil)(isa::Exec&);
  Error want;
  unsigned events;
};

TEST_F(Exec, EveryAddressAtBothEnds) {
  const isa::Config c = bench_config();
  static const std::int64_t fw = c.feature_words, ww = c.weight_words, pw = c.param_words;
  const std::vector<Fault> faults = {
      {"last activation", [](isa::Exec& e) { e.a_base = fw - 10; }, Error::kNONE, 2},
      {"activation above, last step", [](isa::Exec& e) { e.a_base = fw - 9; }, Error::kADDR_FEATURE, 1},
      {"activation above, first", [](isa::Exec& e) { e.a_base = fw; }, Error::kADDR_FEATURE, 0},
      {"activation base far above", [](isa::Exec& e) { e.a_base = 0xffff; }, Error::kADDR_FEATURE, 0},
      {"first activation", [](isa::Exec& e) { e.a_base = 1, e.a_i = -1; }, Error::kNONE, 2},
      {"activation below", [](isa::Exec& e) { e.a_i = -1; }, Error::kADDR_FEATURE, 0},
      {"activation far below", [](isa::Exec& e) { e.a_x = -0x8000; }, Error::kADDR_FEATURE, 1},
      {"activation far above", [](isa::Exec& e) { e.a_x = 0x7fff, e.a_base = fw - 2; }, Error::kADDR_FEATURE, 1},
      {"last weight", [](isa::Exec& e) { e.w_base = ww - 2; }, Error::kNONE, 2},
      {"weight above", [](isa::Exec& e) { e.w_base = ww - 1; }, Error::kADDR_WEIGHT, 0},
      {"weight base above", [](isa::Exec& e) { e.w_base = 0xffff; }, Error::kADDR_WEIGHT, 0},
      {"maximum reads no weight", [](isa::Exec& e) { e.w_base = 0xffff, e.reduce_max = 1; }, Error::kNONE, 2},
      {"activation before weight", [](isa::Exec& e) { e.a_base = fw, e.w_base = ww; }, Error::kADDR_FEATURE, 0},
      {"weight before next activation", [](isa::Exec& e) { e.a_base = fw - 1, e.w_base = ww; }, Error::kADDR_WEIGHT, 0},
      {"weight group below", [](isa::Exec& e) { e.n_g = 2, e.w_g = -1; }, Error::kADDR_WEIGHT, 2},
      {"last parameter", [](isa::Exec& e) { e.p_base = pw - 1; }, Error::kNONE, 2},
      {"parameter above", [](isa::Exec& e) { e.p_base = pw; }, Error::kADDR_PARAM, 0},
      {"parameter group above", [](isa::Exec& e) { e.p_base = pw - 1, e.n_g = 2; }, Error::kADDR_PARAM, 2},
      {"steps before parameter", [](isa::Exec& e) { e.p_base = pw, e.a_i = -1; }, Error::kADDR_FEATURE, 0},
      {"parameter before output", [](isa::Exec& e) { e.p_base = pw, e.o_base = fw; }, Error::kADDR_PARAM, 0},
      {"last output", [](isa::Exec& e) { e.o_base = fw - 2; }, Error::kNONE, 2},
      {"output above", [](isa::Exec& e) { e.o_base = fw - 1; }, Error::kADDR_FEATURE, 1},
      {"output below", [](isa::Exec& e) { e.o_base = 0, e.o_x = -1; }, Error::kADDR_FEATURE, 1},
      {"output row far below", [](isa::Exec& e) { e.n_y = 2, e.o_y = -0x8000; }, Error::kADDR_FEATURE, 2},
      {"hold looks at no output", [](isa::Exec& e) { e.acc_hold = 1, e.n_x = 1, e.p_base = 0xffff, e.o_base = 0xffff; },
       Error::kNONE, 1},
      // 3 * 0x7fff in x and back in y: inside again, though the way there is not
      {"far away and back", [](isa::Exec& e) { e.n_x = 1, e.n_kx = 2, e.a_kx = 0x7fff, e.a_i = -0x7fff; },
       Error::kADDR_FEATURE, 0},
  };
  for (const Fault& f : faults) {
    isa::Exec e = two_by_two();
    f.spoil(e);
    const Expected want = run(make(e, two_by_two()));
    EXPECT_EQ(want.error, f.want) << f.name;
    EXPECT_TRUE(want.events.size() == f.events || f.want == Error::kNONE) << f.name << ": " << want.events.size();
    if (HasFailure()) FAIL() << f.name;
  }
}

#if E8_TABLES
TEST_F(Exec, ResidualAddress) {
  const std::int64_t fw = bench_config().feature_words;
  for (const std::int64_t base : {fw - 2, fw - 1, fw, std::int64_t{0xffff}}) {
    isa::Exec e = two_by_two();
    e.stage2 = 2;
    e.hi2 = 127;
    e.lo2 = -128;
    e.m2 = e.s2 = 1;
    e.r_base = base;
    e.r_x = 1;
    EXPECT_EQ(run(make(e)).error, base == fw - 2 ? Error::kNONE : Error::kADDR_FEATURE);
    e.stage2 = 1;  // does not look at it
    EXPECT_EQ(run(make(e)).error, Error::kNONE);
  }
}
#endif

TEST_F(Exec, ShiftAddresses) {
  const std::int64_t fw = bench_config().feature_words;
  isa::Shift s;
  s.lane_mask = (1 << E8_LANES) - 1;
  s.dist = 1;
  s.n_rows = 2;
  s.n_words = 3;
  s.s_row = s.d_row = 3;
  const auto with = [&](std::int64_t from, std::int64_t to, std::int64_t s_row = 3, std::int64_t d_row = 3) {
    isa::Shift t = s;
    t.s_base = from, t.d_base = to, t.s_row = s_row, t.d_row = d_row;
    isa::Exec behind = simple_exec();
    behind.drain_wait = 1;
    return run(make(t, behind)).error;
  };
  EXPECT_EQ(with(fw - 6, 0), Error::kNONE);
  EXPECT_EQ(with(fw - 5, 0), Error::kADDR_FEATURE);
  EXPECT_EQ(with(0, fw - 6), Error::kNONE);
  EXPECT_EQ(with(0, fw - 5), Error::kADDR_FEATURE);
  EXPECT_EQ(with(3, 20, -3), Error::kNONE);
  EXPECT_EQ(with(2, 20, -3), Error::kADDR_FEATURE);
  EXPECT_EQ(with(20, 2, 3, -3), Error::kADDR_FEATURE);
  s.n_words = 0;
  EXPECT_EQ(with(0xffff, 0xffff), Error::kNONE);  // touches nothing
}

TEST_F(Exec, OverflowWinsOverALaterVectorsAddress) {
  contents_ = Contents(bench_config());
  isa::ParamRecord p;
  p.b2 = (std::int64_t{1} << 32) - 1;
  for (auto& lane : contents_.feature) std::fill(lane.begin(), lane.end(), std::int8_t{1});
  std::fill(contents_.weight.begin(), contents_.weight.end(), std::uint8_t{1});
  set_param(1, E8_V - 1, p);
  reload();
  isa::Exec e = two_by_two();
  e.p_base = 1;
  e.o_x = 0x4000;  // the second vector's output is nowhere
  EXPECT_EQ(run(make(e, two_by_two())).error, Error::kOVERFLOW);
  // of a lane outside the mask: nobody sees it
  e.lane_mask = 0;
  EXPECT_EQ(run(make(e, two_by_two())).error, Error::kADDR_FEATURE);
  // an address error in the vector itself wins
  e.lane_mask = 1;
  e.o_base = 0xffff;
  EXPECT_EQ(run(make(e, two_by_two())).error, Error::kADDR_FEATURE);
  // and the next instruction's address error is later
  e.o_base = 100;
  e.n_x = 1;
  isa::Exec bad = two_by_two();
  bad.a_base = 0xffff;
  EXPECT_EQ(run(make(e, bad)).error_pc, 0u);
  EXPECT_EQ(run(make(two_by_two(), bad, e)).error_pc, 1u);
}

// ------------------------------------------------------------------------------------------------ order and speed

#if E8_SMALL
/// Accumulators are requantized where they are, and a vector's last step waits until the one before is written.
TEST_F(Exec, VectorsWaitForTheRequantizer) {
  isa::Exec e = simple_exec();
  for (const unsigned steps : {1u, kWrite, kWrite + 1, kWrite + 9}) {
    e.n_i = steps;
    e.n_x = 20;
    run(make(e));
    const std::uint64_t vector = std::max(steps + kDrain, kWrite + 1);
    EXPECT_EQ(bench_.counts.step_span, steps + 19 * vector) << steps;
    EXPECT_EQ(bench_.counts.wait_drain, 19 * (vector - steps)) << steps;
  }
}
#else
TEST_F(Exec, NoBubbleBetweenVectorsAndInstructions) {
  isa::Exec e = simple_exec();
  e.n_i = kDrain;
  e.n_x = 6;
  e.n_y = 3;
  e.n_g = 2;
  e.a_i = e.a_x = e.a_y = 1;
  e.o_base = 100;
  e.o_x = 1;
  e.o_y = 6;
  e.o_g = 18;
  Program program;
  for (unsigned k = 0; k < 4; ++k) program.push_back(isa::encode(e));
  run(program);
  const std::uint64_t steps = 4 * 36 * kDrain;
  EXPECT_EQ(bench_.counts.step_span, steps);
  EXPECT_EQ(bench_.counts.wait_drain + bench_.counts.wait_port, 0u);
}

TEST_F(Exec, ShortWindowsTakeDrainCycles) {
  isa::Exec e = simple_exec();
  e.n_x = 20;
  run(make(e));
  EXPECT_EQ(bench_.counts.step_span, 19 * kDrain + 1);
  EXPECT_EQ(bench_.counts.wait_drain, 19 * (kDrain - 1));
}
#endif

TEST_F(Exec, StoreAndStepsTakeTurns) {
  isa::Exec e = simple_exec();
  e.n_i = E8_SMALL ? 40 : kDrain * 2;
  e.n_x = 20;
  run(make(e), {0, 100, 0});
  const std::uint64_t steps = std::uint64_t{20} * static_cast<std::uint64_t>(e.n_i);
  const std::uint64_t gaps = E8_SMALL ? 20 * kDrain : 0;  // between vectors
  EXPECT_LE(bench_.counts.step_span, 2 * steps + gaps);
  EXPECT_GE(bench_.counts.step_span, 2 * steps - 3);
  EXPECT_GE(bench_.counts.wait_port, steps - 3 - gaps);
}

/// SMALL, where there is no neighbour, fills one as slowly as it writes a vector.
TEST_F(Exec, ShiftMovesAWordACycle) {
  isa::Shift s;
  s.lane_mask = (1 << E8_LANES) - 1;
  s.dist = -1;
  s.n_rows = 4;
  s.n_words = 10;
  s.s_row = s.d_row = 10;
  s.d_base = 60;
  run(make(s));
  EXPECT_EQ(bench_.counts.shifts, 40u);
#if E8_SMALL
  EXPECT_LE(bench_.counts.cycles, 40 * (kWrite + 1) + 40);
#else
  EXPECT_LE(bench_.counts.cycles, 40u + 6);
#endif
}

TEST_F(Exec, EveryDistance) {
  for (int dist = -15; dist <= 15; ++dist) {
    isa::Shift s;
    s.lane_mask = (1 << E8_LANES) - 1;
    s.fill_mask = dist == 3 ? 1 : 0;
    s.fill = 0x80 + dist;
    s.dist = dist == 0 ? 1 : dist;
    s.n_rows = s.n_words = 1;
    s.s_base = 5;
    s.d_base = 50 + dist;
    run(make(s));
  }
}

TEST_F(Exec, DrainWaitReadsWhatWasJustWritten) {
  isa::Exec first = simple_exec(), second = simple_exec();
  first.o_base = 40;
  second.a_base = 40;
  second.o_base = 41;
  second.drain_wait = 1;
  isa::Shift shift;
  shift.drain_wait = 1;
  shift.lane_mask = 1;
  shift.dist = -1;
  shift.n_rows = shift.n_words = 1;
  shift.s_base = 41;
  shift.d_base = 42;
  isa::Exec third = simple_exec();
  third.drain_wait = 1;
  third.a_base = 42;
  third.o_base = 43;
  run(make(first, second, shift, third));
}

TEST_F(Exec, ChainOfHeldAccumulators) {
  isa::Exec e = simple_exec();
  e.n_i = 3;
  e.a_i = 1;
  isa::Exec first = e, middle = e, last = e;
  first.acc_hold = middle.acc_hold = 1;
  middle.acc_keep = last.acc_keep = 1;
  middle.a_base = 3;
  last.a_base = 6;
  last.o_base = 20;
  isa::Shift shift;
  shift.lane_mask = 1;
  shift.dist = 1;
  shift.n_rows = shift.n_words = 1;
  shift.d_base = 30;
  run(make(first, middle, shift, last, first, last));
  for (isa::Exec* x : {&first, &middle, &last}) x->reduce_max = 1;
  run(make(first, middle, last));
}

TEST_F(Exec, MaximumOfExtremes) {
  for (auto& lane : contents_.feature) std::fill(lane.begin(), lane.begin() + 10 * E8_V, std::int8_t{-128});
  reload();
  isa::Exec e = simple_exec();
  e.reduce_max = 1;
  e.n_i = 4;
  e.a_i = 1;
  e.n_x = 10;
  e.a_x = 1;
  e.o_base = 50;
  e.o_x = 1;
  run(make(e));
}

#if E8_TABLES
TEST_F(Exec, InPlaceResidual) {
  isa::Exec e = simple_exec();
  e.n_x = 12;
  e.a_base = 60;
  e.a_x = 1;
  e.r_base = e.o_base;
  e.r_x = e.o_x = 1;  // overwrites what the same vector reads last
  e.stage2 = 2;
  e.table_bank = 1;
  e.lo2 = -128;
  e.hi2 = 127;
  e.m2 = 1;
  e.s2 = 9;
  run(make(e));
  isa::Exec plain = simple_exec();  // does not overtake
  plain.o_base = 30;
  isa::Exec other = e;
  other.r_base = other.o_base = 320;
  run(make(e, plain, other, plain));
}
#endif

TEST_F(Exec, EmptyShiftsAndMasks) {
  isa::Shift s;
  s.dist = 1;
  s.lane_mask = 0;
  s.n_words = 3;
  isa::Exec none = simple_exec();
  none.lane_mask = 0;
  s.n_rows = 0;
  isa::Shift unmasked = s;  // events, but nothing is written
  unmasked.n_rows = 1;
  unmasked.d_base = 10;
  run(make(s, s, none, s, unmasked, s, none));
}

// ------------------------------------------------------------------------------------------------ it can fail

class ExecBad : public Exec {
 protected:
  /// The engine has other contents than the emulator.
  std::string difference(const Program& program, void (*spoil)(Contents&)) {
    Contents other = contents_;
    spoil(other);
    bench_.load(other);
    return bench_.run(program, expect(program, contents_));
  }
};

TEST_F(ExecBad, ABitOfAnyMemoryIsSeen) {
  isa::Exec e = two_by_two();
  set_param(0, 0, {0, 1, 1, 20});  // not clamped
  EXPECT_NE(difference(make(e), [](Contents& c) { c.weight[0] ^= 1; }), "");
  EXPECT_NE(difference(make(e), [](Contents& c) { c.feature[E8_LANES - 1][E8_V - 1] ^= 1; }), "");
  EXPECT_NE(difference(make(e), [](Contents& c) { c.param[3] ^= 0x40; }), "");
  EXPECT_NE(difference(make(e), [](Contents& c) { c.feature[0][90 * E8_V] ^= 1; }), "") << "a word nobody touches";
  EXPECT_EQ(difference(make(e), [](Contents&) {}), "");
}

TEST_F(ExecBad, AnInstructionOrAnErrorTooManyIsSeen) {
  isa::Exec e = two_by_two(), bad = e;
  bad.a_base = 0xffff;
  const Program good = make(e), more = make(e, e), wrong = make(e, bad);
  const auto reset_and_run = [&](const Program& program, const Program& expected) {
    bench_.reset();
    reload();
    return bench_.run(program, expect(expected, contents_));
  };
  EXPECT_NE(reset_and_run(more, good), "");
  EXPECT_NE(reset_and_run(good, more), "");
  EXPECT_NE(reset_and_run(wrong, more), "");
  EXPECT_NE(reset_and_run(more, wrong), "");
  EXPECT_EQ(reset_and_run(wrong, wrong), "");
}

}  // namespace
}  // namespace e8::test
