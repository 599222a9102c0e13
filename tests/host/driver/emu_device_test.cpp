// The emulator behind the register map: every register of the list, start, interrupt, errors, soft reset.
#include "host/driver/emu_device.h"

#include <gmock/gmock.h>

#include <stdexcept>

#include "emu/isa/spec.h"
#include "host/model/golden.h"
#include "tests/host/hand_program.h"

namespace e8::testing {
namespace {

namespace reg = isa::reg;
namespace field = isa::regfield;

class EmuDeviceTest : public ::testing::Test {
 protected:
  EmuDeviceTest() : config_(*isa::find_config("b512")), device_(config_, test::Layout{}.bytes), builder_(config_) {}

  /// A program that copies a word and ends, or whatever `add` makes of it.
  void load() { builder_.load_into(device_); }
  std::uint32_t status() { return device_.read_reg(reg::STATUS); }

  isa::Config config_;
  driver::EmuDevice device_;
  test::ProgramBuilder builder_;
};

TEST_F(EmuDeviceTest, TellsIdentityAndBuild) {
  EXPECT_EQ(device_.read_reg(reg::ID), 0x45384131u);
  EXPECT_EQ(device_.read_reg(reg::ISA_HASH), isa::isa_hash());
  EXPECT_EQ(device_.read_reg(reg::PARAM_ARRAY), 4u | 8u << 8 | 4u << 16 | 16u << 24);
  EXPECT_EQ(device_.read_reg(reg::PARAM_MEM0), 13u | 11u << 8 | 8u << 16);
  EXPECT_EQ(device_.read_reg(reg::PARAM_FEATURES), 31u | 1u << 8 | 1u << 9 | 64u << 16);
  driver::EmuDevice nano(*isa::find_config("nano"), 64);
  EXPECT_EQ(nano.read_reg(reg::PARAM_ARRAY), 1u | 2u << 8 | 2u << 16 | 4u << 24);
  EXPECT_EQ(nano.read_reg(reg::PARAM_MEM0), 9u | 8u << 8 | 6u << 16);
  EXPECT_EQ(nano.read_reg(reg::PARAM_FEATURES), 64u << 16);
  EXPECT_EQ(nano.mem_bytes(), 64u);
}

TEST_F(EmuDeviceTest, RegistersReadAndWriteAsTheListSays) {
  for (const isa::RegisterRow& row : isa::spec().registers) {
    if (row.offset == reg::CONTROL) continue;  // write-only: below
    const std::uint32_t before = device_.read_reg(row.offset);
    device_.write_reg(row.offset, 0xFFFFFFFF);
    const std::uint32_t after = device_.read_reg(row.offset);
    std::uint32_t want = row.access == std::string("RW") ? 0xFFFFFFFF : before;
    if (row.offset == reg::IRQ_ENABLE) want = 3;
    if (row.offset == reg::PROG_ADDR_LO) want = 0xFFFFFFC0;  // low bits are ignored
    EXPECT_EQ(after, want) << row.name;
  }
  EXPECT_EQ(device_.read_reg(reg::CONTROL), 0u);
  for (const std::uint32_t none : {0x014u, 0x044u, 0x04Cu, 0x150u, 0xFFCu}) {
    device_.write_reg(none, 1);
    EXPECT_EQ(device_.read_reg(none), 0u);
  }
}

TEST_F(EmuDeviceTest, RunsToDoneAndInterrupts) {
  builder_.end();
  load();
  EXPECT_FALSE(device_.wait_irq()) << "nothing was started";
  builder_.start_on(device_);
  EXPECT_EQ(status(), field::STATUS_busy.put(1));
  EXPECT_TRUE(device_.wait_irq());
  EXPECT_EQ(status(), field::STATUS_done.put(1));
  EXPECT_EQ(device_.read_reg(reg::IRQ_STATUS), field::IRQ_STATUS_done.put(1));
  EXPECT_TRUE(device_.wait_irq()) << "the line stays high until it is cleared";
  device_.write_reg(reg::IRQ_STATUS, field::IRQ_STATUS_error.put(1));
  EXPECT_EQ(device_.read_reg(reg::IRQ_STATUS), field::IRQ_STATUS_done.put(1)) << "only bits written as 1 are cleared";
  device_.write_reg(reg::IRQ_STATUS, field::IRQ_STATUS_done.put(1));
  EXPECT_EQ(device_.read_reg(reg::IRQ_STATUS), 0u);
  EXPECT_FALSE(device_.wait_irq());
  EXPECT_EQ(status(), field::STATUS_done.put(1));
  builder_.start_on(device_);
  EXPECT_EQ(status(), field::STATUS_busy.put(1)) << "start clears done";
}

TEST_F(EmuDeviceTest, InterruptsOnlyWhereEnabled) {
  builder_.end();
  load();
  builder_.start_on(device_);
  device_.write_reg(reg::IRQ_ENABLE, field::IRQ_ENABLE_error.put(1));
  EXPECT_FALSE(device_.wait_irq());
  EXPECT_EQ(device_.read_reg(reg::IRQ_STATUS), field::IRQ_STATUS_done.put(1)) << "pending all the same";
}

TEST_F(EmuDeviceTest, ErrorsStopUntilSoftReset) {
  builder_.add(isa::Nop{});
  builder_.add(isa::Nop{});  // and no END
  load();
  builder_.start_on(device_);
  EXPECT_TRUE(device_.wait_irq());
  const auto code = static_cast<std::uint32_t>(isa::Error::kPROGRAM_END);
  EXPECT_EQ(status(), field::STATUS_error.put(1) | field::STATUS_error_code.put(code));
  EXPECT_EQ(device_.read_reg(reg::ERROR_PC), 2u);
  EXPECT_EQ(device_.read_reg(reg::IRQ_STATUS), field::IRQ_STATUS_error.put(1));
  builder_.end();
  load();
  builder_.start_on(device_);
  EXPECT_EQ(field::STATUS_busy.get(status()), 0u) << "an error takes no start";
  device_.write_reg(reg::CONTROL, field::CONTROL_soft_reset.put(1));
  EXPECT_EQ(status(), 0u);
  EXPECT_EQ(device_.read_reg(reg::PROG_LEN), 3u) << "soft reset keeps the registers at 0x028 and above";
  builder_.start_on(device_);
  EXPECT_TRUE(device_.wait_irq());
  EXPECT_EQ(status(), field::STATUS_done.put(1));
}

TEST_F(EmuDeviceTest, HazardsAreThrownAndASoftResetRecovers) {
  isa::Exec exec = builder_.exec(0, 0, 0, 1);  // reads what the LOAD before it may still write: no token
  builder_.add(builder_.load(isa::kTargetWeight, isa::kRegionWeights, 0, 0, 1));
  builder_.add(exec);
  builder_.end();
  load();
  builder_.start_on(device_);
  EXPECT_THROW(device_.wait_irq(), machine::Hazard);
  device_.write_reg(reg::CONTROL, field::CONTROL_soft_reset.put(1));
  EXPECT_EQ(status(), 0u);
  device_.machine().check_hazards(false);
  builder_.start_on(device_);
  EXPECT_TRUE(device_.wait_irq());
}

TEST_F(EmuDeviceTest, MemoryHasAnEnd) {
  std::uint8_t byte = 7;
  EXPECT_NO_THROW(device_.write_mem(device_.mem_bytes() - 1, &byte, 1));
  byte = 0;
  device_.read_mem(device_.mem_bytes() - 1, &byte, 1);
  EXPECT_EQ(byte, 7);
  EXPECT_THROW(device_.write_mem(device_.mem_bytes(), &byte, 1), std::out_of_range);
  EXPECT_THROW(device_.read_mem(~std::uint64_t{0}, &byte, 2), std::out_of_range);
}

struct CountingSink : machine::EventSink {
  int exec = 0, load = 0, shared = 0, store = 0;
  void on_exec(machine::ExecKind, std::uint32_t, std::uint32_t, std::uint32_t, const std::int8_t*,
               const std::int32_t*) override {
    ++exec;
  }
  void on_load_feature(std::uint32_t, unsigned, std::uint32_t, const std::int8_t*) override { ++load; }
  void on_load_shared(isa::Target, std::uint32_t, std::uint32_t, const std::uint8_t*, std::size_t) override {
    ++shared;
  }
  void on_store(std::uint32_t, std::uint64_t, const std::uint8_t*, std::size_t) override { ++store; }
};

TEST_F(EmuDeviceTest, SinkHearsEvents) {
  const isa::Load load_words = builder_.load_lanes(isa::kRegionInput, 0, 0, 3);
  builder_.add(load_words);
  builder_.end();
  load();
  CountingSink sink;
  device_.set_sink(&sink);
  builder_.start_on(device_);
  EXPECT_TRUE(device_.wait_irq());
  EXPECT_EQ(sink.load, 3 * 4);
  device_.set_sink(nullptr);
  builder_.start_on(device_);
  EXPECT_TRUE(device_.wait_irq());
  EXPECT_EQ(sink.load, 3 * 4);
}

}  // namespace
}  // namespace e8::testing
