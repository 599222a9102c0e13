// Inside of lower(): what the files of the single operators share.
//
// One integer operation is an operator, perhaps an activation that reads it as float, and the int8 tensors around them.
#pragma once

#include <string>
#include <vector>

#include "host/model/graph.h"
#include "host/model/int_net.h"

namespace e8::model {

/// What the whole network has in common.
struct Arithmetic {
  bool dpu = false;  ///< power-of-two scales; otherwise `scaled`
  num::Tie tie = num::Tie::kHalfUp;
  int guard_bits = 0;  ///< of additions under dpu
  bool onnx = false;   ///< a file of onnxruntime: its multipliers step by step in float32 (README.md)
};

/// The operation being lowered: its numbers, and messages that name it.
struct Operation {
  const Graph& graph;
  const Arithmetic& arithmetic;
  const Node& node;
  const Node* activation = nullptr;  ///< inside the same rounding, or none
  std::vector<const IntTensor*> in;  ///< int8 inputs
  double out_scale = 1.0;            ///< of the int8 output
  int out_zero = 0;                  ///< its zero point

  const IntTensor& x(std::size_t i = 0) const { return *in[i]; }
  /// Throws UserError 121 (or `id`): "file: node 'name' (Op): what".
  [[noreturn]] void fail(const std::string& what, int id = 121) const;
  /// `value` when it lies in [lo, hi]; otherwise fails: "field = value; lo to hi is allowed; remedy".
  int in_range(const std::string& field, std::int64_t value, std::int64_t lo, std::int64_t hi,
               const std::string& remedy) const;
  /// p of the scale 2^-p; fails when `scale` is no power of two.
  int position(const std::string& what, double scale) const;
  /// Positions of inputs and output (dpu).
  int px(std::size_t i = 0) const { return position("input '" + in[i]->name + "'", in[i]->scale); }
  int py() const { return position("its output", out_scale); }
};

/// Constants of `sum * m` under arbitrary scales: m as a float32, its 24-bit significand and shift (F32SIG). b2 is the
/// doubled bias. Fails (121) outside [2^-31, 2^24).
num::ChannelParam scaled_channel(const Operation& o, double m, std::int64_t b2);

/// The multiplier s_x * s_w / (s_y * divisor).
double multiplier(const Operation& o, double s_w, int divisor = 1);

/// A change of scale and zero point, input i -> y; the identity when they are equal.
ops::Tail move_tail(const Operation& o, std::size_t i = 0);

/// x rounded to an integer by the tie rule, plus the zero point, clamped to int8.
std::int8_t to_int8(double x, num::Tie tie, int zero_point = 0);

/// Fails where a constant behind a pool or function (Node::factor) is neither 1 nor, within 1 %, the DPU's own error.
void need_dpu_factor(const Operation& o, double of_dpu);

/// Fails where a tensor lies in another shape than the graph's: a flattened image, whose elements keep the order of the
/// image. Operators that know single elements or channels cannot read it.
void need_layout(const Operation& o);

/// A tail with the network's tie rule and the output's zero point, no clamp and no records yet.
ops::Tail begin_tail(const Operation& o);

/// Puts o.activation into the tail: a clamp, or the multiplier of V < 0.
void apply_activation(const Operation& o, ops::Tail* tail);

IntParams lower_conv(const Operation& o);  ///< kConv
IntParams lower_conv_transpose(const Operation& o);
IntParams lower_gemm(const Operation& o);  ///< kGemm: a convolution that covers its input
IntParams lower_add(const Operation& o);   ///< kAdd, kSub
IntParams lower_mul(const Operation& o);
IntParams lower_max_pool(const Operation& o);
IntParams lower_average_pool(const Operation& o);
IntParams lower_move(const Operation& o);      ///< kRequantize, kFlatten, kUnsqueeze, and activations that read int8
IntParams lower_function(const Operation& o);  ///< is_function(): a table
IntParams lower_concat(const Operation& o);
IntParams lower_pad(const Operation& o);
IntParams lower_slice(const Operation& o);
IntParams lower_upsample(const Operation& o);

}  // namespace e8::model
