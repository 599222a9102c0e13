// Feature words of all lanes to the items of one lane at a time. A chunk is handed in lane by lane
// (bytes to write, 0 for none); its words are then read once, all lanes at one address, into a FIFO a
// lane. Requests, in the order in which they are to be written, take the bytes out again, dense from
// byte 0 of the lane's chunk. One word of every lane in and one item out a cycle. With room for two
// chunks in a FIFO, one is read while the other is written.
`resetall
`default_nettype none
module e8_store_lanes #(
  parameter LANES        = 4,
  parameter V            = 8,
  parameter FEATURE_LOG2 = 13,
  parameter AXI_BYTES    = 16,
  parameter FIFO_LOG2    = 5,     // entries of max(V, AXI_BYTES) bytes
  parameter CHUNK_LOG2   = 8,     // bytes of a chunk: 1 entry up to a full FIFO
  parameter BYTES_BITS   = CHUNK_LOG2 + 1
) (
  input  wire                    clk_i,
  input  wire                    rst_ni,
  // A lane's part of a chunk; the parts of lanes 0..LANES-1 make a chunk.
  input  wire                    part_valid_i,
  output wire                    part_ready_o,
  input  wire [3:0]              part_lane_i,
  input  wire                    part_last_i,
  input  wire [BYTES_BITS-1:0]   part_bytes_i,
  input  wire [FEATURE_LOG2-1:0] part_addr_i,       // of the chunk's first word, in every lane
  input  wire [FEATURE_LOG2-1:0] part_stride_i,     // from word to word
  // Feature memories.
  output wire                    sr_valid_o,
  input  wire                    sr_ready_i,
  output wire [FEATURE_LOG2-1:0] sr_addr_o,
  input  wire                    sr_data_valid_i,
  input  wire [LANES*V*8-1:0]    sr_data_i,
  // Requests: the parts that have bytes, in order.
  input  wire                    req_valid_i,
  output wire                    req_ready_o,
  input  wire [3:0]              req_lane_i,
  input  wire [BYTES_BITS-1:0]   req_bytes_i,
  output wire                    item_valid_o,
  input  wire                    item_ready_i,
  output wire [AXI_BYTES*8-1:0]  item_data_o,
  output wire                    item_last_o        // last of its request
);
  localparam ENTRY      = (AXI_BYTES > V) ? AXI_BYTES : V;
  localparam WORDS      = ENTRY / V;                         // words in an entry
  localparam SPLIT      = ENTRY / AXI_BYTES;                 // items in an entry
  localparam V_LOG2     = $clog2(V);
  localparam AXI_LOG2   = $clog2(AXI_BYTES);
  localparam ENTRY_LOG2 = $clog2(ENTRY);
  localparam WORDS_BITS = BYTES_BITS - V_LOG2;
  localparam ITEMS_BITS = BYTES_BITS - AXI_LOG2;
  localparam COUNT_BITS = BYTES_BITS - ENTRY_LOG2;           // entries
  localparam LANE_SEL   = (LANES > 1) ? $clog2(LANES) : 1;
  localparam WORD_SEL   = (WORDS > 1) ? $clog2(WORDS) : 1;
  localparam SPLIT_SEL  = (SPLIT > 1) ? $clog2(SPLIT) : 1;
  localparam WORD_LAST  = WORDS - 1;
  localparam FULLEST    = (1 << FIFO_LOG2) - (1 << (CHUNK_LOG2 - ENTRY_LOG2));   // and a chunk fits
  localparam V_UP       = V - 1;
  localparam AXI_UP     = AXI_BYTES - 1;
  localparam ENTRY_UP   = ENTRY - 1;
  integer i, l, w;

  // The chunk that is handed in: entries of each lane, words of the longest part.
  reg                         full_q;       // complete, waits for the reader
  reg  [LANES*COUNT_BITS-1:0] part_entries_q;
  reg  [WORDS_BITS-1:0]       part_words_q;
  reg  [FEATURE_LOG2-1:0]     part_addr_q, part_stride_q;
  wire [BYTES_BITS-1:0]       words_up = part_bytes_i + V_UP[BYTES_BITS-1:0];
  wire [BYTES_BITS-1:0]       entries_up = part_bytes_i + ENTRY_UP[BYTES_BITS-1:0];
  wire [WORDS_BITS-1:0]       words = words_up[BYTES_BITS-1:V_LOG2];
  wire                        longest = part_lane_i == 4'd0 || words > part_words_q;
  wire                        part_go = part_valid_i && part_ready_o;
  wire                        unused_up = ^{words_up[V_LOG2-1:0], entries_up[ENTRY_LOG2-1:0]};
  wire                        take;         // the reader starts

  assign part_ready_o = !full_q;

  always @(posedge clk_i) begin
    if (!rst_ni) begin
      full_q <= 1'b0;
    end else if (part_go && part_last_i) begin
      full_q <= (longest ? words : part_words_q) != {WORDS_BITS{1'b0}};
    end else if (take) begin
      full_q <= 1'b0;
    end
    if (part_go) begin
      part_addr_q   <= part_addr_i;
      part_stride_q <= part_stride_i;
      if (longest) part_words_q <= words;
      for (i = 0; i < LANES; i = i + 1) begin
        if (part_lane_i == i[3:0]) begin
          part_entries_q[i*COUNT_BITS +: COUNT_BITS] <= entries_up[BYTES_BITS-1:ENTRY_LOG2];
        end
      end
    end
  end

  // Reader: asks for the words of a chunk once every FIFO has room for it, and packs them.
  reg  [WORDS_BITS-1:0]       ask_q, wait_q;      // words to ask for; words to come
  reg  [FEATURE_LOG2-1:0]     addr_q, stride_q;
  reg  [LANES*COUNT_BITS-1:0] entries_q;
  reg  [COUNT_BITS-1:0]       entry_q;            // number of the entry in pack_q
  reg  [WORD_SEL-1:0]         word_q;             // place of the next word in it
  reg  [LANES*ENTRY*8-1:0]    pack_q;
  reg                         push_q;             // pack_q is complete
  wire [LANES-1:0]            room;
  wire                        last_word = wait_q == {{(WORDS_BITS - 1){1'b0}}, 1'b1};

  assign take       = full_q && wait_q == {WORDS_BITS{1'b0}} && !push_q && &room;
  assign sr_valid_o = ask_q != {WORDS_BITS{1'b0}};
  assign sr_addr_o  = addr_q;

  always @(posedge clk_i) begin
    if (!rst_ni) begin
      ask_q  <= {WORDS_BITS{1'b0}};
      wait_q <= {WORDS_BITS{1'b0}};
      push_q <= 1'b0;
    end else begin
      if (take) ask_q <= part_words_q;
      else if (sr_valid_o && sr_ready_i) ask_q <= ask_q - 1'b1;
      if (take) wait_q <= part_words_q;
      else if (sr_data_valid_i) wait_q <= wait_q - 1'b1;
      push_q <= sr_data_valid_i && (last_word || word_q == WORD_LAST[WORD_SEL-1:0]);
    end
    if (take) begin
      addr_q    <= part_addr_q;
      stride_q  <= part_stride_q;
      entries_q <= part_entries_q;
      entry_q   <= {COUNT_BITS{1'b0}};
      word_q    <= {WORD_SEL{1'b0}};
    end else begin
      if (sr_valid_o && sr_ready_i) addr_q <= addr_q + stride_q;
      if (push_q) entry_q <= entry_q + 1'b1;
      if (sr_data_valid_i) begin
        word_q <= word_q == WORD_LAST[WORD_SEL-1:0] ? {WORD_SEL{1'b0}} : word_q + 1'b1;
      end
    end
    if (sr_data_valid_i) begin
      for (w = 0; w < WORDS; w = w + 1) begin
        if (word_q == w[WORD_SEL-1:0]) begin
          for (l = 0; l < LANES; l = l + 1) pack_q[(l*WORDS+w)*V*8 +: V*8] <= sr_data_i[l*V*8 +: V*8];
        end
      end
    end
  end

  wire [LANES-1:0]         held, pop, unused_ready;
  wire [LANES*ENTRY*8-1:0] entry;
  genvar g;
  generate
    for (g = 0; g < LANES; g = g + 1) begin : gen_lane
      wire [FIFO_LOG2:0] count;

      assign room[g] = count <= FULLEST[FIFO_LOG2:0];

      e8_fifo #(
        .WIDTH(ENTRY * 8),
        .DEPTH_LOG2(FIFO_LOG2)
      ) u_fifo (
        .clk_i(clk_i),
        .rst_ni(rst_ni),
        .clear_i(1'b0),
        .in_valid_i(push_q && entry_q < entries_q[g*COUNT_BITS +: COUNT_BITS]),
        .in_ready_o(unused_ready[g]),
        .in_data_i(pack_q[g*ENTRY*8 +: ENTRY*8]),
        .out_valid_o(held[g]),
        .out_ready_i(pop[g]),
        .out_data_o(entry[g*ENTRY*8 +: ENTRY*8]),
        .count_o(count)
      );
    end
  endgenerate

  // Writer's side: the items of the oldest request.
  wire                   order_valid, order_pop;
  wire [3:0]             lane;
  wire [ITEMS_BITS-1:0]  items;
  wire [1:0]             unused_order_count;
  wire [BYTES_BITS-1:0]  items_up = req_bytes_i + AXI_UP[BYTES_BITS-1:0];
  wire                   unused_items_up = ^items_up[AXI_LOG2-1:0];
  reg  [ITEMS_BITS-1:0]  item_q;            // number of the next item
  reg                    item_valid_q, item_last_q;
  reg  [AXI_BYTES*8-1:0] item_data_q;
  wire                   free = !item_valid_q || item_ready_i;
  wire                   go = free && order_valid && held[lane[LANE_SEL-1:0]];
  wire                   last_item = item_q + 1'b1 == items;
  wire                   entry_done = last_item || SPLIT == 1 || &item_q[SPLIT_SEL-1:0];
  wire [ENTRY*8-1:0]     head = entry[lane[LANE_SEL-1:0]*ENTRY*8 +: ENTRY*8];

  assign order_pop    = go && last_item;
  assign item_valid_o = item_valid_q;
  assign item_data_o  = item_data_q;
  assign item_last_o  = item_last_q;

  e8_fifo #(
    .WIDTH(4 + ITEMS_BITS),
    .DEPTH_LOG2(1)
  ) u_order (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .clear_i(1'b0),
    .in_valid_i(req_valid_i),
    .in_ready_o(req_ready_o),
    .in_data_i({req_lane_i, items_up[BYTES_BITS-1:AXI_LOG2]}),
    .out_valid_o(order_valid),
    .out_ready_i(order_pop),
    .out_data_o({lane, items}),
    .count_o(unused_order_count)
  );

  generate
    for (g = 0; g < LANES; g = g + 1) begin : gen_pop
      assign pop[g] = go && entry_done && lane == g[3:0];
    end
  endgenerate

  always @(posedge clk_i) begin
    if (!rst_ni) begin
      item_q       <= {ITEMS_BITS{1'b0}};
      item_valid_q <= 1'b0;
    end else begin
      if (go) item_q <= last_item ? {ITEMS_BITS{1'b0}} : item_q + 1'b1;
      if (free) item_valid_q <= go;
    end
    if (go) item_last_q <= last_item;
  end

  generate
    if (SPLIT == 1) begin : gen_whole
      always @(posedge clk_i) if (go) item_data_q <= head;
    end else begin : gen_split
      wire [SPLIT_SEL-1:0] slot = item_q[SPLIT_SEL-1:0];
      always @(posedge clk_i) if (go) item_data_q <= head[slot*AXI_BYTES*8 +: AXI_BYTES*8];
    end
  endgenerate
endmodule
`resetall
