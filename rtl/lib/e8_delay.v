// Delays data by CYCLES registers; 0 is a wire.
`resetall
`default_nettype none
module e8_delay #(
  parameter WIDTH  = 8,
  parameter CYCLES = 1
) (
  input  wire             clk_i,
  input  wire [WIDTH-1:0] data_i,
  output wire [WIDTH-1:0] data_o
);
  genvar k;
  generate
    if (CYCLES == 0) begin : gen_wire
      wire unused = clk_i;
      assign data_o = data_i;
    end else begin : gen_registers
      for (k = 0; k < CYCLES; k = k + 1) begin : gen_stage
        reg [WIDTH-1:0] data_q;
        if (k == 0) begin : gen_first
          always @(posedge clk_i) data_q <= data_i;
        end else begin : gen_next
          always @(posedge clk_i) data_q <= gen_stage[k-1].data_q;
        end
      end
      assign data_o = gen_stage[CYCLES-1].data_q;
    end
  endgenerate
endmodule
`resetall
