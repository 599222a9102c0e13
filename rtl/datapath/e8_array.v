// The array of the exec engine: lanes, and what they share: weight, parameter and table memory writes,
// the weight broadcast, the lane shifter of SHIFT. It does what e8_issue and e8_drain say, when they say it.
`resetall
`default_nettype none
module e8_array #(
  parameter LANES        = 4,
  parameter V            = 8,
  parameter FEATURE_LOG2 = 13,
  parameter WEIGHT_LOG2  = 11,
  parameter PARAM_LOG2   = 8,
  parameter DRAIN        = 4,
  parameter MUL_BITS     = 31,
  parameter DOUBLE_ROUND = 1,
  parameter TABLES       = 1,
  parameter PACKED       = 0,
  parameter PIPE_W       = 0,
  parameter DOT_PIPE     = 0,
  parameter ENTRY_BITS   = 3,
  parameter SMALL        = 0,                       // e8_exec_small: one instruction at a time, one lane
  parameter READ_TO_ACC  = 1 + PIPE_W + DOT_PIPE,   // cycles from a step to its sum
  parameter PARTS_LOG2   = $clog2(DRAIN),
  parameter PART_BITS    = (DRAIN > 1) ? PARTS_LOG2 : 1
) (
  input  wire                             clk_i,
  input  wire                             rst_ni,
  // LOAD writes.
  input  wire [LANES-1:0]                 fw_valid_i,
  output wire [LANES-1:0]                 fw_ready_o,
  input  wire [LANES*FEATURE_LOG2-1:0]    fw_addr_i,
  input  wire [LANES*V*8-1:0]             fw_data_i,
  input  wire                             wm_valid_i,
  input  wire [WEIGHT_LOG2-1:0]           wm_addr_i,
  input  wire [V*V*8-1:0]                 wm_data_i,
  input  wire                             pm_valid_i,
  input  wire [PARAM_LOG2+PARTS_LOG2-1:0] pm_addr_i,
  input  wire [V/DRAIN*128-1:0]           pm_data_i,
  input  wire                             tm_valid_i,
  input  wire [9:0]                       tm_addr_i,
  input  wire [31:0]                      tm_data_i,
  // Reads of all lanes, and writes of their results.
  input  wire                             read_i,
  input  wire [FEATURE_LOG2-1:0]          read_addr_i,
  output wire [LANES*V*8-1:0]             word_o,
  input  wire [LANES-1:0]                 write_i,
  input  wire [FEATURE_LOG2-1:0]          write_addr_i,
  output wire [LANES*V*8-1:0]             result_o,
  // Steps; the activation is being read.
  input  wire                             step_i,
  input  wire                             step_first_i,
  input  wire                             step_max_i,
  input  wire [WEIGHT_LOG2-1:0]           w_addr_i,
  // e8_drain.
  input  wire                             take_i,
  input  wire [ENTRY_BITS-1:0]            take_entry_i,
  input  wire                             param_re_i,
  input  wire [PARAM_LOG2+PARTS_LOG2-1:0] param_addr_i,
  input  wire                             feed_valid_i,
  input  wire [PART_BITS-1:0]             feed_part_i,
  input  wire [27:0]                      tail_mode_i,
  input  wire                             res_take_i,
  input  wire                             look_valid_i,
  input  wire [PART_BITS-1:0]             look_part_i,
  input  wire                             look_bank_i,
  input  wire                             second_valid_i,
  input  wire [65:0]                      second_mode_i,
  input  wire                             capture_i,
  input  wire                             capture_second_i,
  input  wire [PART_BITS-1:0]             capture_part_i,
  output wire [LANES-1:0]                 overflow_o,
  // SHIFT: its fields, and a word read that is to be the result.
  input  wire                             load_shift_i,
  input  wire [511:0]                     instr_i,
  input  wire                             shift_take_i,
  input  wire [ENTRY_BITS-1:0]            event_entry_i,
  output wire [LANES*V*32-1:0]            event_acc_o
);
  localparam CHANNELS = V / DRAIN;

  // Weights, to all lanes; sign-extended once for all.
  wire [V*V*8-1:0]  weight_word, weight;
  reg  [V*V*32-1:0] weight_wide;
  integer           c, j;
  localparam        G = (V < 4) ? V : 4;    // e8_weight_memory

  e8_weight_memory #(
    .V(V),
    .DEPTH_LOG2(WEIGHT_LOG2)
  ) u_weight (
    .clk_i(clk_i),
    .we_i(wm_valid_i),
    .waddr_i(wm_addr_i),
    .wdata_i(wm_data_i),
    .re_i(step_i && !step_max_i),
    .raddr_i(w_addr_i),
    .rdata_o(weight_word)
  );

  e8_delay #(
    .WIDTH(V * V * 8),
    .CYCLES(PIPE_W)
  ) u_weight_pipe (
    .clk_i(clk_i),
    .data_i(weight_word),
    .data_o(weight)
  );

  always @* begin
    for (c = 0; c < V; c = c + 1) begin
      for (j = 0; j < V; j = j + 1) begin
        weight_wide[(c*V + j)*32 +: 32] = {{24{weight[((c/G*V + j)*G + c%G)*8 + 7]}},
                                           weight[((c/G*V + j)*G + c%G)*8 +: 8]};
      end
    end
  end

  // Steps, until their sums reach the accumulators. Those under way at an error change accumulators only.
  wire acc_valid, acc_first, acc_max;

  e8_delay #(
    .WIDTH(3),
    .CYCLES(READ_TO_ACC)
  ) u_step_pipe (
    .clk_i(clk_i),
    .data_i({step_i, step_first_i, step_max_i}),
    .data_o({acc_valid, acc_first, acc_max})
  );

  // Parameters, to all lanes.
  wire [CHANNELS*33-1:0] b2;
  wire [CHANNELS*31-1:0] mp, mn;
  wire [CHANNELS*6-1:0]  s;

  e8_param_memory #(
    .CHANNELS(CHANNELS),
    .DEPTH_LOG2(PARAM_LOG2 + PARTS_LOG2),
    .MUL_BITS(MUL_BITS)
  ) u_param (
    .clk_i(clk_i),
    .we_i(pm_valid_i),
    .waddr_i(pm_addr_i),
    .wdata_i(pm_data_i),
    .re_i(param_re_i),
    .raddr_i(param_addr_i),
    .b2_o(b2),
    .mp_o(mp),
    .mn_o(mn),
    .s_o(s)
  );

  // Lanes.
  wire [LANES*V*8-1:0] shift_word;

  generate
    if (SMALL != 0) begin : gen_fill
      // A single lane has no neighbour: every word of SHIFT is its fill byte, which lies where EXEC has zp.
      wire unused = ^{load_shift_i, instr_i};
      assign shift_word = {V{tail_mode_i[11:4]}};
    end else begin : gen_shift
      e8_shift #(
        .LANES(LANES),
        .V(V)
      ) u_shift (
        .clk_i(clk_i),
        .load_i(load_shift_i),
        .instr_i(instr_i),
        .word_i(word_o),
        .word_o(shift_word)
      );
    end
  endgenerate

  genvar l;
  generate
    for (l = 0; l < LANES; l = l + 1) begin : gen_lane
      e8_lane #(
        .V(V),
        .FEATURE_LOG2(FEATURE_LOG2),
        .DRAIN(DRAIN),
        .MUL_BITS(MUL_BITS),
        .DOUBLE_ROUND(DOUBLE_ROUND),
        .TABLES(TABLES),
        .PACKED(PACKED),
        .PIPE_W(PIPE_W),
        .DOT_PIPE(DOT_PIPE),
        .ENTRY_BITS(ENTRY_BITS),
        .SMALL(SMALL)
      ) u_lane (
        .clk_i(clk_i),
        .rst_ni(rst_ni),
        .fw_valid_i(fw_valid_i[l]),
        .fw_ready_o(fw_ready_o[l]),
        .fw_addr_i(fw_addr_i[l*FEATURE_LOG2 +: FEATURE_LOG2]),
        .fw_data_i(fw_data_i[l*V*8 +: V*8]),
        .write_i(write_i[l]),
        .write_addr_i(write_addr_i),
        .read_i(read_i),
        .read_addr_i(read_addr_i),
        .word_o(word_o[l*V*8 +: V*8]),
        .weight_i(weight_wide),
        .acc_valid_i(acc_valid),
        .acc_first_i(acc_first),
        .acc_max_i(acc_max),
        .take_i(take_i),
        .take_entry_i(take_entry_i),
        .feed_valid_i(feed_valid_i),
        .feed_part_i(feed_part_i),
        .b2_i(b2),
        .mp_i(mp),
        .mn_i(mn),
        .s_i(s),
        .tail_mode_i(tail_mode_i),
        .tm_valid_i(tm_valid_i),
        .tm_addr_i(tm_addr_i),
        .tm_data_i(tm_data_i),
        .res_take_i(res_take_i),
        .look_valid_i(look_valid_i),
        .look_part_i(look_part_i),
        .look_bank_i(look_bank_i),
        .second_valid_i(second_valid_i),
        .second_mode_i(second_mode_i),
        .shift_take_i(shift_take_i),
        .shift_word_i(shift_word[l*V*8 +: V*8]),
        .capture_i(capture_i),
        .capture_second_i(capture_second_i),
        .capture_part_i(capture_part_i),
        .result_o(result_o[l*V*8 +: V*8]),
        .overflow_o(overflow_o[l]),
        .event_entry_i(event_entry_i),
        .event_acc_o(event_acc_o[l*V*32 +: V*32])
      );
    end
  endgenerate
endmodule
`resetall
