// Write FIFO of a lane's feature memory: entries of up to WORDS words, or markers that end an
// instruction. Drains a word a cycle.
`resetall
`default_nettype none
module e8_lane_writer #(
  parameter WORDS      = 2,
  parameter V          = 8,
  parameter ADDR_BITS  = 13,
  parameter DEPTH_LOG2 = 5,
  parameter COUNT_BITS = (WORDS > 1) ? $clog2(WORDS) : 1
) (
  input  wire                  clk_i,
  input  wire                  rst_ni,
  input  wire                  in_valid_i,
  output wire                  in_ready_o,
  input  wire                  in_marker_i,
  input  wire [COUNT_BITS-1:0] in_count_i,    // words - 1
  input  wire [ADDR_BITS-1:0]  in_addr_i,     // of the first word
  input  wire [ADDR_BITS-1:0]  in_stride_i,   // from word to word
  input  wire [WORDS*V*8-1:0]  in_data_i,
  output wire                  word_valid_o,
  input  wire                  word_ready_i,
  output wire [ADDR_BITS-1:0]  word_addr_o,
  output wire [V*8-1:0]        word_data_o,
  output wire                  marker_o       // pulse: all words before a marker were accepted
);
  wire                valid, marker, last;
  wire [DEPTH_LOG2:0] unused_level;
  wire                pop = marker || (word_ready_i && last);

  assign word_valid_o = valid && !marker;
  assign marker_o     = valid && marker;

  generate
    if (WORDS == 1) begin : gen_single
      wire unused = ^{in_count_i, in_stride_i};
      assign last = 1'b1;

      e8_fifo #(
        .WIDTH(1 + ADDR_BITS + V * 8),
        .DEPTH_LOG2(DEPTH_LOG2)
      ) u_fifo (
        .clk_i(clk_i),
        .rst_ni(rst_ni),
        .clear_i(1'b0),
        .in_valid_i(in_valid_i),
        .in_ready_o(in_ready_o),
        .in_data_i({in_marker_i, in_addr_i, in_data_i}),
        .out_valid_o(valid),
        .out_ready_i(pop),
        .out_data_o({marker, word_addr_o, word_data_o}),
        .count_o(unused_level)
      );
    end else begin : gen_several
      wire [COUNT_BITS-1:0] count;
      wire [ADDR_BITS-1:0]  addr, stride;
      wire [WORDS*V*8-1:0]  data;
      reg  [COUNT_BITS-1:0] word_q;
      reg  [ADDR_BITS-1:0]  ahead_q;     // word_q * stride

      assign last        = word_q == count;
      assign word_addr_o = addr + ahead_q;
      assign word_data_o = data[word_q*V*8 +: V*8];

      e8_fifo #(
        .WIDTH(1 + COUNT_BITS + 2 * ADDR_BITS + WORDS * V * 8),
        .DEPTH_LOG2(DEPTH_LOG2)
      ) u_fifo (
        .clk_i(clk_i),
        .rst_ni(rst_ni),
        .clear_i(1'b0),
        .in_valid_i(in_valid_i),
        .in_ready_o(in_ready_o),
        .in_data_i({in_marker_i, in_count_i, in_addr_i, in_stride_i, in_data_i}),
        .out_valid_o(valid),
        .out_ready_i(pop),
        .out_data_o({marker, count, addr, stride, data}),
        .count_o(unused_level)
      );

      always @(posedge clk_i) begin
        if (!rst_ni) begin
          word_q  <= {COUNT_BITS{1'b0}};
          ahead_q <= {ADDR_BITS{1'b0}};
        end else if (word_valid_o && word_ready_i) begin
          word_q  <= last ? {COUNT_BITS{1'b0}} : word_q + 1'b1;
          ahead_q <= last ? {ADDR_BITS{1'b0}} : ahead_q + stride;
        end
      end
    end
  endgenerate
endmodule
`resetall
