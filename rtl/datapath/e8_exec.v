// EXEC engine: EXEC and SHIFT (emu/isa/README.md). e8_issue walks the loop nest and reads a word of every
// lane and a weight word a step; the lanes accumulate; e8_drain has them requantize a vector while the
// next one accumulates. The one read port of the feature memories goes to residual reads first (the
// drain never waits); steps and STORE take turns when both want it. The write port goes to results, then
// LOAD: SHIFT and requantized words never come together.
`resetall
`default_nettype none
`include "exact8_isa.vh"
module e8_exec #(
  parameter LANES        = 4,
  parameter V            = 8,
  parameter FEATURE_LOG2 = 13,
  parameter WEIGHT_LOG2  = 11,
  parameter PARAM_LOG2   = 8,
  parameter DRAIN        = 4,
  parameter MUL_BITS     = 31,
  parameter DOUBLE_ROUND = 1,
  parameter TABLES       = 1,
  parameter PACKED       = 0,
  parameter PIPE_W       = 0,
  parameter DOT_PIPE     = 0,
  parameter SLOT_BITS    = (LANES * V <= 2) ? 1 : 3,   // log2 of instructions under way
  parameter PARTS_LOG2   = $clog2(DRAIN)
) (
  input  wire                             clk_i,
  input  wire                             rst_ni,
  input  wire                             instr_valid_i,
  output wire                             instr_ready_o,
  input  wire [511:0]                     instr_i,
  input  wire [31:0]                      instr_index_i,
  output wire                             done_o,
  output wire                             err_valid_o,
  output wire [7:0]                       err_code_o,
  output wire [31:0]                      err_index_o,
  output wire                             idle_o,
  // LOAD writes.
  input  wire [LANES-1:0]                 fw_valid_i,
  output wire [LANES-1:0]                 fw_ready_o,
  input  wire [LANES*FEATURE_LOG2-1:0]    fw_addr_i,
  input  wire [LANES*V*8-1:0]             fw_data_i,
  input  wire                             wm_valid_i,
  input  wire [WEIGHT_LOG2-1:0]           wm_addr_i,
  input  wire [V*V*8-1:0]                 wm_data_i,
  input  wire                             pm_valid_i,
  input  wire [PARAM_LOG2+PARTS_LOG2-1:0] pm_addr_i,
  input  wire [V/DRAIN*128-1:0]           pm_data_i,
  input  wire                             tm_valid_i,
  input  wire [9:0]                       tm_addr_i,
  input  wire [31:0]                      tm_data_i,
  // STORE reads all lanes; data one cycle after the request is taken.
  input  wire                             sr_valid_i,
  output wire                             sr_ready_o,
  input  wire [FEATURE_LOG2-1:0]          sr_addr_i,
  output wire                             sr_data_valid_o,
  output wire [LANES*V*8-1:0]             sr_data_o,
  // One pulse a cycle that counts.
  output wire                             cnt_step_o,
  output wire                             cnt_shift_o,
  output wire                             cnt_wait_drain_o,
  output wire                             cnt_wait_port_o,
  output wire                             retire_exec_valid_o,
  output wire [1:0]                       retire_exec_kind_o,
  output wire [31:0]                      retire_exec_instr_o,
  output wire [LANES-1:0]                 retire_exec_mask_o,
  output wire [15:0]                      retire_exec_addr_o,
  output wire [LANES*V*8-1:0]             retire_exec_data_o,
  output wire [LANES*V*32-1:0]            retire_exec_acc_o
);
  localparam PART_BITS   = (DRAIN > 1) ? PARTS_LOG2 : 1;
  localparam READ_TO_ACC = 1 + PIPE_W + DOT_PIPE;
  // Tokens under way: one in DRAIN cycles of the longest latency (e8_drain), and an error.
  localparam LATENCY     = READ_TO_ACC + 6 + DRAIN + ((TABLES != 0) ? 5 : 0);
  localparam ENTRY_BITS  = $clog2(LATENCY / DRAIN + 2);

  // Issue.
  wire                    accept, accepted, busy, alone, none, flush;
  wire [SLOT_BITS-1:0]    slot, push_slot;
  wire                    want, grant, step, step_first, step_max;
  wire                    push, push_err, push_none, push_last, push_res;
  wire [FEATURE_LOG2-1:0] a_addr, r_addr, o_addr;
  wire [WEIGHT_LOG2-1:0]  w_addr;
  wire [PARAM_LOG2-1:0]   p_addr;
  wire [1:0]              kind;
  wire [7:0]              fault_code;

  assign idle_o = !busy && none;

  e8_issue #(
    .FEATURE_LOG2(FEATURE_LOG2),
    .WEIGHT_LOG2(WEIGHT_LOG2),
    .PARAM_LOG2(PARAM_LOG2),
    .DRAIN(DRAIN),
    .TABLES(TABLES),
    .SLOT_BITS(SLOT_BITS)
  ) u_issue (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .flush_i(flush),
    .instr_valid_i(instr_valid_i),
    .instr_ready_o(instr_ready_o),
    .instr_i(instr_i),
    .accept_i(accept),
    .slot_i(slot),
    .alone_i(alone),
    .accepted_o(accepted),
    .busy_o(busy),
    .want_o(want),
    .grant_i(grant),
    .a_addr_o(a_addr),
    .w_addr_o(w_addr),
    .step_o(step),
    .step_first_o(step_first),
    .step_max_o(step_max),
    .push_o(push),
    .push_err_o(push_err),
    .push_none_o(push_none),
    .push_last_o(push_last),
    .push_res_o(push_res),
    .push_slot_o(push_slot),
    .p_addr_o(p_addr),
    .r_addr_o(r_addr),
    .o_addr_o(o_addr),
    .kind_o(kind),
    .err_code_o(fault_code),
    .cnt_shift_o(cnt_shift_o),
    .cnt_wait_drain_o(cnt_wait_drain_o)
  );

  // Read port.
  wire                    res_read;
  wire [FEATURE_LOG2-1:0] res_addr;
  reg                     store_turn_q, sr_data_valid_q;

  assign grant           = !res_read && !(sr_valid_i && store_turn_q);
  assign sr_ready_o      = !res_read && !(want && !store_turn_q);
  assign sr_data_valid_o = sr_data_valid_q;
  assign cnt_step_o      = step;
  assign cnt_wait_port_o = want && !grant;

  wire                    read = res_read || want || sr_valid_i;
  wire [FEATURE_LOG2-1:0] read_addr = res_read ? res_addr : want && grant ? a_addr : sr_addr_i;

  always @(posedge clk_i) begin
    if (!rst_ni) begin
      store_turn_q    <= 1'b1;
      sr_data_valid_q <= 1'b0;
    end else begin
      if (want && sr_valid_i && !res_read) store_turn_q <= !store_turn_q;
      sr_data_valid_q <= sr_valid_i && sr_ready_o;
    end
  end

  // Drain.
  wire                             take, param_re, feed_valid, res_take, look_valid, look_bank, second_valid;
  wire                             shift_take, capture, capture_second;
  wire                             ends, end_shift, end_err, end_none, end_last;
  wire [SLOT_BITS-1:0]             end_slot;
  wire [FEATURE_LOG2-1:0]          end_addr;
  wire [ENTRY_BITS-1:0]            take_entry, end_entry;
  wire [PARAM_LOG2+PARTS_LOG2-1:0] param_addr;
  wire [PART_BITS-1:0]             feed_part, look_part, capture_part;
  wire [27:0]                      tail_mode;
  wire [65:0]                      second_mode;

  e8_drain #(
    .FEATURE_LOG2(FEATURE_LOG2),
    .PARAM_LOG2(PARAM_LOG2),
    .DRAIN(DRAIN),
    .TABLES(TABLES),
    .SLOT_BITS(SLOT_BITS),
    .ENTRY_BITS(ENTRY_BITS),
    .READ_TO_ACC(READ_TO_ACC)
  ) u_drain (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .flush_i(flush),
    .accepted_i(accepted),
    .instr_i(instr_i),
    .slot_i(slot),
    .push_i(push),
    .push_err_i(push_err),
    .push_none_i(push_none),
    .push_last_i(push_last),
    .push_res_i(push_res),
    .push_slot_i(push_slot),
    .p_addr_i(p_addr),
    .r_addr_i(r_addr),
    .o_addr_i(o_addr),
    .kind_i(kind),
    .take_o(take),
    .take_entry_o(take_entry),
    .param_re_o(param_re),
    .param_addr_o(param_addr),
    .feed_valid_o(feed_valid),
    .feed_part_o(feed_part),
    .tail_mode_o(tail_mode),
    .res_read_o(res_read),
    .res_addr_o(res_addr),
    .res_take_o(res_take),
    .look_valid_o(look_valid),
    .look_part_o(look_part),
    .look_bank_o(look_bank),
    .second_valid_o(second_valid),
    .second_mode_o(second_mode),
    .shift_take_o(shift_take),
    .capture_o(capture),
    .capture_second_o(capture_second),
    .capture_part_o(capture_part),
    .end_o(ends),
    .end_shift_o(end_shift),
    .end_err_o(end_err),
    .end_none_o(end_none),
    .end_last_o(end_last),
    .end_slot_o(end_slot),
    .end_addr_o(end_addr),
    .end_entry_o(end_entry)
  );

  wire                    event_valid;
  wire [1:0]              event_kind;
  wire [31:0]             event_index;
  wire [LANES-1:0]        overflow, write, event_mask;
  wire [FEATURE_LOG2-1:0] write_addr;
  wire [ENTRY_BITS-1:0]   event_entry;

  e8_retire #(
    .LANES(LANES),
    .FEATURE_LOG2(FEATURE_LOG2),
    .SLOT_BITS(SLOT_BITS),
    .ENTRY_BITS(ENTRY_BITS)
  ) u_retire (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .accept_o(accept),
    .slot_o(slot),
    .accepted_i(accepted),
    // SHIFT has its lane mask in the same place.
    .lane_mask_i(instr_i[`E8_EXEC_LANE_MASK_LSB +: LANES]),
    .instr_index_i(instr_index_i),
    .alone_o(alone),
    .none_o(none),
    .flush_o(flush),
    .end_i(ends),
    .end_shift_i(end_shift),
    .end_err_i(end_err),
    .end_none_i(end_none),
    .end_last_i(end_last),
    .end_slot_i(end_slot),
    .end_addr_i(end_addr),
    .end_entry_i(end_entry),
    .err_code_i(fault_code),
    .overflow_i(overflow),
    .write_o(write),
    .write_addr_o(write_addr),
    .event_valid_o(event_valid),
    .event_kind_o(event_kind),
    .event_index_o(event_index),
    .event_mask_o(event_mask),
    .event_entry_o(event_entry),
    .done_o(done_o),
    .err_valid_o(err_valid_o),
    .err_code_o(err_code_o),
    .err_index_o(err_index_o)
  );

  // Array.
  wire [LANES*V*8-1:0]  result;
  wire [LANES*V*32-1:0] event_acc;

  e8_array #(
    .LANES(LANES),
    .V(V),
    .FEATURE_LOG2(FEATURE_LOG2),
    .WEIGHT_LOG2(WEIGHT_LOG2),
    .PARAM_LOG2(PARAM_LOG2),
    .DRAIN(DRAIN),
    .MUL_BITS(MUL_BITS),
    .DOUBLE_ROUND(DOUBLE_ROUND),
    .TABLES(TABLES),
    .PACKED(PACKED),
    .PIPE_W(PIPE_W),
    .DOT_PIPE(DOT_PIPE),
    .ENTRY_BITS(ENTRY_BITS)
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
    .tm_valid_i(tm_valid_i),
    .tm_addr_i(tm_addr_i),
    .tm_data_i(tm_data_i),
    .read_i(read),
    .read_addr_i(read_addr),
    .word_o(sr_data_o),
    .write_i(write),
    .write_addr_i(write_addr),
    .result_o(result),
    .step_i(step),
    .step_first_i(step_first),
    .step_max_i(step_max),
    .w_addr_i(w_addr),
    .take_i(take),
    .take_entry_i(take_entry),
    .param_re_i(param_re),
    .param_addr_i(param_addr),
    .feed_valid_i(feed_valid),
    .feed_part_i(feed_part),
    .tail_mode_i(tail_mode),
    .res_take_i(res_take),
    .look_valid_i(look_valid),
    .look_part_i(look_part),
    .look_bank_i(look_bank),
    .second_valid_i(second_valid),
    .second_mode_i(second_mode),
    .capture_i(capture),
    .capture_second_i(capture_second),
    .capture_part_i(capture_part),
    .overflow_o(overflow),
    .load_shift_i(accepted && instr_i[`E8_COMMON_OPCODE_LSB +: `E8_COMMON_OPCODE_WIDTH] == `E8_OP_SHIFT),
    .instr_i(instr_i),
    .shift_take_i(shift_take),
    .event_entry_i(event_entry),
    .event_acc_o(event_acc)
  );

  // Retire events.
  reg                    retire_valid_q;
  reg [1:0]              retire_kind_q;
  reg [31:0]             retire_instr_q;
  reg [LANES-1:0]        retire_mask_q;
  reg [15:0]             retire_addr_q;
  reg [LANES*V*8-1:0]    retire_data_q;
  reg [LANES*V*32-1:0]   retire_acc_q;

  assign retire_exec_valid_o = retire_valid_q;
  assign retire_exec_kind_o  = retire_kind_q;
  assign retire_exec_instr_o = retire_instr_q;
  assign retire_exec_mask_o  = retire_mask_q;
  assign retire_exec_addr_o  = retire_addr_q;
  assign retire_exec_data_o  = retire_data_q;
  assign retire_exec_acc_o   = retire_acc_q;

  always @(posedge clk_i) begin
    if (!rst_ni) retire_valid_q <= 1'b0;
    else retire_valid_q <= event_valid;
    if (event_valid) begin
      retire_kind_q  <= event_kind;
      retire_instr_q <= event_index;
      retire_mask_q  <= event_mask;
      retire_addr_q  <= {{(16 - FEATURE_LOG2){1'b0}}, write_addr};
      retire_data_q  <= result;
      retire_acc_q   <= event_acc;
    end
  end
endmodule
`resetall
