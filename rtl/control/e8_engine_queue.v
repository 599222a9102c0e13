// One engine's side of the dispatcher: its queue (QUEUE_LOG2 = 0: none), the tokens sent to it, and
// what it has under way, in order. An instruction starts when its tokens are there and it comes before
// a failed one; NOPs take and send theirs here, in their turn. Tokens are sent at completion.
`resetall
`default_nettype none
`include "exact8_isa.vh"
module e8_engine_queue #(
  parameter QUEUE_LOG2  = 4,
  parameter FLIGHT_LOG2 = 4,
  parameter TAG_BITS    = 6,
  parameter OWN         = 0      // the engine: 0 load, 1 exec, 2 store; it sends itself no tokens
) (
  input  wire                clk_i,
  input  wire                rst_ni,
  input  wire                clear_i,          // a program starts
  input  wire                run_i,            // 0: start nothing
  input  wire                stop_i,           // start nothing at or after stop_tag_i
  input  wire [TAG_BITS-1:0] stop_tag_i,
  input  wire [TAG_BITS-1:0] oldest_tag_i,
  input  wire                in_valid_i,
  output wire                in_ready_o,
  input  wire [511:0]        in_instr_i,
  input  wire [31:0]         in_index_i,
  input  wire [2:0]          token_i,          // pulse: from load, exec, store
  output wire                instr_valid_o,
  input  wire                instr_ready_i,
  output wire [511:0]        instr_o,
  output wire [31:0]         instr_index_o,
  input  wire                done_i,
  output wire                complete_o,       // pulse, in order, with:
  output wire [TAG_BITS-1:0] complete_tag_o,
  output wire [2:0]          send_o,           // tokens to load, exec, store
  output wire                head_valid_o,     // an instruction waits to start,
  output wire [2:0]          missing_o         // for these tokens
);
  wire         head_valid, start;
  wire [511:0] head;
  wire [31:0]  index;

  generate
    if (QUEUE_LOG2 > 0) begin : gen_queue
      wire [QUEUE_LOG2:0] unused_count;

      e8_fifo #(
        .WIDTH(512 + 32),
        .DEPTH_LOG2(QUEUE_LOG2)
      ) u_queue (
        .clk_i(clk_i),
        .rst_ni(rst_ni),
        .clear_i(clear_i),
        .in_valid_i(in_valid_i),
        .in_ready_o(in_ready_o),
        .in_data_i({in_index_i, in_instr_i}),
        .out_valid_o(head_valid),
        .out_ready_i(start),
        .out_data_o({index, head}),
        .count_o(unused_count)
      );
    end else begin : gen_direct
      assign head_valid = in_valid_i;
      assign in_ready_o = start;
      assign head       = in_instr_i;
      assign index      = in_index_i;
    end
  endgenerate

  // Tokens there are, 8 bits a sender: at most 127 in program order, and what those before in the
  // queue have not taken yet.
  reg  [23:0] tokens_q;
  wire [2:0]  have = {tokens_q[23:16] != 8'd0, tokens_q[15:8] != 8'd0, tokens_q[7:0] != 8'd0};
  wire [2:0]  want = head[`E8_COMMON_WAIT_LSB +: 3];
  integer     k;

  always @(posedge clk_i) begin
    if (!rst_ni || clear_i) begin
      tokens_q <= 24'd0;
    end else begin
      for (k = 0; k < 3; k = k + 1) begin
        if (k != OWN && token_i[k] != (start && want[k]))
          tokens_q[k*8 +: 8] <= tokens_q[k*8 +: 8] + {{7{!token_i[k]}}, 1'b1};
      end
    end
  end

  // Start. Ages are distances from the oldest unfinished instruction.
  wire [TAG_BITS-1:0] age = index[TAG_BITS-1:0] - oldest_tag_i;
  wire [TAG_BITS-1:0] stop_age = stop_tag_i - oldest_tag_i;
  wire                is_nop = head[`E8_COMMON_OPCODE_LSB +: 4] == `E8_OP_NOP;
  wire                flight_room;
  wire                may_start = head_valid && run_i && !(stop_i && age >= stop_age) &&
                                  missing_o == 3'b000 && flight_room;

  assign missing_o     = want & ~have;
  assign head_valid_o  = head_valid;
  assign instr_valid_o = may_start && !is_nop;
  assign instr_o       = head;
  assign instr_index_o = index;
  assign start         = may_start && (is_nop || instr_ready_i);

  // Under way. The engine's completions may run ahead of the NOPs between them.
  wire                 flight_valid, flight_nop;
  reg  [FLIGHT_LOG2:0] owed_q;
  wire [FLIGHT_LOG2:0] unused_flight_count;
  wire [2:0]           signal;
  wire                 matched = flight_valid && !flight_nop && (done_i || owed_q != {(FLIGHT_LOG2 + 1){1'b0}});

  assign complete_o = matched || (flight_valid && flight_nop);
  assign send_o     = complete_o ? signal : 3'b000;

  e8_fifo #(
    .WIDTH(TAG_BITS + 4),
    .DEPTH_LOG2(FLIGHT_LOG2)
  ) u_flight (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .clear_i(clear_i),
    .in_valid_i(start),
    .in_ready_o(flight_room),
    .in_data_i({is_nop, head[`E8_COMMON_SIGNAL_LSB +: 3], index[TAG_BITS-1:0]}),
    .out_valid_o(flight_valid),
    .out_ready_i(complete_o),
    .out_data_o({flight_nop, signal, complete_tag_o}),
    .count_o(unused_flight_count)
  );

  always @(posedge clk_i) begin
    if (!rst_ni || clear_i) owed_q <= {(FLIGHT_LOG2 + 1){1'b0}};
    else if (done_i && !matched) owed_q <= owed_q + 1'b1;
    else if (!done_i && matched) owed_q <= owed_q - 1'b1;
  end
endmodule
`resetall
