// The loop nest of EXEC (emu/isa/README.md), one step a cycle: counters and addresses, from registers, so that the
// first step follows the last load. Each field is loaded by itself, in any order; start_i comes with the last.
// A bad flag means something only as long as no flag that the instruction looks at was set before (e8_affine).
`resetall
`default_nettype none
module e8_loops #(
  parameter FEATURE_LOG2 = 13,
  parameter WEIGHT_LOG2  = 11,
  parameter PARAM_LOG2   = 8,
  parameter TABLES       = 1
) (
  input  wire                    clk_i,
  input  wire                    start_i,
  // Counts and their loads: i, kx, ky, x, y, g from bit 0 up.
  input  wire [5:0]              load_n_i,
  input  wire [15:0]             n_i_i,
  input  wire [7:0]              n_kx_i,
  input  wire [7:0]              n_ky_i,
  input  wire [15:0]             n_x_i,
  input  wire [15:0]             n_y_i,
  input  wire [15:0]             n_g_i,
  // Bases: activation, weight, parameter, residual, output from bit 0 up.
  input  wire [4:0]              load_base_i,
  input  wire [15:0]             a_base_i,
  input  wire [15:0]             w_base_i,
  input  wire [15:0]             p_base_i,
  input  wire [15:0]             r_base_i,
  input  wire [15:0]             o_base_i,
  // Strides, innermost loop first.
  input  wire [5:0]              load_a_i,
  input  wire [6*16-1:0]         a_stride_i,
  input  wire [1:0]              load_w_i,   // w_step, w_g
  input  wire                    w_step_i,
  input  wire [15:0]             w_g_i,
  input  wire [2:0]              load_r_i,   // x, y, g
  input  wire [3*16-1:0]         r_stride_i,
  input  wire [2:0]              load_o_i,
  input  wire [3*16-1:0]         o_stride_i,
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
  localparam A = 0, W = 1, P = 2, R = 3, O = 4;

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
    if (start_i) first_q <= 1'b1;
    else if (adv_i) first_q <= last_o;
  end

  e8_counter #(.WIDTH(16)) u_i (
    .clk_i(clk_i),
    .load_i(load_n_i[0]),
    .n_i(n_i_i),
    .adv_i(steps[0]),
    .last_o(last[0])
  );

  e8_counter #(.WIDTH(8)) u_kx (
    .clk_i(clk_i),
    .load_i(load_n_i[1]),
    .n_i(n_kx_i),
    .adv_i(steps[1]),
    .last_o(last[1])
  );

  e8_counter #(.WIDTH(8)) u_ky (
    .clk_i(clk_i),
    .load_i(load_n_i[2]),
    .n_i(n_ky_i),
    .adv_i(steps[2]),
    .last_o(last[2])
  );

  e8_counter #(.WIDTH(16)) u_x (
    .clk_i(clk_i),
    .load_i(load_n_i[3]),
    .n_i(n_x_i),
    .adv_i(steps[3]),
    .last_o(last[3])
  );

  e8_counter #(.WIDTH(16)) u_y (
    .clk_i(clk_i),
    .load_i(load_n_i[4]),
    .n_i(n_y_i),
    .adv_i(steps[4]),
    .last_o(last[4])
  );

  e8_counter #(.WIDTH(16)) u_g (
    .clk_i(clk_i),
    .load_i(load_n_i[5]),
    .n_i(n_g_i),
    .adv_i(steps[5]),
    .last_o(last[5])
  );

  e8_affine #(
    .LEVELS(6),
    .ADDR_LOG2(FEATURE_LOG2)
  ) u_a (
    .clk_i(clk_i),
    .load_base_i(load_base_i[A]),
    .base_i(a_base_i),
    .load_stride_i(load_a_i),
    .stride_i(a_stride_i),
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
    .load_base_i(load_base_i[W]),
    .base_i(w_base_i),
    .load_stride_i({load_w_i[1], 1'b1, load_w_i[0]}),
    .stride_i({w_g_i, 16'd0, 15'd0, w_step_i}),
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
    .load_base_i(load_base_i[P]),
    .base_i(p_base_i),
    .load_stride_i(load_base_i[P]),
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
    .load_base_i(load_base_i[O]),
    .base_i(o_base_i),
    .load_stride_i(load_o_i),
    .stride_i(o_stride_i),
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
        .load_base_i(load_base_i[R]),
        .base_i(r_base_i),
        .load_stride_i(load_r_i),
        .stride_i(r_stride_i),
        .adv_i(adv_i),
        .level_i(level[5:3]),
        .addr_o(r_addr_o),
        .bad_o(r_bad_o)
      );
    end else begin : gen_no_residual
      assign r_addr_o = {FEATURE_LOG2{1'b0}};
      assign r_bad_o  = 1'b0;
      wire unused = ^{load_base_i[R], r_base_i, load_r_i, r_stride_i};
    end
  endgenerate
endmodule
`resetall
