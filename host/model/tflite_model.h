// A .tflite file as it is stored: tensors and operators of its one subgraph, checked for structure, not yet understood.
//
// Field numbers are those of TensorFlow Lite's schema.fbs, version 3, which only ever appends.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/model/flatbuffer.h"

namespace e8::model::tflite {

enum class Type : std::int8_t { kFloat32 = 0, kInt32 = 2, kUint8 = 3, kInt64 = 4, kInt16 = 7, kInt8 = 9 };
/// "INT8", or "type 17".
std::string type_name(Type type);

/// The operators that are understood.
enum class Builtin : std::int32_t {
  kAdd = 0,
  kAveragePool2d = 1,
  kConv2d = 3,
  kDepthwiseConv2d = 4,
  kDequantize = 6,
  kFullyConnected = 9,
  kMaxPool2d = 17,
  kReshape = 22,
  kSoftmax = 25,
  kPad = 34,
  kQuantize = 114,
};
/// The schema's name of any operator, or "builtin operator 200".
std::string builtin_name(std::int32_t code);

struct Tensor {
  int index = 0;
  std::string name;  ///< printable, and unique in the model
  std::vector<std::int32_t> shape;
  Type type = Type::kFloat32;
  std::string_view data;        ///< of a constant; empty otherwise
  flat::Numbers<float> scales;  ///< empty: not quantized
  flat::Numbers<std::int64_t> zero_points;
  std::int32_t channel_dim = 0;  ///< of more than one scale
};

struct Operator {
  int index = 0;
  std::int32_t code = 0;             ///< a Builtin, if it is one of them
  std::string name;                  ///< "CONV_2D", "custom operator X"
  std::vector<std::int32_t> inputs;  ///< tensors; -1 where an optional one is left out
  std::vector<std::int32_t> outputs;
  std::optional<flat::Table> options;

  /// A field of the options, or its default.
  template <typename T>
  T option(int field, T otherwise) const {
    return options ? options->number<T>(field, otherwise) : otherwise;
  }
};

struct Model {
  std::string file;
  std::vector<Tensor> tensors;
  std::vector<Operator> operators;
  int input = 0, output = 0;
};

/// Bytes 4 to 7 of every TFLite model.
constexpr std::string_view kIdentifier = "TFL3";

/// Throws UserError 140 (no TFLite model, or damaged) and 141 (not one subgraph with one input and one output; sizes
/// beyond sense). The model points into `buffer`.
Model parse(const flat::Buffer& buffer);

}  // namespace e8::model::tflite
