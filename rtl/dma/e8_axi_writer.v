// AXI4 write master: byte ranges of any alignment as legal bursts with strobes. The data of a
// request come as items of AXI_BYTES bytes, dense from the request's first byte; surplus bytes of
// the last item are not written. One beat a cycle; up to 2^OUTSTANDING_LOG2 bursts and markers under
// way. A marker is a request without bytes that ends an instruction: it comes out when it passes the
// data channel and again when all earlier responses are in.
`resetall
`default_nettype none
module e8_axi_writer #(
  parameter AXI_BYTES        = 16,
  parameter ADDR_BITS        = 32,
  parameter OUTSTANDING_LOG2 = (AXI_BYTES <= 4) ? 1 : 4,
  parameter OFF_BITS         = $clog2(AXI_BYTES)
) (
  input  wire                   clk_i,
  input  wire                   rst_ni,
  input  wire                   req_valid_i,
  output wire                   req_ready_o,
  input  wire                   req_marker_i,
  input  wire [ADDR_BITS-1:0]   req_addr_i,
  input  wire [12:0]            req_bytes_i,      // 1..4096
  input  wire                   item_valid_i,
  output wire                   item_ready_o,
  input  wire [AXI_BYTES*8-1:0] item_data_i,
  input  wire                   item_last_i,      // last item of its request
  output wire                   data_marker_o,    // pulse: all data before a marker were accepted
  output wire                   rsp_marker_o,     // pulse: all responses before a marker came
  output wire                   rsp_err_o,        // pulse: a response was SLVERR or DECERR
  output wire                   idle_o,
  output wire                   beat_o,           // a data beat was accepted, with:
  output wire [ADDR_BITS-1:0]   beat_addr_o,      // address of byte lane 0
  output wire [0:0]             m_awid_o,
  output wire [ADDR_BITS-1:0]   m_awaddr_o,
  output wire [7:0]             m_awlen_o,
  output wire [2:0]             m_awsize_o,
  output wire [1:0]             m_awburst_o,
  output wire [3:0]             m_awcache_o,
  output wire [2:0]             m_awprot_o,
  output wire                   m_awvalid_o,
  input  wire                   m_awready_i,
  output wire [AXI_BYTES*8-1:0] m_wdata_o,
  output wire [AXI_BYTES-1:0]   m_wstrb_o,
  output wire                   m_wlast_o,
  output wire                   m_wvalid_o,
  input  wire                   m_wready_i,
  input  wire [0:0]             m_bid_i,
  input  wire [1:0]             m_bresp_i,
  input  wire                   m_bvalid_i,
  output wire                   m_bready_o
);
  localparam INFO_BITS = 2 * OFF_BITS + 10;

  wire                 split_valid, split_ready, split_idle;
  wire                 split_marker, split_first, split_last;
  wire [ADDR_BITS-1:0] split_addr;
  wire [7:0]           split_len;
  wire [OFF_BITS-1:0]  split_offset, split_end;
  wire                 unused_split_tag;
  wire                 unused = ^{m_bid_i, m_bresp_i[0], split_last};

  e8_axi_split #(
    .AXI_BYTES(AXI_BYTES),
    .ADDR_BITS(ADDR_BITS),
    .TAG_BITS(1)
  ) u_split (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .req_valid_i(req_valid_i),
    .req_ready_o(req_ready_o),
    .req_marker_i(req_marker_i),
    .req_addr_i(req_addr_i),
    .req_bytes_i(req_bytes_i),
    .req_tag_i(1'b0),
    .burst_valid_o(split_valid),
    .burst_ready_i(split_ready),
    .burst_marker_o(split_marker),
    .burst_addr_o(split_addr),
    .burst_len_o(split_len),
    .burst_offset_o(split_offset),
    .burst_end_o(split_end),
    .burst_first_o(split_first),
    .burst_last_o(split_last),
    .burst_tag_o(unused_split_tag),
    .idle_o(split_idle)
  );

  // Address channel.
  reg                  aw_valid_q;
  reg  [ADDR_BITS-1:0] aw_addr_q;
  reg  [7:0]           aw_len_q;
  wire                 aw_free = !aw_valid_q || m_awready_i;
  wire                 info_room, rsp_room;
  wire                 push = split_valid && split_ready;

  assign split_ready = aw_free && info_room && rsp_room;
  assign m_awid_o    = 1'b0;
  assign m_awaddr_o  = aw_addr_q;
  assign m_awlen_o   = aw_len_q;
  assign m_awsize_o  = OFF_BITS[2:0];
  assign m_awburst_o = 2'b01;     // INCR
  assign m_awcache_o = 4'b0011;   // normal, bufferable
  assign m_awprot_o  = 3'b000;
  assign m_awvalid_o = aw_valid_q;

  always @(posedge clk_i) begin
    if (!rst_ni) begin
      aw_valid_q <= 1'b0;
    end else if (aw_free) begin
      aw_valid_q <= push && !split_marker;
    end
    if (push) begin
      aw_addr_q <= split_addr;
      aw_len_q  <= split_len;
    end
  end

  // Data channel. Items are realigned to the request's offset, which is the offset of its first burst.
  wire                    info_valid, info_marker, info_first;
  wire [7:0]              info_len;
  wire [OFF_BITS-1:0]     info_offset, info_end;
  wire [1:0]              unused_count;
  reg                     w_valid_q, w_last_q;
  reg  [AXI_BYTES*8-1:0]  w_data_q, prev_q;
  reg  [AXI_BYTES-1:0]    w_strb_q;
  reg  [7:0]              beat_q;            // beats of the burst that are out
  reg                     drained_q;         // all items of the request are taken
  reg  [OFF_BITS-1:0]     rot_q;
  wire                    head = info_first && beat_q == 8'd0;
  wire [OFF_BITS-1:0]     rot = head ? info_offset : rot_q;
  wire                    need = head || !drained_q;
  wire                    w_free = !w_valid_q || m_wready_i;
  wire                    w_go = info_valid && !info_marker && w_free && (item_valid_i || !need);
  wire                    last_beat = beat_q == info_len;
  wire                    info_pop = info_marker ? w_free : w_go && last_beat;
  wire [AXI_BYTES*8-1:0]  aligned;
  wire [OFF_BITS-1:0]     skip_low = beat_q == 8'd0 ? info_offset : {OFF_BITS{1'b0}};
  wire [OFF_BITS-1:0]     skip_high = last_beat ? ~info_end : {OFF_BITS{1'b0}};
  wire [AXI_BYTES-1:0]    strb_low = {AXI_BYTES{1'b1}} << skip_low;
  wire [AXI_BYTES-1:0]    strb_high = {AXI_BYTES{1'b1}} >> skip_high;

  assign item_ready_o  = info_valid && !info_marker && w_free && need;
  assign data_marker_o = info_valid && info_marker && w_free;
  assign m_wdata_o     = w_data_q;
  assign m_wstrb_o     = w_strb_q;
  assign m_wlast_o     = w_last_q;
  assign m_wvalid_o    = w_valid_q;
  assign beat_o        = w_valid_q && m_wready_i;

  e8_fifo #(
    .WIDTH(INFO_BITS),
    .DEPTH_LOG2(1)
  ) u_info (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .clear_i(1'b0),
    .in_valid_i(split_valid && aw_free && rsp_room),
    .in_ready_o(info_room),
    .in_data_i({split_marker, split_first, split_len, split_offset, split_end}),
    .out_valid_o(info_valid),
    .out_ready_i(info_pop),
    .out_data_o({info_marker, info_first, info_len, info_offset, info_end}),
    .count_o(unused_count)
  );

  e8_realign #(
    .BYTES(AXI_BYTES)
  ) u_realign (
    .rot_i(rot),
    .prev_i(prev_q),
    .cur_i(item_data_i),
    .out_o(aligned)
  );

  always @(posedge clk_i) begin
    if (!rst_ni) begin
      w_valid_q <= 1'b0;
      beat_q    <= 8'd0;
    end else begin
      if (w_free) w_valid_q <= w_go;
      if (w_go) beat_q <= last_beat ? 8'd0 : beat_q + 8'd1;
    end
    if (w_go) begin
      w_data_q  <= aligned;
      w_strb_q  <= strb_low & strb_high;
      w_last_q  <= last_beat;
      rot_q     <= rot;
      drained_q <= !need || item_last_i;
      if (need) prev_q <= item_data_i;
    end
  end

  // Address of the beat in the data register: for the retire port.
  reg  [ADDR_BITS-1:0] beat_addr_q;
  wire [ADDR_BITS-1:0] burst_addr;
  wire [1:0]           unused_addr_count;
  wire                 unused_addr_valid, unused_addr_room;

  assign beat_addr_o = beat_addr_q;

  e8_fifo #(
    .WIDTH(ADDR_BITS),
    .DEPTH_LOG2(1)
  ) u_beat_addr (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .clear_i(1'b0),
    .in_valid_i(push),
    .in_ready_o(unused_addr_room),
    .in_data_i(split_addr),
    .out_valid_o(unused_addr_valid),
    .out_ready_i(info_pop),
    .out_data_o(burst_addr),
    .count_o(unused_addr_count)
  );

  always @(posedge clk_i) begin
    if (w_go) beat_addr_q <= beat_q == 8'd0 ? burst_addr : beat_addr_q + {{(ADDR_BITS - 7){1'b0}}, AXI_BYTES[6:0]};
  end

  // Response channel: bursts and markers in order.
  wire                      rsp_valid, rsp_marker;
  wire [OUTSTANDING_LOG2:0] unused_rsp_count;

  assign m_bready_o   = rsp_valid && !rsp_marker;
  assign rsp_marker_o = rsp_valid && rsp_marker;
  assign rsp_err_o    = m_bvalid_i && m_bready_o && m_bresp_i[1];
  assign idle_o       = split_idle && !aw_valid_q && !info_valid && !w_valid_q && !rsp_valid;

  e8_fifo #(
    .WIDTH(1),
    .DEPTH_LOG2(OUTSTANDING_LOG2)
  ) u_rsp (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .clear_i(1'b0),
    .in_valid_i(split_valid && aw_free && info_room),
    .in_ready_o(rsp_room),
    .in_data_i(split_marker),
    .out_valid_o(rsp_valid),
    .out_ready_i(rsp_marker || m_bvalid_i),
    .out_data_o(rsp_marker),
    .count_o(unused_rsp_count)
  );
endmodule
`resetall
