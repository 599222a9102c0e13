// A DRAM that is a byte vector at address 0: what tests, the emulator device and tools run programs on.
#pragma once

#include <cstdint>
#include <cstring>
#include <vector>

#include "emu/machine/machine.h"

namespace e8::machine {

class VectorDram : public Dram {
 public:
  /// bytes: the size of the memory; it starts as zeros.
  explicit VectorDram(std::size_t bytes) : bytes_(bytes) {}

  bool read(std::uint64_t address, void* data, std::size_t bytes) override {
    if (!inside(address, bytes)) return false;
    if (bytes != 0) std::memcpy(data, bytes_.data() + address, bytes);
    return true;
  }
  bool write(std::uint64_t address, const void* data, std::size_t bytes) override {
    if (!inside(address, bytes)) return false;
    if (bytes != 0) std::memcpy(bytes_.data() + address, data, bytes);
    return true;
  }

  std::vector<std::uint8_t>& bytes() { return bytes_; }
  const std::vector<std::uint8_t>& bytes() const { return bytes_; }

 private:
  bool inside(std::uint64_t address, std::size_t bytes) const {
    return address <= bytes_.size() && bytes <= bytes_.size() - address;
  }
  std::vector<std::uint8_t> bytes_;
};

}  // namespace e8::machine
