// The state of the machine: idle, running, or waiting for the AXI before a soft reset; done, error and
// its code; the watchdog. `reset_o` is the soft reset: one cycle, while nothing is open on the AXI.
`resetall
`default_nettype none
`include "exact8_isa.vh"
module e8_run (
  input  wire        clk_i,
  input  wire        rst_ni,
  input  wire        start_i,         // commands, pulses
  input  wire        soft_reset_i,
  input  wire [31:0] watchdog_i,      // cycles; 0 = never
  input  wire        progress_i,      // something moved in this cycle
  input  wire        axi_quiet_i,
  input  wire        idle_i,          // no engine and no fetch has anything under way
  input  wire        finished_i,      // END, and all before it have finished
  input  wire        fail_i,          // all before the failed instruction have finished
  input  wire [7:0]  fail_code_i,
  output wire        run_o,           // instructions may be fetched and started
  output wire        clear_o,         // pulse: a program starts in the next cycle
  output wire        reset_o,
  output wire        busy_o,
  output wire        done_o,
  output wire        error_o,
  output wire [7:0]  error_code_o,
  output wire        done_event_o,    // pulses
  output wire        error_event_o
);
  localparam ST_IDLE  = 2'd0;
  localparam ST_RUN   = 2'd1;
  localparam ST_WAIT  = 2'd2;         // for the AXI
  localparam ST_RESET = 2'd3;

  reg  [1:0]  state_q;
  reg         done_q;
  reg  [7:0]  code_q;
  reg  [31:0] left_q;                 // cycles to the watchdog's bark; 0 = it sleeps
  wire        running = state_q == ST_RUN;
  wire        still = idle_i && axi_quiet_i;
  wire        bark = left_q == 32'd1 && !progress_i;
  wire        stop = running && !soft_reset_i && (bark || (fail_i && still));
  wire        finish = running && !soft_reset_i && !stop && finished_i && still;

  assign run_o         = running;
  assign clear_o       = state_q == ST_IDLE && !error_o && start_i && !soft_reset_i;
  assign reset_o       = state_q == ST_RESET;
  assign busy_o        = state_q != ST_IDLE;
  assign done_o        = done_q;
  assign error_o       = code_q != `E8_ERR_NONE;
  assign error_code_o  = code_q;
  assign done_event_o  = finish;
  assign error_event_o = stop;

  always @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q <= ST_IDLE;
      done_q  <= 1'b0;
      code_q  <= `E8_ERR_NONE;
    end else begin
      case (state_q)
        ST_IDLE: if (clear_o) state_q <= ST_RUN;
        ST_RUN: if (stop || finish) state_q <= ST_IDLE;
        ST_WAIT: if (axi_quiet_i) state_q <= ST_RESET;
        default: state_q <= ST_IDLE;
      endcase
      if (soft_reset_i && state_q != ST_RESET) state_q <= ST_WAIT;
      if (clear_o || reset_o) done_q <= 1'b0;
      else if (finish) done_q <= 1'b1;
      // What waits only for the quiet of others is reported as what it is.
      if (reset_o) code_q <= `E8_ERR_NONE;
      else if (stop) code_q <= fail_i ? fail_code_i : `E8_ERR_WATCHDOG;
    end
    if (!rst_ni || !running || progress_i) left_q <= watchdog_i;
    else if (left_q != 32'd0) left_q <= left_q - 32'd1;
  end
endmodule
`resetall
