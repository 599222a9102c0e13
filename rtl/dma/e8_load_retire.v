// Retire events of LOAD (rtl/README.md): the accepted memory writes, registered.
`resetall
`default_nettype none
module e8_load_retire #(
  parameter LANES        = 4,
  parameter V            = 8,
  parameter FEATURE_LOG2 = 13,
  parameter WEIGHT_LOG2  = 11,
  parameter PART_LOG2    = 10,     // address bits of parameter parts
  parameter PART_BITS    = 256
) (
  input  wire                          clk_i,
  input  wire                          rst_ni,
  input  wire [LANES-1:0]              fw_valid_i,     // accepted
  input  wire [LANES*FEATURE_LOG2-1:0] fw_addr_i,
  input  wire [LANES*V*8-1:0]          fw_data_i,
  input  wire [LANES*32-1:0]           fw_instr_i,
  input  wire                          wm_valid_i,
  input  wire [WEIGHT_LOG2-1:0]        wm_addr_i,
  input  wire [V*V*8-1:0]              wm_data_i,
  input  wire                          pm_valid_i,
  input  wire [PART_LOG2-1:0]          pm_addr_i,
  input  wire [PART_BITS-1:0]          pm_data_i,
  input  wire                          tm_valid_i,
  input  wire [9:0]                    tm_addr_i,
  input  wire [31:0]                   tm_data_i,
  input  wire [31:0]                   shared_instr_i, // of wm, pm, tm
  output reg  [LANES-1:0]              retire_load_valid_o,
  output reg  [LANES*32-1:0]           retire_load_instr_o,
  output reg  [LANES*16-1:0]           retire_load_addr_o,
  output reg  [LANES*V*8-1:0]          retire_load_data_o,
  output reg                           retire_wmem_valid_o,
  output reg  [31:0]                   retire_wmem_instr_o,
  output reg  [15:0]                   retire_wmem_addr_o,
  output reg  [V*V*8-1:0]              retire_wmem_data_o,
  output reg                           retire_pmem_valid_o,
  output reg  [31:0]                   retire_pmem_instr_o,
  output reg  [15:0]                   retire_pmem_addr_o,
  output reg  [PART_BITS-1:0]          retire_pmem_data_o,
  output reg                           retire_tmem_valid_o,
  output reg  [31:0]                   retire_tmem_instr_o,
  output reg  [15:0]                   retire_tmem_addr_o,
  output reg  [31:0]                   retire_tmem_data_o
);
  // Addresses as 16 bits.
  localparam [15:0] FW_MASK = (1 << FEATURE_LOG2) - 1;
  wire [31+LANES*FEATURE_LOG2:0] fw_addr = {32'd0, fw_addr_i};
  wire [31:0] wm_addr = {{(32 - WEIGHT_LOG2){1'b0}}, wm_addr_i};
  wire [31:0] pm_addr = {{(32 - PART_LOG2){1'b0}}, pm_addr_i};
  wire        unused = ^{fw_addr, wm_addr[31:16], pm_addr[31:16]};
  integer     l;

  always @(posedge clk_i) begin
    if (!rst_ni) begin
      retire_load_valid_o <= {LANES{1'b0}};
      retire_wmem_valid_o <= 1'b0;
      retire_pmem_valid_o <= 1'b0;
      retire_tmem_valid_o <= 1'b0;
    end else begin
      retire_load_valid_o <= fw_valid_i;
      retire_wmem_valid_o <= wm_valid_i;
      retire_pmem_valid_o <= pm_valid_i;
      retire_tmem_valid_o <= tm_valid_i;
    end
    if (fw_valid_i != {LANES{1'b0}}) begin
      retire_load_instr_o <= fw_instr_i;
      retire_load_data_o  <= fw_data_i;
      for (l = 0; l < LANES; l = l + 1) begin
        retire_load_addr_o[l*16 +: 16] <= fw_addr[l*FEATURE_LOG2 +: 16] & FW_MASK;
      end
    end
    if (wm_valid_i) begin
      retire_wmem_instr_o <= shared_instr_i;
      retire_wmem_addr_o  <= wm_addr[15:0];
      retire_wmem_data_o  <= wm_data_i;
    end
    if (pm_valid_i) begin
      retire_pmem_instr_o <= shared_instr_i;
      retire_pmem_addr_o  <= pm_addr[15:0];
      retire_pmem_data_o  <= pm_data_i;
    end
    if (tm_valid_i) begin
      retire_tmem_instr_o <= shared_instr_i;
      retire_tmem_addr_o  <= {6'd0, tm_addr_i};
      retire_tmem_data_o  <= tm_data_i;
    end
  end
endmodule
`resetall
