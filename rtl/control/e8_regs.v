// The register file of emu/isa/registers.def: identity, build parameters, commands, status, interrupt,
// watchdog, program and regions. Counters are read from e8_counters. Address bits above ADDR_BITS and
// below an instruction's 64 bytes do not exist and read 0.
`resetall
`default_nettype none
`include "exact8_isa.vh"
module e8_regs #(
  parameter LANES        = 4,
  parameter V            = 8,
  parameter FEATURE_LOG2 = 13,
  parameter WEIGHT_LOG2  = 11,
  parameter PARAM_LOG2   = 8,
  parameter DRAIN        = 4,
  parameter AXI_BYTES    = 16,
  parameter ADDR_BITS    = 32,
  parameter MUL_BITS     = 31,
  parameter DOUBLE_ROUND = 1,
  parameter TABLES       = 1
) (
  input  wire                   clk_i,
  input  wire                   rst_ni,
  input  wire                   wr_valid_i,
  input  wire [11:0]            wr_addr_i,
  input  wire [31:0]            wr_data_i,
  input  wire [3:0]             wr_strb_i,
  output wire                   wr_err_o,
  input  wire                   rd_valid_i,
  input  wire [11:0]            rd_addr_i,
  output wire                   rd_ready_o,
  output wire [31:0]            rd_data_o,
  output wire                   rd_err_o,
  output wire                   cnt_rd_valid_o,
  output wire [3:0]             cnt_rd_index_o,
  input  wire                   cnt_rd_ready_i,
  input  wire [31:0]            cnt_lo_i,
  input  wire [31:0]            cnt_hi_i,
  output wire                   start_o,          // pulses
  output wire                   soft_reset_o,
  input  wire                   busy_i,
  input  wire                   done_i,
  input  wire                   error_i,
  input  wire [7:0]             error_code_i,
  input  wire [31:0]            error_pc_i,
  input  wire                   done_event_i,     // pulses
  input  wire                   error_event_i,
  output wire                   irq_o,
  output wire [31:0]            watchdog_o,
  output wire [ADDR_BITS-1:0]   prog_addr_o,
  output wire [31:0]            prog_len_o,
  output wire [4*ADDR_BITS-1:0] region_base_o,
  output wire [4*32-1:0]        region_size_o
);
  localparam [63:0] ADDR_MASK = 64'hFFFF_FFFF_FFFF_FFFF >> (64 - ADDR_BITS);

  // An address that registers.def lists.
  function listed(input [11:0] a);
    listed = a[1:0] == 2'd0 &&
             (a <= `E8_REG_PARAM_FEATURES || (a >= `E8_REG_CONTROL && a <= `E8_REG_PROG_LEN) ||
              (a >= `E8_REG_REGION0_LO && a <= `E8_REG_REGION3_SIZE && a[3:2] != 2'd3) ||
              (a >= `E8_REG_CNT_CYCLES_LO && a <= `E8_REG_CNT_SHIFT_HI));
  endfunction

  // A register after a write with strobes.
  function [31:0] merge(input [31:0] was, input [31:0] data, input [3:0] strb);
    merge = {strb[3] ? data[31:24] : was[31:24], strb[2] ? data[23:16] : was[23:16],
             strb[1] ? data[15:8] : was[15:8], strb[0] ? data[7:0] : was[7:0]};
  endfunction

  reg  [1:0]     irq_enable_q, irq_status_q;
  reg            irq_q;
  reg  [31:0]    watchdog_q, prog_len_q;
  reg  [63:0]    prog_addr_q;
  reg  [4*64-1:0] base_q;
  reg  [4*32-1:0] size_q;
  integer        k;
  genvar         g;

  assign watchdog_o    = watchdog_q;
  assign prog_addr_o   = prog_addr_q[ADDR_BITS-1:0];
  assign prog_len_o    = prog_len_q;
  assign region_size_o = size_q;
  assign irq_o         = irq_q;
  generate
    for (g = 0; g < 4; g = g + 1) begin : gen_base
      assign region_base_o[g*ADDR_BITS +: ADDR_BITS] = base_q[g*64 +: ADDR_BITS];
    end
  endgenerate

  // Writes.
  wire command = wr_valid_i && wr_addr_i == `E8_REG_CONTROL && wr_strb_i[0];

  assign wr_err_o     = !listed(wr_addr_i);
  assign start_o      = command && wr_data_i[`E8_CONTROL_START_LSB];
  assign soft_reset_o = command && wr_data_i[`E8_CONTROL_SOFT_RESET_LSB];

  always @(posedge clk_i) begin
    if (!rst_ni) begin
      irq_enable_q <= 2'b00;
      irq_status_q <= 2'b00;
      irq_q        <= 1'b0;
      watchdog_q   <= 32'd0;
      prog_addr_q  <= 64'd0;
      prog_len_q   <= 32'd0;
      base_q       <= 256'd0;
      size_q       <= 128'd0;
    end else begin
      if (wr_valid_i) begin
        case (wr_addr_i)
          `E8_REG_IRQ_ENABLE: if (wr_strb_i[0]) irq_enable_q <= wr_data_i[1:0];
          `E8_REG_IRQ_STATUS: if (wr_strb_i[0]) irq_status_q <= irq_status_q & ~wr_data_i[1:0];
          `E8_REG_WATCHDOG: watchdog_q <= merge(watchdog_q, wr_data_i, wr_strb_i);
          `E8_REG_PROG_ADDR_LO:
            prog_addr_q[31:0] <= merge(prog_addr_q[31:0], wr_data_i, wr_strb_i) & 32'hFFFF_FFC0;
          `E8_REG_PROG_ADDR_HI:
            prog_addr_q[63:32] <= merge(prog_addr_q[63:32], wr_data_i, wr_strb_i) & ADDR_MASK[63:32];
          `E8_REG_PROG_LEN: prog_len_q <= merge(prog_len_q, wr_data_i, wr_strb_i);
          default: ;
        endcase
        for (k = 0; k < 4; k = k + 1) begin
          if (wr_addr_i == `E8_REG_REGION0_LO + {k[7:0], 4'd0})
            base_q[k*64 +: 32] <= merge(base_q[k*64 +: 32], wr_data_i, wr_strb_i);
          if (wr_addr_i == `E8_REG_REGION0_HI + {k[7:0], 4'd0})
            base_q[k*64+32 +: 32] <= merge(base_q[k*64+32 +: 32], wr_data_i, wr_strb_i) & ADDR_MASK[63:32];
          if (wr_addr_i == `E8_REG_REGION0_SIZE + {k[7:0], 4'd0})
            size_q[k*32 +: 32] <= merge(size_q[k*32 +: 32], wr_data_i, wr_strb_i);
        end
      end
      // What happens in the cycle of a clearing write stays pending.
      if (done_event_i) irq_status_q[`E8_IRQ_STATUS_DONE_LSB] <= 1'b1;
      if (error_event_i) irq_status_q[`E8_IRQ_STATUS_ERROR_LSB] <= 1'b1;
      irq_q <= (irq_status_q & irq_enable_q) != 2'b00;
    end
  end

  // Reads.
  wire        is_count = rd_addr_i >= `E8_REG_CNT_CYCLES_LO;
  wire [1:0]  region = rd_addr_i[5:4] - 2'd1;         // REGION0 is at 0x50
  reg  [31:0] data;

  assign rd_err_o       = !listed(rd_addr_i);
  assign cnt_rd_valid_o = rd_valid_i && !rd_err_o && is_count && !rd_addr_i[2];
  assign cnt_rd_index_o = rd_addr_i[6:3];
  assign rd_ready_o     = !cnt_rd_valid_o || cnt_rd_ready_i;
  assign rd_data_o      = rd_err_o ? 32'd0 : data;

  always @* begin
    case (rd_addr_i)
      `E8_REG_ID: data = `E8_RESET_ID;
      `E8_REG_ISA_HASH: data = `E8_ISA_HASH;
      `E8_REG_PARAM_ARRAY: data = {AXI_BYTES[7:0], DRAIN[7:0], V[7:0], LANES[7:0]};
      `E8_REG_PARAM_MEM0: data = {8'd0, PARAM_LOG2[7:0], WEIGHT_LOG2[7:0], FEATURE_LOG2[7:0]};
      `E8_REG_PARAM_FEATURES: data = {8'd0, ADDR_BITS[7:0], 6'd0, TABLES[0], DOUBLE_ROUND[0], MUL_BITS[7:0]};
      `E8_REG_CONTROL: data = 32'd0;
      `E8_REG_STATUS: data = {16'd0, error_code_i, 5'd0, error_i, done_i, busy_i};
      `E8_REG_ERROR_PC: data = error_pc_i;
      `E8_REG_IRQ_ENABLE: data = {30'd0, irq_enable_q};
      `E8_REG_IRQ_STATUS: data = {30'd0, irq_status_q};
      `E8_REG_WATCHDOG: data = watchdog_q;
      `E8_REG_PROG_ADDR_LO: data = prog_addr_q[31:0];
      `E8_REG_PROG_ADDR_HI: data = prog_addr_q[63:32];
      `E8_REG_PROG_LEN: data = prog_len_q;
      default:
        if (is_count) data = rd_addr_i[2] ? cnt_hi_i : cnt_lo_i;
        else if (rd_addr_i[3]) data = size_q[region*32 +: 32];
        else data = rd_addr_i[2] ? base_q[region*64+32 +: 32] : base_q[region*64 +: 32];
    endcase
  end
endmodule
`resetall
