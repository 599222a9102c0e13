// The register file of SMALL builds: as e8_regs, but what the host reads of watchdog, program and regions, and what
// DMA reads of regions (bytes: {region; 0 LO, 1 HI, 2 SIZE; byte}), is a block RAM each. Reset clears them word by
// word; nothing is answered until then. The upper half of a counter, latched by the read of its lower half, lies
// there, too. Addresses have 32 bits, so every HI register reads 0.
`resetall
`default_nettype none
`include "exact8_isa.vh"
module e8_regs_small #(
  parameter LANES        = 1,
  parameter V            = 2,
  parameter FEATURE_LOG2 = 9,
  parameter WEIGHT_LOG2  = 8,
  parameter PARAM_LOG2   = 6,
  parameter DRAIN        = 2,
  parameter AXI_BYTES    = 4,
  parameter ADDR_BITS    = 32,
  parameter MUL_BITS     = 0,
  parameter DOUBLE_ROUND = 0,
  parameter TABLES       = 0
) (
  input  wire        clk_i,
  input  wire        rst_ni,
  output wire        wr_ready_o,       // a write may come in the next cycle
  input  wire        wr_valid_i,
  input  wire [11:0] wr_addr_i,
  input  wire [31:0] wr_data_i,
  input  wire [3:0]  wr_strb_i,
  output wire        wr_err_o,
  input  wire        rd_valid_i,
  input  wire [11:0] rd_addr_i,
  output wire        rd_ready_o,
  output wire [31:0] rd_data_o,
  output wire        rd_err_o,
  output wire        cnt_rd_valid_o,
  output wire [3:0]  cnt_rd_index_o,
  input  wire        cnt_rd_ready_i,   // cnt_value_i is the lower half now,
  input  wire        cnt_latch_i,      // and the upper half now
  input  wire [31:0] cnt_value_i,
  output wire        start_o,          // pulses
  output wire        soft_reset_o,
  input  wire        busy_i,
  input  wire        done_i,
  input  wire        error_i,
  input  wire [7:0]  error_code_i,
  input  wire [31:0] error_pc_i,
  input  wire        done_event_i,     // pulses
  input  wire        error_event_i,
  output wire        irq_o,
  output wire [31:0] watchdog_o,
  output wire [31:0] prog_addr_o,
  output wire [31:0] prog_len_o,
  input  wire [5:0]  dma_addr_i,
  output wire [7:0]  dma_data_o
);
  localparam [4:0] UPPER_HALF = 5'd31;   // a word that no register has

  // Of each word of the first 512 bytes: registers.def lists it; and it is in the RAM and has bits.
  function [127:0] table_of(input only_stored);
    integer    word;
    reg [11:0] a;
    begin
      for (word = 0; word < 128; word = word + 1) begin
        a = {3'd0, word[6:0], 2'd0};
        table_of[word] = only_stored
          ? a == `E8_REG_WATCHDOG || a == `E8_REG_PROG_ADDR_LO || a == `E8_REG_PROG_LEN ||
            (a >= `E8_REG_REGION0_LO && a <= `E8_REG_REGION3_SIZE && (a[3:2] == 2'd0 || a[3:2] == 2'd2))
          : a <= `E8_REG_PARAM_FEATURES || (a >= `E8_REG_CONTROL && a <= `E8_REG_PROG_LEN) ||
            (a >= `E8_REG_REGION0_LO && a <= `E8_REG_REGION3_SIZE && a[3:2] != 2'd3) ||
            (a >= `E8_REG_CNT_CYCLES_LO && a <= `E8_REG_CNT_SHIFT_HI);
      end
    end
  endfunction
  localparam [127:0] LISTED = table_of(1'b0), STORED = table_of(1'b1);
  function listed(input [11:0] a);
    listed = a[11:9] == 3'd0 && a[1:0] == 2'd0 && LISTED[a[8:2]];
  endfunction

  reg  [5:0] walk_q;                     // words cleared since reset
  wire       walking = !walk_q[5];
  wire       command = wr_valid_i && wr_addr_i == `E8_REG_CONTROL && wr_strb_i[0];

  assign wr_err_o     = !listed(wr_addr_i);
  assign start_o      = command && wr_data_i[`E8_CONTROL_START_LSB];
  assign soft_reset_o = command && wr_data_i[`E8_CONTROL_SOFT_RESET_LSB];
  assign wr_ready_o   = !walking && !(cnt_rd_valid_o && cnt_rd_ready_i);   // the upper half is written then

  always @(posedge clk_i) begin
    if (!rst_ni) walk_q <= 6'd0;
    else if (walking) walk_q <= walk_q + 6'd1;
  end

  // The RAM.
  wire        keep = wr_valid_i && !wr_err_o && STORED[wr_addr_i[8:2]];
  wire [31:0] wr_data = wr_addr_i == `E8_REG_PROG_ADDR_LO ? wr_data_i & 32'hFFFF_FFC0 : wr_data_i;
  wire [3:0]  we = (walking || cnt_latch_i) ? 4'b1111 : wr_strb_i & {4{keep}};
  wire [4:0]  waddr = walking ? walk_q[4:0] : cnt_latch_i ? UPPER_HALF : wr_addr_i[6:2];
  wire [31:0] wdata = cnt_latch_i ? cnt_value_i : walking ? 32'd0 : wr_data;
  wire        is_count = rd_addr_i[8];
  wire [2:0]  region = {1'b0, dma_addr_i[5:4]} + 3'd5;                     // REGION0 is at 0x50, REGION3 at 0x80
  wire [31:0] host_data;

  e8_ram_bytes u_host (
    .clk_i(clk_i),
    .we_i(we),
    .waddr_i(waddr),
    .wdata_i(wdata),
    .raddr_i(rd_addr_i[6:2] | {5{is_count}}),
    .rdata_o(host_data)
  );

  e8_ram_word_byte #(
    .DEPTH_LOG2(5)
  ) u_dma (
    .clk_i(clk_i),
    .we_i(we),
    .waddr_i(waddr),
    .wdata_i(wdata),
    .raddr_i({region, dma_addr_i[3:0]}),
    .rdata_o(dma_data_o)
  );

  // What the control needs all the time, or at once.
  reg [31:0] watchdog_q, prog_addr_q, prog_len_q;
  integer    b;

  assign watchdog_o  = watchdog_q;
  assign prog_addr_o = prog_addr_q;
  assign prog_len_o  = prog_len_q;

  always @(posedge clk_i) begin
    if (!rst_ni) begin
      watchdog_q  <= 32'd0;
      prog_addr_q <= 32'd0;
      prog_len_q  <= 32'd0;
    end else if (wr_valid_i) begin
      for (b = 0; b < 4; b = b + 1) begin
        if (wr_strb_i[b] && wr_addr_i == `E8_REG_WATCHDOG) watchdog_q[b*8 +: 8] <= wr_data[b*8 +: 8];
        if (wr_strb_i[b] && wr_addr_i == `E8_REG_PROG_ADDR_LO) prog_addr_q[b*8 +: 8] <= wr_data[b*8 +: 8];
        if (wr_strb_i[b] && wr_addr_i == `E8_REG_PROG_LEN) prog_len_q[b*8 +: 8] <= wr_data[b*8 +: 8];
      end
    end
  end

  // Interrupts.
  reg  [1:0] irq_enable_q, irq_status_q;
  reg        irq_q;

  assign irq_o = irq_q;

  always @(posedge clk_i) begin
    if (!rst_ni) begin
      irq_enable_q <= 2'b00;
      irq_status_q <= 2'b00;
      irq_q        <= 1'b0;
    end else begin
      if (wr_valid_i && wr_strb_i[0] && wr_addr_i == `E8_REG_IRQ_ENABLE) irq_enable_q <= wr_data_i[1:0];
      if (wr_valid_i && wr_strb_i[0] && wr_addr_i == `E8_REG_IRQ_STATUS)
        irq_status_q <= irq_status_q & ~wr_data_i[1:0];
      // What happens in the cycle of a clearing write stays pending.
      if (done_event_i) irq_status_q[`E8_IRQ_STATUS_DONE_LSB] <= 1'b1;
      if (error_event_i) irq_status_q[`E8_IRQ_STATUS_ERROR_LSB] <= 1'b1;
      irq_q <= (irq_status_q & irq_enable_q) != 2'b00;
    end
  end

  // Reads: the RAM has the answer in the second cycle.
  reg         read_q;
  reg  [31:0] data;
  wire        is_lower = is_count && !rd_addr_i[2] && !rd_err_o;

  assign rd_err_o       = !listed(rd_addr_i);
  assign cnt_rd_valid_o = rd_valid_i && is_lower && !walking;
  assign cnt_rd_index_o = rd_addr_i[6:3];
  assign rd_ready_o     = is_lower ? cnt_rd_valid_o && cnt_rd_ready_i : read_q;
  assign rd_data_o      = rd_err_o ? 32'd0 : data;

  always @(posedge clk_i) begin
    read_q <= rst_ni && rd_valid_i && !read_q && !walking;
  end

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
      default: data = is_lower ? cnt_value_i : host_data;
    endcase
  end
endmodule
`resetall
