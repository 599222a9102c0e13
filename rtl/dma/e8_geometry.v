// Walks the byte runs of a LOAD or STORE (GEOMETRY in emu/isa/instructions.def) and hands out chunks:
// rows, blocks, chunks of a run, lanes innermost. A chunk is a run of at most 2^CHUNK_LOG2 bytes,
// clipped to the image: prefix bytes outside, data bytes inside, the rest outside again. One chunk a
// cycle; up to 20 cycles at the start of an instruction, LANES cycles before the runs of a row and
// block: all are checked (region, then on-chip addresses) before one goes out. The last operation of an instruction has `term` set,
// and `err` when a check failed; then nothing else of the instruction follows.
`resetall
`default_nettype none
`include "exact8_isa.vh"
module e8_geometry #(
  parameter IS_LOAD      = 1,      // 0: STORE; only the feature target exists
  parameter LANES        = 4,
  parameter V            = 8,
  parameter FEATURE_LOG2 = 13,
  parameter WEIGHT_LOG2  = 11,
  parameter PARAM_LOG2   = 8,
  parameter ADDR_BITS    = 32,
  parameter CHUNK_LOG2   = 10,     // >= log2 of the longest word in bytes
  parameter TOTAL_BITS   = CHUNK_LOG2 + 1
) (
  input  wire                   clk_i,
  input  wire                   rst_ni,
  input  wire                   accept_i,        // an instruction may be accepted
  input  wire                   instr_valid_i,
  output wire                   instr_ready_o,
  input  wire [511:0]           instr_i,
  input  wire [4*ADDR_BITS-1:0] region_base_i,
  input  wire [4*32-1:0]        region_size_i,
  output wire                   op_valid_o,
  input  wire                   op_ready_i,
  output wire                   op_term_o,
  output wire                   op_err_o,
  output wire [7:0]             op_err_code_o,
  output wire                   op_active_o,     // the lane takes part
  output wire                   op_last_lane_o,  // last lane of the chunk
  output wire [3:0]             op_lane_o,
  output wire [TOTAL_BITS-1:0]  op_prefix_o,
  output wire [TOTAL_BITS-1:0]  op_data_o,
  output wire [TOTAL_BITS-1:0]  op_total_o,
  output wire [CHUNK_LOG2-1:0]  op_words_o,
  output wire [15:0]            op_word_addr_o,
  output wire [ADDR_BITS-1:0]   op_addr_o,       // of the first data byte
  output wire                   idle_o
);
  localparam V_LOG2    = $clog2(V);
  localparam VV        = V * V;      // bytes of a weight word
  localparam VV_LOG2   = 2 * V_LOG2;
  localparam PV        = V * 16;     // bytes of a parameter word
  localparam PV_LOG2   = V_LOG2 + 4;
  localparam LAST_LANE = LANES - 1;
  // Byte positions in a row: lanes_x columns of 24 bits and runs of 65535 words.
  localparam POS       = (LANES == 1 && V <= 8) ? 26 : 29;
  localparam [2:0] ST_IDLE = 3'd0, ST_SIZE = 3'd1, ST_FIRST = 3'd2, ST_WALK = 3'd3, ST_TERM = 3'd4,
                   ST_WAIT = 3'd5;

  reg  [2:0]          state_q;
  reg  [511:0]        ins_q;
  wire                unused_ins = ^ins_q;
  wire        [31:0]  dram       = ins_q[`E8_GEOMETRY_DRAM_LSB +: `E8_GEOMETRY_DRAM_WIDTH];
  wire        [31:0]  row_stride = ins_q[`E8_GEOMETRY_ROW_STRIDE_LSB +: `E8_GEOMETRY_ROW_STRIDE_WIDTH];
  wire        [31:0]  blk_stride = ins_q[`E8_GEOMETRY_BLK_STRIDE_LSB +: `E8_GEOMETRY_BLK_STRIDE_WIDTH];
  wire        [31:0]  lane_dram  = ins_q[`E8_GEOMETRY_LANE_DRAM_LSB +: `E8_GEOMETRY_LANE_DRAM_WIDTH];
  wire        [15:0]  f_base     = ins_q[`E8_GEOMETRY_F_BASE_LSB +: `E8_GEOMETRY_F_BASE_WIDTH];
  wire signed [15:0]  f_row      = ins_q[`E8_GEOMETRY_F_ROW_LSB +: `E8_GEOMETRY_F_ROW_WIDTH];
  wire signed [15:0]  f_blk      = ins_q[`E8_GEOMETRY_F_BLK_LSB +: `E8_GEOMETRY_F_BLK_WIDTH];
  wire signed [15:0]  f_word     = ins_q[`E8_GEOMETRY_F_WORD_LSB +: `E8_GEOMETRY_F_WORD_WIDTH];
  wire        [15:0]  n_rows     = ins_q[`E8_GEOMETRY_N_ROWS_LSB +: `E8_GEOMETRY_N_ROWS_WIDTH];
  wire        [15:0]  n_blks     = ins_q[`E8_GEOMETRY_N_BLKS_LSB +: `E8_GEOMETRY_N_BLKS_WIDTH];
  wire        [15:0]  n_words    = ins_q[`E8_GEOMETRY_N_WORDS_LSB +: `E8_GEOMETRY_N_WORDS_WIDTH];
  wire        [15:0]  h          = ins_q[`E8_GEOMETRY_H_LSB +: `E8_GEOMETRY_H_WIDTH];
  wire signed [15:0]  row0       = ins_q[`E8_GEOMETRY_ROW0_LSB +: `E8_GEOMETRY_ROW0_WIDTH];
  wire signed [15:0]  lane_row   = ins_q[`E8_GEOMETRY_LANE_ROW_LSB +: `E8_GEOMETRY_LANE_ROW_WIDTH];
  wire signed [23:0]  col0       = ins_q[`E8_GEOMETRY_COL0_LSB +: `E8_GEOMETRY_COL0_WIDTH];
  wire        [23:0]  row_bytes  = ins_q[`E8_GEOMETRY_ROW_BYTES_LSB +: `E8_GEOMETRY_ROW_BYTES_WIDTH];
  wire signed [23:0]  lane_col   = ins_q[`E8_GEOMETRY_LANE_COL_LSB +: `E8_GEOMETRY_LANE_COL_WIDTH];
  wire        [4:0]   lanes_x    = ins_q[`E8_GEOMETRY_LANES_X_LSB +: `E8_GEOMETRY_LANES_X_WIDTH];
  wire        [15:0]  lane_mask  = ins_q[`E8_GEOMETRY_LANE_MASK_LSB +: `E8_GEOMETRY_LANE_MASK_WIDTH];
  wire        [1:0]   region     = ins_q[`E8_GEOMETRY_REGION_LSB +: `E8_GEOMETRY_REGION_WIDTH];
  wire        [1:0]   target     = IS_LOAD != 0 ? ins_q[`E8_LOAD_TARGET_LSB +: `E8_LOAD_TARGET_WIDTH] : 2'd0;
  wire        [7:0]   load_step  = ins_q[`E8_LOAD_STEP_LSB +: `E8_LOAD_STEP_WIDTH];
  wire                feature    = target == 2'd0;
  wire                empty      = n_rows == 16'd0 || n_blks == 16'd0 || n_words == 16'd0;

  // Bytes of a word, bytes from word to word, and log2 of the words that fit in a chunk.
  wire        [10:0]  word_bytes, step;
  wire        [3:0]   chunk_log2;
  generate
    if (IS_LOAD != 0) begin : gen_load_sizes
      reg  [10:0] target_bytes;
      reg  [3:0]  target_log2;    // of the bytes that a word takes in a chunk

      assign word_bytes = target_bytes;
      assign step       = feature ? {3'd0, load_step} : target_bytes;
      assign chunk_log2 = CHUNK_LOG2[3:0] - target_log2;

      always @* begin
        case (target)
          2'd0: begin
            target_bytes = V[10:0];
            if (V_LOG2 < 8 && load_step > 8'd128) target_log2 = 4'd8;
            else if (V_LOG2 < 7 && load_step > 8'd64) target_log2 = 4'd7;
            else if (V_LOG2 < 6 && load_step > 8'd32) target_log2 = 4'd6;
            else if (V_LOG2 < 5 && load_step > 8'd16) target_log2 = 4'd5;
            else if (V_LOG2 < 4 && load_step > 8'd8) target_log2 = 4'd4;
            else if (V_LOG2 < 3 && load_step > 8'd4) target_log2 = 4'd3;
            else if (V_LOG2 < 2 && load_step > 8'd2) target_log2 = 4'd2;
            else target_log2 = V_LOG2[3:0];
          end
          2'd1: begin
            target_bytes = VV[10:0];
            target_log2  = VV_LOG2[3:0];
          end
          2'd2: begin
            target_bytes = PV[10:0];
            target_log2  = PV_LOG2[3:0];
          end
          default: begin
            target_bytes = 11'd4;
            target_log2  = 4'd2;
          end
        endcase
      end
    end else begin : gen_store_sizes
      wire unused_step = ^load_step;

      assign word_bytes = V[10:0];
      assign step       = V[10:0];
      assign chunk_log2 = CHUNK_LOG2[3:0] - V_LOG2[3:0];
    end
  endgenerate

  // Size of a run, by serial multiplication with n_words - 1: bytes, and words from the first to the
  // last. On the way, the same of a chunk.
  reg         [15:0]    factor_q;
  reg         [3:0]     chunk_wait_q;
  reg         [POS-1:0] step_q, run_bytes_q, chunk_step_q;
  reg  signed [31:0]    stride_q, span_q;
  reg  signed [18:0]    chunk_stride_q;
  wire                  unused_step_q = step_q[POS-1];
  wire                  factor_last = factor_q[15:1] == 15'd0;
  wire        [15:0]    chunk_words = 16'd1 << chunk_log2;
  wire        [15:0]    word_stride = feature ? f_word : 16'd1;

  // Position in the walk.
  reg                   check_q;        // this pass over the lanes checks the runs only
  reg         [3:0]     lane_q;
  reg         [4:0]     lx_q;
  reg         [31:0]    ly_dram_q;      // ly*lane_dram
  reg  signed [POS-1:0] col_q;          // col0 + lx*lane_col
  reg  signed [20:0]    ly_row_q;       // row0 + ly*lane_row
  reg         [15:0]    r_q, c_q, left_q;   // row; block; words left of the run
  reg         [POS-1:0] k_bytes_q;      // position of the chunk in the run: bytes
  reg  signed [18:0]    k_words_q;      // and on-chip words
  reg         [31:0]    dram_r_q, dram_c_q;  // offset of image column 0: of block 0 and of this block
  reg  signed [18:0]    word_r_q, word_c_q;  // on-chip address: of block 0 and of this block
  wire signed [POS-1:0] col_start = {{(POS - 24){col0[23]}}, col0};
  wire                  last_lane = lane_q == LAST_LANE[3:0];
  wire                  last_lx = lx_q + 5'd1 == lanes_x;
  wire                  last_chunk = left_q <= chunk_words;
  wire                  last_c = c_q + 16'd1 == n_blks;
  wire                  last_r = r_q + 16'd1 == n_rows;
  wire                  adv;
  wire                  walk = state_q == ST_WALK && adv;
  wire                  next_run = walk && last_lane && !check_q && last_chunk;
  wire        [31:0]    dram_r_next = dram_r_q + row_stride;
  wire signed [18:0]    word_r_next = word_r_q + {{3{f_row[15]}}, f_row};
  wire                  finish;         // the terminating operation was accepted

  assign instr_ready_o = state_q == ST_IDLE && accept_i;
  assign idle_o        = state_q == ST_IDLE;

  always @(posedge clk_i) begin
    if (instr_valid_i && instr_ready_o) ins_q <= instr_i;
    if (!rst_ni) begin
      state_q <= ST_IDLE;
    end else begin
      case (state_q)
        ST_IDLE: if (instr_valid_i && accept_i) state_q <= ST_FIRST;
        ST_FIRST: state_q <= empty ? ST_TERM : ST_SIZE;
        ST_SIZE: if (factor_last) state_q <= ST_WALK;
        ST_WALK: if (next_run && last_c && last_r) state_q <= ST_TERM;
        ST_TERM: if (adv) state_q <= ST_WAIT;
        default: ;
      endcase
      if (finish) state_q <= ST_IDLE;
    end
  end

  always @(posedge clk_i) begin
    if (state_q == ST_FIRST) begin
      factor_q     <= n_words - 16'd1;
      chunk_wait_q <= chunk_log2;
      step_q       <= {{(POS - 11){1'b0}}, step};
      run_bytes_q  <= {{(POS - 11){1'b0}}, word_bytes};
      stride_q     <= {{16{word_stride[15]}}, word_stride};
      span_q       <= 32'sd0;
    end else if (state_q == ST_SIZE) begin
      factor_q     <= factor_q >> 1;
      chunk_wait_q <= chunk_wait_q - 4'd1;
      step_q       <= step_q << 1;
      stride_q     <= stride_q <<< 1;
      if (factor_q[0]) begin
        run_bytes_q <= run_bytes_q + step_q;
        span_q      <= span_q + stride_q;
      end
      if (chunk_wait_q == 4'd0) begin
        chunk_step_q   <= step_q;
        chunk_stride_q <= stride_q[18:0];
      end
    end
  end

  always @(posedge clk_i) begin
    if (state_q == ST_FIRST) begin
      r_q      <= 16'd0;
      c_q      <= 16'd0;
      dram_r_q <= dram - {{8{col0[23]}}, col0};
      dram_c_q <= dram - {{8{col0[23]}}, col0};
      word_r_q <= {3'd0, f_base};
      word_c_q <= {3'd0, f_base};
    end else if (next_run) begin
      c_q      <= last_c ? 16'd0 : c_q + 16'd1;
      dram_c_q <= last_c ? dram_r_next : dram_c_q + blk_stride;
      word_c_q <= last_c ? word_r_next : word_c_q + {{3{f_blk[15]}}, f_blk};
      if (last_c) begin
        r_q      <= r_q + 16'd1;
        dram_r_q <= dram_r_next;
        word_r_q <= word_r_next;
      end
    end
    if (state_q == ST_FIRST || next_run) begin
      check_q   <= 1'b1;
      left_q    <= n_words;
      k_bytes_q <= {POS{1'b0}};
      k_words_q <= 19'sd0;
    end else if (walk && last_lane) begin
      check_q <= 1'b0;
      if (!check_q) begin
        left_q    <= left_q - chunk_words;
        k_bytes_q <= k_bytes_q + chunk_step_q;
        k_words_q <= k_words_q + chunk_stride_q;
      end
    end
    if (state_q == ST_FIRST || (walk && last_lane)) begin
      lane_q    <= 4'd0;
      lx_q      <= 5'd0;
      ly_dram_q <= 32'd0;
      col_q     <= col_start;
      ly_row_q  <= {{5{row0[15]}}, row0};
    end else if (walk) begin
      lane_q <= lane_q + 4'd1;
      lx_q   <= last_lx ? 5'd0 : lx_q + 5'd1;
      col_q  <= last_lx ? col_start : col_q + {{(POS - 24){lane_col[23]}}, lane_col};
      if (last_lx) begin
        ly_dram_q <= ly_dram_q + lane_dram;
        ly_row_q  <= ly_row_q + {{5{lane_row[15]}}, lane_row};
      end
    end
  end

  // Stage 1: the run or chunk of the current lane.
  reg                   s1_valid_q, s1_term_q, s1_check_q, s1_issue_q, s1_active_q, s1_last_lane_q;
  reg         [3:0]     s1_lane_q;
  reg  signed [POS-1:0] s1_col_q;
  reg         [31:0]    s1_dram_q;
  reg  signed [21:0]    s1_row_q;
  reg  signed [POS-1:0] s1_len_q;
  reg  [CHUNK_LOG2-1:0] s1_words_q;
  reg  signed [18:0]    s1_word_q;
  wire        [POS-1:0] run_rest = run_bytes_q - k_bytes_q;
  // A gap behind the chunk's last word belongs to the run, so its bytes are read, too.
  wire        [10:0]    overlap = step > word_bytes ? 11'd0 : word_bytes - step;
  wire        [POS-1:0] chunk_len = chunk_step_q + {{(POS - 11){1'b0}}, overlap};
  wire                  whole = check_q || last_chunk;

  always @(posedge clk_i) begin
    if (adv && (state_q == ST_WALK || state_q == ST_TERM)) begin
      s1_term_q      <= state_q == ST_TERM;
      s1_check_q     <= check_q;
      s1_issue_q     <= !check_q;
      s1_active_q    <= lane_mask[lane_q];
      s1_last_lane_q <= last_lane;
      s1_lane_q      <= lane_q;
      s1_col_q       <= col_q + $signed(k_bytes_q);
      s1_dram_q      <= dram_c_q + ly_dram_q;
      s1_row_q       <= {ly_row_q[20], ly_row_q} + $signed({6'd0, r_q});
      s1_len_q       <= whole ? run_rest : chunk_len;
      s1_words_q     <= last_chunk ? left_q[CHUNK_LOG2-1:0] : chunk_words[CHUNK_LOG2-1:0];
      s1_word_q      <= word_c_q + k_words_q;
    end
  end

  always @(posedge clk_i) begin
    if (!rst_ni || finish) begin
      s1_valid_q <= 1'b0;
    end else if (adv) begin
      s1_valid_q <= state_q == ST_WALK || state_q == ST_TERM;
    end
  end

  assign adv    = !op_valid_o || op_ready_i;
  assign finish = op_valid_o && op_ready_i && op_term_o;

  e8_clip #(
    .POS(POS),
    .FEATURE_LOG2(FEATURE_LOG2),
    .WEIGHT_LOG2(WEIGHT_LOG2),
    .PARAM_LOG2(PARAM_LOG2),
    .ADDR_BITS(ADDR_BITS),
    .WORDS_BITS(CHUNK_LOG2),
    .TOTAL_BITS(TOTAL_BITS),
    .TAG_BITS(5)
  ) u_clip (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .clear_i(finish),
    .adv_i(adv),
    .target_i(target),
    .row_bytes_i(row_bytes),
    .h_i(h),
    .base_i(region_base_i[region*ADDR_BITS +: ADDR_BITS]),
    .size_i(region_size_i[region*32 +: 32]),
    .span_i(span_q),
    .s1_valid_i(s1_valid_q),
    .s1_term_i(s1_term_q),
    .s1_check_i(s1_check_q),
    .s1_issue_i(s1_issue_q),
    .s1_active_i(s1_active_q),
    .s1_tag_i({s1_last_lane_q, s1_lane_q}),
    .s1_col_i(s1_col_q),
    .s1_dram_i(s1_dram_q),
    .s1_row_i(s1_row_q),
    .s1_len_i(s1_len_q),
    .s1_words_i(s1_words_q),
    .s1_word_i(s1_word_q),
    .op_valid_o(op_valid_o),
    .op_term_o(op_term_o),
    .op_err_o(op_err_o),
    .op_err_code_o(op_err_code_o),
    .op_active_o(op_active_o),
    .op_tag_o({op_last_lane_o, op_lane_o}),
    .op_prefix_o(op_prefix_o),
    .op_data_o(op_data_o),
    .op_total_o(op_total_o),
    .op_words_o(op_words_o),
    .op_word_addr_o(op_word_addr_o),
    .op_addr_o(op_addr_o)
  );
endmodule
`resetall
