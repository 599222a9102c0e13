// The loop nest of EXEC (emu/isa/README.md), one step a cycle: counters and addresses. SHIFT is the
// same nest with one step a vector: rows are y, words x, the source the activation. Addresses come from
// registers, the first in the cycle after load_i; there is no start-up. A bad flag means something only
// as long as no flag that the instruction looks at was set before (e8_affine).
`resetall
`default_nettype none
`include "exact8_isa.vh"
module e8_nest #(
  parameter FEATURE_LOG2 = 13,
  parameter WEIGHT_LOG2  = 11,
  parameter PARAM_LOG2   = 8,
  parameter TABLES       = 1
) (
  input  wire                    clk_i,
  input  wire                    load_i,
  input  wire [511:0]            instr_i,
  input  wire                    adv_i,      // to the next step
  output wire                    first_o,    // first step of its output vector
  output wire                    last_o,     // last step of its output vector
  output wire                    end_o,      // last step of all
  output wire [FEATURE_LOG2-1:0] a_addr_o,   // of the step
  output wire                    a_bad_o,
  output wire [WEIGHT_LOG2-1:0]  w_addr_o,
  output wire                    w_bad_o,
  output wire [PARAM_LOG2-1:0]   p_addr_o,   // of the output vector
  output wire                    p_bad_o,
  output wire [FEATURE_LOG2-1:0] r_addr_o,
  output wire                    r_bad_o,
  output wire [FEATURE_LOG2-1:0] o_addr_o,
  output wire                    o_bad_o
);
  wire        shift = instr_i[`E8_COMMON_OPCODE_LSB +: `E8_COMMON_OPCODE_WIDTH] == `E8_OP_SHIFT;
  wire        unused_instr = ^instr_i;

  wire [15:0] n_x    = shift ? instr_i[`E8_SHIFT_N_WORDS_LSB +: 16] : instr_i[`E8_EXEC_N_X_LSB +: 16];
  wire [15:0] n_y    = shift ? instr_i[`E8_SHIFT_N_ROWS_LSB +: 16] : instr_i[`E8_EXEC_N_Y_LSB +: 16];
  wire [15:0] n_g    = shift ? 16'd1 : instr_i[`E8_EXEC_N_G_LSB +: 16];
  wire [15:0] n_i    = shift ? 16'd1 : instr_i[`E8_EXEC_N_I_LSB +: 16];
  wire [7:0]  n_kx   = shift ? 8'd1 : instr_i[`E8_EXEC_N_KX_LSB +: 8];
  wire [7:0]  n_ky   = shift ? 8'd1 : instr_i[`E8_EXEC_N_KY_LSB +: 8];
  wire [15:0] a_base = shift ? instr_i[`E8_SHIFT_S_BASE_LSB +: 16] : instr_i[`E8_EXEC_A_BASE_LSB +: 16];
  wire [15:0] a_x    = shift ? 16'd1 : instr_i[`E8_EXEC_A_X_LSB +: 16];
  wire [15:0] a_y    = shift ? instr_i[`E8_SHIFT_S_ROW_LSB +: 16] : instr_i[`E8_EXEC_A_Y_LSB +: 16];
  wire [15:0] o_base = shift ? instr_i[`E8_SHIFT_D_BASE_LSB +: 16] : instr_i[`E8_EXEC_O_BASE_LSB +: 16];
  wire [15:0] o_x    = shift ? 16'd1 : instr_i[`E8_EXEC_O_X_LSB +: 16];
  wire [15:0] o_y    = shift ? instr_i[`E8_SHIFT_D_ROW_LSB +: 16] : instr_i[`E8_EXEC_O_Y_LSB +: 16];

  // Loops, innermost first: i, kx, ky, x, y, g. `wraps`: this loop and all further in are at their end.
  wire [5:0]  last;
  wire [5:0]  wraps = {&last, &last[4:0], &last[3:0], &last[2:0], &last[1:0], last[0]};
  wire [5:0]  steps = {wraps[4:0], 1'b1} & {6{adv_i}};     // loops that move on
  wire [5:0]  level = {wraps[4:0], 1'b1} & ~last;          // the outermost of them that does not return to 0
  reg         first_q;

  assign first_o = first_q;
  assign last_o  = wraps[2];
  assign end_o   = wraps[5];

  always @(posedge clk_i) begin
    if (load_i) first_q <= 1'b1;
    else if (adv_i) first_q <= last_o;
  end

  e8_counter #(.WIDTH(16)) u_i (
    .clk_i(clk_i),
    .load_i(load_i),
    .n_i(n_i),
    .adv_i(steps[0]),
    .last_o(last[0])
  );

  e8_counter #(.WIDTH(8)) u_kx (
    .clk_i(clk_i),
    .load_i(load_i),
    .n_i(n_kx),
    .adv_i(steps[1]),
    .last_o(last[1])
  );

  e8_counter #(.WIDTH(8)) u_ky (
    .clk_i(clk_i),
    .load_i(load_i),
    .n_i(n_ky),
    .adv_i(steps[2]),
    .last_o(last[2])
  );

  e8_counter #(.WIDTH(16)) u_x (
    .clk_i(clk_i),
    .load_i(load_i),
    .n_i(n_x),
    .adv_i(steps[3]),
    .last_o(last[3])
  );

  e8_counter #(.WIDTH(16)) u_y (
    .clk_i(clk_i),
    .load_i(load_i),
    .n_i(n_y),
    .adv_i(steps[4]),
    .last_o(last[4])
  );

  e8_counter #(.WIDTH(16)) u_g (
    .clk_i(clk_i),
    .load_i(load_i),
    .n_i(n_g),
    .adv_i(steps[5]),
    .last_o(last[5])
  );

  e8_affine #(
    .LEVELS(6),
    .ADDR_LOG2(FEATURE_LOG2)
  ) u_a (
    .clk_i(clk_i),
    .load_i(load_i),
    .base_i(a_base),
    .stride_i({instr_i[`E8_EXEC_A_G_LSB +: 16], a_y, a_x, instr_i[`E8_EXEC_A_KY_LSB +: 16],
               instr_i[`E8_EXEC_A_KX_LSB +: 16], instr_i[`E8_EXEC_A_I_LSB +: 16]}),
    .adv_i(adv_i),
    .level_i(level),
    .addr_o(a_addr_o),
    .bad_o(a_bad_o)
  );

  // Weights: a step moves on by w_step; x and y return to the group's first word.
  e8_affine #(
    .LEVELS(3),
    .ADDR_LOG2(WEIGHT_LOG2)
  ) u_w (
    .clk_i(clk_i),
    .load_i(load_i),
    .base_i(instr_i[`E8_EXEC_W_BASE_LSB +: 16]),
    .stride_i({instr_i[`E8_EXEC_W_G_LSB +: 16], 16'd0, 15'd0, instr_i[`E8_EXEC_W_STEP_LSB]}),
    .adv_i(adv_i),
    .level_i({level[5], |level[4:3], |level[2:0]}),
    .addr_o(w_addr_o),
    .bad_o(w_bad_o)
  );

  e8_affine #(
    .LEVELS(1),
    .ADDR_LOG2(PARAM_LOG2)
  ) u_p (
    .clk_i(clk_i),
    .load_i(load_i),
    .base_i(instr_i[`E8_EXEC_P_BASE_LSB +: 16]),
    .stride_i(16'd1),
    .adv_i(adv_i),
    .level_i(level[5]),
    .addr_o(p_addr_o),
    .bad_o(p_bad_o)
  );

  e8_affine #(
    .LEVELS(3),
    .ADDR_LOG2(FEATURE_LOG2)
  ) u_o (
    .clk_i(clk_i),
    .load_i(load_i),
    .base_i(o_base),
    .stride_i({instr_i[`E8_EXEC_O_G_LSB +: 16], o_y, o_x}),
    .adv_i(adv_i),
    .level_i(level[5:3]),
    .addr_o(o_addr_o),
    .bad_o(o_bad_o)
  );

  generate
    if (TABLES != 0) begin : gen_residual
      e8_affine #(
        .LEVELS(3),
        .ADDR_LOG2(FEATURE_LOG2)
      ) u_r (
        .clk_i(clk_i),
        .load_i(load_i),
        .base_i(instr_i[`E8_EXEC_R_BASE_LSB +: 16]),
        .stride_i({instr_i[`E8_EXEC_R_G_LSB +: 16], instr_i[`E8_EXEC_R_Y_LSB +: 16],
                   instr_i[`E8_EXEC_R_X_LSB +: 16]}),
        .adv_i(adv_i),
        .level_i(level[5:3]),
        .addr_o(r_addr_o),
        .bad_o(r_bad_o)
      );
    end else begin : gen_no_residual
      assign r_addr_o = {FEATURE_LOG2{1'b0}};
      assign r_bad_o  = 1'b0;
    end
  endgenerate
endmodule
`resetall
