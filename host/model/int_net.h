// The integer network: what quantization fixed, once, and what every machine must compute byte for byte.
//
// Made by lower() (host/model/lower.h) from a quantized graph, or read from TFLite (host/model/tflite_read.h); run by
// host/model/golden (emu/ops) and compiled by host/compile. One image at a time; tensors are [h][w][c] int8
// (emu/ops/params.h).
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "emu/ops/params.h"

namespace e8::model {

/// Meaning of a tensor's integers: real = (q - zero_point) * scale.
struct IntTensor {
  std::string name;  ///< the file's name for it
  ops::Shape shape;
  double scale = 1.0;
  int zero_point = 0;
};

using IntParams = std::variant<ops::ConvParams, ops::DeconvParams, ops::MaxPoolParams, ops::AvgPoolParams,
                               ops::AddParams, ops::MulParams, ops::TableParams, ops::UpsampleParams, ops::ConcatParams,
                               ops::PadParams, ops::SliceParams, ops::RequantParams>;

struct IntNode {
  std::string name;         ///< the file's node, or TFLite's operator and its number; errors and reports use it
  std::vector<int> inputs;  ///< tensor indices
  int output = -1;
  IntParams params;
};

/// What stays on the CPU behind an output tensor: probabilities of its dequantized values, or the channel of the
/// largest one of each pixel, the first or the last of equal ones.
enum class CpuTail { kNone, kSoftmax, kArgmaxFirst, kArgmaxLast };

struct IntOutput {
  int tensor = -1;
  CpuTail tail = CpuTail::kNone;
};

/// How a picture becomes the input tensor; stored in the quantized file's metadata and checked at run time.
/// The picture is resized (host/model/resize.h), its middle cut out, and must then be h x w; x = (pixel / 255 -
/// mean[c]) / std[c], then quantized with the input tensor's scale and `round`.
struct Preprocess {
  int h = 0, w = 0, c = 0;           ///< picture size the network expects; 0: not known how, only arrays are taken
  std::vector<double> mean, stddev;  ///< one a channel
  std::string round = "half_even";   ///< half_up, half_away, half_even, trunc
  std::vector<int> resize = {};      ///< none; {n}: the shorter side to n, the other in proportion; {h, w}
  bool crop = false;                 ///< larger pictures: h x w of the middle
  bool bgr = false;                  ///< the network's channels are blue, green, red
};

struct IntNet {
  std::string name, scheme;  ///< scheme: dpu, scaled or tflite
  std::string tie;           ///< half_up, half_away, half_even, double_round: named in every artefact
  std::vector<IntTensor> tensors;
  std::vector<IntNode> nodes;  ///< topological order
  int input = -1;
  std::vector<IntOutput> outputs;  ///< one or more, in the file's order
  Preprocess preprocess;
  std::vector<std::string> labels;  ///< class names, may be empty
};

}  // namespace e8::model
