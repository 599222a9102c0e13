// e8_dot_unpack splits S1*2^18 + S0 for every S0 that 8 products of int8 pairs can sum to, and any S1 as large. Sums are
// linear in the products, and e8_dot_packed_test.cpp tries every product: the packed dot
// product is the plain one. `ok_o` must be 1 for all inputs.
`default_nettype none
module unpack_spec (
  input  wire signed [18:0] s0_i,
  input  wire signed [18:0] s1_i,
  output wire               ok_o
);
  wire signed [36:0] sum = {s1_i, 18'd0} + {{18{s0_i[18]}}, s0_i};
  wire signed [20:0] got0, got1;
  wire               legal = s0_i >= -19'sd130048 && s0_i <= 19'sd131072 && s1_i >= -19'sd130048 && s1_i <= 19'sd131072;

  e8_dot_unpack u_unpack (
    .sum_i(sum),
    .sum0_o(got0),
    .sum1_o(got1)
  );

  assign ok_o = !legal || (got0 == s0_i && got1 == s1_i);
endmodule
