// Performance counters of two halves each, in one small RAM: pulses are collected in a few bits a counter,
// and one adder goes round and moves them into the RAM, 2 cycles a counter. A read waits for its
// counter's turn, so that it is exact; it also latches the upper half. At most 15 counters.
`resetall
`default_nettype none
module e8_counters #(
  parameter COUNT = 10,
  parameter HALF  = 32    // bits
) (
  input  wire             clk_i,
  input  wire             rst_ni,
  input  wire             clear_i,
  input  wire [COUNT-1:0] pulse_i,
  input  wire             rd_valid_i,   // wants counter rd_index_i
  input  wire [3:0]       rd_index_i,
  output wire             rd_ready_o,   // lo_o is its lower half now
  output wire [HALF-1:0]  lo_o,
  output wire [HALF-1:0]  hi_o,         // latched by the last read, 2 cycles after it,
  output wire             latch_o       // from lo_o, which is the upper half now
);
  localparam BITS = 5;                  // of a collector: a round takes 2 * COUNT <= 30 cycles

  reg  [COUNT*BITS-1:0] collect_q;
  reg  [COUNT-1:0]      fresh_q;        // the RAM's value is void, 0 instead
  reg  [3:0]            index_q;
  reg                   upper_q, carry_q, latch_q;
  reg  [HALF-1:0]       hi_q;
  wire                  last = index_q == COUNT[3:0] - 4'd1;
  wire [3:0]            next_index = !upper_q ? index_q : last ? 4'd0 : index_q + 4'd1;
  wire [HALF-1:0]       ram;
  wire [HALF-1:0]       old = fresh_q[index_q] ? {HALF{1'b0}} : ram;
  wire [BITS-1:0]       more = upper_q ? {{(BITS - 1){1'b0}}, carry_q} : collect_q[index_q*BITS +: BITS];
  wire [HALF:0]         sum = {1'b0, old} + {{(HALF + 1 - BITS){1'b0}}, more};
  integer               i;

  assign rd_ready_o = rd_valid_i && !upper_q && index_q == rd_index_i;
  assign lo_o       = sum[HALF-1:0];
  assign hi_o       = hi_q;
  assign latch_o    = latch_q;

  e8_ram_1r1w #(
    .WIDTH(HALF),
    .DEPTH_LOG2(5)
  ) u_ram (
    .clk_i(clk_i),
    .we_i(1'b1),
    .waddr_i({index_q, upper_q}),
    .wdata_i(sum[HALF-1:0]),
    .re_i(1'b1),
    .raddr_i({next_index, !upper_q}),
    .rdata_o(ram)
  );

  always @(posedge clk_i) begin
    if (!rst_ni || clear_i) begin
      collect_q <= {(COUNT * BITS){1'b0}};
      fresh_q   <= {COUNT{1'b1}};
      index_q   <= 4'd0;
      upper_q   <= 1'b0;
      latch_q   <= 1'b0;
    end else begin
      for (i = 0; i < COUNT; i = i + 1) begin
        if (!upper_q && index_q == i[3:0]) collect_q[i*BITS +: BITS] <= {{(BITS - 1){1'b0}}, pulse_i[i]};
        else collect_q[i*BITS +: BITS] <= collect_q[i*BITS +: BITS] + {{(BITS - 1){1'b0}}, pulse_i[i]};
      end
      if (upper_q) fresh_q[index_q] <= 1'b0;
      index_q <= next_index;
      upper_q <= !upper_q;
      latch_q <= rd_ready_o;
    end
    carry_q <= sum[HALF];
    if (!rst_ni) hi_q <= {HALF{1'b0}};
    else if (latch_q) hi_q <= sum[HALF-1:0];
  end
endmodule
`resetall
