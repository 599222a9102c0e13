// Items of IN bytes to words of OUT bytes (both powers of two) with rising addresses: collects or
// splits. One item or one word a cycle; the word comes out in the cycle after its (last) item.
// The receiver always accepts.
`resetall
`default_nettype none
module e8_gearbox #(
  parameter IN         = 16,
  parameter OUT        = 64,
  parameter ADDR_BITS  = 11,
  parameter WORDS_BITS = 10
) (
  input  wire                  clk_i,
  input  wire                  rst_ni,
  input  wire                  item_valid_i,
  output wire                  item_ready_o,
  input  wire                  item_first_i,    // starts a chunk, with:
  input  wire [ADDR_BITS-1:0]  item_addr_i,
  input  wire [WORDS_BITS-1:0] item_words_i,    // of OUT bytes
  input  wire [IN*8-1:0]       item_data_i,
  output wire                  word_valid_o,
  output wire [ADDR_BITS-1:0]  word_addr_o,
  output wire [OUT*8-1:0]      word_data_o,
  output wire                  idle_o
);
  localparam RATIO = (OUT > IN) ? OUT / IN : IN / OUT;
  localparam COUNT = (RATIO > 1) ? $clog2(RATIO) : 1;
  localparam LAST  = RATIO - 1;

  reg                  valid_q;
  reg  [ADDR_BITS-1:0] addr_q;
  reg  [COUNT-1:0]     count_q;

  assign word_addr_o = addr_q;

  generate
    if (OUT >= IN) begin : gen_collect
      reg  [OUT*8-1:0] data_q;
      wire             unused_words = ^item_words_i;
      wire             last = count_q == LAST[COUNT-1:0];

      assign item_ready_o = 1'b1;
      assign word_valid_o = valid_q;
      assign word_data_o  = data_q;
      assign idle_o       = !valid_q;

      always @(posedge clk_i) begin
        if (!rst_ni) begin
          valid_q <= 1'b0;
          count_q <= {COUNT{1'b0}};
        end else begin
          valid_q <= item_valid_i && last;
          if (item_valid_i) count_q <= last ? {COUNT{1'b0}} : count_q + 1'b1;
        end
        if (item_valid_i && item_first_i) addr_q <= item_addr_i;
        else if (valid_q) addr_q <= addr_q + 1'b1;
      end
      if (OUT == IN) begin : gen_same
        always @(posedge clk_i) if (item_valid_i) data_q <= item_data_i;
      end else begin : gen_more
        always @(posedge clk_i) begin
          if (item_valid_i) data_q[count_q*IN*8 +: IN*8] <= item_data_i;
        end
      end
    end else begin : gen_split
      reg  [IN*8-1:0]       data_q;
      reg  [WORDS_BITS-1:0] left_q;     // words of the chunk that are not out
      wire                  done = left_q == {{(WORDS_BITS - 1){1'b0}}, 1'b1};
      wire                  last = count_q == LAST[COUNT-1:0] || done;
      wire                  take = item_valid_i && item_ready_o;

      assign item_ready_o = !valid_q || last;
      assign word_valid_o = valid_q;
      assign word_data_o  = data_q[OUT*8-1:0];
      assign idle_o       = !valid_q;

      always @(posedge clk_i) begin
        if (!rst_ni) begin
          valid_q <= 1'b0;
        end else if (item_ready_o) begin
          valid_q <= item_valid_i;
        end
        if (take) begin
          data_q  <= item_data_i;
          count_q <= {COUNT{1'b0}};
        end else if (valid_q) begin
          data_q  <= data_q >> (OUT * 8);
          count_q <= count_q + 1'b1;
        end
        if (take && item_first_i) begin
          addr_q <= item_addr_i;
          left_q <= item_words_i;
        end else if (valid_q) begin
          addr_q <= addr_q + 1'b1;
          left_q <= left_q - 1'b1;
        end
      end
    end
  endgenerate
endmodule
`resetall
