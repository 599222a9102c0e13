// rtl/control/e8_counters.v with halves of 8 bits, so that carries and latches show.
#include E8_DUT_HEADER

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <random>

double sc_time_stamp() { return 0; }

namespace e8 {
namespace {

constexpr unsigned kCounters = 10;

class Counters : public ::testing::Test {
 protected:
  Counters() : dut_(std::make_unique<E8_DUT>()) {
    dut_->rst_ni = 0;
    tick();
    dut_->rst_ni = 1;
  }
  ~Counters() override { dut_->final(); }

  void tick() {
    dut_->clk_i = 0;
    dut_->eval();
    dut_->clk_i = 1;
    dut_->eval();
  }
  /// One cycle with these pulses.
  void pulse(unsigned pulses) {
    dut_->pulse_i = static_cast<SData>(pulses);
    tick();
    for (unsigned i = 0; i < kCounters; ++i) model_[i] += pulses >> i & 1u;
  }
  void clear() {
    dut_->clear_i = 1;
    dut_->pulse_i = 0;
    tick();
    dut_->clear_i = 0;
    model_ = {};
  }
  /// Reads a counter while others count; compares it with the pulses before the cycle of the answer.
  void expect_exact(unsigned index, unsigned pulses) {
    dut_->rd_valid_i = 1;
    dut_->rd_index_i = static_cast<CData>(index);
    std::uint64_t low = 0, want = 0;
    for (unsigned wait = 0;; ++wait) {
      ASSERT_LE(wait, 2 * kCounters) << "no answer";
      dut_->clk_i = 0;
      dut_->eval();
      low = dut_->lo_o;
      want = model_[index];
      const bool answered = dut_->rd_ready_o != 0;
      pulse(pulses);
      if (answered) break;
    }
    dut_->rd_valid_i = 0;
    pulse(pulses);
    pulse(pulses);
    EXPECT_EQ(low | std::uint64_t{dut_->hi_o} << 8, want & 0xFFFF) << "counter " << index;
    for (int n = 0; n < 50; ++n) pulse(pulses);
    EXPECT_EQ(dut_->hi_o, (want >> 8) & 0xFF) << "the latched half moved";
  }

  std::unique_ptr<E8_DUT> dut_;
  std::array<std::uint64_t, kCounters> model_{};
};

TEST_F(Counters, EveryCycleThroughEveryCarry) {
  for (unsigned n = 0; n < 1200; ++n) {
    pulse(0x3FF);
    if (n % 97 == 0) expect_exact(n / 97 % kCounters, 0x3FF);
  }
  EXPECT_GT(model_[0], 256u * 4);
}

TEST_F(Counters, EachCountsItsOwnPulses) {
  std::mt19937 random(5);
  for (int n = 0; n < 3000; ++n) pulse(random() & random() & 0x3FF);
  for (unsigned i = 0; i < kCounters; ++i) expect_exact(i, 0);
}

/// At every phase of the round, also between the two halves of a counter.
TEST_F(Counters, ClearAtAnyTime) {
  for (unsigned phase = 0; phase < 2 * kCounters; ++phase) {
    for (unsigned n = 0; n < 600 + phase; ++n) pulse(0x3FF);
    clear();
    for (unsigned n = 0; n < 3; ++n) pulse(0x155);
    for (unsigned i = 0; i < kCounters; ++i) expect_exact(i, 0x2AA);
  }
}

}  // namespace
}  // namespace e8
