// AXI4 read master: byte ranges of two requesters (0 = instruction fetch, wins; 1 = LOAD) as legal
// bursts; data come back in request order with the valid bytes of every beat. Up to
// 2^OUTSTANDING_LOG2 bursts wait for data. Latency 2 to the address channel, 0 from the data
// channel. It does not align data.
`resetall
`default_nettype none
module e8_axi_reader #(
  parameter AXI_BYTES       = 16,
  parameter ADDR_BITS       = 32,
  parameter OUTSTANDING_LOG2 = (AXI_BYTES <= 4) ? 1 : 4,
  parameter OFF_BITS        = $clog2(AXI_BYTES)
) (
  input  wire                   clk_i,
  input  wire                   rst_ni,
  input  wire                   req0_valid_i,
  output wire                   req0_ready_o,
  input  wire [ADDR_BITS-1:0]   req0_addr_i,
  input  wire [15:0]            req0_bytes_i,   // 1..4096
  input  wire                   req1_valid_i,
  output wire                   req1_ready_o,
  input  wire [ADDR_BITS-1:0]   req1_addr_i,
  input  wire [15:0]            req1_bytes_i,   // 1..4096
  output wire                   rsp0_valid_o,
  input  wire                   rsp0_ready_i,
  output wire                   rsp1_valid_o,
  input  wire                   rsp1_ready_i,
  output wire [AXI_BYTES*8-1:0] rsp_data_o,
  output wire [OFF_BITS:0]      rsp_offset_o,   // first valid byte
  output wire [OFF_BITS:0]      rsp_bytes_o,    // valid bytes
  output wire                   rsp_last_o,     // last beat of the request
  output wire                   rsp_err_o,      // SLVERR or DECERR
  output wire                   idle_o,
  output wire                   beat_o,         // a data beat was accepted
  output wire [0:0]             m_arid_o,
  output wire [ADDR_BITS-1:0]   m_araddr_o,
  output wire [7:0]             m_arlen_o,
  output wire [2:0]             m_arsize_o,
  output wire [1:0]             m_arburst_o,
  output wire [3:0]             m_arcache_o,
  output wire [2:0]             m_arprot_o,
  output wire                   m_arvalid_o,
  input  wire                   m_arready_i,
  input  wire [0:0]             m_rid_i,
  input  wire [AXI_BYTES*8-1:0] m_rdata_i,
  input  wire [1:0]             m_rresp_i,
  input  wire                   m_rlast_i,
  input  wire                   m_rvalid_i,
  output wire                   m_rready_o
);
  localparam INFO_BITS = 2 * OFF_BITS + 2;

  wire                 split_valid, split_ready, split_idle;
  wire [ADDR_BITS-1:0] split_addr;
  wire [7:0]           split_len;
  wire [OFF_BITS-1:0]  split_offset, split_end;
  wire                 split_last, split_tag;
  wire                 unused_split_first, unused_split_marker;
  wire                 req_ready;
  wire [15:0]          req_bytes = req0_valid_i ? req0_bytes_i : req1_bytes_i;
  wire                 unused = ^{m_rid_i, m_rresp_i[0], req_bytes[15:13]};

  assign req0_ready_o = req_ready;
  assign req1_ready_o = req_ready && !req0_valid_i;

  e8_axi_split #(
    .AXI_BYTES(AXI_BYTES),
    .ADDR_BITS(ADDR_BITS),
    .TAG_BITS(1)
  ) u_split (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .req_valid_i(req0_valid_i || req1_valid_i),
    .req_ready_o(req_ready),
    .req_marker_i(1'b0),
    .req_addr_i(req0_valid_i ? req0_addr_i : req1_addr_i),
    .req_bytes_i(req_bytes[12:0]),
    .req_tag_i(!req0_valid_i),
    .burst_valid_o(split_valid),
    .burst_ready_i(split_ready),
    .burst_marker_o(unused_split_marker),
    .burst_addr_o(split_addr),
    .burst_len_o(split_len),
    .burst_offset_o(split_offset),
    .burst_end_o(split_end),
    .burst_first_o(unused_split_first),
    .burst_last_o(split_last),
    .burst_tag_o(split_tag),
    .idle_o(split_idle)
  );

  // Address channel.
  reg                  ar_valid_q;
  reg  [ADDR_BITS-1:0] ar_addr_q;
  reg  [7:0]           ar_len_q;
  wire                 ar_free = !ar_valid_q || m_arready_i;
  wire                 info_room;

  assign split_ready = ar_free && info_room;
  assign m_arid_o    = 1'b0;
  assign m_araddr_o  = ar_addr_q;
  assign m_arlen_o   = ar_len_q;
  assign m_arsize_o  = OFF_BITS[2:0];
  assign m_arburst_o = 2'b01;     // INCR
  assign m_arcache_o = 4'b0011;   // normal, bufferable
  assign m_arprot_o  = 3'b000;
  assign m_arvalid_o = ar_valid_q;

  always @(posedge clk_i) begin
    if (!rst_ni) begin
      ar_valid_q <= 1'b0;
    end else if (ar_free) begin
      ar_valid_q <= split_valid && info_room;
    end
    if (split_valid && split_ready) begin
      ar_addr_q <= split_addr;
      ar_len_q  <= split_len;
    end
  end

  // What the bursts under way will answer.
  wire                      info_valid;
  wire [INFO_BITS-1:0]      info;
  wire                      info_tag, info_last;
  wire [OFF_BITS-1:0]       info_offset, info_end;
  wire                      accept = m_rvalid_i && m_rready_o;
  wire [OUTSTANDING_LOG2:0] unused_count;

  assign {info_tag, info_last, info_offset, info_end} = info;

  e8_fifo #(
    .WIDTH(INFO_BITS),
    .DEPTH_LOG2(OUTSTANDING_LOG2)
  ) u_info (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .clear_i(1'b0),
    .in_valid_i(split_valid && ar_free),
    .in_ready_o(info_room),
    .in_data_i({split_tag, split_last, split_offset, split_end}),
    .out_valid_o(info_valid),
    .out_ready_i(accept && m_rlast_i),
    .out_data_o(info),
    .count_o(unused_count)
  );

  // Data channel.
  reg                 rest_q;     // past the first beat of the burst
  wire [OFF_BITS-1:0] first_byte = rest_q ? {OFF_BITS{1'b0}} : info_offset;
  wire [OFF_BITS-1:0] last_byte = m_rlast_i ? info_end : {OFF_BITS{1'b1}};

  assign rsp0_valid_o = m_rvalid_i && info_valid && !info_tag;
  assign rsp1_valid_o = m_rvalid_i && info_valid && info_tag;
  assign m_rready_o   = info_valid && (info_tag ? rsp1_ready_i : rsp0_ready_i);
  assign rsp_data_o   = m_rdata_i;
  assign rsp_offset_o = {1'b0, first_byte};
  assign rsp_bytes_o  = {1'b0, last_byte} - {1'b0, first_byte} + 1'b1;
  assign rsp_last_o   = m_rlast_i && info_last;
  assign rsp_err_o    = m_rresp_i[1];
  assign beat_o       = accept;
  assign idle_o       = split_idle && !ar_valid_q && !info_valid;

  always @(posedge clk_i) begin
    if (!rst_ni) begin
      rest_q <= 1'b0;
    end else if (accept) begin
      rest_q <= !m_rlast_i;
    end
  end
endmodule
`resetall
