// exact8 alone on an iCE40 UP5K: the machine, the chip's 128 KiB of single-port RAM as its memory from
// address 0 (DECERR beyond), and an SPI slave by which a host reaches memory and registers.
//
// SPI mode 0, most significant bit first, clk at least 4 times spi_sck. A frame is 56 bits: 1 = write, 1 = memory
// (0: register), 6 zeros, 16 bits of word address, 32 bits of data. It is carried out when spi_cs_n
// rises; the first 32 bits of the next frame's spi_miso are what it read. 40 cycles between frames.
`resetall
`default_nettype none
module up5k_top #(
  parameter LANES        = 1,
  parameter V            = 2,
  parameter FEATURE_LOG2 = 9,
  parameter WEIGHT_LOG2  = 8,
  parameter PARAM_LOG2   = 6,
  parameter DRAIN        = 2,
  parameter AXI_BYTES    = 4,       // and no other
  parameter MUL_BITS     = 0,
  parameter DOUBLE_ROUND = 0,
  parameter TABLES       = 0,
  parameter SMALL        = 1
) (
  input  wire clk,
  input  wire spi_sck,
  input  wire spi_cs_n,
  input  wire spi_mosi,
  output wire spi_miso,
  output wire irq
);
  // Power-on reset: the chip's registers start at 0.
  reg  [3:0] on_q = 4'd0;
  wire       rst_n = on_q[3];

  always @(posedge clk) if (!rst_n) on_q <= on_q + 4'd1;

  // SPI.
  reg  [2:0]  sck_q, cs_n_q;
  reg  [1:0]  mosi_q;
  reg  [55:0] frame_q;
  reg  [5:0]  count_q;
  reg         go_q;                  // the frame is carried out
  wire        sck_rises = sck_q[2:1] == 2'b01;
  wire        ends = cs_n_q[2:1] == 2'b01;
  wire        is_write = frame_q[55];
  wire        is_memory = frame_q[54];
  wire        go_memory = go_q && is_memory;
  wire        go_register = go_q && !is_memory;
  wire        answered;              // and this is what it read:
  wire [31:0] answer;

  assign spi_miso = frame_q[55];

  always @(posedge clk) begin
    sck_q  <= {sck_q[1:0], spi_sck};
    cs_n_q <= {cs_n_q[1:0], spi_cs_n};
    mosi_q <= {mosi_q[0], spi_mosi};
    if (cs_n_q[2]) count_q <= 6'd0;
    else if (sck_rises) count_q <= count_q + 6'd1;
    if (!rst_n) go_q <= 1'b0;
    else if (answered) go_q <= 1'b0;
    else if (ends && count_q == 6'd56) go_q <= 1'b1;
    if (answered) frame_q[55:24] <= answer;
    else if (!cs_n_q[2] && sck_rises) frame_q <= {frame_q[54:0], mosi_q[1]};
  end

  // Register accesses.
  reg         aw_left_q, w_left_q, ar_left_q, asked_q;
  wire        awready, wready, bvalid, arready, rvalid;
  wire [31:0] rdata;
  wire        register_done = go_register && (bvalid || rvalid);

  always @(posedge clk) begin
    if (!rst_n || !go_register) begin
      asked_q   <= 1'b0;
      aw_left_q <= 1'b0;
      w_left_q  <= 1'b0;
      ar_left_q <= 1'b0;
    end else if (!asked_q) begin
      asked_q   <= 1'b1;
      aw_left_q <= is_write;
      w_left_q  <= is_write;
      ar_left_q <= !is_write;
    end else begin
      if (awready) aw_left_q <= 1'b0;
      if (wready) w_left_q <= 1'b0;
      if (arready) ar_left_q <= 1'b0;
    end
  end

  // The machine.
  wire [31:0] m_araddr, m_awaddr, m_wdata;
  wire [7:0]  m_arlen;
  wire [3:0]  m_wstrb;
  wire        m_arvalid, m_rready, m_awvalid, m_wlast, m_wvalid, m_bready;
  reg         read_q, write_q, rvalid_q, rlast_q, bvalid_q, read_bad_q, write_bad_q;
  wire        arready_m = !read_q && !rvalid_q;
  wire        awready_m = !write_q && !bvalid_q;
  wire        wready_m;
  wire [31:0] ram;

  wire        unused_arid, unused_awid;
  wire [1:0]  unused_bresp, unused_rresp, unused_arburst, unused_awburst;
  wire [2:0]  unused_arsize, unused_arprot, unused_awsize, unused_awprot;
  wire [3:0]  unused_arcache, unused_awcache;
  wire [7:0]  unused_awlen;
  wire        unused_low = ^{m_araddr[1:0], m_awaddr[1:0]};

  exact8_top #(
    .LANES(LANES),
    .V(V),
    .FEATURE_LOG2(FEATURE_LOG2),
    .WEIGHT_LOG2(WEIGHT_LOG2),
    .PARAM_LOG2(PARAM_LOG2),
    .DRAIN(DRAIN),
    .AXI_BYTES(AXI_BYTES),
    .AXI_ADDR_BITS(32),
    .MUL_BITS(MUL_BITS),
    .DOUBLE_ROUND(DOUBLE_ROUND),
    .TABLES(TABLES),
    .SMALL(SMALL)
  ) u_exact8 (
    .aclk(clk),
    .aresetn(rst_n),
    .irq(irq),
    .s_axi_awaddr({frame_q[41:32], 2'b00}),
    .s_axi_awprot(3'b000),
    .s_axi_awvalid(aw_left_q),
    .s_axi_awready(awready),
    .s_axi_wdata(frame_q[31:0]),
    .s_axi_wstrb(4'b1111),
    .s_axi_wvalid(w_left_q),
    .s_axi_wready(wready),
    .s_axi_bresp(unused_bresp),
    .s_axi_bvalid(bvalid),
    .s_axi_bready(1'b1),
    .s_axi_araddr({frame_q[41:32], 2'b00}),
    .s_axi_arprot(3'b000),
    .s_axi_arvalid(ar_left_q),
    .s_axi_arready(arready),
    .s_axi_rdata(rdata),
    .s_axi_rresp(unused_rresp),
    .s_axi_rvalid(rvalid),
    .s_axi_rready(1'b1),
    .m_axi_arid(unused_arid),
    .m_axi_araddr(m_araddr),
    .m_axi_arlen(m_arlen),
    .m_axi_arsize(unused_arsize),
    .m_axi_arburst(unused_arburst),
    .m_axi_arcache(unused_arcache),
    .m_axi_arprot(unused_arprot),
    .m_axi_arvalid(m_arvalid),
    .m_axi_arready(arready_m),
    .m_axi_rid(1'b0),
    .m_axi_rdata(ram),
    .m_axi_rresp({2{read_bad_q}}),
    .m_axi_rlast(rlast_q),
    .m_axi_rvalid(rvalid_q),
    .m_axi_rready(m_rready),
    .m_axi_awid(unused_awid),
    .m_axi_awaddr(m_awaddr),
    .m_axi_awlen(unused_awlen),
    .m_axi_awsize(unused_awsize),
    .m_axi_awburst(unused_awburst),
    .m_axi_awcache(unused_awcache),
    .m_axi_awprot(unused_awprot),
    .m_axi_awvalid(m_awvalid),
    .m_axi_awready(awready_m),
    .m_axi_wdata(m_wdata),
    .m_axi_wstrb(m_wstrb),
    .m_axi_wlast(m_wlast),
    .m_axi_wvalid(m_wvalid),
    .m_axi_wready(wready_m),
    .m_axi_bid(1'b0),
    .m_axi_bresp({2{write_bad_q}}),
    .m_axi_bvalid(bvalid_q),
    .m_axi_bready(m_bready)
  );

  // One port for three: SPI, then writes, then reads. The RAM's output is the read beat until it is
  // taken, so nothing moves before.
  reg  [14:0] read_addr_q, write_addr_q;
  reg  [7:0]  read_left_q;
  reg         spi_read_q;            // the RAM's output is for the SPI
  wire        free = !(rvalid_q && !m_rready);
  wire        spi_now = free && go_memory && !spi_read_q;
  wire        write_now = wready_m && m_wvalid;
  wire        read_now = free && read_q && !spi_now && !write_now;
  wire [14:0] address = spi_now ? frame_q[46:32] : write_now ? write_addr_q : read_addr_q;
  wire        we = spi_now ? is_write : write_now && !write_bad_q;
  wire [3:0]  strobe = spi_now ? 4'b1111 : m_wstrb;

  assign wready_m = write_q && free && !spi_now;
  assign answered = register_done || (go_memory && spi_read_q);
  assign answer   = is_memory ? ram : rdata;

  always @(posedge clk) begin
    if (!rst_n) begin
      read_q     <= 1'b0;
      write_q    <= 1'b0;
      rvalid_q   <= 1'b0;
      bvalid_q   <= 1'b0;
      spi_read_q <= 1'b0;
    end else begin
      spi_read_q <= spi_now;
      if (m_arvalid && arready_m) read_q <= 1'b1;
      else if (read_now && read_left_q == 8'd0) read_q <= 1'b0;
      if (read_now) rvalid_q <= 1'b1;
      else if (m_rready) rvalid_q <= 1'b0;
      if (m_awvalid && awready_m) write_q <= 1'b1;
      else if (write_now && m_wlast) write_q <= 1'b0;
      if (write_now && m_wlast) bvalid_q <= 1'b1;
      else if (m_bready) bvalid_q <= 1'b0;
    end
    if (m_arvalid && arready_m) begin
      read_addr_q <= m_araddr[16:2];
      read_left_q <= m_arlen;
      read_bad_q  <= m_araddr[31:17] != 15'd0;
    end else if (read_now) begin
      read_addr_q <= read_addr_q + 15'd1;
      read_left_q <= read_left_q - 8'd1;
      rlast_q     <= read_left_q == 8'd0;
    end
    if (m_awvalid && awready_m) begin
      write_addr_q <= m_awaddr[16:2];
      write_bad_q  <= m_awaddr[31:17] != 15'd0;
    end else if (write_now) begin
      write_addr_q <= write_addr_q + 15'd1;
    end
  end

  // 2 banks of 16K words of 32 bits.
  wire [31:0] bank [0:1];
  reg         bank_q;
  genvar      b, h;

  assign ram = bank[bank_q];
  always @(posedge clk) if (spi_now || read_now) bank_q <= address[14];

  generate
    for (b = 0; b < 2; b = b + 1) begin : gen_bank
      for (h = 0; h < 2; h = h + 1) begin : gen_half
        SB_SPRAM256KA u_ram (
          .CLOCK(clk),
          .ADDRESS(address[13:0]),
          .DATAIN(spi_now ? frame_q[16*h +: 16] : m_wdata[16*h +: 16]),
          .MASKWREN({{2{strobe[2*h+1]}}, {2{strobe[2*h]}}}),
          .WREN(we),
          .CHIPSELECT((spi_now || write_now || read_now) && address[14] == b),
          .STANDBY(1'b0),
          .SLEEP(1'b0),
          .POWEROFF(1'b1),
          .DATAOUT(bank[b][16*h +: 16])
        );
      end
    end
  endgenerate
endmodule
`resetall
