// Programs on e8_control: order, tokens, errors, END, watchdog, soft reset; against program_model.
#include <gtest/gtest.h>

#include "tests/rtl/control/program_model.h"

namespace e8::test {
namespace {

using isa::Error;
using isa::Instruction;
constexpr unsigned kLoad = 1, kExec = 2, kStore = 4;  // token bits
const Instruction kEnd = isa::encode(isa::End{});

constexpr std::uint32_t kBusy = 1, kDone = 2, kError = 4;

class Run : public ::testing::Test {
 protected:
  /// The run that was started ends as the model says; the log keeps the rules; the machine is quiet.
  void expect_outcome(std::uint32_t length) {
    const Outcome want = expected_outcome(b.program, length, b.faults, b.read_faults);
    ASSERT_TRUE(b.run()) << "no interrupt";
    EXPECT_TRUE(b.engines_idle()) << "stopped while an engine was at work";
    const std::size_t started = b.log.size();
    const std::uint32_t status = b.reg(isa::reg::STATUS);
    const auto code = static_cast<Error>(status >> 8 & 0xFF);
    EXPECT_EQ(status & 7, want.error == Error::kNONE ? kDone : kError);
    EXPECT_EQ(isa::error_name(code), std::string(isa::error_name(want.error))) << "at " << want.index;
    if (want.error != Error::kNONE) {
      EXPECT_EQ(b.reg(isa::reg::ERROR_PC), want.index);
    }
    EXPECT_EQ(b.reg(isa::reg::IRQ_STATUS), want.error == Error::kNONE ? 1u : 2u);
    check_log(b, want);
    b.ticks(40);
    EXPECT_EQ(b.log.size(), started) << "something started after the end";
  }
  void expect_outcome() { expect_outcome(static_cast<std::uint32_t>(b.program.size())); }
  void run(const std::vector<Instruction>& program) {
    b.start(program);
    expect_outcome();
  }
  void forget() {
    b.faults.clear();
    b.read_faults.clear();
    b.hanging.clear();
  }

