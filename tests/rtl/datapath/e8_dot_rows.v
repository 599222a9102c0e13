// e8_dot with the weights as DRAM has them: byte j*V + c, output j and input c.
`resetall
`default_nettype none
module e8_dot_rows #(
  parameter V        = 8,
  parameter PACKED   = 0,
  parameter DOT_PIPE = 0
) (
  input  wire             clk_i,
  input  wire [V*8-1:0]   a_i,
  input  wire [V*V*8-1:0] w_i,
  output wire [V*32-1:0]  sum_o
);
  wire [V*V*32-1:0] wide;

  genvar c, j;
  generate
    for (c = 0; c < V; c = c + 1) begin : gen_input
      for (j = 0; j < V; j = j + 1) begin : gen_output
        assign wide[(c*V + j)*32 +: 32] = {{24{w_i[(j*V + c)*8 + 7]}}, w_i[(j*V + c)*8 +: 8]};
      end
    end
  endgenerate

  e8_dot #(
    .V(V),
    .PACKED(PACKED),
    .DOT_PIPE(DOT_PIPE)
  ) u_dot (
    .clk_i(clk_i),
    .a_i(a_i),
    .w_i(wide),
    .sum_o(sum_o)
  );
endmodule
`resetall
