// Accepts EXEC and SHIFT and issues their steps: one a cycle while the read port grants it. Each output
// vector (SHIFT: word) ends in a token for e8_drain, issued with its last step; an address error ends the
// instruction in a token instead of the step. What holds a step back:
// - drain_wait, or another latency in the pipeline (`kind`): everything earlier has to land first;
// - the last step of a vector comes DRAIN cycles after that of the vector before, as long as the
//   requantizer takes. So nothing behind this unit ever has to wait.
// The next instruction is accepted with the last step of an EXEC; its first step follows at once.
`resetall
`default_nettype none
`include "exact8_isa.vh"
module e8_issue #(
  parameter FEATURE_LOG2 = 13,
  parameter WEIGHT_LOG2  = 11,
  parameter PARAM_LOG2   = 8,
  parameter DRAIN        = 4,
  parameter TABLES       = 1,
  parameter SLOT_BITS    = 3
) (
  input  wire                    clk_i,
  input  wire                    rst_ni,
  input  wire                    flush_i,       // an error was reported: forget the instruction
  input  wire                    instr_valid_i,
  output wire                    instr_ready_o,
  input  wire [511:0]            instr_i,
  input  wire                    accept_i,      // an instruction may be accepted, into this slot:
  input  wire [SLOT_BITS-1:0]    slot_i,
  input  wire                    alone_i,       // one instruction is under way
  output wire                    accepted_o,
  output wire                    busy_o,
  // A step wants the feature read port.
  output wire                    want_o,
  input  wire                    grant_i,
  output wire [FEATURE_LOG2-1:0] a_addr_o,
  output wire [WEIGHT_LOG2-1:0]  w_addr_o,
  output wire                    step_o,        // an EXEC step is issued:
  output wire                    step_first_o,  // the accumulators start with it
  output wire                    step_max_o,    // maximum, not dot product
  // Tokens.
  output wire                    push_o,
  output wire                    push_err_o,    // address error, with err_code_o from the next cycle on
  output wire                    push_none_o,   // nothing to write: acc_hold, or a SHIFT of no words
  output wire                    push_last_o,   // the instruction's last
  output wire                    push_res_o,    // with residual
  output wire [SLOT_BITS-1:0]    push_slot_o,
  output wire [PARAM_LOG2-1:0]   p_addr_o,
  output wire [FEATURE_LOG2-1:0] r_addr_o,
  output wire [FEATURE_LOG2-1:0] o_addr_o,
  output wire [1:0]              kind_o,        // latency of the tokens under way: {SHIFT, stage 2}
  output wire [7:0]              err_code_o,
  output wire                    cnt_shift_o,
  output wire                    cnt_wait_drain_o
);
  localparam GAP = (DRAIN > 1) ? $clog2(DRAIN) : 1;
  localparam LAST_GAP = DRAIN - 1;

  // Of the instruction being accepted.
  wire        shift  = instr_i[`E8_COMMON_OPCODE_LSB +: `E8_COMMON_OPCODE_WIDTH] == `E8_OP_SHIFT;
  wire [1:0]  stage2 = (TABLES != 0) ? instr_i[`E8_EXEC_STAGE2_LSB +: 2] : 2'd0;
  wire        empty  = shift && (instr_i[`E8_SHIFT_N_ROWS_LSB +: 16] == 16'd0
                                 || instr_i[`E8_SHIFT_N_WORDS_LSB +: 16] == 16'd0);
  wire [1:0]  kind   = {shift, !shift && stage2 != 2'd0};

  reg                    busy_q, failed_q;
  reg                    wait_q;      // for everything earlier
  reg                    max_q, keep_q, hold_q, res_q, empty_q;
  reg  [1:0]             kind_q;      // of the instruction
  reg  [1:0]             pipe_kind_q; // of the tokens under way
  reg  [SLOT_BITS-1:0]   slot_q;
  reg  [GAP-1:0]         gap_q;
  reg  [7:0]             err_code_q;

  wire                   first, last, nest_end, a_bad, w_bad, p_bad, r_bad, o_bad;
  wire                   is_shift = kind_q[1];
  wire                   run = busy_q && !failed_q && (!wait_q || alone_i);
  wire                   w_fault = !is_shift && !max_q && w_bad;
  wire                   p_fault = !is_shift && p_bad;
  wire                   fault = !empty_q && (a_bad || w_fault
                                              || (last && !hold_q && (p_fault || (res_q && r_bad) || o_bad)));
  wire                   early = last && !is_shift && gap_q != {GAP{1'b0}};
  wire                   ok = run && !empty_q && !fault;
  wire                   go = want_o && grant_i;
  wire                   finish = go && nest_end;

  assign want_o           = ok && !early;
  assign instr_ready_o    = accept_i && (!busy_q || (finish && !is_shift));
  assign accepted_o       = instr_valid_i && instr_ready_o;
  assign busy_o           = busy_q;
  assign step_o           = go && !is_shift;
  assign step_first_o     = first && !keep_q;
  assign step_max_o       = max_q;
  assign push_o           = (go && last) || (run && (empty_q || fault));
  assign push_err_o       = fault;
  assign push_none_o      = hold_q || empty_q;
  assign push_last_o      = nest_end || empty_q;
  assign push_res_o       = res_q;
  assign push_slot_o      = slot_q;
  assign kind_o           = pipe_kind_q;
  assign err_code_o       = err_code_q;
  assign cnt_shift_o      = go && is_shift;
  assign cnt_wait_drain_o = (busy_q && wait_q && !alone_i) || (ok && early)
                            || (instr_valid_i && !busy_q && !accept_i);

  e8_nest #(
    .FEATURE_LOG2(FEATURE_LOG2),
    .WEIGHT_LOG2(WEIGHT_LOG2),
    .PARAM_LOG2(PARAM_LOG2),
    .TABLES(TABLES)
  ) u_nest (
    .clk_i(clk_i),
    .load_i(accepted_o),
    .instr_i(instr_i),
    .adv_i(go),
    .first_o(first),
    .last_o(last),
    .end_o(nest_end),
    .a_addr_o(a_addr_o),
    .a_bad_o(a_bad),
    .w_addr_o(w_addr_o),
    .w_bad_o(w_bad),
    .p_addr_o(p_addr_o),
    .p_bad_o(p_bad),
    .r_addr_o(r_addr_o),
    .r_bad_o(r_bad),
    .o_addr_o(o_addr_o),
    .o_bad_o(o_bad)
  );

  always @(posedge clk_i) begin
    if (!rst_ni || flush_i) begin
      busy_q   <= 1'b0;
      failed_q <= 1'b0;
      gap_q    <= {GAP{1'b0}};
      kind_q   <= 2'd0;
    end else begin
      if (accepted_o) kind_q <= kind;
      busy_q <= accepted_o || (busy_q && !finish && !(run && empty_q));
      if (run && fault) failed_q <= 1'b1;
      if (step_o && last) gap_q <= LAST_GAP[GAP-1:0];
      else if (gap_q != {GAP{1'b0}}) gap_q <= gap_q - 1'b1;
    end
    if (run) begin
      pipe_kind_q <= kind_q;
      err_code_q  <= a_bad ? `E8_ERR_ADDR_FEATURE
                   : w_fault ? `E8_ERR_ADDR_WEIGHT
                   : p_fault ? `E8_ERR_ADDR_PARAM
                   : `E8_ERR_ADDR_FEATURE;
    end
    if (accepted_o) begin
      wait_q  <= instr_i[`E8_EXEC_DRAIN_WAIT_LSB] || kind != kind_q;  // SHIFT has the bit in the same place
      max_q   <= !shift && instr_i[`E8_EXEC_REDUCE_MAX_LSB];
      keep_q  <= !shift && instr_i[`E8_EXEC_ACC_KEEP_LSB];
      hold_q  <= !shift && instr_i[`E8_EXEC_ACC_HOLD_LSB];
      res_q   <= !shift && stage2 == 2'd2;
      empty_q <= empty;
      slot_q  <= slot_i;
    end
  end
endmodule
`resetall
