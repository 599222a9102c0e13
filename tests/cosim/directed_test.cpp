// Directed programs on every build: each error code at a known instruction, recovery by soft reset, soft reset in the
// middle of a program, watchdog, interrupts, counters, runs across 4 KiB boundaries.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "tests/cosim/bench.h"
#include "tests/sim/random_program.h"

namespace e8::test {
namespace {

using sim::StallMode;
constexpr std::uint64_t kSeed = 7;

sim::RtlOptions options(StallMode stalls = StallMode::kNone) {
  sim::RtlOptions o;
  o.memory.bytes = Layout{}.bytes;
  o.memory.stalls = stalls;
  o.memory.seed = kSeed;
  o.register_stalls = stalls;
  return o;
}

class Directed : public testing::TestWithParam<Build> {
 protected:
  Bench bench{GetParam(), options()};
  const isa::Config& config() { return bench.machine.rtl().config(); }

  /// A bit of everything: loads, an EXEC, a store. Five instructions and a chain of tokens, no END.
  ProgramBuilder good() {
    ProgramBuilder p(config());
    Random random(kSeed);
    p.put(isa::kRegionWeights, 0, random.bytes(0x2000));
    p.put(isa::kRegionInput, 0, random.bytes(0x2000));
    p.put(isa::kRegionOutput, 0, random.bytes(0x2000));
    p.put_params(isa::kRegionWeights, 0x4000, std::vector<isa::ParamRecord>(config().v * 2));
    p.add(p.load_lanes(isa::kRegionInput, 0, 0, 12));
    p.add(p.load(isa::kTargetWeight, isa::kRegionWeights, 0, 0, 4));
    isa::Load params = p.load(isa::kTargetParam, isa::kRegionWeights, 0x4000, 0, 2);
    params.signal = isa::kTokenExec;
    p.add(params);
    isa::Exec e = p.exec(0, 0, 0, 20);
    e.n_x = 4;
    e.a_x = e.o_x = 1;
    e.n_i = 2;
    e.a_i = e.w_step = 1;
    e.wait = isa::kTokenLoad;
    e.signal = isa::kTokenStore;
    p.add(e);
    isa::Store s = p.store_lanes(isa::kRegionOutput, 0x100, 20, 4);
    s.wait = isa::kTokenExec;
    p.add(s);
    return p;
  }
  /// The RTL's registers alone: the emulator, which has no watchdog, is not started.
  sim::RtlMachine& rtl_registers() { return bench.machine.rtl(); }
  static constexpr std::uint32_t kGood = 5;  ///< instructions of good()

