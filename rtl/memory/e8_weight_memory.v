// A block RAM of V x V weights a word. They come as DRAM has them (byte j*V + c: output j, input c) and are
// kept, and read, turned: in groups of G = min(V, 4) inputs, byte ((c/G)*V + j)*G + c%G, so that the V weights
// that one input meets lie in consecutive groups, at one place in each. The turn is wires in hardware; in
// simulation it makes a dot product a few operations on whole vectors, and costs only when a word is written.
// Read and write as in e8_ram_1r1w.
`resetall
`default_nettype none
module e8_weight_memory #(
  parameter V          = 8,
  parameter DEPTH_LOG2 = 8
) (
  input  wire                  clk_i,
  input  wire                  we_i,
  input  wire [DEPTH_LOG2-1:0] waddr_i,
  input  wire [V*V*8-1:0]      wdata_i,
  input  wire                  re_i,
  input  wire [DEPTH_LOG2-1:0] raddr_i,
  output wire [V*V*8-1:0]      rdata_o    // turned
);
  localparam G = (V < 4) ? V : 4;

  (* no_rw_check *)
  reg [V*V*8-1:0] mem [0:(1 << DEPTH_LOG2)-1];
  reg [V*V*8-1:0] rdata_q;

  assign rdata_o = rdata_q;

  function [V*V*8-1:0] turned(input [V*V*8-1:0] weights);
    integer c, j;
    for (c = 0; c < V; c = c + G) begin
      for (j = 0; j < V; j = j + 1) turned[(c*V + j*G)*8 +: G*8] = weights[(j*V + c)*8 +: G*8];
    end
  endfunction

  always @(posedge clk_i) begin
    if (we_i) mem[waddr_i] <= turned(wdata_i);
    if (re_i) rdata_q <= mem[raddr_i];
  end
endmodule
`resetall
