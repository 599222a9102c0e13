// Memory of 2^DEPTH_LOG2 words of BYTES bytes with a write port that writes the bytes named by we_i and a
// read port that reads every cycle, latency 1. A word that is read in the cycle in which it is written comes
// out as it was before or after: nobody may rely on it. Not cleared by reset.
`resetall
`default_nettype none
module e8_ram_bytes #(
  parameter BYTES      = 4,
  parameter DEPTH_LOG2 = 5
) (
  input  wire                  clk_i,
  input  wire [BYTES-1:0]      we_i,
  input  wire [DEPTH_LOG2-1:0] waddr_i,
  input  wire [BYTES*8-1:0]    wdata_i,
  input  wire [DEPTH_LOG2-1:0] raddr_i,
  output wire [BYTES*8-1:0]    rdata_o
);
  (* no_rw_check *)
  reg [BYTES*8-1:0] mem [0:(1 << DEPTH_LOG2)-1];
  reg [BYTES*8-1:0] rdata_q;
  integer           b;

  assign rdata_o = rdata_q;

  always @(posedge clk_i) begin
    for (b = 0; b < BYTES; b = b + 1) begin
      if (we_i[b]) mem[waddr_i][b*8 +: 8] <= wdata_i[b*8 +: 8];
    end
    rdata_q <= mem[raddr_i];
  end
endmodule
`resetall
