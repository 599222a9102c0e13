// Parameter memory: CHANNELS records a word, latency 1. Keeps the bits of a record (emu/isa/README.md)
// that the build has a use for; multipliers come out as 31 bits.
`resetall
`default_nettype none
module e8_param_memory #(
  parameter CHANNELS   = 2,
  parameter DEPTH_LOG2 = 10,
  parameter MUL_BITS   = 31             // 0, 24 or 31
) (
  input  wire                    clk_i,
  input  wire                    we_i,
  input  wire [DEPTH_LOG2-1:0]   waddr_i,
  input  wire [CHANNELS*128-1:0] wdata_i,
  input  wire                    re_i,
  input  wire [DEPTH_LOG2-1:0]   raddr_i,
  output wire [CHANNELS*33-1:0]  b2_o,
  output wire [CHANNELS*31-1:0]  mp_o,
  output wire [CHANNELS*31-1:0]  mn_o,
  output wire [CHANNELS*6-1:0]   s_o
);
  localparam BITS = 33 + 6 + 2 * MUL_BITS;   // of a record: {mn, mp, s, b2}

  wire [CHANNELS*BITS-1:0] wdata, rdata;
  wire                     unused_record = ^wdata_i;

  e8_ram_1r1w #(
    .WIDTH(CHANNELS * BITS),
    .DEPTH_LOG2(DEPTH_LOG2)
  ) u_ram (
    .clk_i(clk_i),
    .we_i(we_i),
    .waddr_i(waddr_i),
    .wdata_i(wdata),
    .re_i(re_i),
    .raddr_i(raddr_i),
    .rdata_o(rdata)
  );

  genvar c;
  generate
    for (c = 0; c < CHANNELS; c = c + 1) begin : gen_channel
      assign wdata[c*BITS +: 39] = {wdata_i[c*128+96 +: 6], wdata_i[c*128 +: 33]};
      assign b2_o[c*33 +: 33]    = rdata[c*BITS +: 33];
      assign s_o[c*6 +: 6]       = rdata[c*BITS+33 +: 6];
      if (MUL_BITS == 0) begin : gen_none
        assign mp_o[c*31 +: 31] = 31'd1;
        assign mn_o[c*31 +: 31] = 31'd1;
      end else begin : gen_multiplier
        wire [63:0] mp = {{(64 - MUL_BITS){1'b0}}, rdata[c*BITS+39 +: MUL_BITS]};
        wire [63:0] mn = {{(64 - MUL_BITS){1'b0}}, rdata[c*BITS+39+MUL_BITS +: MUL_BITS]};
        wire        unused_high = ^{mp[63:31], mn[63:31]};
        assign wdata[c*BITS+39 +: 2*MUL_BITS] = {wdata_i[c*128+64 +: MUL_BITS], wdata_i[c*128+33 +: MUL_BITS]};
        assign mp_o[c*31 +: 31] = mp[30:0];
        assign mn_o[c*31 +: 31] = mn[30:0];
      end
    end
  endgenerate
endmodule
`resetall
