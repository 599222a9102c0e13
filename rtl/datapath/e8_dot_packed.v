// Two dot products of up to 8 terms, two products a multiplier, exact. Combinational.
//
// A multiplier takes w1*2^18 + w0 (27 bits: DSP48E2's pre-adder and wide port) times a, so the sum of
// the products is S1*2^18 + S0. With N <= 8, S0 lies in [-N*128*127, N*128*128]: fewer than 2^18
// values, so its 18-bit field names it. Fields above 2^17 are the negative S0, which borrow from S1.
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

  // The most negative S0 is 2^10 above the most positive one in the field.
  wire               negative = sum[17] && sum[16:10] != 7'd0;
  wire [20:0]        sum0 = {{3{negative}}, sum[17:0]};
  wire [20:0]        sum1 = {{2{sum[36]}}, sum[36:18]} + {20'd0, negative};
  wire               unused = ^{sum0, sum1};

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
