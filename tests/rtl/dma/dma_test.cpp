// LOAD and STORE engines, with AXI reader and writer, in lockstep with the emulator: random geometries under every
// kind of stall, errors of each kind, bandwidth of long runs.
#include <gtest/gtest.h>

#include "sim/lockstep/faulty_dram.h"
#include "sim/lockstep/lockstep.h"
#include "tests/rtl/dma/dma_bench.h"
#include "tests/sim/random_dma.h"

namespace e8::test {
namespace {

using sim::StallMode;

constexpr std::uint64_t kLimit = 3'000'000;
constexpr StallMode kModes[] = {StallMode::kNone, StallMode::kRandom, StallMode::kWorst};

/// Bench and emulator on the same program and memory.
class Pair {
 public:
  Pair(const ProgramBuilder& program, StallMode stalls, std::uint64_t seed, const std::vector<sim::Fault>& faults = {},
       bool fetch_traffic = false)
      : bench(options(program, stalls, seed), seed),
        dram_(program.layout.bytes, bench_config().axi_bytes),
        emulator_(bench_config(), dram_),
        lockstep_(emulator_, dram_.view()) {
    program.load_into(*this);
    for (const sim::Fault& f : faults) {
      bench.memory.add_fault(f);
      dram_.add_fault(f);
    }
    emulator_.check_hazards(false);  // the bench runs one engine at a time
    for (unsigned r = 0; r < isa::kRegions; ++r) emulator_.set_region(r, program.layout.regions[r]);
    bench.fetch_traffic = fetch_traffic;
    bench.start(program);
    bench.set_sink(&lockstep_);
    lockstep_.begin(program.layout.program, static_cast<std::uint32_t>(program.program.size()));
    result = lockstep_.finish(bench, bench.run(kLimit));
  }
  void write_mem(std::uint64_t address, const void* data, std::size_t bytes) {
    bench.write_mem(address, data, bytes);
    dram_.write(address, data, bytes);
  }

  DmaBench bench;
  sim::LockstepResult result;

