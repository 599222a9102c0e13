// Small programs with their memory images, and how to start them on anything with registers and a memory.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "emu/isa/isa.h"
#include "emu/machine/machine.h"

namespace e8::test {

/// Where things lie in DRAM. The regions do not touch, so that an access past one's end is in none.
struct Layout {
  std::uint64_t program = 0x1000;
  std::array<machine::RegionMap, isa::kRegions> regions{
      {{0x10000, 0x40000}, {0x60000, 0x40000}, {0xB0000, 0x40000}, {0x100000, 0x40000}}};
  std::uint64_t bytes = 0x180000;  ///< of the whole memory
};

class ProgramBuilder {
 public:
  explicit ProgramBuilder(const isa::Config& config) : config_(config) {}

  const isa::Config& config() const { return config_; }
  std::uint32_t all_lanes() const { return (1u << config_.lanes) - 1; }

  /// Appends an instruction; returns its index.
  template <typename I>
  std::uint32_t add(const I& instruction) {
    program.push_back(isa::encode(instruction));
    return static_cast<std::uint32_t>(program.size() - 1);
  }
  std::uint32_t end() { return add(isa::End{}); }
  /// Bytes of a region before the program starts.
  void put(isa::Region region, std::uint32_t offset, std::vector<std::uint8_t> bytes) {
    images.emplace_back(layout.regions[region].base + offset, std::move(bytes));
  }
  void put_params(isa::Region region, std::uint32_t offset, const std::vector<isa::ParamRecord>& records) {
    std::vector<std::uint8_t> bytes(records.size() * 16);
    for (std::size_t i = 0; i < records.size(); ++i) isa::pack_param(records[i], bytes.data() + i * 16);
    put(region, offset, std::move(bytes));
  }

  // Instructions with the usual fields set; the caller changes the rest.

  /// One dense run into weight, parameter or table memory, or into the feature memory of lane 0.
  isa::Load load(isa::Target target, isa::Region region, std::uint32_t dram, std::uint32_t f_base,
                 std::uint32_t n_words) const {
    isa::Load l;
    l.target = target;
    l.region = region;
    l.dram = dram;
    l.f_base = f_base;
    l.n_words = n_words;
    l.lane_mask = l.lanes_x = l.n_rows = l.n_blks = l.f_word = 1;
    if (target == isa::kTargetFeature) {
      l.step = config_.v;
      l.h = 1;
      l.row_bytes = l.lane_col = std::int64_t{n_words} * config_.v;
    }
    return l;
  }
  /// n_words consecutive words of every lane, lane after lane in DRAM.
  isa::Load load_lanes(isa::Region region, std::uint32_t dram, std::uint32_t f_base, std::uint32_t n_words) const {
    isa::Load l = load(isa::kTargetFeature, region, dram, f_base, n_words);
    l.lane_mask = all_lanes();
    l.h = config_.lanes;
    l.lane_row = 1;
    l.lane_col = 0;
    l.row_stride = l.lane_dram = l.row_bytes;
    return l;
  }
  /// The same, back to DRAM.
  isa::Store store_lanes(isa::Region region, std::uint32_t dram, std::uint32_t f_base, std::uint32_t n_words) const {
    const isa::Load l = load_lanes(region, dram, f_base, n_words);
    isa::Store s;
    static_cast<isa::Geometry&>(s) = l;
    return s;
  }
  /// One output vector of one step, no zero point, full clamp.
  isa::Exec exec(std::uint32_t a_base, std::uint32_t w_base, std::uint32_t p_base, std::uint32_t o_base) const {
    isa::Exec e;
    e.lane_mask = all_lanes();
    e.lo = -128;
    e.hi = 127;
    e.n_ky = e.n_kx = e.n_i = e.n_g = e.n_y = e.n_x = 1;
    e.a_base = a_base;
    e.w_base = w_base;
    e.p_base = p_base;
    e.o_base = o_base;
    return e;
  }

  // Devices have write_reg(offset, value) and write_mem(address, data, bytes).

  template <typename Device>
  void load_into(Device& device) const {
    for (const auto& [address, bytes] : images) device.write_mem(address, bytes.data(), bytes.size());
    device.write_mem(layout.program, program.data(), program.size() * sizeof(isa::Instruction));
  }
  template <typename Device>
  void start_on(Device& device) const {
    const auto pair = [&](std::uint32_t offset, std::uint64_t value) {
      device.write_reg(offset, static_cast<std::uint32_t>(value));
      device.write_reg(offset + 4, static_cast<std::uint32_t>(value >> 32));
    };
    for (std::uint32_t r = 0; r < isa::kRegions; ++r) {
      const std::uint32_t base = isa::reg::REGION0_LO + r * (isa::reg::REGION1_LO - isa::reg::REGION0_LO);
      pair(base, layout.regions[r].base);
      device.write_reg(base + 8, layout.regions[r].size);
    }
    pair(isa::reg::PROG_ADDR_LO, layout.program);
    device.write_reg(isa::reg::PROG_LEN, static_cast<std::uint32_t>(length.value_or(program.size())));
    device.write_reg(isa::reg::IRQ_STATUS, 3);
    device.write_reg(isa::reg::IRQ_ENABLE, 3);
    device.write_reg(isa::reg::CONTROL, isa::regfield::CONTROL_start.put(1));
  }
  std::string text() const {
    std::string t;
    for (std::size_t i = 0; i < program.size(); ++i) {
      t += std::to_string(i) + ": " +
           (isa::opcode_name(program[i].opcode()) ? isa::disassemble(program[i]) : "no instruction") + "\n";
    }
    return t;
  }

  Layout layout;
  std::vector<isa::Instruction> program;
  std::vector<std::pair<std::uint64_t, std::vector<std::uint8_t>>> images;
  std::optional<std::size_t> length;  ///< PROG_LEN, when it is not the number of instructions

 private:
  isa::Config config_;
};

}  // namespace e8::test
