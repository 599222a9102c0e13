// The AXI memory driven by a master in software.
#include "sim/verilated/axi_memory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/sim/axi_master.h"

namespace e8::test {
namespace {

using sim::Fault;
using sim::FaultKind;
using sim::MemoryOptions;
using sim::StallMode;

constexpr std::uint64_t kBytes = 1 << 16;

MemoryOptions small(StallMode stalls = StallMode::kNone, std::uint64_t seed = 1) {
  MemoryOptions o;
  o.bytes = kBytes;
  o.stalls = stalls;
  o.seed = seed;
  return o;
}

std::vector<std::uint8_t> pattern(std::size_t bytes, unsigned salt = 1) {
  std::vector<std::uint8_t> data(bytes);
  for (std::size_t i = 0; i < bytes; ++i) data[i] = static_cast<std::uint8_t>(i * 167 + salt * 31 + (i >> 8));
  return data;
}

class AxiMemoryWidths : public ::testing::TestWithParam<unsigned> {};
INSTANTIATE_TEST_SUITE_P(Bytes, AxiMemoryWidths, ::testing::Values(4u, 8u, 16u, 32u, 64u));

TEST_P(AxiMemoryWidths, ReadBurstHasLatencyThenABeatACycle) {
  const unsigned width = GetParam();
  MemoryOptions o = small();
  o.read_latency = 7;
  AxiMaster m(o, width);
  const auto data = pattern(width * 16u);
  m.memory.write(4096, data.data(), data.size());
  m.queue_read(4096, 16);
  ASSERT_TRUE(m.run(16, 0));
  EXPECT_EQ(m.bytes_read(), data);
  for (std::size_t i = 0; i < 16; ++i) {
    EXPECT_EQ(m.reads[i].cycle, 7 + i);
    EXPECT_EQ(m.reads[i].last, i == 15);
    EXPECT_EQ(m.reads[i].resp, 0);
  }
  EXPECT_TRUE(m.memory.quiet());
  EXPECT_EQ(m.memory.checker().count(), 0u);
}

TEST_P(AxiMemoryWidths, UnalignedWritesTouchOnlyTheirBytes) {
  const unsigned width = GetParam();
  for (unsigned offset = 0; offset < width; ++offset) {
    for (const unsigned bytes : {1u, width - 1, width, width + 1, 3 * width}) {
      AxiMaster m(small(), width);
      std::vector<std::uint8_t> want(kBytes, 0xEE);
      m.memory.write(0, want.data(), want.size());
      const auto data = pattern(bytes);
      std::copy(data.begin(), data.end(), want.begin() + 1024 + offset);
      m.queue_write(1024 + offset, data);
      ASSERT_TRUE(m.run(0, 1));
      std::vector<std::uint8_t> got(kBytes);
      m.memory.read(0, got.data(), got.size());
      EXPECT_EQ(got, want) << "offset " << offset << " bytes " << bytes;
      EXPECT_EQ(m.memory.checker().count(), 0u);
    }
  }
}

/// Sixteen bursts each way; returns the cycles it took.
std::uint64_t mixed_traffic(AxiMaster& m, unsigned width) {
  const auto source = pattern(kBytes / 2);
  m.memory.write(0, source.data(), source.size());
  std::size_t beats = 0;
  for (unsigned i = 0; i < 16; ++i) {
    m.queue_read(i * 1024, i + 1);
    beats += i + 1;
    m.queue_write(kBytes / 2 + i * 2048 + i % width, pattern(i * 20 + 1, i));
  }
  EXPECT_TRUE(m.run(beats, 16));
  const auto bytes = m.bytes_read();
  std::size_t at = 0;
  for (unsigned i = 0; i < 16; ++i) {
    for (std::size_t k = 0; k < std::size_t{i + 1} * width; ++k) EXPECT_EQ(bytes[at++], source[i * 1024 + k]);
    std::vector<std::uint8_t> got(i * 20 + 1);
    m.memory.read(kBytes / 2 + i * 2048 + i % width, got.data(), got.size());
    EXPECT_EQ(got, pattern(i * 20 + 1, i));
  }
  EXPECT_EQ(m.memory.checker().count(), 0u);
  return m.cycle;
}

TEST_P(AxiMemoryWidths, StallsChangeTimeNotBytes) {
  const unsigned width = GetParam();
  std::vector<std::uint64_t> cycles;
  for (const StallMode mode : {StallMode::kNone, StallMode::kRandom, StallMode::kWorst}) {
    AxiMaster m(small(mode), width);
    cycles.push_back(mixed_traffic(m, width));
  }
  EXPECT_LT(cycles[0], cycles[1]);
  EXPECT_LT(cycles[1], cycles[2]);
}

TEST(AxiMemory, SeedDecidesTheStalls) {
  const auto cycles = [](std::uint64_t seed) {
    AxiMaster m(small(StallMode::kWorst, seed), 16);
    return mixed_traffic(m, 16);
  };
  EXPECT_EQ(cycles(5), cycles(5));
  EXPECT_NE(cycles(5), cycles(6));
}

TEST(AxiMemory, OutstandingReadsAreLimited) {
  MemoryOptions o = small();
  o.max_reads = 2;
  o.read_latency = 50;
  AxiMaster m(o, 16);
  for (unsigned i = 0; i < 3; ++i) m.queue_read(i * 64, 1);
  for (int i = 0; i < 40; ++i) m.tick();
  EXPECT_EQ(m.read_queue.size(), 1u);
  EXPECT_TRUE(m.run(3, 0));
}

TEST(AxiMemory, OutstandingWritesAreLimited) {
  MemoryOptions o = small();
  o.max_writes = 2;
  o.write_latency = 50;
  AxiMaster m(o, 16);
  for (unsigned i = 0; i < 3; ++i) m.queue_write(i * 64, pattern(16));
  for (int i = 0; i < 40; ++i) m.tick();
  EXPECT_EQ(m.write_queue.size(), 1u);
  EXPECT_TRUE(m.run(0, 3));
}

TEST(AxiMemory, WriteResponseHasLatency) {
  MemoryOptions o = small();
  o.write_latency = 9;
  AxiMaster m(o, 16);
  m.queue_write(0, pattern(16));
  ASSERT_TRUE(m.run(0, 1));
  EXPECT_EQ(m.cycle, 11u);  // AW in cycle 0, W in cycle 1, B in cycle 1 + 9
}

TEST(AxiMemory, BandwidthIsSharedByReadsAndWrites) {
  const auto cycles = [](unsigned per_cycle, bool reads, bool writes) {
    MemoryOptions o = small();
    o.bytes_per_cycle = per_cycle;
    AxiMaster m(o, 16);
    for (unsigned i = 0; i < 8; ++i) {
      if (reads) m.queue_read(i * 1024, 64);
      if (writes) m.queue_write(kBytes / 2 + i * 1024, pattern(1024));
    }
    EXPECT_TRUE(m.run(reads ? 512 : 0, writes ? 8 : 0));
    return static_cast<double>(m.cycle);
  };
  EXPECT_NEAR(cycles(0, true, true), 512, 60);
  EXPECT_NEAR(cycles(16, true, false), 512, 60);
  EXPECT_NEAR(cycles(16, true, true), 1024, 60);
  EXPECT_NEAR(cycles(8, true, false), 1024, 60);
  EXPECT_NEAR(cycles(8, true, true), 2048, 60);
  EXPECT_NEAR(cycles(12, false, true), 512 * 16 / 12, 60);
}

TEST(AxiMemory, OutsideTheMemoryIsDecerr) {
  AxiMaster m(small(), 16);
  m.queue_read(kBytes - 32, 4);  // two beats inside, two outside
  m.queue_write(kBytes, pattern(16));
  m.queue_write(kBytes - 16, pattern(16));
  ASSERT_TRUE(m.run(4, 2));
  EXPECT_EQ(m.reads[1].resp, 0);
  EXPECT_EQ(m.reads[2].resp, 3);
  EXPECT_EQ(m.reads[3].resp, 3);
  EXPECT_EQ(m.responses, (std::vector<std::uint8_t>{3, 0}));
}

TEST(AxiMemory, FaultsInARange) {
  AxiMaster m(small(), 16);
  m.memory.add_fault({FaultKind::kSlverr, false, 0x120, 0x121, Fault::kNever});
  m.memory.add_fault({FaultKind::kDecerr, true, 0x210, 0x220, Fault::kNever});
  m.queue_read(0x100, 4);
  m.queue_write(0x200, pattern(16));
  m.queue_write(0x200, pattern(48));
  ASSERT_TRUE(m.run(4, 2));
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(m.reads[i].resp, i == 2 ? 2 : 0);
  EXPECT_EQ(m.responses, (std::vector<std::uint8_t>{0, 3}));
  std::uint8_t byte = 0;
  m.memory.read(0x210, &byte, 1);
  EXPECT_EQ(byte, 0) << "a refused beat is not written";
}

TEST(AxiMemory, FaultAtTheNthBeat) {
  AxiMaster m(small(), 16);
  m.memory.add_fault({FaultKind::kSlverr, false, 0, 0, 5});
  m.memory.add_fault({FaultKind::kSlverr, true, 0, 0, 2});
  m.queue_read(0, 8);
  for (unsigned i = 0; i < 4; ++i) m.queue_write(64 * i, pattern(16));
  ASSERT_TRUE(m.run(8, 4));
  for (std::size_t i = 0; i < 8; ++i) EXPECT_EQ(m.reads[i].resp, i == 5 ? 2 : 0);
  EXPECT_EQ(m.responses, (std::vector<std::uint8_t>{0, 0, 2, 0}));
}

TEST(AxiMemory, HangsUntilFaultsAreCleared) {
  AxiMaster m(small(), 16);
  m.memory.add_fault({FaultKind::kHang, false, 0x20, 0x30, Fault::kNever});
  m.memory.add_fault({FaultKind::kHang, true, 0x1000, 0x1010, Fault::kNever});
  m.queue_read(0, 4);
  m.queue_write(0x1000, pattern(16));
  EXPECT_FALSE(m.run(4, 1, 2000));
  EXPECT_EQ(m.reads.size(), 2u);
  EXPECT_TRUE(m.responses.empty());
  EXPECT_FALSE(m.memory.quiet());
  m.memory.clear_faults();
  EXPECT_TRUE(m.run(4, 1));
  EXPECT_TRUE(m.memory.quiet());
}

TEST(AxiMemory, HeldBeatsKeepUntilReady) {
  AxiMaster m(small(), 16);
  const auto data = pattern(64);
  m.memory.write(0, data.data(), data.size());
  m.queue_read(0, 4);
  m.queue_write(0x1000, pattern(16));
  m.rready = m.bready = 0;
  for (int i = 0; i < 100; ++i) m.tick();
  EXPECT_EQ(m.rvalid_, 1);
  EXPECT_EQ(m.bvalid_, 1);
  EXPECT_TRUE(std::equal(data.begin(), data.begin() + 16, m.rdata_.begin()));
  m.rready = m.bready = 1;
  ASSERT_TRUE(m.run(4, 1));
  EXPECT_EQ(m.bytes_read(), data);
}

TEST(AxiMemory, RefusesImpossibleOptions) {
  const auto refuses = [](void (*change)(MemoryOptions&)) {
    MemoryOptions o;
    o.bytes = kBytes;
    change(o);
    EXPECT_THROW(sim::AxiMemory{o}, std::invalid_argument);
  };
  refuses([](MemoryOptions& o) { o.bytes = 0; });
  refuses([](MemoryOptions& o) { o.bytes = 100; });
  refuses([](MemoryOptions& o) { o.read_latency = 0; });
  refuses([](MemoryOptions& o) { o.write_latency = 0; });
  refuses([](MemoryOptions& o) { o.max_reads = 0; });
  refuses([](MemoryOptions& o) { o.max_writes = 0; });
}

TEST(AxiMemory, BackDoorChecksItsRange) {
  sim::AxiMemory memory(small());
  std::uint8_t byte = 7;
  EXPECT_NO_THROW(memory.write(kBytes - 1, &byte, 1));
  EXPECT_THROW(memory.write(kBytes, &byte, 1), std::out_of_range);
  EXPECT_THROW(memory.read(kBytes - 1, &byte, 2), std::out_of_range);
  EXPECT_THROW(memory.read(~std::uint64_t{0}, &byte, 1), std::out_of_range);
}

// ------------------------------------------------------------------------------------------------ protocol checks

/// Text of the only violation after one tick more.
std::string violation(AxiMaster& m) {
  if (m.memory.checker().count() != 1) return "violations: " + std::to_string(m.memory.checker().count());
  return m.memory.checker().violations()[0].text;
}

TEST(AxiChecker, FourKibRule) {
  AxiMaster legal(small(), 16), crossing(small(), 16);
  legal.queue_read(4096 - 64, 4);
  crossing.queue_read(4096 - 64, 5);
  ASSERT_TRUE(legal.run(4, 0) && crossing.run(5, 0));
  EXPECT_EQ(legal.memory.checker().count(), 0u);
  EXPECT_THAT(violation(crossing), ::testing::HasSubstr("4 KiB"));
}

TEST(AxiChecker, BurstTypeAndSize) {
  AxiMaster type(small(), 16), size(small(), 16);
  type.set(type.aw_, 0, 1);
  type.aw_.burst = 0;
  type.tick();
  EXPECT_THAT(violation(type), ::testing::HasSubstr("INCR"));
  size.set(size.ar_, 0, 1);
  size.ar_.size = 2;
  size.tick();
  EXPECT_THAT(violation(size), ::testing::HasSubstr("beats of 4 bytes"));
}

TEST(AxiChecker, AddressHoldsUntilReady) {
  MemoryOptions o = small();
  o.max_reads = 1;
  o.read_latency = 100;
  AxiMaster changed(o, 16), dropped(o, 16);
  for (AxiMaster* m : {&changed, &dropped}) {
    m->queue_read(0, 1);
    m->tick();
    m->set(m->ar_, 64, 1);
    m->tick();
    EXPECT_EQ(m->memory.checker().count(), 0u);
  }
  changed.set(changed.ar_, 128, 1);
  changed.tick();
  EXPECT_THAT(violation(changed), ::testing::HasSubstr("AR payload changed"));
  dropped.ar_.valid = 0;
  dropped.tick();
  EXPECT_THAT(violation(dropped), ::testing::HasSubstr("ARVALID fell"));
}

TEST(AxiChecker, WriteDataHoldsUntilReady) {
  AxiMaster data(small(), 16), strobe(small(), 16), dropped(small(), 16);
  for (AxiMaster* m : {&data, &strobe, &dropped}) {
    m->wvalid_ = 1;  // no address yet: not ready
    m->tick();
    EXPECT_EQ(m->memory.checker().count(), 0u);
  }
  data.wdata_[15] = 1;
  strobe.wstrb_[1] = 1;
  dropped.wvalid_ = 0;
  for (AxiMaster* m : {&data, &strobe, &dropped}) m->tick();
  EXPECT_THAT(violation(data), ::testing::HasSubstr("W payload changed"));
  EXPECT_THAT(violation(strobe), ::testing::HasSubstr("W payload changed"));
  EXPECT_THAT(violation(dropped), ::testing::HasSubstr("WVALID fell"));
}

TEST(AxiChecker, LastAndStrobePosition) {
  AxiMaster early(small(), 16), missing(small(), 16), below(small(), 16);
  early.queue_write(0, pattern(32));
  early.write_beats[0].last = true;
  missing.queue_write(0, pattern(32));
  missing.write_beats[1].last = false;
  below.queue_write(4, pattern(12));
  below.write_beats[0].strobe |= 8;
  for (AxiMaster* m : {&early, &missing, &below}) ASSERT_TRUE(m->run(0, 1));
  EXPECT_THAT(violation(early), ::testing::HasSubstr("WLAST before"));
  EXPECT_THAT(violation(missing), ::testing::HasSubstr("WLAST missing"));
  EXPECT_THAT(violation(below), ::testing::HasSubstr("below the burst's start"));
}

}  // namespace
}  // namespace e8::test
