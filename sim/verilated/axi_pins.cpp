// Finds the AXI4 master pins of a model by their names.
#include "sim/verilated/axi_pins.h"

#include "sim/verilated/plugin_loader.h"

namespace e8::sim {

namespace {

AxiAddressPins address_pins(const Model& m, const std::string& prefix, unsigned addr_bits) {
  AxiAddressPins p;
  p.valid = m.output(prefix + "valid", 1);
  p.ready = m.input(prefix + "ready", 1);
  p.id = m.output(prefix + "id", 1);
  p.addr = m.output(prefix + "addr", addr_bits);
  p.len = m.output(prefix + "len", 8);
  p.size = m.output(prefix + "size", 3);
  p.burst = m.output(prefix + "burst", 2);
  return p;
}

}  // namespace

AxiPins axi_master_pins(const Model& m) {
  AxiPins p;
  p.data_bytes = m.plugin().config().axi_bytes;
  p.addr_bits = m.plugin().addr_bits();
  p.ar = address_pins(m, "m_axi_ar", p.addr_bits);
  p.aw = address_pins(m, "m_axi_aw", p.addr_bits);
  p.rvalid = m.input("m_axi_rvalid", 1);
  p.rready = m.output("m_axi_rready", 1);
  p.rid = m.input("m_axi_rid", 1);
  p.rdata = m.input("m_axi_rdata", p.data_bytes * 8);
  p.rresp = m.input("m_axi_rresp", 2);
  p.rlast = m.input("m_axi_rlast", 1);
  p.wvalid = m.output("m_axi_wvalid", 1);
  p.wready = m.input("m_axi_wready", 1);
  p.wdata = m.output("m_axi_wdata", p.data_bytes * 8);
  p.wstrb = m.output("m_axi_wstrb", p.data_bytes);
  p.wlast = m.output("m_axi_wlast", 1);
  p.bvalid = m.input("m_axi_bvalid", 1);
  p.bready = m.output("m_axi_bready", 1);
  p.bid = m.input("m_axi_bid", 1);
  p.bresp = m.input("m_axi_bresp", 2);
  return p;
}

}  // namespace e8::sim
