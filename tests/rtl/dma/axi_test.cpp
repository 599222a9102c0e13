// The AXI masters alone: random byte ranges, 1..4096 bytes at any address, against AxiMemory and its protocol checker.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <deque>
#include <memory>

#include "sim/verilated/axi_memory.h"
#include "tests/rtl/dma/dut_pins.h"
#include "tests/sim/random.h"
#include E8_DUT_HEADER

namespace e8::test {
namespace {

using sim::StallMode;

constexpr std::uint64_t kBytes = 0x40000, kWriteBase = 0x20000;  // reads below, writes above
constexpr unsigned kBus = E8_AXI_BYTES;

struct Request {
  std::uint64_t addr = 0;
  unsigned bytes = 0;
  bool marker = false;
};

Request random_request(Random& random, std::uint64_t base) {
  Request r;
  r.bytes = static_cast<unsigned>(random.chance(60) ? random.range(1, 3 * kBus) : random.range(1, 4096));
  r.addr = base + random.bits() % (kWriteBase - 4096);
  if (random.chance(20)) r.addr = (r.addr | 4095) + 1 - random.bits() % kBus;  // just below or at a 4 KiB boundary
  return r;
}

/// Drives one request port and takes its answers.
class Bench {
 public:
  Bench(StallMode stalls, std::uint64_t seed) : memory(options(stalls, seed)), random(seed) {
    memory.connect(axi_pins(top, kBus, E8_ADDR_BITS));
    top.rst_ni = 0;
    for (unsigned i = 0; i < 8; ++i) {
      top.clk_i = i & 1;
      top.eval();
    }
    top.rst_ni = 1;
    image = random.bytes(kBytes);
    memory.write(0, image.data(), image.size());
  }
  ~Bench() { top.final(); }

  /// Until all requests are answered; false: not within the limit.
  bool run(std::uint64_t limit = 2'000'000) {
    for (const std::uint64_t end = cycle + limit; cycle < end; tick()) {
      if (reads[0].empty() && reads[1].empty() && writes.empty() && items.empty() && top.read_idle_o != 0 &&
          top.write_idle_o != 0 && answered[0].empty() && answered[1].empty()) {
        return true;
      }
    }
    return false;
  }
  void queue_write(const Request& r) {
    writes.push_back(r);
    if (r.marker) return;
    const std::vector<std::uint8_t> data = random.bytes(r.bytes);
    std::copy(data.begin(), data.end(), image.begin() + static_cast<std::ptrdiff_t>(r.addr));
    for (unsigned at = 0; at < r.bytes; at += kBus) {
      std::vector<std::uint8_t> item = random.bytes(kBus);  // what lies behind the last byte must not be written
      std::copy_n(data.begin() + at, std::min(kBus, r.bytes - at), item.begin());
      items.push_back({item, at + kBus >= r.bytes});
    }
  }

  sim::AxiMemory memory;
  E8_DUT top;
  Random random;
  std::vector<std::uint8_t> image;  ///< what the memory must hold in the end
  std::deque<Request> reads[2], writes;
  struct Item {
    std::vector<std::uint8_t> data;
    bool last;
  };
  std::deque<Item> items;
  std::uint64_t cycle = 0, read_errors = 0, write_errors = 0, data_markers = 0, rsp_markers = 0, bytes_read = 0;
  std::uint64_t read_beats = 0, write_beats = 0;
  unsigned open_reads = 0, most_reads = 0;
  std::vector<std::string> wrong;

 private:
  struct Answer {
    Request request;
    unsigned got = 0;
  };
  std::deque<Answer> answered[2];  ///< accepted, not complete
  bool read_up_[2] = {false, false}, write_up_ = false, item_up_ = false;

  static sim::MemoryOptions options(StallMode stalls, std::uint64_t seed) {
    sim::MemoryOptions o;
    o.bytes = kBytes;
    o.stalls = stalls;
    o.seed = seed;
    return o;
  }

