// e8_tail computes emu/numerics/requant.h (5), written here with additions: half is added, then floored, in arithmetic
// wide enough for every sum. `ok_o` must be 1 for all inputs.
`default_nettype none
module tail_spec #(
  parameter MUL_BITS     = 0,
  parameter DOUBLE_ROUND = 0
) (
  input  wire               clk_i,
  input  wire signed [31:0] acc_i,
  input  wire signed [32:0] b2_i,
  input  wire [30:0]        mp_i,
  input  wire [30:0]        mn_i,
  input  wire [5:0]         s_i,
  input  wire [1:0]         tie_i,
  input  wire               double_i,
  input  wire               zp_first_i,
  input  wire signed [7:0]  zp_i,
  input  wire signed [7:0]  lo_i,
  input  wire signed [7:0]  hi_i,
  output wire               ok_o
);
  localparam W      = 68;                // T has 64 bits, half of 2^62 has 62
  localparam M_BITS = (MUL_BITS == 0) ? 1 : MUL_BITS;

  wire       valid, overflow;
  wire [7:0] q;

  e8_tail #(
    .MUL_BITS(MUL_BITS),
    .DOUBLE_ROUND(DOUBLE_ROUND)
  ) u_tail (
    .clk_i(clk_i),
    .rst_ni(1'b1),
    .valid_i(1'b1),
    .acc_i(acc_i),
    .b2_i(b2_i),
    .mp_i(mp_i),
    .mn_i(mn_i),
    .s_i(s_i),
    .tie_i(tie_i),
    .double_i(double_i),
    .zp_first_i(zp_first_i),
    .zp_i(zp_i),
    .lo_i(lo_i),
    .hi_i(hi_i),
    .valid_o(valid),
    .q_o(q),
    .overflow_o(overflow)
  );

  // Half of 2^n; every operand below is signed, so that every shift is.
  function signed [W-1:0] half(input [5:0] n);
    half = {{(W - 1){1'b0}}, 1'b1} << (n - 6'd1);
  endfunction
  function signed [W-1:0] half_up(input signed [W-1:0] x, input [5:0] n);
    half_up = (n == 6'd0) ? x : (x + half(n)) >>> n;
  endfunction
  function signed [W-1:0] half_away(input signed [W-1:0] x, input [5:0] n);
    half_away = (x < 0) ? -half_up(-x, n) : half_up(x, n);
  endfunction
  // Half even of x / 2^n + z, less z: one less than half is added unless the floor of the sum is odd.
  function signed [W-1:0] half_even(input signed [W-1:0] x, input [5:0] n, input z);
    reg signed [W-1:0] floor, less;
    begin
      floor     = x >>> n;
      less      = {{(W - 1){1'b0}}, floor[0] == z};
      half_even = (x + half(n) - less) >>> n;
    end
  endfunction

  wire signed [33:0]     v = $signed({acc_i, 1'b0}) + b2_i;
  wire signed [32:0]     v33 = v[32:0];
  wire signed [M_BITS:0] m = (MUL_BITS == 0) ? 2'sd1 : {1'b0, v < 0 ? mn_i[M_BITS-1:0] : mp_i[M_BITS-1:0]};
  wire signed [32+MUL_BITS:0] product = m * v33;
  wire signed [W-1:0]    t = product;
  wire [5:0]             first = (s_i < 6'd32) ? s_i : 6'd32;
  wire signed [W-1:0]    y = (double_i && DOUBLE_ROUND != 0) ? half_away(half_up(t, first), s_i - first)
                           : (tie_i == 2'd0) ? half_up(t, s_i)
                           : (tie_i == 2'd1) ? half_away(t, s_i)
                           : half_even(t, s_i, zp_first_i && zp_i[0]);
  wire signed [W-1:0]    sum = y + zp_i;
  wire signed [W-1:0]    low = lo_i, high = hi_i;
  wire [7:0]             want = sum < low ? lo_i : sum > high ? hi_i : sum[7:0];

  // What the static checks of the instruction admit (emu/isa/check.cpp).
  wire legal = s_i >= 6'd1 && s_i <= 6'd62 && tie_i != 2'd3 && lo_i <= hi_i
               && !(double_i && (DOUBLE_ROUND == 0 || tie_i != 2'd0 || zp_first_i)) && !(zp_first_i && tie_i != 2'd2);
  wire fits = v[33] == v[32];

  // No product of 33 bits and 31 is beyond (2^32) * (2^31 - 1). The proof cuts the multiplier out and needs to be told.
  localparam signed [W-1:0] T_MAX = 68'sd9223372032559808512;
  wire reachable = t <= T_MAX && t >= -T_MAX;

  assign ok_o = !legal || !reachable || (valid && overflow == !fits && (!fits || q == want));
endmodule
