// One AXI4-Lite transaction at a time on the s_axi_ pins of a model.
#pragma once

#include <cstdint>

#include "sim/verilated/stall.h"

namespace e8::sim {

class Model;

class AxiLiteMaster {
 public:
  static constexpr unsigned kAddressBits = 12;

  /// Throws PluginError when a pin is missing. `stalls` delays every valid and ready on its own.
  AxiLiteMaster(const Model& model, StallMode stalls, std::uint64_t seed);
  void start_write(std::uint32_t offset, std::uint32_t value);
  void start_read(std::uint32_t offset);
  bool busy() const { return address_left_ || data_left_ || response_left_; }
  /// Call every cycle while busy(): before the evaluation with the clock low, and after it.
  void drive();
  void sample();
  /// Of the last transaction.
  std::uint32_t data() const { return data_; }
  std::uint8_t response() const { return response_; }

 private:
  struct Pins {
    std::uint8_t *awaddr, *awprot, *awvalid, *wdata, *wstrb, *wvalid, *bready, *araddr, *arprot, *arvalid, *rready;
    const std::uint8_t *awready, *wready, *bresp, *bvalid, *arready, *rdata, *rresp, *rvalid;
  };
  void start(bool is_write, std::uint32_t offset);

  Pins pins_;
  Stall address_stall_, data_stall_, response_stall_;
  bool is_write_ = false;
  bool address_left_ = false, data_left_ = false, response_left_ = false;
  bool address_up_ = false, data_up_ = false;
  std::uint32_t data_ = 0;
  std::uint8_t response_ = 0;
};

}  // namespace e8::sim