  void tick() {
    memory.drive();
    drive();
    top.clk_i = 0;
    top.eval();
    memory.sample();
    sample();
    top.clk_i = 1;
    top.eval();
    ++cycle;
  }

  void drive() {
    const bool pauses = random.chance(50);  // stretches at full speed, stretches with pauses
    unsigned valid = 0;
    for (unsigned p = 0; p < 2; ++p) {
      if (!reads[p].empty() && (read_up_[p] || !pauses || random.chance(30))) {
        read_up_[p] = true;
        valid |= 1u << p;
        std::memcpy(port_bytes(top.read_addr_i) + std::size_t{p} * (E8_ADDR_BITS / 8), &reads[p].front().addr,
                    E8_ADDR_BITS / 8);
        const auto bytes = static_cast<std::uint16_t>(reads[p].front().bytes);
        std::memcpy(port_bytes(top.read_bytes_i) + std::size_t{p} * 2, &bytes, 2);
      }
    }
    top.read_valid_i = valid & 3;
    top.rsp_ready_i = (pauses ? random.bits() : 3) & 3;
    write_up_ = !writes.empty() && (write_up_ || !pauses || random.chance(50));
    top.write_valid_i = write_up_;
    if (write_up_) {
      std::memcpy(port_bytes(top.write_addr_i), &writes.front().addr, E8_ADDR_BITS / 8);
      top.write_bytes_i = static_cast<std::uint16_t>(writes.front().bytes) & 0x1FFF;
      top.write_marker_i = writes.front().marker;
    }
    item_up_ = !items.empty() && (item_up_ || !pauses || random.chance(50));
    top.item_valid_i = item_up_;
    if (item_up_) {
      std::memcpy(port_bytes(top.item_data_i), items.front().data.data(), kBus);
      top.item_last_i = items.front().last;
    }
  }

  void sample() {
    for (unsigned p = 0; p < 2; ++p) {
      sample_answer(p);
      if ((top.read_valid_i >> p & 1) == 0 || (top.read_ready_o >> p & 1) == 0) continue;
      answered[p].push_back({reads[p].front()});
      reads[p].pop_front();
      read_up_[p] = false;
    }
    if (top.write_valid_i != 0 && top.write_ready_o != 0) {
      writes.pop_front();
      write_up_ = false;
    }
    if (top.item_valid_i != 0 && top.item_ready_o != 0) {
      items.pop_front();
      item_up_ = false;
    }
    write_errors += top.write_err_o;
    data_markers += top.data_marker_o;
    rsp_markers += top.rsp_marker_o;
    if (rsp_markers > data_markers) wrong.emplace_back("a marker came out of the responses before the data");
    read_beats += top.read_beat_o;
    write_beats += top.write_beat_o;
    open_reads += top.m_arvalid_o != 0 && top.m_arready_i != 0;
    most_reads = std::max(most_reads, open_reads);
    open_reads -= top.m_rvalid_i != 0 && top.m_rready_o != 0 && top.m_rlast_i != 0;
  }

