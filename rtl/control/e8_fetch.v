// Instruction fetch: reads the program ahead in chunks into a buffer and hands it out as 32-bit words,
// 16 an instruction, one a cycle. A chunk is requested only when the buffer has room for it, so its
// data are always taken. When the next instruction cannot be had, fail_o says why in its place.
`resetall
`default_nettype none
`include "exact8_isa.vh"
module e8_fetch #(
  parameter AXI_BYTES  = 16,
  parameter ADDR_BITS  = 32,
  parameter BUF_LOG2   = 4,     // instructions in the buffer
  parameter CHUNK_LOG2 = 2      // instructions in a request
) (
  input  wire                   clk_i,
  input  wire                   rst_ni,
  input  wire                   start_i,        // pulse, when idle
  input  wire                   halt_i,         // request no more
  input  wire [ADDR_BITS-1:0]   prog_addr_i,
  input  wire [31:0]            prog_len_i,
  output wire                   idle_o,         // no request is open
  // e8_axi_reader, port 0.
  output wire                   req_valid_o,
  input  wire                   req_ready_i,
  output wire [ADDR_BITS-1:0]   req_addr_o,
  output wire [15:0]            req_bytes_o,
  input  wire                   rsp_valid_i,
  output wire                   rsp_ready_o,
  input  wire [AXI_BYTES*8-1:0] rsp_data_i,
  input  wire                   rsp_err_i,
  output wire                   word_valid_o,
  input  wire                   word_ready_i,
  output wire [31:0]            word_o,
  output wire                   fail_o,
  output wire [7:0]             fail_code_o
);
  localparam BEATS_LOG2 = 6 - $clog2(AXI_BYTES);          // beats an instruction
  localparam WORDS_LOG2 = $clog2(AXI_BYTES) - 2;          // words a beat
  localparam SEL_BITS   = (WORDS_LOG2 > 0) ? WORDS_LOG2 : 1;
  localparam RAM_LOG2   = BUF_LOG2 + BEATS_LOG2;
  localparam PART       = (1 << BEATS_LOG2) - 1;          // the beat within an instruction
  localparam CHUNK      = 1 << CHUNK_LOG2;
  localparam SIZE       = 1 << BUF_LOG2;

  // Instructions requested, beats written and beats read, modulo twice the buffer.
  reg  [BUF_LOG2:0]    asked_q;
  reg  [RAM_LOG2:0]    wptr_q, rptr_q;
  reg  [31:0]          left_q;                            // instructions not yet requested
  reg  [ADDR_BITS-1:6] addr_q;
  reg                  open_q, req_q;
  reg                  bad_q;                             // a read failed, first in instruction
  reg  [BUF_LOG2:0]    bad_at_q;
  wire [BUF_LOG2:0]    written = wptr_q[RAM_LOG2:BEATS_LOG2];
  wire [BUF_LOG2:0]    next = rptr_q[RAM_LOG2:BEATS_LOG2];
  wire [BUF_LOG2:0]    used = asked_q - next;
  wire                 room = used <= SIZE[BUF_LOG2:0] - CHUNK[BUF_LOG2:0];
  wire                 short_chunk = left_q[31:CHUNK_LOG2] == {(32 - CHUNK_LOG2){1'b0}};
  wire [CHUNK_LOG2:0]  size = short_chunk ? {1'b0, left_q[CHUNK_LOG2-1:0]} : CHUNK[CHUNK_LOG2:0];
  wire                 all_asked = left_q == 32'd0;
  wire                 accept = req_q && req_ready_i;

  assign req_valid_o = req_q;
  assign req_addr_o  = {addr_q, 6'd0};
  assign req_bytes_o = {{(9 - CHUNK_LOG2){1'b0}}, size, 6'd0};
  assign rsp_ready_o = 1'b1;
  assign idle_o      = !req_q && written == asked_q && (wptr_q & PART[RAM_LOG2:0]) == {(RAM_LOG2 + 1){1'b0}};

  always @(posedge clk_i) begin
    if (!rst_ni) begin
      open_q <= 1'b0;
      req_q  <= 1'b0;
    end else if (start_i) begin
      open_q <= 1'b1;
    end else begin
      if (req_q) req_q <= !req_ready_i;
      else req_q <= open_q && !halt_i && !all_asked && room;
    end
    if (!rst_ni || start_i) begin
      asked_q  <= {(BUF_LOG2 + 1){1'b0}};
      wptr_q   <= {(RAM_LOG2 + 1){1'b0}};
      bad_q    <= 1'b0;
      bad_at_q <= {(BUF_LOG2 + 1){1'b0}};
      left_q   <= start_i ? prog_len_i : 32'd0;
      addr_q   <= prog_addr_i[ADDR_BITS-1:6];
    end else begin
      if (accept) begin
        asked_q <= asked_q + {{(BUF_LOG2 - CHUNK_LOG2){1'b0}}, size};
        left_q  <= short_chunk ? 32'd0 : left_q - CHUNK;
        addr_q  <= addr_q + {{(ADDR_BITS - 7 - CHUNK_LOG2){1'b0}}, CHUNK[CHUNK_LOG2:0]};
      end
      if (rsp_valid_i) wptr_q <= wptr_q + 1'b1;
      if (rsp_valid_i && rsp_err_i && !bad_q) begin
        bad_q    <= 1'b1;
        bad_at_q <= written;
      end
    end
  end

  // An instruction is read when all of it has come, so that an error is known before its first word.
  reg                    beat_q;
  reg  [SEL_BITS-1:0]    sel_q;
  wire [AXI_BYTES*8-1:0] beat;
  wire                   beat_end = WORDS_LOG2 == 0 || sel_q == {SEL_BITS{1'b1}};
  wire                   blocked = bad_q && next == bad_at_q;
  wire                   read = written != next && !blocked && (!beat_q || (beat_end && word_ready_i));
  wire                   unused = ^prog_addr_i[5:0];

  assign word_valid_o = beat_q;
  assign word_o       = beat[sel_q*32 +: 32];
  assign fail_o       = open_q && !beat_q && (blocked || (all_asked && used == {(BUF_LOG2 + 1){1'b0}}));
  assign fail_code_o  = blocked ? `E8_ERR_AXI_READ : `E8_ERR_PROGRAM_END;

  e8_ram_1r1w #(
    .WIDTH(AXI_BYTES * 8),
    .DEPTH_LOG2(RAM_LOG2)
  ) u_buffer (
    .clk_i(clk_i),
    .we_i(rsp_valid_i),
    .waddr_i(wptr_q[RAM_LOG2-1:0]),
    .wdata_i(rsp_data_i),
    .re_i(read),
    .raddr_i(rptr_q[RAM_LOG2-1:0]),
    .rdata_o(beat)
  );

  always @(posedge clk_i) begin
    if (!rst_ni || start_i) begin
      beat_q <= 1'b0;
      sel_q  <= {SEL_BITS{1'b0}};
      rptr_q <= {(RAM_LOG2 + 1){1'b0}};
    end else begin
      if (read) begin
        beat_q <= 1'b1;
        rptr_q <= rptr_q + 1'b1;
      end else if (beat_end && word_ready_i) begin
        beat_q <= 1'b0;
      end
      if (beat_q && word_ready_i && WORDS_LOG2 != 0) sel_q <= sel_q + 1'b1;
    end
  end
endmodule
`resetall
