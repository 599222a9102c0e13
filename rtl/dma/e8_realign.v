// Byte realignment of a stream: item k of the result is the last `rot` bytes of item k-1 followed
// by the first bytes of item k. Combinational; `rot` 0 passes the current item.
`resetall
`default_nettype none
module e8_realign #(
  parameter BYTES    = 16,
  parameter ROT_BITS = $clog2(BYTES)
) (
  input  wire [ROT_BITS-1:0] rot_i,
  input  wire [BYTES*8-1:0]  prev_i,
  input  wire [BYTES*8-1:0]  cur_i,
  output wire [BYTES*8-1:0]  out_o
);
  // {cur, prev} goes down by BYTES - rot = 1 + ~rot bytes.
  wire [BYTES*16-1:0] both = {cur_i, prev_i} >> 8;
  wire [BYTES*16-1:0] shifted = both >> {~rot_i, 3'b000};
  wire                unused = ^shifted[BYTES*16-1:BYTES*8];

  assign out_o = rot_i == {ROT_BITS{1'b0}} ? cur_i : shifted[BYTES*8-1:0];
endmodule
`resetall
