// Control of SMALL builds: as e8_control, but one instruction at a time (e8_serial), and instructions and
// registers are handed over by their places in block RAM: a reader gives an address and has a word (exec engine) or
// a byte (DMA) in the next cycle. An engine's instruction is the one of slot_o, from start to end.
`resetall
`default_nettype none
module e8_control_small #(
  parameter LANES        = 1,
  parameter V            = 2,
  parameter FEATURE_LOG2 = 9,
  parameter WEIGHT_LOG2  = 8,
  parameter PARAM_LOG2   = 6,
  parameter DRAIN        = 2,
  parameter AXI_BYTES    = 4,
  parameter ADDR_BITS    = 32,
  parameter MUL_BITS     = 0,
  parameter DOUBLE_ROUND = 0,
  parameter TABLES       = 0,
  parameter FETCH_LOG2   = 4          // instructions in the buffer
) (
  input  wire                  clk_i,
  input  wire                  rst_ni,
  output wire                  engine_rst_no,
  output wire                  irq_o,
  input  wire [11:0]           s_awaddr_i,
  input  wire                  s_awvalid_i,
  output wire                  s_awready_o,
  input  wire [31:0]           s_wdata_i,
  input  wire [3:0]            s_wstrb_i,
  input  wire                  s_wvalid_i,
  output wire                  s_wready_o,
  output wire [1:0]            s_bresp_o,
  output wire                  s_bvalid_o,
  input  wire                  s_bready_i,
  input  wire [11:0]           s_araddr_i,
  input  wire                  s_arvalid_i,
  output wire                  s_arready_o,
  output wire [31:0]           s_rdata_o,
  output wire [1:0]            s_rresp_o,
  output wire                  s_rvalid_o,
  input  wire                  s_rready_i,
  // The reader, port 0.
  output wire                  req_valid_o,
  input  wire                  req_ready_i,
  output wire [ADDR_BITS-1:0]  req_addr_o,
  output wire [15:0]           req_bytes_o,
  input  wire                  rsp_valid_i,
  output wire                  rsp_ready_o,
  input  wire [31:0]           rsp_data_i,
  input  wire                  rsp_err_i,
  // Instructions, {slot, word}, in bytes for DMA, and the bytes of regions, {region; 0 LO, 1 HI, 2 SIZE; byte}.
  output wire [FETCH_LOG2-1:0] slot_o,
  output wire [31:0]           index_o,
  input  wire [FETCH_LOG2+5:0] dma_instr_addr_i,
  output wire [7:0]            dma_instr_data_o,
  input  wire [5:0]            dma_region_addr_i,
  output wire [7:0]            dma_region_data_o,
  input  wire [FETCH_LOG2+3:0] exec_instr_addr_i,
  output wire [31:0]           exec_instr_data_o,
  input  wire                  axi_quiet_i,       // reader and writer are idle
  input  wire                  read_beat_i,
  input  wire                  write_beat_i,
  output wire                  load_instr_valid_o,
  input  wire                  load_instr_ready_i,
  input  wire                  load_done_i,
  input  wire                  load_err_valid_i,
  input  wire [7:0]            load_err_code_i,
  input  wire                  load_idle_i,
  output wire                  exec_instr_valid_o,
  input  wire                  exec_instr_ready_i,
  input  wire                  exec_done_i,
  input  wire                  exec_err_valid_i,
  input  wire [7:0]            exec_err_code_i,
  input  wire                  exec_idle_i,
  input  wire                  cnt_step_i,
  input  wire                  cnt_shift_i,
  input  wire                  cnt_wait_drain_i,
  input  wire                  cnt_wait_port_i,
  output wire                  store_instr_valid_o,
  input  wire                  store_instr_ready_i,
  input  wire                  store_done_i,
  input  wire                  store_err_valid_i,
  input  wire [7:0]            store_err_code_i,
  input  wire                  store_idle_i
);
  localparam COUNTERS = 10;

  wire        run, clear, reset, stop, end_seen, complete;
  wire [7:0]  fail_code;
  wire        rst_n = rst_ni && !reset;

  assign engine_rst_no = rst_n;

  // Registers.
  wire        wr_ready, wr_valid, wr_err, rd_valid, rd_ready, rd_err;
  wire [11:0] wr_addr, rd_addr;
  wire [31:0] wr_data, rd_data, watchdog, prog_addr, prog_len;
  wire [3:0]  wr_strb;
  wire        cnt_rd_valid, cnt_rd_ready, cnt_latch;
  wire [3:0]  cnt_rd_index;
  wire [31:0] cnt_value;
  wire        start, soft_reset, busy, done, error, done_event, error_event;
  wire [7:0]  error_code;
  wire [31:0] index;

  e8_axil u_axil (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .s_awaddr_i(s_awaddr_i),
    .s_awvalid_i(s_awvalid_i),
    .s_awready_o(s_awready_o),
    .s_wdata_i(s_wdata_i),
    .s_wstrb_i(s_wstrb_i),
    .s_wvalid_i(s_wvalid_i),
    .s_wready_o(s_wready_o),
    .s_bresp_o(s_bresp_o),
    .s_bvalid_o(s_bvalid_o),
    .s_bready_i(s_bready_i),
    .s_araddr_i(s_araddr_i),
    .s_arvalid_i(s_arvalid_i),
    .s_arready_o(s_arready_o),
    .s_rdata_o(s_rdata_o),
    .s_rresp_o(s_rresp_o),
    .s_rvalid_o(s_rvalid_o),
    .s_rready_i(s_rready_i),
    .wr_ready_i(wr_ready),
    .wr_valid_o(wr_valid),
    .wr_addr_o(wr_addr),
    .wr_data_o(wr_data),
    .wr_strb_o(wr_strb),
    .wr_err_i(wr_err),
    .rd_valid_o(rd_valid),
    .rd_addr_o(rd_addr),
    .rd_ready_i(rd_ready),
    .rd_data_i(rd_data),
    .rd_err_i(rd_err)
  );

  e8_regs_small #(
    .LANES(LANES),
    .V(V),
    .FEATURE_LOG2(FEATURE_LOG2),
    .WEIGHT_LOG2(WEIGHT_LOG2),
    .PARAM_LOG2(PARAM_LOG2),
    .DRAIN(DRAIN),
    .AXI_BYTES(AXI_BYTES),
    .ADDR_BITS(ADDR_BITS),
    .MUL_BITS(MUL_BITS),
    .DOUBLE_ROUND(DOUBLE_ROUND),
    .TABLES(TABLES)
  ) u_regs (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .wr_ready_o(wr_ready),
    .wr_valid_i(wr_valid),
    .wr_addr_i(wr_addr),
    .wr_data_i(wr_data),
    .wr_strb_i(wr_strb),
    .wr_err_o(wr_err),
    .rd_valid_i(rd_valid),
    .rd_addr_i(rd_addr),
    .rd_ready_o(rd_ready),
    .rd_data_o(rd_data),
    .rd_err_o(rd_err),
    .cnt_rd_valid_o(cnt_rd_valid),
    .cnt_rd_index_o(cnt_rd_index),
    .cnt_rd_ready_i(cnt_rd_ready),
    .cnt_latch_i(cnt_latch),
    .cnt_value_i(cnt_value),
    .start_o(start),
    .soft_reset_o(soft_reset),
    .busy_i(busy),
    .done_i(done),
    .error_i(error),
    .error_code_i(error_code),
    .error_pc_i(index),
    .done_event_i(done_event),
    .error_event_i(error_event),
    .irq_o(irq_o),
    .watchdog_o(watchdog),
    .prog_addr_o(prog_addr),
    .prog_len_o(prog_len),
    .dma_addr_i(dma_region_addr_i),
    .dma_data_o(dma_region_data_o)
  );

  // Counters, in the order of registers.def. Each cycle of a program is in one of those of the exec engine:
  // whatever no other one names is its wait for an instruction.
  wire        exec_waits = run && !(cnt_step_i || cnt_shift_i || cnt_wait_drain_i || cnt_wait_port_i);
  wire        wait_load, wait_store;
  wire [31:0] unused_hi;

  e8_counters #(
    .COUNT(COUNTERS)
  ) u_counters (
    .clk_i(clk_i),
    .rst_ni(rst_n),
    .clear_i(clear),
    .pulse_i({cnt_shift_i, write_beat_i, read_beat_i,
              exec_waits && !wait_load && !wait_store,      // WAIT_FETCH
              cnt_wait_port_i, cnt_wait_drain_i,
              exec_waits && wait_store,                     // WAIT_STORE
              exec_waits && wait_load,                      // WAIT_LOAD
              cnt_step_i, run}),
    .rd_valid_i(cnt_rd_valid),
    .rd_index_i(cnt_rd_index),
    .rd_ready_o(cnt_rd_ready),
    .lo_o(cnt_value),
    .hi_o(unused_hi),
    .latch_o(cnt_latch)
  );

  // Instructions.
  wire                  word_valid, word_ready, fetch_idle, fetch_fail;
  wire [31:0]           word;
  wire [7:0]            fetch_code, check_code;
  wire                  check_valid, check_ready, check_idle;
  wire [11:0]           head;
  wire                  buf_we;
  wire [FETCH_LOG2+3:0] buf_addr;

  e8_run u_run (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .start_i(start),
    .soft_reset_i(soft_reset),
    .watchdog_i(watchdog),
    .progress_i(read_beat_i || write_beat_i || cnt_step_i || cnt_shift_i || complete),
    .axi_quiet_i(axi_quiet_i && !req_valid_o),      // a request that is taken now opens a transfer
    .idle_i(load_idle_i && exec_idle_i && store_idle_i && fetch_idle),
    .finished_i(end_seen),
    .fail_i(stop),
    .fail_code_i(fail_code),
    .run_o(run),
    .clear_o(clear),
    .reset_o(reset),
    .busy_o(busy),
    .done_o(done),
    .error_o(error),
    .error_code_o(error_code),
    .done_event_o(done_event),
    .error_event_o(error_event)
  );

  e8_fetch_small #(
    .BUF_LOG2(FETCH_LOG2)
  ) u_fetch (
    .clk_i(clk_i),
    .rst_ni(rst_n),
    .start_i(clear),
    .halt_i(!run || stop || end_seen),
    .oldest_i(index[FETCH_LOG2:0]),
    .prog_addr_i(prog_addr),
    .prog_len_i(prog_len),
    .idle_o(fetch_idle),
    .req_valid_o(req_valid_o),
    .req_ready_i(req_ready_i),
    .req_addr_o(req_addr_o),
    .req_bytes_o(req_bytes_o),
    .rsp_valid_i(rsp_valid_i),
    .rsp_ready_o(rsp_ready_o),
    .rsp_data_i(rsp_data_i),
    .rsp_err_i(rsp_err_i),
    .buf_we_o(buf_we),
    .buf_addr_o(buf_addr),
    .word_valid_o(word_valid),
    .word_ready_i(word_ready),
    .word_o(word),
    .fail_o(fetch_fail),
    .fail_code_o(fetch_code)
  );

  e8_ram_word_byte #(
    .DEPTH_LOG2(FETCH_LOG2 + 4)
  ) u_instr_dma (
    .clk_i(clk_i),
    .we_i({4{buf_we}}),
    .waddr_i(buf_addr),
    .wdata_i(rsp_data_i),
    .raddr_i(dma_instr_addr_i),
    .rdata_o(dma_instr_data_o)
  );

  e8_ram_1r1w #(
    .WIDTH(32),
    .DEPTH_LOG2(FETCH_LOG2 + 4)
  ) u_instr_exec (
    .clk_i(clk_i),
    .we_i(buf_we),
    .waddr_i(buf_addr),
    .wdata_i(rsp_data_i),
    .re_i(1'b1),
    .raddr_i(exec_instr_addr_i),
    .rdata_o(exec_instr_data_o)
  );

  e8_check_small #(
    .V(V),
    .DOUBLE_ROUND(DOUBLE_ROUND)
  ) u_check (
    .clk_i(clk_i),
    .rst_ni(rst_n),
    .clear_i(clear),
    .word_valid_i(word_valid),
    .word_ready_o(word_ready),
    .word_i(word),
    .valid_o(check_valid),
    .ready_i(check_ready),
    .head_o(head),
    .code_o(check_code),
    .idle_o(check_idle)
  );

  e8_serial u_serial (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .soft_rst_ni(rst_n),
    .clear_i(clear),
    .run_i(run),
    .instr_valid_i(check_valid),
    .instr_ready_o(check_ready),
    .instr_i(head),
    .instr_code_i(check_code),
    .fail_i(fetch_fail && check_idle),
    .fail_code_i(fetch_code),
    .start_valid_o({store_instr_valid_o, exec_instr_valid_o, load_instr_valid_o}),
    .start_ready_i({store_instr_ready_i, exec_instr_ready_i, load_instr_ready_i}),
    .done_i({store_done_i, exec_done_i, load_done_i}),
    .err_valid_i({store_err_valid_i, exec_err_valid_i, load_err_valid_i}),
    .err_code_i({store_err_code_i, exec_err_code_i, load_err_code_i}),
    .index_o(index),
    .complete_o(complete),
    .load_blocks_o(wait_load),
    .store_blocks_o(wait_store),
    .stop_o(stop),
    .stop_code_o(fail_code),
    .end_o(end_seen)
  );

  assign slot_o  = index[FETCH_LOG2-1:0];
  assign index_o = index;
endmodule
`resetall
