// Quantized networks as onnxruntime's tools write them, in both of their forms from the same numbers.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/host/model/model_builder.h"

namespace e8::model {

enum class Form { kQdq, kQOperator };

/// Scale and zero point of a uint8 tensor.
struct UintGrid {
  float scale;
  int zero;
};

/// Tensors are named by the caller; "<name>_q" is the integers, "<name>_s" and "<name>_z" their grid. Input "x".
class QuantizedModel {
 public:
  QuantizedModel(Form form, const std::vector<std::int64_t>& input, UintGrid grid);

  /// Weights int8 [cout][cin/groups][kh][kw], one scale an output channel; bias int32.
  NodeBuilder conv(const std::string& x, const std::string& y, const std::vector<std::int64_t>& dims,
                   const std::vector<std::int32_t>& weights, const std::vector<float>& scales,
                   const std::vector<std::int32_t>& bias, UintGrid grid);
  /// Weights int8 [in][out], one scale an output channel.
  void matmul(const std::string& x, const std::string& y, const std::vector<std::int64_t>& dims,
              const std::vector<std::int32_t>& weights, const std::vector<float>& scales, UintGrid grid);
  /// `type` (Add, Concat, Sigmoid, ...), "QLinear" before it in QOperator form.
  NodeBuilder op(const std::string& type, const std::vector<std::string>& inputs, const std::string& y, UintGrid grid);
  /// An operator that moves values: on integers in QOperator form, between DequantizeLinear and QuantizeLinear in QDQ.
  NodeBuilder move(const std::string& type, const std::string& x, const std::vector<std::string>& constants,
                   const std::string& y, UintGrid grid);
  /// Dequantizes `y` as the model's output.
  ModelBuilder& finish(const std::string& y);
  ModelBuilder& builder() { return b_; }

 private:
  void dequantize(const std::string& name);
  void set_grid(const std::string& name, UintGrid grid);
  bool qdq() const { return form_ == Form::kQdq; }

  Form form_;
  ModelBuilder b_;
  std::map<std::string, UintGrid> grids_;
};

/// Asymmetric grids everywhere: convolutions (stride, padding, groups, a scale a channel), addition, concatenation of
/// three grids, LeakyRelu, Sigmoid, both poolings, moved integers, a matrix. Input [1][3][h][w]; h, w >= 8.
ModelBuilder every_operator(Form form, int h, int w);

}  // namespace e8::model
