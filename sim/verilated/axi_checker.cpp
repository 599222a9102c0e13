// The protocol rules, one check each, on what the master shows before every clock edge.
#include "sim/verilated/axi_checker.h"

namespace e8::sim {

namespace {

constexpr std::uint64_t kBoundary = 4096;
constexpr unsigned kIncr = 1;

}  // namespace

void AxiChecker::reset() { ar_.waiting = aw_.waiting = w_waiting_ = false; }

void AxiChecker::report(std::uint64_t cycle, std::string text) {
  ++count_;
  if (kept_.size() < kKept) kept_.push_back({cycle, std::move(text)});
}

void AxiChecker::sample(std::uint64_t cycle) {
  if (*pins_.ar.valid != 0 || ar_.waiting) sample_address(pins_.ar, "AR", ar_, cycle);
  if (*pins_.aw.valid != 0 || aw_.waiting) sample_address(pins_.aw, "AW", aw_, cycle);
  if (*pins_.wvalid != 0 || w_waiting_) sample_write_data(cycle);
}

void AxiChecker::sample_address(const AxiAddressPins& pins, const char* channel, HeldAddress& held,
                                std::uint64_t cycle) {
  if (*pins.valid == 0) {
    report(cycle, std::string(channel) + "VALID fell before " + channel + "READY");
    held.waiting = false;
    return;
  }
  const Address now{pins_.address(pins), *pins.id, *pins.len, *pins.size, *pins.burst};
  if (!held.waiting) {
    check_request(now, channel, cycle);
  } else if (!(now == held.payload)) {
    report(cycle, std::string(channel) + " payload changed before " + channel + "READY");
  }
  held.waiting = *pins.ready == 0;
  held.payload = now;
}

void AxiChecker::check_request(const Address& a, const char* channel, std::uint64_t cycle) {
  const std::string where = std::string(channel) + " at address " + std::to_string(a.addr) + ": ";
  if (a.burst != kIncr) report(cycle, where + "burst type " + std::to_string(a.burst) + " is not INCR");
  if ((1u << a.size) != pins_.data_bytes) {
    report(cycle, where + "beats of " + std::to_string(1u << a.size) + " bytes on a bus of " +
                      std::to_string(pins_.data_bytes));
  }
  const std::uint64_t first = a.addr & ~std::uint64_t{pins_.data_bytes - 1};
  if (first % kBoundary + (std::uint64_t{a.len} + 1) * pins_.data_bytes > kBoundary) {
    report(cycle, where + "burst of " + std::to_string(a.len + 1) + " beats crosses a 4 KiB boundary");
  }
}

void AxiChecker::sample_write_data(std::uint64_t cycle) {
  if (*pins_.wvalid == 0) {
    report(cycle, "WVALID fell before WREADY");
    w_waiting_ = false;
    return;
  }
  if (w_waiting_ && (w_last_ != (*pins_.wlast != 0) || w_strobe_ != pins_.strobe() ||
                     std::memcmp(w_data_.data(), pins_.wdata, pins_.data_bytes) != 0)) {
    report(cycle, "W payload changed before WREADY");
  }
  w_waiting_ = *pins_.wready == 0;
  if (!w_waiting_) return;
  w_last_ = *pins_.wlast != 0;
  w_strobe_ = pins_.strobe();
  std::memcpy(w_data_.data(), pins_.wdata, pins_.data_bytes);
}

}  // namespace e8::sim
