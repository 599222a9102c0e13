// The loop nest (e8_loops) of an instruction that is there at once. SHIFT is the nest of EXEC with one step a vector:
// rows are y, words x, the source the activation. The first step follows in the cycle after load_i.
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

  e8_loops #(
    .FEATURE_LOG2(FEATURE_LOG2),
    .WEIGHT_LOG2(WEIGHT_LOG2),
    .PARAM_LOG2(PARAM_LOG2),
    .TABLES(TABLES)
  ) u_loops (
    .clk_i(clk_i),
    .start_i(load_i),
    .load_n_i({6{load_i}}),
    .n_i_i(n_i),
    .n_kx_i(n_kx),
    .n_ky_i(n_ky),
    .n_x_i(n_x),
    .n_y_i(n_y),
    .n_g_i(n_g),
    .load_base_i({5{load_i}}),
    .a_base_i(a_base),
    .w_base_i(instr_i[`E8_EXEC_W_BASE_LSB +: 16]),
    .p_base_i(instr_i[`E8_EXEC_P_BASE_LSB +: 16]),
    .r_base_i(instr_i[`E8_EXEC_R_BASE_LSB +: 16]),
    .o_base_i(o_base),
    .load_a_i({6{load_i}}),
    .a_stride_i({instr_i[`E8_EXEC_A_G_LSB +: 16], a_y, a_x, instr_i[`E8_EXEC_A_KY_LSB +: 16],
                 instr_i[`E8_EXEC_A_KX_LSB +: 16], instr_i[`E8_EXEC_A_I_LSB +: 16]}),
    .load_w_i({2{load_i}}),
    .w_step_i(instr_i[`E8_EXEC_W_STEP_LSB]),
    .w_g_i(instr_i[`E8_EXEC_W_G_LSB +: 16]),
    .load_r_i({3{load_i}}),
    .r_stride_i({instr_i[`E8_EXEC_R_G_LSB +: 16], instr_i[`E8_EXEC_R_Y_LSB +: 16],
                 instr_i[`E8_EXEC_R_X_LSB +: 16]}),
    .load_o_i({3{load_i}}),
    .o_stride_i({instr_i[`E8_EXEC_O_G_LSB +: 16], o_y, o_x}),
    .adv_i(adv_i),
    .first_o(first_o),
    .last_o(last_o),
    .end_o(end_o),
    .a_addr_o(a_addr_o),
    .a_bad_o(a_bad_o),
    .w_addr_o(w_addr_o),
    .w_bad_o(w_bad_o),
    .p_addr_o(p_addr_o),
    .p_bad_o(p_bad_o),
    .r_addr_o(r_addr_o),
    .r_bad_o(r_bad_o),
    .o_addr_o(o_addr_o),
    .o_bad_o(o_bad_o)
  );
endmodule
`resetall
