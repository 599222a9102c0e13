// Lockstep against a scripted machine: equal scripts pass, every kind of change is found and located.
#include "sim/lockstep/lockstep.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "tests/sim/scripted_source.h"

namespace e8::test {
namespace {

using sim::Difference;
using sim::LockstepResult;
using sim::Stream;
using sim::Verdict;
using Kind = ScriptedEvent::Kind;

const isa::Config& b512() { return *isa::find_config("b512"); }

std::vector<std::uint8_t> random_bytes(std::size_t n, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<std::uint8_t> bytes(n);
  for (auto& b : bytes) b = static_cast<std::uint8_t>(random());
  return bytes;
}

// Instructions of the program below.
enum : std::uint32_t { kParams, kWeights, kTable, kFeatures, kExec, kHold, kKeep, kShift, kStore, kEnd };
constexpr std::uint32_t kVectors = 6, kWords = 8;
constexpr std::uint32_t kMask = 0xB;  // of EXEC: lane 2 is not written

/// Every stream retires something.
ProgramBuilder whole_program() {
  ProgramBuilder p(b512());
  const isa::Config& c = p.config();
  p.put_params(isa::kRegionWeights, 0, std::vector<isa::ParamRecord>(c.v * 2, {3, 1, 1, 9}));
  p.put(isa::kRegionWeights, 0x1000, random_bytes(c.weight_word_bytes() * 4, 1));
  p.put(isa::kRegionWeights, 0x4000, random_bytes(64, 2));
  p.put(isa::kRegionInput, 0, random_bytes(c.lanes * c.v * kWords, 3));
  p.add(p.load(isa::kTargetParam, isa::kRegionWeights, 0, 0, 2));
  p.add(p.load(isa::kTargetWeight, isa::kRegionWeights, 0x1000, 0, 4));
  p.add(p.load(isa::kTargetTable, isa::kRegionWeights, 0x4000, 0, 16));
  isa::Load features = p.load_lanes(isa::kRegionInput, 0, 0, kWords);
  features.signal = isa::kTokenExec;
  p.add(features);
  isa::Exec e = p.exec(0, 0, 0, 100);
  e.wait = isa::kTokenLoad;
  e.lane_mask = kMask;
  e.n_x = kVectors;
  e.a_x = e.o_x = 1;
  e.n_i = 2;
  e.a_i = 1;
  e.w_step = 1;
  p.add(e);
  isa::Exec hold = p.exec(1, 1, 0, 0);
  hold.acc_hold = 1;
  p.add(hold);
  isa::Exec keep = p.exec(2, 2, 1, 120);
  keep.acc_keep = 1;
  p.add(keep);
  isa::Shift s;
  s.drain_wait = 1;
  s.lane_mask = p.all_lanes();
  s.dist = 1;
  s.fill = 7;
  s.n_rows = 1;
  s.n_words = 4;
  s.s_base = 0;
  s.d_base = 200;
  s.signal = isa::kTokenStore;
  p.add(s);
  isa::Store store = p.store_lanes(isa::kRegionOutput, 5, 200, 4);
  store.wait = isa::kTokenExec;
  p.add(store);
  p.end();
  return p;
}

/// The emulator at the other end of the comparison.
class Session {
 public:
  explicit Session(const ProgramBuilder& p)
      : dram_(p.layout.bytes, 16), emulator_(p.config(), dram_), lockstep_(emulator_, dram_.view()) {
    struct Memory {
      sim::FaultyDram& dram;
      void write_mem(std::uint64_t address, const void* data, std::size_t n) { dram.write(address, data, n); }
    } memory{dram_};
    p.load_into(memory);
    for (unsigned r = 0; r < isa::kRegions; ++r) emulator_.set_region(r, p.layout.regions[r]);
    lockstep_.begin(p.layout.program, static_cast<std::uint32_t>(p.program.size()));
  }
  const LockstepResult& run(ScriptedSource& source, std::uint64_t max_cycles = 1000000) {
    source.set_sink(&lockstep_);
    return lockstep_.finish(source, source.run(max_cycles));
  }

