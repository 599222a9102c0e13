// Clips a run or chunk of e8_geometry to the image and checks it against its DRAM region and the
// on-chip memory. Three stages that move together while adv_i is set; an operation whose check fails
// comes out with `err`, one that only checks and passes does not come out.
`resetall
`default_nettype none
`include "exact8_isa.vh"
module e8_clip #(
  parameter POS          = 29,     // bits of a byte position in a row, signed
  parameter FEATURE_LOG2 = 13,
  parameter WEIGHT_LOG2  = 11,
  parameter PARAM_LOG2   = 8,
  parameter ADDR_BITS    = 32,
  parameter WORDS_BITS   = 10,
  parameter TOTAL_BITS   = 11,
  parameter TAG_BITS     = 1
) (
  input  wire                   clk_i,
  input  wire                   rst_ni,
  input  wire                   clear_i,
  input  wire                   adv_i,
  // Of the instruction.
  input  wire [1:0]             target_i,
  input  wire [23:0]            row_bytes_i,
  input  wire [15:0]            h_i,
  input  wire [ADDR_BITS-1:0]   base_i,          // of the region
  input  wire [31:0]            size_i,          // of the region
  input  wire signed [31:0]     span_i,          // on-chip words from a run's first to its last
  // Of the run or chunk.
  input  wire                   s1_valid_i,
  input  wire                   s1_term_i,       // ends the instruction
  input  wire                   s1_check_i,      // check this
  input  wire                   s1_issue_i,      // hand this out
  input  wire                   s1_active_i,     // the lane takes part
  input  wire [TAG_BITS-1:0]    s1_tag_i,
  input  wire signed [POS-1:0]  s1_col_i,        // first byte in the row
  input  wire [31:0]            s1_dram_i,       // offset in the region of the row's byte 0
  input  wire signed [21:0]     s1_row_i,
  input  wire signed [POS-1:0]  s1_len_i,        // bytes
  input  wire [WORDS_BITS-1:0]  s1_words_i,
  input  wire signed [18:0]     s1_word_i,       // first on-chip word
  output wire                   op_valid_o,
  output wire                   op_term_o,
  output wire                   op_err_o,
  output wire [7:0]             op_err_code_o,
  output wire                   op_active_o,
  output wire [TAG_BITS-1:0]    op_tag_o,
  output wire [TOTAL_BITS-1:0]  op_prefix_o,     // bytes before the image
  output wire [TOTAL_BITS-1:0]  op_data_o,       // bytes of the image
  output wire [TOTAL_BITS-1:0]  op_total_o,
  output wire [WORDS_BITS-1:0]  op_words_o,
  output wire [15:0]            op_word_addr_o,
  output wire [ADDR_BITS-1:0]   op_addr_o        // of the first byte of the image
);
  wire feature = target_i == 2'd0;

  // Stage 2: what lies before the image's first byte and before its end.
  reg                   s2_valid_q, s2_term_q, s2_check_q, s2_issue_q, s2_active_q;
  reg    [TAG_BITS-1:0] s2_tag_q;
  reg  signed [POS-1:0] s2_prefix_q, s2_end_q;
  reg  [TOTAL_BITS-1:0] s2_len_q;
  reg         [31:0]    s2_dram_q;
  reg  [WORDS_BITS-1:0] s2_words_q;
  reg  signed [18:0]    s2_word_q;
  wire signed [POS-1:0] before = -s1_col_i;
  wire signed [POS-1:0] until = $signed({{(POS - 24){1'b0}}, row_bytes_i}) - s1_col_i;
  wire                  row_out =
      feature && (s1_row_i < 22'sd0 || s1_row_i >= $signed({6'd0, h_i}));

  always @(posedge clk_i) begin
    if (adv_i && s1_valid_i) begin
      s2_term_q     <= s1_term_i;
      s2_check_q    <= s1_check_i;
      s2_issue_q    <= s1_issue_i;
      s2_active_q   <= s1_active_i;
      s2_tag_q      <= s1_tag_i;
      s2_len_q      <= s1_len_i[TOTAL_BITS-1:0];
      s2_words_q    <= s1_words_i;
      s2_word_q     <= s1_word_i;
      s2_prefix_q   <= (row_out || before > s1_len_i) ? s1_len_i :
                        s1_col_i[POS-1] ? before : {POS{1'b0}};
      s2_end_q      <= (row_out || !feature || until > s1_len_i) ? s1_len_i :
                        until[POS-1] ? {POS{1'b0}} : until;
      s2_dram_q     <= s1_dram_i + (s1_col_i[POS-1] ? 32'd0 : {{(32 - POS){1'b0}}, s1_col_i});
    end
  end

  // Stage 3: the data bytes.
  reg                   s3_valid_q, s3_term_q, s3_check_q, s3_issue_q, s3_active_q;
  reg    [TAG_BITS-1:0] s3_tag_q;
  reg         [POS-1:0] s3_data_q;
  reg  [TOTAL_BITS-1:0] s3_prefix_q, s3_len_q;
  reg         [31:0]    s3_dram_q;
  reg  [WORDS_BITS-1:0] s3_words_q;
  reg  signed [18:0]    s3_word_q;

  always @(posedge clk_i) begin
    if (adv_i && s2_valid_q) begin
      s3_term_q     <= s2_term_q;
      s3_check_q    <= s2_check_q;
      s3_issue_q    <= s2_issue_q;
      s3_active_q   <= s2_active_q;
      s3_tag_q      <= s2_tag_q;
      s3_prefix_q   <= s2_prefix_q[TOTAL_BITS-1:0];
      s3_len_q      <= s2_len_q;
      s3_data_q     <= s2_end_q - s2_prefix_q;
      s3_dram_q     <= s2_dram_q;
      s3_words_q    <= s2_words_q;
      s3_word_q     <= s2_word_q;
    end
  end

  // Stage 4: checks and the address.
  reg                   s4_valid_q, s4_term_q, s4_err_q, s4_active_q;
  reg         [7:0]     s4_err_code_q;
  reg    [TAG_BITS-1:0] s4_tag_q;
  reg  [TOTAL_BITS-1:0] s4_prefix_q, s4_data_q, s4_len_q;
  reg   [ADDR_BITS-1:0] s4_addr_q;
  reg  [WORDS_BITS-1:0] s4_words_q;
  reg         [15:0]    s4_word_q;
  reg         [4:0]     depth_log2;
  reg         [7:0]     memory_err;
  wire        [63:0]    dram64 = {32'd0, s3_dram_q};
  wire                  unused_dram = ^dram64;
  wire        [32:0]    dram_end = {1'b0, s3_dram_q} + {{(33 - POS){1'b0}}, s3_data_q};
  wire                  out_of_region = s3_data_q != {POS{1'b0}} && dram_end > {1'b0, size_i};
  wire signed [32:0]    first_word = {{14{s3_word_q[18]}}, s3_word_q};
  wire signed [32:0]    final_word = first_word + {span_i[31], span_i};
  wire        [32:0]    past_end = ~33'd0 << depth_log2;
  wire                  out_of_memory = (first_word & past_end) != 0 || (final_word & past_end) != 0;

  always @* begin
    case (target_i)
      2'd0: begin
        depth_log2 = FEATURE_LOG2[4:0];
        memory_err = `E8_ERR_ADDR_FEATURE;
      end
      2'd1: begin
        depth_log2 = WEIGHT_LOG2[4:0];
        memory_err = `E8_ERR_ADDR_WEIGHT;
      end
      2'd2: begin
        depth_log2 = PARAM_LOG2[4:0];
        memory_err = `E8_ERR_ADDR_PARAM;
      end
      default: begin
        depth_log2 = 5'd10;
        memory_err = `E8_ERR_ADDR_TABLE;
      end
    endcase
  end

  assign op_valid_o     = s4_valid_q;
  assign op_term_o      = s4_term_q || s4_err_q;
  assign op_err_o       = s4_err_q;
  assign op_err_code_o  = s4_err_code_q;
  assign op_active_o    = s4_active_q;
  assign op_tag_o       = s4_tag_q;
  assign op_prefix_o    = s4_prefix_q;
  assign op_data_o      = s4_data_q;
  assign op_total_o     = s4_len_q;
  assign op_words_o     = s4_words_q;
  assign op_word_addr_o = s4_word_q;
  assign op_addr_o      = s4_addr_q;

  wire s3_fails = s3_check_q && s3_active_q && !s3_term_q && (out_of_region || out_of_memory);

  always @(posedge clk_i) begin
    if (!rst_ni || clear_i) begin
      s2_valid_q    <= 1'b0;
      s3_valid_q    <= 1'b0;
      s4_valid_q    <= 1'b0;
    end else if (adv_i) begin
      s2_valid_q    <= s1_valid_i;
      s3_valid_q    <= s2_valid_q;
      s4_valid_q    <= s3_valid_q && (s3_issue_q || s3_fails || s3_term_q);
    end
    if (adv_i && s3_valid_q) begin
      s4_term_q     <= s3_term_q;
      s4_err_q      <= s3_fails;
      s4_err_code_q <= out_of_region ? `E8_ERR_ADDR_REGION : memory_err;
      s4_active_q   <= s3_active_q;
      s4_tag_q      <= s3_tag_q;
      s4_prefix_q   <= s3_prefix_q;
      s4_data_q     <= s3_active_q ? s3_data_q[TOTAL_BITS-1:0] : {TOTAL_BITS{1'b0}};
      s4_len_q      <= s3_len_q;
      s4_words_q    <= s3_words_q;
      s4_word_q     <= s3_word_q[15:0];
      s4_addr_q     <= base_i + dram64[ADDR_BITS-1:0];
    end
  end
endmodule
`resetall