  ControlBench b{1};
};

TEST_F(Run, OnlyEnd) {
  run({kEnd});
  run({kEnd});  // done is no obstacle
}

TEST_F(Run, EveryEngineAndNops) {
  run({load(0, kExec), exec(kLoad, kStore), store(kExec, kLoad), load(kStore), nop(0), nop(1), nop(2), kEnd});
  EXPECT_EQ(b.log.size(), 4u);
}

/// A token through NOPs of all engines: each completes only after what is before it on its engine.
TEST_F(Run, NopsCarryTokensInOrder) {
  b.surroundings.min_latency = 30;
  b.surroundings.max_latency = 60;
  run({load(), nop(0, 0, kExec | kStore), store(), nop(2, kLoad, kExec), exec(kLoad | kStore, 0), kEnd});
  EXPECT_GT(b.log.at(4).start, std::max(b.log.at(0).done, b.log.at(2).done));
}

TEST_F(Run, ProgramEnd) {
  b.start({load(), exec()}, 2);
  expect_outcome(2);
  b.soft_reset();
  b.start({load(), exec(), kEnd}, 0);
  expect_outcome(0);
  b.soft_reset();
  b.start({load(), kEnd, exec()}, 1);  // END lies behind PROG_LEN
  expect_outcome(1);
}

TEST_F(Run, IllegalInstructions) {
  Instruction no_opcode, bad_field = load();
  bad_field.bytes[63] = 1;
  run({load(), no_opcode, kEnd});
  b.soft_reset();
  run({bad_field, kEnd});
  b.soft_reset();
  b.surroundings.min_latency = b.surroundings.max_latency = 300;
  run({load(), store(), exec(), bad_field, no_opcode});  // reported when the three have ended
}

TEST_F(Run, Tokens) {
  run({exec(kLoad), kEnd});
  b.soft_reset();
  run({load(0, kExec), exec(kLoad), exec(kLoad), kEnd});
  b.soft_reset();
  run({load(0, kStore), exec(kLoad), kEnd});  // a token for another engine
  b.soft_reset();
  run({exec(kStore), store(0, kExec), kEnd});  // sent by a later instruction
  b.soft_reset();
  std::vector<Instruction> many(127, load(0, kExec));
  many.push_back(kEnd);
  run(many);  // 127 pending is legal, and the next start forgets them
  run({exec(kLoad), kEnd});
  b.soft_reset();
  many.back() = load(0, kExec);
  many.push_back(kEnd);
  run(many);
  EXPECT_EQ(b.reg(isa::reg::ERROR_PC), 127u);
  b.soft_reset();
  many.insert(many.begin() + 100, exec(kLoad));  // one was taken: 127 again
  run(many);
}

TEST_F(Run, FetchErrors) {
  for (const std::uint32_t at : {0u, 1u, 3u, 4u, 21u}) {
    b.read_faults = {at, at + 1};
    std::vector<Instruction> program(at + 3, load());
    program.push_back(kEnd);
    run(program);
    b.soft_reset();
  }
  b.read_faults = {2};  // behind END: nobody's error
  run({load(), kEnd, exec(), exec()});
}

/// The last instruction is judged before the end of the program is, also when that takes long.
TEST_F(Run, LastInstructionIsCheckedFirst) {
  isa::Exec e;
  e.n_ky = e.n_kx = 255;
  e.n_i = 0xFFFF;
  e.n_g = e.n_y = e.n_x = 1;
  run({isa::encode(e)});
}

/// Nothing is fetched once END is known; a request that waits is not lost, and the next start finds no trace of it.
TEST_F(Run, FetchStopsAtEnd) {
  b.surroundings.request_percent = 3;
  std::uint64_t fewest = kNever;
  for (int n = 0; n < 30; ++n) {
    std::vector<Instruction> program(64, load());
    program.front() = kEnd;
    b.start(program);
    expect_outcome();
    const std::uint64_t requested = b.requested_bytes;
    b.ticks(b.pick(0, 1) * 500);
    EXPECT_EQ(b.requested_bytes, requested);
    fewest = std::min(fewest, requested);
  }
  if (E8_FETCH_LOG2 > 3) {  // a shorter buffer is always filled before END is known
    EXPECT_LT(fewest, 64u << E8_FETCH_LOG2) << "the buffer is filled behind END";
  }
}

/// The lowest index wins, in whatever order errors come.
TEST_F(Run, LowestIndexWins) {
  b.surroundings.min_latency = 60;
  b.surroundings.max_latency = 90;
  b.faults = {{0, Error::kADDR_REGION}, {1, Error::kOVERFLOW}, {2, Error::kAXI_WRITE}};
  for (int n = 0; n < 12; ++n) {
    run({load(), exec(), store(), kEnd});
    b.soft_reset();
  }
  b.faults = {{2, Error::kAXI_WRITE}};
  Instruction bad = exec();
  bad.bytes[63] = 1;
  for (int n = 0; n < 12; ++n) {
    run({load(), exec(), store(), bad});
    b.soft_reset();
  }
}

/// An instruction that waits for a token of one before the failed one still runs.
TEST_F(Run, InstructionsBeforeTheErrorEnd) {
  b.surroundings.min_latency = b.surroundings.max_latency = 100;
  b.faults = {{3, Error::kADDR_FEATURE}};
  run({load(0, kExec), exec(kLoad, kStore), store(kExec), load(), exec(), kEnd});
}

TEST_F(Run, NoStartAfterAnErrorUntilSoftReset) {
  b.faults = {{0, Error::kAXI_READ}};
  run({load(), kEnd});
  forget();
  b.start({load(), kEnd});
  EXPECT_FALSE(b.run(500));
  EXPECT_EQ(b.reg(isa::reg::STATUS), kError | 10u << 8);
  EXPECT_EQ(b.reg(isa::reg::ERROR_PC), 0u);
  b.soft_reset();
  EXPECT_EQ(b.reg(isa::reg::STATUS), 0u);
  run({load(), kEnd});
}

TEST_F(Run, StartIsIgnoredWhileBusy) {
  b.surroundings.min_latency = b.surroundings.max_latency = 100;
  b.start({load(), exec(), kEnd});
  EXPECT_EQ(b.reg(isa::reg::STATUS), kBusy);
  b.write(isa::reg::CONTROL, 1);
  expect_outcome();
}

// ------------------------------------------------------------------------------------------------- random programs

struct Case {
  const char* name;
  unsigned read_latency, gap, request, min_latency, max_latency, ready, in_flight;
};

class RandomRun : public Run, public ::testing::WithParamInterface<Case> {
 protected:
  void spoil(std::vector<Instruction>& program) {
    const auto at = static_cast<std::uint32_t>(b.pick(0, program.size() - 1));
    switch (b.pick(0, 6)) {
      case 0:
        program[at].bytes[63] = 0x80;
        break;
      case 1:
        program[at].bytes[0] &= 0xF0;
        break;
      case 2:
        b.read_faults = {at};
        break;
      case 3:
        program[at].bytes[0] ^= 0x70;  // other tokens are taken
        break;
      case 4:
        program.resize(at + 1);  // perhaps without END
        break;
      default: {
        static constexpr Error kCodes[] = {Error::kADDR_FEATURE, Error::kADDR_REGION, Error::kOVERFLOW,
                                           Error::kAXI_READ, Error::kAXI_WRITE};
        for (std::uint64_t n = b.pick(1, 4); n > 0; --n) {
          b.faults[static_cast<std::uint32_t>(b.pick(0, program.size() - 1))] = kCodes[b.pick(0, 4)];
        }
      }
    }
  }
};

TEST_P(RandomRun, KeepsTheRules) {
  const std::uint64_t seed = seed_or(11);
  SCOPED_TRACE("seed " + std::to_string(seed));
  b.random.seed(seed);
  const Case& c = GetParam();
  b.surroundings = {c.read_latency, c.gap, c.request, c.min_latency, c.max_latency, c.ready, c.in_flight, false};
  unsigned done = 0, failed = 0;
  for (int n = 0; n < 200 && !HasFailure(); ++n) {
    SCOPED_TRACE("program " + std::to_string(n));
    forget();
    std::vector<Instruction> program = random_program(b.random, static_cast<unsigned>(b.pick(0, 80)));
    if (n % 3 != 0) spoil(program);
    b.start(program);
    expect_outcome();
    const bool error = (b.reg(isa::reg::STATUS) & kError) != 0;
    ++(error ? failed : done);
    if (error || b.chance(20)) b.soft_reset();
  }
  EXPECT_GE(done, 50u);
  EXPECT_GE(failed, 50u);
}

INSTANTIATE_TEST_SUITE_P(Surroundings, RandomRun,
                         ::testing::Values(Case{"fast", 1, 0, 100, 1, 1, 100, 1},
                                           Case{"deep", 3, 0, 100, 1, 30, 100, 8},
                                           Case{"slow_memory", 200, 50, 30, 1, 20, 100, 4},
                                           Case{"slow_engines", 10, 10, 80, 50, 400, 30, 2},
                                           Case{"jitter", 20, 50, 50, 1, 60, 50, 8}),
                         [](const auto& info) { return info.param.name; });

// ------------------------------------------------------------------------------------------------- watchdog

class Watchdog : public Run {
 protected:
  /// A watchdog error at `index`, `cycles` after the last progress.
  void expect_bark(std::uint32_t index, std::uint64_t cycles) {
    ASSERT_TRUE(b.run(20000));
    EXPECT_EQ(b.reg(isa::reg::STATUS), kError | 13u << 8);
    EXPECT_EQ(b.reg(isa::reg::ERROR_PC), index);
    EXPECT_GE(b.irq_cycle - b.last_progress, cycles);
    EXPECT_LE(b.irq_cycle - b.last_progress, cycles + 4);
  }
};

TEST_F(Watchdog, MemoryNeverAnswers) {
  b.write(isa::reg::WATCHDOG, 300);
  b.memory_hangs = true;
  b.last_progress = b.cycle;
  b.start({load(), kEnd});
  ASSERT_TRUE(b.run(20000));
  EXPECT_EQ(b.reg(isa::reg::STATUS), kError | 13u << 8);
  EXPECT_EQ(b.reg(isa::reg::ERROR_PC), 0u);
  // A soft reset waits until the memory has answered.
  b.write(isa::reg::CONTROL, 2);
  b.ticks(500);
  EXPECT_EQ(b.reg(isa::reg::STATUS), kBusy | kError | 13u << 8);
  EXPECT_EQ(b.resets, 0u);
  b.memory_hangs = false;
  b.ticks(100);
  EXPECT_EQ(b.resets, 1u);
  EXPECT_EQ(b.reg(isa::reg::STATUS), 0u);
  run({load(), kEnd});
}

TEST_F(Watchdog, OldestUnfinishedInstruction) {
  b.write(isa::reg::WATCHDOG, 250);
  b.hanging = {2};
  b.start({load(), exec(), store(), load(), exec(), kEnd});
  expect_bark(2, 250);
  EXPECT_EQ(b.log.count(4), E8_SMALL ? 0u : 1u);
  if (!E8_SMALL) {
    EXPECT_NE(b.log.at(4).done, kNever);
  }
}

/// The error is older than what hangs, so it is the one to report; the other way round it is the watchdog.
TEST_F(Watchdog, AnErrorBeforeWhatHangsIsReported) {
  b.write(isa::reg::WATCHDOG, 250);
  b.surroundings.min_latency = b.surroundings.max_latency = 100;
  b.hanging = {1};
  b.faults = {{0, Error::kADDR_REGION}};
  b.start({load(), store(), kEnd});
  ASSERT_TRUE(b.run(20000));
  EXPECT_EQ(b.reg(isa::reg::STATUS), kError | 8u << 8);
  EXPECT_EQ(b.reg(isa::reg::ERROR_PC), 0u);
  b.soft_reset();
  b.hanging = {0};
  b.faults = {{1, Error::kADDR_REGION}};
  b.start({load(), store(), kEnd});
  expect_bark(0, 250);
}

TEST_F(Watchdog, SleepsWhileSomethingMoves) {
  b.write(isa::reg::WATCHDOG, 40);
  b.surroundings.min_latency = b.surroundings.max_latency = 1000;
  b.step_percent = 25;
  run({load(), exec(), store(), kEnd});
}

TEST_F(Watchdog, ZeroIsNever) {
  b.surroundings.min_latency = b.surroundings.max_latency = 5000;
  run({load(), kEnd});
}

// ------------------------------------------------------------------------------------------------- soft reset

TEST_F(Run, SoftResetWhileRunning) {
  b.surroundings.min_latency = 20;
  b.surroundings.max_latency = 200;
  b.surroundings.read_latency = 50;
  for (int n = 0; n < 30; ++n) {
    b.start(random_program(b.random, 60));
    b.ticks(b.pick(0, 900));
    const std::uint64_t before = b.resets;
    const bool idle = b.irq_cycle != kNever;
    b.soft_reset();
    EXPECT_EQ(b.resets, before + 1) << (idle ? "when idle" : "when busy");
    EXPECT_EQ(b.reg(isa::reg::STATUS), 0u);
    EXPECT_EQ(b.counter(isa::reg::CNT_CYCLES_LO), 0u);
    EXPECT_EQ(b.reg(isa::reg::PROG_LEN), 61u);  // registers stay
    run({load(0, kExec), exec(kLoad), kEnd});
  }
}

TEST_F(Run, SoftResetWaitsForTheAxi) {
  b.axi_busy = true;
  b.write(isa::reg::CONTROL, 3);  // soft reset wins over start
  b.ticks(100);
  EXPECT_EQ(b.reg(isa::reg::STATUS), kBusy);
  EXPECT_EQ(b.resets, 0u);
  b.write(isa::reg::CONTROL, 1);  // ignored
  b.axi_busy = false;
  b.ticks(10);
  EXPECT_EQ(b.resets, 1u);
  EXPECT_EQ(b.reg(isa::reg::STATUS), 0u);
  run({load(), kEnd});
}

/// END and an error wait for transfers that are still open.
TEST_F(Run, StopWaitsForTheAxi) {
  b.axi_busy = true;
  b.start({kEnd});
  EXPECT_FALSE(b.run(500));
  b.axi_busy = false;
  EXPECT_TRUE(b.run(10));
  b.axi_busy = true;
  b.faults = {{0, Error::kADDR_REGION}};
  b.start({load(), kEnd});
  EXPECT_FALSE(b.run(500));
  b.axi_busy = false;
  EXPECT_TRUE(b.run(10));
}

TEST_F(Run, HardwareResetInTheMiddle) {
  b.start({load(), exec(), store(), kEnd});
  b.ticks(60);
  b.reset();
  EXPECT_EQ(b.reg(isa::reg::STATUS), 0u);
  EXPECT_EQ(b.reg(isa::reg::ERROR_PC), 0u);
  EXPECT_EQ(b.reg(isa::reg::PROG_LEN), 0u);
  run({load(), kEnd});
}

// ------------------------------------------------------------------------------------------------- speed

/// Instructions pass at one a 20 cycles at least (SMALL: 41), where memory and
/// engines do not hold them up.
TEST_F(Run, DispatchRate) {
  b.surroundings.min_latency = b.surroundings.max_latency = 1;
  std::vector<Instruction> program(100, load());
  program.push_back(kEnd);
  const std::uint64_t before = b.cycle;
  run(program);
  EXPECT_LE(b.irq_cycle - before, 100u * (E8_SMALL ? 41 : 20) + 100);
}

}  // namespace
}  // namespace e8::test
