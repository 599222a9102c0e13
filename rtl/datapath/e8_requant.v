// Requantizer of a lane: parts of V/DRAIN channels go through the tail and, with stage 2, through the
// tables T1 (of the tail's result) and T2 (of the residual) and the second tail; results gather in the
// word that is written. SHIFT's words go through the same register. When things happen says e8_drain.
// overflow_o: a channel of the gathered word left 33 bits, in either stage.
`resetall
`default_nettype none
module e8_requant #(
  parameter V            = 8,
  parameter DRAIN        = 4,
  parameter MUL_BITS     = 31,
  parameter DOUBLE_ROUND = 1,
  parameter TABLES       = 1,
  parameter HELD         = 0,               // the tail's mode holds until the last result is out
  parameter PART_BITS    = (DRAIN > 1) ? $clog2(DRAIN) : 1,
  parameter CHANNELS     = V / DRAIN
) (
  input  wire                   clk_i,
  input  wire                   rst_ni,
  input  wire                   feed_valid_i,
  input  wire [CHANNELS*32-1:0] acc_i,
  input  wire [CHANNELS*33-1:0] b2_i,
  input  wire [CHANNELS*31-1:0] mp_i,
  input  wire [CHANNELS*31-1:0] mn_i,
  input  wire [CHANNELS*6-1:0]  s_i,
  input  wire [27:0]            tail_mode_i,
  input  wire                   tm_valid_i,      // table memory is written
  input  wire [9:0]             tm_addr_i,
  input  wire [31:0]            tm_data_i,
  input  wire                   res_take_i,
  input  wire [V*8-1:0]         word_i,          // read from feature memory
  input  wire                   look_valid_i,
  input  wire [PART_BITS-1:0]   look_part_i,
  input  wire                   look_bank_i,
  input  wire                   second_valid_i,
  input  wire [65:0]            second_mode_i,
  input  wire                   shift_take_i,
  input  wire [V*8-1:0]         shift_word_i,
  input  wire                   capture_i,
  input  wire                   capture_second_i, // from stage 2, not from the tail
  input  wire [PART_BITS-1:0]   capture_part_i,
  output wire [V*8-1:0]         word_o,
  output wire                   overflow_o
);
  wire [CHANNELS*8-1:0] q1, q;             // of the tail; to be gathered
  wire [CHANNELS-1:0]   overflow1;
  wire                  overflow;
  wire                  unused_tail_valid;
  reg  [V*8-1:0]        word_q;
  reg                   overflow_q;

  assign word_o     = word_q;
  assign overflow_o = overflow_q;

  e8_tail #(
    .MUL_BITS(MUL_BITS),
    .DOUBLE_ROUND(DOUBLE_ROUND),
    .CHANNELS(CHANNELS),
    .HELD(HELD)
  ) u_tail (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .valid_i(feed_valid_i),
    .acc_i(acc_i),
    .b2_i(b2_i),
    .mp_i(mp_i),
    .mn_i(mn_i),
    .s_i(s_i),
    .tie_i(tail_mode_i[1:0]),
    .double_i(tail_mode_i[2]),
    .zp_first_i(tail_mode_i[3]),
    .zp_i(tail_mode_i[11:4]),
    .lo_i(tail_mode_i[19:12]),
    .hi_i(tail_mode_i[27:20]),
    .valid_o(unused_tail_valid),
    .q_o(q1),
    .overflow_o(overflow1)
  );

  always @(posedge clk_i) begin
    if (shift_take_i) word_q <= shift_word_i;
    else if (capture_i) word_q[capture_part_i*CHANNELS*8 +: CHANNELS*8] <= q;
    if (capture_i) overflow_q <= overflow || (overflow_q && capture_part_i != {PART_BITS{1'b0}});
  end

  generate
    if (TABLES != 0) begin : gen_second
      wire [CHANNELS*32-1:0] t1, t2;
      wire [CHANNELS*8-1:0]  q2;
      wire [CHANNELS-1:0]    overflow2;
      wire                   unused_second_valid;
      wire                   unused_bank = second_mode_i[0];
      reg  [V*8-1:0]         res_q;
      reg  [5:1]             late_q;       // the tail's overflow, until its part leaves stage 2
      wire [CHANNELS*8-1:0]  res = res_q[look_part_i*CHANNELS*8 +: CHANNELS*8];

      assign q        = capture_second_i ? q2 : q1;
      assign overflow = capture_second_i ? (|overflow2 || late_q[5]) : |overflow1;

      always @(posedge clk_i) begin
        if (res_take_i) res_q <= word_i;
        late_q <= {late_q[4:1], |overflow1};
      end

      genvar c;
      for (c = 0; c < CHANNELS; c = c + 1) begin : gen_channel
        // int8 value + 128 is the value with its sign bit turned.
        e8_ram_1r1w #(
          .WIDTH(32),
          .DEPTH_LOG2(9)
        ) u_t1 (
          .clk_i(clk_i),
          .we_i(tm_valid_i && !tm_addr_i[8]),
          .waddr_i({tm_addr_i[9], tm_addr_i[7:0]}),
          .wdata_i(tm_data_i),
          .re_i(look_valid_i),
          .raddr_i({look_bank_i, q1[c*8 +: 8] ^ 8'h80}),
          .rdata_o(t1[c*32 +: 32])
        );

        e8_ram_1r1w #(
          .WIDTH(32),
          .DEPTH_LOG2(9)
        ) u_t2 (
          .clk_i(clk_i),
          .we_i(tm_valid_i && tm_addr_i[8]),
          .waddr_i({tm_addr_i[9], tm_addr_i[7:0]}),
          .wdata_i(tm_data_i),
          .re_i(look_valid_i),
          .raddr_i({look_bank_i, res[c*8 +: 8] ^ 8'h80}),
          .rdata_o(t2[c*32 +: 32])
        );
      end

      e8_stage2 #(
        .MUL_BITS(MUL_BITS),
        .DOUBLE_ROUND(DOUBLE_ROUND),
        .CHANNELS(CHANNELS)
      ) u_stage2 (
        .clk_i(clk_i),
        .rst_ni(rst_ni),
        .valid_i(second_valid_i),
        .t1_i(t1),
        .t2_i(t2 & {(CHANNELS * 32){second_mode_i[1]}}),
        .m2_i(second_mode_i[32:2]),
        .s2_i(second_mode_i[38:33]),
        .tie2_i(second_mode_i[40:39]),
        .double2_i(second_mode_i[41]),
        .zp2_i(second_mode_i[49:42]),
        .lo2_i(second_mode_i[57:50]),
        .hi2_i(second_mode_i[65:58]),
        .valid_o(unused_second_valid),
        .q_o(q2),
        .overflow_o(overflow2)
      );
    end else begin : gen_no_second
      wire unused = ^{tm_valid_i, tm_addr_i, tm_data_i, res_take_i, word_i, look_valid_i, look_part_i,
                      look_bank_i, second_valid_i, second_mode_i, capture_second_i};
      assign q        = q1;
      assign overflow = |overflow1;
    end
  endgenerate
endmodule
`resetall
