// See driver.h. Memory: the program at 0, behind it the regions in order, each at a 4 KiB boundary.
#include "host/driver/driver.h"

#include <sstream>
#include <stdexcept>

#include "host/driver/registers.h"
#include "host/model/error.h"
#include "host/model/golden.h"

namespace e8::driver {
namespace {

namespace reg = isa::reg;
namespace field = isa::regfield;

constexpr std::uint64_t kAlign = 4096;  // an AXI burst never crosses it
constexpr std::uint32_t kRegionStep = reg::REGION1_LO - reg::REGION0_LO;
/// Cycles without any progress that mean a dead memory; no instruction or memory of use is that slow.
constexpr std::uint32_t kWatchdogCycles = 1u << 22;
constexpr int kResetPolls = 100000;
constexpr std::uint32_t kIrqAll = field::IRQ_STATUS_done.put(1) | field::IRQ_STATUS_error.put(1);

constexpr std::uint64_t aligned(std::uint64_t bytes) { return (bytes + kAlign - 1) / kAlign * kAlign; }
std::uint64_t code_bytes(const compile::Program& p) { return p.code.size() * sizeof(isa::Instruction::bytes); }

/// What the registers tell about the build, as a configuration without a name.
isa::Config build_of(Device& device) {
  const std::uint32_t array = device.read_reg(reg::PARAM_ARRAY), memory = device.read_reg(reg::PARAM_MEM0),
                      features = device.read_reg(reg::PARAM_FEATURES);
  const auto depth = [&](isa::RegField log2) { return 1u << (log2.get(memory) & 31u); };
  isa::Config c;
  c.lanes = field::PARAM_ARRAY_lanes.get(array);
  c.v = field::PARAM_ARRAY_v.get(array);
  c.drain = field::PARAM_ARRAY_drain.get(array);
  c.axi_bytes = field::PARAM_ARRAY_axi_bytes.get(array);
  c.feature_words = depth(field::PARAM_MEM0_feature_log2);
  c.weight_words = depth(field::PARAM_MEM0_weight_log2);
  c.param_words = depth(field::PARAM_MEM0_param_log2);
  c.mul_bits = field::PARAM_FEATURES_mul_bits.get(features);
  c.double_round = field::PARAM_FEATURES_double_round.get(features) != 0;
  c.tables = field::PARAM_FEATURES_tables.get(features) != 0;
  return c;
}

std::string describe(const isa::Config& c) {
  std::ostringstream t;
  t << (c.name.empty() ? "" : c.name + " ") << "(" << c.lanes << " lanes x " << c.v << ", memories " << c.feature_words
    << "/" << c.weight_words << "/" << c.param_words << " words, drain " << c.drain << ", AXI " << c.axi_bytes
    << " bytes, multiplier " << c.mul_bits << " bits, double rounding " << (c.double_round ? "on" : "off")
    << ", tables " << (c.tables ? "on" : "off") << ")";
  return t.str();
}

void check_identity(Device& device, const compile::Program& program) {
  const auto hex = [](std::uint32_t v) {
    std::ostringstream t;
    t << "0x" << std::hex << v;
    return t.str();
  };
  const std::uint32_t identity = find_register(reg::ID)->reset;
  const std::uint32_t id = device.read_reg(reg::ID), hash = device.read_reg(reg::ISA_HASH);
  if (id != identity) {
    throw UserError(610,
                    "the device's ID register reads " + hex(id) + ", an exact8 has " + hex(identity) +
                        "; check the base address and that the bitstream is loaded",
                    Exit::kInfrastructure);
  }
  if (hash != program.isa_hash) {
    throw UserError(611,
                    "the device has instruction set " + hex(hash) + ", the program was made for " +
                        hex(program.isa_hash) + "; rebuild the one that is older",
                    Exit::kInfrastructure);
  }
  isa::Config want = program.config, built = build_of(device);
  built.name = want.name;  // hardware has none
  if (!(built == want)) {
    built.name.clear();
    throw UserError(612, "the device is built as " + describe(built) + ", the program is compiled for " +
                             describe(want) + "; compile it for this device");
  }
}

void check_memory(Device& device, const compile::Program& program) {
  const std::uint64_t need = memory_needed(program);
  const std::uint32_t bits = field::PARAM_FEATURES_addr_bits.get(device.read_reg(reg::PARAM_FEATURES));
  std::uint64_t there = device.mem_bytes();
  if (bits < 64 && there > std::uint64_t{1} << bits) there = std::uint64_t{1} << bits;
  if (need > there) {
    throw UserError(613,
                    "the program needs " + std::to_string(need) + " bytes of device memory, there are " +
                        std::to_string(there) + "; use a larger memory",
                    Exit::kInfrastructure);
  }
}

void write_pair(Device& device, std::uint32_t low, std::uint64_t value) {
  device.write_reg(low, static_cast<std::uint32_t>(value));
  device.write_reg(low + 4, static_cast<std::uint32_t>(value >> 32));
}

std::uint64_t read_counter(Device& device, std::uint32_t low) {
  const std::uint64_t value = device.read_reg(low);  // latches the high half
  return value | std::uint64_t{device.read_reg(low + 4)} << 32;
}

void soft_reset(Device& device) {
  device.write_reg(reg::CONTROL, field::CONTROL_soft_reset.put(1));
  for (int i = 0; i < kResetPolls; ++i) {
    if (field::STATUS_busy.get(device.read_reg(reg::STATUS)) == 0) return;
  }
  throw UserError(614, "the device is still busy after a soft reset; its memory does not answer, reset the board",
                  Exit::kInfrastructure);
}

[[noreturn]] void fail_run(const compile::Program& program, isa::Error error, std::uint32_t pc) {
  std::string where = "instruction " + std::to_string(pc);
  if (pc < program.code.size() && isa::opcode_name(program.code[pc].opcode())) {
    where += " (" + isa::disassemble(program.code[pc]) + ")";
  }
  if (pc < program.map.size() && program.map[pc].layer >= 0) {
    const compile::InstructionInfo& i = program.map[pc];
    where += " of layer " + program.layers.at(static_cast<std::size_t>(i.layer)).name + ", tile (" +
             std::to_string(i.tile_y) + "," + std::to_string(i.tile_x) + ")";
  }
  throw UserError(620,
                  "the machine stopped with " + std::string(isa::error_name(error)) + " at " + where + ": " +
                      isa::error_text(error),
                  Exit::kInfrastructure);
}

}  // namespace

std::uint64_t memory_needed(const compile::Program& program) {
  std::uint64_t bytes = aligned(code_bytes(program));
  for (const std::uint32_t region : program.region_bytes) bytes += aligned(region);
  return bytes;
}

Driver::Driver(Device& device, const compile::Program& program) : device_(device), program_(program) {
  check_identity(device, program);
  check_memory(device, program);
  soft_reset(device);
  std::uint64_t at = aligned(code_bytes(program));
  for (unsigned r = 0; r < isa::kRegions; ++r) {
    region_base_[r] = at;
    at += aligned(program.region_bytes[r]);
  }
  device.write_mem(program_address_, program.code.data(), code_bytes(program));
  device.write_mem(region_base_[isa::kRegionWeights], program.weights.data(), program.weights.size());
}

ops::Tensor Driver::run(const ops::Tensor& input) {
  const compile::TensorInfo& in = program_.tensors.at(static_cast<std::size_t>(program_.input));
  if (!(input.shape == in.shape) || input.data.size() != in.shape.size()) {
    const auto text = [](const ops::Shape& s) {
      return std::to_string(s.h) + "x" + std::to_string(s.w) + "x" + std::to_string(s.c);
    };
    throw UserError(290, "input is " + text(input.shape) + " with " + std::to_string(input.data.size()) +
                             " values, program '" + program_.name + "' takes " + text(in.shape));
  }
  write(in.place, input);
  if (field::STATUS_error.get(device_.read_reg(reg::STATUS)) != 0) soft_reset(device_);
  before_ = {};
  first_ = 0;
  std::uint32_t next = 0;
  for (const compile::CpuNode& c : program_.cpu) {
    run_segment(next, c.at);
    next = c.at;
    run_on_cpu(c);
  }
  run_segment(next, static_cast<std::uint32_t>(program_.code.size()));
  return read_tensor(program_.outputs.front().tensor);
}

void Driver::run_segment(std::uint32_t first, std::uint32_t end) {
  if (first == end) return;
  if (first != 0) before_ = counters();
  first_ = first;
  start(first, end);
  if (!device_.wait_irq()) {
    throw UserError(621, "the device gave up before the program ended; see the time limit", Exit::kInfrastructure);
  }
  const std::uint32_t status = device_.read_reg(reg::STATUS);
  device_.write_reg(reg::IRQ_STATUS, kIrqAll);
  if (field::STATUS_error.get(status) != 0) {
    fail_run(program_, static_cast<isa::Error>(field::STATUS_error_code.get(status)),
             first + device_.read_reg(reg::ERROR_PC));
  }
}

void Driver::run_on_cpu(const compile::CpuNode& c) {
  const auto shape = [&](int tensor) { return program_.tensors.at(static_cast<std::size_t>(tensor)).shape; };
  std::vector<ops::Tensor> inputs;
  for (std::size_t i = 0; i < c.inputs.size(); ++i) inputs.push_back(read(c.inputs[i], shape(c.node.inputs[i])));
  std::vector<const ops::Tensor*> in;
  for (const ops::Tensor& t : inputs) in.push_back(&t);
  write(c.output, model::run_node(c.node, in));
}

void Driver::start(std::uint32_t first, std::uint32_t end) {
  for (unsigned r = 0; r < isa::kRegions; ++r) {
    const std::uint32_t base = reg::REGION0_LO + r * kRegionStep;
    write_pair(device_, base, region_base_[r]);
    device_.write_reg(base + 8, program_.region_bytes[r]);
  }
  write_pair(device_, reg::PROG_ADDR_LO, program_address_ + std::uint64_t{first} * sizeof(isa::Instruction::bytes));
  device_.write_reg(reg::PROG_LEN, end - first);
  device_.write_reg(reg::WATCHDOG, kWatchdogCycles);
  device_.write_reg(reg::IRQ_STATUS, kIrqAll);
  device_.write_reg(reg::IRQ_ENABLE, field::IRQ_ENABLE_done.put(1) | field::IRQ_ENABLE_error.put(1));
  device_.write_reg(reg::CONTROL, field::CONTROL_start.put(1));
}

ops::Tensor Driver::read_tensor(int index) {
  const compile::TensorInfo& t = program_.tensors.at(static_cast<std::size_t>(index));
  if (!t.in_dram) throw std::invalid_argument("tensor '" + t.name + "' is not in DRAM");
  return read(t.place, t.shape);
}

ops::Tensor Driver::read(const compile::Place& place, const ops::Shape& shape) {
  std::vector<std::uint8_t> bytes(compile::place_bytes(place, shape));
  device_.read_mem(region_base_[place.region] + place.offset, bytes.data(), bytes.size());
  return compile::unpack(bytes.data(), shape, place);
}

void Driver::write(const compile::Place& place, const ops::Tensor& tensor) {
  const std::vector<std::uint8_t> bytes = compile::pack(tensor, place);
  device_.write_mem(region_base_[place.region] + place.offset, bytes.data(), bytes.size());
}

Counters Driver::counters() {
  Counters c = before_;
  c.cycles += read_counter(device_, reg::CNT_CYCLES_LO);
  c.exec += read_counter(device_, reg::CNT_EXEC_LO);
  c.wait_load += read_counter(device_, reg::CNT_WAIT_LOAD_LO);
  c.wait_store += read_counter(device_, reg::CNT_WAIT_STORE_LO);
  c.wait_drain += read_counter(device_, reg::CNT_WAIT_DRAIN_LO);
  c.wait_port += read_counter(device_, reg::CNT_WAIT_PORT_LO);
  c.wait_fetch += read_counter(device_, reg::CNT_WAIT_FETCH_LO);
  c.axi_read += read_counter(device_, reg::CNT_AXI_READ_LO);
  c.axi_write += read_counter(device_, reg::CNT_AXI_WRITE_LO);
  c.shift += read_counter(device_, reg::CNT_SHIFT_LO);
  return c;
}

}  // namespace e8::driver
