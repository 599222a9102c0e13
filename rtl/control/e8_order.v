// Program order while engines run apart: which instruction is the oldest unfinished one, and the error
// of the lowest index. Instructions are known by the low TAG_BITS bits of their index, because no more
// than 2^TAG_BITS are ever between the oldest unfinished one and the next one to be dispatched.
`resetall
`default_nettype none
`include "exact8_isa.vh"
module e8_order #(
  parameter TAG_BITS = 6
) (
  input  wire                  clk_i,
  input  wire                  rst_ni,
  input  wire                  start_i,          // a program starts
  input  wire                  run_i,            // 0: everything stays as it is
  input  wire [TAG_BITS:0]     next_i,           // low bits of the next index to be dispatched
  output wire                  room_o,           // it may be
  input  wire [2:0]            complete_i,       // engines: an instruction finished
  input  wire [3*TAG_BITS-1:0] complete_tag_i,
  input  wire [3:0]            err_valid_i,      // engines and, in bit 3, the dispatcher: one failed
  input  wire [4*TAG_BITS-1:0] err_tag_i,
  input  wire [4*8-1:0]        err_code_i,
  output wire [31:0]           oldest_o,         // index of the oldest unfinished instruction: ERROR_PC
  output wire                  all_done_o,       // no dispatched instruction is unfinished
  output wire                  stop_o,           // start nothing at or after stop_tag_o
  output wire [TAG_BITS-1:0]   stop_tag_o,
  output wire [7:0]            stop_code_o,
  output wire                  fail_o            // and all before it have finished
);
  localparam WINDOW = 1 << TAG_BITS;

  reg  [31:0]         oldest_q;
  reg  [WINDOW-1:0]   done_q;
  reg                 stop_q;
  reg  [TAG_BITS-1:0] stop_tag_q;
  reg  [7:0]          stop_code_q;
  wire [TAG_BITS-1:0] oldest = oldest_q[TAG_BITS-1:0];
  wire [TAG_BITS:0]   between = next_i - oldest_q[TAG_BITS:0];
  integer             k, m;

  assign room_o      = !between[TAG_BITS];
  assign all_done_o  = between == {(TAG_BITS + 1){1'b0}};
  assign oldest_o    = oldest_q;
  assign stop_o      = stop_q;
  assign stop_tag_o  = stop_tag_q;
  assign stop_code_o = stop_code_q;
  assign fail_o      = stop_q && stop_tag_q == oldest;

  // The first error of this cycle and all before it.
  reg                 stop;
  reg  [TAG_BITS-1:0] stop_tag;
  reg  [7:0]          stop_code;
  reg  [TAG_BITS-1:0] age, stop_age;

  always @* begin
    stop      = stop_q;
    stop_tag  = stop_tag_q;
    stop_code = stop_code_q;
    age       = {TAG_BITS{1'b0}};
    stop_age  = stop_tag_q - oldest;
    for (k = 0; k < 4; k = k + 1) begin
      age = err_tag_i[k*TAG_BITS +: TAG_BITS] - oldest;
      if (err_valid_i[k] && (!stop || age < stop_age)) begin
        stop      = 1'b1;
        stop_tag  = err_tag_i[k*TAG_BITS +: TAG_BITS];
        stop_code = err_code_i[k*8 +: 8];
        stop_age  = age;
      end
    end
  end

  always @(posedge clk_i) begin
    if (!rst_ni || start_i) begin
      stop_q      <= 1'b0;
      stop_tag_q  <= {TAG_BITS{1'b0}};
      stop_code_q <= `E8_ERR_NONE;
      done_q      <= {WINDOW{1'b0}};
    end else if (run_i) begin
      stop_q      <= stop;
      stop_tag_q  <= stop_tag;
      stop_code_q <= stop_code;
      for (m = 0; m < 3; m = m + 1) begin
        if (complete_i[m]) done_q[complete_tag_i[m*TAG_BITS +: TAG_BITS]] <= 1'b1;
      end
      if (done_q[oldest] && !fail_o) done_q[oldest] <= 1'b0;
    end
    if (!rst_ni || start_i) oldest_q <= 32'd0;
    else if (run_i && done_q[oldest] && !fail_o) oldest_q <= oldest_q + 32'd1;
  end
endmodule
`resetall
