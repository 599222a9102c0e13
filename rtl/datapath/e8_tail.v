// Requantizes accumulators to int8 (emu/numerics/requant.h (5)): V = 2*acc + b2, then e8_scale with
// multiplier mp or mn by V's sign. CHANNELS side by side share valid and mode. Latency 4, one vector a
// cycle, no stall; all outputs hold between valid vectors. If V leaves 33 bits overflow_o tells, and q_o is
// meaningless.
`resetall
`default_nettype none
module e8_tail #(
  parameter MUL_BITS     = 31,           // 0 (multipliers are 1), 24 or 31
  parameter DOUBLE_ROUND = 1,            // 0: `double_i` must be 0
  parameter CHANNELS     = 1,
  parameter HELD         = 0             // the mode holds until the last result is out
) (
  input  wire                   clk_i,
  input  wire                   rst_ni,
  input  wire                   valid_i,
  input  wire [CHANNELS*32-1:0] acc_i,
  input  wire [CHANNELS*33-1:0] b2_i,
  input  wire [CHANNELS*31-1:0] mp_i,
  input  wire [CHANNELS*31-1:0] mn_i,
  input  wire [CHANNELS*6-1:0]  s_i,     // 1..62
  input  wire [1:0]             tie_i,
  input  wire                   double_i,
  input  wire                   zp_first_i,
  input  wire [7:0]             zp_i,
  input  wire [7:0]             lo_i,
  input  wire [7:0]             hi_i,
  output wire                   valid_o,
  output wire [CHANNELS*8-1:0]  q_o,
  output wire [CHANNELS-1:0]    overflow_o
);
  localparam M_BITS = (MUL_BITS == 0) ? 1 : MUL_BITS;

  wire [3:0]  stage, round;
  wire [23:0] clamp;

  assign valid_o = stage[3];

  e8_tail_control #(
    .HELD(HELD)
  ) u_control (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .valid_i(valid_i),
    .tie_i(tie_i),
    .double_i(double_i),
    .zp_first_i(zp_first_i),
    .zp_i(zp_i),
    .lo_i(lo_i),
    .hi_i(hi_i),
    .stage_o(stage),
    .round_o(round),
    .clamp_o(clamp)
  );

  genvar c;
  generate
    for (c = 0; c < CHANNELS; c = c + 1) begin : gen_channel
      reg signed [33:0] v_q;
      reg [M_BITS-1:0]  m_q;
      reg [5:0]         below_q;

      function signed [33:0] biased(input signed [31:0] acc, input signed [32:0] b2);
        biased = $signed({acc, 1'b0}) + b2;
      endfunction

      always @(posedge clk_i) begin
        if (valid_i) begin
          v_q     <= biased(acc_i[c*32 +: 32], b2_i[c*33 +: 33]);
          m_q     <= biased(acc_i[c*32 +: 32], b2_i[c*33 +: 33]) < 34'sd0 ? mn_i[c*31 +: M_BITS]
                                                                          : mp_i[c*31 +: M_BITS];
          below_q <= s_i[c*6 +: 6] - 6'd1;
        end
      end

      e8_scale #(
        .MUL_BITS(MUL_BITS),
        .DOUBLE_ROUND(DOUBLE_ROUND)
      ) u_scale (
        .clk_i(clk_i),
        .stage_i(stage[2:0]),
        .v_i(v_q),
        .m_i(m_q),
        .below_i(below_q),
        .round_i(round),
        .clamp_i(clamp),
        .q_o(q_o[c*8 +: 8]),
        .overflow_o(overflow_o[c])
      );
    end

    if (M_BITS < 31) begin : gen_unused
      wire unused = ^{mp_i, mn_i};
    end
  endgenerate
endmodule
`resetall
