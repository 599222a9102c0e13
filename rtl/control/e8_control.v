// Control of the machine: registers, instruction fetch, checks, dispatch by tokens, errors, watchdog,
// soft reset. The engines and the DMA hang on it by the ports below; an engine accepts instructions in
// order, tells each completion by one pulse of done, and a failure by err (not after the next one's
// done). engine_rst_no resets engines and DMA together with the control's own state.
`resetall
`default_nettype none
module e8_control #(
  parameter LANES        = 4,
  parameter V            = 8,
  parameter FEATURE_LOG2 = 13,
  parameter WEIGHT_LOG2  = 11,
  parameter PARAM_LOG2   = 8,
  parameter DRAIN        = 4,
  parameter AXI_BYTES    = 16,
  parameter ADDR_BITS    = 32,
  parameter MUL_BITS     = 31,
  parameter DOUBLE_ROUND = 1,
  parameter TABLES       = 1,
  parameter QUEUE_LOG2   = (AXI_BYTES <= 4) ? 0 : 4,   // instructions queued an engine; 0: none
  parameter FLIGHT_LOG2  = (AXI_BYTES <= 4) ? 1 : 4,   // and under way
  parameter TAG_BITS     = (AXI_BYTES <= 4) ? 3 : 6,   // instructions between oldest and newest
  parameter FETCH_LOG2   = 4                           // instructions fetched ahead
) (
  input  wire                   clk_i,
  input  wire                   rst_ni,
  output wire                   engine_rst_no,
  output wire                   irq_o,
  input  wire [11:0]            s_awaddr_i,
  input  wire                   s_awvalid_i,
  output wire                   s_awready_o,
  input  wire [31:0]            s_wdata_i,
  input  wire [3:0]             s_wstrb_i,
  input  wire                   s_wvalid_i,
  output wire                   s_wready_o,
  output wire [1:0]             s_bresp_o,
  output wire                   s_bvalid_o,
  input  wire                   s_bready_i,
  input  wire [11:0]            s_araddr_i,
  input  wire                   s_arvalid_i,
  output wire                   s_arready_o,
  output wire [31:0]            s_rdata_o,
  output wire [1:0]             s_rresp_o,
  output wire                   s_rvalid_o,
  input  wire                   s_rready_i,
  // e8_axi_reader, port 0.
  output wire                   req_valid_o,
  input  wire                   req_ready_i,
  output wire [ADDR_BITS-1:0]   req_addr_o,
  output wire [15:0]            req_bytes_o,
  input  wire                   rsp_valid_i,
  output wire                   rsp_ready_o,
  input  wire [AXI_BYTES*8-1:0] rsp_data_i,
  input  wire                   rsp_err_i,
  // DMA.
  output wire [4*ADDR_BITS-1:0] region_base_o,
  output wire [4*32-1:0]        region_size_o,
  input  wire                   axi_quiet_i,       // reader and writer are idle
  input  wire                   read_beat_i,
  input  wire                   write_beat_i,
  output wire                   load_instr_valid_o,
  input  wire                   load_instr_ready_i,
  output wire [511:0]           load_instr_o,
  output wire [31:0]            load_instr_index_o,
  input  wire                   load_done_i,
  input  wire                   load_err_valid_i,
  input  wire [7:0]             load_err_code_i,
  input  wire [31:0]            load_err_index_i,
  input  wire                   load_idle_i,
  output wire                   exec_instr_valid_o,
  input  wire                   exec_instr_ready_i,
  output wire [511:0]           exec_instr_o,
  output wire [31:0]            exec_instr_index_o,
  input  wire                   exec_done_i,
  input  wire                   exec_err_valid_i,
  input  wire [7:0]             exec_err_code_i,
  input  wire [31:0]            exec_err_index_i,
  input  wire                   exec_idle_i,
  input  wire                   cnt_step_i,
  input  wire                   cnt_shift_i,
  input  wire                   cnt_wait_drain_i,
  input  wire                   cnt_wait_port_i,
  output wire                   store_instr_valid_o,
  input  wire                   store_instr_ready_i,
  output wire [511:0]           store_instr_o,
  output wire [31:0]            store_instr_index_o,
  input  wire                   store_done_i,
  input  wire                   store_err_valid_i,
  input  wire [7:0]             store_err_code_i,
  input  wire [31:0]            store_err_index_i,
  input  wire                   store_idle_i
);
  localparam COUNTERS = 10;

  wire        run, clear, reset, stop, fail, finished, all_done, room;
  wire [7:0]  fail_code;
  wire        rst_n = rst_ni && !reset;
  wire [2:0]  exec_missing;
  wire        unused = ^{load_err_index_i[31:TAG_BITS], exec_err_index_i[31:TAG_BITS],
                         store_err_index_i[31:TAG_BITS], exec_missing[1]};

  assign engine_rst_no = rst_n;

  // Registers.
  wire                 wr_valid, wr_err, rd_valid, rd_ready, rd_err;
  wire [11:0]          wr_addr, rd_addr;
  wire [31:0]          wr_data, rd_data;
  wire [3:0]           wr_strb;
  wire                 cnt_rd_valid, cnt_rd_ready;
  wire [3:0]           cnt_rd_index;
  wire [31:0]          cnt_lo, cnt_hi;
  wire                 start, soft_reset, busy, done, error, done_event, error_event;
  wire [7:0]           error_code;
  wire [31:0]          oldest, watchdog, prog_len;
  wire [ADDR_BITS-1:0] prog_addr;

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
    .wr_ready_i(1'b1),
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

  e8_regs #(
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
    .cnt_lo_i(cnt_lo),
    .cnt_hi_i(cnt_hi),
    .start_o(start),
    .soft_reset_o(soft_reset),
    .busy_i(busy),
    .done_i(done),
    .error_i(error),
    .error_code_i(error_code),
    .error_pc_i(oldest),
    .done_event_i(done_event),
    .error_event_i(error_event),
    .irq_o(irq_o),
    .watchdog_o(watchdog),
    .prog_addr_o(prog_addr),
    .prog_len_o(prog_len),
    .region_base_o(region_base_o),
    .region_size_o(region_size_o)
  );

  // Counters, in the order of registers.def.
  wire exec_waits, exec_head_valid, unused_latch;

  // The engine could take an instruction and has nothing else to do.
  assign exec_waits = run && exec_instr_ready_i &&
                      !(cnt_step_i || cnt_shift_i || cnt_wait_drain_i || cnt_wait_port_i);

  e8_counters #(
    .COUNT(COUNTERS)
  ) u_counters (
    .clk_i(clk_i),
    .rst_ni(rst_n),
    .clear_i(clear),
    .pulse_i({cnt_shift_i, write_beat_i, read_beat_i,
              exec_waits && !exec_head_valid,                                          // WAIT_FETCH
              cnt_wait_port_i, cnt_wait_drain_i,
              exec_waits && exec_head_valid && exec_missing[2] && !exec_missing[0],    // WAIT_STORE
              exec_waits && exec_head_valid && exec_missing[0],                        // WAIT_LOAD
              cnt_step_i, run}),
    .rd_valid_i(cnt_rd_valid),
    .rd_index_i(cnt_rd_index),
    .rd_ready_o(cnt_rd_ready),
    .lo_o(cnt_lo),
    .hi_o(cnt_hi),
    .latch_o(unused_latch)
  );

  // Instructions.
  wire                word_valid, word_ready, fetch_idle, fetch_fail;
  wire [31:0]         word;
  wire [7:0]          fetch_code, check_code, dispatch_code;
  wire                check_valid, check_ready, check_idle, dispatch_err, end_seen;
  wire [511:0]        instr;
  wire [31:0]         index;
  wire [2:0]          queue_valid, queue_ready;
  wire [2:0]          complete;
  wire [TAG_BITS-1:0] load_tag, exec_tag, store_tag, stop_tag;
  wire [2:0]          load_send, exec_send, store_send;

  e8_run u_run (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .start_i(start),
    .soft_reset_i(soft_reset),
    .watchdog_i(watchdog),
    .progress_i(read_beat_i || write_beat_i || cnt_step_i || cnt_shift_i || complete != 3'b000),
    .axi_quiet_i(axi_quiet_i),
    .idle_i(load_idle_i && exec_idle_i && store_idle_i && fetch_idle),
    .finished_i(finished),
    .fail_i(fail),
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

  e8_fetch #(
    .AXI_BYTES(AXI_BYTES),
    .ADDR_BITS(ADDR_BITS),
    .BUF_LOG2(FETCH_LOG2)
  ) u_fetch (
    .clk_i(clk_i),
    .rst_ni(rst_n),
    .start_i(clear),
    .halt_i(!run || stop || end_seen),
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
    .word_valid_o(word_valid),
    .word_ready_i(word_ready),
    .word_o(word),
    .fail_o(fetch_fail),
    .fail_code_o(fetch_code)
  );

  e8_check #(
    .LANES(LANES),
    .V(V),
    .MUL_BITS(MUL_BITS),
    .DOUBLE_ROUND(DOUBLE_ROUND),
    .TABLES(TABLES)
  ) u_check (
    .clk_i(clk_i),
    .rst_ni(rst_n),
    .clear_i(clear),
    .word_valid_i(word_valid),
    .word_ready_o(word_ready),
    .word_i(word),
    .valid_o(check_valid),
    .ready_i(check_ready),
    .instr_o(instr),
    .code_o(check_code),
    .idle_o(check_idle)
  );

  e8_dispatch u_dispatch (
    .clk_i(clk_i),
    .rst_ni(rst_n),
    .clear_i(clear),
    .run_i(run),
    .stop_i(stop),
    .room_i(room),
    .instr_valid_i(check_valid),
    .instr_ready_o(check_ready),
    .instr_i(instr[11:0]),
    .instr_code_i(check_code),
    .fail_i(fetch_fail && check_idle),
    .fail_code_i(fetch_code),
    .queue_valid_o(queue_valid),
    .queue_ready_i(queue_ready),
    .index_o(index),
    .err_valid_o(dispatch_err),
    .err_code_o(dispatch_code),
    .end_o(end_seen)
  );

  e8_order #(
    .TAG_BITS(TAG_BITS)
  ) u_order (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .start_i(clear),
    .run_i(run),
    .next_i(index[TAG_BITS:0]),
    .room_o(room),
    .complete_i(complete),
    .complete_tag_i({store_tag, exec_tag, load_tag}),
    .err_valid_i({dispatch_err, store_err_valid_i, exec_err_valid_i, load_err_valid_i}),
    .err_tag_i({index[TAG_BITS-1:0], store_err_index_i[TAG_BITS-1:0], exec_err_index_i[TAG_BITS-1:0],
                load_err_index_i[TAG_BITS-1:0]}),
    .err_code_i({dispatch_code, store_err_code_i, exec_err_code_i, load_err_code_i}),
    .oldest_o(oldest),
    .all_done_o(all_done),
    .stop_o(stop),
    .stop_tag_o(stop_tag),
    .stop_code_o(fail_code),
    .fail_o(fail)
  );

  assign finished = end_seen && all_done;

  // Engines.
  wire       unused_load_head, unused_store_head;
  wire [2:0] unused_load_missing, unused_store_missing;

  e8_engine_queue #(
    .QUEUE_LOG2(QUEUE_LOG2),
    .FLIGHT_LOG2(FLIGHT_LOG2),
    .TAG_BITS(TAG_BITS),
    .OWN(0)
  ) u_load (
    .clk_i(clk_i),
    .rst_ni(rst_n),
    .clear_i(clear),
    .run_i(run),
    .stop_i(stop),
    .stop_tag_i(stop_tag),
    .oldest_tag_i(oldest[TAG_BITS-1:0]),
    .in_valid_i(queue_valid[0]),
    .in_ready_o(queue_ready[0]),
    .in_instr_i(instr),
    .in_index_i(index),
    .token_i({store_send[0], exec_send[0], load_send[0]}),
    .instr_valid_o(load_instr_valid_o),
    .instr_ready_i(load_instr_ready_i),
    .instr_o(load_instr_o),
    .instr_index_o(load_instr_index_o),
    .done_i(load_done_i),
    .complete_o(complete[0]),
    .complete_tag_o(load_tag),
    .send_o(load_send),
    .head_valid_o(unused_load_head),
    .missing_o(unused_load_missing)
  );

  e8_engine_queue #(
    .QUEUE_LOG2(QUEUE_LOG2),
    .FLIGHT_LOG2(FLIGHT_LOG2),
    .TAG_BITS(TAG_BITS),
    .OWN(1)
  ) u_exec (
    .clk_i(clk_i),
    .rst_ni(rst_n),
    .clear_i(clear),
    .run_i(run),
    .stop_i(stop),
    .stop_tag_i(stop_tag),
    .oldest_tag_i(oldest[TAG_BITS-1:0]),
    .in_valid_i(queue_valid[1]),
    .in_ready_o(queue_ready[1]),
    .in_instr_i(instr),
    .in_index_i(index),
    .token_i({store_send[1], exec_send[1], load_send[1]}),
    .instr_valid_o(exec_instr_valid_o),
    .instr_ready_i(exec_instr_ready_i),
    .instr_o(exec_instr_o),
    .instr_index_o(exec_instr_index_o),
    .done_i(exec_done_i),
    .complete_o(complete[1]),
    .complete_tag_o(exec_tag),
    .send_o(exec_send),
    .head_valid_o(exec_head_valid),
    .missing_o(exec_missing)
  );

  e8_engine_queue #(
    .QUEUE_LOG2(QUEUE_LOG2),
    .FLIGHT_LOG2(FLIGHT_LOG2),
    .TAG_BITS(TAG_BITS),
    .OWN(2)
  ) u_store (
    .clk_i(clk_i),
    .rst_ni(rst_n),
    .clear_i(clear),
    .run_i(run),
    .stop_i(stop),
    .stop_tag_i(stop_tag),
    .oldest_tag_i(oldest[TAG_BITS-1:0]),
    .in_valid_i(queue_valid[2]),
    .in_ready_o(queue_ready[2]),
    .in_instr_i(instr),
    .in_index_i(index),
    .token_i({store_send[2], exec_send[2], load_send[2]}),
    .instr_valid_o(store_instr_valid_o),
    .instr_ready_i(store_instr_ready_i),
    .instr_o(store_instr_o),
    .instr_index_o(store_instr_index_o),
    .done_i(store_done_i),
    .complete_o(complete[2]),
    .complete_tag_o(store_tag),
    .send_o(store_send),
    .head_valid_o(unused_store_head),
    .missing_o(unused_store_missing)
  );
endmodule
`resetall
