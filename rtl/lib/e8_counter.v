// Loop counter: last_o in the last of n iterations (n >= 1), from a register. Nothing is reset: load_i
// comes first.
`resetall
`default_nettype none
module e8_counter #(
  parameter WIDTH = 16
) (
  input  wire             clk_i,
  input  wire             load_i,    // first iteration of n_i
  input  wire [WIDTH-1:0] n_i,
  input  wire             adv_i,     // next iteration; after the last, the first again
  output wire             last_o
);
  localparam [WIDTH-1:0] ONE = 1, TWO = 2;

  reg [WIDTH-1:0] n_q, left_q;       // left: iterations from this one on
  reg             last_q, single_q;

  assign last_o = last_q;

  always @(posedge clk_i) begin
    if (load_i) begin
      n_q      <= n_i;
      single_q <= n_i == ONE;
    end
    if (load_i) begin
      left_q <= n_i;
      last_q <= n_i == ONE;
    end else if (adv_i) begin
      left_q <= last_q ? n_q : left_q - ONE;
      last_q <= last_q ? single_q : left_q == TWO;
    end
  end
endmodule
`resetall
