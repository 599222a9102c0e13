// Two dot products of one activation vector, two products a multiplier, exact. Combinational.
// Groups of at most 8 inputs, then their sum.
`resetall
`default_nettype none
module e8_dot_pair #(
  parameter V        = 8,
  parameter SUM_BITS = 16 + $clog2(V)
) (
  input  wire [V*8-1:0]      a_i,
  input  wire [V*8-1:0]      w0_i,
  input  wire [V*8-1:0]      w1_i,
  output wire [SUM_BITS-1:0] sum0_o,
  output wire [SUM_BITS-1:0] sum1_o
);
  localparam GROUP  = (V < 8) ? V : 8;
  localparam GROUPS = V / GROUP;

  wire [GROUPS*SUM_BITS-1:0] part0, part1;
  reg  [SUM_BITS-1:0]        sum0, sum1;
  integer                    k;

  assign sum0_o = sum0;
  assign sum1_o = sum1;

  genvar g;
  generate
    for (g = 0; g < GROUPS; g = g + 1) begin : gen_group
      e8_dot_packed #(
        .N(GROUP),
        .SUM_BITS(SUM_BITS)
      ) u_packed (
        .a_i(a_i[g*GROUP*8 +: GROUP*8]),
        .w0_i(w0_i[g*GROUP*8 +: GROUP*8]),
        .w1_i(w1_i[g*GROUP*8 +: GROUP*8]),
        .sum0_o(part0[g*SUM_BITS +: SUM_BITS]),
        .sum1_o(part1[g*SUM_BITS +: SUM_BITS])
      );
    end
  endgenerate

  always @* begin
    sum0 = {SUM_BITS{1'b0}};
    sum1 = {SUM_BITS{1'b0}};
    for (k = 0; k < GROUPS; k = k + 1) begin
      sum0 = sum0 + part0[k*SUM_BITS +: SUM_BITS];
      sum1 = sum1 + part1[k*SUM_BITS +: SUM_BITS];
    end
  end
endmodule
`resetall
