// EXEC engine of SMALL builds (one lane, no tables): what e8_exec does, one instruction at a time. An instruction
// is read from the instruction RAM, a field of at most 16 bits a cycle, 32 cycles; then its steps are issued, one a
// cycle. There is one set of accumulators: the next vector waits DRAIN cycles while the requantizer takes them, and
// its last step until the vector before is written. An address error waits for that, too.
//
// Cycles after the last step of a vector, with H = READ_TO_ACC + 1 (accumulators are final): part d of the
// parameters is read at H+d, goes into the tail at H+1+d and comes out at H+5+d; write at H+5+DRAIN.
`resetall
`default_nettype none
`include "exact8_isa.vh"
module e8_exec_small #(
  parameter V            = 2,
  parameter FEATURE_LOG2 = 9,
  parameter WEIGHT_LOG2  = 8,
  parameter PARAM_LOG2   = 6,
  parameter DRAIN        = 2,
  parameter MUL_BITS     = 0,
  parameter DOUBLE_ROUND = 0,
  parameter PACKED       = 0,
  parameter PIPE_W       = 0,
  parameter DOT_PIPE     = 0,
  parameter SLOT_BITS    = 4,
  parameter PARTS_LOG2   = $clog2(DRAIN)
) (
  input  wire                             clk_i,
  input  wire                             rst_ni,
  input  wire                             instr_valid_i,
  output wire                             instr_ready_o,
  input  wire [SLOT_BITS-1:0]             slot_i,         // of the instruction, until it ends
  input  wire [31:0]                      instr_index_i,  // the same
  output wire [SLOT_BITS+3:0]             instr_addr_o,   // {slot, word}
  input  wire [31:0]                      instr_data_i,   // one cycle later
  output wire                             done_o,
  output wire                             err_valid_o,
  output wire [7:0]                       err_code_o,
  output wire                             idle_o,
  // LOAD writes.
  input  wire                             fw_valid_i,
  output wire                             fw_ready_o,
  input  wire [FEATURE_LOG2-1:0]          fw_addr_i,
  input  wire [V*8-1:0]                   fw_data_i,
  input  wire                             wm_valid_i,
  input  wire [WEIGHT_LOG2-1:0]           wm_addr_i,
  input  wire [V*V*8-1:0]                 wm_data_i,
  input  wire                             pm_valid_i,
  input  wire [PARAM_LOG2+PARTS_LOG2-1:0] pm_addr_i,
  input  wire [V/DRAIN*128-1:0]           pm_data_i,
  // STORE reads; data one cycle after the request is taken.
  input  wire                             sr_valid_i,
  output wire                             sr_ready_o,
  input  wire [FEATURE_LOG2-1:0]          sr_addr_i,
  output wire                             sr_data_valid_o,
  output wire [V*8-1:0]                   sr_data_o,
  // One pulse a cycle that counts.
  output wire                             cnt_step_o,
  output wire                             cnt_shift_o,
  output wire                             cnt_wait_drain_o,
  output wire                             cnt_wait_port_o,
  output wire                             retire_exec_valid_o,
  output wire [1:0]                       retire_exec_kind_o,
  output wire [31:0]                      retire_exec_instr_o,
  output wire                             retire_exec_mask_o,
  output wire [15:0]                      retire_exec_addr_o,
  output wire [V*8-1:0]                   retire_exec_data_o,
  output wire [V*32-1:0]                  retire_exec_acc_o
);
  localparam H         = 2 + PIPE_W + DOT_PIPE;
  localparam WRITE     = H + 5 + DRAIN;
  localparam PART_BITS = (DRAIN > 1) ? PARTS_LOG2 : 1;

  reg busy_q, load_q, ended_q;          // an instruction is here; being read; its last step was issued
  reg done_q, err_q;

  assign done_o        = done_q;
  assign err_valid_o   = err_q;
  assign idle_o        = !busy_q;
  assign instr_ready_o = !busy_q;

  // The instruction's fields, one a cycle: cycle 2 * w + h has the field that ends in the lower (h = 0) or upper half of
  // word w. From word 4 on those of EXEC have 16 bits at bit 6 of their word, or across the end of the word before.
  // SHIFT has its own at the time of EXEC's that they stand for; the others are 1.
  reg  [4:0]  time_q;                   // 31 when at rest
  reg         shift_q;
  reg  [31:22] before_q;                // of the word before
  wire        accept = instr_valid_i && !busy_q;
  wire        half = time_q[0];
  wire [3:0]  ahead = time_q[4:1] + {3'd0, half};      // the word for the next cycle
  wire        rows_words = ahead == 4'd6;
  wire        source = ahead == 4'd7 || ahead == 4'd8;
  wire        target = ahead[3:1] == 3'd7;
  wire [3:0]  shift_word = target ? 4'd4 : source ? 4'd3 : rows_words ? 4'd2 : ahead;
  wire        of_shift = time_q[4:2] == 3'd3 || time_q == 5'd16 || time_q == 5'd28 || time_q == 5'd30;
  wire        upper = time_q[4:3] == 2'd0 ? half : time_q == 5'd13 || time_q == 5'd16 || time_q == 5'd30;
  wire [31:0] word = instr_data_i;
  reg  [15:0] field;

  assign instr_addr_o = {slot_i, shift_q && busy_q ? shift_word : ahead};

  always @* begin
    if (time_q[4:3] == 2'd0 || (shift_q && of_shift)) field = upper ? word[31:16] : word[15:0];
    else if (shift_q) field = 16'h0001 | {7'd0, time_q == 5'd9, 8'd0};          // n_kx and n_ky come together
    else field = half ? word[21:6] : {word[5:0], before_q};
  end

  wire [31:0] now = {31'd0, load_q} << time_q;
  wire        unused_now = ^{now[27:24], now[8:5]};

  // What an instruction needs besides its loops.
  reg         max_q, keep_q, hold_q, mask_q, empty_q;
  reg  [3:0]  round_q;                  // {zp_first, double_round, tie}
  reg  [7:0]  zp_q;                     // SHIFT: the fill byte
  reg  [15:0] clamp_q;                  // {hi, lo}

  always @(posedge clk_i) begin
    if (!rst_ni) time_q <= 5'd31;
    else if (accept || load_q && time_q != 5'd31) time_q <= time_q + 5'd1;
    if (half) before_q <= word[31:22];
    if (accept) shift_q <= 1'b0;
    if (now[0]) begin
      shift_q <= field[`E8_COMMON_OPCODE_LSB +: `E8_COMMON_OPCODE_WIDTH] == `E8_OP_SHIFT;
      max_q   <= field[`E8_EXEC_REDUCE_MAX_LSB];           // 0 in a SHIFT, as the next two
      keep_q  <= field[`E8_EXEC_ACC_KEEP_LSB];
      hold_q  <= field[`E8_EXEC_ACC_HOLD_LSB];
      empty_q <= 1'b0;
    end
    if (now[1]) mask_q <= field[`E8_EXEC_LANE_MASK_LSB-16];
    if (now[2]) round_q <= field[3:0];
    if (now[3]) zp_q <= field[7:0];
    if (now[4]) clamp_q <= field;
    if ((now[12] || now[13]) && field == 16'd0) empty_q <= 1'b1;   // SHIFT of no rows, or no words
  end

  // Steps.
  reg  [WRITE:1]          line_q;       // bit k: the last step of a vector was issued k cycles ago
  wire                    first, last, nest_end, a_bad, w_bad, p_bad, o_bad;
  wire [FEATURE_LOG2-1:0] a_addr, o_addr;
  wire [WEIGHT_LOG2-1:0]  w_addr;
  wire [PARAM_LOG2-1:0]   p_addr;
  wire                    drains = line_q != {WRITE{1'b0}};
  wire                    taken = line_q[DRAIN:1] != {DRAIN{1'b0}};       // accumulators are not free
  wire                    run = busy_q && !load_q && !ended_q;
  wire                    w_fault = w_bad && !max_q;
  wire                    fault = run && !empty_q && (a_bad || w_fault || (last && !hold_q && (p_bad || o_bad)));
  wire                    ok = run && !empty_q && !fault;
  wire                    early = taken || (last && drains);
  wire                    want = ok && !early;
  wire                    grant;
  wire                    go = want && grant;
  wire                    ends = line_q[WRITE];
  wire [V*8-1:0]          result;
  wire                    overflow;
  wire                    bad = ends && overflow && mask_q && !shift_q && !hold_q;
  wire                    good = ends && !bad;
  wire                    failed = bad || (fault && !drains);
  wire                    finished = (good && ended_q) || (run && empty_q);
  reg  [7:0]              err_code_q;
  reg  [FEATURE_LOG2-1:0] out_addr_q;   // of the vector that is drained
  reg  [PARAM_LOG2-1:0]   param_q;
  wire [FEATURE_LOG2-1:0] unused_r_addr;
  wire                    unused_r_bad;

  assign err_code_o       = err_code_q;
  assign cnt_step_o       = go && !shift_q;
  assign cnt_shift_o      = go && shift_q;
  assign cnt_wait_drain_o = ok && early;
  assign cnt_wait_port_o  = want && !grant;

  e8_loops #(
    .FEATURE_LOG2(FEATURE_LOG2),
    .WEIGHT_LOG2(WEIGHT_LOG2),
    .PARAM_LOG2(PARAM_LOG2),
    .TABLES(0)
  ) u_loops (
    .clk_i(clk_i),
    .start_i(load_q),
    .load_n_i({now[11], now[12], now[13], now[9], now[9], now[10]}),
    .n_i_i(field),
    .n_kx_i(field[15:8]),
    .n_ky_i(field[7:0]),
    .n_x_i(field),
    .n_y_i(field),
    .n_g_i(field),
    .load_base_i({now[28], 1'b0, now[23], now[21], now[14]}),
    .a_base_i(field),
    .w_base_i(field),
    .p_base_i(field),
    .r_base_i(field),
    .o_base_i(field),
    .load_a_i({now[15], now[16], now[17], now[18], now[19], now[20]}),
    .a_stride_i({6{field}}),
    .load_w_i({now[22], now[0]}),
    .w_step_i(field[`E8_EXEC_W_STEP_LSB]),
    .w_g_i(field),
    .load_r_i(3'b000),
    .r_stride_i({3{field}}),
    .load_o_i({now[29], now[30], now[31]}),
    .o_stride_i({3{field}}),
    .adv_i(go),
    .first_o(first),
    .last_o(last),
    .end_o(nest_end),
    .a_addr_o(a_addr),
    .a_bad_o(a_bad),
    .w_addr_o(w_addr),
    .w_bad_o(w_bad),
    .p_addr_o(p_addr),
    .p_bad_o(p_bad),
    .r_addr_o(unused_r_addr),
    .r_bad_o(unused_r_bad),
    .o_addr_o(o_addr),
    .o_bad_o(o_bad)
  );

  always @(posedge clk_i) begin
    if (!rst_ni || failed) begin
      busy_q  <= 1'b0;
      load_q  <= 1'b0;
      line_q  <= {WRITE{1'b0}};
    end else begin
      busy_q <= accept || (busy_q && !finished);
      load_q <= accept || (load_q && time_q != 5'd31);
      line_q <= {line_q[WRITE-1:1], go && last};
    end
    if (accept) ended_q <= 1'b0;
    else if (go && nest_end) ended_q <= 1'b1;
    if (go && last) begin
      out_addr_q <= o_addr;
      param_q    <= p_addr;
    end
    done_q <= rst_ni && finished && !failed;
    err_q  <= rst_ni && failed;
    if (failed) err_code_q <= bad ? `E8_ERR_OVERFLOW : a_bad ? `E8_ERR_ADDR_FEATURE : w_fault ? `E8_ERR_ADDR_WEIGHT :
                              p_bad ? `E8_ERR_ADDR_PARAM : `E8_ERR_ADDR_FEATURE;
  end

  // Read port: steps and STORE take turns when both want it.
  reg store_turn_q, sr_data_valid_q;

  assign grant           = !(sr_valid_i && store_turn_q);
  assign sr_ready_o      = !(want && !store_turn_q);
  assign sr_data_valid_o = sr_data_valid_q;

  always @(posedge clk_i) begin
    if (!rst_ni) store_turn_q <= 1'b1;
    else if (want && sr_valid_i) store_turn_q <= !store_turn_q;
    sr_data_valid_q <= rst_ni && sr_valid_i && sr_ready_o;
  end

  // Parts, from the bits of the line that belong to them.
  function [PART_BITS-1:0] part_of(input [DRAIN-1:0] one_hot);
    integer d;
    begin
      part_of = {PART_BITS{1'b0}};
      for (d = 0; d < DRAIN; d = d + 1) begin
        if (one_hot[d]) part_of = part_of | d[PART_BITS-1:0];
      end
    end
  endfunction

  wire                             requantized = !shift_q && !hold_q;
  wire [DRAIN-1:0]                 reads = line_q[H +: DRAIN], feeds = line_q[H+1 +: DRAIN],
                                   leaves = line_q[H+5 +: DRAIN];
  wire [PARAM_LOG2+PARTS_LOG2-1:0] param_addr;
  wire [V*32-1:0]                  event_acc;

  generate
    if (DRAIN > 1) begin : gen_param_parts
      assign param_addr = {param_q, part_of(reads)};
    end else begin : gen_param_word
      assign param_addr = param_q;
    end
  endgenerate

  e8_array #(
    .LANES(1),
    .V(V),
    .FEATURE_LOG2(FEATURE_LOG2),
    .WEIGHT_LOG2(WEIGHT_LOG2),
    .PARAM_LOG2(PARAM_LOG2),
    .DRAIN(DRAIN),
    .MUL_BITS(MUL_BITS),
    .DOUBLE_ROUND(DOUBLE_ROUND),
    .TABLES(0),
    .PACKED(PACKED),
    .PIPE_W(PIPE_W),
    .DOT_PIPE(DOT_PIPE),
    .ENTRY_BITS(1),
    .SMALL(1)
  ) u_array (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .fw_valid_i(fw_valid_i),
    .fw_ready_o(fw_ready_o),
    .fw_addr_i(fw_addr_i),
    .fw_data_i(fw_data_i),
    .wm_valid_i(wm_valid_i),
    .wm_addr_i(wm_addr_i),
    .wm_data_i(wm_data_i),
    .pm_valid_i(pm_valid_i),
    .pm_addr_i(pm_addr_i),
    .pm_data_i(pm_data_i),
    .tm_valid_i(1'b0),
    .tm_addr_i(10'd0),
    .tm_data_i(32'd0),
    .read_i(want || sr_valid_i),
    .read_addr_i(go ? a_addr : sr_addr_i),
    .word_o(sr_data_o),
    .write_i(good && mask_q && !hold_q),
    .write_addr_i(out_addr_q),
    .result_o(result),
    .step_i(cnt_step_o),
    .step_first_i(first && !keep_q),
    .step_max_i(max_q),
    .w_addr_i(w_addr),
    .take_i(line_q[H]),
    .take_entry_i(1'b0),
    .param_re_i(reads != {DRAIN{1'b0}}),
    .param_addr_i(param_addr),
    .feed_valid_i(requantized && feeds != {DRAIN{1'b0}}),
    .feed_part_i(part_of(feeds)),
    .tail_mode_i({clamp_q[15:8], clamp_q[7:0], zp_q, round_q[3], round_q[2], round_q[1:0]}),
    .res_take_i(1'b0),
    .look_valid_i(1'b0),
    .look_part_i({PART_BITS{1'b0}}),
    .look_bank_i(1'b0),
    .second_valid_i(1'b0),
    .second_mode_i(66'd0),
    .capture_i(requantized && leaves != {DRAIN{1'b0}}),
    .capture_second_i(1'b0),
    .capture_part_i(part_of(leaves)),
    .overflow_o(overflow),
    .load_shift_i(1'b0),
    .instr_i(512'd0),
    .shift_take_i(shift_q && leaves[0]),
    .event_entry_i(1'b0),
    .event_acc_o(event_acc)
  );

  // Retire events.
  reg             retire_valid_q;
  reg [1:0]       retire_kind_q;
  reg [31:0]      retire_instr_q;
  reg             retire_mask_q;
  reg [15:0]      retire_addr_q;
  reg [V*8-1:0]   retire_data_q;
  reg [V*32-1:0]  retire_acc_q;

  assign retire_exec_valid_o = retire_valid_q;
  assign retire_exec_kind_o  = retire_kind_q;
  assign retire_exec_instr_o = retire_instr_q;
  assign retire_exec_mask_o  = retire_mask_q;
  assign retire_exec_addr_o  = retire_addr_q;
  assign retire_exec_data_o  = retire_data_q;
  assign retire_exec_acc_o   = retire_acc_q;

  always @(posedge clk_i) begin
    retire_valid_q <= rst_ni && good;
    if (good) begin
      retire_kind_q  <= {shift_q, hold_q};
      retire_instr_q <= instr_index_i;
      retire_mask_q  <= mask_q;
      retire_addr_q  <= {{(16 - FEATURE_LOG2){1'b0}}, out_addr_q};
      retire_data_q  <= result;
      retire_acc_q   <= event_acc;
    end
  end
endmodule
`resetall