 private:
  sim::FaultyDram dram_;
  machine::Machine emulator_;
  sim::Lockstep lockstep_;
};

class LockstepTest : public ::testing::Test {
 protected:
  /// The nth event of an instruction (and lane, for loads).
  ScriptedEvent& event(Kind kind, std::uint32_t instr, std::size_t n, unsigned lane = 0) {
    const auto found =
        source.find([&](const ScriptedEvent& e) { return e.kind == kind && e.instr == instr && e.lane == lane; });
    return source.script.at(found.at(n));
  }
  void expect(Difference kind, Stream stream, std::uint32_t instr) {
    result = Session(program).run(source);
    ASSERT_EQ(result.verdict, Verdict::kMismatch) << result.text;
    ASSERT_TRUE(result.mismatch);
    EXPECT_EQ(result.mismatch->kind, kind) << result.text;
    EXPECT_EQ(result.mismatch->stream, stream) << result.text;
    EXPECT_EQ(result.mismatch->instruction, instr) << result.text;
    EXPECT_FALSE(result.text.empty());
  }

  void restart() { source.script = recorded; }

  ProgramBuilder program = whole_program();
  ScriptedSource source{program};
  const std::vector<ScriptedEvent> recorded = source.script;
  LockstepResult result;
};

TEST_F(LockstepTest, EqualScriptPasses) {
  const LockstepResult r = Session(program).run(source);
  EXPECT_EQ(r.verdict, Verdict::kEqual) << r.text;
  EXPECT_EQ(r.text, "");
  EXPECT_FALSE(r.mismatch);
  EXPECT_EQ(r.counts.total_events(), source.script.size());
  EXPECT_EQ(r.counts.events[static_cast<std::size_t>(Stream::kExec)], kVectors + 2 + 4);
  EXPECT_EQ(r.counts.events[static_cast<std::size_t>(Stream::kLoad)], 4 * kWords);
  EXPECT_EQ(r.counts.events[static_cast<std::size_t>(Stream::kWeight)], 4u);
  EXPECT_EQ(r.counts.events[static_cast<std::size_t>(Stream::kParam)], 2u * b512().drain);
  EXPECT_EQ(r.counts.events[static_cast<std::size_t>(Stream::kTable)], 16u);
  EXPECT_EQ(r.counts.accumulators, 8 * (3 * kVectors + 4 + 4));
  EXPECT_GT(r.counts.values, 0u);
}

TEST_F(LockstepTest, StreamsMayRunAheadOfEachOther) {
  // Loads first, then stores' and exec's own order: what concurrent engines could do at most.
  std::stable_sort(source.script.begin(), source.script.end(), [](const ScriptedEvent& a, const ScriptedEvent& b) {
    const auto rank = [](const ScriptedEvent& e) {
      return e.kind == Kind::kStore ? 0 : e.kind == Kind::kLoad ? 1 + static_cast<int>(e.lane) : 99;
    };
    return rank(a) < rank(b);
  });
  EXPECT_EQ(Session(program).run(source).verdict, Verdict::kEqual);
}

TEST_F(LockstepTest, StoreBeatsMayComeInAnyOrderWithinTheirInstruction) {
  std::stable_sort(source.script.begin(), source.script.end(), [](const ScriptedEvent& a, const ScriptedEvent& b) {
    return a.kind == Kind::kStore && b.kind == Kind::kStore && a.addr > b.addr;
  });
  EXPECT_EQ(Session(program).run(source).verdict, Verdict::kEqual);
}

TEST_F(LockstepTest, ExecData) {
  ScriptedEvent& e = event(Kind::kExec, kExec, 4);
  e.data[1 * 8 + 5] ^= 1;
  expect(Difference::kData, Stream::kExec, kExec);
  EXPECT_EQ(result.mismatch->n, 4u);
  EXPECT_EQ(result.mismatch->lane, 1u);
  EXPECT_EQ(result.mismatch->channel, 5u);
  EXPECT_EQ(result.mismatch->address, 104u);
  EXPECT_EQ(result.mismatch->got, static_cast<std::int8_t>(e.data[13]));
  EXPECT_EQ(result.mismatch->got ^ 1, result.mismatch->want);
  EXPECT_EQ(result.mismatch->opcode, static_cast<unsigned>(isa::Opcode::kEXEC));
  EXPECT_TRUE(result.mismatch->has_acc);
  EXPECT_EQ(result.mismatch->acc_got, result.mismatch->acc_want);
  EXPECT_THAT(result.text, ::testing::HasSubstr("lane 1  channel 5"));
}

TEST_F(LockstepTest, ExecAccumulatorIsNamedBeforeItsData) {
  ScriptedEvent& e = event(Kind::kExec, kExec, 2);
  e.data[0] ^= 64;
  e.acc[3 * 8 + 7] += 5;
  expect(Difference::kAccumulator, Stream::kExec, kExec);
  EXPECT_EQ(result.mismatch->lane, 3u);
  EXPECT_EQ(result.mismatch->channel, 7u);
  EXPECT_EQ(result.mismatch->acc_got, result.mismatch->acc_want + 5);
}

TEST_F(LockstepTest, HeldAccumulator) {
  event(Kind::kExec, kHold, 0).acc[9] -= 1;
  expect(Difference::kAccumulator, Stream::kExec, kHold);
  EXPECT_EQ(result.mismatch->lane, 1u);
  EXPECT_EQ(result.mismatch->channel, 1u);
}

TEST_F(LockstepTest, LanesOutsideTheMaskAreNotCompared) {
  ScriptedEvent& e = event(Kind::kExec, kExec, 0);
  e.data[2 * 8 + 3] ^= 1;
  e.acc[2 * 8 + 3] += 1;
  EXPECT_EQ(Session(program).run(source).verdict, Verdict::kEqual);
}

TEST_F(LockstepTest, ShiftData) {
  event(Kind::kExec, kShift, 3).data[0] ^= 0x80;
  expect(Difference::kData, Stream::kExec, kShift);
  EXPECT_FALSE(result.mismatch->has_acc);
  EXPECT_EQ(result.mismatch->address, 203u);
}

TEST_F(LockstepTest, ExecKindAndMask) {
  event(Kind::kExec, kExec, 0).mask = 0xF;
  expect(Difference::kKind, Stream::kExec, kExec);
  restart();
  event(Kind::kExec, kHold, 0).exec_kind = machine::ExecKind::kWrite;
  expect(Difference::kKind, Stream::kExec, kHold);
}

TEST_F(LockstepTest, Address) {
  event(Kind::kExec, kExec, 1).addr = 999;
  expect(Difference::kAddress, Stream::kExec, kExec);
  EXPECT_EQ(result.mismatch->got, 999);
  EXPECT_EQ(result.mismatch->want, 101);
}

TEST_F(LockstepTest, Order) {
  std::swap(event(Kind::kExec, kExec, 1), event(Kind::kExec, kExec, 3));
  expect(Difference::kOrder, Stream::kExec, kExec);
  EXPECT_EQ(result.mismatch->n, 1u);
}

TEST_F(LockstepTest, LoadedWords) {
  event(Kind::kLoad, kFeatures, 2, 3).data[6] ^= 1;
  expect(Difference::kData, Stream::kLoad, kFeatures);
  EXPECT_EQ(result.mismatch->lane, 3u);
  EXPECT_EQ(result.mismatch->channel, 6u);
  EXPECT_EQ(result.mismatch->n, 2u);
}

TEST_F(LockstepTest, SharedMemories) {
  const struct {
    std::uint32_t instr;
    std::size_t n, byte;
    Stream stream;
  } cases[] = {{kParams, 5, 20, Stream::kParam}, {kWeights, 3, 63, Stream::kWeight}, {kTable, 15, 3, Stream::kTable}};
  for (const auto& c : cases) {
    restart();
    event(Kind::kShared, c.instr, c.n).data.at(c.byte) ^= 4;
    expect(Difference::kData, c.stream, c.instr);
    EXPECT_EQ(result.mismatch->channel, c.byte);
    EXPECT_EQ(result.mismatch->n, c.n);
    restart();
    event(Kind::kShared, c.instr, c.n).addr += 64;  // none of the instruction's
    expect(Difference::kAddress, c.stream, c.instr);
  }
}

TEST_F(LockstepTest, MissingEventBeforeAnotherInstruction) {
  const auto last =
      source.find([](const ScriptedEvent& e) { return e.kind == Kind::kExec && e.instr == kExec; }).back();
  source.script.erase(source.script.begin() + static_cast<std::ptrdiff_t>(last));
  expect(Difference::kMissing, Stream::kExec, kExec);
  EXPECT_EQ(result.mismatch->n, kVectors - 1);
  EXPECT_EQ(result.mismatch->address, 100 + kVectors - 1);
}

TEST_F(LockstepTest, MissingLastEventOfAStream) {
  for (const std::uint32_t instr : {kParams, kWeights, kTable, kFeatures, kShift, kStore}) {
    restart();
    const auto last = source.find([&](const ScriptedEvent& e) { return e.instr == instr; }).back();
    source.script.erase(source.script.begin() + static_cast<std::ptrdiff_t>(last));
    result = Session(program).run(source);
    ASSERT_EQ(result.verdict, Verdict::kMismatch);
    EXPECT_EQ(result.mismatch->kind, Difference::kMissing) << result.text;
    EXPECT_EQ(result.mismatch->instruction, instr) << result.text;
  }
}

TEST_F(LockstepTest, ExtraEventOfEveryStream) {
  for (const std::uint32_t instr : {kParams, kWeights, kTable, kFeatures, kShift, kStore}) {
    restart();
    const auto last = source.find([&](const ScriptedEvent& e) { return e.instr == instr; }).back();
    source.script.push_back(source.script[last]);
    result = Session(program).run(source);
    ASSERT_EQ(result.verdict, Verdict::kMismatch);
    EXPECT_EQ(result.mismatch->kind, Difference::kExtra) << result.text;
    EXPECT_EQ(result.mismatch->instruction, instr) << result.text;
  }
}

TEST_F(LockstepTest, StoredBytes) {
  ScriptedEvent& beat = event(Kind::kStore, kStore, 3);
  const auto lane = static_cast<std::size_t>(__builtin_ctz(beat.mask));
  beat.data[lane] ^= 1;
  expect(Difference::kData, Stream::kStore, kStore);
  EXPECT_EQ(result.mismatch->address, beat.addr + lane);
  EXPECT_EQ(result.mismatch->got ^ 1, result.mismatch->want);
}

TEST_F(LockstepTest, StoredByteThatNobodyExpects) {
  ScriptedEvent& beat = event(Kind::kStore, kStore, 0);
  beat.addr -= 16;
  expect(Difference::kExtra, Stream::kStore, kStore);
}

TEST_F(LockstepTest, StoreBeatLosesAByte) {
  ScriptedEvent& beat = event(Kind::kStore, kStore, 1);
  const auto lane = static_cast<unsigned>(__builtin_ctz(beat.mask));
  beat.mask &= beat.mask - 1;
  expect(Difference::kMissing, Stream::kStore, kStore);
  EXPECT_EQ(result.mismatch->address, beat.addr + lane);
}

TEST_F(LockstepTest, FinalState) {
  source.state = {false, isa::Error::kOVERFLOW, kExec};
  expect(Difference::kFinalState, Stream::kNone, kExec);
  EXPECT_THAT(result.text, ::testing::HasSubstr("got OVERFLOW at instruction 4, want done"));
}

TEST_F(LockstepTest, DramImage) {
  const std::uint8_t byte = 77;
  source.memory().write(program.layout.bytes - 1, &byte, 1);
  expect(Difference::kDram, Stream::kNone, 0);
  EXPECT_EQ(result.mismatch->address, program.layout.bytes - 1);
  EXPECT_EQ(result.mismatch->got, 77);
  EXPECT_EQ(result.mismatch->want, 0);
}

TEST_F(LockstepTest, Timeout) {
  const LockstepResult r = Session(program).run(source, source.script.size() / 2);
  EXPECT_EQ(r.verdict, Verdict::kTimeout);
  EXPECT_THAT(r.text, ::testing::HasSubstr("did not end"));
}

TEST(Lockstep, NothingComparedIsNoPass) {
  ProgramBuilder p(b512());
  p.end();
  ScriptedSource source(p);
  const LockstepResult r = Session(p).run(source);
  EXPECT_EQ(r.verdict, Verdict::kNothingCompared);
  EXPECT_NE(r.text, "");
}

TEST(Lockstep, MissingTokenIsAHazard) {
  ProgramBuilder p(b512());
  p.put(isa::kRegionInput, 0, random_bytes(4 * 8 * 8, 1));
  p.add(p.load_lanes(isa::kRegionInput, 0, 0, 8));
  p.add(p.store_lanes(isa::kRegionOutput, 0, 0, 8));
  p.end();
  ScriptedSource source(p);
  const LockstepResult r = Session(p).run(source);
  EXPECT_EQ(r.verdict, Verdict::kHazard);
  EXPECT_THAT(r.text, ::testing::HasSubstr("0 and 1"));
}

/// LOAD, LOAD whose words leave the memory, LOAD.
ProgramBuilder failing_program() {
  ProgramBuilder p(b512());
  p.put(isa::kRegionInput, 0, random_bytes(4 * 8 * 8, 1));
  p.add(p.load_lanes(isa::kRegionInput, 0, 0, 8));
  p.add(p.load_lanes(isa::kRegionInput, 0, p.config().feature_words - 4, 8));
  p.add(p.load_lanes(isa::kRegionInput, 0, 100, 8));
  p.end();
  return p;
}

TEST(LockstepError, SameErrorIsEqual) {
  const ProgramBuilder p = failing_program();
  ScriptedSource source(p);
  EXPECT_EQ(source.state.error, isa::Error::kADDR_FEATURE);
  EXPECT_EQ(source.state.error_pc, 1u);
  const LockstepResult r = Session(p).run(source);
  EXPECT_EQ(r.verdict, Verdict::kEqual) << r.text;
  EXPECT_EQ(r.final_state.error, isa::Error::kADDR_FEATURE);
}

TEST(LockstepError, OtherCodeOrInstructionDiffers) {
  const ProgramBuilder p = failing_program();
  for (const sim::FinalState state :
       {sim::FinalState{false, isa::Error::kADDR_REGION, 1}, sim::FinalState{false, isa::Error::kADDR_FEATURE, 2},
        sim::FinalState{true, {}, 0}}) {
    ScriptedSource source(p);
    source.state = state;
    const LockstepResult r = Session(p).run(source);
    ASSERT_EQ(r.verdict, Verdict::kMismatch);
    EXPECT_EQ(r.mismatch->kind, Difference::kFinalState);
    EXPECT_THAT(r.text, ::testing::HasSubstr("want ADDR_FEATURE at instruction 1"));
  }
}

TEST(LockstepError, EventsFromTheFailingInstructionOnAreNotCompared) {
  const ProgramBuilder p = failing_program();
  ScriptedSource source(p);
  ScriptedEvent ahead = source.script.back();
  ahead.kind = Kind::kExec;
  ahead.instr = 2;
  source.script.push_back(ahead);
  const LockstepResult r = Session(p).run(source);
  EXPECT_EQ(r.verdict, Verdict::kEqual) << r.text;
  EXPECT_GE(r.counts.after_error, 1u);
}

TEST(LockstepError, EventsBeforeTheFailingInstructionAre) {
  const ProgramBuilder p = failing_program();
  ScriptedSource source(p);
  const auto before = source.find([](const ScriptedEvent& e) { return e.instr == 0; });
  ASSERT_EQ(before.size(), 32u);
  source.script[before.back()].data[0] ^= 1;
  EXPECT_EQ(Session(p).run(source).verdict, Verdict::kMismatch);
  ScriptedSource shorter(p);
  shorter.script.erase(shorter.script.begin() + static_cast<std::ptrdiff_t>(before.back()));
  const LockstepResult r = Session(p).run(shorter);
  ASSERT_EQ(r.verdict, Verdict::kMismatch);
  EXPECT_EQ(r.mismatch->kind, Difference::kMissing);
}

}  // namespace
}  // namespace e8::test
