// The register map of registers.def in front of the instruction-level emulator.
#include "host/driver/emu_device.h"

#include <array>
#include <stdexcept>
#include <string>

#include "emu/machine/vector_dram.h"
#include "host/driver/registers.h"

namespace e8::driver {
namespace {

namespace reg = isa::reg;
namespace field = isa::regfield;
using machine::StepState;

constexpr std::uint32_t kIrqBits = 3;
constexpr std::uint32_t kInstructionBytes = sizeof(isa::Instruction::bytes);
constexpr std::uint32_t kAddressBits = 64;
constexpr std::uint32_t kRegionStep = reg::REGION1_LO - reg::REGION0_LO;

std::uint32_t log2_of(unsigned power) {
  std::uint32_t n = 0;
  while (power >> (n + 1) != 0) ++n;
  return n;
}

bool is_read_write(std::uint32_t offset) {
  const isa::RegisterRow* row = find_register(offset);
  return row != nullptr && row->access == std::string("RW");
}

}  // namespace

struct EmuDevice::Impl {
  Impl(const isa::Config& config, std::uint64_t bytes) : dram(bytes), machine(config, dram) {}

  std::uint32_t build_parameter(std::uint32_t offset) const {
    const isa::Config& c = machine.config();
    switch (offset) {
      case reg::PARAM_ARRAY:
        return field::PARAM_ARRAY_lanes.put(c.lanes) | field::PARAM_ARRAY_v.put(c.v) |
               field::PARAM_ARRAY_drain.put(c.drain) | field::PARAM_ARRAY_axi_bytes.put(c.axi_bytes);
      case reg::PARAM_MEM0:
        return field::PARAM_MEM0_feature_log2.put(log2_of(c.feature_words)) |
               field::PARAM_MEM0_weight_log2.put(log2_of(c.weight_words)) |
               field::PARAM_MEM0_param_log2.put(log2_of(c.param_words));
      default:
        return field::PARAM_FEATURES_mul_bits.put(c.mul_bits) |
               field::PARAM_FEATURES_double_round.put(c.double_round ? 1 : 0) |
               field::PARAM_FEATURES_tables.put(c.tables ? 1 : 0) | field::PARAM_FEATURES_addr_bits.put(kAddressBits);
    }
  }

  std::uint32_t status() const {
    const bool error = machine.state() == StepState::kError;
    return field::STATUS_busy.put(busy() ? 1 : 0) | field::STATUS_done.put(done ? 1 : 0) |
           field::STATUS_error.put(error ? 1 : 0) |
           field::STATUS_error_code.put(error ? static_cast<std::uint32_t>(machine.error()) : 0);
  }

  bool busy() const { return machine.state() == StepState::kRunning; }
  std::uint32_t stored(std::uint32_t offset) const { return registers[offset / 4]; }
  std::uint64_t address(std::uint32_t low) const { return stored(low) | std::uint64_t{stored(low + 4)} << 32; }
  bool irq() const { return (irq_status & stored(reg::IRQ_ENABLE)) != 0; }

  void control(std::uint32_t value) {
    if (field::CONTROL_soft_reset.get(value) != 0) {
      machine.soft_reset();
      done = false;
    } else if (field::CONTROL_start.get(value) != 0 && !busy() && machine.state() != StepState::kError) {
      for (std::uint32_t r = 0; r < isa::kRegions; ++r) {
        const std::uint32_t base = reg::REGION0_LO + r * kRegionStep;
        machine.set_region(r, {address(base), stored(base + 8)});
      }
      done = false;
      machine.start(address(reg::PROG_ADDR_LO), stored(reg::PROG_LEN));
    }
  }

  void run() {
    if (!busy()) return;
    if (machine.run(sink) == StepState::kDone) {
      done = true;
      irq_status |= field::IRQ_STATUS_done.put(1);
    } else {
      error_pc = machine.error_pc();
      irq_status |= field::IRQ_STATUS_error.put(1);
    }
  }

  machine::VectorDram dram;
  machine::Machine machine;
  machine::EventSink* sink = nullptr;
  bool done = false;
  std::uint32_t irq_status = 0, error_pc = 0;
  std::array<std::uint32_t, 64> registers{};  ///< of the RW registers, which all lie below 0x100
};

EmuDevice::EmuDevice(const isa::Config& config, std::uint64_t bytes) : impl_(std::make_unique<Impl>(config, bytes)) {}
EmuDevice::~EmuDevice() = default;

std::uint32_t EmuDevice::read_reg(std::uint32_t offset) {
  switch (offset) {
    case reg::ID:
      return find_register(reg::ID)->reset;
    case reg::ISA_HASH:
      return isa::isa_hash();
    case reg::PARAM_ARRAY:
    case reg::PARAM_MEM0:
    case reg::PARAM_FEATURES:
      return impl_->build_parameter(offset);
    case reg::STATUS:
      return impl_->status();
    case reg::ERROR_PC:
      return impl_->error_pc;
    case reg::IRQ_STATUS:
      return impl_->irq_status;
    default:
      return is_read_write(offset) ? impl_->stored(offset) : 0;  // counters: an emulator has no cycles
  }
}

void EmuDevice::write_reg(std::uint32_t offset, std::uint32_t value) {
  if (offset == reg::CONTROL) {
    impl_->control(value);
  } else if (offset == reg::IRQ_STATUS) {
    impl_->irq_status &= ~value;
  } else if (offset == reg::IRQ_ENABLE) {
    impl_->registers[offset / 4] = value & kIrqBits;
  } else if (offset == reg::PROG_ADDR_LO) {
    impl_->registers[offset / 4] = value & ~(kInstructionBytes - 1);
  } else if (is_read_write(offset)) {
    impl_->registers[offset / 4] = value;
  }
}

void EmuDevice::read_mem(std::uint64_t address, void* data, std::size_t bytes) {
  if (!impl_->dram.read(address, data, bytes)) throw std::out_of_range("read outside the device's memory");
}

void EmuDevice::write_mem(std::uint64_t address, const void* data, std::size_t bytes) {
  if (!impl_->dram.write(address, data, bytes)) throw std::out_of_range("write outside the device's memory");
}

bool EmuDevice::wait_irq() {
  impl_->run();
  return impl_->irq();
}

std::uint64_t EmuDevice::mem_bytes() const { return impl_->dram.bytes().size(); }
machine::Machine& EmuDevice::machine() { return impl_->machine; }
void EmuDevice::set_sink(machine::EventSink* sink) { impl_->sink = sink; }

}  // namespace e8::driver
