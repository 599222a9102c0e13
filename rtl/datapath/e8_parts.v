// Counts the DRAIN parts of an output vector: part 0 with start_i, the others in the cycles after it.
// Starts come at least DRAIN cycles apart.
`resetall
`default_nettype none
module e8_parts #(
  parameter DRAIN     = 4,                // a power of two
  parameter PART_BITS = (DRAIN > 1) ? $clog2(DRAIN) : 1
) (
  input  wire                 clk_i,
  input  wire                 rst_ni,
  input  wire                 start_i,
  output wire                 valid_o,
  output wire [PART_BITS-1:0] part_o
);
  generate
    if (DRAIN == 1) begin : gen_one
      wire unused = ^{clk_i, rst_ni};
      assign valid_o = start_i;
      assign part_o  = 1'b0;
    end else begin : gen_count
      reg [PART_BITS-1:0] part_q;         // the next; 0: none

      assign valid_o = start_i || part_q != {PART_BITS{1'b0}};
      assign part_o  = start_i ? {PART_BITS{1'b0}} : part_q;

      always @(posedge clk_i) begin
        if (!rst_ni) part_q <= {PART_BITS{1'b0}};
        else if (valid_o) part_q <= part_o + 1'b1;
      end
    end
  endgenerate
endmodule
`resetall
