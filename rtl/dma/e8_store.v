// STORE engine: feature memory to DRAM. e8_geometry hands out chunks, lanes innermost; e8_store_lanes
// reads the words of a chunk once for all lanes; e8_axi_writer writes the bytes that the image has,
// lane after lane. One write beat a cycle. An instruction is complete when its marker, which follows
// its requests, has passed all write responses.
`resetall
`default_nettype none
`include "exact8_isa.vh"
module e8_store #(
  parameter LANES        = 4,
  parameter V            = 8,
  parameter FEATURE_LOG2 = 13,
  parameter AXI_BYTES    = 16,
  parameter ADDR_BITS    = 32,
  parameter FIFO_LOG2    = (AXI_BYTES <= 4) ? 2 : 5,
  parameter FLIGHT_LOG2  = (AXI_BYTES <= 4) ? 1 : 2,   // instructions under way
  parameter ENTRY_LOG2   = (AXI_BYTES > V) ? $clog2(AXI_BYTES) : $clog2(V),
  parameter CHUNK_LOG2   = ENTRY_LOG2 + ((AXI_BYTES <= 4) ? FIFO_LOG2 : FIFO_LOG2 - 1),
  parameter REQ_LOG2     = $clog2(LANES) + 1           // requests that wait; at least LANES
) (
  input  wire                    clk_i,
  input  wire                    rst_ni,
  input  wire                    instr_valid_i,
  output wire                    instr_ready_o,
  input  wire [511:0]            instr_i,
  input  wire [31:0]             instr_index_i,
  output wire                    done_o,
  output wire                    err_valid_o,
  output wire [7:0]              err_code_o,
  output wire [31:0]             err_index_o,
  output wire                    idle_o,
  output wire                    beat_o,          // a write beat was accepted
  input  wire [4*ADDR_BITS-1:0]  region_base_i,
  input  wire [4*32-1:0]         region_size_i,
  // Feature memories: all lanes at one address; data come in order.
  output wire                    sr_valid_o,
  input  wire                    sr_ready_i,
  output wire [FEATURE_LOG2-1:0] sr_addr_o,
  input  wire                    sr_data_valid_i,
  input  wire [LANES*V*8-1:0]    sr_data_i,
  output wire [0:0]              m_awid_o,
  output wire [ADDR_BITS-1:0]    m_awaddr_o,
  output wire [7:0]              m_awlen_o,
  output wire [2:0]              m_awsize_o,
  output wire [1:0]              m_awburst_o,
  output wire [3:0]              m_awcache_o,
  output wire [2:0]              m_awprot_o,
  output wire                    m_awvalid_o,
  input  wire                    m_awready_i,
  output wire [AXI_BYTES*8-1:0]  m_wdata_o,
  output wire [AXI_BYTES-1:0]    m_wstrb_o,
  output wire                    m_wlast_o,
  output wire                    m_wvalid_o,
  input  wire                    m_wready_i,
  input  wire [0:0]              m_bid_i,
  input  wire [1:0]              m_bresp_i,
  input  wire                    m_bvalid_i,
  output wire                    m_bready_o,
  output wire                    retire_store_valid_o,
  output wire [31:0]             retire_store_instr_o,
  output wire [63:0]             retire_store_addr_o,
  output wire [AXI_BYTES*8-1:0]  retire_store_data_o,
  output wire [AXI_BYTES-1:0]    retire_store_strb_o
);
  localparam BYTES_BITS = CHUNK_LOG2 + 1;
  localparam REQ_BITS   = 1 + 4 + BYTES_BITS + ADDR_BITS;

  // Chunks.
  wire                  room, geometry_idle;
  wire                  op_valid, op_ready, op_term, op_err, op_last_lane;
  wire [7:0]            op_err_code;
  wire [3:0]            op_lane;
  wire [BYTES_BITS-1:0] op_data;
  wire [15:0]           op_word_addr;
  wire [ADDR_BITS-1:0]  op_addr;
  wire                  unused_active;
  wire [BYTES_BITS-1:0] unused_prefix, unused_total;
  wire [CHUNK_LOG2-1:0] unused_words;
  wire                  unused_op_word_addr = ^op_word_addr;
  wire                  push = instr_valid_i && instr_ready_o;
  reg  [15:0]           f_word_q;
  wire                  unused_f_word = ^f_word_q;

  always @(posedge clk_i) begin
    if (push) f_word_q <= instr_i[`E8_GEOMETRY_F_WORD_LSB +: `E8_GEOMETRY_F_WORD_WIDTH];
  end

  e8_geometry #(
    .IS_LOAD(0),
    .LANES(LANES),
    .V(V),
    .FEATURE_LOG2(FEATURE_LOG2),
    .ADDR_BITS(ADDR_BITS),
    .CHUNK_LOG2(CHUNK_LOG2)
  ) u_geometry (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .accept_i(room),
    .instr_valid_i(instr_valid_i),
    .instr_ready_o(instr_ready_o),
    .instr_i(instr_i),
    .region_base_i(region_base_i),
    .region_size_i(region_size_i),
    .op_valid_o(op_valid),
    .op_ready_i(op_ready),
    .op_term_o(op_term),
    .op_err_o(op_err),
    .op_err_code_o(op_err_code),
    .op_active_o(unused_active),
    .op_last_lane_o(op_last_lane),
    .op_lane_o(op_lane),
    .op_prefix_o(unused_prefix),
    .op_data_o(op_data),
    .op_total_o(unused_total),
    .op_words_o(unused_words),
    .op_word_addr_o(op_word_addr),
    .op_addr_o(op_addr),
    .idle_o(geometry_idle)
  );

  // A chunk's part goes to the lanes and, when it has bytes, to the requests in the same cycle; the
  // end of the instruction is a marker among the requests.
  wire                  part_ready, queue_room;
  wire                  op_queued = op_term || op_data != {BYTES_BITS{1'b0}};
  wire                  queue_valid, queue_ready, queue_marker;
  wire [3:0]            queue_lane;
  wire [BYTES_BITS-1:0] queue_bytes;
  wire [ADDR_BITS-1:0]  queue_addr;
  wire [REQ_LOG2:0]     unused_queue_count;
  wire                  req_ready, order_room;

  assign op_ready    = (op_term || part_ready) && (!op_queued || queue_room);
  assign queue_ready = req_ready && (queue_marker || order_room);

  e8_fifo #(
    .WIDTH(REQ_BITS),
    .DEPTH_LOG2(REQ_LOG2)
  ) u_queue (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .clear_i(1'b0),
    .in_valid_i(op_valid && op_queued && (op_term || part_ready)),
    .in_ready_o(queue_room),
    .in_data_i({op_term, op_lane, op_data, op_addr}),
    .out_valid_o(queue_valid),
    .out_ready_i(queue_ready),
    .out_data_o({queue_marker, queue_lane, queue_bytes, queue_addr}),
    .count_o(unused_queue_count)
  );

  wire                   item_valid, item_ready, item_last;
  wire [AXI_BYTES*8-1:0] item_data;

  e8_store_lanes #(
    .LANES(LANES),
    .V(V),
    .FEATURE_LOG2(FEATURE_LOG2),
    .AXI_BYTES(AXI_BYTES),
    .FIFO_LOG2(FIFO_LOG2),
    .CHUNK_LOG2(CHUNK_LOG2)
  ) u_lanes (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .part_valid_i(op_valid && !op_term && (!op_queued || queue_room)),
    .part_ready_o(part_ready),
    .part_lane_i(op_lane),
    .part_last_i(op_last_lane),
    .part_bytes_i(op_data),
    .part_addr_i(op_word_addr[FEATURE_LOG2-1:0]),
    .part_stride_i(f_word_q[FEATURE_LOG2-1:0]),
    .sr_valid_o(sr_valid_o),
    .sr_ready_i(sr_ready_i),
    .sr_addr_o(sr_addr_o),
    .sr_data_valid_i(sr_data_valid_i),
    .sr_data_i(sr_data_i),
    .req_valid_i(queue_valid && !queue_marker && req_ready),
    .req_ready_o(order_room),
    .req_lane_i(queue_lane),
    .req_bytes_i(queue_bytes),
    .item_valid_o(item_valid),
    .item_ready_i(item_ready),
    .item_data_o(item_data),
    .item_last_o(item_last)
  );

  wire                 data_marker, rsp_marker, rsp_err, writer_idle;
  wire [ADDR_BITS-1:0] beat_addr;

  e8_axi_writer #(
    .AXI_BYTES(AXI_BYTES),
    .ADDR_BITS(ADDR_BITS)
  ) u_writer (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .req_valid_i(queue_valid && (queue_marker || order_room)),
    .req_ready_o(req_ready),
    .req_marker_i(queue_marker),
    .req_addr_i(queue_addr),
    .req_bytes_i({{(13 - BYTES_BITS){1'b0}}, queue_bytes}),
    .item_valid_i(item_valid),
    .item_ready_o(item_ready),
    .item_data_i(item_data),
    .item_last_i(item_last),
    .data_marker_o(data_marker),
    .rsp_marker_o(rsp_marker),
    .rsp_err_o(rsp_err),
    .idle_o(writer_idle),
    .beat_o(beat_o),
    .beat_addr_o(beat_addr),
    .m_awid_o(m_awid_o),
    .m_awaddr_o(m_awaddr_o),
    .m_awlen_o(m_awlen_o),
    .m_awsize_o(m_awsize_o),
    .m_awburst_o(m_awburst_o),
    .m_awcache_o(m_awcache_o),
    .m_awprot_o(m_awprot_o),
    .m_awvalid_o(m_awvalid_o),
    .m_awready_i(m_awready_i),
    .m_wdata_o(m_wdata_o),
    .m_wstrb_o(m_wstrb_o),
    .m_wlast_o(m_wlast_o),
    .m_wvalid_o(m_wvalid_o),
    .m_wready_i(m_wready_i),
    .m_bid_i(m_bid_i),
    .m_bresp_i(m_bresp_i),
    .m_bvalid_i(m_bvalid_i),
    .m_bready_o(m_bready_o)
  );

  // Instructions under way. Responses belong to the oldest.
  wire [(32 << FLIGHT_LOG2)-1:0] flight_index;
  wire [(1 << FLIGHT_LOG2)-1:0]  unused_context;
  wire [FLIGHT_LOG2:0]           oldest;
  wire                           flight_idle;

  assign idle_o = geometry_idle && flight_idle && writer_idle;

  e8_inflight #(
    .DEPTH_LOG2(FLIGHT_LOG2),
    .WIDTH(1),
    .AXI_ERR(`E8_ERR_AXI_WRITE)
  ) u_inflight (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .room_o(room),
    .push_i(push),
    .index_i(instr_index_i),
    .context_i(1'b0),
    .check_err_i(op_valid && op_ready && op_err),
    .check_code_i(op_err_code),
    .axi_err_i(rsp_err),
    .axi_ptr_i(oldest),
    .retire_i(rsp_marker),
    .oldest_o(oldest),
    .idle_o(flight_idle),
    .done_o(done_o),
    .err_valid_o(err_valid_o),
    .err_code_o(err_code_o),
    .err_index_o(err_index_o),
    .index_o(flight_index),
    .context_o(unused_context)
  );

  // Retire port: the accepted beats.
  reg  [FLIGHT_LOG2-1:0] beat_ptr_q;     // instruction of the beats
  reg                    retire_valid_q;
  reg  [31:0]            retire_instr_q;
  reg  [63:0]            retire_addr_q;
  reg  [AXI_BYTES*8-1:0] retire_data_q;
  reg  [AXI_BYTES-1:0]   retire_strb_q;

  assign retire_store_valid_o = retire_valid_q;
  assign retire_store_instr_o = retire_instr_q;
  assign retire_store_addr_o  = retire_addr_q;
  assign retire_store_data_o  = retire_data_q;
  assign retire_store_strb_o  = retire_strb_q;

  always @(posedge clk_i) begin
    if (!rst_ni) begin
      beat_ptr_q     <= {FLIGHT_LOG2{1'b0}};
      retire_valid_q <= 1'b0;
    end else begin
      if (data_marker) beat_ptr_q <= beat_ptr_q + 1'b1;
      retire_valid_q <= beat_o;
    end
    if (beat_o) begin
      retire_instr_q                <= flight_index[beat_ptr_q*32 +: 32];
      retire_addr_q                 <= 64'd0;
      retire_addr_q[ADDR_BITS-1:0]  <= beat_addr;
      retire_data_q                 <= m_wdata_o;
      retire_strb_q                 <= m_wstrb_o;
    end
  end
endmodule
`resetall
