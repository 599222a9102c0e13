// One dot product of V int8 pairs, exact. Combinational.
`resetall
`default_nettype none
module e8_dot_one #(
  parameter V        = 8,
  parameter SUM_BITS = 16 + $clog2(V)
) (
  input  wire [V*8-1:0]      a_i,
  input  wire [V*8-1:0]      w_i,
  output wire [SUM_BITS-1:0] sum_o
);
  reg signed [SUM_BITS-1:0] sum;
  integer                   c;

  assign sum_o = sum;

  always @* begin
    sum = {SUM_BITS{1'b0}};
    for (c = 0; c < V; c = c + 1) sum = sum + $signed(a_i[c*8 +: 8]) * $signed(w_i[c*8 +: 8]);
  end
endmodule
`resetall
