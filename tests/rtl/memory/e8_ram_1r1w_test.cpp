// e8_ram_1r1w against an array: latency 1, hold, independent ports.
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <random>

#include "Vram_1r1w.h"

namespace e8::testing {
namespace {

constexpr std::size_t kDepth = 32;
constexpr std::uint32_t kMask = (1u << 20) - 1;

class RamBench {
 public:
  ~RamBench() { top_.final(); }
  void clock(bool we, unsigned waddr, std::uint32_t wdata, bool re, unsigned raddr) {
    top_.clk_i = 0;
    top_.we_i = we, top_.waddr_i = static_cast<CData>(waddr), top_.wdata_i = wdata;
    top_.re_i = re, top_.raddr_i = static_cast<CData>(raddr);
    top_.eval();
    top_.clk_i = 1;
    top_.eval();
  }
  std::uint32_t rdata() const { return top_.rdata_o; }

 private:
  Vram_1r1w top_;
};

TEST(Ram, WalkingBitsInEveryWord) {
  RamBench ram;
  for (std::uint32_t bit = 0; bit < 20; ++bit) {
    for (const std::uint32_t flip : {0u, kMask}) {
      const auto value = [&](unsigned address) { return (1u << (bit + address) % 20) ^ flip; };
      for (unsigned address = 0; address < kDepth; ++address) ram.clock(true, address, value(address), false, 0);
      for (unsigned address = 0; address < kDepth; ++address) {
        ram.clock(false, address, 0, true, address);
        ASSERT_EQ(ram.rdata(), value(address)) << address;
      }
    }
  }
}

TEST(Ram, HoldsWhatItReadWhileThatWordIsWritten) {
  RamBench ram;
  ram.clock(true, 5, 0x12345, false, 0);
  ram.clock(false, 0, 0, true, 5);
  ram.clock(true, 5, 0x54321, false, 5);
  EXPECT_EQ(ram.rdata(), 0x12345u);
  ram.clock(false, 5, 0xfffff, true, 5);
  EXPECT_EQ(ram.rdata(), 0x54321u);
}

TEST(Ram, RandomTraffic) {
  const char* text = std::getenv("EXACT8_SEED");
  const unsigned long seed = text != nullptr ? std::strtoul(text, nullptr, 0) : 22;
  std::mt19937_64 rng(seed);
  RamBench ram;
  std::array<std::uint32_t, kDepth> want{};
  for (unsigned address = 0; address < kDepth; ++address) ram.clock(true, address, 0, true, address ^ 1u);
  ram.clock(false, 0, 0, true, 0);
  std::uint32_t last = 0;
  for (int n = 0; n < 20000; ++n) {
    const bool we = rng() % 2 == 0, re = rng() % 2 == 0;
    const unsigned waddr = rng() % kDepth, raddr = rng() % kDepth;
    const auto wdata = static_cast<std::uint32_t>(rng()) & kMask;
    const bool known = !(we && waddr == raddr);  // nobody may rely on the other case
    ram.clock(we, waddr, wdata, re && known, raddr);
    if (re && known) last = want[raddr];
    if (we) want[waddr] = wdata;
    ASSERT_EQ(ram.rdata(), last) << "seed " << seed << ", cycle " << n;
  }
}

}  // namespace
}  // namespace e8::testing
