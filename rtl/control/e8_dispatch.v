// Takes checked instructions in program order: numbers them, counts tokens (TOKEN), hands them to
// their engine's queue, and keeps END. What cannot be dispatched is reported once, as an error of the
// next index.
`resetall
`default_nettype none
`include "exact8_isa.vh"
module e8_dispatch (
  input  wire         clk_i,
  input  wire         rst_ni,
  input  wire         clear_i,         // a program starts
  input  wire         run_i,
  input  wire         stop_i,          // an error is known: dispatch no more
  input  wire         room_i,          // of e8_order
  input  wire         instr_valid_i,
  output wire         instr_ready_o,
  input  wire [11:0]  instr_i,         // its low bits: opcode, tokens, engine of a NOP
  input  wire [7:0]   instr_code_i,    // of e8_check
  input  wire         fail_i,          // instead of an instruction: e8_fetch cannot have it
  input  wire [7:0]   fail_code_i,
  output wire [2:0]   queue_valid_o,   // load, exec, store
  input  wire [2:0]   queue_ready_i,
  output wire [31:0]  index_o,         // of the instruction
  output wire         err_valid_o,     // pulse
  output wire [7:0]   err_code_o,
  output wire         end_o            // END was dispatched
);
  localparam MAX_TOKENS = 7'd127;      // pending on a channel in program order

  reg  [31:0] index_q;
  reg         end_q;
  wire [3:0]  op = instr_i[`E8_COMMON_OPCODE_LSB +: 4];
  wire [2:0]  waits = instr_i[`E8_COMMON_WAIT_LSB +: 3];
  wire [2:0]  signals = instr_i[`E8_COMMON_SIGNAL_LSB +: 3];
  wire [1:0]  engine = op == `E8_OP_NOP ? instr_i[`E8_NOP_ENGINE_LSB +: 2] :
                       op == `E8_OP_LOAD ? 2'd0 : op == `E8_OP_STORE ? 2'd2 : 2'd1;
  wire        is_end = op == `E8_OP_END;

  // Tokens pending in program order on channel from * 3 + to; none sends to itself.
  reg  [9*7-1:0] pending_q;
  reg  [8:0]     takes, sends, token_bad;
  integer        from, to, c;

  always @* begin
    takes     = 9'd0;
    sends     = 9'd0;
    token_bad = 9'd0;
    for (from = 0; from < 3; from = from + 1) begin
      for (to = 0; to < 3; to = to + 1) begin
        if (from != to) begin
          takes[from*3 + to]     = engine == to[1:0] && waits[from];
          sends[from*3 + to]     = engine == from[1:0] && signals[to];
          token_bad[from*3 + to] = (takes[from*3 + to] && pending_q[(from*3 + to)*7 +: 7] == 7'd0) ||
                                   (sends[from*3 + to] && pending_q[(from*3 + to)*7 +: 7] == MAX_TOKENS);
        end
      end
    end
  end

  wire       live = run_i && !stop_i && room_i && !end_q;
  wire [7:0] code = instr_valid_i ? (instr_code_i != `E8_ERR_NONE ? instr_code_i :
                                     (token_bad != 9'd0 && !is_end) ? `E8_ERR_TOKEN : `E8_ERR_NONE) :
                    fail_i ? fail_code_i : `E8_ERR_NONE;
  wire       legal = live && instr_valid_i && code == `E8_ERR_NONE;
  wire       push = legal && !is_end && queue_ready_i[engine];

  assign err_valid_o   = live && code != `E8_ERR_NONE;
  assign err_code_o    = code;
  assign queue_valid_o = (legal && !is_end) ? 3'b001 << engine : 3'b000;
  assign instr_ready_o = push || (legal && is_end);
  assign index_o       = index_q;
  assign end_o         = end_q;

  always @(posedge clk_i) begin
    if (!rst_ni || clear_i) begin
      index_q   <= 32'd0;
      end_q     <= 1'b0;
      pending_q <= 63'd0;
    end else begin
      if (legal && is_end) end_q <= 1'b1;
      if (push) begin
        index_q <= index_q + 32'd1;
        for (c = 0; c < 9; c = c + 1) begin
          // One adder a channel: minus 1 is plus all ones.
          if (takes[c] || sends[c])
            pending_q[c*7 +: 7] <= pending_q[c*7 +: 7] + {{6{takes[c]}}, 1'b1};
        end
      end
    end
  end
endmodule
`resetall
