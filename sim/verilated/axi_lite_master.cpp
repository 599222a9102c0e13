// One register transaction at a time, each channel with its own stalls.
#include "sim/verilated/axi_lite_master.h"

#include <cstring>

#include "sim/verilated/plugin_loader.h"

namespace e8::sim {

AxiLiteMaster::AxiLiteMaster(const Model& m, StallMode stalls, std::uint64_t seed)
    : address_stall_(stalls, seed * 4 + 0), data_stall_(stalls, seed * 4 + 1), response_stall_(stalls, seed * 4 + 2) {
  pins_.awaddr = m.input("s_axi_awaddr", kAddressBits);
  pins_.awprot = m.input("s_axi_awprot", 3);
  pins_.awvalid = m.input("s_axi_awvalid", 1);
  pins_.awready = m.output("s_axi_awready", 1);
  pins_.wdata = m.input("s_axi_wdata", 32);
  pins_.wstrb = m.input("s_axi_wstrb", 4);
  pins_.wvalid = m.input("s_axi_wvalid", 1);
  pins_.wready = m.output("s_axi_wready", 1);
  pins_.bresp = m.output("s_axi_bresp", 2);
  pins_.bvalid = m.output("s_axi_bvalid", 1);
  pins_.bready = m.input("s_axi_bready", 1);
  pins_.araddr = m.input("s_axi_araddr", kAddressBits);
  pins_.arprot = m.input("s_axi_arprot", 3);
  pins_.arvalid = m.input("s_axi_arvalid", 1);
  pins_.arready = m.output("s_axi_arready", 1);
  pins_.rdata = m.output("s_axi_rdata", 32);
  pins_.rresp = m.output("s_axi_rresp", 2);
  pins_.rvalid = m.output("s_axi_rvalid", 1);
  pins_.rready = m.input("s_axi_rready", 1);
}

void AxiLiteMaster::start(bool is_write, std::uint32_t offset) {
  is_write_ = is_write;
  address_left_ = response_left_ = true;
  data_left_ = is_write;
  address_up_ = data_up_ = false;
  const std::uint16_t address = static_cast<std::uint16_t>(offset);
  std::memcpy(is_write ? pins_.awaddr : pins_.araddr, &address, sizeof address);
}

void AxiLiteMaster::start_write(std::uint32_t offset, std::uint32_t value) {
  start(true, offset);
  std::memcpy(pins_.wdata, &value, sizeof value);
  *pins_.wstrb = 0xF;
}

void AxiLiteMaster::start_read(std::uint32_t offset) { start(false, offset); }

void AxiLiteMaster::drive() {
  if (address_left_ && !address_up_) address_up_ = !address_stall_.blocked(true);
  if (data_left_ && !data_up_) data_up_ = !data_stall_.blocked(true);
  const bool ready = response_left_ && !response_stall_.blocked(true);
  *pins_.awvalid = is_write_ && address_left_ && address_up_;
  *pins_.arvalid = !is_write_ && address_left_ && address_up_;
  *pins_.wvalid = data_left_ && data_up_;
  *pins_.bready = is_write_ && ready;
  *pins_.rready = !is_write_ && ready;
}

void AxiLiteMaster::sample() {
  if (is_write_) {
    if (*pins_.awvalid != 0 && *pins_.awready != 0) address_left_ = false;
    if (*pins_.wvalid != 0 && *pins_.wready != 0) data_left_ = false;
    if (*pins_.bvalid != 0 && *pins_.bready != 0) {
      response_left_ = false;
      response_ = *pins_.bresp;
    }
    return;
  }
  if (*pins_.arvalid != 0 && *pins_.arready != 0) address_left_ = false;
  if (*pins_.rvalid != 0 && *pins_.rready != 0) {
    response_left_ = false;
    response_ = *pins_.rresp;
    std::memcpy(&data_, pins_.rdata, sizeof data_);
  }
}

}  // namespace e8::sim
