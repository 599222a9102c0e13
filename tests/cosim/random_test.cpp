// Random programs in lockstep with the emulator: every instruction, mode, token and error, on several builds, under
// every kind of stall. A machine runs several programs in turn, with soft resets after errors.
#include <gtest/gtest.h>

#include <cstdio>
#include <tuple>

#include "tests/cosim/bench.h"
#include "tests/sim/random_program.h"

namespace e8::test {
namespace {

using sim::StallMode;

class RandomPrograms : public testing::TestWithParam<std::tuple<Build, StallMode>> {
 protected:
  /// Runs fn(seed) on a few seeds of this test's own, or on the one given.
  template <typename F>
  void for_seeds(std::uint64_t base, unsigned count, F fn) {
    const auto first = base + 1000 * static_cast<std::uint64_t>(std::get<1>(GetParam()));
    if (seed_is_given()) {
      fn(seed_or(0));
      return;
    }
    for (unsigned i = 0; i < count * long_factor() && !HasFailure(); ++i) fn(first + i);
    std::printf("seeds %llu..%llu\n", static_cast<unsigned long long>(first),
                static_cast<unsigned long long>(first + count * long_factor() - 1));
  }
  const Build& build() const { return std::get<0>(GetParam()); }
  StallMode stalls() const { return std::get<1>(GetParam()); }
};

TEST_P(RandomPrograms, LegalOnesAreEqual) {
  std::uint64_t events = 0, accumulators = 0, cycles = 0;
  for_seeds(1, 4, [&](std::uint64_t seed) {
    Random random(seed);
    Bench bench(build(), random_options(random, stalls(), Layout{}));
    for (unsigned i = 0; i < 3 && !HasFailure(); ++i) {
      const ProgramBuilder p = random_program(random, bench.machine.rtl().config(), {});
      const sim::LockstepResult& result = bench.run(p);
      expect_verdict(result, p, seed);
      events += result.counts.total_events();
      accumulators += result.counts.accumulators;
    }
    cycles += bench.machine.rtl().cycle();
  });
  std::printf("%llu events and %llu accumulators in %llu cycles\n", static_cast<unsigned long long>(events),
              static_cast<unsigned long long>(accumulators), static_cast<unsigned long long>(cycles));
  EXPECT_GT(events, 2000u);
  EXPECT_GT(accumulators, 300u);
}

TEST_P(RandomPrograms, FlawedOnesEndAsTheEmulators) {
  std::vector<unsigned> seen(16);
  for_seeds(100001, 2, [&](std::uint64_t seed) {
    Random random(seed);
    Bench bench(build(), random_options(random, stalls(), Layout{}));
    for (auto flaw = 1u; flaw < static_cast<unsigned>(Flaw::kCount) && !HasFailure(); ++flaw) {
      RandomProgramOptions options;
      options.instructions = 12;
      options.flaw = static_cast<Flaw>(flaw);
      const ProgramBuilder p = random_program(random, bench.machine.rtl().config(), options);
      const sim::LockstepResult& result = bench.run(p);
      expect_verdict(result, p, seed);
      ++seen.at(static_cast<std::size_t>(result.final_state.error));
      if (result.final_state.error != isa::Error::kNONE) bench.reset();
    }
  });
  if (seed_is_given()) return;
  for (const isa::Error always : {isa::Error::kILLEGAL_FIELD, isa::Error::kTOKEN, isa::Error::kPROGRAM_END}) {
    EXPECT_GT(seen[static_cast<std::size_t>(always)], 0u) << isa::error_name(always);
  }
}

/// Faults of the memory at random places that the program reads, fetches or writes.
TEST_P(RandomPrograms, AxiFaultsEndAsTheEmulators) {
  unsigned faulted = 0;
  for_seeds(200001, 10, [&](std::uint64_t seed) {
    Random random(seed);
    Bench bench(build(), random_options(random, stalls(), Layout{}));
    RandomProgramOptions options;
    options.instructions = 12;
    const ProgramBuilder p = random_program(random, bench.machine.rtl().config(), options);
    std::vector<sim::Fault> faults(3);
    for (sim::Fault& fault : faults) {
      fault.kind = random.chance(50) ? sim::FaultKind::kSlverr : sim::FaultKind::kDecerr;
      const std::int64_t where = random.range(0, 3);
      fault.on_write = where == 3;
      if (where == 0) {
        fault.begin = p.layout.program + random.bits() % (p.program.size() * 64);
      } else {
        const machine::RegionMap& region = p.layout.regions[fault.on_write ? isa::kRegionOutput : isa::kRegionInput];
        fault.begin = region.base + random.bits() % region.size;
      }
      fault.end = fault.begin + static_cast<std::uint64_t>(random.range(1, fault.on_write ? 8000 : 600));
    }
    const sim::LockstepResult& result = bench.run(p, faults);
    expect_verdict(result, p, seed);
    faulted += result.final_state.error == isa::Error::kAXI_READ || result.final_state.error == isa::Error::kAXI_WRITE;
  });
  if (!seed_is_given()) {
    EXPECT_GT(faulted, 1u);
  }
}

INSTANTIATE_TEST_SUITE_P(Builds, RandomPrograms,
                         testing::Combine(testing::ValuesIn(builds()),
                                          testing::Values(StallMode::kNone, StallMode::kRandom, StallMode::kWorst)),
                         [](const auto& test) {
                           return "on_" + std::get<0>(test.param).name + "_stalls_" +
                                  stall_name(std::get<1>(test.param));
                         });

}  // namespace
}  // namespace e8::test
