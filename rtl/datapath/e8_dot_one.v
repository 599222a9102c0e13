// One dot product of V int8 pairs, exact. Combinational. It is computed in 32 bits, as simulators like
// it; only the bits that the sum has are kept, and SUM_BITS of it, sign-extended.
`resetall
`default_nettype none
module e8_dot_one #(
  parameter V        = 8,
  parameter SUM_BITS = 16 + $clog2(V)    // up to 32
) (
  input  wire [V*8-1:0]      a_i,
  input  wire [V*8-1:0]      w_i,
  output wire [SUM_BITS-1:0] sum_o
);
  localparam BITS = 16 + $clog2(V);

  reg signed [31:0] sum;
  integer           c;
  wire       [31:0] kept = {{(32 - BITS){sum[BITS-1]}}, sum[BITS-1:0]};
  wire              unused = ^{sum, kept};

  assign sum_o = kept[SUM_BITS-1:0];

  always @* begin
    sum = 32'sd0;
    for (c = 0; c < V; c = c + 1) sum = sum + $signed(a_i[c*8 +: 8]) * $signed(w_i[c*8 +: 8]);
  end
endmodule
`resetall