  void run_good() {
    ProgramBuilder p = good();
    p.end();
    expect_verdict(bench.run(p), p, kSeed);
  }
  /// Runs, wants this error at the instruction behind good(), resets and runs a good program.
  void expect_error(const ProgramBuilder& p, isa::Error error, const std::vector<sim::Fault>& faults = {},
                    std::uint32_t at = kGood) {
    SCOPED_TRACE(isa::error_name(error));
    const sim::LockstepResult& result = bench.run(p, faults);
    expect_verdict(result, p, kSeed);
    EXPECT_EQ(isa::error_name(result.final_state.error), std::string(isa::error_name(error)));
    EXPECT_EQ(result.final_state.error_pc, at);
    EXPECT_FALSE(result.final_state.done);
    bench.machine.write_reg(isa::reg::IRQ_STATUS, 3);
    bench.machine.write_reg(isa::reg::CONTROL, isa::regfield::CONTROL_start.put(1));  // must be ignored
    EXPECT_EQ(isa::regfield::STATUS_busy.get(bench.status()), 0u);
    EXPECT_EQ(isa::regfield::STATUS_error.get(bench.status()), 1u);
    bench.reset();
    EXPECT_EQ(bench.status(), 0u);
    run_good();
  }
  /// good(), one more instruction, END.
  template <typename I>
  void expect_error_of(I i, isa::Error error) {
    ProgramBuilder p = good();
    p.add(i);
    p.end();
    expect_error(p, error);
  }
};

TEST_P(Directed, StaticErrors) {
  for (const unsigned opcode : {0u, 7u, 15u}) {
    ProgramBuilder p = good();
    isa::Instruction i;
    i.bytes[0] = static_cast<std::uint8_t>(opcode);
    p.program.push_back(i);
    p.end();
    expect_error(p, isa::Error::kILLEGAL_OPCODE);
  }
  isa::Nop n;
  n.engine = 3;
  expect_error_of(n, isa::Error::kILLEGAL_FIELD);
  isa::Exec keep = ProgramBuilder(config()).exec(0, 0, 0, 20);
  keep.acc_keep = 1;
  expect_error_of(keep, isa::Error::kILLEGAL_FIELD);
}

TEST_P(Directed, TokenErrors) {
  isa::Nop n;
  n.wait = isa::kTokenStore;
  expect_error_of(n, isa::Error::kTOKEN);
  ProgramBuilder p = good();  // one token more than a channel holds
  n.wait = 0;
  n.signal = isa::kTokenStore;
  for (unsigned i = 0; i < 128; ++i) p.add(n);
  p.end();
  expect_error(p, isa::Error::kTOKEN, {}, kGood + 127);
}

TEST_P(Directed, AddressErrorsOfExec) {
  const ProgramBuilder b(config());
  const auto words = [](unsigned n) { return static_cast<std::uint32_t>(n); };
  expect_error_of(b.exec(words(config().feature_words), 0, 0, 20), isa::Error::kADDR_FEATURE);
  expect_error_of(b.exec(0, words(config().weight_words), 0, 20), isa::Error::kADDR_WEIGHT);
  expect_error_of(b.exec(0, 0, words(config().param_words), 20), isa::Error::kADDR_PARAM);
  expect_error_of(b.exec(0, 0, 0, words(config().feature_words)), isa::Error::kADDR_FEATURE);
  isa::Exec late = b.exec(0, 0, 0, 30);  // the third vector's activation
  late.n_x = 4;
  late.a_x = -2;
  late.a_base = 3;
  late.drain_wait = late.o_x = 1;
  expect_error_of(late, isa::Error::kADDR_FEATURE);
  isa::Shift s;
  s.dist = 1;
  s.lane_mask = 1;
  s.n_rows = 1;
  s.n_words = 4;
  s.s_base = config().feature_words - 3;
  s.d_base = 40;
  expect_error_of(s, isa::Error::kADDR_FEATURE);
}

TEST_P(Directed, AddressErrorsOfDma) {
  const ProgramBuilder b(config());
  expect_error_of(b.load_lanes(isa::kRegionInput, 0, config().feature_words - 2, 3), isa::Error::kADDR_FEATURE);
  expect_error_of(b.load(isa::kTargetWeight, isa::kRegionWeights, 0, config().weight_words - 1, 2),
                  isa::Error::kADDR_WEIGHT);
  expect_error_of(b.load(isa::kTargetParam, isa::kRegionWeights, 0, config().param_words - 1, 2),
                  isa::Error::kADDR_PARAM);
  if (config().tables) {
    expect_error_of(b.load(isa::kTargetTable, isa::kRegionWeights, 0, 1023, 2), isa::Error::kADDR_TABLE);
  }
  const std::uint32_t size = Layout{}.regions[isa::kRegionOutput].size;
  expect_error_of(b.load(isa::kTargetWeight, isa::kRegionWeights, size - 1, 0, 1), isa::Error::kADDR_REGION);
  expect_error_of(b.store_lanes(isa::kRegionOutput, size - 1, config().feature_words - 1, 1), isa::Error::kADDR_REGION);
  expect_error_of(b.store_lanes(isa::kRegionOutput, 0, config().feature_words - 2, 3), isa::Error::kADDR_FEATURE);
}

TEST_P(Directed, Overflow) {
  ProgramBuilder p = good();
  isa::ParamRecord hot;
  hot.b2 = (std::int64_t{1} << 32) - 1;
  p.put_params(isa::kRegionWeights, 0x6000, std::vector<isa::ParamRecord>(config().v, hot));
  p.put(isa::kRegionInput, 0x3000, std::vector<std::uint8_t>(config().v * config().lanes, 1));
  isa::Load params = p.load(isa::kTargetParam, isa::kRegionWeights, 0x6000, 2, 1);
  p.add(params);
  isa::Load ones = p.load_lanes(isa::kRegionInput, 0x3000, 13, 1);
  ones.signal = isa::kTokenExec;
  p.add(ones);
  isa::Exec e = p.exec(13, 0, 2, 40);
  e.wait = isa::kTokenLoad;
  e.reduce_max = 1;  // acc = 1: V = 2 + b2
  e.n_y = 2;
  p.add(e);
  p.end();
  expect_error(p, isa::Error::kOVERFLOW, {}, kGood + 2);
}

TEST_P(Directed, AxiErrorsAndProgramEnd) {
  ProgramBuilder p = good();
  p.add(p.load_lanes(isa::kRegionInput, 0x1000, 50, 3));
  p.end();
  const auto fault = [&](bool on_write, std::uint64_t at) {
    return std::vector<sim::Fault>{{sim::FaultKind::kSlverr, on_write, at, at + 1, sim::Fault::kNever}};
  };
  expect_error(p, isa::Error::kAXI_READ, fault(false, p.layout.regions[isa::kRegionInput].base + 0x1001));
  expect_error(p, isa::Error::kAXI_READ, fault(false, p.layout.program + 64 * kGood + 63));
  expect_error(p, isa::Error::kAXI_WRITE, fault(true, p.layout.regions[isa::kRegionOutput].base + 0x100), kGood - 1);
  // Behind END nothing is read: a fault there, or the end of the memory, is nobody's.
  expect_verdict(bench.run(p, fault(false, p.layout.program + 64 * (kGood + 2))), p, kSeed);
  ProgramBuilder q = good();
  expect_error(q, isa::Error::kPROGRAM_END);
  q.length = 0;
  expect_error(q, isa::Error::kPROGRAM_END, {}, 0);
  ProgramBuilder r = good();
  r.end();
  r.layout.program = r.layout.bytes - r.program.size() * 64;
  expect_verdict(bench.run(r), r, kSeed);
}

/// The lowest instruction wins, whichever engine notices first.
TEST_P(Directed, LowestInstructionWins) {
  ProgramBuilder p = good();
  isa::Exec slow = p.exec(0, 0, 0, 60);  // fails late
  slow.n_y = 60;
  slow.a_x = 0;
  slow.o_y = 0;
  slow.n_g = 3;
  slow.drain_wait = 1;
  p.add(slow);
  p.add(p.load(isa::kTargetWeight, isa::kRegionWeights, 0x7FFFFFFF, 0, 1));  // fails at once
  p.add(isa::Nop{});
  p.program.back().bytes[0] = 0;
  p.end();
  p.put_params(isa::kRegionWeights, 0x4000, std::vector<isa::ParamRecord>(config().v * 2));
  slow.p_base = config().param_words - 2;  // the third group has no parameters
  p.program[kGood] = isa::encode(slow);
  expect_error(p, isa::Error::kADDR_PARAM);
}

TEST_P(Directed, SoftResetInTheMiddle) {
  Random random(kSeed);
  for (const StallMode stalls : {StallMode::kNone, StallMode::kRandom, StallMode::kWorst}) {
    Bench b(GetParam(), options(stalls));
    const ProgramBuilder p = random_program(random, config(), {});
    expect_verdict(b.run(p), p, kSeed);
    const std::uint64_t cycles = b.counter(isa::reg::CNT_CYCLES_LO);
    for (unsigned i = 0; i < 6; ++i) {
      p.load_into(b.machine);
      p.start_on(b.machine);
      for (auto n = random.range(0, static_cast<std::int64_t>(cycles)); n > 0; --n) b.machine.rtl().tick();
      b.reset();
      EXPECT_EQ(b.status(), 0u);
      EXPECT_TRUE(b.machine.rtl().memory().quiet()) << "the AXI is quiet after a soft reset";
    }
    expect_verdict(b.run(p), p, kSeed);
    EXPECT_EQ(b.machine.rtl().memory().checker().count(), 0u);
  }
}

/// A memory that never answers stops the machine after WATCHDOG cycles; it comes back once the memory answers.
TEST_P(Directed, Watchdog) {
  ProgramBuilder p = good();
  p.end();
  sim::RtlMachine& rtl = bench.machine.rtl();
  for (const bool on_write : {false, true}) {
    const std::uint64_t at = p.layout.regions[on_write ? isa::kRegionOutput : isa::kRegionInput].base + 0x100;
    p.load_into(bench.machine);
    rtl.memory().add_fault({sim::FaultKind::kHang, on_write, 0, at + 0x1000, sim::Fault::kNever});
    rtl.write_reg(isa::reg::WATCHDOG, 700);
    p.start_on(rtl_registers());
    EXPECT_TRUE(rtl.run(5000));
    EXPECT_GE(bench.counter(isa::reg::CNT_CYCLES_LO), 700u);
    const sim::FinalState state = rtl.final_state();
    EXPECT_EQ(state.error, isa::Error::kWATCHDOG);
    EXPECT_EQ(state.error_pc, on_write ? kGood - 1 : 0u);
    rtl.write_reg(isa::reg::CONTROL, isa::regfield::CONTROL_soft_reset.put(1));
    for (unsigned i = 0; i < 100; ++i) rtl.tick();
    EXPECT_EQ(isa::regfield::STATUS_busy.get(bench.status()), 1u) << "waits for the AXI";
    rtl.memory().clear_faults();
    bench.reset();
    run_good();  // and with 700 cycles the watchdog does not bark
  }
}

TEST_P(Directed, Interrupts) {
  ProgramBuilder p = good();
  p.end();
  sim::RtlMachine& rtl = bench.machine.rtl();
  const auto run_with = [&](std::uint32_t enable, bool fails) {
    ProgramBuilder q = p;
    if (fails) q.program.back().bytes[0] = 0;
    q.load_into(bench.machine);
    q.start_on(rtl_registers());
    rtl.write_reg(isa::reg::IRQ_ENABLE, enable);
    for (unsigned i = 0; i < 20000 && isa::regfield::STATUS_busy.get(bench.status()) != 0; ++i) {
    }
  };
  const std::uint32_t done = isa::regfield::IRQ_ENABLE_done.put(1), error = isa::regfield::IRQ_ENABLE_error.put(1);
  for (const bool fails : {false, true}) {
    run_with(fails ? done : error, fails);
    EXPECT_FALSE(rtl.irq()) << "the other event is enabled";
    EXPECT_EQ(rtl.read_reg(isa::reg::IRQ_STATUS), fails ? error : done);
    rtl.write_reg(isa::reg::IRQ_ENABLE, done | error);
    EXPECT_TRUE(rtl.irq()) << "pending when enabled";
    rtl.write_reg(isa::reg::IRQ_STATUS, fails ? done : error);
    EXPECT_TRUE(rtl.irq()) << "the other event was cleared";
    rtl.write_reg(isa::reg::IRQ_STATUS, fails ? error : done);
    EXPECT_FALSE(rtl.irq());
    EXPECT_EQ(isa::regfield::STATUS_done.get(bench.status()), fails ? 0u : 1u);
  }
  bench.reset();
  run_good();
}

TEST_P(Directed, Counters) {
  Random random(kSeed);
  for (unsigned i = 0; i < 3; ++i) {
    const ProgramBuilder p = random_program(random, config(), {});
    sim::RtlMachine& rtl = bench.machine.rtl();
    const std::uint64_t reads = rtl.memory().read_beats(), writes = rtl.memory().write_beats(), start = rtl.cycle();
    expect_verdict(bench.run(p), p, kSeed);
    const std::uint64_t cycles = bench.counter(isa::reg::CNT_CYCLES_LO);
    EXPECT_EQ(bench.counter(isa::reg::CNT_EXEC_LO), bench.machine.emulator().mac_steps());
    std::uint64_t shifted = 0;
    for (const isa::Instruction& instruction : p.program) {
      if (instruction.opcode() != static_cast<unsigned>(isa::Opcode::kSHIFT)) continue;
      const isa::Shift s = isa::decode_shift(instruction);
      shifted += static_cast<std::uint64_t>(s.n_rows * s.n_words);
    }
    EXPECT_EQ(bench.counter(isa::reg::CNT_SHIFT_LO), shifted);
    EXPECT_EQ(bench.counter(isa::reg::CNT_AXI_READ_LO), rtl.memory().read_beats() - reads);
    EXPECT_EQ(bench.counter(isa::reg::CNT_AXI_WRITE_LO), rtl.memory().write_beats() - writes);
    EXPECT_GT(cycles, 0u);
    EXPECT_LE(cycles, rtl.cycle() - start);
    std::uint64_t exec = 0;
    for (const std::uint32_t c :
         {isa::reg::CNT_EXEC_LO, isa::reg::CNT_SHIFT_LO, isa::reg::CNT_WAIT_LOAD_LO, isa::reg::CNT_WAIT_STORE_LO,
          isa::reg::CNT_WAIT_DRAIN_LO, isa::reg::CNT_WAIT_PORT_LO, isa::reg::CNT_WAIT_FETCH_LO}) {
      exec += bench.counter(c);
    }
    EXPECT_LE(exec, cycles) << "a cycle of the exec engine counts once";
    EXPECT_GT(exec * 2, cycles) << "and mostly somewhere";
  }
}

TEST_P(Directed, RegistersTellTheBuild) {
  const isa::Config& c = config();
  const auto read = [&](std::uint32_t reg) { return bench.machine.read_reg(reg); };
  EXPECT_EQ(read(isa::reg::ID), 0x45384131u);
  EXPECT_EQ(read(isa::reg::ISA_HASH), isa::isa_hash());
  EXPECT_EQ(read(isa::reg::PARAM_ARRAY), c.lanes | c.v << 8 | c.drain << 16 | c.axi_bytes << 24);
  const std::uint32_t memories = read(isa::reg::PARAM_MEM0);
  EXPECT_EQ(1u << isa::regfield::PARAM_MEM0_feature_log2.get(memories), c.feature_words);
  EXPECT_EQ(1u << isa::regfield::PARAM_MEM0_weight_log2.get(memories), c.weight_words);
  EXPECT_EQ(1u << isa::regfield::PARAM_MEM0_param_log2.get(memories), c.param_words);
  const std::uint32_t features = read(isa::reg::PARAM_FEATURES);
  EXPECT_EQ(features, c.mul_bits | unsigned{c.double_round} << 8 | unsigned{c.tables} << 9 | 32u << 16);
}

/// Runs that start and end around 4 KiB boundaries, at every alignment; regions at odd addresses.
TEST_P(Directed, FourKibBoundaries) {
  ProgramBuilder p(config());
  Random random(kSeed);
  p.layout.regions[isa::kRegionInput].base += 5;
  p.layout.regions[isa::kRegionOutput].base += 3;
  p.put(isa::kRegionInput, 0, random.bytes(0x10000));
  const std::uint32_t words = std::min<std::uint32_t>(96, config().feature_words / 2);
  p.add(p.load_lanes(isa::kRegionInput, 0, 0, words));
  isa::Store out;
  for (std::uint32_t i = 0; i <= 2 * config().axi_bytes; i += config().axi_bytes >= 32 ? 3 : 1) {
    const std::uint32_t near = 0x2000 - config().axi_bytes + i;
    const std::uint32_t n = 1 + i * 7 % words;
    isa::Load l = p.load_lanes(isa::kRegionInput, near - p.config().v * (n / 2), 0, n);
    if (i != 0) l.wait = isa::kTokenStore;
    l.signal = isa::kTokenStore;
    p.add(l);
    out = p.store_lanes(isa::kRegionOutput, 0x1000 + near - p.config().v * (n / 3), 0, n);
    out.wait = isa::kTokenLoad;
    out.signal = isa::kTokenLoad;
    p.add(out);
  }
  p.end();
  for (const StallMode stalls : {StallMode::kNone, StallMode::kWorst}) {
    Bench b(GetParam(), options(stalls));
    expect_verdict(b.run(p), p, kSeed);
    EXPECT_EQ(b.machine.rtl().memory().checker().count(), 0u);
  }
}

INSTANTIATE_TEST_SUITE_P(Builds, Directed, testing::ValuesIn(builds()),
                         [](const auto& test) { return "on_" + test.param.name; });

/// A missing plug-in is a failure that says how to make it.
TEST(Plugins, MissingOnesAreNamed) {
  try {
    load_plugin({"no_such_build", "CONFIG=no_such_build"});
    FAIL();
  } catch (const std::runtime_error& e) {
    EXPECT_NE(std::string(e.what()).find("no_such_build.so is missing; make it with: make rtl CONFIG=no_such_build"),
              std::string::npos)
        << e.what();
  }
}

/// A traced build writes the window that is asked for; a fast one refuses.
TEST(Plugins, TracedOnesWriteWaves) {
  const std::string path = testing::TempDir() + "exact8_cosim.fst";
  std::filesystem::remove(path);
  sim::RtlMachine traced(load_plugin({"tiny.trace", "CONFIG=tiny TRACE=1"}), options());
  traced.trace(path, traced.cycle() + 10, traced.cycle() + 200);
  for (unsigned i = 0; i < 300; ++i) traced.tick();
  ASSERT_TRUE(std::filesystem::exists(path));
  EXPECT_GT(std::filesystem::file_size(path), 1000u);
  EXPECT_THROW(traced.trace("/nowhere/x.fst", 0, 1), sim::PluginError);
  std::filesystem::remove(path);
  sim::RtlMachine fast(load_plugin(builds()[1]), options());
  EXPECT_THROW(fast.trace(path, 0, 1), sim::PluginError);
}

}  // namespace
}  // namespace e8::test
