// Instructions under way in the exec engine, in order, and the end of their tokens: the write of an
// output vector or of a SHIFT word, its event, completion and errors. OVERFLOW is found here, so it comes
// before any error of a later vector, whose token is behind. After an error everything is forgotten
// (flush_o) and no instruction accepted for 7 cycles.
`resetall
`default_nettype none
`include "exact8_isa.vh"
module e8_retire #(
  parameter LANES        = 4,
  parameter FEATURE_LOG2 = 13,
  parameter SLOT_BITS    = 3,
  parameter ENTRY_BITS   = 3
) (
  input  wire                    clk_i,
  input  wire                    rst_ni,
  // Instructions: e8_issue accepts into slot_o.
  output wire                    accept_o,
  output wire [SLOT_BITS-1:0]    slot_o,
  input  wire                    accepted_i,
  input  wire [LANES-1:0]        lane_mask_i,
  input  wire [31:0]             instr_index_i,
  output wire                    alone_o,        // one is under way
  output wire                    none_o,
  output wire                    flush_o,
  // A token ends.
  input  wire                    end_i,
  input  wire                    end_shift_i,
  input  wire                    end_err_i,      // address error
  input  wire                    end_none_i,     // nothing to write
  input  wire                    end_last_i,
  input  wire [SLOT_BITS-1:0]    end_slot_i,
  input  wire [FEATURE_LOG2-1:0] end_addr_i,
  input  wire [ENTRY_BITS-1:0]   end_entry_i,
  input  wire [7:0]              err_code_i,     // of the address error
  // In the next cycle.
  input  wire [LANES-1:0]        overflow_i,
  output wire [LANES-1:0]        write_o,
  output wire [FEATURE_LOG2-1:0] write_addr_o,
  output wire                    event_valid_o,
  output wire [1:0]              event_kind_o,
  output wire [31:0]             event_index_o,
  output wire [LANES-1:0]        event_mask_o,
  output wire [ENTRY_BITS-1:0]   event_entry_o,
  // In the cycle after that: all has landed.
  output wire                    done_o,
  output wire                    err_valid_o,
  output wire [7:0]              err_code_o,
  output wire [31:0]             err_index_o
);
  localparam SLOTS = 1 << SLOT_BITS;

  reg  [31:0]             index [0:SLOTS-1];
  reg  [LANES-1:0]        lane_mask [0:SLOTS-1];
  reg  [SLOT_BITS:0]      head_q, tail_q;
  reg                     end_q, shift_q, fault_q, none_q, last_q;
  reg  [FEATURE_LOG2-1:0] addr_q;
  reg  [ENTRY_BITS-1:0]   entry_q;
  reg  [SLOT_BITS-1:0]    slot_q;
  reg  [LANES-1:0]        mask_q;
  reg                     done_q, err_q;
  reg  [7:0]              err_code_q;
  reg  [2:0]              refuse_q;               // cycles until instructions are accepted again

  wire [SLOT_BITS:0]      used = head_q - tail_q;
  wire                    live = end_q && !err_q;
  wire                    overflow = !shift_q && !none_q && (overflow_i & mask_q) != {LANES{1'b0}};
  wire                    bad = fault_q || overflow;
  wire                    good = live && !bad;
  wire                    complete = good && last_q;

  assign slot_o        = head_q[SLOT_BITS-1:0];
  assign accept_o      = !used[SLOT_BITS] && refuse_q == 3'd0;
  assign alone_o       = used == {{SLOT_BITS{1'b0}}, 1'b1};
  assign none_o        = used == {(SLOT_BITS + 1){1'b0}} && refuse_q == 3'd0;
  assign flush_o       = err_q;
  assign write_o       = mask_q & {LANES{good && !none_q}};
  assign write_addr_o  = addr_q;
  assign event_valid_o = good && !(shift_q && none_q);
  assign event_kind_o  = {shift_q, none_q};
  assign event_index_o = index[slot_q];
  assign event_mask_o  = mask_q;
  assign event_entry_o = entry_q;
  assign done_o        = done_q;
  assign err_valid_o   = err_q;
  assign err_code_o    = err_code_q;
  assign err_index_o   = index[slot_q];

  always @(posedge clk_i) begin
    if (!rst_ni || err_q) begin
      head_q <= {(SLOT_BITS + 1){1'b0}};
      tail_q <= {(SLOT_BITS + 1){1'b0}};
      end_q  <= 1'b0;
    end else begin
      if (accepted_i) head_q <= head_q + 1'b1;
      if (complete) tail_q <= tail_q + 1'b1;
      end_q <= end_i;
    end
    if (accepted_i) begin
      index[slot_o]     <= instr_index_i;
      lane_mask[slot_o] <= lane_mask_i;
    end
    if (end_i && !(live && bad)) begin             // an error is reported with its token still here
      {shift_q, fault_q, none_q, last_q} <= {end_shift_i, end_err_i, end_none_i, end_last_i};
      slot_q  <= end_slot_i;
      mask_q  <= lane_mask[end_slot_i];
      addr_q  <= end_addr_i;
      entry_q <= end_entry_i;
    end
  end

  always @(posedge clk_i) begin
    if (!rst_ni) begin
      done_q   <= 1'b0;
      err_q    <= 1'b0;
      refuse_q <= 3'd0;
    end else begin
      done_q <= complete;
      err_q  <= live && bad;
      if (live && bad) refuse_q <= 3'd7;
      else if (refuse_q != 3'd0) refuse_q <= refuse_q - 3'd1;
    end
    if (live && bad) err_code_q <= fault_q ? err_code_i : `E8_ERR_OVERFLOW;
  end
endmodule
`resetall
