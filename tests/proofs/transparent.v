// Registers as wires: turns a pipeline that is always valid into the function it computes.
(* techmap_celltype = "$dff $dffe $sdff $sdffe $sdffce" *)
module transparent (D, Q, CLK, EN, SRST);
  parameter WIDTH = 1;
  parameter CLK_POLARITY = 1, EN_POLARITY = 1, SRST_POLARITY = 1, SRST_VALUE = 0;
  input [WIDTH-1:0] D;
  input CLK, EN, SRST;
  output [WIDTH-1:0] Q;
  assign Q = D;
endmodule
