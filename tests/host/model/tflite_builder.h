// Writes TFLite models for tests: a small FlatBuffers encoder and the parts of the schema that the reader reads.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "host/model/tflite_model.h"

namespace e8::test {

using model::tflite::Builtin;
using model::tflite::Type;

/// A constant or activation; change any field before bytes().
struct TfliteTensor {
  std::string name;
  std::vector<std::int32_t> shape;
  Type type = Type::kInt8;
  std::string data;  ///< bytes of a constant
  std::vector<float> scales;
  std::vector<std::int64_t> zero_points;
  std::int32_t channel_dim = 0;
  bool variable = false;
};

struct TfliteOperator {
  Builtin code;
  std::vector<std::int32_t> inputs, outputs;
  std::map<int, std::int8_t> byte_options;   ///< by field
  std::map<int, std::int32_t> word_options;  ///< by field
  std::map<int, float> float_options;        ///< by field
};

/// Tensors in order of addition; the first is the input, the last written one the output.
class TfliteBuilder {
 public:
  std::vector<TfliteTensor> tensors;
  std::vector<TfliteOperator> operators;
  std::vector<std::int32_t> inputs{0}, outputs;
  std::uint32_t version = 3;
  int subgraphs = 1;

  int activation(std::vector<std::int32_t> shape, float scale, int zero_point);
  /// Weights with a scale a channel, or one.
  int weights(std::vector<std::int32_t> shape, const std::vector<std::int8_t>& values, std::vector<float> scales,
              int channel_dim);
  int words(std::vector<std::int32_t> shape, const std::vector<std::int32_t>& values);
  TfliteOperator& op(Builtin code, std::vector<std::int32_t> inputs, int output);

  std::string bytes() const;
};

}  // namespace e8::test
