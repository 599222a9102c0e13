// The driver on the emulator: right bytes, every refusal, every way a run can fail.
#include "host/driver/driver.h"

#include <gmock/gmock.h>

#include <map>

#include "host/driver/emu_device.h"
#include "host/model/error.h"
#include "host/model/golden.h"
#include "tests/host/hand_program.h"

namespace e8::testing {
namespace {

namespace reg = isa::reg;
using driver::Driver;
using driver::EmuDevice;
using driver::memory_needed;
using ::testing::AllOf;
using ::testing::HasSubstr;

/// A device with some registers overridden, that may give up.
class Tampered : public EmuDevice {
 public:
  using EmuDevice::EmuDevice;
  std::map<std::uint32_t, std::uint32_t> registers;
  bool gives_up = false;
  std::uint32_t read_reg(std::uint32_t offset) override {
    const auto found = registers.find(offset);
    return found == registers.end() ? EmuDevice::read_reg(offset) : found->second;
  }
  bool wait_irq() override { return !gives_up && EmuDevice::wait_irq(); }
};

/// Runs `action`, which must throw a UserError; checks id and exit code, returns its text.
template <typename Action>
std::string user_error(int id, Exit code, const Action& action) {
  try {
    action();
  } catch (const UserError& e) {
    EXPECT_EQ(e.id(), id) << e.what();
    EXPECT_EQ(static_cast<int>(e.exit_code()), static_cast<int>(code)) << e.what();
    return e.what();
  }
  ADD_FAILURE() << "no error " << id;
  return "";
}

class DriverTest : public ::testing::Test {
 protected:
  HandMade made_ = hand_made(*isa::find_config("b512"), 5);
  Tampered device_{made_.program.config, memory_needed(made_.program)};
};

TEST_F(DriverTest, AgreesWithGoldenPictureAfterPicture) {
  Driver d(device_, made_.program);
  for (unsigned seed = 1; seed <= 5; ++seed) {
    const ops::Tensor input = random_tensor(made_.net.tensors[0].shape, seed);
    EXPECT_EQ(d.run(input).data, model::run_golden_output(made_.net, input).data) << "seed " << seed;
    EXPECT_EQ(d.read_tensor(0).data, input.data);
  }
}

TEST_F(DriverTest, WorksOnEveryConfiguration) {
  for (const isa::Config& config : isa::configs()) {
    for (const int columns : {1, 2, 17}) {
      const HandMade made = hand_made(config, columns);
      EmuDevice device(config, memory_needed(made.program));
      const ops::Tensor input = random_tensor(made.net.tensors[0].shape, 9);
      EXPECT_EQ(Driver(device, made.program).run(input).data, model::run_golden_output(made.net, input).data)
          << config.name << ", " << columns << " columns";
    }
  }
}

TEST_F(DriverTest, AnEmulatorCountsNoCycles) {
  Driver d(device_, made_.program);
  d.run(random_tensor(made_.net.tensors[0].shape, 1));
  EXPECT_EQ(d.counters().cycles, 0u);
  device_.registers[reg::CNT_CYCLES_LO] = 7;
  device_.registers[reg::CNT_CYCLES_HI] = 2;
  device_.registers[reg::CNT_SHIFT_LO] = 5;
  EXPECT_EQ(d.counters().cycles, 7u + (std::uint64_t{2} << 32));
  EXPECT_EQ(d.counters().shift, 5u);
}

TEST_F(DriverTest, RefusesWhatIsNoExact8) {
  device_.registers[reg::ID] = 0xDEADBEEF;
  EXPECT_THAT(user_error(610, Exit::kInfrastructure, [&] { Driver(device_, made_.program); }), HasSubstr("0xdeadbeef"));
}

TEST_F(DriverTest, RefusesAnotherInstructionSet) {
  device_.registers[reg::ISA_HASH] = isa::isa_hash() ^ 1;
  user_error(611, Exit::kInfrastructure, [&] { Driver(device_, made_.program); });
}

TEST_F(DriverTest, RefusesOtherParametersAndNamesBoth) {
  for (const isa::Config& config : isa::configs()) {
    if (config == made_.program.config) continue;
    EmuDevice other(config, memory_needed(made_.program));
    EXPECT_THAT(user_error(612, Exit::kInput, [&] { Driver(other, made_.program); }),
                AllOf(HasSubstr("(" + std::to_string(config.lanes) + " lanes x " + std::to_string(config.v)),
                      HasSubstr("b512 (4 lanes x 8")));
  }
  // Each parameter on its own.
  for (const auto& [offset, bit] : {std::pair{reg::PARAM_ARRAY, 16},
                                    {reg::PARAM_ARRAY, 24},
                                    {reg::PARAM_MEM0, 0},
                                    {reg::PARAM_MEM0, 8},
                                    {reg::PARAM_MEM0, 16},
                                    {reg::PARAM_FEATURES, 0},
                                    {reg::PARAM_FEATURES, 8},
                                    {reg::PARAM_FEATURES, 9}}) {
    device_.registers = {{offset, device_.EmuDevice::read_reg(offset) ^ 1u << bit}};
    user_error(612, Exit::kInput, [&] { Driver(device_, made_.program); });
  }
}

TEST_F(DriverTest, RefusesTooLittleMemory) {
  const std::uint64_t need = memory_needed(made_.program);
  EmuDevice small(made_.program.config, need - 1);
  EXPECT_THAT(user_error(613, Exit::kInfrastructure, [&] { Driver(small, made_.program); }),
              AllOf(HasSubstr(std::to_string(need)), HasSubstr(std::to_string(need - 1))));
  device_.registers[reg::PARAM_FEATURES] = (device_.EmuDevice::read_reg(reg::PARAM_FEATURES) & 0xFFFF) | 12u << 16;
  EXPECT_THAT(user_error(613, Exit::kInfrastructure, [&] { Driver(device_, made_.program); }), HasSubstr("4096"))
      << "what the address bits do not reach is not there";
}

TEST_F(DriverTest, ADeviceThatStaysBusyIsAnError) {
  device_.registers[reg::STATUS] = 1;
  user_error(614, Exit::kInfrastructure, [&] { Driver(device_, made_.program); });
}

TEST_F(DriverTest, RefusesAnInputOfAnotherShape) {
  Driver d(device_, made_.program);
  EXPECT_THAT(user_error(290, Exit::kInput,
                         [&] {
                           d.run(ops::Tensor({1, 1, 8}));
                         }),
              AllOf(HasSubstr("1x1x8"), HasSubstr("4x5x8")));
  ops::Tensor lying({4, 5, 8});
  lying.data.pop_back();
  user_error(290, Exit::kInput, [&] { d.run(lying); });
}

TEST_F(DriverTest, MachineErrorsNameInstructionAndLayerAndTheNextRunWorks) {
  compile::Program bad = made_.program;
  isa::Exec exec = isa::decode_exec(bad.code[3]);
  exec.a_base = 8190;
  bad.code[3] = isa::encode(exec);
  Driver d(device_, bad);
  const ops::Tensor input = random_tensor(made_.net.tensors[0].shape, 1);
  EXPECT_THAT(user_error(620, Exit::kInfrastructure, [&] { d.run(input); }),
              AllOf(HasSubstr("ADDR_FEATURE"), HasSubstr("instruction 3 (EXEC"), HasSubstr("layer conv")));
  user_error(620, Exit::kInfrastructure, [&] { d.run(input); });
  Driver good(device_, made_.program);
  EXPECT_EQ(good.run(input).data, model::run_golden_output(made_.net, input).data);
}

TEST_F(DriverTest, AnErrorOutsideTheProgramIsToldToo) {
  compile::Program bad = made_.program;
  bad.code.pop_back();
  bad.map.pop_back();
  Driver d(device_, bad);
  EXPECT_THAT(user_error(620, Exit::kInfrastructure, [&] { d.run(random_tensor(made_.net.tensors[0].shape, 1)); }),
              HasSubstr("PROGRAM_END at instruction 5"));
}

TEST_F(DriverTest, ADeviceThatGivesUpIsAnError) {
  Driver d(device_, made_.program);
  device_.gives_up = true;
  user_error(621, Exit::kInfrastructure, [&] { d.run(random_tensor(made_.net.tensors[0].shape, 1)); });
}

TEST_F(DriverTest, TensorsThatAreNotInDramCannotBeRead) {
  compile::Program p = made_.program;
  p.tensors.push_back({"fused", {1, 1, 8}, 1.0, 0, false, {}});
  Driver d(device_, p);
  EXPECT_THROW(d.read_tensor(2), std::invalid_argument);
  EXPECT_THROW(d.read_tensor(-1), std::out_of_range);
  EXPECT_THROW(d.read_tensor(3), std::out_of_range);
}

TEST(MemoryNeeded, RoundsEveryPartToAPage) {
  compile::Program p = hand_made(*isa::find_config("tiny")).program;
  EXPECT_EQ(memory_needed(p), 4u * 4096);  // code, weights, input, output; no scratch
  p.region_bytes[isa::kRegionScratch] = 4097;
  EXPECT_EQ(memory_needed(p), 6u * 4096);
  p.region_bytes[isa::kRegionScratch] = 0xFFFFFFFF;
  EXPECT_EQ(memory_needed(p), 4u * 4096 + (std::uint64_t{1} << 32));
}

}  // namespace
}  // namespace e8::testing
