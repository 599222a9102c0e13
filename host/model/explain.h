// How one output element came to be: its terms, the accumulator, and every step of its requantization.
//
// Every operator is written in the form of the tail (emu/numerics/requant.h (5)): accumulate terms, V = 2*acc + b2,
// T = V * (V < 0 ? mn : mp), round T / 2^s, add zp, clamp. That makes this a third way to compute a network beside the
// operators and the machine; result is computed from the steps shown, never copied.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/model/int_net.h"

namespace e8::model {

/// One addend of the accumulator (one candidate of a maximum).
struct Term {
  int input = 0;             ///< which input of the node
  int y = 0, x = 0, c = 0;   ///< where in it; outside the image for padding
  bool padding = false;      ///< value is what padding reads
  int value = 0;             ///< int8 as stored
  std::int64_t factor = 1;   ///< weight, or multiplier of an addition
  std::int64_t product = 0;  ///< what is accumulated
};

struct Explanation {
  std::string op;   ///< "conv", "max_pool", ...
  int output = -1;  ///< tensor index
  int y = 0, x = 0, c = 0;
  std::vector<Term> terms;
  bool maximum = false;  ///< accumulator = the largest product (at least -128) instead of the sum
  bool table = false;    ///< the result is looked up: no tail
  std::int64_t accumulator = 0;
  num::ChannelParam param;
  num::TailMode mode;
  std::int64_t v = 0;            ///< 2 * accumulator + b2
  std::uint32_t multiplier = 1;  ///< mp or mn, by the sign of v
  std::int64_t t = 0;            ///< v * multiplier
  bool tie = false;              ///< t / 2^s lies exactly between two integers (double rounding: in either step)
  std::int64_t rounded = 0;      ///< zero point added, before the clamp
  std::int8_t result = 0;
};

/// "conv", "add", ...: the operator of a node.
const char* op_name(const IntParams& params);
/// Index of the node that computes `tensor`, or -1 (the network's input).
int maker_of(const IntNet& net, int tensor);

/// Element (y, x, c) of the output of net.nodes[node]. `tensors`: what run_golden gave. Throws std::out_of_range when
/// the node or the element does not exist.
Explanation explain(const IntNet& net, int node, const std::vector<ops::Tensor>& tensors, int y, int x, int c);

}  // namespace e8::model
