// Static legality of an instruction, in the order in which its 16 words come: the rules that
// emu/isa/check.cpp lists, and for EXEC the acc_keep chain and MAX_STEPS. Most rules say that bits have
// a fixed value: one table an opcode. The others are checked at the word that completes the field.
// One word a cycle; the number of steps is multiplied meanwhile, bits(n_ky) + bits(n_kx) + 2 cycles from
// word 5 on, so the answer waits for it (at most 8 cycles) for kernels above 15 x 15 only.
`resetall
`default_nettype none
`include "exact8_isa.vh"
module e8_check #(
  parameter LANES        = 4,
  parameter V            = 8,
  parameter MUL_BITS     = 31,
  parameter DOUBLE_ROUND = 1,
  parameter TABLES       = 1
) (
  input  wire         clk_i,
  input  wire         rst_ni,
  input  wire         clear_i,        // a program starts: nothing is held
  input  wire         word_valid_i,
  output wire         word_ready_o,
  input  wire [31:0]  word_i,
  output wire         valid_o,
  input  wire         ready_i,
  output wire [511:0] instr_o,
  output wire [7:0]   code_o,         // NONE, ILLEGAL_OPCODE or ILLEGAL_FIELD
  output wire         idle_o          // between two instructions
);
  localparam MAX_STEPS = 131071 / V;

  // Bits lo..hi of an instruction; none when hi = lo - 1.
  function [511:0] bits(input integer lo, input integer hi);
    bits = ({512{1'b1}} >> (511 - hi + lo)) << lo;
  endfunction
  function [511:0] above(input integer lo, input integer width);
    above = bits(lo + width, 511);
  endfunction
  function [511:0] field(input integer lo, input integer width);
    field = bits(lo, lo + width - 1);
  endfunction
  function [511:0] token(input integer engine);
    token = bits(`E8_COMMON_WAIT_LSB + engine, `E8_COMMON_WAIT_LSB + engine) |
            bits(`E8_COMMON_SIGNAL_LSB + engine, `E8_COMMON_SIGNAL_LSB + engine);
  endfunction

  // Bits that must be 0: those no field names, the engine's own tokens, lanes that are not built.
  localparam [511:0] NO_LANES = bits(`E8_EXEC_LANE_MASK_LSB + LANES, `E8_EXEC_LANE_MASK_LSB + 15);
  localparam [511:0] ZERO_NOP = above(`E8_NOP_ENGINE_LSB, `E8_NOP_ENGINE_WIDTH);
  localparam [511:0] ZERO_LOAD = above(`E8_LOAD_STEP_LSB, `E8_LOAD_STEP_WIDTH) |
    bits(`E8_GEOMETRY_LANES_X_LSB + `E8_GEOMETRY_LANES_X_WIDTH, `E8_LOAD_FILL_LSB - 1) |
    bits(`E8_GEOMETRY_REGION_LSB + `E8_GEOMETRY_REGION_WIDTH, `E8_GEOMETRY_LANE_MASK_LSB - 1) |
    token(0) | NO_LANES;
  localparam [511:0] ZERO_STORE = above(`E8_GEOMETRY_LANES_X_LSB, `E8_GEOMETRY_LANES_X_WIDTH) |
    bits(`E8_COMMON_SIGNAL_LSB + `E8_COMMON_SIGNAL_WIDTH, `E8_GEOMETRY_REGION_LSB - 1) |
    bits(`E8_GEOMETRY_REGION_LSB + `E8_GEOMETRY_REGION_WIDTH, `E8_GEOMETRY_LANE_MASK_LSB - 1) |
    bits(`E8_GEOMETRY_COL0_LSB + 23, `E8_GEOMETRY_COL0_LSB + 23) |            // not negative
    bits(`E8_GEOMETRY_LANE_COL_LSB + 23, `E8_GEOMETRY_LANE_COL_LSB + 23) | token(2) | NO_LANES;
  localparam [511:0] ZERO_SHIFT = above(`E8_SHIFT_D_ROW_LSB, `E8_SHIFT_D_ROW_WIDTH) |
    bits(`E8_SHIFT_DRAIN_WAIT_LSB + 1, `E8_SHIFT_LANE_MASK_LSB - 1) |
    bits(`E8_SHIFT_DIST_LSB + `E8_SHIFT_DIST_WIDTH, `E8_SHIFT_N_ROWS_LSB - 1) |
    bits(`E8_SHIFT_FILL_MASK_LSB + LANES, `E8_SHIFT_FILL_MASK_LSB + 15) | token(1) | NO_LANES;
  localparam [511:0] ZERO_BUILD =      // EXEC: what this build does not have
    (TABLES != 0 ? 512'd0 : field(`E8_EXEC_STAGE2_LSB, `E8_EXEC_STAGE2_WIDTH)) |
    (DOUBLE_ROUND != 0 ? 512'd0 : field(`E8_EXEC_DOUBLE_ROUND_LSB, `E8_EXEC_DOUBLE_ROUND_WIDTH) |
                                  field(`E8_EXEC_DOUBLE_ROUND2_LSB, `E8_EXEC_DOUBLE_ROUND2_WIDTH)) |
    (MUL_BITS == 0 ? bits(`E8_EXEC_M2_LSB + 1, `E8_EXEC_M2_LSB + 30) : 512'd0) |
    (MUL_BITS == 24 ? bits(`E8_EXEC_M2_LSB + 24, `E8_EXEC_M2_LSB + 30) : 512'd0);
  localparam [511:0] ZERO_EXEC = above(`E8_EXEC_O_X_LSB, `E8_EXEC_O_X_WIDTH) |
    bits(`E8_EXEC_DOUBLE_ROUND2_LSB + 1, `E8_EXEC_ZP_LSB - 1) |
    bits(`E8_EXEC_M2_LSB + `E8_EXEC_M2_WIDTH, `E8_EXEC_S2_LSB - 1) | token(1) | NO_LANES | ZERO_BUILD;
  localparam [511:0] ZERO_STAGE2 =     // EXEC without stage 2, words 1 and up
    field(`E8_EXEC_TIE2_LSB, `E8_EXEC_TIE2_WIDTH) |
    field(`E8_EXEC_DOUBLE_ROUND2_LSB, `E8_EXEC_DOUBLE_ROUND2_WIDTH) |
    field(`E8_EXEC_ZP2_LSB, `E8_EXEC_ZP2_WIDTH) | field(`E8_EXEC_LO2_LSB, `E8_EXEC_LO2_WIDTH) |
    field(`E8_EXEC_HI2_LSB, `E8_EXEC_HI2_WIDTH) | field(`E8_EXEC_M2_LSB, `E8_EXEC_M2_WIDTH) |
    field(`E8_EXEC_S2_LSB, `E8_EXEC_S2_WIDTH) | field(`E8_EXEC_R_BASE_LSB, `E8_EXEC_R_BASE_WIDTH) |
    field(`E8_EXEC_R_G_LSB, `E8_EXEC_R_G_WIDTH) | field(`E8_EXEC_R_Y_LSB, `E8_EXEC_R_Y_WIDTH) |
    field(`E8_EXEC_R_X_LSB, `E8_EXEC_R_X_WIDTH);
  localparam [511:0] ZERO_END = above(`E8_COMMON_OPCODE_LSB, `E8_COMMON_OPCODE_WIDTH);
  // LOAD of a shared memory: all but region, dram, f_base and n_words are fixed, to 0 but these to 1.
  localparam [511:0] FIX_SHARED = field(`E8_GEOMETRY_LANE_MASK_LSB, `E8_GEOMETRY_LANE_MASK_WIDTH) |
    bits(`E8_GEOMETRY_ROW_STRIDE_LSB, `E8_GEOMETRY_F_BASE_LSB - 1) |
    bits(`E8_GEOMETRY_F_ROW_LSB, `E8_GEOMETRY_N_WORDS_LSB - 1) |
    bits(`E8_GEOMETRY_H_LSB, `E8_LOAD_STEP_LSB + `E8_LOAD_STEP_WIDTH - 1);
  localparam [511:0] ONE_SHARED = field(`E8_GEOMETRY_LANE_MASK_LSB, 1) | field(`E8_GEOMETRY_LANES_X_LSB, 1) |
    field(`E8_GEOMETRY_N_ROWS_LSB, 1) | field(`E8_GEOMETRY_N_BLKS_LSB, 1) | field(`E8_GEOMETRY_F_WORD_LSB, 1);

  reg  [511:0] instr_q;
  reg  [4:0]   count_q;                // words that have come, 0..16
  reg  [3:0]   op_q;
  reg  [1:0]   kind_q;                 // LOAD target; EXEC stage 2
  reg          single_q;               // EXEC: acc_keep or acc_hold, so one output vector
  reg          bad_q;
  reg  [1:0]   phase_q;                // of the multiplication; 0 when it is done
  wire [3:0]   at = count_q[3:0];
  wire [63:0]  pair = {word_i, instr_q[511:480]};   // the word and the one before it
  wire [3:0]   op = at == 4'd0 ? word_i[3:0] : op_q;
  wire         leave = valid_o && ready_i;
  wire         take = word_valid_i && word_ready_o;
  wire         unused_pair = ^{pair[63:54], pair[5:0]};

  assign valid_o      = count_q[4] && phase_q == 2'd0;
  assign word_ready_o = !count_q[4] || leave;
  assign instr_o      = instr_q;
  assign idle_o       = count_q == 5'd0;

  // Fixed bits.
  wire [1:0]   target = at == 4'd0 ? word_i[`E8_LOAD_TARGET_LSB +: 2] : kind_q;
  wire [1:0]   stage2 = at == 4'd1 ? pair[`E8_EXEC_STAGE2_LSB +: 2] : kind_q;
  reg  [31:0]  fixed, ones;

  always @* begin
    ones = 32'd0;
    case (op)
      `E8_OP_NOP: fixed = ZERO_NOP[at*32 +: 32];
      `E8_OP_LOAD: begin
        fixed = ZERO_LOAD[at*32 +: 32];
        if (target != 2'd0) begin
          fixed = fixed | FIX_SHARED[at*32 +: 32];
          ones  = ONE_SHARED[at*32 +: 32];
        end
      end
      `E8_OP_SHIFT: fixed = ZERO_SHIFT[at*32 +: 32];
      `E8_OP_EXEC: begin
        fixed = ZERO_EXEC[at*32 +: 32];
        if (stage2 == 2'd0) fixed = fixed | ZERO_STAGE2[at*32 +: 32];
      end
      `E8_OP_STORE: fixed = ZERO_STORE[at*32 +: 32];
      `E8_OP_END: fixed = ZERO_END[at*32 +: 32];
      default: fixed = 32'd0;          // ILLEGAL_OPCODE whatever the rest is
    endcase
  end

  // Ranges, and fields that depend on each other.
  wire [1:0]  tie = word_i[`E8_EXEC_TIE_LSB-32 +: 2];
  wire [1:0]  tie2 = word_i[`E8_EXEC_TIE2_LSB-32 +: 2];
  wire        double_round = word_i[`E8_EXEC_DOUBLE_ROUND_LSB-32];
  wire        double_round2 = word_i[`E8_EXEC_DOUBLE_ROUND2_LSB-32];
  wire        zp_first = word_i[`E8_EXEC_ZP_FIRST_LSB-32];
  wire [5:0]  dist = word_i[`E8_SHIFT_DIST_LSB-32 +: 6];
  wire [4:0]  lanes_x = word_i[`E8_GEOMETRY_LANES_X_LSB-384 +: 5];
  wire [7:0]  step = word_i[`E8_LOAD_STEP_LSB-384 +: 8];
  wire [5:0]  s2 = word_i[`E8_EXEC_S2_LSB-128 +: 6];
  wire [7:0]  n_ky = pair[`E8_EXEC_N_KY_LSB-128 +: 8];
  wire [7:0]  n_kx = pair[`E8_EXEC_N_KX_LSB-128 +: 8];
  wire [15:0] n_i = pair[`E8_EXEC_N_I_LSB-128 +: 16];
  wire [15:0] n_g = pair[`E8_EXEC_N_G_LSB-128 +: 16];
  wire [15:0] n_y = pair[`E8_EXEC_N_Y_LSB-160 +: 16];
  wire [15:0] n_x = pair[`E8_EXEC_N_X_LSB-160 +: 16];
  wire        lanes_x_bad = lanes_x == 5'd0 || lanes_x > LANES[4:0];
  wire [2:0]  own = 3'b001 << word_i[`E8_NOP_ENGINE_LSB +: 2];
  wire [2:0]  tokens = word_i[`E8_COMMON_WAIT_LSB +: 3] | word_i[`E8_COMMON_SIGNAL_LSB +: 3];
  reg         out_of_range;

  always @* begin
    case ({op, at})
      {`E8_OP_NOP, 4'd0}: out_of_range = own == 3'b000 || (own & tokens) != 3'b000;
      {`E8_OP_LOAD, 4'd0}: out_of_range = TABLES == 0 && target == 2'd3;
      {`E8_OP_LOAD, 4'd12}: out_of_range = lanes_x_bad || (target == 2'd0 && step == 8'd0);
      {`E8_OP_STORE, 4'd12}: out_of_range = lanes_x_bad;
      // -15..15, not 0: the upper two bits are equal, and the others are not all 0.
      {`E8_OP_SHIFT, 4'd1}: out_of_range = dist[5] != dist[4] || dist[3:0] == 4'd0;
      {`E8_OP_EXEC, 4'd1}:
        out_of_range = tie == 2'd3 || (double_round && tie != 2'd0) ||
                       (zp_first && (tie != 2'd2 || double_round)) || stage2 == 2'd3 ||
                       (stage2 == 2'd0 && pair[`E8_EXEC_TABLE_BANK_LSB]) ||
                       tie2 == 2'd3 || (double_round2 && tie2 != 2'd0);
      {`E8_OP_EXEC, 4'd2}:
        out_of_range = $signed(word_i[`E8_EXEC_LO_LSB-64 +: 8]) > $signed(word_i[`E8_EXEC_HI_LSB-64 +: 8]) ||
                       $signed(word_i[`E8_EXEC_LO2_LSB-64 +: 8]) > $signed(word_i[`E8_EXEC_HI2_LSB-64 +: 8]);
      {`E8_OP_EXEC, 4'd4}: out_of_range = stage2 != 2'd0 && (s2 == 6'd0 || s2 == 6'd63);
      {`E8_OP_EXEC, 4'd5}:
        out_of_range = n_ky == 8'd0 || n_kx == 8'd0 || n_i == 16'd0 || n_g == 16'd0 ||
                       (single_q && n_g != 16'd1);
      {`E8_OP_EXEC, 4'd6}:
        out_of_range = n_y == 16'd0 || n_x == 16'd0 || (single_q && (n_y != 16'd1 || n_x != 16'd1));
      default: out_of_range = 1'b0;
    endcase
  end

  wire broken = ((word_i ^ ones) & fixed) != 32'd0 || out_of_range;

  always @(posedge clk_i) begin
    if (!rst_ni || clear_i) count_q <= 5'd0;
    else if (take) count_q <= leave ? 5'd1 : count_q + 5'd1;
    else if (leave) count_q <= 5'd0;
    if (take) begin
      instr_q <= {word_i, instr_q[511:32]};
      op_q    <= op;
      bad_q   <= broken || (at != 4'd0 && bad_q);
      if (at == 4'd0) kind_q <= target;
      if (at == 4'd1 && op == `E8_OP_EXEC) kind_q <= stage2;
      if (at == 4'd0) single_q <= word_i[`E8_EXEC_ACC_KEEP_LSB] || word_i[`E8_EXEC_ACC_HOLD_LSB];
    end
  end

  // Steps of an EXEC: n_i * n_ky, then * n_kx, shift and add; bit 16 stays set once a value needs it,
  // which is more than any MAX_STEPS.
  reg  [16:0] product_q, addend_q;
  reg  [7:0]  factor_q, n_kx_q;
  wire [16:0] sum = {1'b0, product_q[15:0]} + {1'b0, addend_q[15:0]};
  wire        nest = take && op == `E8_OP_EXEC && at == 4'd5;

  always @(posedge clk_i) begin
    if (!rst_ni || clear_i) phase_q <= 2'd0;
    else if (nest) phase_q <= 2'd1;
    else if (phase_q != 2'd0 && factor_q == 8'd0) phase_q <= {phase_q[0], 1'b0};
    if (nest) begin
      addend_q  <= {1'b0, n_i};
      factor_q  <= n_ky;
      n_kx_q    <= n_kx;
      product_q <= 17'd0;
    end else if (factor_q != 8'd0) begin
      if (factor_q[0]) product_q <= {product_q[16] || addend_q[16] || sum[16], sum[15:0]};
      addend_q <= {addend_q[16] || addend_q[15], addend_q[14:0], 1'b0};
      factor_q <= {1'b0, factor_q[7:1]};
    end else if (phase_q == 2'd1) begin
      addend_q  <= product_q;
      factor_q  <= n_kx_q;
      product_q <= 17'd0;
    end
  end

  // The chain of EXECs that hand their accumulators on.
  reg         held_q, held_max_q;
  reg  [15:0] chain_q;
  wire        is_exec = op_q == `E8_OP_EXEC;
  wire        keep = instr_q[`E8_EXEC_ACC_KEEP_LSB];
  wire        reduce_max = instr_q[`E8_EXEC_REDUCE_MAX_LSB];
  wire [16:0] total = {1'b0, product_q[15:0]} + (keep ? {1'b0, chain_q} : 17'd0);
  wire        exec_bad = product_q[16] || total > MAX_STEPS[16:0] ||
                         (keep && (!held_q || held_max_q != reduce_max));

  assign code_o = (op_q == 4'd0 || op_q > `E8_OP_END) ? `E8_ERR_ILLEGAL_OPCODE :
                  (bad_q || (is_exec && exec_bad)) ? `E8_ERR_ILLEGAL_FIELD : `E8_ERR_NONE;

  always @(posedge clk_i) begin
    if (!rst_ni || clear_i) begin
      held_q <= 1'b0;
    end else if (leave && is_exec) begin
      held_q     <= instr_q[`E8_EXEC_ACC_HOLD_LSB];
      held_max_q <= reduce_max;
      chain_q    <= total[15:0];
    end
  end
endmodule
`resetall
