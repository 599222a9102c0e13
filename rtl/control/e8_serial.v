// Dispatch of SMALL builds: one instruction at a time in the whole machine, in program order. So the tokens an
// instruction waits for have been sent whenever its turn comes; what remains of them is the count of program
// order (TOKEN, 127 a channel). The first error is the one with the lowest index, and all before it have
// finished. The instruction under way is index_o; the next one is checked meanwhile.
`resetall
`default_nettype none
`include "exact8_isa.vh"
module e8_serial (
  input  wire        clk_i,
  input  wire        rst_ni,           // of registers
  input  wire        soft_rst_ni,      // and of what a soft reset clears
  input  wire        clear_i,          // a program starts
  input  wire        run_i,            // 0: everything stays as it is
  input  wire        instr_valid_i,
  output wire        instr_ready_o,
  input  wire [11:0] instr_i,          // its low bits: opcode, tokens, engine of a NOP
  input  wire [7:0]  instr_code_i,     // of e8_check_small
  input  wire        fail_i,           // instead of an instruction: e8_fetch_small cannot have it
  input  wire [7:0]  fail_code_i,
  // Engines: load, exec, store.
  output wire [2:0]  start_valid_o,
  input  wire [2:0]  start_ready_i,
  input  wire [2:0]  done_i,
  input  wire [2:0]  err_valid_i,
  input  wire [23:0] err_code_i,
  output wire [31:0] index_o,          // of the oldest unfinished instruction: ERROR_PC
  output wire        complete_o,       // pulse: it has finished
  output wire        load_blocks_o,    // the next one is for the exec engine; a LOAD is under way,
  output wire        store_blocks_o,   // or a STORE
  output wire        stop_o,           // an error is known, and all before it have finished
  output wire [7:0]  stop_code_o,
  output wire        end_o             // END, and all before it have finished
);
  localparam MAX_TOKENS = 7'd127;      // pending on a channel in program order

  reg  [31:0] index_q;
  reg         busy_q, stop_q, end_q;
  reg         load_q, store_q;         // what is under way, with busy_q
  reg  [7:0]  code_q;
  wire [3:0]  op = instr_i[`E8_COMMON_OPCODE_LSB +: 4];
  wire [2:0]  waits = instr_i[`E8_COMMON_WAIT_LSB +: 3];
  wire [2:0]  signals = instr_i[`E8_COMMON_SIGNAL_LSB +: 3];
  wire        is_nop = op == `E8_OP_NOP;
  wire        is_end = op == `E8_OP_END;
  wire [1:0]  engine = is_nop ? instr_i[`E8_NOP_ENGINE_LSB +: 2] :
                       op == `E8_OP_LOAD ? 2'd0 : op == `E8_OP_STORE ? 2'd2 : 2'd1;

  // Tokens pending in program order, a ring of 7 bits a channel: load to exec, load to store, exec to load, exec
  // to store, store to load, store to exec. An instruction takes it once round.
  reg  [6*7-1:0] pending_q;
  reg  [2:0]     channel_q;            // 6: the instruction's tokens are counted
  reg            token_bad_q;
  reg  [1:0]     from, to;
  wire           counted = channel_q == 3'd6;
  wire           turn = instr_valid_i && !counted;
  wire [6:0]     pending = pending_q[6:0];
  wire           takes = engine == to && waits[from];
  wire           sends = engine == from && signals[to];

  always @* begin
    case (channel_q)
      3'd0: {from, to} = {2'd0, 2'd1};
      3'd1: {from, to} = {2'd0, 2'd2};
      3'd2: {from, to} = {2'd1, 2'd0};
      3'd3: {from, to} = {2'd1, 2'd2};
      3'd4: {from, to} = {2'd2, 2'd0};
      default: {from, to} = {2'd2, 2'd1};
    endcase
  end

  wire       live = run_i && !stop_q && !end_q && !busy_q;
  wire       illegal = instr_valid_i && instr_code_i != `E8_ERR_NONE;
  wire       judged = instr_valid_i && !illegal && counted;
  wire       unpaid = judged && token_bad_q;
  wire       go = live && judged && !token_bad_q;
  wire [2:0] picked = go && !is_nop && !is_end ? 3'b001 << engine : 3'b000;
  wire       started = (picked & start_ready_i) != 3'b000;
  wire       done = busy_q && done_i != 3'b000;
  wire       failed = busy_q && err_valid_i != 3'b000;
  wire [7:0] engine_code = (err_code_i[7:0] & {8{err_valid_i[0]}}) | (err_code_i[15:8] & {8{err_valid_i[1]}}) |
                           (err_code_i[23:16] & {8{err_valid_i[2]}});

  assign start_valid_o = picked;
  assign instr_ready_o = started || (go && (is_nop || is_end));
  assign index_o       = index_q;
  assign complete_o    = run_i && (done || (go && is_nop));
  assign load_blocks_o  = instr_valid_i && engine == 2'd1 && busy_q && load_q;
  assign store_blocks_o = instr_valid_i && engine == 2'd1 && busy_q && store_q;
  assign stop_o        = stop_q;
  assign stop_code_o   = code_q;
  assign end_o         = end_q;

  always @(posedge clk_i) begin
    if (!rst_ni || clear_i) index_q <= 32'd0;
    else if (complete_o) index_q <= index_q + 32'd1;
    if (!soft_rst_ni || clear_i) begin
      busy_q <= 1'b0;
      stop_q <= 1'b0;
      end_q  <= 1'b0;
    end else if (run_i) begin
      busy_q <= started || (busy_q && !done && !failed);
      if (failed || (live && (illegal || unpaid || fail_i))) stop_q <= 1'b1;
      if (go && is_end) end_q <= 1'b1;
    end
    if (started) {store_q, load_q} <= {picked[2], picked[0]};
    if (!stop_q) code_q <= busy_q ? engine_code : illegal ? instr_code_i : unpaid ? `E8_ERR_TOKEN : fail_code_i;
    if (!soft_rst_ni || clear_i) pending_q <= 42'd0;
    else if (turn) pending_q <= {pending + {{6{takes}}, takes || sends}, pending_q[41:7]};
    if (!soft_rst_ni || clear_i || instr_ready_o) begin
      channel_q   <= 3'd0;
      token_bad_q <= 1'b0;
    end else if (turn) begin
      channel_q <= channel_q + 3'd1;
      if ((takes && pending == 7'd0) || (sends && pending == MAX_TOKENS)) token_bad_q <= 1'b1;
    end
  end
endmodule
`resetall
