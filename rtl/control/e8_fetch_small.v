// Instruction fetch of SMALL builds: one instruction a request, ahead into a buffer of 2^BUF_LOG2 that is the
// instruction memory at the same time: instruction n has slot n mod 2^BUF_LOG2 until it has finished (oldest_i
// counts those). Copies of the buffer follow buf_*_o. Hands out 32-bit words, 16 an instruction, once all of it
// has come. When the next instruction cannot be had, fail_o says why in its place.
`resetall
`default_nettype none
`include "exact8_isa.vh"
module e8_fetch_small #(
  parameter BUF_LOG2 = 4
) (
  input  wire                clk_i,
  input  wire                rst_ni,
  input  wire                start_i,        // pulse, when idle
  input  wire                halt_i,         // request no more
  input  wire [BUF_LOG2:0]   oldest_i,
  input  wire [31:0]         prog_addr_i,
  input  wire [31:0]         prog_len_i,
  output wire                idle_o,         // no request is open
  // The reader, port 0.
  output wire                req_valid_o,
  input  wire                req_ready_i,
  output wire [31:0]         req_addr_o,
  output wire [15:0]         req_bytes_o,
  input  wire                rsp_valid_i,
  output wire                rsp_ready_o,
  input  wire [31:0]         rsp_data_i,
  input  wire                rsp_err_i,
  output wire                buf_we_o,
  output wire [BUF_LOG2+3:0] buf_addr_o,     // {slot, word}
  output wire                word_valid_o,
  input  wire                word_ready_i,
  output wire [31:0]         word_o,
  output wire                fail_o,
  output wire [7:0]          fail_code_o
);
  reg               open_q, req_q, wait_q;   // a program runs; a request is offered; its data come
  reg               bad_q;                   // the instruction asked for last failed
  reg  [31:0]       left_q;                  // instructions not yet requested
  reg  [31:6]       addr_q;
  reg  [BUF_LOG2:0] written_q, next_q;       // whole instructions in the buffer; handed out
  reg  [3:0]        wword_q, rword_q;
  wire [BUF_LOG2:0] used = written_q - oldest_i;
  wire              all_asked = left_q == 32'd0;
  wire              accept = req_q && req_ready_i;
  wire              unused = ^prog_addr_i[5:0];
  wire              arrived = rsp_valid_i && wword_q == 4'd15;

  assign req_valid_o = req_q;
  assign req_addr_o  = {addr_q, 6'd0};
  assign req_bytes_o = 16'd64;
  assign rsp_ready_o = 1'b1;
  assign idle_o      = !req_q && !wait_q;
  assign buf_we_o    = rsp_valid_i;
  assign buf_addr_o  = {written_q[BUF_LOG2-1:0], wword_q};

  always @(posedge clk_i) begin
    if (!rst_ni || start_i) begin
      open_q    <= rst_ni;
      req_q     <= 1'b0;
      wait_q    <= 1'b0;
      bad_q     <= 1'b0;
      written_q <= {(BUF_LOG2 + 1){1'b0}};
      wword_q   <= 4'd0;
    end else begin
      if (req_q) req_q <= !req_ready_i;
      else req_q <= open_q && !halt_i && !all_asked && !used[BUF_LOG2] && !wait_q && !bad_q;
      if (accept) wait_q <= 1'b1;
      else if (arrived) wait_q <= 1'b0;
      if (rsp_valid_i) wword_q <= wword_q + 4'd1;
      if (rsp_valid_i && rsp_err_i) bad_q <= 1'b1;
      if (arrived && !bad_q && !rsp_err_i) written_q <= written_q + 1'b1;
    end
    if (start_i) begin
      left_q <= prog_len_i;
      addr_q <= prog_addr_i[31:6];
    end else if (accept) begin
      left_q <= left_q - 32'd1;
      addr_q <= addr_q + 26'd1;
    end
  end

  // To e8_check_small.
  reg  word_q;
  wire read = written_q != next_q && (!word_q || word_ready_i);

  assign word_valid_o = word_q;
  assign fail_o       = open_q && idle_o && !word_q && written_q == next_q && (bad_q || all_asked);
  assign fail_code_o  = bad_q ? `E8_ERR_AXI_READ : `E8_ERR_PROGRAM_END;

  e8_ram_1r1w #(
    .WIDTH(32),
    .DEPTH_LOG2(BUF_LOG2 + 4)
  ) u_buffer (
    .clk_i(clk_i),
    .we_i(buf_we_o),
    .waddr_i(buf_addr_o),
    .wdata_i(rsp_data_i),
    .re_i(read),
    .raddr_i({next_q[BUF_LOG2-1:0], rword_q}),
    .rdata_o(word_o)
  );

  always @(posedge clk_i) begin
    if (!rst_ni || start_i) begin
      word_q  <= 1'b0;
      next_q  <= {(BUF_LOG2 + 1){1'b0}};
      rword_q <= 4'd0;
    end else if (read) begin
      word_q            <= 1'b1;
      {next_q, rword_q} <= {next_q, rword_q} + 1'b1;
    end else if (word_ready_i) begin
      word_q <= 1'b0;
    end
  end
endmodule
`resetall
