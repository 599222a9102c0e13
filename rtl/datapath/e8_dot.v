// V dot products of one lane: sum_o[j] = sum over c of a_i[c] * w_i[j*V + c], all int8, exact.
// Combinational, then DOT_PIPE plain registers for a synthesizer to retime into the multipliers.
// PACKED = 1 computes two outputs a multiplier (e8_dot_pair) and is equal bit for bit.
`resetall
`default_nettype none
module e8_dot #(
  parameter V        = 8,
  parameter PACKED   = 0,
  parameter DOT_PIPE = 0,
  parameter SUM_BITS = 16 + $clog2(V)     // up to 32, sign-extended
) (
  input  wire                  clk_i,
  input  wire [V*8-1:0]        a_i,
  input  wire [V*V*8-1:0]      w_i,
  output wire [V*SUM_BITS-1:0] sum_o
);
  localparam BITS = 16 + $clog2(V);

  wire [V*SUM_BITS-1:0] sum;

  genvar j;
  generate
    if (PACKED != 0) begin : gen_packed
      for (j = 0; j < V / 2; j = j + 1) begin : gen_pair
        wire [BITS-1:0] sum0, sum1;
        wire [31:0]     wide0 = {{(32 - BITS){sum0[BITS-1]}}, sum0};
        wire [31:0]     wide1 = {{(32 - BITS){sum1[BITS-1]}}, sum1};
        wire            unused = ^{wide0, wide1};

        assign sum[2*j*SUM_BITS +: SUM_BITS]     = wide0[SUM_BITS-1:0];
        assign sum[(2*j+1)*SUM_BITS +: SUM_BITS] = wide1[SUM_BITS-1:0];

        e8_dot_pair #(
          .V(V)
        ) u_pair (
          .a_i(a_i),
          .w0_i(w_i[2*j*V*8 +: V*8]),
          .w1_i(w_i[(2*j+1)*V*8 +: V*8]),
          .sum0_o(sum0),
          .sum1_o(sum1)
        );
      end
    end else begin : gen_plain
      for (j = 0; j < V; j = j + 1) begin : gen_output
        e8_dot_one #(
          .V(V),
          .SUM_BITS(SUM_BITS)
        ) u_one (
          .a_i(a_i),
          .w_i(w_i[j*V*8 +: V*8]),
          .sum_o(sum[j*SUM_BITS +: SUM_BITS])
        );
      end
    end

    for (j = 0; j < DOT_PIPE; j = j + 1) begin : gen_pipe
      reg [V*SUM_BITS-1:0] sum_q;
      if (j == 0) begin : gen_first
        always @(posedge clk_i) sum_q <= sum;
      end else begin : gen_next
        always @(posedge clk_i) sum_q <= gen_pipe[j-1].sum_q;
      end
    end

    if (DOT_PIPE == 0) begin : gen_comb
      wire unused_clk = clk_i;
      assign sum_o = sum;
    end else begin : gen_last
      assign sum_o = gen_pipe[DOT_PIPE-1].sum_q;
    end
  endgenerate
endmodule
`resetall
