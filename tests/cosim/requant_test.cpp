// Directed numbers in lockstep, on every build: ties of every rounding, zero points, clamps, an EXEC that reads what
// the one before it has just written, a LOAD that finds the write port busy.
#include <gtest/gtest.h>

#include <memory>

#include "tests/cosim/bench.h"

namespace e8::test {
namespace {

constexpr std::uint32_t kWords = 64;  ///< feature words read; as many are written behind them

class Requantized : public testing::TestWithParam<Build> {
 protected:
  Requantized() {
    sim::RtlOptions options;
    options.memory.bytes = Layout{}.bytes;
    bench = std::make_unique<Bench>(GetParam(), options);
  }
  const isa::Config& config() { return bench->machine.rtl().config(); }

  /// Loads kWords words that hold every byte value, an identity as weight word 0, and a parameter word for each shift
  /// 1..8 whose biases are -1, 0, 1, 2 halves in turn. The load engine owes exec one token.
  ProgramBuilder loaded() {
    ProgramBuilder p(config());
    const std::uint32_t v = config().v, words = config().lanes * kWords;
    std::vector<std::uint8_t> features(std::size_t{words} * v), weights(std::size_t{v} * v);
    for (std::uint32_t i = 0; i < words; ++i) {
      for (std::uint32_t c = 0; c < v; ++c) features[i * v + c] = static_cast<std::uint8_t>(4 * i + 67 * c + i / 64);
    }
    for (std::uint32_t c = 0; c < v; ++c) weights[c * v + c] = 1;
    std::vector<isa::ParamRecord> params;
    for (std::uint32_t s = 1; s <= 8; ++s) {
      for (std::uint32_t c = 0; c < v; ++c) {
        const auto b2 = static_cast<std::int64_t>((c + s) % 4) - 1;
        params.push_back({b2, 1, 1, static_cast<std::uint8_t>(s)});
      }
    }
    p.put(isa::kRegionInput, 0, features);
    p.put(isa::kRegionWeights, 0, weights);
    p.put_params(isa::kRegionWeights, 0x4000, params);
    p.add(p.load_lanes(isa::kRegionInput, 0, 0, kWords));
    p.add(p.load(isa::kTargetWeight, isa::kRegionWeights, 0, 0, 1));
    isa::Load last = p.load(isa::kTargetParam, isa::kRegionWeights, 0x4000, 0, 8);
    last.signal = isa::kTokenExec;
    p.add(last);
    return p;
  }
  /// One step a vector: kWords words, with parameter word `param`.
  isa::Exec identity(const ProgramBuilder& p, std::uint32_t param) {
    isa::Exec e = p.exec(0, 0, param, kWords);
    e.n_x = kWords;
    e.a_x = e.o_x = 1;
    return e;
  }
  void expect_equal(ProgramBuilder& p) {
    p.end();
    expect_verdict(bench->run(p), p, 0);
  }

  std::unique_ptr<Bench> bench;
};

TEST_P(Requantized, TiesOfEveryRounding) {
  ProgramBuilder p = loaded();
  std::uint32_t first = isa::kTokenLoad;
  for (const std::int64_t zp : {0, 1, -128, 127}) {
    for (std::uint32_t param = 0; param < 8; ++param) {
      for (int mode = 0; mode < (config().double_round ? 5 : 4); ++mode) {  // three ties, zero point first, twice
        isa::Exec e = identity(p, param);
        e.tie = mode < 3 ? mode : mode == 3 ? 2 : 0;
        e.zp_first = mode == 3;
        e.double_round = mode == 4;
        e.zp = zp;
        e.wait = first;
        first = 0;
        p.add(e);
      }
    }
  }
  expect_equal(p);
}

TEST_P(Requantized, ClampsAtAndBesideTheValue) {
  ProgramBuilder p = loaded();
  std::uint32_t first = isa::kTokenLoad;
  for (const std::int64_t lo : {-128, -127, -3, 0, 1, 126, 127}) {
    for (const std::int64_t hi : {-128, -127, -3, 0, 1, 126, 127}) {
      if (lo > hi) continue;
      isa::Exec e = identity(p, 0);
      e.lo = lo;
      e.hi = hi;
      e.wait = first;
      first = 0;
      p.add(e);
    }
  }
  expect_equal(p);
}

/// The second EXEC reads first what the first one writes last; without waiting it would read what LOAD put there.
TEST_P(Requantized, DrainWaitSeesTheLastWrite) {
  ProgramBuilder p = loaded();
  for (int n = 0; n < 3; ++n) {
    isa::Exec write = identity(p, 0);
    write.o_base = 0;
    write.lo = n;  // other bytes than before
    write.zp = 3 + n;
    if (n == 0) write.wait = isa::kTokenLoad;
    write.drain_wait = n == 0 ? 0 : 1;
    p.add(write);
    isa::Exec read = identity(p, 0);
    read.a_base = kWords - 1;
    read.a_x = -1;
    read.drain_wait = 1;
    p.add(read);
  }
  expect_equal(p);
}

/// A LOAD lands while an EXEC writes as often as it can: the write port is the EXEC's, and no word of the LOAD is lost.
TEST_P(Requantized, LoadWaitsForTheWritePort) {
  ProgramBuilder p = loaded();
  isa::Exec busy = identity(p, 0);
  busy.n_y = 20;
  busy.wait = isa::kTokenLoad;
  p.add(busy);
  isa::Load meanwhile = p.load_lanes(isa::kRegionInput, 1, 2 * kWords, kWords);
  meanwhile.signal = isa::kTokenExec;
  p.add(meanwhile);
  isa::Exec look = identity(p, 0);
  look.a_base = 2 * kWords;
  look.o_base = 3 * kWords;
  look.wait = isa::kTokenLoad;
  p.add(look);
  expect_equal(p);
  if (!HasFailure()) {
    EXPECT_GT(bench->counter(isa::reg::CNT_EXEC_LO), 20u * kWords);
  }
}

INSTANTIATE_TEST_SUITE_P(Builds, Requantized, testing::ValuesIn(builds()),
                         [](const auto& test) { return "on_" + test.param.name; });

}  // namespace
}  // namespace e8::test
