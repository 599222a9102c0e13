// The machine with its retire port: control, AXI masters, LOAD, STORE and EXEC engines. Ports and
// parameters: rtl/README.md.
`resetall
`default_nettype none
module exact8_core #(
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
  output wire                       m_axi_bready,
  output wire                       retire_exec_valid,
  output wire [1:0]                 retire_exec_kind,
  output wire [31:0]                retire_exec_instr,
  output wire [LANES-1:0]           retire_exec_mask,
  output wire [15:0]                retire_exec_addr,
  output wire [LANES*V*8-1:0]       retire_exec_data,
  output wire [LANES*V*32-1:0]      retire_exec_acc,
  output wire [LANES-1:0]           retire_load_valid,
  output wire [LANES*32-1:0]        retire_load_instr,
  output wire [LANES*16-1:0]        retire_load_addr,
  output wire [LANES*V*8-1:0]       retire_load_data,
  output wire                       retire_wmem_valid,
  output wire [31:0]                retire_wmem_instr,
  output wire [15:0]                retire_wmem_addr,
  output wire [V*V*8-1:0]           retire_wmem_data,
  output wire                       retire_pmem_valid,
  output wire [31:0]                retire_pmem_instr,
  output wire [15:0]                retire_pmem_addr,
  output wire [V/DRAIN*128-1:0]     retire_pmem_data,
  output wire                       retire_tmem_valid,
  output wire [31:0]                retire_tmem_instr,
  output wire [15:0]                retire_tmem_addr,
  output wire [31:0]                retire_tmem_data,
  output wire                       retire_store_valid,
  output wire [31:0]                retire_store_instr,
  output wire [63:0]                retire_store_addr,
  output wire [AXI_BYTES*8-1:0]     retire_store_data,
  output wire [AXI_BYTES-1:0]       retire_store_strb
);
  localparam OFF_BITS  = $clog2(AXI_BYTES);
  localparam PART_BITS = PARAM_LOG2 + $clog2(DRAIN);

  // A parameter that is not allowed instantiates a module that does not exist and names it.
  generate
    if (LANES < 1 || LANES > 16) e8_bad_parameter_LANES u_bad ();
    if (V != 2 && V != 4 && V != 8 && V != 16 && V != 32) e8_bad_parameter_V u_bad ();
    if (FEATURE_LOG2 < 1 || FEATURE_LOG2 > 16) e8_bad_parameter_FEATURE_LOG2 u_bad ();
    if (WEIGHT_LOG2 < 1 || WEIGHT_LOG2 > 16) e8_bad_parameter_WEIGHT_LOG2 u_bad ();
    if (DRAIN < 1 || DRAIN > V || V % DRAIN != 0) e8_bad_parameter_DRAIN u_bad ();
    if (PARAM_LOG2 < 1 || PARAM_LOG2 + $clog2(DRAIN) > 16) e8_bad_parameter_PARAM_LOG2 u_bad ();
    if (AXI_BYTES != 4 && AXI_BYTES != 8 && AXI_BYTES != 16 && AXI_BYTES != 32 && AXI_BYTES != 64) e8_bad_parameter_AXI_BYTES u_bad ();
    if (AXI_ADDR_BITS < 32 || AXI_ADDR_BITS > 64) e8_bad_parameter_AXI_ADDR_BITS u_bad ();
    if (MUL_BITS != 0 && MUL_BITS != 24 && MUL_BITS != 31) e8_bad_parameter_MUL_BITS u_bad ();
    if (DOUBLE_ROUND != 0 && DOUBLE_ROUND != 1) e8_bad_parameter_DOUBLE_ROUND u_bad ();
    if (TABLES != 0 && TABLES != 1) e8_bad_parameter_TABLES u_bad ();
    if (PACKED != 0 && PACKED != 1) e8_bad_parameter_PACKED u_bad ();
    if (PIPE_W < 0) e8_bad_parameter_PIPE_W u_bad ();
    if (DOT_PIPE < 0) e8_bad_parameter_DOT_PIPE u_bad ();
    if (SMALL != 0 && (SMALL != 1 || LANES != 1 || V != 2 || DRAIN != 2 || AXI_BYTES != 4 || AXI_ADDR_BITS != 32 || TABLES != 0
                       || FEATURE_LOG2 > 15 || WEIGHT_LOG2 > 15 || PARAM_LOG2 > 14)) e8_bad_parameter_SMALL u_bad ();
  endgenerate

  wire unused_prot = ^{s_axi_awprot, s_axi_arprot};

  generate
    if (SMALL != 0) begin : gen_small
      e8_core_small #(
        .FEATURE_LOG2(FEATURE_LOG2),
        .WEIGHT_LOG2(WEIGHT_LOG2),
        .PARAM_LOG2(PARAM_LOG2),
        .MUL_BITS(MUL_BITS),
        .DOUBLE_ROUND(DOUBLE_ROUND),
        .PACKED(PACKED),
        .PIPE_W(PIPE_W),
        .DOT_PIPE(DOT_PIPE)
      ) u_small (
        .aclk(aclk),
        .aresetn(aresetn),
        .irq(irq),
        .s_axi_awaddr(s_axi_awaddr),
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
    end else begin : gen_usual
      wire                              rst_n;     // of the engines: reset, and soft reset once the AXI is quiet
      wire [4*AXI_ADDR_BITS-1:0]        region_base;
      wire [4*32-1:0]                   region_size;

      // Engines: instructions, completion, errors.
      wire                              load_instr_valid, load_instr_ready, load_done, load_err_valid, load_idle;
      wire [511:0]                      load_instr;
      wire [31:0]                       load_instr_index, load_err_index;
      wire [7:0]                        load_err_code;
      wire                              exec_instr_valid, exec_instr_ready, exec_done, exec_err_valid, exec_idle;
      wire [511:0]                      exec_instr;
      wire [31:0]                       exec_instr_index, exec_err_index;
      wire [7:0]                        exec_err_code;
      wire                              cnt_step, cnt_shift, cnt_wait_drain, cnt_wait_port;
      wire                              store_instr_valid, store_instr_ready, store_done, store_err_valid, store_idle;
      wire [511:0]                      store_instr;
      wire [31:0]                       store_instr_index, store_err_index;
      wire [7:0]                        store_err_code;

      // Reader: instruction fetch and LOAD.
      wire                              fetch_valid, fetch_ready, fetch_rsp_valid, fetch_rsp_ready;
      wire [AXI_ADDR_BITS-1:0]          fetch_addr;
      wire [15:0]                       fetch_bytes;
      wire                              req_valid, req_ready, load_rsp_valid, load_rsp_ready;
      wire [AXI_ADDR_BITS-1:0]          req_addr;
      wire [15:0]                       req_bytes;
      wire [AXI_BYTES*8-1:0]            rsp_data;
      wire [OFF_BITS:0]                 rsp_offset, rsp_bytes;
      wire                              rsp_last, rsp_err, read_idle, read_beat, write_beat;

      // Memories.
      wire [LANES-1:0]                  fw_valid, fw_ready;
      wire [LANES*FEATURE_LOG2-1:0]     fw_addr;
      wire [LANES*V*8-1:0]              fw_data;
      wire                              wm_valid, pm_valid, tm_valid;
      wire [WEIGHT_LOG2-1:0]            wm_addr;
      wire [V*V*8-1:0]                  wm_data;
      wire [PART_BITS-1:0]              pm_addr;
      wire [V/DRAIN*128-1:0]            pm_data;
      wire [9:0]                        tm_addr;
      wire [31:0]                       tm_data;
      wire                              sr_valid, sr_ready, sr_data_valid;
      wire [FEATURE_LOG2-1:0]           sr_addr;
      wire [LANES*V*8-1:0]              sr_data;

      e8_control #(
        .LANES(LANES),
        .V(V),
        .FEATURE_LOG2(FEATURE_LOG2),
        .WEIGHT_LOG2(WEIGHT_LOG2),
        .PARAM_LOG2(PARAM_LOG2),
        .DRAIN(DRAIN),
        .AXI_BYTES(AXI_BYTES),
        .ADDR_BITS(AXI_ADDR_BITS),
        .MUL_BITS(MUL_BITS),
        .DOUBLE_ROUND(DOUBLE_ROUND),
        .TABLES(TABLES)
      ) u_control (
        .clk_i(aclk),
        .rst_ni(aresetn),
        .engine_rst_no(rst_n),
        .irq_o(irq),
        .s_awaddr_i(s_axi_awaddr),
        .s_awvalid_i(s_axi_awvalid),
        .s_awready_o(s_axi_awready),
        .s_wdata_i(s_axi_wdata),
        .s_wstrb_i(s_axi_wstrb),
        .s_wvalid_i(s_axi_wvalid),
        .s_wready_o(s_axi_wready),
        .s_bresp_o(s_axi_bresp),
        .s_bvalid_o(s_axi_bvalid),
        .s_bready_i(s_axi_bready),
        .s_araddr_i(s_axi_araddr),
        .s_arvalid_i(s_axi_arvalid),
        .s_arready_o(s_axi_arready),
        .s_rdata_o(s_axi_rdata),
        .s_rresp_o(s_axi_rresp),
        .s_rvalid_o(s_axi_rvalid),
        .s_rready_i(s_axi_rready),
        .req_valid_o(fetch_valid),
        .req_ready_i(fetch_ready),
        .req_addr_o(fetch_addr),
        .req_bytes_o(fetch_bytes),
        .rsp_valid_i(fetch_rsp_valid),
        .rsp_ready_o(fetch_rsp_ready),
        .rsp_data_i(rsp_data),
        .rsp_err_i(rsp_err),
        .region_base_o(region_base),
        .region_size_o(region_size),
        .axi_quiet_i(read_idle && store_idle),
        .read_beat_i(read_beat),
        .write_beat_i(write_beat),
        .load_instr_valid_o(load_instr_valid),
        .load_instr_ready_i(load_instr_ready),
        .load_instr_o(load_instr),
        .load_instr_index_o(load_instr_index),
        .load_done_i(load_done),
        .load_err_valid_i(load_err_valid),
        .load_err_code_i(load_err_code),
        .load_err_index_i(load_err_index),
        .load_idle_i(load_idle),
        .exec_instr_valid_o(exec_instr_valid),
        .exec_instr_ready_i(exec_instr_ready),
        .exec_instr_o(exec_instr),
        .exec_instr_index_o(exec_instr_index),
        .exec_done_i(exec_done),
        .exec_err_valid_i(exec_err_valid),
        .exec_err_code_i(exec_err_code),
        .exec_err_index_i(exec_err_index),
        .exec_idle_i(exec_idle),
        .cnt_step_i(cnt_step),
        .cnt_shift_i(cnt_shift),
        .cnt_wait_drain_i(cnt_wait_drain),
        .cnt_wait_port_i(cnt_wait_port),
        .store_instr_valid_o(store_instr_valid),
        .store_instr_ready_i(store_instr_ready),
        .store_instr_o(store_instr),
        .store_instr_index_o(store_instr_index),
        .store_done_i(store_done),
        .store_err_valid_i(store_err_valid),
        .store_err_code_i(store_err_code),
        .store_err_index_i(store_err_index),
        .store_idle_i(store_idle)
      );

      e8_axi_reader #(
        .AXI_BYTES(AXI_BYTES),
        .ADDR_BITS(AXI_ADDR_BITS)
      ) u_reader (
        .clk_i(aclk),
        .rst_ni(rst_n),
        .req0_valid_i(fetch_valid),
        .req0_ready_o(fetch_ready),
        .req0_addr_i(fetch_addr),
        .req0_bytes_i(fetch_bytes),
        .req1_valid_i(req_valid),
        .req1_ready_o(req_ready),
        .req1_addr_i(req_addr),
        .req1_bytes_i(req_bytes),
        .rsp0_valid_o(fetch_rsp_valid),
        .rsp0_ready_i(fetch_rsp_ready),
        .rsp1_valid_o(load_rsp_valid),
        .rsp1_ready_i(load_rsp_ready),
        .rsp_data_o(rsp_data),
        .rsp_offset_o(rsp_offset),
        .rsp_bytes_o(rsp_bytes),
        .rsp_last_o(rsp_last),
        .rsp_err_o(rsp_err),
        .idle_o(read_idle),
        .beat_o(read_beat),
        .m_arid_o(m_axi_arid),
        .m_araddr_o(m_axi_araddr),
        .m_arlen_o(m_axi_arlen),
        .m_arsize_o(m_axi_arsize),
        .m_arburst_o(m_axi_arburst),
        .m_arcache_o(m_axi_arcache),
        .m_arprot_o(m_axi_arprot),
        .m_arvalid_o(m_axi_arvalid),
        .m_arready_i(m_axi_arready),
        .m_rid_i(m_axi_rid),
        .m_rdata_i(m_axi_rdata),
        .m_rresp_i(m_axi_rresp),
        .m_rlast_i(m_axi_rlast),
        .m_rvalid_i(m_axi_rvalid),
        .m_rready_o(m_axi_rready)
      );

      e8_load #(
        .LANES(LANES),
        .V(V),
        .FEATURE_LOG2(FEATURE_LOG2),
        .WEIGHT_LOG2(WEIGHT_LOG2),
        .PARAM_LOG2(PARAM_LOG2),
        .DRAIN(DRAIN),
        .AXI_BYTES(AXI_BYTES),
        .ADDR_BITS(AXI_ADDR_BITS),
        .TABLES(TABLES)
      ) u_load (
        .clk_i(aclk),
        .rst_ni(rst_n),
        .instr_valid_i(load_instr_valid),
        .instr_ready_o(load_instr_ready),
        .instr_i(load_instr),
        .instr_index_i(load_instr_index),
        .done_o(load_done),
        .err_valid_o(load_err_valid),
        .err_code_o(load_err_code),
        .err_index_o(load_err_index),
        .idle_o(load_idle),
        .region_base_i(region_base),
        .region_size_i(region_size),
        .req_valid_o(req_valid),
        .req_ready_i(req_ready),
        .req_addr_o(req_addr),
        .req_bytes_o(req_bytes),
        .rsp_valid_i(load_rsp_valid),
        .rsp_ready_o(load_rsp_ready),
        .rsp_data_i(rsp_data),
        .rsp_offset_i(rsp_offset),
        .rsp_bytes_i(rsp_bytes),
        .rsp_last_i(rsp_last),
        .rsp_err_i(rsp_err),
        .fw_valid_o(fw_valid),
        .fw_ready_i(fw_ready),
        .fw_addr_o(fw_addr),
        .fw_data_o(fw_data),
        .wm_valid_o(wm_valid),
        .wm_addr_o(wm_addr),
        .wm_data_o(wm_data),
        .pm_valid_o(pm_valid),
        .pm_addr_o(pm_addr),
        .pm_data_o(pm_data),
        .tm_valid_o(tm_valid),
        .tm_addr_o(tm_addr),
        .tm_data_o(tm_data),
        .retire_load_valid_o(retire_load_valid),
        .retire_load_instr_o(retire_load_instr),
        .retire_load_addr_o(retire_load_addr),
        .retire_load_data_o(retire_load_data),
        .retire_wmem_valid_o(retire_wmem_valid),
        .retire_wmem_instr_o(retire_wmem_instr),
        .retire_wmem_addr_o(retire_wmem_addr),
        .retire_wmem_data_o(retire_wmem_data),
        .retire_pmem_valid_o(retire_pmem_valid),
        .retire_pmem_instr_o(retire_pmem_instr),
        .retire_pmem_addr_o(retire_pmem_addr),
        .retire_pmem_data_o(retire_pmem_data),
        .retire_tmem_valid_o(retire_tmem_valid),
        .retire_tmem_instr_o(retire_tmem_instr),
        .retire_tmem_addr_o(retire_tmem_addr),
        .retire_tmem_data_o(retire_tmem_data)
      );

      e8_exec #(
        .LANES(LANES),
        .V(V),
        .FEATURE_LOG2(FEATURE_LOG2),
        .WEIGHT_LOG2(WEIGHT_LOG2),
        .PARAM_LOG2(PARAM_LOG2),
        .DRAIN(DRAIN),
        .MUL_BITS(MUL_BITS),
        .DOUBLE_ROUND(DOUBLE_ROUND),
        .TABLES(TABLES),
        .PACKED(PACKED),
        .PIPE_W(PIPE_W),
        .DOT_PIPE(DOT_PIPE)
      ) u_exec (
        .clk_i(aclk),
        .rst_ni(rst_n),
        .instr_valid_i(exec_instr_valid),
        .instr_ready_o(exec_instr_ready),
        .instr_i(exec_instr),
        .instr_index_i(exec_instr_index),
        .done_o(exec_done),
        .err_valid_o(exec_err_valid),
        .err_code_o(exec_err_code),
        .err_index_o(exec_err_index),
        .idle_o(exec_idle),
        .fw_valid_i(fw_valid),
        .fw_ready_o(fw_ready),
        .fw_addr_i(fw_addr),
        .fw_data_i(fw_data),
        .wm_valid_i(wm_valid),
        .wm_addr_i(wm_addr),
        .wm_data_i(wm_data),
        .pm_valid_i(pm_valid),
        .pm_addr_i(pm_addr),
        .pm_data_i(pm_data),
        .tm_valid_i(tm_valid),
        .tm_addr_i(tm_addr),
        .tm_data_i(tm_data),
        .sr_valid_i(sr_valid),
        .sr_ready_o(sr_ready),
        .sr_addr_i(sr_addr),
        .sr_data_valid_o(sr_data_valid),
        .sr_data_o(sr_data),
        .cnt_step_o(cnt_step),
        .cnt_shift_o(cnt_shift),
        .cnt_wait_drain_o(cnt_wait_drain),
        .cnt_wait_port_o(cnt_wait_port),
        .retire_exec_valid_o(retire_exec_valid),
        .retire_exec_kind_o(retire_exec_kind),
        .retire_exec_instr_o(retire_exec_instr),
        .retire_exec_mask_o(retire_exec_mask),
        .retire_exec_addr_o(retire_exec_addr),
        .retire_exec_data_o(retire_exec_data),
        .retire_exec_acc_o(retire_exec_acc)
      );

      e8_store #(
        .LANES(LANES),
        .V(V),
        .FEATURE_LOG2(FEATURE_LOG2),
        .AXI_BYTES(AXI_BYTES),
        .ADDR_BITS(AXI_ADDR_BITS)
      ) u_store (
        .clk_i(aclk),
        .rst_ni(rst_n),
        .instr_valid_i(store_instr_valid),
        .instr_ready_o(store_instr_ready),
        .instr_i(store_instr),
        .instr_index_i(store_instr_index),
        .done_o(store_done),
        .err_valid_o(store_err_valid),
        .err_code_o(store_err_code),
        .err_index_o(store_err_index),
        .idle_o(store_idle),
        .beat_o(write_beat),
        .region_base_i(region_base),
        .region_size_i(region_size),
        .sr_valid_o(sr_valid),
        .sr_ready_i(sr_ready),
        .sr_addr_o(sr_addr),
        .sr_data_valid_i(sr_data_valid),
        .sr_data_i(sr_data),
        .m_awid_o(m_axi_awid),
        .m_awaddr_o(m_axi_awaddr),
        .m_awlen_o(m_axi_awlen),
        .m_awsize_o(m_axi_awsize),
        .m_awburst_o(m_axi_awburst),
        .m_awcache_o(m_axi_awcache),
        .m_awprot_o(m_axi_awprot),
        .m_awvalid_o(m_axi_awvalid),
        .m_awready_i(m_axi_awready),
        .m_wdata_o(m_axi_wdata),
        .m_wstrb_o(m_axi_wstrb),
        .m_wlast_o(m_axi_wlast),
        .m_wvalid_o(m_axi_wvalid),
        .m_wready_i(m_axi_wready),
        .m_bid_i(m_axi_bid),
        .m_bresp_i(m_axi_bresp),
        .m_bvalid_i(m_axi_bvalid),
        .m_bready_o(m_axi_bready),
        .retire_store_valid_o(retire_store_valid),
        .retire_store_instr_o(retire_store_instr),
        .retire_store_addr_o(retire_store_addr),
        .retire_store_data_o(retire_store_data),
        .retire_store_strb_o(retire_store_strb)
      );
    end
  endgenerate
endmodule
`resetall