  void sample_answer(unsigned p) {
    if ((top.rsp_valid_o >> p & 1) == 0 || (top.rsp_ready_i >> p & 1) == 0) return;
    if (answered[p].empty()) {
      wrong.emplace_back("an answer without a request");
      return;
    }
    Answer& a = answered[p].front();
    const unsigned n = top.rsp_bytes_o, offset = top.rsp_offset_o;
    if (offset != (a.request.addr + a.got) % kBus || n == 0 || offset + n > kBus || a.got + n > a.request.bytes) {
      wrong.push_back("valid bytes of a beat: offset " + std::to_string(offset) + ", bytes " + std::to_string(n));
    } else if (top.rsp_err_o == 0 &&
               std::memcmp(port_bytes(top.rsp_data_o) + offset, image.data() + a.request.addr + a.got, n) != 0) {
      wrong.emplace_back("data of a read");
    }
    read_errors += top.rsp_err_o;
    a.got += n;
    bytes_read += n;
    if ((top.rsp_last_o != 0) != (a.got == a.request.bytes)) wrong.emplace_back("last beat of a request");
    if (top.rsp_last_o != 0) answered[p].pop_front();
  }
};

void expect_clean(Bench& b, std::uint64_t seed) {
  EXPECT_TRUE(b.wrong.empty()) << b.wrong.front() << "; EXACT8_SEED=" << seed;
  EXPECT_EQ(b.memory.checker().count(), 0u) << b.memory.checker().violations().front().text << "; EXACT8_SEED=" << seed;
  EXPECT_TRUE(b.memory.quiet());
  EXPECT_EQ(b.read_beats, b.memory.read_beats());
  EXPECT_EQ(b.write_beats, b.memory.write_beats());
}

TEST(Axi, RandomRangesOnAllPorts) {
  for (const StallMode mode : {StallMode::kNone, StallMode::kRandom, StallMode::kWorst}) {
    for (std::uint64_t s = 0; s < 3; ++s) {
      const std::uint64_t seed = seed_or(10 * s + static_cast<std::uint64_t>(mode));
      Bench b(mode, seed);
      std::uint64_t want_read = 0, markers = 0;
      for (unsigned i = 0; i < 100; ++i) {
        for (unsigned p = 0; p < 2; ++p) {
          b.reads[p].push_back(random_request(b.random, 0));
          want_read += b.reads[p].back().bytes;
        }
        Request w = random_request(b.random, kWriteBase);
        w.marker = b.random.chance(20);
        markers += w.marker;
        b.queue_write(w);
      }
      ASSERT_TRUE(b.run()) << "EXACT8_SEED=" << seed;
      expect_clean(b, seed);
      EXPECT_EQ(b.bytes_read, want_read);
      EXPECT_EQ(b.data_markers, markers);
      EXPECT_EQ(b.rsp_markers, markers);
      EXPECT_EQ(b.read_errors + b.write_errors, 0u);
      EXPECT_EQ(std::memcmp(b.memory.view().data, b.image.data(), kBytes), 0) << "EXACT8_SEED=" << seed;
      EXPECT_GE(b.most_reads, kBus > 4 ? 4u : 2u) << "several reads under way";
      if (HasFailure()) return;
    }
  }
}

TEST(Axi, FourKibAndBeatEdges) {
  Bench b(StallMode::kNone, 1);
  for (const std::uint64_t boundary : {4096ull, 8192ull}) {
    for (const int start : {-static_cast<int>(kBus) - 1, -static_cast<int>(kBus), -1, 0, 1}) {
      for (const unsigned bytes : {1u, kBus - 1, kBus, kBus + 1, 256 * kBus > 4096 ? 4095u : 256 * kBus - 1, 4096u}) {
        Request r{boundary + static_cast<std::uint64_t>(start), bytes, false};
        b.reads[bytes & 1].push_back(r);
        r.addr += kWriteBase;
        b.queue_write(r);
      }
    }
  }
  ASSERT_TRUE(b.run());
  expect_clean(b, 1);
  EXPECT_EQ(std::memcmp(b.memory.view().data, b.image.data(), kBytes), 0);
}

TEST(Axi, ErrorsAreTold) {
  Bench b(StallMode::kRandom, 1);
  b.memory.add_fault({sim::FaultKind::kSlverr, false, 0x1000, 0x1001, sim::Fault::kNever});
  b.memory.add_fault({sim::FaultKind::kDecerr, true, kWriteBase + 0x1000, kWriteBase + 0x1001, sim::Fault::kNever});
  for (const std::uint64_t at : {0x800u, 0xF80u, 0x2000u}) {
    b.reads[1].push_back({at, 0x100, false});
    b.queue_write({kWriteBase + at, 0x100, false});
  }
  ASSERT_TRUE(b.run());
  expect_clean(b, 1);
  EXPECT_EQ(b.read_errors, 1u);
  EXPECT_EQ(b.write_errors, 1u);
}

}  // namespace
}  // namespace e8::test
