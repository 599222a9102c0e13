// From V to int8 (emu/numerics/requant.h (4), (5)): T = V * M, rounded to T / 2^s, plus zero point,
// clamped. One channel, stages 2 to 4 of the requantizer; e8_tail and e8_stage2 share it. It rounds by
// guard and sticky bits, so no sum is wider than T. MUL_BITS = 0 takes M as 1.
`resetall
`default_nettype none
module e8_scale #(
  parameter MUL_BITS     = 31,
  parameter DOUBLE_ROUND = 1,
  parameter M_BITS       = (MUL_BITS == 0) ? 1 : MUL_BITS
) (
  input  wire               clk_i,
  input  wire [2:0]         stage_i,     // bit k: stage k+1 is valid
  input  wire signed [33:0] v_i,         // in stage 1; 33 bits if legal
  input  wire [M_BITS-1:0]  m_i,         // in stage 1
  input  wire [5:0]         below_i,     // in stage 1: s - 1, the bits of T below the guard bit
  input  wire [3:0]         round_i,     // in stage 2: {tie, double, odd zero point first}
  input  wire [23:0]        clamp_i,     // in stage 3: {hi, lo, zp}
  output wire [7:0]         q_o,         // in stage 4
  output wire               overflow_o   // in stage 4: v_i was not legal
);
  // T has 33 + MUL_BITS bits. The first of two roundings carries out of them only if T is V itself.
  localparam T_BITS = (MUL_BITS == 0 && DOUBLE_ROUND != 0) ? 34 : 33 + MUL_BITS;
  localparam [1:0] HALF_UP = 2'd0, HALF_AWAY = 2'd1, HALF_EVEN = 2'd2;

  reg signed [T_BITS-1:0] t_q;           // stage 2
  reg [5:0]               below_q;       // stage 2
  reg [9:0]               rounding_q;    // stage 3: {increment, quotient}
  reg [7:0]               q_q;           // stage 4
  reg [2:0]               overflow_q;    // stages 2 to 4

  assign q_o        = q_q;
  assign overflow_o = overflow_q[2];

  // The quotient floor(x / 2^(below+1)), and whether rounding adds 1. The quotient is held at -256 and
  // 255: with any zero point that is as far outside int8 as the exact one, on the same side. Shifts in
  // three steps, each of which drops what only decides that (`far`) or the sticky bit.
  function [9:0] rounding(input signed [T_BITS-1:0] x, input [5:0] below, input [1:0] tie, input zp_odd);
    reg signed [T_BITS-1:0] a;           // x >> 0, 16, 32, 48
    reg signed [24:0]       b;           // a >> 0, 4, 8, 12
    reg signed [12:0]       c;           // b >> 0, 1, 2, 3: quotient and guard bit
    reg                     sign, far, sticky, inc;
    begin
      sign   = x[T_BITS-1];
      a      = x >>> {below[5:4], 4'd0};
      b      = a[24:0];
      b      = b >>> {below[3:2], 2'd0};
      c      = b[12:0];
      c      = c >>> below[1:0];
      far    = a[T_BITS-1:24] != {(T_BITS - 24){sign}} || b[24:12] != {13{sign}} || c[12:9] != {4{sign}};
      sticky = (x & ~({T_BITS{1'b1}} << {below[5:4], 4'd0})) != {T_BITS{1'b0}}
               || (a[11:0] & ~(12'hfff << {below[3:2], 2'd0})) != 12'd0
               || (b[2:0] & ~(3'd7 << below[1:0])) != 3'd0;
      inc    = c[0] && (sticky || tie == HALF_UP || (tie == HALF_AWAY && !sign)
                        || (tie == HALF_EVEN && c[1] != zp_odd));
      rounding = {inc, far ? {sign, {8{!sign}}} : c[9:1]};
    end
  endfunction

  // Zero point added, clamped.
  function [7:0] clamped(input [9:0] r, input [7:0] zp, input [7:0] lo, input [7:0] hi);
    reg signed [9:0] y, low, high;
    begin
      y       = {r[8], r[8:0]} + {{2{zp[7]}}, zp} + {9'd0, r[9]};
      low     = {{2{lo[7]}}, lo};
      high    = {{2{hi[7]}}, hi};
      clamped = y < low ? lo : y > high ? hi : y[7:0];
    end
  endfunction

  generate
    if (MUL_BITS == 0) begin : gen_shift_only
      wire unused_m = ^m_i;
      always @(posedge clk_i) begin
        if (stage_i[0]) t_q <= v_i[T_BITS-1:0];
      end
    end else begin : gen_multiply
      wire signed [32:0]     v = v_i[32:0];
      wire signed [M_BITS:0] m = {1'b0, m_i};
      always @(posedge clk_i) begin
        if (stage_i[0]) t_q <= m * v;
      end
    end

    if (DOUBLE_ROUND == 0) begin : gen_single
      wire unused_double = round_i[1];
      always @(posedge clk_i) begin
        if (stage_i[1]) rounding_q <= rounding(t_q, below_q, round_i[3:2], round_i[0]);
      end
    end else begin : gen_double
      // TFLite: half up by min(s, 32), then half away by the rest. `tie` is half up and no zero point comes
      // first (emu/isa/check.cpp).
      wire twice = round_i[1] && below_q[5];
      always @(posedge clk_i) begin
        if (stage_i[1]) begin
          rounding_q <= rounding(
              twice ? {t_q[T_BITS-1:32] + {{(T_BITS - 33){1'b0}}, t_q[31]}, 32'd0} : t_q, below_q,
              twice ? HALF_AWAY : round_i[3:2], round_i[0]);
        end
      end
    end
  endgenerate

  always @(posedge clk_i) begin
    if (stage_i[0]) begin
      below_q       <= below_i;
      overflow_q[0] <= v_i[33] != v_i[32];
    end
    if (stage_i[1]) overflow_q[1] <= overflow_q[0];
    if (stage_i[2]) begin
      q_q           <= clamped(rounding_q, clamp_i[7:0], clamp_i[15:8], clamp_i[23:16]);
      overflow_q[2] <= overflow_q[1];
    end
  end
endmodule
`resetall
