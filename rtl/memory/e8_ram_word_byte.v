// Memory of 2^DEPTH_LOG2 words of 32 bits, of which the bytes named by we_i are written, and a port that
// reads one byte every cycle, latency 1. A byte that is read in the cycle in which it is written comes out
// as it was before or after: nobody may rely on it. Not cleared by reset.
`resetall
`default_nettype none
module e8_ram_word_byte #(
  parameter DEPTH_LOG2 = 8
) (
  input  wire                  clk_i,
  input  wire [3:0]            we_i,
  input  wire [DEPTH_LOG2-1:0] waddr_i,
  input  wire [31:0]           wdata_i,
  input  wire [DEPTH_LOG2+1:0] raddr_i,     // of the byte
  output wire [7:0]            rdata_o
);
  // Halves that block RAMs hold with 16 bits on the one side and 8 on the other.
  (* no_rw_check *)
  reg [7:0] low [0:(2 << DEPTH_LOG2)-1];
  (* no_rw_check *)
  reg [7:0] high [0:(2 << DEPTH_LOG2)-1];
  reg [7:0] low_q, high_q;
  reg       is_high_q;
  wire [DEPTH_LOG2:0] raddr = {raddr_i[DEPTH_LOG2+1:2], raddr_i[0]};

  assign rdata_o = is_high_q ? high_q : low_q;

  always @(posedge clk_i) begin
    if (we_i[0]) low[{waddr_i, 1'b0}] <= wdata_i[7:0];
    if (we_i[1]) low[{waddr_i, 1'b1}] <= wdata_i[15:8];
    low_q <= low[raddr];
  end

  always @(posedge clk_i) begin
    if (we_i[2]) high[{waddr_i, 1'b0}] <= wdata_i[23:16];
    if (we_i[3]) high[{waddr_i, 1'b1}] <= wdata_i[31:24];
    high_q <= high[raddr];
  end

  always @(posedge clk_i) is_high_q <= raddr_i[1];
endmodule
`resetall
