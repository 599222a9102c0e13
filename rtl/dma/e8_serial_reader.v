// AXI4 read master for small builds with a bus of 4 bytes: one burst under way, of an instruction for the fetch
// (64 bytes, at a multiple of 64) or of one beat for the DMA engine, which wins and leaves cycles between its beats.
`resetall
`default_nettype none
module e8_serial_reader #(
  parameter ADDR_BITS = 32
) (
  input  wire                 clk_i,
  input  wire                 rst_ni,
  input  wire                 fetch_valid_i,
  output wire                 fetch_ready_o,
  input  wire [ADDR_BITS-1:0] fetch_addr_i,
  output wire                 fetch_rsp_valid_o,
  input  wire                 fetch_rsp_ready_i,
  input  wire                 beat_valid_i,
  output wire                 beat_ready_o,
  input  wire [ADDR_BITS-1:0] beat_addr_i,
  output wire                 beat_rsp_valid_o,
  input  wire                 beat_rsp_ready_i,
  output wire                 idle_o,
  output wire                 beat_o,              // a beat came
  output wire [ADDR_BITS-1:0] m_araddr_o,
  output wire [7:0]           m_arlen_o,
  output wire                 m_arvalid_o,
  input  wire                 m_arready_i,
  input  wire                 m_rlast_i,
  input  wire                 m_rvalid_i,
  output wire                 m_rready_o
);
  reg  ask_q, wait_q;      // the address is offered; the burst is under way
  reg  is_fetch_q;         // whose it is

  assign fetch_ready_o     = ask_q && is_fetch_q && m_arready_i;
  assign beat_ready_o      = ask_q && !is_fetch_q && m_arready_i;
  assign fetch_rsp_valid_o = m_rvalid_i && is_fetch_q;
  assign beat_rsp_valid_o  = m_rvalid_i && !is_fetch_q;
  assign m_araddr_o        = is_fetch_q ? fetch_addr_i : beat_addr_i;
  assign m_arlen_o         = {4'd0, {4{is_fetch_q}}};
  assign m_arvalid_o       = ask_q;
  assign m_rready_o        = wait_q && (is_fetch_q ? fetch_rsp_ready_i : beat_rsp_ready_i);
  assign beat_o            = m_rvalid_i && m_rready_o;
  assign idle_o            = !ask_q && !wait_q;

  always @(posedge clk_i) begin
    if (!rst_ni) begin
      ask_q  <= 1'b0;
      wait_q <= 1'b0;
    end else begin
      ask_q <= ask_q ? !m_arready_i : !wait_q && (fetch_valid_i || beat_valid_i);
      if (ask_q) wait_q <= m_arready_i;
      else if (beat_o && m_rlast_i) wait_q <= 1'b0;
    end
    if (idle_o) is_fetch_q <= !beat_valid_i;
  end
endmodule
`resetall
