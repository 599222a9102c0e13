// The instructions under way in a DMA engine, in order: index and context, completion and errors.
// An instruction with an error completes without `done`; after an error nothing is accepted for a
// few cycles, until the control has stopped the queues. An AXI error is reported at once; a failed
// check waits for the instruction's end and gives way to an AXI error, which comes from an earlier run.
`resetall
`default_nettype none
`include "exact8_isa.vh"
module e8_inflight #(
  parameter DEPTH_LOG2 = 3,
  parameter WIDTH      = 1,               // of the context
  parameter AXI_ERR    = `E8_ERR_AXI_READ
) (
  input  wire                             clk_i,
  input  wire                             rst_ni,
  output wire                             room_o,
  input  wire                             push_i,
  input  wire [31:0]                      index_i,
  input  wire [WIDTH-1:0]                 context_i,
  input  wire                             check_err_i,   // the newest failed a check, with
  input  wire [7:0]                       check_code_i,
  input  wire                             axi_err_i,     // the one at axi_ptr_i got an AXI error
  input  wire [DEPTH_LOG2:0]              axi_ptr_i,
  input  wire                             retire_i,      // the oldest is complete
  output wire [DEPTH_LOG2:0]              oldest_o,
  output wire                             idle_o,
  output wire                             done_o,
  output wire                             err_valid_o,
  output wire [7:0]                       err_code_o,
  output wire [31:0]                      err_index_o,
  // Entry i at [i*32 +: 32] and [i*WIDTH +: WIDTH].
  output wire [(32 << DEPTH_LOG2)-1:0]    index_o,
  output wire [(WIDTH << DEPTH_LOG2)-1:0] context_o
);
  localparam DEPTH = 1 << DEPTH_LOG2;

  reg  [(32 << DEPTH_LOG2)-1:0]    index_q;
  reg  [(WIDTH << DEPTH_LOG2)-1:0] context_q;
  reg  [DEPTH-1:0]                 bad_q;          // had an AXI error
  reg  [DEPTH_LOG2:0]              head_q, tail_q;
  reg                              done_q, err_q, check_q;
  reg  [7:0]                       err_code_q, check_code_q;
  reg  [31:0]                      err_index_q;
  reg  [2:0]                       hold_q;
  wire [DEPTH_LOG2:0]              used = head_q - tail_q;
  wire [DEPTH_LOG2-1:0]            head = head_q[DEPTH_LOG2-1:0];
  wire [DEPTH_LOG2-1:0]            tail = tail_q[DEPTH_LOG2-1:0];
  wire [DEPTH_LOG2-1:0]            newest = head - 1'b1;
  wire [DEPTH_LOG2-1:0]            axi = axi_ptr_i[DEPTH_LOG2-1:0];
  wire                             axi_err = axi_err_i && !bad_q[axi];
  wire                             unused_ptr = axi_ptr_i[DEPTH_LOG2];
  // Nothing was accepted since the check failed, so it is the newest that failed.
  wire                             checked = retire_i && check_q && newest == tail;
  wire                             check_err = checked && !bad_q[tail];
  wire [DEPTH_LOG2-1:0]            failed = axi_err ? axi : tail;

  assign room_o      = !used[DEPTH_LOG2] && hold_q == 3'd0 && !check_q;
  assign oldest_o    = tail_q;
  assign idle_o      = head_q == tail_q && hold_q == 3'd0;
  assign done_o      = done_q;
  assign err_valid_o = err_q;
  assign err_code_o  = err_code_q;
  assign err_index_o = err_index_q;
  assign index_o     = index_q;
  assign context_o   = context_q;

  always @(posedge clk_i) begin
    if (!rst_ni) begin
      head_q  <= {(DEPTH_LOG2 + 1){1'b0}};
      tail_q  <= {(DEPTH_LOG2 + 1){1'b0}};
      done_q  <= 1'b0;
      err_q   <= 1'b0;
      check_q <= 1'b0;
      hold_q  <= 3'd0;
    end else begin
      if (push_i) head_q <= head_q + 1'b1;
      if (retire_i) tail_q <= tail_q + 1'b1;
      done_q  <= retire_i && !bad_q[tail] && !checked;
      err_q   <= axi_err || check_err;
      check_q <= check_err_i || (check_q && !checked);
      if (axi_err || check_err) hold_q <= 3'd7;
      else if (hold_q != 3'd0) hold_q <= hold_q - 3'd1;
    end
    if (check_err_i) check_code_q <= check_code_i;
    if (axi_err || check_err) begin
      err_code_q  <= axi_err ? AXI_ERR : check_code_q;
      err_index_q <= index_q[failed*32 +: 32];
    end
    if (push_i) begin
      index_q[head*32 +: 32]         <= index_i;
      context_q[head*WIDTH +: WIDTH] <= context_i;
      bad_q[head]                    <= 1'b0;
    end
    if (axi_err) bad_q[axi] <= 1'b1;
  end
endmodule
`resetall
