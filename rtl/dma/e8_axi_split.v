// Cuts a byte range into legal AXI INCR bursts: beat-aligned, none crosses 4 KiB, at most 256
// beats. One burst a cycle, latency 1. A request with `marker` set carries no bytes and comes out as one
// burst with `marker` set, in order.
`resetall
`default_nettype none
module e8_axi_split #(
  parameter AXI_BYTES = 16,
  parameter ADDR_BITS = 32,
  parameter TAG_BITS  = 1,
  parameter OFF_BITS  = $clog2(AXI_BYTES)
) (
  input  wire                 clk_i,
  input  wire                 rst_ni,
  input  wire                 req_valid_i,
  output wire                 req_ready_o,
  input  wire                 req_marker_i,
  input  wire [ADDR_BITS-1:0] req_addr_i,
  input  wire [12:0]          req_bytes_i,      // 1..4096
  input  wire [TAG_BITS-1:0]  req_tag_i,
  output wire                 burst_valid_o,
  input  wire                 burst_ready_i,
  output wire                 burst_marker_o,
  output wire [ADDR_BITS-1:0] burst_addr_o,     // of the first beat, aligned
  output wire [7:0]           burst_len_o,      // beats - 1
  output wire [OFF_BITS-1:0]  burst_offset_o,   // first valid byte of the first beat
  output wire [OFF_BITS-1:0]  burst_end_o,      // last valid byte of the last beat
  output wire                 burst_first_o,    // first burst of its request
  output wire                 burst_last_o,     // last burst of its request
  output wire [TAG_BITS-1:0]  burst_tag_o,
  output wire                 idle_o
);
  // Bytes of a naturally aligned window that a burst may not leave.
  localparam WINDOW      = (AXI_BYTES * 256 < 4096) ? AXI_BYTES * 256 : 4096;
  localparam WINDOW_BITS = $clog2(WINDOW);

  reg                  valid_q, marker_q, first_q;
  reg  [ADDR_BITS-1:0] addr_q;
  reg  [12:0]          bytes_q;
  reg  [TAG_BITS-1:0]  tag_q;

  wire [12:0]          room = WINDOW[12:0] - (addr_q[12:0] & (WINDOW[12:0] - 13'd1));
  wire                 last = marker_q || bytes_q <= room;
  // Position of the last byte of the burst, from byte 0 of its first beat.
  wire [12:0]          offset = {{(13 - OFF_BITS){1'b0}}, addr_q[OFF_BITS-1:0]};
  wire [12:0]          tail = (last ? bytes_q : room) + offset - 13'd1;
  wire [12:0]          len = tail >> OFF_BITS;
  wire                 go = valid_q && burst_ready_i;
  wire                 unused_len = ^len[12:8];

  assign req_ready_o    = !valid_q || (burst_ready_i && last);
  assign burst_valid_o  = valid_q;
  assign burst_marker_o = marker_q;
  assign burst_addr_o   = {addr_q[ADDR_BITS-1:OFF_BITS], {OFF_BITS{1'b0}}};
  assign burst_len_o    = len[7:0];
  assign burst_offset_o = addr_q[OFF_BITS-1:0];
  assign burst_end_o    = tail[OFF_BITS-1:0];
  assign burst_first_o  = first_q;
  assign burst_last_o   = last;
  assign burst_tag_o    = tag_q;
  assign idle_o         = !valid_q;

  always @(posedge clk_i) begin
    if (!rst_ni) begin
      valid_q <= 1'b0;
    end else if (req_ready_o) begin
      valid_q <= req_valid_i;
    end
    if (req_ready_o) begin
      marker_q <= req_marker_i;
      addr_q   <= req_addr_i;
      bytes_q  <= req_bytes_i;
      tag_q    <= req_tag_i;
      first_q  <= 1'b1;
    end else if (go) begin
      addr_q  <= {addr_q[ADDR_BITS-1:WINDOW_BITS] + 1'b1, {WINDOW_BITS{1'b0}}};
      bytes_q <= bytes_q - room;
      first_q <= 1'b0;
    end
  end
endmodule
`resetall
