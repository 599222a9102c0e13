// Follows the requantizer's pipeline (e8_tail, e8_stage2) for all its channels: which stages hold
// valid data, and the mode bits where they are needed. Stage 1 follows the inputs by one cycle. HELD: the mode
// inputs stay as they are until the last result is out, so nothing is kept of them.
`resetall
`default_nettype none
module e8_tail_control #(
  parameter HELD = 0
) (
  input  wire        clk_i,
  input  wire        rst_ni,
  input  wire        valid_i,
  input  wire [1:0]  tie_i,
  input  wire        double_i,
  input  wire        zp_first_i,
  input  wire [7:0]  zp_i,
  input  wire [7:0]  lo_i,
  input  wire [7:0]  hi_i,
  output wire [3:0]  stage_o,     // bit k: stage k+1 is valid
  output wire [3:0]  round_o,     // in stage 2: {tie, double, odd zero point to add before rounding}
  output wire [23:0] clamp_o      // in stage 3: {hi, lo, zp}
);
  reg  [3:0]  stage_q;
  wire [27:0] mode = {hi_i, lo_i, zp_i, tie_i, double_i, zp_first_i && zp_i[0]};

  assign stage_o = stage_q;

  always @(posedge clk_i) begin
    if (!rst_ni) begin
      stage_q <= 4'd0;
    end else begin
      stage_q <= {stage_q[2:0], valid_i};
    end
  end

  generate
    if (HELD != 0) begin : gen_held
      assign {clamp_o, round_o} = mode;
    end else begin : gen_travels
      reg [27:0] mode1_q, mode2_q;
      reg [23:0] mode3_q;

      assign round_o = mode2_q[3:0];
      assign clamp_o = mode3_q;

      always @(posedge clk_i) begin
        if (valid_i) mode1_q <= mode;
        if (stage_q[0]) mode2_q <= mode1_q;
        if (stage_q[1]) mode3_q <= mode2_q[27:4];
      end
    end
  endgenerate
endmodule
`resetall
