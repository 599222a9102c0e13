// Memory of 2^DEPTH_LOG2 words with a write port and a read port, latency 1. The word read holds
// while `re_i` is 0. A word that is read in the cycle in which it is written comes out as it was
// before or after, by device: nobody may rely on it. Not cleared by reset.
`resetall
`default_nettype none
module e8_ram_1r1w #(
  parameter WIDTH      = 8,
  parameter DEPTH_LOG2 = 9
) (
  input  wire                  clk_i,
  input  wire                  we_i,
  input  wire [DEPTH_LOG2-1:0] waddr_i,
  input  wire [WIDTH-1:0]      wdata_i,
  input  wire                  re_i,
  input  wire [DEPTH_LOG2-1:0] raddr_i,
  output wire [WIDTH-1:0]      rdata_o
);
  (* no_rw_check *)
  reg [WIDTH-1:0] mem [0:(1 << DEPTH_LOG2)-1];
  reg [WIDTH-1:0] rdata_q;

  assign rdata_o = rdata_q;

  always @(posedge clk_i) begin
    if (we_i) mem[waddr_i] <= wdata_i;
    if (re_i) rdata_q <= mem[raddr_i];
  end
endmodule
`resetall