 private:
  static sim::MemoryOptions options(const ProgramBuilder& program, StallMode stalls, std::uint64_t seed) {
    sim::MemoryOptions o;
    o.bytes = program.layout.bytes;
    o.stalls = stalls;
    o.seed = seed;
    return o;
  }
  sim::FaultyDram dram_;
  machine::Machine emulator_;
  sim::Lockstep lockstep_;
};

/// A program may have nothing to compare (all lanes masked, all bytes outside); the tests demand events in total.
void expect_equal(const Pair& pair, const ProgramBuilder& program, std::uint64_t seed) {
  const sim::Verdict verdict = pair.result.verdict;
  EXPECT_TRUE(verdict == sim::Verdict::kEqual || verdict == sim::Verdict::kNothingCompared)
      << pair.result.text << "\nEXACT8_SEED=" << seed << "\n"
      << program.text();
  EXPECT_TRUE(pair.bench.faults.empty()) << pair.bench.faults.front() << "\nEXACT8_SEED=" << seed;
  const sim::AxiChecker& checker = pair.bench.memory.checker();
  EXPECT_EQ(checker.count(), 0u) << checker.violations().front().text << "\nEXACT8_SEED=" << seed;
  EXPECT_TRUE(pair.bench.memory.quiet()) << "EXACT8_SEED=" << seed;
}

void fill_memories(Random& random, ProgramBuilder& p) {
  for (unsigned r : {isa::kRegionWeights, isa::kRegionInput, isa::kRegionOutput}) {
    p.put(static_cast<isa::Region>(r), 0, random.bytes(p.layout.regions[r].size));
  }
}

/// Feature words are written before STORE reads them: every lane, every word.
void load_all(ProgramBuilder& p) {
  const isa::Config& c = p.config();
  const std::uint32_t fits = p.layout.regions[isa::kRegionInput].size / (c.v * c.lanes);
  for (std::uint32_t done = 0; done < c.feature_words;) {
    const std::uint32_t n = std::min(fits, c.feature_words - done);
    p.add(p.load_lanes(isa::kRegionInput, 0, done, n));
    done += n;
  }
}

DmaSpace feature_space(const ProgramBuilder& p, isa::Region region) {
  return {0, p.config().feature_words, region, 0, p.layout.regions[region].size};
}

isa::Load any_load(Random& random, const ProgramBuilder& p) {
  const isa::Config& c = p.config();
  const std::uint32_t bytes = p.layout.regions[isa::kRegionWeights].size;
  switch (random.range(0, c.tables ? 5 : 4)) {
    case 3:
      return random_shared_load(random, c, isa::kTargetWeight, {0, c.weight_words, isa::kRegionWeights, 0, bytes});
    case 4:
      return random_shared_load(random, c, isa::kTargetParam, {0, c.param_words, isa::kRegionWeights, 0, bytes});
    case 5:
      return random_shared_load(random, c, isa::kTargetTable, {0, 1024, isa::kRegionWeights, 0, bytes});
    default:
      return random_feature_load(random, c, feature_space(p, isa::kRegionInput));
  }
}

unsigned target_words(const isa::Config& c, const isa::Load& l) {
  return l.target == isa::kTargetFeature  ? c.feature_words
         : l.target == isa::kTargetWeight ? c.weight_words
         : l.target == isa::kTargetParam  ? c.param_words
                                          : 1024;
}

/// Runs fn(seed, mode) for a few seeds in each stall mode, or for the one given.
template <typename F>
void for_seeds(std::uint64_t first, unsigned count, F fn) {
  if (seed_is_given()) count = 1;
  for (unsigned i = 0; i < count && !testing::Test::HasFailure(); ++i) {
    const std::uint64_t seed = seed_or(first + i);
    for (const StallMode mode : kModes) fn(seed, mode);
  }
}

TEST(Dma, LoadsOfEveryTarget) {
  std::uint64_t events = 0;
  for_seeds(1000, 6, [&](std::uint64_t seed, StallMode mode) {
    Random random(seed);
    ProgramBuilder p(bench_config());
    fill_memories(random, p);
    for (unsigned i = 0; i < 40; ++i) p.add(any_load(random, p));
    p.end();
    const Pair pair(p, mode, seed, {}, true);
    expect_equal(pair, p, seed);
    events += pair.result.counts.total_events();
  });
  EXPECT_GT(events, 1000u);
}

TEST(Dma, StoresAndLoadsOfFeatures) {
  std::uint64_t beats = 0;
  for_seeds(2000, 6, [&](std::uint64_t seed, StallMode mode) {
    Random random(seed);
    ProgramBuilder p(bench_config());
    fill_memories(random, p);
    load_all(p);
    for (unsigned i = 0; i < 30; ++i) {
      if (random.chance(15)) p.add(random_feature_load(random, p.config(), feature_space(p, isa::kRegionInput)));
      p.add(random_store(random, p.config(), feature_space(p, isa::kRegionOutput)));
    }
    p.end();
    const Pair pair(p, mode, seed);
    expect_equal(pair, p, seed);
    beats += pair.result.counts.events[static_cast<std::size_t>(sim::Stream::kStore)];
  });
  EXPECT_GT(beats, 500u);
}

TEST(Dma, AddressErrorsAreTheEmulators) {
  unsigned failed = 0;
  for_seeds(3000, 60, [&](std::uint64_t seed, StallMode mode) {
    Random random(seed);
    ProgramBuilder p(bench_config());
    for (unsigned i = 0; i < 6; ++i) {
      const bool breaks = random.chance(50);
      if (random.chance(50)) {
        isa::Load l = any_load(random, p);
        const std::uint32_t bytes = p.layout.regions[l.region].size;
        if (breaks) break_address(random, l, target_words(p.config(), l), bytes);
        p.add(l);
      } else {
        isa::Store s = random_store(random, p.config(), feature_space(p, isa::kRegionOutput));
        if (breaks) break_address(random, s, p.config().feature_words, p.layout.regions[isa::kRegionOutput].size);
        p.add(s);
      }
    }
    p.end();
    const Pair pair(p, mode, seed);
    // STORE of words that nobody wrote: zeros in the bench and in the emulator.
    expect_equal(pair, p, seed);
    failed += pair.result.final_state.error != isa::Error::kNONE;
  });
  if (!seed_is_given()) {
    EXPECT_GT(failed, 60u);
  }
}

/// Faults at random addresses, together with address errors in the same instructions.
TEST(Dma, AxiErrorsAreTheEmulators) {
  unsigned reads = 0, writes = 0;
  for_seeds(4000, 60, [&](std::uint64_t seed, StallMode mode) {
    Random random(seed);
    ProgramBuilder p(bench_config());
    const bool on_write = random.chance(50);
    const auto kind = random.chance(50) ? sim::FaultKind::kSlverr : sim::FaultKind::kDecerr;
    std::vector<sim::Fault> faults;
    for (unsigned i = 0; i < 5; ++i) {
      isa::Load l = random_feature_load(random, p.config(), feature_space(p, isa::kRegionInput));
      isa::Store s = random_store(random, p.config(), feature_space(p, isa::kRegionOutput));
      isa::Geometry& g = on_write ? static_cast<isa::Geometry&>(s) : l;
      const std::uint64_t at = p.layout.regions[g.region].base + static_cast<std::uint64_t>(g.dram);
      if (random.chance(60)) faults.push_back({kind, on_write, at + 8, at + 9, sim::Fault::kNever});
      if (random.chance(20)) break_address(random, g, p.config().feature_words, p.layout.regions[g.region].size);
      if (on_write) {
        p.add(s);
      } else {
        p.add(l);
      }
    }
    p.end();
    const Pair pair(p, mode, seed, faults);
    expect_equal(pair, p, seed);
    reads += pair.result.final_state.error == isa::Error::kAXI_READ;
    writes += pair.result.final_state.error == isa::Error::kAXI_WRITE;
  });
  if (!seed_is_given()) {
    EXPECT_GT(reads, 10u);
    EXPECT_GT(writes, 10u);
  }
}

/// The last word and byte that are inside, and the first that are not, at the end of memory and region.
TEST(Dma, LimitsAreExact) {
  for (const bool is_store : {false, true}) {
    for (const int past : {0, 1}) {
      for (const bool region : {false, true}) {
        ProgramBuilder p(bench_config());
        const isa::Region where = is_store ? isa::kRegionOutput : isa::kRegionInput;
        const std::uint32_t words = 5, bytes = words * p.config().v * p.config().lanes;
        isa::Load l = p.load_lanes(where, 0, 0, words);
        if (region) {
          l.dram = p.layout.regions[where].size - bytes + static_cast<std::uint32_t>(past);
        } else {
          l.f_base = p.config().feature_words - words + static_cast<std::uint32_t>(past);
        }
        isa::Store s;
        static_cast<isa::Geometry&>(s) = l;
        if (is_store) {
          p.add(s);
        } else {
          p.add(l);
        }
        p.end();
        const Pair pair(p, StallMode::kNone, 1);
        expect_equal(pair, p, 1);
        const isa::Error want = past == 0 ? isa::Error::kNONE
                                : region  ? isa::Error::kADDR_REGION
                                          : isa::Error::kADDR_FEATURE;
        EXPECT_EQ(pair.result.final_state.error, want);
      }
    }
  }
}

/// Offsets far outside, of which each has one bit of its own.
TEST(Dma, EveryBitOfAnOffsetIsChecked) {
  for (const bool is_store : {false, true}) {
    const isa::Region where = is_store ? isa::kRegionOutput : isa::kRegionInput;
    for (unsigned bit = 0; bit < 32; ++bit) {
      ProgramBuilder p(bench_config());
      isa::Load l = p.load_lanes(where, 0, 0, 1);
      l.dram = std::uint32_t{1} << bit;
      if (l.dram < p.layout.regions[where].size) continue;
      isa::Store s;
      static_cast<isa::Geometry&>(s) = l;
      if (is_store) {
        p.add(s);
      } else {
        p.add(l);
      }
      p.end();
      const Pair pair(p, StallMode::kNone, 1);
      expect_equal(pair, p, 1);
      EXPECT_EQ(pair.result.final_state.error, isa::Error::kADDR_REGION) << bit;
    }
  }
}

/// Long aligned runs move a beat in nearly every cycle, with several bursts under way; STORE reads each word once.
TEST(Dma, LongRunsUseTheBus) {
  ProgramBuilder p(bench_config());
  const isa::Config& c = p.config();
  const std::uint32_t words = std::min(c.feature_words, 0x20000 / (c.v * c.lanes));
  p.add(p.load_lanes(isa::kRegionInput, 0, 0, words));
  p.add(p.load_lanes(isa::kRegionInput, 0, 0, words));
  p.end();
  const std::uint64_t beats = std::uint64_t{words} * c.v * c.lanes / c.axi_bytes;
  const Pair load(p, StallMode::kNone, 1);
  expect_equal(load, p, 1);
  ProgramBuilder q(bench_config());
  q.add(q.store_lanes(isa::kRegionOutput, 0, 0, words));
  q.add(q.store_lanes(isa::kRegionOutput, 0x20000, 0, words));
  q.end();
  const Pair store(q, StallMode::kNone, 1);
  expect_equal(store, q, 1);
  EXPECT_EQ(store.bench.sr_words, (E8_SERIAL != 0 ? c.v : 1) * 2 * words);  // the serial engine reads a word a byte
  std::printf("%u x %u, %u bytes: load %.2f, store %.2f beats a cycle; %u reads, %u writes under way\n", c.lanes, c.v,
              c.axi_bytes, 2.0 * static_cast<double>(beats) / static_cast<double>(load.bench.cycle()),
              2.0 * static_cast<double>(beats) / static_cast<double>(store.bench.cycle()), load.bench.most_reads,
              store.bench.most_writes);
  if (c.axi_bytes <= 4) return;  // small builds trade speed for area
  EXPECT_GT(load.bench.most_reads, 2u);
  EXPECT_GT(store.bench.most_writes, 1u);
}

}  // namespace
}  // namespace e8::test
