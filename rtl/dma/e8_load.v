// LOAD engine: DRAM to feature, weight, parameter and table memory. e8_geometry hands out chunks;
// their data are requested from e8_axi_reader and their descriptors queue up for the receiver, so
// that instructions follow each other without a gap. One read beat a cycle to weight and parameter
// memory and, with dense words, to feature memory; otherwise one word a cycle.
`resetall
`default_nettype none
`include "exact8_isa.vh"
module e8_load #(
  parameter LANES        = 4,
  parameter V            = 8,
  parameter FEATURE_LOG2 = 13,
  parameter WEIGHT_LOG2  = 11,
  parameter PARAM_LOG2   = 8,
  parameter DRAIN        = 4,
  parameter AXI_BYTES    = 16,
  parameter ADDR_BITS    = 32,
  parameter TABLES       = 1,
  parameter CHUNK_LOG2   = (AXI_BYTES <= 4) ? ((V <= 8) ? 8 : 10) : 10,
  parameter DESC_LOG2    = (AXI_BYTES <= 4) ? 1 : 4,   // chunks requested ahead
  parameter FLIGHT_LOG2  = (AXI_BYTES <= 4) ? 1 : 3,   // instructions under way
  parameter FIFO_LOG2    = (AXI_BYTES <= 4) ? 1 : (AXI_BYTES > V) ? 5 : 3,
  parameter OFF_BITS     = $clog2(AXI_BYTES),
  parameter PARTS_LOG2   = $clog2(DRAIN)
) (
  input  wire                             clk_i,
  input  wire                             rst_ni,
  input  wire                             instr_valid_i,
  output wire                             instr_ready_o,
  input  wire [511:0]                     instr_i,
  input  wire [31:0]                      instr_index_i,
  output wire                             done_o,
  output wire                             err_valid_o,
  output wire [7:0]                       err_code_o,
  output wire [31:0]                      err_index_o,
  output wire                             idle_o,
  input  wire [4*ADDR_BITS-1:0]           region_base_i,
  input  wire [4*32-1:0]                  region_size_i,
  // e8_axi_reader, port 1.
  output wire                             req_valid_o,
  input  wire                             req_ready_i,
  output wire [ADDR_BITS-1:0]             req_addr_o,
  output wire [15:0]                      req_bytes_o,
  input  wire                             rsp_valid_i,
  output wire                             rsp_ready_o,
  input  wire [AXI_BYTES*8-1:0]           rsp_data_i,
  input  wire [OFF_BITS:0]                rsp_offset_i,
  input  wire [OFF_BITS:0]                rsp_bytes_i,
  input  wire                             rsp_last_i,
  input  wire                             rsp_err_i,
  // Memories.
  output wire [LANES-1:0]                 fw_valid_o,
  input  wire [LANES-1:0]                 fw_ready_i,
  output wire [LANES*FEATURE_LOG2-1:0]    fw_addr_o,
  output wire [LANES*V*8-1:0]             fw_data_o,
  output wire                             wm_valid_o,
  output wire [WEIGHT_LOG2-1:0]           wm_addr_o,
  output wire [V*V*8-1:0]                 wm_data_o,
  output wire                             pm_valid_o,
  output wire [PARAM_LOG2+PARTS_LOG2-1:0] pm_addr_o,
  output wire [V/DRAIN*128-1:0]           pm_data_o,
  output wire                             tm_valid_o,
  output wire [9:0]                       tm_addr_o,
  output wire [31:0]                      tm_data_o,
  output wire [LANES-1:0]                 retire_load_valid_o,
  output wire [LANES*32-1:0]              retire_load_instr_o,
  output wire [LANES*16-1:0]              retire_load_addr_o,
  output wire [LANES*V*8-1:0]             retire_load_data_o,
  output wire                             retire_wmem_valid_o,
  output wire [31:0]                      retire_wmem_instr_o,
  output wire [15:0]                      retire_wmem_addr_o,
  output wire [V*V*8-1:0]                 retire_wmem_data_o,
  output wire                             retire_pmem_valid_o,
  output wire [31:0]                      retire_pmem_instr_o,
  output wire [15:0]                      retire_pmem_addr_o,
  output wire [V/DRAIN*128-1:0]           retire_pmem_data_o,
  output wire                             retire_tmem_valid_o,
  output wire [31:0]                      retire_tmem_instr_o,
  output wire [15:0]                      retire_tmem_addr_o,
  output wire [31:0]                      retire_tmem_data_o
);
  localparam TOTAL_BITS = CHUNK_LOG2 + 1;
  localparam META_BITS  = 4 + CHUNK_LOG2 + 16;
  localparam DESC_BITS  = 1 + 3 * TOTAL_BITS + OFF_BITS + META_BITS;

  // Chunks.
  wire                  room, geometry_idle;
  wire                  op_valid, op_ready, op_term, op_err, op_active;
  wire [7:0]            op_err_code;
  wire [3:0]            op_lane;
  wire [TOTAL_BITS-1:0] op_prefix, op_data, op_total;
  wire [CHUNK_LOG2-1:0] op_words;
  wire [15:0]           op_word_addr;
  wire                  unused_last_lane;
  wire                  push = instr_valid_i && instr_ready_o;

  e8_geometry #(
    .IS_LOAD(1),
    .LANES(LANES),
    .V(V),
    .FEATURE_LOG2(FEATURE_LOG2),
    .WEIGHT_LOG2(WEIGHT_LOG2),
    .PARAM_LOG2(PARAM_LOG2),
    .ADDR_BITS(ADDR_BITS),
    .CHUNK_LOG2(CHUNK_LOG2)
  ) u_geometry (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .accept_i(room),
    .instr_valid_i(instr_valid_i),
    .instr_ready_o(instr_ready_o),
    .instr_i(instr_i),
    .region_base_i(region_base_i),
    .region_size_i(region_size_i),
    .op_valid_o(op_valid),
    .op_ready_i(op_ready),
    .op_term_o(op_term),
    .op_err_o(op_err),
    .op_err_code_o(op_err_code),
    .op_active_o(op_active),
    .op_last_lane_o(unused_last_lane),
    .op_lane_o(op_lane),
    .op_prefix_o(op_prefix),
    .op_data_o(op_data),
    .op_total_o(op_total),
    .op_words_o(op_words),
    .op_word_addr_o(op_word_addr),
    .op_addr_o(req_addr_o),
    .idle_o(geometry_idle)
  );

  // A chunk goes to the reader and to the receiver in the same cycle.
  wire                  desc_room;
  wire                  op_queued = op_term || op_active;
  wire                  op_reads = op_queued && !op_term && op_data != {TOTAL_BITS{1'b0}};
  wire                  desc_valid, desc_ready, desc_term;
  wire [TOTAL_BITS-1:0] desc_prefix, desc_data, desc_total;
  wire [OFF_BITS-1:0]   desc_offset;
  wire [META_BITS-1:0]  desc_meta;
  wire [DESC_LOG2:0]    unused_desc_count;

  assign req_valid_o = op_valid && op_reads && desc_room;
  assign req_bytes_o = {{(16 - TOTAL_BITS){1'b0}}, op_data};
  assign op_ready    = !op_queued || (desc_room && (!op_reads || req_ready_i));

  e8_fifo #(
    .WIDTH(DESC_BITS),
    .DEPTH_LOG2(DESC_LOG2)
  ) u_desc (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .clear_i(1'b0),
    .in_valid_i(op_valid && op_queued && (!op_reads || req_ready_i)),
    .in_ready_o(desc_room),
    .in_data_i({op_term, op_prefix, op_data, op_total, req_addr_o[OFF_BITS-1:0],
                op_lane, op_words, op_word_addr}),
    .out_valid_o(desc_valid),
    .out_ready_i(desc_ready),
    .out_data_o({desc_term, desc_prefix, desc_data, desc_total, desc_offset, desc_meta}),
    .count_o(unused_desc_count)
  );

  // Instructions under way, and where the aligner and the sink are among them.
  wire [(32 << FLIGHT_LOG2)-1:0] flight_index;
  wire [(34 << FLIGHT_LOG2)-1:0] flight_context;
  wire [FLIGHT_LOG2:0]           oldest;
  reg  [FLIGHT_LOG2:0]           align_ptr_q;
  wire [FLIGHT_LOG2-1:0]         align_ptr = align_ptr_q[FLIGHT_LOG2-1:0];
  wire [33:0]                    align_context = flight_context[align_ptr*34 +: 34];
  wire                           unused_context = ^align_context[33:8];
  wire                           unused_rsp = ^{rsp_offset_i, rsp_bytes_i};
  wire                           retire, flight_idle;

  assign idle_o = geometry_idle && flight_idle;

  e8_inflight #(
    .DEPTH_LOG2(FLIGHT_LOG2),
    .WIDTH(34),
    .AXI_ERR(`E8_ERR_AXI_READ)
  ) u_inflight (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .room_o(room),
    .push_i(push),
    .index_i(instr_index_i),
    .context_i({instr_i[`E8_LOAD_TARGET_LSB +: 2], instr_i[`E8_GEOMETRY_F_WORD_LSB +: 16],
                instr_i[`E8_LOAD_STEP_LSB +: 8], instr_i[`E8_LOAD_FILL_LSB +: 8]}),
    .check_err_i(op_valid && op_ready && op_err),
    .check_code_i(op_err_code),
    .axi_err_i(rsp_valid_i && rsp_ready_o && rsp_err_i),
    .axi_ptr_i(align_ptr_q),
    .retire_i(retire),
    .oldest_o(oldest),
    .idle_o(flight_idle),
    .done_o(done_o),
    .err_valid_o(err_valid_o),
    .err_code_o(err_code_o),
    .err_index_o(err_index_o),
    .index_o(flight_index),
    .context_o(flight_context)
  );

  always @(posedge clk_i) begin
    if (!rst_ni) begin
      align_ptr_q <= {(FLIGHT_LOG2 + 1){1'b0}};
    end else if (desc_valid && desc_ready && desc_term) begin
      align_ptr_q <= align_ptr_q + 1'b1;
    end
  end

  wire                   item_valid, item_ready, item_term, item_first;
  wire [AXI_BYTES*8-1:0] item_data;
  wire [META_BITS-1:0]   item_meta;

  e8_align #(
    .BYTES(AXI_BYTES),
    .TOTAL_BITS(TOTAL_BITS),
    .META_BITS(META_BITS)
  ) u_align (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .desc_valid_i(desc_valid),
    .desc_ready_o(desc_ready),
    .desc_term_i(desc_term),
    .desc_prefix_i(desc_prefix),
    .desc_data_i(desc_data),
    .desc_total_i(desc_total),
    .desc_offset_i(desc_offset),
    .desc_meta_i(desc_meta),
    .fill_i(align_context[7:0]),
    .rsp_valid_i(rsp_valid_i),
    .rsp_ready_o(rsp_ready_o),
    .rsp_data_i(rsp_data_i),
    .rsp_last_i(rsp_last_i),
    .item_valid_o(item_valid),
    .item_ready_i(item_ready),
    .item_term_o(item_term),
    .item_first_o(item_first),
    .item_data_o(item_data),
    .item_meta_o(item_meta)
  );

  wire [LANES*32-1:0] fw_instr;
  wire [31:0]         shared_instr;

  e8_load_sink #(
    .LANES(LANES),
    .V(V),
    .FEATURE_LOG2(FEATURE_LOG2),
    .WEIGHT_LOG2(WEIGHT_LOG2),
    .PARAM_LOG2(PARAM_LOG2),
    .DRAIN(DRAIN),
    .AXI_BYTES(AXI_BYTES),
    .TABLES(TABLES),
    .WORDS_BITS(CHUNK_LOG2),
    .FLIGHT_LOG2(FLIGHT_LOG2),
    .FIFO_LOG2(FIFO_LOG2)
  ) u_sink (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .item_valid_i(item_valid),
    .item_ready_o(item_ready),
    .item_term_i(item_term),
    .item_first_i(item_first),
    .item_lane_i(item_meta[META_BITS-1 -: 4]),
    .item_words_i(item_meta[16 +: CHUNK_LOG2]),
    .item_addr_i(item_meta[15:0]),
    .item_data_i(item_data),
    .index_i(flight_index),
    .context_i(flight_context),
    .oldest_i(oldest),
    .retire_o(retire),
    .fw_valid_o(fw_valid_o),
    .fw_ready_i(fw_ready_i),
    .fw_addr_o(fw_addr_o),
    .fw_data_o(fw_data_o),
    .fw_instr_o(fw_instr),
    .wm_valid_o(wm_valid_o),
    .wm_addr_o(wm_addr_o),
    .wm_data_o(wm_data_o),
    .pm_valid_o(pm_valid_o),
    .pm_addr_o(pm_addr_o),
    .pm_data_o(pm_data_o),
    .tm_valid_o(tm_valid_o),
    .tm_addr_o(tm_addr_o),
    .tm_data_o(tm_data_o),
    .shared_instr_o(shared_instr)
  );

  e8_load_retire #(
    .LANES(LANES),
    .V(V),
    .FEATURE_LOG2(FEATURE_LOG2),
    .WEIGHT_LOG2(WEIGHT_LOG2),
    .PART_LOG2(PARAM_LOG2 + PARTS_LOG2),
    .PART_BITS(V / DRAIN * 128)
  ) u_retire (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .fw_valid_i(fw_valid_o & fw_ready_i),
    .fw_addr_i(fw_addr_o),
    .fw_data_i(fw_data_o),
    .fw_instr_i(fw_instr),
    .wm_valid_i(wm_valid_o),
    .wm_addr_i(wm_addr_o),
    .wm_data_i(wm_data_o),
    .pm_valid_i(pm_valid_o),
    .pm_addr_i(pm_addr_o),
    .pm_data_i(pm_data_o),
    .tm_valid_i(tm_valid_o),
    .tm_addr_i(tm_addr_o),
    .tm_data_i(tm_data_o),
    .shared_instr_i(shared_instr),
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
    .retire_tmem_valid_o(retire_tmem_valid_o),
    .retire_tmem_instr_o(retire_tmem_instr_o),
    .retire_tmem_addr_o(retire_tmem_addr_o),
    .retire_tmem_data_o(retire_tmem_data_o)
  );
endmodule
`resetall
