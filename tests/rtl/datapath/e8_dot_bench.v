// e8_dot for every V: variant k of a width is packed if k is odd and has DOT_PIPE 0, 0, 3, 1. A width takes the low part
// of the inputs.
`resetall
`default_nettype none
module e8_dot_bench (
  input  wire            clk_i,
  input  wire [255:0]    a_i,
  input  wire [8191:0]   w_i,
  output wire [255:0]    sum2_o,     // 4 variants x V x 32 bits
  output wire [511:0]    sum4_o,
  output wire [1023:0]   sum8_o,
  output wire [2047:0]   sum16_o,
  output wire [4095:0]   sum32_o
);
  genvar k;
  generate
    for (k = 0; k < 4; k = k + 1) begin : gen_variant
      localparam PIPE = (k < 2) ? 0 : (k == 2) ? 3 : 1;

      e8_dot_rows #(.V(2), .PACKED(k % 2), .DOT_PIPE(PIPE)) u_dot2 (
        .clk_i(clk_i), .a_i(a_i[15:0]), .w_i(w_i[31:0]), .sum_o(sum2_o[k*64 +: 64])
      );
      e8_dot_rows #(.V(4), .PACKED(k % 2), .DOT_PIPE(PIPE)) u_dot4 (
        .clk_i(clk_i), .a_i(a_i[31:0]), .w_i(w_i[127:0]), .sum_o(sum4_o[k*128 +: 128])
      );
      e8_dot_rows #(.V(8), .PACKED(k % 2), .DOT_PIPE(PIPE)) u_dot8 (
        .clk_i(clk_i), .a_i(a_i[63:0]), .w_i(w_i[511:0]), .sum_o(sum8_o[k*256 +: 256])
      );
      e8_dot_rows #(.V(16), .PACKED(k % 2), .DOT_PIPE(PIPE)) u_dot16 (
        .clk_i(clk_i), .a_i(a_i[127:0]), .w_i(w_i[2047:0]), .sum_o(sum16_o[k*512 +: 512])
      );
      e8_dot_rows #(.V(32), .PACKED(k % 2), .DOT_PIPE(PIPE)) u_dot32 (
        .clk_i(clk_i), .a_i(a_i), .w_i(w_i), .sum_o(sum32_o[k*1024 +: 1024])
      );
    end
  endgenerate
endmodule
`resetall
