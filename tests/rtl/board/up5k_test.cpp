// constraints/up5k_top.v over its SPI pins: memory, registers, a program that copies bytes, one that leaves the memory.
#include <gtest/gtest.h>

#include <cstring>
#include <memory>

#include "Vup5k.h"
#include "emu/isa/isa.h"

double sc_time_stamp() { return 0; }

namespace e8 {
namespace {

class Up5k : public ::testing::Test {
 protected:
  Up5k() : dut_(std::make_unique<Vup5k>()) {
    dut_->spi_cs_n = 1;
    ticks(40);
  }
  ~Up5k() override { dut_->final(); }

  void ticks(unsigned n) {
    for (; n > 0; --n) {
      dut_->clk = 0;
      dut_->eval();
      dut_->clk = 1;
      dut_->eval();
    }
  }
  /// One frame; returns what the frame before has read.
  std::uint32_t frame(bool write, bool memory, std::uint32_t word, std::uint32_t data, unsigned bits = 56) {
    const std::uint64_t out =
        std::uint64_t{write} << 55 | std::uint64_t{memory} << 54 | std::uint64_t{word} << 32 | data;
    std::uint64_t in = 0;
    dut_->spi_cs_n = 0;
    ticks(4);
    for (unsigned bit = 0; bit < bits; ++bit) {
      dut_->spi_mosi = static_cast<CData>(out >> (55 - bit) & 1);
      ticks(3);
      in = in << 1 | dut_->spi_miso;
      dut_->spi_sck = 1;
      ticks(3);
      dut_->spi_sck = 0;
    }
    ticks(4);
    dut_->spi_cs_n = 1;
    ticks(40);
    return static_cast<std::uint32_t>(in >> (bits - 32));
  }
  void poke(std::uint32_t address, std::uint32_t data) { frame(true, true, address / 4, data); }
  std::uint32_t peek(std::uint32_t address) {
    frame(false, true, address / 4, 0);
    return frame(false, false, isa::reg::ID / 4, 0);
  }
  void write_reg(std::uint32_t address, std::uint32_t data) { frame(true, false, address / 4, data); }
  std::uint32_t read_reg(std::uint32_t address) {
    frame(false, false, address / 4, 0);
    return frame(false, false, isa::reg::ID / 4, 0);
  }
  void start(const std::vector<isa::Instruction>& program, std::uint32_t at) {
    for (std::uint32_t n = 0; n < program.size() * 16; ++n) {
      std::uint32_t word = 0;
      std::memcpy(&word, program[n / 16].bytes.data() + n % 16 * 4, 4);
      poke(at + 4 * n, word);
    }
    write_reg(isa::reg::PROG_ADDR_LO, at);
    write_reg(isa::reg::PROG_LEN, static_cast<std::uint32_t>(program.size()));
    write_reg(isa::reg::IRQ_ENABLE, 3);
    write_reg(isa::reg::CONTROL, 1);
  }

  std::unique_ptr<Vup5k> dut_;
};

/// `words` feature words of 2 bytes from region 1 to the memory, or back to region 2.
template <typename T>
T copy(std::uint32_t words) {
  T t;
  t.region = std::is_same_v<T, isa::Load> ? isa::kRegionInput : isa::kRegionOutput;
  t.lane_mask = t.lanes_x = t.n_rows = t.n_blks = t.f_word = t.h = 1;
  t.n_words = words;
  t.row_bytes = 2 * words;
  return t;
}

TEST_F(Up5k, MemoryOverSpi) {
  const std::uint32_t addresses[] = {0, 4, 0xFFFC, 0x10000, 0x1FFFC};
  for (const std::uint32_t a : addresses) poke(a, ~a * 0x9E3779B9u);
  for (const std::uint32_t a : addresses) EXPECT_EQ(peek(a), ~a * 0x9E3779B9u) << a;
}

TEST_F(Up5k, RegistersOverSpi) {
  EXPECT_EQ(read_reg(isa::reg::ID), 0x45384131u);
  EXPECT_EQ(read_reg(isa::reg::ISA_HASH), isa::isa_hash());
  write_reg(isa::reg::REGION2_SIZE, 0x12345678);
  EXPECT_EQ(read_reg(isa::reg::REGION2_SIZE), 0x12345678u);
}

TEST_F(Up5k, ShortFrameDoesNothing) {
  poke(64, 5);
  frame(true, true, 16, 6, 55);
  EXPECT_EQ(peek(64), 5u);
}

TEST_F(Up5k, RunsAProgram) {
  constexpr std::uint32_t kWords = 50, kFrom = 0xFFD0, kTo = 0x4002;  // the source crosses the banks
  isa::Load load = copy<isa::Load>(kWords);
  load.step = 2;
  load.signal = isa::kTokenStore;
  isa::Store store = copy<isa::Store>(kWords);
  store.wait = isa::kTokenLoad;
  for (std::uint32_t a = 0; a < 2 * kWords; a += 4) poke(kFrom + a, a * 0x01020304u + 0x80C0);
  poke(kTo - 2, 0xAAAAAAAA);
  write_reg(isa::reg::REGION1_LO, kFrom);
  write_reg(isa::reg::REGION1_SIZE, 2 * kWords);
  write_reg(isa::reg::REGION2_LO, kTo);
  write_reg(isa::reg::REGION2_SIZE, 2 * kWords);
  start({isa::encode(load), isa::encode(store), isa::encode(isa::End{})}, 0x1000);
  for (int n = 0; n < 5000 && !dut_->irq; ++n) ticks(1);
  EXPECT_EQ(read_reg(isa::reg::STATUS), 2u);
  std::string want(2 * kWords, '\0'), got(2 * kWords + 4, '\0');
  for (std::uint32_t a = 0; a < 2 * kWords; a += 4) {
    const std::uint32_t word = a * 0x01020304u + 0x80C0;
    std::memcpy(&want[a], &word, 4);
  }
  for (std::uint32_t a = 0; a < got.size(); a += 4) {
    const std::uint32_t word = peek(kTo - 2 + a);
    std::memcpy(&got[a], &word, 4);
  }
  EXPECT_EQ(got.substr(0, 2), "\xAA\xAA") << "a byte before the destination was written";
  EXPECT_EQ(got.substr(2, 2 * kWords), want);
}

TEST_F(Up5k, MemoryEndsAt128KiB) {
  isa::Load load = copy<isa::Load>(4);
  load.step = 2;
  write_reg(isa::reg::REGION1_LO, 0x20000);
  write_reg(isa::reg::REGION1_SIZE, 64);
  start({isa::encode(load), isa::encode(isa::End{})}, 0);
  for (int n = 0; n < 5000 && !dut_->irq; ++n) ticks(1);
  EXPECT_EQ(read_reg(isa::reg::STATUS), 4u | 10u << 8);  // AXI_READ
}

}  // namespace
}  // namespace e8
