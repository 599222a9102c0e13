// Second requantization of EXEC (emu/numerics/requant.h (6)): V2 = 2*(t1 + t2), then e8_scale. CHANNELS
// side by side share valid and mode. Latency 4, one vector a cycle, no stall; all outputs hold between
// valid vectors. If V2 leaves 33 bits overflow_o tells, and q_o is meaningless.
`resetall
`default_nettype none
module e8_stage2 #(
  parameter MUL_BITS     = 31,           // 0 (m2 is 1), 24 or 31
  parameter DOUBLE_ROUND = 1,            // 0: `double2_i` must be 0
  parameter CHANNELS     = 1
) (
  input  wire                   clk_i,
  input  wire                   rst_ni,
  input  wire                   valid_i,
  input  wire [CHANNELS*32-1:0] t1_i,
  input  wire [CHANNELS*32-1:0] t2_i,
  input  wire [30:0]            m2_i,
  input  wire [5:0]             s2_i,    // 1..62
  input  wire [1:0]             tie2_i,
  input  wire                   double2_i,
  input  wire [7:0]             zp2_i,
  input  wire [7:0]             lo2_i,
  input  wire [7:0]             hi2_i,
  output wire                   valid_o,
  output wire [CHANNELS*8-1:0]  q_o,
  output wire [CHANNELS-1:0]    overflow_o
);
  localparam M_BITS = (MUL_BITS == 0) ? 1 : MUL_BITS;

  wire [3:0]       stage, round;
  wire [23:0]      clamp;
  reg [M_BITS-1:0] m_q;                  // stage 1
  reg [5:0]        below_q;

  assign valid_o = stage[3];

  e8_tail_control u_control (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .valid_i(valid_i),
    .tie_i(tie2_i),
    .double_i(double2_i),
    .zp_first_i(1'b0),
    .zp_i(zp2_i),
    .lo_i(lo2_i),
    .hi_i(hi2_i),
    .stage_o(stage),
    .round_o(round),
    .clamp_o(clamp)
  );

  always @(posedge clk_i) begin
    if (valid_i) begin
      m_q     <= m2_i[M_BITS-1:0];
      below_q <= s2_i - 6'd1;
    end
  end

  genvar c;
  generate
    for (c = 0; c < CHANNELS; c = c + 1) begin : gen_channel
      reg signed [32:0] sum_q;           // stage 1; 32 bits if legal

      always @(posedge clk_i) begin
        if (valid_i) sum_q <= $signed(t1_i[c*32 +: 32]) + $signed(t2_i[c*32 +: 32]);
      end

      e8_scale #(
        .MUL_BITS(MUL_BITS),
        .DOUBLE_ROUND(DOUBLE_ROUND)
      ) u_scale (
        .clk_i(clk_i),
        .stage_i(stage[2:0]),
        .v_i({sum_q, 1'b0}),
        .m_i(m_q),
        .below_i(below_q),
        .round_i(round),
        .clamp_i(clamp),
        .q_o(q_o[c*8 +: 8]),
        .overflow_o(overflow_o[c])
      );
    end

    if (M_BITS < 31) begin : gen_unused
      wire unused = ^m2_i;
    end
  endgenerate
endmodule
`resetall
