// Turns the read beats of a chunk into items of BYTES bytes aligned to the chunk's first byte, with
// the fill byte where the image has none. One item a cycle, latency 1; a chunk costs as many cycles
// as it has items, one more when its first beat completes none. An end-of-instruction descriptor
// passes as an item with `term` set.
`resetall
`default_nettype none
module e8_align #(
  parameter BYTES      = 16,
  parameter TOTAL_BITS = 11,
  parameter META_BITS  = 1,
  parameter OFF_BITS   = $clog2(BYTES)
) (
  input  wire                  clk_i,
  input  wire                  rst_ni,
  input  wire                  desc_valid_i,
  output wire                  desc_ready_o,    // with its last item
  input  wire                  desc_term_i,
  input  wire [TOTAL_BITS-1:0] desc_prefix_i,   // fill bytes in front
  input  wire [TOTAL_BITS-1:0] desc_data_i,     // bytes that the read beats bring
  input  wire [TOTAL_BITS-1:0] desc_total_i,    // with the fill bytes behind; >= 1
  input  wire [OFF_BITS-1:0]   desc_offset_i,   // of the first data byte in its beat
  input  wire [META_BITS-1:0]  desc_meta_i,
  input  wire [7:0]            fill_i,
  input  wire                  rsp_valid_i,
  output wire                  rsp_ready_o,
  input  wire [BYTES*8-1:0]    rsp_data_i,
  input  wire                  rsp_last_i,
  output wire                  item_valid_o,
  input  wire                  item_ready_i,
  output wire                  item_term_o,
  output wire                  item_first_o,
  output wire [BYTES*8-1:0]    item_data_o,
  output wire [META_BITS-1:0]  item_meta_o
);
  localparam POS_BITS = TOTAL_BITS - OFF_BITS;  // item number in the chunk

  reg                  busy_q, seen_q, first_q;
  reg  [POS_BITS-1:0]  pos_q;
  reg  [BYTES*8-1:0]   prev_q;
  reg                  item_valid_q, item_term_q, item_first_q;
  reg  [BYTES*8-1:0]   item_data_q;
  reg  [META_BITS-1:0] item_meta_q;

  wire [TOTAL_BITS-1:0] offset = {{POS_BITS{1'b0}}, desc_offset_i};
  wire [TOTAL_BITS-1:0] data_end = desc_prefix_i + desc_data_i;
  wire [TOTAL_BITS-1:0] last_byte = desc_total_i - 1'b1;
  wire [POS_BITS-1:0]   prefix_pos = desc_prefix_i[TOTAL_BITS-1:OFF_BITS];
  wire [OFF_BITS-1:0]   prefix_low = desc_prefix_i[OFF_BITS-1:0];
  wire [POS_BITS-1:0]   end_pos = data_end[TOTAL_BITS-1:OFF_BITS];
  wire [OFF_BITS-1:0]   end_low = data_end[OFF_BITS-1:0];
  wire                  some_data = desc_data_i != {TOTAL_BITS{1'b0}};
  // Beat i brings the bytes from prefix - offset + i*BYTES of the chunk. If that is negative for
  // beat 0, one step takes this beat and completes no item.
  wire                  lead = !busy_q && some_data && desc_prefix_i < offset;
  wire [POS_BITS-1:0]   pos = busy_q ? pos_q : {POS_BITS{1'b0}};
  wire [POS_BITS:0]     beat_pos = {1'b0, pos} + {{POS_BITS{1'b0}}, prefix_low < desc_offset_i};
  wire                  due = lead || beat_pos >= {1'b0, prefix_pos};
  wire                  need = some_data && due && !(busy_q && seen_q);
  wire                  free = !item_valid_q || item_ready_i;
  wire                  ready = desc_valid_i && !desc_term_i && free;
  wire                  step = ready && (!need || rsp_valid_i);
  wire                  last = !lead && pos == last_byte[TOTAL_BITS-1:OFF_BITS];
  wire                  unused_last_byte = ^last_byte[OFF_BITS-1:0];
  wire [BYTES*8-1:0]    aligned;
  // Bytes of this item that are the image's.
  wire [BYTES-1:0]      ones = {BYTES{1'b1}};
  wire [BYTES-1:0]      low_cut = pos < prefix_pos ? ~ones : pos == prefix_pos ? ones << prefix_low : ones;
  wire [BYTES-1:0]      past = pos < end_pos ? ~ones : pos == end_pos ? ones << end_low : ones;
  wire [BYTES-1:0]      keep = low_cut & ~past;
  integer               i;

  assign rsp_ready_o  = ready && need;
  assign desc_ready_o = free && (desc_term_i || (step && last));
  assign item_valid_o = item_valid_q;
  assign item_term_o  = item_term_q;
  assign item_first_o = item_first_q;
  assign item_data_o  = item_data_q;
  assign item_meta_o  = item_meta_q;

  e8_realign #(
    .BYTES(BYTES)
  ) u_realign (
    .rot_i(prefix_low - desc_offset_i),
    .prev_i(prev_q),
    .cur_i(rsp_data_i),
    .out_o(aligned)
  );

  always @(posedge clk_i) begin
    if (!rst_ni) begin
      busy_q       <= 1'b0;
      item_valid_q <= 1'b0;
    end else begin
      if (step) busy_q <= !last;
      if (free) item_valid_q <= desc_valid_i && (desc_term_i || (step && !lead));
    end
    if (step) begin
      first_q <= lead;
      pos_q   <= lead ? {POS_BITS{1'b0}} : pos + 1'b1;
      seen_q  <= need ? rsp_last_i : busy_q && seen_q;
      if (need) prev_q <= rsp_data_i;
    end
    if (desc_valid_i && free) begin
      item_term_q  <= desc_term_i;
      item_first_q <= !busy_q || first_q;
      item_meta_q  <= desc_meta_i;
      if (step) begin
        item_data_q <= aligned;
        if (keep != ones) begin
          for (i = 0; i < BYTES; i = i + 1) begin
            if (!keep[i]) item_data_q[i*8 +: 8] <= fill_i;
          end
        end
      end
    end
  end
endmodule
`resetall
