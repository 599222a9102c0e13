// The UP5K's single-port RAM, as far as up5k_top uses it: 16K words of 16 bits, nibble write enables.
`resetall
`default_nettype none
module SB_SPRAM256KA (
  input  wire        CLOCK,
  input  wire [13:0] ADDRESS,
  input  wire [15:0] DATAIN,
  input  wire [3:0]  MASKWREN,
  input  wire        WREN,
  input  wire        CHIPSELECT,
  input  wire        STANDBY,
  input  wire        SLEEP,
  input  wire        POWEROFF,
  output reg  [15:0] DATAOUT
);
  reg  [15:0] mem [0:16383];
  wire [15:0] mask = {{4{MASKWREN[3]}}, {4{MASKWREN[2]}}, {4{MASKWREN[1]}}, {4{MASKWREN[0]}}};
  wire        on = CHIPSELECT && POWEROFF && !STANDBY && !SLEEP;

  always @(posedge CLOCK) begin
    if (on && WREN) mem[ADDRESS] <= (mem[ADDRESS] & ~mask) | (DATAIN & mask);
    if (on && !WREN) DATAOUT <= mem[ADDRESS];
  end
endmodule
`resetall
