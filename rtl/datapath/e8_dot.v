// V dot products of one lane: sum_o[j] = sum over c of a_i[c] * w_i[c*V + j], all int8, exact. Weights come
// turned (e8_weight_memory) and sign-extended to 32 bits, which is wires, and what simulators multiply fastest.
// Combinational, then DOT_PIPE plain registers for a synthesizer to retime into the multipliers.
// PACKED = 1 computes two outputs a multiplier (e8_dot_pair) and is equal bit for bit.
`resetall
`default_nettype none
module e8_dot #(
  parameter V        = 8,
  parameter PACKED   = 0,
  parameter DOT_PIPE = 0
) (
  input  wire              clk_i,
  input  wire [V*8-1:0]    a_i,
  input  wire [V*V*32-1:0] w_i,
  output wire [V*32-1:0]   sum_o      // sign-extended: 16 + log2 V bits say all
);
  localparam BITS = 16 + $clog2(V);

  wire [V*32-1:0] sum;

  genvar j, c;
  generate
    if (PACKED != 0) begin : gen_packed
      wire unused_signs = ^w_i;

      for (j = 0; j < V; j = j + 2) begin : gen_pair
        wire [V*8-1:0]  w0, w1;
        wire [BITS-1:0] sum0, sum1;

        for (c = 0; c < V; c = c + 1) begin : gen_weight
          assign w0[c*8 +: 8] = w_i[(c*V + j)*32 +: 8];
          assign w1[c*8 +: 8] = w_i[(c*V + j + 1)*32 +: 8];
        end

        assign sum[j*32 +: 32]     = {{(32 - BITS){sum0[BITS-1]}}, sum0};
        assign sum[(j+1)*32 +: 32] = {{(32 - BITS){sum1[BITS-1]}}, sum1};

        e8_dot_pair #(
          .V(V)
        ) u_pair (
          .a_i(a_i),
          .w0_i(w0),
          .w1_i(w1),
          .sum0_o(sum0),
          .sum1_o(sum1)
        );
      end
    end else begin : gen_plain
      e8_dot_plain #(
        .V(V)
      ) u_plain (
        .a_i(a_i),
        .w_i(w_i),
        .sum_o(sum)
      );
    end

    for (j = 0; j < DOT_PIPE; j = j + 1) begin : gen_pipe
      reg [V*32-1:0] sum_q;
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
