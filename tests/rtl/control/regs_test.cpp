// The register file and its bus: every address of registers.def and none besides, access kinds, strobes, stalls,
// interrupts, counters.
#include <gtest/gtest.h>

#include "tests/rtl/control/program_model.h"

namespace e8::test {
namespace {

constexpr std::uint8_t kOkay = 0, kSlverr = 2;

enum class Access { RO, RW, WO, W1C };
struct Register {
  const char* name;
  Access access;
};
const std::map<std::uint32_t, Register>& registers() {
  static const std::map<std::uint32_t, Register> all = {
#define REG(name, offset, access, reset, text) {offset, {#name, Access::access}},
#include "emu/isa/registers.def"
  };
  return all;
}

/// Bits that exist of a register that is read and written.
std::uint32_t writable(std::uint32_t address) {
  const std::uint32_t high = E8_ADDR_BITS == 64 ? ~0u : (1u << (E8_ADDR_BITS - 32)) - 1;
  switch (address) {
    case isa::reg::IRQ_ENABLE:
      return 3;
    case isa::reg::PROG_ADDR_LO:
      return ~63u;
    case isa::reg::PROG_ADDR_HI:
    case isa::reg::REGION0_HI:
    case isa::reg::REGION1_HI:
    case isa::reg::REGION2_HI:
    case isa::reg::REGION3_HI:
      return high;
    default:
      return ~0u;
  }
}

class Regs : public ::testing::Test {
 protected:
  ControlBench b{3};
};

TEST_F(Regs, IdentityAndBuild) {
  EXPECT_EQ(b.reg(isa::reg::ID), 0x45384131u);
  EXPECT_EQ(b.reg(isa::reg::ISA_HASH), isa::isa_hash());
  const std::uint32_t array = b.reg(isa::reg::PARAM_ARRAY), memory = b.reg(isa::reg::PARAM_MEM0),
                      features = b.reg(isa::reg::PARAM_FEATURES);
  EXPECT_EQ(isa::regfield::PARAM_ARRAY_lanes.get(array), E8_LANES);
  EXPECT_EQ(isa::regfield::PARAM_ARRAY_v.get(array), E8_V);
  EXPECT_EQ(isa::regfield::PARAM_ARRAY_drain.get(array), E8_DRAIN);
  EXPECT_EQ(isa::regfield::PARAM_ARRAY_axi_bytes.get(array), E8_AXI_BYTES);
  EXPECT_EQ(isa::regfield::PARAM_MEM0_feature_log2.get(memory), E8_FEATURE_LOG2);
  EXPECT_EQ(isa::regfield::PARAM_MEM0_weight_log2.get(memory), E8_WEIGHT_LOG2);
  EXPECT_EQ(isa::regfield::PARAM_MEM0_param_log2.get(memory), E8_PARAM_LOG2);
  EXPECT_EQ(isa::regfield::PARAM_FEATURES_mul_bits.get(features), E8_MUL_BITS);
  EXPECT_EQ(isa::regfield::PARAM_FEATURES_double_round.get(features), E8_DOUBLE_ROUND);
  EXPECT_EQ(isa::regfield::PARAM_FEATURES_tables.get(features), E8_TABLES);
  EXPECT_EQ(isa::regfield::PARAM_FEATURES_addr_bits.get(features), E8_ADDR_BITS);
}

TEST_F(Regs, EveryAddress) {
  for (std::uint32_t address = 0; address < 0x1000; ++address) {
    const bool listed = registers().count(address) != 0;
    std::uint32_t data = 1;
    EXPECT_EQ(b.read(address, &data), listed ? kOkay : kSlverr) << address;
    if (!listed) {
      EXPECT_EQ(data, 0u) << address;
    }
  }
  std::map<std::uint32_t, std::uint32_t> before;
  for (const auto& [address, r] : registers()) before[address] = b.reg(address);
  for (std::uint32_t address = 0; address < 0x1000; ++address) {
    const auto r = registers().find(address);
    const bool listed = r != registers().end();
    if (listed && r->second.access == Access::RW) continue;
    EXPECT_EQ(b.write(address, address == isa::reg::CONTROL ? 0 : ~0u), listed ? kOkay : kSlverr) << address;
  }
  for (const auto& [address, r] : registers()) EXPECT_EQ(b.reg(address), before[address]) << r.name;
}

TEST_F(Regs, ResetValues) {
  for (const auto& [address, r] : registers()) {
    if (address > isa::reg::PARAM_FEATURES) {
      EXPECT_EQ(b.reg(address), 0u) << r.name;
    }
  }
}

/// Each register holds its own value, under stalls, and strobes change their byte only.
TEST_F(Regs, ReadsBackWhatWasWritten) {
  for (const bool stalls : {false, true}) {
    b.surroundings.register_stalls = stalls;
    std::map<std::uint32_t, std::uint32_t> model;
    for (int n = 0; n < 3000; ++n) {
      auto it = registers().begin();
      std::advance(it, static_cast<long>(b.pick(0, registers().size() - 1)));
      if (it->second.access != Access::RW) continue;
      if (b.chance(50)) {
        const auto data = static_cast<std::uint32_t>(b.random());
        const auto strobe = static_cast<unsigned>(b.pick(0, 15));
        std::uint32_t mask = 0;
        for (unsigned i = 0; i < 4; ++i) mask |= strobe >> i & 1u ? 0xFFu << 8 * i : 0u;
        EXPECT_EQ(b.write(it->first, data, strobe), kOkay);
        std::uint32_t& value = model[it->first];
        value = ((value & ~mask) | (data & mask)) & writable(it->first);
      } else {
        EXPECT_EQ(b.reg(it->first), model[it->first]) << it->second.name;
      }
    }
    for (const auto& [address, value] : model) b.write(address, 0);
  }
}

TEST_F(Regs, RegionsReachTheEngines) {
  for (std::uint32_t region = 0; region < 4; ++region) {
    b.write(isa::reg::REGION0_LO + 16 * region, 0x1000 + region);
    b.write(isa::reg::REGION0_SIZE + 16 * region, 0x2000 + region);
    if (E8_ADDR_BITS > 32) b.write(isa::reg::REGION0_HI + 16 * region, 0x30 + region);
  }
  b.tick();
#if E8_SMALL
  for (unsigned region = 0; region < 4; ++region) {
    const std::uint32_t want[3] = {0x1000 + region, 0, 0x2000 + region};
    for (unsigned i = 0; i < 12; ++i) {
      b.dut->dma_region_addr_i = static_cast<CData>(region * 16 + i);
      b.tick();
      EXPECT_EQ(b.dut->dma_region_data_o, want[i / 4] >> i % 4 * 8 & 0xFF) << "region " << region << ", byte " << i;
    }
  }
#else
  for (unsigned region = 0; region < 4; ++region) {
    std::uint32_t size = 0;
    std::memcpy(&size, reinterpret_cast<const char*>(&b.dut->region_size_o) + 4 * region, 4);
    EXPECT_EQ(size, 0x2000 + region);
    std::uint64_t base = 0;  // E8_ADDR_BITS is a multiple of 8
    std::memcpy(&base, reinterpret_cast<const char*>(&b.dut->region_base_o) + E8_ADDR_BITS / 8 * region,
                E8_ADDR_BITS / 8);
    EXPECT_EQ(base, 0x1000 + region + (E8_ADDR_BITS > 32 ? std::uint64_t{0x30 + region} << 32 : 0));
  }
#endif
}

TEST_F(Regs, Interrupts) {
  const isa::Instruction end = isa::encode(isa::End{});
  for (const bool error : {false, true}) {
    const std::uint32_t bit = error ? 2 : 1;
    b.start({end}, error ? 0 : 1);
    EXPECT_TRUE(b.run());
    EXPECT_EQ(b.reg(isa::reg::IRQ_STATUS), bit);
    b.write(isa::reg::IRQ_STATUS, 3 - bit);  // the other bit
    EXPECT_EQ(b.reg(isa::reg::IRQ_STATUS), bit);
    b.write(isa::reg::IRQ_STATUS, bit, 14);  // not strobed
    EXPECT_EQ(b.reg(isa::reg::IRQ_STATUS), bit);
    b.write(isa::reg::IRQ_ENABLE, 3 - bit);
    b.ticks(2);
    EXPECT_FALSE(b.dut->irq_o);
    b.write(isa::reg::IRQ_ENABLE, bit);
    b.ticks(2);
    EXPECT_TRUE(b.dut->irq_o);
    b.write(isa::reg::CONTROL, 2);  // the pending interrupt outlives a soft reset
    b.ticks(10);
    EXPECT_TRUE(b.dut->irq_o);
    b.write(isa::reg::IRQ_STATUS, bit);
    b.ticks(2);
    EXPECT_FALSE(b.dut->irq_o);
    EXPECT_EQ(b.reg(isa::reg::STATUS), 0u);
  }
}

/// Without the strobe of its byte, CONTROL does nothing.
TEST_F(Regs, ControlHonoursItsStrobe) {
  b.write(isa::reg::CONTROL, 0x03030303, 14);
  b.ticks(20);
  EXPECT_EQ(b.resets, 0u);
  EXPECT_EQ(b.reg(isa::reg::STATUS), 0u);
}

TEST_F(Regs, CountersCountExactly) {
  b.surroundings.min_latency = b.surroundings.max_latency = 700;
  b.surroundings.in_flight = 1;
  const std::array<std::uint32_t, 6> counters = {isa::reg::CNT_EXEC_LO,       isa::reg::CNT_SHIFT_LO,
                                                 isa::reg::CNT_WAIT_DRAIN_LO, isa::reg::CNT_WAIT_PORT_LO,
                                                 isa::reg::CNT_AXI_READ_LO,   isa::reg::CNT_AXI_WRITE_LO};
  for (const unsigned percent : {30u, 100u}) {
    b.step_percent = percent;
    b.start({load(), store(), load(), store(), exec(), isa::encode(isa::End{})});
    const std::uint64_t started = b.cycle;
    b.ticks(60);
    EXPECT_GT(b.counter(isa::reg::CNT_EXEC_LO), 0u) << "is read while it counts";
    EXPECT_TRUE(b.run());
    b.step_percent = 0;
    const std::uint64_t cycles = b.counter(isa::reg::CNT_CYCLES_LO);
    EXPECT_GE(cycles, b.irq_cycle - started - 4);
    EXPECT_LE(cycles, b.irq_cycle - started + 8);
    EXPECT_EQ(b.counter(isa::reg::CNT_CYCLES_LO), cycles) << "counts after the end";
    for (unsigned i = 0; i < counters.size(); ++i) EXPECT_EQ(b.counter(counters[i]), b.pulses[i]) << i;
  }
}

TEST_F(Regs, WaitCountersNameTheReason) {
  b.surroundings.min_latency = b.surroundings.max_latency = 1000;
  b.surroundings.read_latency = 300;
  const auto within = [this](std::uint32_t counter, std::uint64_t low, std::uint64_t high) {
    const std::uint64_t value = b.counter(counter);
    EXPECT_GE(value, low) << counter;
    EXPECT_LE(value, high) << counter;
  };
  b.start({load(0, 2), exec(1), isa::encode(isa::End{})});
  EXPECT_TRUE(b.run());
  // SMALL asks for one instruction at a time, so the EXEC comes when a memory latency of the LOAD has passed.
  within(isa::reg::CNT_WAIT_LOAD_LO, E8_SMALL ? 640 : 900, 1010);
  within(isa::reg::CNT_WAIT_STORE_LO, 0, 0);
  within(isa::reg::CNT_WAIT_FETCH_LO, 300, E8_SMALL ? 1800 : 1500);
  b.start({store(0, 2), exec(4), isa::encode(isa::End{})});
  EXPECT_TRUE(b.run());
  within(isa::reg::CNT_WAIT_LOAD_LO, 0, 0);
  within(isa::reg::CNT_WAIT_STORE_LO, E8_SMALL ? 640 : 900, 1010);
}

}  // namespace
}  // namespace e8::test
