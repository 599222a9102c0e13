// What SHIFT writes: lane l gets the word of lane l - dist, or `fill` where fill_mask says so or that is
// no lane. Combinational from the words read; the instruction's fields are kept from load_i on.
`resetall
`default_nettype none
`include "exact8_isa.vh"
module e8_shift #(
  parameter LANES = 4,
  parameter V     = 8
) (
  input  wire                 clk_i,
  input  wire                 load_i,
  input  wire [511:0]         instr_i,
  input  wire [LANES*V*8-1:0] word_i,
  output wire [LANES*V*8-1:0] word_o
);
  localparam INDEX = (LANES > 1) ? $clog2(LANES) : 1;

  reg  [LANES-1:0]       fill_q;           // lane gets the fill byte
  reg  [LANES*INDEX-1:0] source_q;         // lane it gets the word of, otherwise
  reg  [7:0]             byte_q;
  wire signed [5:0]      distance = instr_i[`E8_SHIFT_DIST_LSB +: `E8_SHIFT_DIST_WIDTH];
  wire                   unused_instr = ^instr_i;

  genvar l;
  generate
    for (l = 0; l < LANES; l = l + 1) begin : gen_lane
      localparam signed [6:0] LANE = l;
      wire signed [6:0]      source = LANE - {distance[5], distance};
      wire [INDEX-1:0]       from = source_q[l*INDEX +: INDEX];

      assign word_o[l*V*8 +: V*8] = fill_q[l] ? {V{byte_q}} : word_i[from*V*8 +: V*8];

      always @(posedge clk_i) begin
        if (load_i) begin
          fill_q[l] <= instr_i[`E8_SHIFT_FILL_MASK_LSB + l] || source < 7'sd0 || source >= $signed(LANES[6:0]);
          source_q[l*INDEX +: INDEX] <= source[INDEX-1:0];
        end
      end
    end
  endgenerate

  always @(posedge clk_i) begin
    if (load_i) byte_q <= instr_i[`E8_SHIFT_FILL_LSB +: 8];
  end
endmodule
`resetall
