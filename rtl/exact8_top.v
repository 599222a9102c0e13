// The accelerator for a system: AXI4-Lite slave, AXI4 master and interrupt, nothing else. Parameters as in
// exact8_core (rtl/README.md).
`resetall
`default_nettype none
module exact8_top #(
  parameter LANES         = 4,
  parameter V             = 8,
  parameter FEATURE_LOG2  = 13,
  parameter WEIGHT_LOG2   = 11,
  parameter PARAM_LOG2    = 8,
  parameter DRAIN         = 4,
  parameter AXI_BYTES     = 16,
  parameter AXI_ADDR_BITS = 32,
  parameter MUL_BITS      = 31,
  parameter DOUBLE_ROUND  = 1,
  parameter TABLES        = 1,
  parameter PACKED        = 0,
  parameter PIPE_W        = 0,
  parameter DOT_PIPE      = 0,
  parameter SMALL         = 0
) (
  input  wire                       aclk,
  input  wire                       aresetn,
  output wire                       irq,
  input  wire [11:0]                s_axi_awaddr,
  input  wire [2:0]                 s_axi_awprot,
  input  wire                       s_axi_awvalid,
  output wire                       s_axi_awready,
  input  wire [31:0]                s_axi_wdata,
  input  wire [3:0]                 s_axi_wstrb,
  input  wire                       s_axi_wvalid,
  output wire                       s_axi_wready,
  output wire [1:0]                 s_axi_bresp,
  output wire                       s_axi_bvalid,
  input  wire                       s_axi_bready,
  input  wire [11:0]                s_axi_araddr,
  input  wire [2:0]                 s_axi_arprot,
  input  wire                       s_axi_arvalid,
  output wire                       s_axi_arready,
  output wire [31:0]                s_axi_rdata,
  output wire [1:0]                 s_axi_rresp,
  output wire                       s_axi_rvalid,
  input  wire                       s_axi_rready,
  output wire [0:0]                 m_axi_arid,
  output wire [AXI_ADDR_BITS-1:0]   m_axi_araddr,
  output wire [7:0]                 m_axi_arlen,
  output wire [2:0]                 m_axi_arsize,
  output wire [1:0]                 m_axi_arburst,
  output wire [3:0]                 m_axi_arcache,
  output wire [2:0]                 m_axi_arprot,
  output wire                       m_axi_arvalid,
  input  wire                       m_axi_arready,
  input  wire [0:0]                 m_axi_rid,
  input  wire [AXI_BYTES*8-1:0]     m_axi_rdata,
  input  wire [1:0]                 m_axi_rresp,
  input  wire                       m_axi_rlast,
  input  wire                       m_axi_rvalid,
  output wire                       m_axi_rready,
  output wire [0:0]                 m_axi_awid,
  output wire [AXI_ADDR_BITS-1:0]   m_axi_awaddr,
  output wire [7:0]                 m_axi_awlen,
  output wire [2:0]                 m_axi_awsize,
  output wire [1:0]                 m_axi_awburst,
  output wire [3:0]                 m_axi_awcache,
  output wire [2:0]                 m_axi_awprot,
  output wire                       m_axi_awvalid,
  input  wire                       m_axi_awready,
  output wire [AXI_BYTES*8-1:0]     m_axi_wdata,
  output wire [AXI_BYTES-1:0]       m_axi_wstrb,
  output wire                       m_axi_wlast,
  output wire                       m_axi_wvalid,
  input  wire                       m_axi_wready,
  input  wire [0:0]                 m_axi_bid,
  input  wire [1:0]                 m_axi_bresp,
  input  wire                       m_axi_bvalid,
  output wire                       m_axi_bready
);
  // The retire port is for simulation; without readers its registers vanish.
  wire                    retire_exec_valid;
  wire [1:0]              retire_exec_kind;
  wire [31:0]             retire_exec_instr;
  wire [LANES-1:0]        retire_exec_mask;
  wire [15:0]             retire_exec_addr;
  wire [LANES*V*8-1:0]    retire_exec_data;
  wire [LANES*V*32-1:0]   retire_exec_acc;
  wire [LANES-1:0]        retire_load_valid;
  wire [LANES*32-1:0]     retire_load_instr;
  wire [LANES*16-1:0]     retire_load_addr;
  wire [LANES*V*8-1:0]    retire_load_data;
  wire                    retire_wmem_valid;
  wire [31:0]             retire_wmem_instr;
  wire [15:0]             retire_wmem_addr;
  wire [V*V*8-1:0]        retire_wmem_data;
  wire                    retire_pmem_valid;
  wire [31:0]             retire_pmem_instr;
  wire [15:0]             retire_pmem_addr;
  wire [V/DRAIN*128-1:0]  retire_pmem_data;
  wire                    retire_tmem_valid;
  wire [31:0]             retire_tmem_instr;
  wire [15:0]             retire_tmem_addr;
  wire [31:0]             retire_tmem_data;
  wire                    retire_store_valid;
  wire [31:0]             retire_store_instr;
  wire [63:0]             retire_store_addr;
  wire [AXI_BYTES*8-1:0]  retire_store_data;
  wire [AXI_BYTES-1:0]    retire_store_strb;
  wire                    unused_retire = ^{retire_exec_valid, retire_exec_kind, retire_exec_instr, retire_exec_mask, retire_exec_addr,
                                            retire_exec_data, retire_exec_acc, retire_load_valid, retire_load_instr, retire_load_addr,
                                            retire_load_data, retire_wmem_valid, retire_wmem_instr, retire_wmem_addr, retire_wmem_data,
                                            retire_pmem_valid, retire_pmem_instr, retire_pmem_addr, retire_pmem_data,
                                            retire_tmem_valid, retire_tmem_instr, retire_tmem_addr, retire_tmem_data,
                                            retire_store_valid, retire_store_instr, retire_store_addr, retire_store_data,
                                            retire_store_strb};

  exact8_core #(
    .LANES(LANES),
    .V(V),
    .FEATURE_LOG2(FEATURE_LOG2),
    .WEIGHT_LOG2(WEIGHT_LOG2),
    .PARAM_LOG2(PARAM_LOG2),
    .DRAIN(DRAIN),
    .AXI_BYTES(AXI_BYTES),
    .AXI_ADDR_BITS(AXI_ADDR_BITS),
    .MUL_BITS(MUL_BITS),
    .DOUBLE_ROUND(DOUBLE_ROUND),
    .TABLES(TABLES),
    .PACKED(PACKED),
    .PIPE_W(PIPE_W),
    .DOT_PIPE(DOT_PIPE),
    .SMALL(SMALL)
  ) u_core (
    .aclk(aclk),
    .aresetn(aresetn),
    .irq(irq),
    .s_axi_awaddr(s_axi_awaddr),
    .s_axi_awprot(s_axi_awprot),
    .s_axi_awvalid(s_axi_awvalid),
    .s_axi_awready(s_axi_awready),
    .s_axi_wdata(s_axi_wdata),
    .s_axi_wstrb(s_axi_wstrb),
    .s_axi_wvalid(s_axi_wvalid),
    .s_axi_wready(s_axi_wready),
    .s_axi_bresp(s_axi_bresp),
    .s_axi_bvalid(s_axi_bvalid),
    .s_axi_bready(s_axi_bready),
    .s_axi_araddr(s_axi_araddr),
    .s_axi_arprot(s_axi_arprot),
    .s_axi_arvalid(s_axi_arvalid),
    .s_axi_arready(s_axi_arready),
    .s_axi_rdata(s_axi_rdata),
    .s_axi_rresp(s_axi_rresp),
    .s_axi_rvalid(s_axi_rvalid),
    .s_axi_rready(s_axi_rready),
    .m_axi_arid(m_axi_arid),
    .m_axi_araddr(m_axi_araddr),
    .m_axi_arlen(m_axi_arlen),
    .m_axi_arsize(m_axi_arsize),
    .m_axi_arburst(m_axi_arburst),
    .m_axi_arcache(m_axi_arcache),
    .m_axi_arprot(m_axi_arprot),
    .m_axi_arvalid(m_axi_arvalid),
    .m_axi_arready(m_axi_arready),
    .m_axi_rid(m_axi_rid),
    .m_axi_rdata(m_axi_rdata),
    .m_axi_rresp(m_axi_rresp),
    .m_axi_rlast(m_axi_rlast),
    .m_axi_rvalid(m_axi_rvalid),
    .m_axi_rready(m_axi_rready),
    .m_axi_awid(m_axi_awid),
    .m_axi_awaddr(m_axi_awaddr),
    .m_axi_awlen(m_axi_awlen),
    .m_axi_awsize(m_axi_awsize),
    .m_axi_awburst(m_axi_awburst),
    .m_axi_awcache(m_axi_awcache),
    .m_axi_awprot(m_axi_awprot),
    .m_axi_awvalid(m_axi_awvalid),
    .m_axi_awready(m_axi_awready),
    .m_axi_wdata(m_axi_wdata),
    .m_axi_wstrb(m_axi_wstrb),
    .m_axi_wlast(m_axi_wlast),
    .m_axi_wvalid(m_axi_wvalid),
    .m_axi_wready(m_axi_wready),
    .m_axi_bid(m_axi_bid),
    .m_axi_bresp(m_axi_bresp),
    .m_axi_bvalid(m_axi_bvalid),
    .m_axi_bready(m_axi_bready),
    .retire_exec_valid(retire_exec_valid),
    .retire_exec_kind(retire_exec_kind),
    .retire_exec_instr(retire_exec_instr),
    .retire_exec_mask(retire_exec_mask),
    .retire_exec_addr(retire_exec_addr),
    .retire_exec_data(retire_exec_data),
    .retire_exec_acc(retire_exec_acc),
    .retire_load_valid(retire_load_valid),
    .retire_load_instr(retire_load_instr),
    .retire_load_addr(retire_load_addr),
    .retire_load_data(retire_load_data),
    .retire_wmem_valid(retire_wmem_valid),
    .retire_wmem_instr(retire_wmem_instr),
    .retire_wmem_addr(retire_wmem_addr),
    .retire_wmem_data(retire_wmem_data),
    .retire_pmem_valid(retire_pmem_valid),
    .retire_pmem_instr(retire_pmem_instr),
    .retire_pmem_addr(retire_pmem_addr),
    .retire_pmem_data(retire_pmem_data),
    .retire_tmem_valid(retire_tmem_valid),
    .retire_tmem_instr(retire_tmem_instr),
    .retire_tmem_addr(retire_tmem_addr),
    .retire_tmem_data(retire_tmem_data),
    .retire_store_valid(retire_store_valid),
    .retire_store_instr(retire_store_instr),
    .retire_store_addr(retire_store_addr),
    .retire_store_data(retire_store_data),
    .retire_store_strb(retire_store_strb)
  );
endmodule
`resetall
