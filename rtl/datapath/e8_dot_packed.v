// Two dot products of up to 8 terms, two products a multiplier, exact. Combinational.
//
// A multiplier takes w1*2^18 + w0 (27 bits: DSP48E2's pre-adder and wide port) times a, so the sum of
// the products is S1*2^18 + S0, which e8_dot_unpack splits.
`resetall
`default_nettype none
module e8_dot_packed #(
  parameter N        = 8,               // 1..8
  parameter SUM_BITS = 19               // up to 21
) (
  input  wire [N*8-1:0]      a_i,
  input  wire [N*8-1:0]      w0_i,
  input  wire [N*8-1:0]      w1_i,
  output wire [SUM_BITS-1:0] sum0_o,
  output wire [SUM_BITS-1:0] sum1_o
);
  reg  signed [26:0] high, low, w;
  reg  signed [36:0] sum;         // S1*2^18 + S0
  integer            c;

  wire        [20:0] sum0, sum1;
  wire               unused = ^{sum0, sum1};

  e8_dot_unpack u_unpack (
    .sum_i(sum),
    .sum0_o(sum0),
    .sum1_o(sum1)
  );

  assign sum0_o = sum0[SUM_BITS-1:0];
  assign sum1_o = sum1[SUM_BITS-1:0];

  always @* begin
    sum = 37'sd0;
    for (c = 0; c < N; c = c + 1) begin
      high = {w1_i[c*8+7], w1_i[c*8 +: 8], 18'd0};
      low  = {{19{w0_i[c*8+7]}}, w0_i[c*8 +: 8]};
      w    = high + low;
      sum  = sum + w * $signed(a_i[c*8 +: 8]);
    end
  end
endmodule
`resetall
