// Writes the aligned items of LOAD into the memories: feature words by e8_window (or, dense and
// shorter than an item, several a cycle) into a FIFO a lane, the others through a gearbox each.
// An instruction retires when every lane has passed its end marker.
`resetall
`default_nettype none
`include "exact8_isa.vh"
module e8_load_sink #(
  parameter LANES        = 4,
  parameter V            = 8,
  parameter FEATURE_LOG2 = 13,
  parameter WEIGHT_LOG2  = 11,
  parameter PARAM_LOG2   = 8,
  parameter DRAIN        = 4,
  parameter AXI_BYTES    = 16,
  parameter TABLES       = 1,
  parameter WORDS_BITS   = 10,
  parameter FLIGHT_LOG2  = 3,
  parameter FIFO_LOG2    = 5,
  parameter PARTS_LOG2   = $clog2(DRAIN)
) (
  input  wire                             clk_i,
  input  wire                             rst_ni,
  input  wire                             item_valid_i,
  output wire                             item_ready_o,
  input  wire                             item_term_i,    // ends an instruction
  input  wire                             item_first_i,   // starts a chunk
  input  wire [3:0]                       item_lane_i,
  input  wire [WORDS_BITS-1:0]            item_words_i,
  input  wire [15:0]                      item_addr_i,    // of the chunk's first word
  input  wire [AXI_BYTES*8-1:0]           item_data_i,
  input  wire [(32 << FLIGHT_LOG2)-1:0]   index_i,        // instructions under way: index,
  input  wire [(34 << FLIGHT_LOG2)-1:0]   context_i,      // {target, f_word, step, fill}
  input  wire [FLIGHT_LOG2:0]             oldest_i,
  output wire                             retire_o,       // the oldest is complete
  output wire [LANES-1:0]                 fw_valid_o,
  input  wire [LANES-1:0]                 fw_ready_i,
  output wire [LANES*FEATURE_LOG2-1:0]    fw_addr_o,
  output wire [LANES*V*8-1:0]             fw_data_o,
  output wire [LANES*32-1:0]              fw_instr_o,
  output wire                             wm_valid_o,
  output wire [WEIGHT_LOG2-1:0]           wm_addr_o,
  output wire [V*V*8-1:0]                 wm_data_o,
  output wire                             pm_valid_o,
  output wire [PARAM_LOG2+PARTS_LOG2-1:0] pm_addr_o,
  output wire [V/DRAIN*128-1:0]           pm_data_o,
  output wire                             tm_valid_o,
  output wire [9:0]                       tm_addr_o,
  output wire [31:0]                      tm_data_o,
  output wire [31:0]                      shared_instr_o  // of wm, pm, tm
);
  localparam WORDS      = (AXI_BYTES > V) ? AXI_BYTES / V : 1;   // in a FIFO entry
  localparam WORDS_LOG2 = $clog2(WORDS);
  localparam COUNT_BITS = (WORDS > 1) ? WORDS_LOG2 : 1;
  localparam LANE_SEL   = (LANES > 1) ? $clog2(LANES) : 1;
  localparam PART_BITS  = PARAM_LOG2 + PARTS_LOG2;

  reg  [FLIGHT_LOG2:0]   ptr_q;             // instruction of the item
  wire [FLIGHT_LOG2-1:0] ptr = ptr_q[FLIGHT_LOG2-1:0];
  wire [33:0]            ctx = context_i[ptr*34 +: 34];
  wire [1:0]             target = ctx[33:32];
  wire [15:0]            f_word = ctx[31:16];
  wire [7:0]             step = ctx[15:8];
  wire                   unused_ctx = ^{ctx[7:0], f_word, item_addr_i};
  wire                   shared_idle, shared_ready;
  wire                   is_data = item_valid_i && !item_term_i;
  wire                   dense = WORDS > 1 && step == V[7:0];

  // Dense features: whole items.
  wire                      window_idle, window_ready, window_valid;
  wire [3:0]                window_lane;
  wire [FEATURE_LOG2-1:0]   window_addr;
  wire [V*8-1:0]            window_data;
  reg  [WORDS_BITS-1:0]     left_q;
  reg  [FEATURE_LOG2-1:0]   addr_q;
  wire [WORDS_BITS-1:0]     left = item_first_i ? item_words_i : left_q;
  wire [FEATURE_LOG2-1:0]   addr = item_first_i ? item_addr_i[FEATURE_LOG2-1:0] : addr_q;
  wire                      dense_valid = is_data && target == 2'd0 && dense && window_idle;
  wire                      whole = left >= WORDS[WORDS_BITS-1:0];
  wire [WORDS_BITS-1:0]     count = whole ? WORDS[WORDS_BITS-1:0] - 1'b1 : left - 1'b1;
  wire                      unused_count = ^count;
  wire                      term_valid = item_valid_i && item_term_i && window_idle && shared_idle;

  // What goes to the lanes' FIFOs.
  wire [LANES-1:0]          lane_ready, marker;
  wire [3:0]                push_lane = window_idle ? item_lane_i : window_lane;
  wire                      push_valid = window_valid || dense_valid;
  wire [FEATURE_LOG2-1:0]   push_addr = window_idle ? addr : window_addr;
  wire [COUNT_BITS-1:0]     push_count = window_idle ? count[COUNT_BITS-1:0] : {COUNT_BITS{1'b0}};
  wire [WORDS*V*8-1:0]      push_data;
  wire                      push_ready = lane_ready[push_lane[LANE_SEL-1:0]];
  wire                      term_ready = &lane_ready;

  assign item_ready_o = item_term_i ? term_valid && term_ready :
                        target != 2'd0 ? shared_ready :
                        dense ? window_idle && push_ready : window_ready;

  generate
    if (WORDS > 1) begin : gen_wide
      assign push_data = window_idle ? item_data_i : {{((WORDS - 1) * V * 8){1'b0}}, window_data};
    end else begin : gen_narrow
      assign push_data = window_data;
    end
  endgenerate

  always @(posedge clk_i) begin
    if (!rst_ni) begin
      ptr_q <= {(FLIGHT_LOG2 + 1){1'b0}};
    end else if (term_valid && term_ready) begin
      ptr_q <= ptr_q + 1'b1;
    end
    if (dense_valid && push_ready) begin
      left_q <= left - WORDS[WORDS_BITS-1:0];
      addr_q <= addr + (f_word[FEATURE_LOG2-1:0] << WORDS_LOG2);
    end
  end

  e8_window #(
    .BYTES(AXI_BYTES),
    .V(V),
    .LANE_BITS(4),
    .ADDR_BITS(FEATURE_LOG2),
    .WORDS_BITS(WORDS_BITS)
  ) u_window (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .item_valid_i(is_data && target == 2'd0 && !dense),
    .item_ready_o(window_ready),
    .item_first_i(item_first_i),
    .item_lane_i(item_lane_i),
    .item_addr_i(item_addr_i[FEATURE_LOG2-1:0]),
    .item_words_i(item_words_i),
    .item_data_i(item_data_i),
    .step_i(step),
    .stride_i(f_word[FEATURE_LOG2-1:0]),
    .word_valid_o(window_valid),
    .word_ready_i(push_ready),
    .word_lane_o(window_lane),
    .word_addr_o(window_addr),
    .word_data_o(window_data),
    .idle_o(window_idle)
  );

  // Lanes. lane_ptr: the instruction whose words the lane writes.
  wire [LANES-1:0] passed;
  assign retire_o = &passed;

  genvar l;
  generate
    for (l = 0; l < LANES; l = l + 1) begin : gen_lane
      reg  [FLIGHT_LOG2:0] lane_ptr_q;

      assign passed[l] = lane_ptr_q != oldest_i;
      assign fw_instr_o[l*32 +: 32] = index_i[lane_ptr_q[FLIGHT_LOG2-1:0]*32 +: 32];

      always @(posedge clk_i) begin
        if (!rst_ni) begin
          lane_ptr_q <= {(FLIGHT_LOG2 + 1){1'b0}};
        end else if (marker[l]) begin
          lane_ptr_q <= lane_ptr_q + 1'b1;
        end
      end

      e8_lane_writer #(
        .WORDS(WORDS),
        .V(V),
        .ADDR_BITS(FEATURE_LOG2),
        .DEPTH_LOG2(FIFO_LOG2)
      ) u_writer (
        .clk_i(clk_i),
        .rst_ni(rst_ni),
        .in_valid_i((push_valid && push_lane == l[3:0]) || (term_valid && term_ready)),
        .in_ready_o(lane_ready[l]),
        .in_marker_i(!push_valid),
        .in_count_i(push_count),
        .in_addr_i(push_addr),
        .in_stride_i(f_word[FEATURE_LOG2-1:0]),
        .in_data_i(push_data),
        .word_valid_o(fw_valid_o[l]),
        .word_ready_i(fw_ready_i[l]),
        .word_addr_o(fw_addr_o[l*FEATURE_LOG2 +: FEATURE_LOG2]),
        .word_data_o(fw_data_o[l*V*8 +: V*8]),
        .marker_o(marker[l])
      );
    end
  endgenerate

  // Shared memories.
  wire                  wm_ready, wm_idle, pm_ready, pm_idle, tm_ready, tm_idle;
  wire [WORDS_BITS-1:0] parts = item_words_i << PARTS_LOG2;
  wire [PART_BITS-1:0]  part_addr;

  assign shared_ready   = target == 2'd1 ? wm_ready : target == 2'd2 ? pm_ready : tm_ready;
  assign shared_idle    = wm_idle && pm_idle && tm_idle;
  assign shared_instr_o = index_i[ptr*32 +: 32];

  e8_gearbox #(
    .IN(AXI_BYTES),
    .OUT(V * V),
    .ADDR_BITS(WEIGHT_LOG2),
    .WORDS_BITS(WORDS_BITS)
  ) u_weight (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .item_valid_i(is_data && target == 2'd1),
    .item_ready_o(wm_ready),
    .item_first_i(item_first_i),
    .item_addr_i(item_addr_i[WEIGHT_LOG2-1:0]),
    .item_words_i(item_words_i),
    .item_data_i(item_data_i),
    .word_valid_o(wm_valid_o),
    .word_addr_o(wm_addr_o),
    .word_data_o(wm_data_o),
    .idle_o(wm_idle)
  );

  assign part_addr = {{PARTS_LOG2{1'b0}}, item_addr_i[PARAM_LOG2-1:0]} << PARTS_LOG2;

  e8_gearbox #(
    .IN(AXI_BYTES),
    .OUT(V / DRAIN * 16),
    .ADDR_BITS(PART_BITS),
    .WORDS_BITS(WORDS_BITS)
  ) u_param (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .item_valid_i(is_data && target == 2'd2),
    .item_ready_o(pm_ready),
    .item_first_i(item_first_i),
    .item_addr_i(part_addr),
    .item_words_i(parts),
    .item_data_i(item_data_i),
    .word_valid_o(pm_valid_o),
    .word_addr_o(pm_addr_o),
    .word_data_o(pm_data_o),
    .idle_o(pm_idle)
  );

  generate
    if (TABLES != 0) begin : gen_tables
      e8_gearbox #(
        .IN(AXI_BYTES),
        .OUT(4),
        .ADDR_BITS(10),
        .WORDS_BITS(WORDS_BITS)
      ) u_table (
        .clk_i(clk_i),
        .rst_ni(rst_ni),
        .item_valid_i(is_data && target == 2'd3),
        .item_ready_o(tm_ready),
        .item_first_i(item_first_i),
        .item_addr_i(item_addr_i[9:0]),
        .item_words_i(item_words_i),
        .item_data_i(item_data_i),
        .word_valid_o(tm_valid_o),
        .word_addr_o(tm_addr_o),
        .word_data_o(tm_data_o),
        .idle_o(tm_idle)
      );
    end else begin : gen_no_tables
      assign tm_ready   = 1'b1;
      assign tm_idle    = 1'b1;
      assign tm_valid_o = 1'b0;
      assign tm_addr_o  = 10'd0;
      assign tm_data_o  = 32'd0;
    end
  endgenerate
endmodule
`resetall
