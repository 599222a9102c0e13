// The float graph: what a trained network says, normalised so that passes have few operators to know.
//
// One image at a time (the batch is implied); shapes are channels × height × width, data NCHW. A quantized network is
// the same graph with annotations: Value::scale on activations, Node::weights_q and bias_q on constants. So the
// quantizer adds annotations, onnx_write prints them as QuantizeLinear/DequantizeLinear, onnx_read reads them back, and
// lower() turns them into the integer network.
//
// Normalised by onnx_read: BatchNormalization and constant Add, Sub and Mul folded into the operator before; MatMul is
// Gemm with weights [out][in]; GlobalAveragePool and ReduceMean over H and W are AveragePool over the whole map;
// Reshape and Squeeze to a vector are Flatten; Resize is Upsample; Split is a Slice a part; PRelu with one slope is
// LeakyRelu; Dropout, Identity, Constant and what changes neither values nor shapes are gone.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "emu/ops/params.h"

namespace e8::model {

enum class Op {
  kConv,           ///< weights [cout][cin / groups][kh][kw], bias [cout]
  kConvTranspose,  ///< weights and bias as kConv's; geometry: ops::DeconvParams
  kGemm,           ///< weights [out][in], bias [out]; in = the whole input tensor in C, H, W order
  kRelu,           ///
  kClip,           ///< to [lo, hi]
  kLeakyRelu,      ///< alpha
  kPRelu,          ///< slopes, one a channel
  kSigmoid,        ///
  kTanh,           ///
  kHardSigmoid,    ///< clamp(alpha * x + beta, 0, 1)
  kHardSwish,      ///< x * clamp(x / 6 + 1/2, 0, 1)
  kElu,            ///< alpha * (e^x - 1) below 0
  kAdd,            ///< two tensors of one shape
  kSub,            ///< the same
  kMul,            ///< two tensors; the second may be one pixel, for every pixel of the first
  kConcat,         ///< along `axis`
  kPad,            ///< by the window's padding, with `pad_value`
  kSlice,          ///< `slice`
  kUpsample,       ///< nearest: each pixel becomes factor_h x factor_w
  kMaxPool,        ///< padding excluded
  kAveragePool,
  kFlatten,     ///< [C,H,W] to a vector, in that order
  kUnsqueeze,   ///< a vector to [C,1,1]
  kSoftmax,     ///< behind an output (is_cpu_tail)
  kArgMax,      ///< of the channels, one value a pixel; behind an output
  kRequantize,  ///< a change of scale in a quantized graph; the identity in a float one
};
const char* op_name(Op op);

/// Stored integers of a constant, their zero point removed: real = values[i] * scales[channel of i] (one scale, or one
/// an output channel).
struct QuantData {
  std::vector<std::int32_t> values;
  std::vector<double> scales;  ///< float32 values, positive and finite
  int bits = 8;                ///< 8, and of a bias 16 or 32
  bool empty() const { return values.empty(); }
  double scale_of(std::size_t channel) const { return scales.size() == 1 ? scales[0] : scales[channel]; }
};

struct Value {
  std::string name;  ///< the ONNX name
  ops::Shape shape;
  double scale = 0;    ///< a float32 value, of the int8 tensor; 0 = float, inside a fused operator
  int zero_point = 0;  ///< real = (q - zero_point) * scale, -128..127, 0 under dpu; a file's uint8 less 128
  bool quantized() const { return scale > 0; }
};

struct Node {
  Op op = Op::kRelu;
  std::string name;
  std::vector<int> inputs;  ///< indices into Graph::values
  int output = -1;
  ops::Window window;                ///< kConv, kConvTranspose, kMaxPool, kAveragePool; kPad: its padding
  int groups = 1;                    ///< kConv, kConvTranspose
  int out_pad_h = 0, out_pad_w = 0;  ///< kConvTranspose: rows and columns added behind
  bool count_pad = false;            ///< kAveragePool: padding counts in the divisor
  double alpha = 0.01;               ///< kLeakyRelu, kHardSigmoid, kElu
  double beta = 0;                   ///< kHardSigmoid
  double lo = 0, hi = 0;             ///< kClip; infinite where there is no limit
  double pad_value = 0;              ///< kPad
  double factor = 1;                 ///< kAveragePool and functions of a quantized graph: a constant times the result
  ops::SliceParams slice;            ///< kSlice
  int axis = 2;                      ///< kConcat: 0 rows, 1 columns, 2 channels
  int factor_h = 1, factor_w = 1;    ///< kUpsample
  bool last_index = false;           ///< kArgMax: of equal values the last one
  std::vector<float> slopes;         ///< kPRelu: one a channel, in [0, 1]
  std::vector<float> weights, bias;  ///< operators with weights; real values, dequantized where *_q is there
  QuantData weights_q, bias_q;       ///< empty in a float graph
  bool foldable = false;             ///< a per-channel affine map that onnx_read may fold into its producer
};

struct Graph {
  std::string name;
  std::string file;  ///< where it came from; messages name it
  std::vector<Value> values;
  std::vector<Node> nodes;  ///< topological order
  int input = -1;
  std::vector<int> outputs;                     ///< values, one or more, none twice; in the file's order
  std::map<std::string, std::string> metadata;  ///< the file's metadata_props
  bool amd = false;                             ///< has quantization operators of Vitis AI or Quark

  const Value& in(const Node& n, std::size_t i = 0) const { return values[static_cast<std::size_t>(n.inputs[i])]; }
  const Value& out(const Node& n) const { return values[static_cast<std::size_t>(n.output)]; }
  const Value& value(int i) const { return values[static_cast<std::size_t>(i)]; }
  Value& value(int i) { return values[static_cast<std::size_t>(i)]; }
};

/// For each value: the nodes that read it (indices); being an output counts as one more reader, -1.
std::vector<std::vector<int>> readers_of(const Graph& graph);

/// For each value: the node that makes it, or -1 (the input).
std::vector<int> maker_of(const Graph& graph);

/// kConv, kConvTranspose, kGemm: weights and biases.
bool has_weights(Op op);

/// True when a value of `op` may stay float between this operator and an activation behind it: one int8 operation.
/// (Of additions: not before a leaky one, because they have one multiplier.)
bool fuses_activation(Op op);
/// Activations of the tail: kRelu, kClip, kLeakyRelu, kPRelu. Others are tables (host/model/functions.h).
bool is_activation(Op op);
/// kLeakyRelu and kPRelu: negative values have a multiplier of their own.
bool is_leaky(Op op);
/// kSoftmax, kArgMax: the CPU computes them behind an output; their results are never int8.
bool is_cpu_tail(Op op);
/// Every result is one of the inputs, and the scale is the same: kMaxPool, kFlatten, kUnsqueeze, kSlice, kUpsample.
bool keeps_values(Op op);

/// The output's size, 0 or less where padding leaves nothing.
ops::Shape transposed_out(const Node& conv_transpose, const ops::Shape& in, int channels);

/// Useful multiply-accumulates an image (operators with weights only).
std::int64_t macs_of(const Graph& graph, const Node& node);

/// Drops nodes that do not lead to an output and values nobody uses; keeps the order.
void prune(Graph* graph);

/// Folds nodes marked `foldable` into the operator with weights that makes their input, where nobody else reads it.
void fold_affine(Graph* graph);

}  // namespace e8::model
