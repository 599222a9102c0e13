// Emits words of V bytes every `step` bytes from a stream of BYTES-byte items: overlapping, dense or
// with gaps. One word or one item a cycle. The word comes out in the cycle after its last item. Items
// behind a chunk's last word are dropped.
`resetall
`default_nettype none
module e8_window #(
  parameter BYTES      = 16,
  parameter V          = 8,
  parameter LANE_BITS  = 4,
  parameter ADDR_BITS  = 13,
  parameter WORDS_BITS = 10
) (
  input  wire                  clk_i,
  input  wire                  rst_ni,
  input  wire                  item_valid_i,
  output wire                  item_ready_o,
  input  wire                  item_first_i,    // starts a chunk, with:
  input  wire [LANE_BITS-1:0]  item_lane_i,
  input  wire [ADDR_BITS-1:0]  item_addr_i,
  input  wire [WORDS_BITS-1:0] item_words_i,
  input  wire [BYTES*8-1:0]    item_data_i,
  input  wire [7:0]            step_i,          // bytes from word to word
  input  wire [ADDR_BITS-1:0]  stride_i,        // addresses from word to word
  output wire                  word_valid_o,
  input  wire                  word_ready_i,
  output wire [LANE_BITS-1:0]  word_lane_o,
  output wire [ADDR_BITS-1:0]  word_addr_o,
  output wire [V*8-1:0]        word_data_o,
  output wire                  idle_o
);
  localparam OFF_BITS = $clog2(BYTES);
  localparam SLOTS    = (BYTES + V - 2) / BYTES + 1;  // hold a word that starts at any byte of slot 0
  localparam FILL     = $clog2(SLOTS + 1);
  localparam SIZE     = SLOTS * BYTES;

  reg  [SIZE*8-1:0]     data_q;
  reg  [FILL-1:0]       slots_q;   // items held
  reg  [8:0]            pos_q;     // byte of the next word
  reg  [WORDS_BITS-1:0] left_q;    // words
  reg  [LANE_BITS-1:0]  lane_q;
  reg  [ADDR_BITS-1:0]  addr_q;

  wire [8:0]        bytes = {{(9 - FILL){1'b0}}, slots_q} << OFF_BITS;
  wire              in_slot0 = pos_q[8:OFF_BITS] == {(9 - OFF_BITS){1'b0}};
  wire              emit = word_valid_o && word_ready_i;
  wire              done = emit && left_q == {{(WORDS_BITS - 1){1'b0}}, 1'b1};
  wire [8:0]        pos = pos_q + (emit ? {1'b0, step_i} : 9'd0);
  wire              drop = pos[8:OFF_BITS] != {(9 - OFF_BITS){1'b0}} && slots_q != {FILL{1'b0}};
  wire [FILL-1:0]   slots = done ? {FILL{1'b0}} : slots_q - {{(FILL - 1){1'b0}}, drop};
  wire              take = item_valid_i && item_ready_o;
  wire              drops = !item_first_i && (idle_o || done);
  wire [SIZE*8-1:0] word = data_q >> {pos_q[OFF_BITS-1:0], 3'b000};
  wire              unused_word = ^word;
  integer           i;

  assign idle_o       = left_q == {WORDS_BITS{1'b0}};
  assign word_valid_o = !idle_o && in_slot0 && pos_q + V[8:0] <= bytes;
  assign word_lane_o  = lane_q;
  assign word_addr_o  = addr_q;
  assign word_data_o  = word[V*8-1:0];
  assign item_ready_o = slots != SLOTS[FILL-1:0] && (!item_first_i || idle_o || done);

  always @(posedge clk_i) begin
    if (!rst_ni) begin
      slots_q <= {FILL{1'b0}};
      left_q  <= {WORDS_BITS{1'b0}};
    end else begin
      slots_q <= slots + {{(FILL - 1){1'b0}}, take && !drops};
      if (take && item_first_i) left_q <= item_words_i;
      else if (emit) left_q <= left_q - 1'b1;
    end
    if (take && item_first_i) begin
      pos_q  <= 9'd0;
      lane_q <= item_lane_i;
      addr_q <= item_addr_i;
    end else begin
      pos_q  <= drop ? pos - BYTES[8:0] : pos;
      if (emit) addr_q <= addr_q + stride_i;
    end
    if (drop) data_q <= data_q >> (BYTES * 8);
    if (take) begin
      for (i = 0; i < SLOTS; i = i + 1) begin
        if (slots == i[FILL-1:0]) data_q[i*BYTES*8 +: BYTES*8] <= item_data_i;
      end
    end
  end
endmodule
`resetall
