// A lane: private feature memory, V dot products, V accumulators, the bank that is being requantized and
// the requantizer. All lanes do the same at the same time; only what LOAD writes differs. One step a
// cycle: the word read comes one cycle later, then PIPE_W and DOT_PIPE registers, then the accumulators.
`resetall
`default_nettype none
module e8_lane #(
  parameter V            = 8,
  parameter FEATURE_LOG2 = 13,
  parameter DRAIN        = 4,
  parameter MUL_BITS     = 31,
  parameter DOUBLE_ROUND = 1,
  parameter TABLES       = 1,
  parameter PACKED       = 0,
  parameter PIPE_W       = 0,
  parameter DOT_PIPE     = 0,
  parameter ENTRY_BITS   = 3,
  parameter SMALL        = 0,             // no bank: accumulators and mode hold until they are requantized
  parameter PART_BITS    = (DRAIN > 1) ? $clog2(DRAIN) : 1,
  parameter CHANNELS     = V / DRAIN
) (
  input  wire                    clk_i,
  input  wire                    rst_ni,
  // Feature memory: LOAD writes when the lane has no word of its own to write.
  input  wire                    fw_valid_i,
  output wire                    fw_ready_o,
  input  wire [FEATURE_LOG2-1:0] fw_addr_i,
  input  wire [V*8-1:0]          fw_data_i,
  input  wire                    write_i,
  input  wire [FEATURE_LOG2-1:0] write_addr_i,
  input  wire                    read_i,
  input  wire [FEATURE_LOG2-1:0] read_addr_i,
  output wire [V*8-1:0]          word_o,
  // Accumulation.
  input  wire [V*V*32-1:0]       weight_i,     // as e8_dot takes them, PIPE_W cycles after the word
  input  wire                    acc_valid_i,  // DOT_PIPE cycles after that
  input  wire                    acc_first_i,
  input  wire                    acc_max_i,
  input  wire                    take_i,
  input  wire [ENTRY_BITS-1:0]   take_entry_i,
  // Requantization.
  input  wire                    feed_valid_i,
  input  wire [PART_BITS-1:0]    feed_part_i,
  input  wire [CHANNELS*33-1:0]  b2_i,
  input  wire [CHANNELS*31-1:0]  mp_i,
  input  wire [CHANNELS*31-1:0]  mn_i,
  input  wire [CHANNELS*6-1:0]   s_i,
  input  wire [27:0]             tail_mode_i,
  input  wire                    tm_valid_i,
  input  wire [9:0]              tm_addr_i,
  input  wire [31:0]             tm_data_i,
  input  wire                    res_take_i,
  input  wire                    look_valid_i,
  input  wire [PART_BITS-1:0]    look_part_i,
  input  wire                    look_bank_i,
  input  wire                    second_valid_i,
  input  wire [65:0]             second_mode_i,
  input  wire                    shift_take_i,
  input  wire [V*8-1:0]          shift_word_i,
  input  wire                    capture_i,
  input  wire                    capture_second_i,
  input  wire [PART_BITS-1:0]    capture_part_i,
  output wire [V*8-1:0]          result_o,     // the word that write_i writes
  output wire                    overflow_o,
  // Accumulators of the vector that is written, for the retire event.
  input  wire [ENTRY_BITS-1:0]   event_entry_i,
  output wire [V*32-1:0]         event_acc_o
);
  wire [V*8-1:0]   word, word_max;         // word: to the dot products
  wire [V*32-1:0]  sum;                    // sign-extended: simulators like it, hardware does not mind
  reg  [V*32-1:0]  acc_q;
  wire [V*32-1:0]  drain;                  // what is requantized
  reg  [V*32-1:0]  event_acc [0:(1<<ENTRY_BITS)-1];

  assign fw_ready_o  = !write_i;
  assign event_acc_o = event_acc[event_entry_i];

  e8_ram_1r1w #(
    .WIDTH(V * 8),
    .DEPTH_LOG2(FEATURE_LOG2)
  ) u_feature (
    .clk_i(clk_i),
    .we_i(write_i || fw_valid_i),
    .waddr_i(write_i ? write_addr_i : fw_addr_i),
    .wdata_i(write_i ? result_o : fw_data_i),
    .re_i(read_i),
    .raddr_i(read_addr_i),
    .rdata_o(word_o)
  );

  e8_delay #(
    .WIDTH(V * 8),
    .CYCLES(PIPE_W)
  ) u_word (
    .clk_i(clk_i),
    .data_i(word_o),
    .data_o(word)
  );

  e8_delay #(
    .WIDTH(V * 8),
    .CYCLES(DOT_PIPE)
  ) u_word_max (
    .clk_i(clk_i),
    .data_i(word),
    .data_o(word_max)
  );

  e8_dot #(
    .V(V),
    .PACKED(PACKED),
    .DOT_PIPE(DOT_PIPE)
  ) u_dot (
    .clk_i(clk_i),
    .a_i(word),
    .w_i(weight_i),
    .sum_o(sum)
  );

  function [V*32-1:0] added(input [V*32-1:0] acc, input [V*32-1:0] sums);
    integer j;
    for (j = 0; j < V; j = j + 1) begin
      added[j*32 +: 32] = acc[j*32 +: 32] + sums[j*32 +: 32];
    end
  endfunction

  function [V*32-1:0] maximum(input first, input [V*32-1:0] acc, input [V*8-1:0] values);
    integer j;
    for (j = 0; j < V; j = j + 1) begin
      maximum[j*32 +: 32] = (first || $signed(values[j*8 +: 8]) > $signed(acc[j*32 +: 8]))
                            ? {{24{values[j*8+7]}}, values[j*8 +: 8]} : acc[j*32 +: 32];
    end
  endfunction

  always @(posedge clk_i) begin
    if (acc_valid_i) begin
      if (acc_max_i) acc_q <= maximum(acc_first_i, acc_q, word_max);
      else acc_q <= added(acc_first_i ? {(V * 32){1'b0}} : acc_q, sum);
    end
    if (take_i) event_acc[take_entry_i] <= acc_q;
  end

  generate
    if (SMALL != 0) begin : gen_no_bank
      assign drain = acc_q;
    end else begin : gen_bank
      reg [V*32-1:0] drain_q;
      assign drain = drain_q;
      always @(posedge clk_i) if (take_i) drain_q <= acc_q;
    end
  endgenerate

  e8_requant #(
    .V(V),
    .DRAIN(DRAIN),
    .MUL_BITS(MUL_BITS),
    .DOUBLE_ROUND(DOUBLE_ROUND),
    .TABLES(TABLES),
    .HELD(SMALL)
  ) u_requant (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .feed_valid_i(feed_valid_i),
    .acc_i(drain[feed_part_i*CHANNELS*32 +: CHANNELS*32]),
    .b2_i(b2_i),
    .mp_i(mp_i),
    .mn_i(mn_i),
    .s_i(s_i),
    .tail_mode_i(tail_mode_i),
    .tm_valid_i(tm_valid_i),
    .tm_addr_i(tm_addr_i),
    .tm_data_i(tm_data_i),
    .res_take_i(res_take_i),
    .word_i(word_o),
    .look_valid_i(look_valid_i),
    .look_part_i(look_part_i),
    .look_bank_i(look_bank_i),
    .second_valid_i(second_valid_i),
    .second_mode_i(second_mode_i),
    .shift_take_i(shift_take_i),
    .shift_word_i(shift_word_i),
    .capture_i(capture_i),
    .capture_second_i(capture_second_i),
    .capture_part_i(capture_part_i),
    .word_o(result_o),
    .overflow_o(overflow_o)
  );
endmodule
`resetall
