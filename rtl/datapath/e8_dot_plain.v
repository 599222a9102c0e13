// V dot products of V int8 pairs, exact. Combinational. An input meets all its weights at once, so that a simulator's
// compiler keeps V sums in one register. They are computed in 32 bits, signed throughout, so that a synthesizer sees int8
// times int8; only the bits that a sum has are kept, sign-extended.
`resetall
`default_nettype none
module e8_dot_plain #(
  parameter V = 8
) (
  input  wire [V*8-1:0]    a_i,
  input  wire [V*V*32-1:0] w_i,      // int8 each, input c and output j at c*V + j
  output reg  [V*32-1:0]   sum_o
);
  localparam BITS = 16 + $clog2(V);

  reg        [V*32-1:0] sum;
  reg signed [31:0]     a;
  integer               c, j;

  always @* begin
    sum = {(V * 32){1'b0}};
    for (c = 0; c < V; c = c + 1) begin
      a = {{24{a_i[c*8+7]}}, a_i[c*8 +: 8]};
      for (j = 0; j < V; j = j + 1) begin
        sum[j*32 +: 32] = $signed(sum[j*32 +: 32]) + a * $signed(w_i[(c*V + j)*32 +: 32]);
      end
    end
    for (j = 0; j < V; j = j + 1) sum_o[j*32 +: 32] = {{(32 - BITS){sum[j*32+BITS-1]}}, sum[j*32 +: BITS]};
  end
endmodule
`resetall
