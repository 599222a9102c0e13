// Follows every output vector from its last step to its write, by time alone: a token enters a line with
// the last step and starts, at fixed places, the hand-over of the accumulators, the parameter reads, the
// residual read, the table look-ups, the captures of results and the write (e8_retire). Nothing in here
// waits, so nothing can starve or deadlock; e8_issue sees to it that tokens of output vectors come at
// least DRAIN cycles apart and that all tokens in the line have one latency (kind_i).
//
// Cycles after the last step, with H = READ_TO_ACC + 1 (accumulators are final): part d of the parameters
// is read at H+d, goes into the tail at H+1+d and comes out at H+5+d; write at H+5+DRAIN. With stage 2:
// residual read at H+3, look-up at H+5+d, through stage 2 from H+6+d to H+10+d; write at H+10+DRAIN.
// SHIFT: write at 2.
`resetall
`default_nettype none
`include "exact8_isa.vh"
module e8_drain #(
  parameter FEATURE_LOG2 = 13,
  parameter PARAM_LOG2   = 8,
  parameter DRAIN        = 4,
  parameter TABLES       = 1,
  parameter SLOT_BITS    = 3,
  parameter ENTRY_BITS   = 3,              // log2 of tokens under way
  parameter READ_TO_ACC  = 1,              // cycles from a step's read to its sum
  parameter PART_BITS    = (DRAIN > 1) ? $clog2(DRAIN) : 1
) (
  input  wire                    clk_i,
  input  wire                    rst_ni,
  input  wire                    flush_i,       // an error was reported: forget everything
  input  wire                    accepted_i,    // instruction, into its slot
  input  wire [511:0]            instr_i,
  input  wire [SLOT_BITS-1:0]    slot_i,
  // Tokens.
  input  wire                    push_i,
  input  wire                    push_err_i,
  input  wire                    push_none_i,
  input  wire                    push_last_i,
  input  wire                    push_res_i,
  input  wire [SLOT_BITS-1:0]    push_slot_i,
  input  wire [PARAM_LOG2-1:0]   p_addr_i,
  input  wire [FEATURE_LOG2-1:0] r_addr_i,
  input  wire [FEATURE_LOG2-1:0] o_addr_i,
  input  wire [1:0]              kind_i,
  // To the lanes.
  output wire                    take_o,        // accumulators are final: take them
  output wire [ENTRY_BITS-1:0]   take_entry_o,
  output wire                    param_re_o,
  output wire [PARAM_LOG2+$clog2(DRAIN)-1:0] param_addr_o,
  output wire                    feed_valid_o,
  output wire [PART_BITS-1:0]    feed_part_o,
  output wire [27:0]             tail_mode_o,   // {hi, lo, zp, zp_first, double_round, tie}
  output wire                    res_read_o,    // takes the feature read port
  output wire [FEATURE_LOG2-1:0] res_addr_o,
  output wire                    res_take_o,    // the residual word is there
  output wire                    look_valid_o,
  output wire [PART_BITS-1:0]    look_part_o,
  output wire                    look_bank_o,
  output wire                    second_valid_o,
  output wire [65:0]             second_mode_o, // {hi2, lo2, zp2, double_round2, tie2, s2, m2, residual, bank}
  output wire                    shift_take_o,
  output wire                    capture_o,
  output wire                    capture_second_o,
  output wire [PART_BITS-1:0]    capture_part_o,
  // To e8_retire: a token ends, in the cycle before its write.
  output wire                    end_o,
  output wire                    end_shift_o,
  output wire                    end_err_o,
  output wire                    end_none_o,
  output wire                    end_last_o,
  output wire [SLOT_BITS-1:0]    end_slot_o,
  output wire [FEATURE_LOG2-1:0] end_addr_o,
  output wire [ENTRY_BITS-1:0]   end_entry_o
);
  localparam H      = READ_TO_ACC + 1;
  localparam FAST   = H + 5 + DRAIN;
  localparam SLOW   = FAST + 5;
  localparam LINE   = (TABLES != 0) ? SLOW - 1 : FAST - 1;
  localparam SLOTS  = 1 << SLOT_BITS;
  localparam ENTRIES = 1 << ENTRY_BITS;
  localparam ENTRY  = 4 + SLOT_BITS + FEATURE_LOG2;

  wire clear = !rst_ni || flush_i;
  wire shift = kind_i[1];
  wire slow  = (TABLES != 0) && kind_i[0];

  // Modes of the instructions under way.
  reg  [27:0] tail_mode [0:SLOTS-1];
  wire        unused_instr = ^instr_i;

  always @(posedge clk_i) begin
    if (accepted_i) begin
      tail_mode[slot_i] <= {instr_i[`E8_EXEC_HI_LSB +: 8], instr_i[`E8_EXEC_LO_LSB +: 8],
                            instr_i[`E8_EXEC_ZP_LSB +: 8], instr_i[`E8_EXEC_ZP_FIRST_LSB],
                            instr_i[`E8_EXEC_DOUBLE_ROUND_LSB], instr_i[`E8_EXEC_TIE_LSB +: 2]};
    end
  end

  // The line, and the tokens' contents.
  reg  [LINE:1]           line_q;
  reg  [ENTRY-1:0]        entry [0:ENTRIES-1];     // {err, none, last, res, slot, output address}
  reg  [PARAM_LOG2-1:0]   entry_param [0:ENTRIES-1];
  reg  [ENTRY_BITS-1:0]   push_ptr_q, take_ptr_q, end_ptr_q;
  wire                    fast_end = line_q[FAST-1] && !slow;
  wire                    shift_end = line_q[1] && shift;
  wire                    ending = shift_end || fast_end || (slow && line_q[LINE]);
  wire [ENTRY-1:0]        taken = entry[take_ptr_q];
  wire [ENTRY-1:0]        ended = entry[end_ptr_q];
  wire                    unused_entry = ^{taken, ended};
  wire                    start = line_q[H] && taken[ENTRY-1 -: 2] == 2'b00;   // requantization starts

  assign take_o       = line_q[H] && !taken[ENTRY-1];  // an address error may come while parts are fed
  assign take_entry_o = take_ptr_q;
  assign shift_take_o = shift_end;

  assign end_o       = ending;
  assign end_shift_o = shift;
  assign {end_err_o, end_none_o, end_last_o} = ended[ENTRY-1 -: 3];
  assign end_slot_o  = ended[FEATURE_LOG2 +: SLOT_BITS];
  assign end_addr_o  = ended[FEATURE_LOG2-1:0];
  assign end_entry_o = end_ptr_q;

  always @(posedge clk_i) begin
    if (clear) begin
      line_q     <= {LINE{1'b0}};
      push_ptr_q <= {ENTRY_BITS{1'b0}};
      take_ptr_q <= {ENTRY_BITS{1'b0}};
      end_ptr_q  <= {ENTRY_BITS{1'b0}};
    end else begin
      line_q <= {line_q[LINE-1:1], push_i};
      // A token leaves the line where it ends.
      if (shift) line_q[2] <= 1'b0;
      if (TABLES != 0 && !slow) line_q[LINE-4] <= 1'b0;
      if (push_i) push_ptr_q <= push_ptr_q + 1'b1;
      if (line_q[H] || shift_end) take_ptr_q <= take_ptr_q + 1'b1;
      if (ending) end_ptr_q <= end_ptr_q + 1'b1;
    end
    if (push_i) begin
      entry[push_ptr_q]       <= {push_err_i, push_none_i, push_last_i, push_res_i, push_slot_i, o_addr_i};
      entry_param[push_ptr_q] <= p_addr_i;
    end
  end

  // Parameter reads, and the tail one cycle behind them.
  wire                                param_valid;
  wire [PART_BITS-1:0]                param_part;
  reg  [PARAM_LOG2+$clog2(DRAIN)-1:0] param_addr_q;
  reg                                 feed_q;
  reg  [PART_BITS-1:0]                feed_part_q;
  reg  [SLOT_BITS-1:0]                feed_slot_q;

  assign param_re_o   = param_valid;
  assign feed_valid_o = feed_q;
  assign feed_part_o  = feed_part_q;
  assign tail_mode_o  = tail_mode[feed_slot_q];

  generate
    if (DRAIN > 1) begin : gen_param_parts
      assign param_addr_o = start ? {entry_param[take_ptr_q], {PART_BITS{1'b0}}} : param_addr_q;
    end else begin : gen_param_word
      wire unused_param_addr = ^param_addr_q;
      assign param_addr_o = entry_param[take_ptr_q];
    end
  endgenerate

  e8_parts #(
    .DRAIN(DRAIN)
  ) u_param_parts (
    .clk_i(clk_i),
    .rst_ni(!clear),
    .start_i(start),
    .valid_o(param_valid),
    .part_o(param_part)
  );

  always @(posedge clk_i) begin
    feed_q       <= param_valid && !clear;
    feed_part_q  <= param_part;
    param_addr_q <= param_addr_o + 1'b1;
    if (start) feed_slot_q <= taken[FEATURE_LOG2 +: SLOT_BITS];
  end

  // Parts leave the tail.
  reg  [5:1]           since_q;            // bit k: requantization started k cycles ago
  wire                 tail_valid;
  wire [PART_BITS-1:0] tail_part;

  e8_parts #(
    .DRAIN(DRAIN)
  ) u_tail_parts (
    .clk_i(clk_i),
    .rst_ni(!clear),
    .start_i(since_q[5]),
    .valid_o(tail_valid),
    .part_o(tail_part)
  );

  always @(posedge clk_i) begin
    if (clear) since_q <= 5'd0;
    else since_q <= {since_q[4:1], start};
  end

  generate
    if (TABLES != 0) begin : gen_second
      reg  [65:0]             second_mode [0:SLOTS-1];
      reg  [FEATURE_LOG2-1:0] entry_res [0:ENTRIES-1];
      reg  [ENTRY_BITS-1:0]   res_ptr_q;
      reg  [10:6]             since2_q;
      reg  [SLOT_BITS-1:0]    res_slot_q, look_slot_q, second_slot_q;
      reg                     res_take_q, second_q;
      wire [ENTRY-1:0]        res_entry = entry[res_ptr_q];
      wire [65:0]             look_mode = second_mode[look_slot_q];
      wire                    unused = ^{res_entry, look_mode};
      wire                    second_valid;
      wire [PART_BITS-1:0]    second_part;

      assign res_read_o     = since_q[3] && res_entry[FEATURE_LOG2+SLOT_BITS];
      assign res_addr_o     = entry_res[res_ptr_q];
      assign res_take_o     = res_take_q;
      assign look_valid_o   = tail_valid && slow;
      assign look_part_o    = tail_part;
      assign look_bank_o    = look_mode[0];
      assign second_valid_o = second_q;
      assign second_mode_o  = second_mode[second_slot_q];
      assign capture_second_o = slow;
      assign capture_o      = slow ? second_valid : tail_valid;
      assign capture_part_o = slow ? second_part : tail_part;

      e8_parts #(
        .DRAIN(DRAIN)
      ) u_second_parts (
        .clk_i(clk_i),
        .rst_ni(!clear),
        .start_i(since2_q[10]),
        .valid_o(second_valid),
        .part_o(second_part)
      );

      always @(posedge clk_i) begin
        if (clear) begin
          since2_q  <= 5'd0;
          res_ptr_q <= {ENTRY_BITS{1'b0}};
        end else begin
          since2_q <= {since2_q[9:6], since_q[5] && slow};
          if (line_q[H+3] || shift_end) res_ptr_q <= res_ptr_q + 1'b1;
        end
        res_take_q <= res_read_o;
        second_q   <= look_valid_o && !clear;
        // The slot travels with the parts.
        if (since_q[3]) res_slot_q <= res_entry[FEATURE_LOG2 +: SLOT_BITS];
        if (since_q[4]) look_slot_q <= res_slot_q;
        if (since_q[5]) second_slot_q <= look_slot_q;
        if (push_i) entry_res[push_ptr_q] <= r_addr_i;
        if (accepted_i) begin
          second_mode[slot_i] <= {instr_i[`E8_EXEC_HI2_LSB +: 8], instr_i[`E8_EXEC_LO2_LSB +: 8],
                                  instr_i[`E8_EXEC_ZP2_LSB +: 8], instr_i[`E8_EXEC_DOUBLE_ROUND2_LSB],
                                  instr_i[`E8_EXEC_TIE2_LSB +: 2], instr_i[`E8_EXEC_S2_LSB +: 6],
                                  instr_i[`E8_EXEC_M2_LSB +: 31], instr_i[`E8_EXEC_STAGE2_LSB + 1],
                                  instr_i[`E8_EXEC_TABLE_BANK_LSB]};
        end
      end
    end else begin : gen_no_second
      wire unused = ^{r_addr_i, since_q};
      assign res_read_o     = 1'b0;
      assign res_addr_o     = {FEATURE_LOG2{1'b0}};
      assign res_take_o     = 1'b0;
      assign look_valid_o   = 1'b0;
      assign look_part_o    = {PART_BITS{1'b0}};
      assign look_bank_o    = 1'b0;
      assign second_valid_o = 1'b0;
      assign second_mode_o  = 66'd0;
      assign capture_second_o = 1'b0;
      assign capture_o      = tail_valid;
      assign capture_part_o = tail_part;
    end
  endgenerate
endmodule
`resetall
