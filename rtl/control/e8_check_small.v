// Static checks of SMALL builds (LANES = 1, no tables): what e8_check checks, two cycles a word. Which bits are
// fixed and which range a word is checked for comes from a ROM by kind of instruction and word; the steps of an
// EXEC from one multiplier. The instruction itself stays in the fetch buffer; what others need of it, the low
// bits of its first word, is held.
`resetall
`default_nettype none
`include "exact8_isa.vh"
module e8_check_small #(
  parameter V            = 2,
  parameter DOUBLE_ROUND = 0
) (
  input  wire        clk_i,
  input  wire        rst_ni,
  input  wire        clear_i,        // a program starts: nothing is held
  input  wire        word_valid_i,
  output wire        word_ready_o,
  input  wire [31:0] word_i,
  output wire        valid_o,
  input  wire        ready_i,
  output wire [11:0] head_o,         // opcode, tokens, engine of a NOP
  output wire [7:0]  code_o,         // NONE, ILLEGAL_OPCODE or ILLEGAL_FIELD
  output wire        idle_o          // between two instructions
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

  // Bits that must be as in ONE: those no field names, the engine's own tokens, lanes that are not built.
  localparam [511:0] NO_LANES = bits(`E8_EXEC_LANE_MASK_LSB + 1, `E8_EXEC_LANE_MASK_LSB + 15);
  localparam [511:0] LANES_X = field(`E8_GEOMETRY_LANES_X_LSB, `E8_GEOMETRY_LANES_X_WIDTH);
  localparam [511:0] FIX_NOP = above(`E8_NOP_ENGINE_LSB, `E8_NOP_ENGINE_WIDTH);
  localparam [511:0] FIX_LOAD = above(`E8_LOAD_STEP_LSB, `E8_LOAD_STEP_WIDTH) | LANES_X |
    bits(`E8_GEOMETRY_LANES_X_LSB + `E8_GEOMETRY_LANES_X_WIDTH, `E8_LOAD_FILL_LSB - 1) |
    bits(`E8_GEOMETRY_REGION_LSB + `E8_GEOMETRY_REGION_WIDTH, `E8_GEOMETRY_LANE_MASK_LSB - 1) |
    token(0) | NO_LANES;
  // Of a shared memory: all but region, dram, f_base and n_words.
  localparam [511:0] FIX_SHARED = FIX_LOAD | field(`E8_GEOMETRY_LANE_MASK_LSB, `E8_GEOMETRY_LANE_MASK_WIDTH) |
    bits(`E8_GEOMETRY_ROW_STRIDE_LSB, `E8_GEOMETRY_F_BASE_LSB - 1) |
    bits(`E8_GEOMETRY_F_ROW_LSB, `E8_GEOMETRY_N_WORDS_LSB - 1) |
    bits(`E8_GEOMETRY_H_LSB, `E8_LOAD_STEP_LSB + `E8_LOAD_STEP_WIDTH - 1);
  localparam [511:0] FIX_STORE = above(`E8_GEOMETRY_LANES_X_LSB, `E8_GEOMETRY_LANES_X_WIDTH) | LANES_X |
    bits(`E8_COMMON_SIGNAL_LSB + `E8_COMMON_SIGNAL_WIDTH, `E8_GEOMETRY_REGION_LSB - 1) |
    bits(`E8_GEOMETRY_REGION_LSB + `E8_GEOMETRY_REGION_WIDTH, `E8_GEOMETRY_LANE_MASK_LSB - 1) |
    bits(`E8_GEOMETRY_COL0_LSB + 23, `E8_GEOMETRY_COL0_LSB + 23) |            // not negative
    bits(`E8_GEOMETRY_LANE_COL_LSB + 23, `E8_GEOMETRY_LANE_COL_LSB + 23) | token(2) | NO_LANES;
  localparam [511:0] FIX_SHIFT = above(`E8_SHIFT_D_ROW_LSB, `E8_SHIFT_D_ROW_WIDTH) |
    bits(`E8_SHIFT_DRAIN_WAIT_LSB + 1, `E8_SHIFT_LANE_MASK_LSB - 1) |
    bits(`E8_SHIFT_DIST_LSB + `E8_SHIFT_DIST_WIDTH, `E8_SHIFT_N_ROWS_LSB - 1) |
    bits(`E8_SHIFT_FILL_MASK_LSB + 1, `E8_SHIFT_FILL_MASK_LSB + 15) | token(1) | NO_LANES;
  localparam [511:0] FIX_EXEC = above(`E8_EXEC_O_X_LSB, `E8_EXEC_O_X_WIDTH) | token(1) | NO_LANES |
    bits(`E8_EXEC_STAGE2_LSB, `E8_EXEC_ZP_LSB - 1) | field(`E8_EXEC_TABLE_BANK_LSB, `E8_EXEC_TABLE_BANK_WIDTH) |
    field(`E8_EXEC_ZP2_LSB, `E8_EXEC_ZP2_WIDTH) | field(`E8_EXEC_LO2_LSB, `E8_EXEC_LO2_WIDTH) |
    bits(`E8_EXEC_HI2_LSB, `E8_EXEC_S2_LSB + `E8_EXEC_S2_WIDTH - 1) |
    bits(`E8_EXEC_R_BASE_LSB, `E8_EXEC_R_X_LSB + `E8_EXEC_R_X_WIDTH - 1) |
    (DOUBLE_ROUND != 0 ? 512'd0 : field(`E8_EXEC_DOUBLE_ROUND_LSB, `E8_EXEC_DOUBLE_ROUND_WIDTH));
  localparam [511:0] FIX_END = above(`E8_COMMON_OPCODE_LSB, `E8_COMMON_OPCODE_WIDTH);
  localparam [511:0] ONE_SHARED = field(`E8_GEOMETRY_LANE_MASK_LSB, 1) | field(`E8_GEOMETRY_N_ROWS_LSB, 1) |
    field(`E8_GEOMETRY_N_BLKS_LSB, 1) | field(`E8_GEOMETRY_F_WORD_LSB, 1);
  localparam [511:0] ONE = ONE_SHARED | field(`E8_GEOMETRY_LANES_X_LSB, 1);   // bits 0, 8 and 16 of their words

  // Kinds: the opcode, but for LOAD of a shared memory and what is no opcode.
  localparam [3:0] SHARED = 4'd0, NOP = `E8_OP_NOP, LOAD = `E8_OP_LOAD, SHIFT = `E8_OP_SHIFT, EXEC = `E8_OP_EXEC,
                   STORE = `E8_OP_STORE, END = `E8_OP_END, NONE = 4'd7;
  // Range checks, one bit each in the ROM.
  localparam TARGET = 0, ENGINE = 1, STEP = 2, DISTANCE = 3, TIE = 4, CLAMP = 5, KERNEL = 6, INNER = 7, OUTER = 8,
             CHAIN = 9, RANGES = 10;

  // The word's fixed bits; the ranges it is checked for; bits 16, 8 and 0 of what the fixed bits must be.
  localparam ROM_BITS = 32 + RANGES + 3;
  function [ROM_BITS-1:0] row(input [3:0] of_kind, input [3:0] at);
    reg [511:0]       fixed;
    reg [31:0]        one;
    reg [RANGES-1:0]  ranges;
    begin
      one    = ONE[at*32 +: 32];
      ranges = {RANGES{1'b0}};
      case (of_kind)
        SHARED: begin
          fixed = FIX_SHARED;
          ranges[TARGET] = at == 4'd0;
        end
        NOP: begin
          fixed = FIX_NOP;
          one   = 32'd0;
          ranges[ENGINE] = at == 4'd0;
        end
        LOAD: begin
          fixed = FIX_LOAD;
          one   = at == 4'd12 ? one : 32'd0;
          ranges[STEP] = at == 4'd12;
        end
        SHIFT: begin
          fixed = FIX_SHIFT;
          one   = 32'd0;
          ranges[DISTANCE] = at == 4'd1;
        end
        EXEC: begin
          fixed = FIX_EXEC;
          one   = 32'd0;
          ranges[CHAIN]  = at == 4'd0;
          ranges[TIE]    = at == 4'd1;
          ranges[CLAMP]  = at == 4'd2;
          ranges[KERNEL] = at == 4'd4;
          ranges[INNER]  = at == 4'd5;
          ranges[OUTER]  = at == 4'd6;
        end
        STORE: begin
          fixed = FIX_STORE;
          one   = at == 4'd12 ? one : 32'd0;
        end
        END: begin
          fixed = FIX_END;
          one   = 32'd0;
        end
        default: begin
          fixed = 512'd0;              // ILLEGAL_OPCODE whatever the rest is
          one   = 32'd0;
        end
      endcase
      row = {one[16], one[8], one[0], ranges, fixed[at*32 +: 32]};
    end
  endfunction

  (* rom_style = "logic" *)             // 86 LUTs; block RAM is scarcer
  reg [ROM_BITS-1:0] rom [0:127];
  reg [ROM_BITS-1:0] rom_q;
  integer            i;

  initial begin
    for (i = 0; i < 128; i = i + 1) rom[i] = row({1'b0, i[6:4]}, i[3:0]);
  end

  reg  [3:0]   at_q;                   // word
  reg          second_q;               // cycle of the word: the ROM has its row
  reg          full_q;                 // all words have come
  reg  [2:0]   kind_q;
  reg  [13:0]  head_q;
  reg          bad_q;
  wire [3:0]   op = word_i[3:0];
  wire [2:0]   first_kind = op == `E8_OP_LOAD && word_i[`E8_LOAD_TARGET_LSB +: 2] != 2'd0 ? SHARED[2:0] :
                            op == 4'd0 || op > `E8_OP_END ? NONE[2:0] : op[2:0];
  wire [2:0]   kind = at_q == 4'd0 ? first_kind : kind_q;
  wire         leave = valid_o && ready_i;
  wire         take = word_valid_i && word_ready_o;

  assign valid_o      = full_q;
  assign word_ready_o = second_q && !full_q;
  assign head_o       = head_q[11:0];
  assign idle_o       = at_q == 4'd0 && !full_q;

  always @(posedge clk_i) rom_q <= rom[{kind, at_q}];

  // Fixed bits and ranges. Counts of 16 bits lie across two words, every other one with its low 10 bits in the word
  // before: `below` are flags of those.
  wire [31:0]       fixed = rom_q[31:0];
  wire [RANGES-1:0] check = rom_q[32 +: RANGES];
  wire [2:0]        one = rom_q[32+RANGES +: 3];
  wire [31:0]       ones = {15'd0, one[2], 7'd0, one[1], 7'd0, one[0]};
  reg               below_zero_q, below_one_q;
  wire              across_zero = below_zero_q && word_i[5:0] == 6'd0;
  wire              across_one = below_one_q && word_i[5:0] == 6'd0;
  wire [15:0]       within = word_i[21:6];
  wire              single = head_q[`E8_EXEC_ACC_KEEP_LSB] || head_q[`E8_EXEC_ACC_HOLD_LSB];   // one output vector
  wire [1:0]        tie = word_i[`E8_EXEC_TIE_LSB-32 +: 2];
  wire              double_round = word_i[`E8_EXEC_DOUBLE_ROUND_LSB-32];
  wire              zp_first = word_i[`E8_EXEC_ZP_FIRST_LSB-32];
  wire [5:0]        dist = word_i[`E8_SHIFT_DIST_LSB-32 +: 6];
  wire [2:0]        own = 3'b001 << word_i[`E8_NOP_ENGINE_LSB +: 2];
  wire [2:0]        tokens = word_i[`E8_COMMON_WAIT_LSB +: 3] | word_i[`E8_COMMON_SIGNAL_LSB +: 3];
  wire              out_of_range =
    (check[TARGET] && word_i[`E8_LOAD_TARGET_LSB +: 2] == 2'd3) ||
    (check[ENGINE] && (own == 3'b000 || (own & tokens) != 3'b000)) ||
    (check[STEP] && word_i[`E8_LOAD_STEP_LSB-384 +: 8] == 8'd0) ||
    // -15..15, not 0: the upper two bits are equal, and the others are not all 0.
    (check[DISTANCE] && (dist[5] != dist[4] || dist[3:0] == 4'd0)) ||
    (check[TIE] && (tie == 2'd3 || (double_round && tie != 2'd0) ||
                    (zp_first && (tie != 2'd2 || double_round)))) ||
    (check[CLAMP] && $signed(word_i[`E8_EXEC_LO_LSB-64 +: 8]) > $signed(word_i[`E8_EXEC_HI_LSB-64 +: 8])) ||
    (check[KERNEL] && (word_i[`E8_EXEC_N_KY_LSB-128 +: 8] == 8'd0 || word_i[`E8_EXEC_N_KX_LSB-128 +: 8] == 8'd0)) ||
    // n_i and n_g; n_y and n_x.
    ((check[INNER] || check[OUTER]) &&
     (across_zero || within == 16'd0 || (single && within != 16'd1))) ||
    (check[OUTER] && single && !across_one);

  always @(posedge clk_i) begin
    if (!rst_ni || clear_i) begin
      at_q     <= 4'd0;
      second_q <= 1'b0;
      full_q   <= 1'b0;
    end else begin
      second_q <= word_valid_i && !second_q && !full_q;
      if (take) at_q <= at_q + 4'd1;
      if (take && at_q == 4'd15) full_q <= 1'b1;
      else if (leave) full_q <= 1'b0;
    end
    if (take) begin
      bad_q        <= ((word_i ^ ones) & fixed) != 32'd0 || out_of_range || (at_q != 4'd0 && bad_q);
      below_zero_q <= word_i[31:22] == 10'd0;
      below_one_q  <= word_i[31:22] == 10'd1;
    end
    if (take && at_q == 4'd0) begin
      kind_q <= first_kind;
      head_q <= word_i[13:0];
    end
  end

  // Steps of an EXEC: n_i * n_ky, then * n_kx.
  reg  [15:0] steps_q;
  reg  [7:0]  factor_q, n_kx_q;
  reg  [1:0]  multiply_q;              // one product, the other
  reg         many_q;                  // more than 16 bits
  wire [23:0] product = steps_q * factor_q;

  always @(posedge clk_i) begin
    multiply_q <= {multiply_q[0], take && check[INNER]};
    if (take && check[KERNEL]) begin
      steps_q[9:0] <= word_i[31:22];
      factor_q     <= word_i[`E8_EXEC_N_KY_LSB-128 +: 8];
      n_kx_q       <= word_i[`E8_EXEC_N_KX_LSB-128 +: 8];
      many_q       <= 1'b0;
    end else if (multiply_q != 2'd0) begin
      steps_q  <= product[15:0];
      factor_q <= n_kx_q;
      many_q   <= many_q || product[23:16] != 8'd0;
    end else if (take && check[INNER]) begin
      steps_q[15:10] <= word_i[5:0];
    end
  end

  // The chain of EXECs that hand their accumulators on.
  reg         held_q, held_max_q;
  reg  [15:0] chain_q;                 // its steps; 0 when this EXEC starts anew
  wire        is_exec = kind_q == EXEC[2:0];
  wire        keep = head_q[`E8_EXEC_ACC_KEEP_LSB];
  wire        reduce_max = head_q[`E8_EXEC_REDUCE_MAX_LSB];
  wire [16:0] total = {1'b0, steps_q} + {1'b0, chain_q};
  wire        exec_bad = many_q || total > MAX_STEPS[16:0] || (keep && (!held_q || held_max_q != reduce_max));

  assign code_o = kind_q == NONE[2:0] ? `E8_ERR_ILLEGAL_OPCODE :
                  (bad_q || (is_exec && exec_bad)) ? `E8_ERR_ILLEGAL_FIELD : `E8_ERR_NONE;

  always @(posedge clk_i) begin
    if (!rst_ni || clear_i) begin
      held_q <= 1'b0;
    end else if (leave && is_exec) begin
      held_q     <= head_q[`E8_EXEC_ACC_HOLD_LSB];
      held_max_q <= reduce_max;
    end
    if (take && check[CHAIN] && !word_i[`E8_EXEC_ACC_KEEP_LSB]) chain_q <= 16'd0;
    else if (leave && is_exec) chain_q <= total[15:0];
  end
endmodule
`resetall
