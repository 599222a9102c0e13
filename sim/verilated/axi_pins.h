// The pins of an AXI4 master port as the memory behind it uses them. Direct pointers: no look-up in a cycle.
#pragma once

#include <cstdint>
#include <cstring>

namespace e8::sim {

class Model;

/// Address request pins (AR or AW).
struct AxiAddressPins {
  const std::uint8_t *valid = nullptr, *id = nullptr, *addr = nullptr, *len = nullptr, *size = nullptr,
                     *burst = nullptr;
  std::uint8_t* ready = nullptr;
};

struct AxiPins {
  unsigned data_bytes = 4;  ///< 4..64
  unsigned addr_bits = 32;  ///< 32..64
  AxiAddressPins ar, aw;
  std::uint8_t *rvalid = nullptr, *rid = nullptr, *rdata = nullptr, *rresp = nullptr, *rlast = nullptr;
  const std::uint8_t* rready = nullptr;
  const std::uint8_t *wvalid = nullptr, *wdata = nullptr, *wstrb = nullptr, *wlast = nullptr;
  std::uint8_t* wready = nullptr;
  std::uint8_t *bvalid = nullptr, *bid = nullptr, *bresp = nullptr;
  const std::uint8_t* bready = nullptr;

  std::uint64_t address(const AxiAddressPins& request) const {
    if (addr_bits > 32) {
      std::uint64_t wide;
      std::memcpy(&wide, request.addr, sizeof wide);
      return wide;
    }
    std::uint32_t narrow;
    std::memcpy(&narrow, request.addr, sizeof narrow);
    return narrow;
  }
  std::uint64_t strobe() const { return load_strobe(wstrb, data_bytes); }
  /// Little-endian bit vector of `bits` (4..64) in the storage plugin.h gives it.
  static std::uint64_t load_strobe(const std::uint8_t* pin, unsigned bits) {
    std::uint64_t value = 0;
    std::memcpy(&value, pin, (bits + 7) / 8);
    return value;
  }
};

/// The m_axi_ pins of a model. Throws PluginError.
AxiPins axi_master_pins(const Model& model);

}  // namespace e8::sim
