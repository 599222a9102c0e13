// First-word fall-through FIFO of 2^DEPTH_LOG2 entries (DEPTH_LOG2 >= 1). Latency 1 when empty; one
// entry in and one out a cycle; in_ready_o does not depend on out_ready_i. `clear_i` empties it and
// drops what comes in that cycle. out_data_o means nothing without out_valid_o. FPGA tools infer
// LUT RAM.
`resetall
`default_nettype none
module e8_fifo #(
  parameter WIDTH      = 8,
  parameter DEPTH_LOG2 = 2
) (
  input  wire                clk_i,
  input  wire                rst_ni,
  input  wire                clear_i,
  input  wire                in_valid_i,
  output wire                in_ready_o,
  input  wire [WIDTH-1:0]    in_data_i,
  output wire                out_valid_o,
  input  wire                out_ready_i,
  output wire [WIDTH-1:0]    out_data_o,
  output wire [DEPTH_LOG2:0] count_o        // entries held
);
  localparam DEPTH = 1 << DEPTH_LOG2;

  reg  [WIDTH-1:0]    mem_q [0:DEPTH-1];
  reg  [DEPTH_LOG2:0] head_q, tail_q;       // written, read; the top bit tells full from empty
  wire                push = in_valid_i && in_ready_o;
  wire                pop = out_valid_o && out_ready_i;

  assign count_o     = head_q - tail_q;
  assign in_ready_o  = !count_o[DEPTH_LOG2];
  assign out_valid_o = head_q != tail_q;
  assign out_data_o  = mem_q[tail_q[DEPTH_LOG2-1:0]];

  always @(posedge clk_i) begin
    if (!rst_ni || clear_i) begin
      head_q <= {(DEPTH_LOG2 + 1){1'b0}};
      tail_q <= {(DEPTH_LOG2 + 1){1'b0}};
    end else begin
      if (push) head_q <= head_q + 1'b1;
      if (pop) tail_q <= tail_q + 1'b1;
    end
    if (push) mem_q[head_q[DEPTH_LOG2-1:0]] <= in_data_i;
  end
endmodule
`resetall
