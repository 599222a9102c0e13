// Affine address of a loop nest, and whether it leaves the memory: base + sum over levels of index * stride.
// Level 0 is the innermost. On adv_i the index of the level in level_i (one hot; none: stands still)
// goes up by one and those further in return to 0. bad_o tells that the address is not below
// 2^ADDR_LOG2. It is exact as long as the nest stops there: then every address is a good one plus a
// stride, so ADDR_LOG2 + 2 bits hold the sum. Nothing is reset: the loads come first.
`resetall
`default_nettype none
module e8_affine #(
  parameter LEVELS    = 3,
  parameter ADDR_LOG2 = 13                // 1..16
) (
  input  wire                 clk_i,
  input  wire                 load_base_i,      // all indices to 0, with:
  input  wire [15:0]          base_i,
  input  wire [LEVELS-1:0]    load_stride_i,    // of a level
  input  wire [LEVELS*16-1:0] stride_i,         // signed
  input  wire                 adv_i,
  input  wire [LEVELS-1:0]    level_i,
  output wire [ADDR_LOG2-1:0] addr_o,
  output wire                 bad_o
);
  localparam STRIDE = ADDR_LOG2 + 1;      // a stride of more bits leaves the memory from anywhere

  reg  [LEVELS*ADDR_LOG2-1:0] base_q;     // a level's base: all indices further in are 0
  reg  [LEVELS*STRIDE-1:0]    stride_q;
  reg  [LEVELS-1:0]           far_q;      // the stride has more bits
  reg                         bad_q;
  reg  [ADDR_LOG2+1:0]        sum;
  reg                         far;
  wire                        base_bad;
  integer                     k;

  assign addr_o = base_q[ADDR_LOG2-1:0];
  assign bad_o  = bad_q;

  generate
    if (ADDR_LOG2 < 16) begin : gen_base_check
      assign base_bad = base_i[15:ADDR_LOG2] != {(16 - ADDR_LOG2){1'b0}};
    end else begin : gen_base_fits
      assign base_bad = 1'b0;
    end
  endgenerate

  always @* begin
    sum = {(ADDR_LOG2 + 2){1'b0}};
    far = 1'b0;
    for (k = 0; k < LEVELS; k = k + 1) begin
      if (level_i[k]) begin
        sum = {2'b00, base_q[k*ADDR_LOG2 +: ADDR_LOG2]}
              + {stride_q[k*STRIDE+STRIDE-1], stride_q[k*STRIDE +: STRIDE]};
        far = far_q[k];
      end
    end
  end

  always @(posedge clk_i) begin
    if (load_base_i) begin
      base_q <= {LEVELS{base_i[ADDR_LOG2-1:0]}};
      bad_q  <= base_bad;
    end else if (adv_i && level_i != {LEVELS{1'b0}}) begin
      bad_q <= far || sum[ADDR_LOG2+1:ADDR_LOG2] != 2'b00;
      for (k = 0; k < LEVELS; k = k + 1) begin
        if ((level_i >> k) != {LEVELS{1'b0}}) base_q[k*ADDR_LOG2 +: ADDR_LOG2] <= sum[ADDR_LOG2-1:0];
      end
    end
  end

  generate
    genvar g;
    for (g = 0; g < LEVELS; g = g + 1) begin : gen_stride
      wire [31:0] stride = {{16{stride_i[g*16+15]}}, stride_i[g*16 +: 16]};
      always @(posedge clk_i) begin
        if (load_stride_i[g]) begin
          stride_q[g*STRIDE +: STRIDE] <= stride[STRIDE-1:0];
          far_q[g]                     <= stride[31:STRIDE] != {(32 - STRIDE){stride[STRIDE-1]}};
        end
      end
    end
  endgenerate
endmodule
`resetall
