// AXI4-Lite slave: one write and one read at a time as simple register accesses. AW and W may come
// in any order; both are taken in one cycle, when both are there. An answer waits as long as it must.
// SLVERR where the register file says so. Ready is registered: a write takes 2 cycles, a read 3 and
// what the register file needs.
`resetall
`default_nettype none
module e8_axil (
  input  wire        clk_i,
  input  wire        rst_ni,
  input  wire [11:0] s_awaddr_i,
  input  wire        s_awvalid_i,
  output wire        s_awready_o,
  input  wire [31:0] s_wdata_i,
  input  wire [3:0]  s_wstrb_i,
  input  wire        s_wvalid_i,
  output wire        s_wready_o,
  output wire [1:0]  s_bresp_o,
  output wire        s_bvalid_o,
  input  wire        s_bready_i,
  input  wire [11:0] s_araddr_i,
  input  wire        s_arvalid_i,
  output wire        s_arready_o,
  output wire [31:0] s_rdata_o,
  output wire [1:0]  s_rresp_o,
  output wire        s_rvalid_o,
  input  wire        s_rready_i,
  // Register file. A write is one pulse; a read asks until it is answered.
  input  wire        wr_ready_i,       // a write may come in the next cycle
  output wire        wr_valid_o,
  output wire [11:0] wr_addr_o,
  output wire [31:0] wr_data_o,
  output wire [3:0]  wr_strb_o,
  input  wire        wr_err_i,
  output wire        rd_valid_o,
  output wire [11:0] rd_addr_o,
  input  wire        rd_ready_i,
  input  wire [31:0] rd_data_i,
  input  wire        rd_err_i
);
  reg        wr_q, b_valid_q, b_err_q;
  reg        ar_ready_q, r_valid_q, r_err_q;
  reg [31:0] r_data_q;

  assign s_awready_o = wr_q;
  assign s_wready_o  = wr_q;
  assign wr_valid_o  = wr_q;
  assign wr_addr_o   = s_awaddr_i;
  assign wr_data_o   = s_wdata_i;
  assign wr_strb_o   = s_wstrb_i;
  assign s_bvalid_o  = b_valid_q;
  assign s_bresp_o   = {b_err_q, 1'b0};

  // The address stays while ARREADY is withheld, so that it needs no register here.
  assign rd_valid_o  = s_arvalid_i && !ar_ready_q && !r_valid_q;
  assign rd_addr_o   = s_araddr_i;
  assign s_arready_o = ar_ready_q;
  assign s_rvalid_o  = r_valid_q;
  assign s_rdata_o   = r_data_q;
  assign s_rresp_o   = {r_err_q, 1'b0};

  always @(posedge clk_i) begin
    if (!rst_ni) begin
      wr_q       <= 1'b0;
      b_valid_q  <= 1'b0;
      ar_ready_q <= 1'b0;
      r_valid_q  <= 1'b0;
    end else begin
      wr_q <= s_awvalid_i && s_wvalid_i && !wr_q && !b_valid_q && wr_ready_i;
      if (wr_q) b_valid_q <= 1'b1;
      else if (s_bready_i) b_valid_q <= 1'b0;
      ar_ready_q <= rd_valid_o && rd_ready_i;
      if (ar_ready_q) r_valid_q <= 1'b1;
      else if (s_rready_i) r_valid_q <= 1'b0;
    end
    if (wr_q) b_err_q <= wr_err_i;
    if (rd_valid_o && rd_ready_i) begin
      r_data_q <= rd_data_i;
      r_err_q  <= rd_err_i;
    end
  end
endmodule
`resetall
