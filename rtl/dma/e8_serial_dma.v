// LOAD and STORE with one lane (LANES = 1, V = 2, a 32-bit bus), an instruction and a byte at a time: a
// microprogrammed accumulator machine of 8 bits, the smallest of the DMA engines. A word of the program
// (e8_serial_rom, made of e8_serial_dma.uc) a cycle: adds an operand, writes a cell of the data memory and the
// port registers, drives the handshakes, and names its successor and that one's operand.
`resetall
`default_nettype none
module e8_serial_dma #(
  parameter FEATURE_LOG2 = 9,
  parameter WEIGHT_LOG2  = 8,
  parameter PARAM_LOG2   = 6
) (
  input  wire                    clk_i,
  input  wire                    rst_ni,
  // Instructions: their bytes are read where the control keeps them, until done or error.
  input  wire                    load_valid_i,
  output wire                    load_ready_o,
  input  wire                    store_valid_i,
  output wire                    store_ready_o,
  input  wire [31:0]             index_i,
  input  wire [3:0]              slot_i,            // of the instruction under way or offered
  output wire                    load_done_o,
  output wire                    load_err_valid_o,
  output wire                    store_done_o,
  output wire                    store_err_valid_o,
  output wire [7:0]              err_code_o,
  output wire [31:0]             err_index_o,
  output wire                    idle_o,
  // Memories of the control that answer one cycle later: byte of an instruction; of a region's base (0..7), size (8..11).
  output wire [9:0]              instr_addr_o,      // slot, byte
  input  wire [7:0]              instr_data_i,
  output wire [5:0]              region_addr_o,     // region, byte
  input  wire [7:0]              region_data_i,
  // e8_serial_reader, a beat a request.
  output wire                    req_valid_o,
  input  wire                    req_ready_i,
  output wire [31:0]             req_addr_o,
  input  wire                    rsp_valid_i,
  output wire                    rsp_ready_o,
  input  wire [31:0]             rsp_data_i,
  input  wire                    rsp_err_i,
  // AXI4 writes, a beat a burst.
  output wire [31:0]             m_awaddr_o,
  output wire                    m_awvalid_o,
  input  wire                    m_awready_i,
  output wire [31:0]             m_wdata_o,
  output wire [3:0]              m_wstrb_o,
  output wire                    m_wvalid_o,
  input  wire                    m_wready_i,
  input  wire [1:0]              m_bresp_i,
  input  wire                    m_bvalid_i,
  output wire                    m_bready_o,
  // Memories.
  output wire                    fw_valid_o,
  input  wire                    fw_ready_i,
  output wire [FEATURE_LOG2-1:0] fw_addr_o,
  output wire [15:0]             fw_data_o,
  output wire                    wm_valid_o,
  output wire [WEIGHT_LOG2-1:0]  wm_addr_o,
  output wire [31:0]             wm_data_o,
  output wire                    pm_valid_o,
  output wire [PARAM_LOG2:0]     pm_addr_o,
  output wire [127:0]            pm_data_o,
  output wire                    sr_valid_o,
  input  wire                    sr_ready_i,
  output wire [FEATURE_LOG2-1:0] sr_addr_o,
  input  wire                    sr_data_valid_i,
  input  wire [15:0]             sr_data_i,
  output wire [31:0]             index_o            // of the instruction under way
);
  // Codes of the program, in the order of scripts/microcode.py.
  localparam COND_C      = 4'd1;
  localparam COND_Z      = 4'd2;
  localparam COND_N      = 4'd3;
  localparam COND_GO     = 4'd4;
  localparam COND_STORE  = 4'd5;
  localparam COND_ACK    = 4'd6;
  localparam COND_VALID  = 4'd7;
  localparam COND_FAULT  = 4'd8;
  localparam COND_BEAT   = 4'd9;
  localparam COND_KIND   = 4'd10;
  localparam COND_PARAM  = 4'd11;
  localparam COND_FULL   = 4'd12;
  localparam FROM_CELL   = 3'd1;
  localparam FROM_INSTR  = 3'd2;
  localparam FROM_REGION = 3'd3;
  localparam FROM_RDATA  = 3'd4;
  localparam FROM_WORD   = 3'd5;
  localparam ACT_ADDR    = 5'd1;      // to 4: byte 0 to 3
  localparam ACT_WADDR   = 5'd5;      // and 6
  localparam ACT_POS     = 5'd7;
  localparam ACT_BUF     = 5'd8;
  localparam ACT_WIDE    = 5'd9;
  localparam ACT_POP     = 5'd10;
  localparam ACT_AR      = 5'd11;
  localparam ACT_SR      = 5'd12;
  localparam ACT_W       = 5'd13;
  localparam ACT_B       = 5'd14;
  localparam ACT_EMIT    = 5'd15;
  localparam ACT_KIND    = 5'd16;
  localparam ACT_IDLE    = 5'd17;
  localparam ACT_DONE    = 5'd18;
  localparam ACT_ERR     = 5'd19;

  wire [47:0] word;
  wire [8:0]  next;
  wire [3:0]  cond;
  wire        use_acc, use_ones, invert, carry_one, carry_in;
  wire [2:0]  source;
  wire [6:0]  cell_addr, operand;
  wire [4:0]  action;
  wire [7:0]  constant;

  assign {next, cond, use_acc, use_ones, invert, carry_one, carry_in, source, cell_addr, operand, action, constant} = word;

  wire set_pos  = action == ACT_POS;
  wire set_buf  = action == ACT_BUF;
  wire set_wide = action == ACT_WIDE;
  wire ar       = action == ACT_AR;
  wire sr       = action == ACT_SR;
  wire w        = action == ACT_W;
  wire emit     = action == ACT_EMIT;
  wire idle     = action == ACT_IDLE;
  wire done     = action == ACT_DONE;
  wire err      = action == ACT_ERR;

  // Sequencer: the condition is the lowest bit of the address.
  reg  taken;
  wire go = load_valid_i || store_valid_i;

  e8_serial_rom #(
    .FEATURE_LOG2(FEATURE_LOG2),
    .WEIGHT_LOG2(WEIGHT_LOG2),
    .PARAM_LOG2(PARAM_LOG2)
  ) u_rom (
    .clk_i(clk_i),
    .addr_i(rst_ni ? next | {8'd0, taken} : 9'd0),
    .word_o(word)
  );

  // The instruction under way.
  reg         is_store_q;
  reg  [31:0] index_q;
  reg  [1:0]  kind_q;       // target: 0 feature, 1 weight, 2 parameter
  reg  [1:0]  region_q;

  always @(posedge clk_i) begin
    if (idle) begin
      is_store_q <= !load_valid_i;
      index_q    <= index_i;
    end
    if (action == ACT_KIND) {region_q, kind_q} <= instr_data_i[5:2];
  end

  assign load_ready_o      = idle;
  assign store_ready_o     = idle && !load_valid_i;
  assign idle_o            = idle;
  assign load_done_o       = done && !is_store_q;
  assign store_done_o      = done && is_store_q;
  assign load_err_valid_o  = err && !is_store_q;
  assign store_err_valid_o = err && is_store_q;
  assign err_index_o       = index_q;
  assign index_o           = index_q;
  assign instr_addr_o      = {slot_i, operand[5:0]};
  assign region_addr_o     = {region_q, operand[3:0]};

  // Operand and accumulator.
  reg  [7:0]  acc_q;
  reg         carry_q;
  reg  [3:0]  pos_q;        // place of a byte in the word
  reg  [31:0] addr_q;       // of a byte in memory
  wire [7:0]  cell_data;
  wire [7:0]  read_byte = rsp_data_i[addr_q[1:0]*8 +: 8];
  wire [7:0]  word_byte = pos_q[0] ? sr_data_i[7:0] : sr_data_i[15:8];
  wire [7:0]  x = constant | (cell_data & {8{source == FROM_CELL}}) | (instr_data_i & {8{source == FROM_INSTR}}) |
                  (region_data_i & {8{source == FROM_REGION}}) | (read_byte & {8{source == FROM_RDATA}}) |
                  (word_byte & {8{source == FROM_WORD}});
  wire [8:0]  sum = {1'b0, (acc_q & {8{use_acc}}) | {8{use_ones}}} + {1'b0, x ^ {8{invert}}} +
                    {8'd0, carry_one || (carry_in && carry_q)};

  assign err_code_o = acc_q;

  always @(posedge clk_i) begin
    acc_q <= sum[7:0];
    if (use_ones || carry_one || carry_in || (use_acc && source != 3'd0)) carry_q <= sum[8];
  end

  e8_ram_1r1w #(
    .WIDTH(8),
    .DEPTH_LOG2(7)
  ) u_cells (
    .clk_i(clk_i),
    .we_i(1'b1),
    .waddr_i(cell_addr),
    .wdata_i(sum[7:0]),
    .re_i(1'b1),
    .raddr_i(operand),
    .rdata_o(cell_data)
  );

  // Addresses and the word that is put together, by bytes or by beats (wide). Its bytes are at pos 15, 0 (feature), 13, 14,
  // 15, 0 (weight), 1 to 15, 0 (parameter), in the first four places but for those of a parameter from 5 on; beats at 0
  // (weight), 4, 8, 12, 0 (parameter). STORE's bytes are where the bus has them.
  reg  [15:0]  word_addr_q;
  reg  [127:0] buf_q;
  reg  [15:0]  place;       // bytes that are written
  wire         record = kind_q[1];
  integer      k;

  always @* begin
    for (k = 0; k < 16; k = k + 1) begin
      place[k] = set_wide ? {30'd0, pos_q[3:2]} == (k / 4 + 1) % 4 : set_buf && {28'd0, pos_q} == (k + 1) % 16;
      if (k < 4 && !record) place[k] = set_wide || (set_buf && {30'd0, pos_q[1:0]} == (k + 1) % 4);
      if (k < 4 && is_store_q) place[k] = set_buf && {30'd0, addr_q[1:0]} == k;
    end
  end

  always @(posedge clk_i) begin
    for (k = 0; k < 4; k = k + 1) if (action == ACT_ADDR + k[4:0]) addr_q[k*8 +: 8] <= sum[7:0];
    for (k = 0; k < 2; k = k + 1) if (action == ACT_WADDR + k[4:0]) word_addr_q[k*8 +: 8] <= sum[7:0];
    if (set_pos) pos_q <= sum[3:0];
    for (k = 0; k < 16; k = k + 1) if (place[k]) buf_q[k*8 +: 8] <= set_wide ? rsp_data_i[k%4*8 +: 8] : sum[7:0];
  end

  assign fw_valid_o = emit && kind_q == 2'd0;
  assign fw_addr_o  = word_addr_q[FEATURE_LOG2-1:0];
  assign fw_data_o  = buf_q[31:16];
  assign wm_valid_o = emit && kind_q[0];
  assign wm_addr_o  = word_addr_q[WEIGHT_LOG2-1:0];
  assign wm_data_o  = buf_q[31:0];
  assign pm_valid_o = emit && kind_q[1];
  assign pm_addr_o  = word_addr_q[PARAM_LOG2:0];
  assign pm_data_o  = buf_q;
  assign sr_valid_o = sr;
  assign sr_addr_o  = word_addr_q[FEATURE_LOG2-1:0];

  // AXI. A write's address and data are offered at once, as a slave may wait for either.
  reg       aw_q, w_q;
  reg [3:0] strobe_q;

  always @(posedge clk_i) begin
    if (idle || action == ACT_B) strobe_q <= 4'd0;
    else strobe_q <= strobe_q | place[3:0];
    aw_q <= rst_ni && (w || (aw_q && !m_awready_i));
    w_q  <= rst_ni && (w || (w_q && !m_wready_i));
  end

  assign req_valid_o = ar;
  assign req_addr_o  = {addr_q[31:2], 2'b00};
  assign rsp_ready_o = action == ACT_POP || set_wide;
  assign m_awaddr_o  = {addr_q[31:2], 2'b00};
  assign m_awvalid_o = aw_q;
  assign m_wdata_o   = buf_q[31:0];
  assign m_wstrb_o   = strobe_q;
  assign m_wvalid_o  = w_q;
  assign m_bready_o  = action == ACT_B;

  // Conditions.
  wire ack = (ar && req_ready_i) || (sr && sr_ready_i) || (emit && (fw_ready_i || kind_q != 2'd0));
  wire unused = ^{m_bresp_i[0], instr_data_i[7:6], instr_data_i[1:0], word_addr_q};

  always @* begin
    case (cond)
      COND_C:     taken = carry_q;
      COND_Z:     taken = acc_q == 8'd0;
      COND_N:     taken = acc_q[7];
      COND_GO:    taken = go;
      COND_STORE: taken = is_store_q;
      COND_ACK:   taken = ack;
      COND_VALID: taken = rsp_valid_i || m_bvalid_i || sr_data_valid_i;
      COND_FAULT: taken = is_store_q ? m_bresp_i[1] : rsp_err_i;
      COND_BEAT:  taken = addr_q[1:0] == 2'd0;
      COND_KIND:  taken = kind_q != 2'd0;
      COND_PARAM: taken = kind_q[1];
      COND_FULL:  taken = addr_q[1:0] == 2'd3;
      default:    taken = 1'b0;
    endcase
  end
endmodule
`resetall
