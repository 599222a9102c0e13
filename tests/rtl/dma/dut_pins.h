// Ports of a Verilated module as the bytes that sim/verilated works on.
#pragma once

#include <cstdint>

#include "sim/verilated/axi_pins.h"

namespace e8::test {

/// A Verilator port as little-endian bytes (sim/verilated/plugin.h tells the layout).
template <typename T>
std::uint8_t* port_bytes(T& port) {
  return reinterpret_cast<std::uint8_t*>(&port);
}

/// The m_*_o and m_*_i ports of a bench.
template <typename Dut>
sim::AxiPins axi_pins(Dut& t, unsigned data_bytes, unsigned addr_bits) {
  sim::AxiPins p;
  p.data_bytes = data_bytes;
  p.addr_bits = addr_bits;
  p.ar = {port_bytes(t.m_arvalid_o), port_bytes(t.m_arid_o),    port_bytes(t.m_araddr_o), port_bytes(t.m_arlen_o),
          port_bytes(t.m_arsize_o),  port_bytes(t.m_arburst_o), port_bytes(t.m_arready_i)};
  p.aw = {port_bytes(t.m_awvalid_o), port_bytes(t.m_awid_o),    port_bytes(t.m_awaddr_o), port_bytes(t.m_awlen_o),
          port_bytes(t.m_awsize_o),  port_bytes(t.m_awburst_o), port_bytes(t.m_awready_i)};
  p.rvalid = port_bytes(t.m_rvalid_i);
  p.rid = port_bytes(t.m_rid_i);
  p.rdata = port_bytes(t.m_rdata_i);
  p.rresp = port_bytes(t.m_rresp_i);
  p.rlast = port_bytes(t.m_rlast_i);
  p.rready = port_bytes(t.m_rready_o);
  p.wvalid = port_bytes(t.m_wvalid_o);
  p.wdata = port_bytes(t.m_wdata_o);
  p.wstrb = port_bytes(t.m_wstrb_o);
  p.wlast = port_bytes(t.m_wlast_o);
  p.wready = port_bytes(t.m_wready_i);
  p.bvalid = port_bytes(t.m_bvalid_i);
  p.bid = port_bytes(t.m_bid_i);
  p.bresp = port_bytes(t.m_bresp_i);
  p.bready = port_bytes(t.m_bready_o);
  return p;
}

}  // namespace e8::test
