// All builds of the requantizer side by side. Build k has MUL_BITS 0, 24, 31 for k / 2 and DOUBLE_ROUND
// k % 2; single-channel builds take channel 0, `wide_` is build 5 with three channels.
`resetall
`default_nettype none
module e8_tail_bench (
  input  wire        clk_i,
  input  wire        rst_ni,
  input  wire        valid_i,
  input  wire [95:0] acc_i,
  input  wire [98:0] b2_i,
  input  wire [92:0] mp_i,
  input  wire [92:0] mn_i,
  input  wire [17:0] s_i,
  input  wire [1:0]  tie_i,
  input  wire        double_i,
  input  wire        zp_first_i,
  input  wire [7:0]  zp_i,
  input  wire [7:0]  lo_i,
  input  wire [7:0]  hi_i,
  output wire [5:0]  valid_o,
  output wire [47:0] q_o,
  output wire [5:0]  overflow_o,
  output wire        wide_valid_o,
  output wire [23:0] wide_q_o,
  output wire [2:0]  wide_overflow_o,
  // Stage 2; its three channels take t1_i and t2_i.
  input  wire        valid2_i,
  input  wire [95:0] t1_i,
  input  wire [95:0] t2_i,
  output wire [5:0]  valid2_o,
  output wire [47:0] q2_o,
  output wire [5:0]  overflow2_o,
  output wire        wide_valid2_o,
  output wire [23:0] wide_q2_o,
  output wire [2:0]  wide_overflow2_o
);
  genvar k;
  generate
    for (k = 0; k < 6; k = k + 1) begin : gen_build
      localparam MUL_BITS = (k / 2 == 0) ? 0 : (k / 2 == 1) ? 24 : 31;

      e8_tail #(
        .MUL_BITS(MUL_BITS),
        .DOUBLE_ROUND(k % 2)
      ) u_tail (
        .clk_i(clk_i),
        .rst_ni(rst_ni),
        .valid_i(valid_i),
        .acc_i(acc_i[31:0]),
        .b2_i(b2_i[32:0]),
        .mp_i(mp_i[30:0]),
        .mn_i(mn_i[30:0]),
        .s_i(s_i[5:0]),
        .tie_i(tie_i),
        .double_i(double_i),
        .zp_first_i(zp_first_i),
        .zp_i(zp_i),
        .lo_i(lo_i),
        .hi_i(hi_i),
        .valid_o(valid_o[k]),
        .q_o(q_o[8*k +: 8]),
        .overflow_o(overflow_o[k])
      );

      e8_stage2 #(
        .MUL_BITS(MUL_BITS),
        .DOUBLE_ROUND(k % 2)
      ) u_stage2 (
        .clk_i(clk_i),
        .rst_ni(rst_ni),
        .valid_i(valid2_i),
        .t1_i(t1_i[31:0]),
        .t2_i(t2_i[31:0]),
        .m2_i(mp_i[30:0]),
        .s2_i(s_i[5:0]),
        .tie2_i(tie_i),
        .double2_i(double_i),
        .zp2_i(zp_i),
        .lo2_i(lo_i),
        .hi2_i(hi_i),
        .valid_o(valid2_o[k]),
        .q_o(q2_o[8*k +: 8]),
        .overflow_o(overflow2_o[k])
      );
    end
  endgenerate

  e8_tail #(
    .MUL_BITS(31),
    .DOUBLE_ROUND(1),
    .CHANNELS(3)
  ) u_wide (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .valid_i(valid_i),
    .acc_i(acc_i),
    .b2_i(b2_i),
    .mp_i(mp_i),
    .mn_i(mn_i),
    .s_i(s_i),
    .tie_i(tie_i),
    .double_i(double_i),
    .zp_first_i(zp_first_i),
    .zp_i(zp_i),
    .lo_i(lo_i),
    .hi_i(hi_i),
    .valid_o(wide_valid_o),
    .q_o(wide_q_o),
    .overflow_o(wide_overflow_o)
  );

  e8_stage2 #(
    .MUL_BITS(31),
    .DOUBLE_ROUND(1),
    .CHANNELS(3)
  ) u_wide2 (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .valid_i(valid2_i),
    .t1_i(t1_i),
    .t2_i(t2_i),
    .m2_i(mp_i[30:0]),
    .s2_i(s_i[5:0]),
    .tie2_i(tie_i),
    .double2_i(double_i),
    .zp2_i(zp_i),
    .lo2_i(lo_i),
    .hi2_i(hi_i),
    .valid_o(wide_valid2_o),
    .q_o(wide_q2_o),
    .overflow_o(wide_overflow2_o)
  );
endmodule
`resetall
