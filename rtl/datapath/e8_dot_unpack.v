// Splits S1*2^18 + S0 into S1 and S0, where S0 is a sum of at most 8 products of int8. Such an S0 lies in
// [-8*128*127, 8*128*128]: fewer than 2^18 values, so its 18-bit field names it. Fields above 2^17 are
// the negative S0, which borrow from S1. Combinational.
`resetall
`default_nettype none
module e8_dot_unpack (
  input  wire [36:0] sum_i,
  output wire [20:0] sum0_o,
  output wire [20:0] sum1_o
);
  // The most negative S0 is 2^10 above the most positive one in the field.
  wire negative = sum_i[17] && sum_i[16:10] != 7'd0;

  assign sum0_o = {{3{negative}}, sum_i[17:0]};
  assign sum1_o = {{2{sum_i[36]}}, sum_i[36:18]} + {20'd0, negative};
endmodule
`resetall
