// Watches an AXI4 master for breaches of the protocol.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "sim/verilated/axi_pins.h"

namespace e8::sim {

struct AxiViolation {
  std::uint64_t cycle;
  std::string text;
};

/// Checks of the address channels: burst type INCR, full-width beats, the 4 KiB rule; of AR, AW and W: once valid,
/// valid and payload hold until ready. The memory adds what it knows of W (last, strobes). Keeps the first kKept
/// violations.
class AxiChecker {
 public:
  static constexpr std::size_t kKept = 16;

  explicit AxiChecker(const AxiPins& pins) : pins_(pins) {}
  /// Call once a cycle with settled pins, before the clock edge.
  void sample(std::uint64_t cycle);
  void reset();
  void report(std::uint64_t cycle, std::string text);
  std::uint64_t count() const { return count_; }
  const std::vector<AxiViolation>& violations() const { return kept_; }

 private:
  struct Address {
    std::uint64_t addr;
    std::uint8_t id, len, size, burst;
    bool operator==(const Address& o) const {
      return addr == o.addr && id == o.id && len == o.len && size == o.size && burst == o.burst;
    }
  };
  struct HeldAddress {
    bool waiting = false;
    Address payload{};
  };
  void sample_address(const AxiAddressPins& pins, const char* channel, HeldAddress& held, std::uint64_t cycle);
  void check_request(const Address& a, const char* channel, std::uint64_t cycle);
  void sample_write_data(std::uint64_t cycle);

  AxiPins pins_;
  HeldAddress ar_, aw_;
  bool w_waiting_ = false, w_last_ = false;
  std::uint64_t w_strobe_ = 0;
  std::array<std::uint8_t, 64> w_data_{};
  std::uint64_t count_ = 0;
  std::vector<AxiViolation> kept_;
};

}  // namespace e8::sim
