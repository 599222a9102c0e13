// e8_ram_word_byte against an array: every byte of every word, byte enables, independent ports.
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <random>

#include "Vram_word_byte.h"

namespace e8::testing {
namespace {

constexpr unsigned kWords = 32, kBytes = 4 * kWords;

class WordByteBench {
 public:
  ~WordByteBench() { top_.final(); }
  void clock(unsigned we, unsigned waddr, std::uint32_t wdata, unsigned raddr) {
    top_.clk_i = 0;
    top_.we_i = static_cast<CData>(we), top_.waddr_i = static_cast<CData>(waddr), top_.wdata_i = wdata;
    top_.raddr_i = static_cast<CData>(raddr);
    top_.eval();
    top_.clk_i = 1;
    top_.eval();
  }
  unsigned rdata() const { return top_.rdata_o; }

 private:
  Vram_word_byte top_;
};

TEST(RamWordByte, EveryByteHasItsPlace) {
  WordByteBench ram;
  for (unsigned word = 0; word < kWords; ++word) ram.clock(15, word, 0x03020100u + 0x04040404u * word, 0);
  for (unsigned byte = 0; byte < kBytes; ++byte) {
    ram.clock(0, 0, 0, byte);
    ASSERT_EQ(ram.rdata(), byte);
  }
}

TEST(RamWordByte, RandomTraffic) {
  const char* text = std::getenv("EXACT8_SEED");
  const unsigned long seed = text != nullptr ? std::strtoul(text, nullptr, 0) : 23;
  std::mt19937_64 rng(seed);
  WordByteBench ram;
  std::array<unsigned, kBytes> want{};
  for (unsigned word = 0; word < kWords; ++word) ram.clock(15, word, 0, 4 * (word ^ 1u));
  for (int n = 0; n < 20000; ++n) {
    const unsigned we = rng() % 16, waddr = rng() % kWords;
    unsigned raddr = rng() % kBytes;
    if (raddr / 4 == waddr) raddr ^= 4;  // nobody may rely on what such a read gives
    const auto wdata = static_cast<std::uint32_t>(rng());
    ram.clock(we, waddr, wdata, raddr);
    ASSERT_EQ(ram.rdata(), want[raddr]) << "seed " << seed << ", cycle " << n;
    for (unsigned b = 0; b < 4; ++b) {
      if ((we >> b & 1) != 0) want[4 * waddr + b] = wdata >> (8 * b) & 0xff;
    }
  }
}

}  // namespace
}  // namespace e8::testing
