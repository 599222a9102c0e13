// DMA of small builds (LANES = 1, V = 2, DRAIN = 2, AXI_BYTES = 4, no tables): the serial engine, the AXI4 masters
// and the retire ports of LOAD and STORE.
`resetall
`default_nettype none
module e8_dma_small #(
  parameter FEATURE_LOG2 = 9,
  parameter WEIGHT_LOG2  = 8,
  parameter PARAM_LOG2   = 6
) (
  input  wire                    clk_i,
  input  wire                    rst_ni,
  // The two engines, as the control sees them; instructions and regions as in e8_serial_dma.
  input  wire                    load_valid_i,
  output wire                    load_ready_o,
  output wire                    load_done_o,
  output wire                    load_err_valid_o,
  input  wire                    store_valid_i,
  output wire                    store_ready_o,
  output wire                    store_done_o,
  output wire                    store_err_valid_o,
  input  wire [31:0]             index_i,
  input  wire [3:0]              slot_i,
  output wire [7:0]              err_code_o,
  output wire [31:0]             err_index_o,
  output wire                    idle_o,
  output wire [9:0]              instr_addr_o,
  input  wire [7:0]              instr_data_i,
  output wire [5:0]              region_addr_o,
  input  wire [7:0]              region_data_i,
  // Instruction fetch: 64 bytes a request.
  input  wire                    fetch_valid_i,
  output wire                    fetch_ready_o,
  input  wire [31:0]             fetch_addr_i,
  output wire                    fetch_rsp_valid_o,
  input  wire                    fetch_rsp_ready_i,
  output wire                    read_idle_o,
  output wire                    read_beat_o,
  output wire                    write_beat_o,
  // Memories.
  output wire                    fw_valid_o,
  input  wire                    fw_ready_i,
  output wire [FEATURE_LOG2-1:0] fw_addr_o,
  output wire [15:0]             fw_data_o,
  output wire                    wm_valid_o,
  output wire [WEIGHT_LOG2-1:0]  wm_addr_o,
  output wire [31:0]             wm_data_o,
  output wire                    pm_valid_o,
  output wire [PARAM_LOG2:0]     pm_addr_o,
  output wire [127:0]            pm_data_o,
  output wire                    sr_valid_o,
  input  wire                    sr_ready_i,
  output wire [FEATURE_LOG2-1:0] sr_addr_o,
  input  wire                    sr_data_valid_i,
  input  wire [15:0]             sr_data_i,
  // AXI4.
  output wire [0:0]              m_arid_o,
  output wire [31:0]             m_araddr_o,
  output wire [7:0]              m_arlen_o,
  output wire [2:0]              m_arsize_o,
  output wire [1:0]              m_arburst_o,
  output wire [3:0]              m_arcache_o,
  output wire [2:0]              m_arprot_o,
  output wire                    m_arvalid_o,
  input  wire                    m_arready_i,
  input  wire [0:0]              m_rid_i,
  input  wire [31:0]             m_rdata_i,
  input  wire [1:0]              m_rresp_i,
  input  wire                    m_rlast_i,
  input  wire                    m_rvalid_i,
  output wire                    m_rready_o,
  output wire [0:0]              m_awid_o,
  output wire [31:0]             m_awaddr_o,
  output wire [7:0]              m_awlen_o,
  output wire [2:0]              m_awsize_o,
  output wire [1:0]              m_awburst_o,
  output wire [3:0]              m_awcache_o,
  output wire [2:0]              m_awprot_o,
  output wire                    m_awvalid_o,
  input  wire                    m_awready_i,
  output wire [31:0]             m_wdata_o,
  output wire [3:0]              m_wstrb_o,
  output wire                    m_wlast_o,
  output wire                    m_wvalid_o,
  input  wire                    m_wready_i,
  input  wire [0:0]              m_bid_i,
  input  wire [1:0]              m_bresp_i,
  input  wire                    m_bvalid_i,
  output wire                    m_bready_o,
  // Retire ports (rtl/README.md).
  output wire                    retire_load_valid_o,
  output wire [31:0]             retire_load_instr_o,
  output wire [15:0]             retire_load_addr_o,
  output wire [15:0]             retire_load_data_o,
  output wire                    retire_wmem_valid_o,
  output wire [31:0]             retire_wmem_instr_o,
  output wire [15:0]             retire_wmem_addr_o,
  output wire [31:0]             retire_wmem_data_o,
  output wire                    retire_pmem_valid_o,
  output wire [31:0]             retire_pmem_instr_o,
  output wire [15:0]             retire_pmem_addr_o,
  output wire [127:0]            retire_pmem_data_o,
  output reg                     retire_store_valid_o,
  output reg  [31:0]             retire_store_instr_o,
  output reg  [63:0]             retire_store_addr_o,
  output reg  [31:0]             retire_store_data_o,
  output reg  [3:0]              retire_store_strb_o
);
  wire        req_valid, req_ready, rsp_valid, rsp_ready, reader_idle;
  wire [31:0] req_addr, index;
  wire        unused = ^{m_rid_i, m_rresp_i[0], m_bid_i};

  // One beat a burst for the engine, normal bufferable memory, bursts that increment.
  assign m_arid_o     = 1'b0;
  assign m_arsize_o   = 3'd2;
  assign m_arburst_o  = 2'b01;
  assign m_arcache_o  = 4'b0011;
  assign m_arprot_o   = 3'b000;
  assign m_awid_o     = 1'b0;
  assign m_awlen_o    = 8'd0;
  assign m_awsize_o   = 3'd2;
  assign m_awburst_o  = 2'b01;
  assign m_awcache_o  = 4'b0011;
  assign m_awprot_o   = 3'b000;
  assign m_wlast_o    = 1'b1;
  assign read_idle_o  = reader_idle && idle_o;     // the engine may be about to ask
  assign write_beat_o = m_wvalid_o && m_wready_i;

  e8_serial_dma #(
    .FEATURE_LOG2(FEATURE_LOG2),
    .WEIGHT_LOG2(WEIGHT_LOG2),
    .PARAM_LOG2(PARAM_LOG2)
  ) u_engine (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .load_valid_i(load_valid_i),
    .load_ready_o(load_ready_o),
    .store_valid_i(store_valid_i),
    .store_ready_o(store_ready_o),
    .index_i(index_i),
    .slot_i(slot_i),
    .load_done_o(load_done_o),
    .load_err_valid_o(load_err_valid_o),
    .store_done_o(store_done_o),
    .store_err_valid_o(store_err_valid_o),
    .err_code_o(err_code_o),
    .err_index_o(err_index_o),
    .idle_o(idle_o),
    .instr_addr_o(instr_addr_o),
    .instr_data_i(instr_data_i),
    .region_addr_o(region_addr_o),
    .region_data_i(region_data_i),
    .req_valid_o(req_valid),
    .req_ready_i(req_ready),
    .req_addr_o(req_addr),
    .rsp_valid_i(rsp_valid),
    .rsp_ready_o(rsp_ready),
    .rsp_data_i(m_rdata_i),
    .rsp_err_i(m_rresp_i[1]),
    .m_awaddr_o(m_awaddr_o),
    .m_awvalid_o(m_awvalid_o),
    .m_awready_i(m_awready_i),
    .m_wdata_o(m_wdata_o),
    .m_wstrb_o(m_wstrb_o),
    .m_wvalid_o(m_wvalid_o),
    .m_wready_i(m_wready_i),
    .m_bresp_i(m_bresp_i),
    .m_bvalid_i(m_bvalid_i),
    .m_bready_o(m_bready_o),
    .fw_valid_o(fw_valid_o),
    .fw_ready_i(fw_ready_i),
    .fw_addr_o(fw_addr_o),
    .fw_data_o(fw_data_o),
    .wm_valid_o(wm_valid_o),
    .wm_addr_o(wm_addr_o),
    .wm_data_o(wm_data_o),
    .pm_valid_o(pm_valid_o),
    .pm_addr_o(pm_addr_o),
    .pm_data_o(pm_data_o),
    .sr_valid_o(sr_valid_o),
    .sr_ready_i(sr_ready_i),
    .sr_addr_o(sr_addr_o),
    .sr_data_valid_i(sr_data_valid_i),
    .sr_data_i(sr_data_i),
    .index_o(index)
  );

  e8_serial_reader u_reader (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .fetch_valid_i(fetch_valid_i),
    .fetch_ready_o(fetch_ready_o),
    .fetch_addr_i(fetch_addr_i),
    .fetch_rsp_valid_o(fetch_rsp_valid_o),
    .fetch_rsp_ready_i(fetch_rsp_ready_i),
    .beat_valid_i(req_valid),
    .beat_ready_o(req_ready),
    .beat_addr_i(req_addr),
    .beat_rsp_valid_o(rsp_valid),
    .beat_rsp_ready_i(rsp_ready),
    .idle_o(reader_idle),
    .beat_o(read_beat_o),
    .m_araddr_o(m_araddr_o),
    .m_arlen_o(m_arlen_o),
    .m_arvalid_o(m_arvalid_o),
    .m_arready_i(m_arready_i),
    .m_rlast_i(m_rlast_i),
    .m_rvalid_i(m_rvalid_i),
    .m_rready_o(m_rready_o)
  );

  wire        unused_tmem_valid;
  wire [31:0] unused_tmem_instr, unused_tmem_data;
  wire [15:0] unused_tmem_addr;

  e8_load_retire #(
    .LANES(1),
    .V(2),
    .FEATURE_LOG2(FEATURE_LOG2),
    .WEIGHT_LOG2(WEIGHT_LOG2),
    .PART_LOG2(PARAM_LOG2 + 1),
    .PART_BITS(128)
  ) u_retire (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .fw_valid_i(fw_valid_o && fw_ready_i),
    .fw_addr_i(fw_addr_o),
    .fw_data_i(fw_data_o),
    .fw_instr_i(index),
    .wm_valid_i(wm_valid_o),
    .wm_addr_i(wm_addr_o),
    .wm_data_i(wm_data_o),
    .pm_valid_i(pm_valid_o),
    .pm_addr_i(pm_addr_o),
    .pm_data_i(pm_data_o),
    .tm_valid_i(1'b0),
    .tm_addr_i(10'd0),
    .tm_data_i(32'd0),
    .shared_instr_i(index),
    .retire_load_valid_o(retire_load_valid_o),
    .retire_load_instr_o(retire_load_instr_o),
    .retire_load_addr_o(retire_load_addr_o),
    .retire_load_data_o(retire_load_data_o),
    .retire_wmem_valid_o(retire_wmem_valid_o),
    .retire_wmem_instr_o(retire_wmem_instr_o),
    .retire_wmem_addr_o(retire_wmem_addr_o),
    .retire_wmem_data_o(retire_wmem_data_o),
    .retire_pmem_valid_o(retire_pmem_valid_o),
    .retire_pmem_instr_o(retire_pmem_instr_o),
    .retire_pmem_addr_o(retire_pmem_addr_o),
    .retire_pmem_data_o(retire_pmem_data_o),
    .retire_tmem_valid_o(unused_tmem_valid),
    .retire_tmem_instr_o(unused_tmem_instr),
    .retire_tmem_addr_o(unused_tmem_addr),
    .retire_tmem_data_o(unused_tmem_data)
  );

  always @(posedge clk_i) begin
    retire_store_valid_o <= rst_ni && write_beat_o;
    if (write_beat_o) begin
      retire_store_instr_o <= index;
      retire_store_addr_o  <= {32'd0, m_awaddr_o};
      retire_store_data_o  <= m_wdata_o;
      retire_store_strb_o  <= m_wstrb_o;
    end
  end
endmodule
`resetall
