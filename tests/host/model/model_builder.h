// ONNX models built in code, for the reader's tests.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/model/onnx_read.h"
#include "host/model/onnx_tensor.h"

namespace e8::model {

/// A node whose attributes are added by chained calls.
class NodeBuilder {
 public:
  explicit NodeBuilder(onnx::NodeProto* node) : node_(node) {}
  NodeBuilder& set(const char* name, std::int64_t value);
  NodeBuilder& set(const char* name, double value);
  NodeBuilder& set(const char* name, const char* value);
  NodeBuilder& set(const char* name, const std::vector<std::int64_t>& values);
  NodeBuilder& domain(const char* name);
  NodeBuilder& set_tensor(const char* name, const onnx::TensorProto& tensor);
  onnx::NodeProto* proto() { return node_; }

 private:
  onnx::AttributeProto* add(const char* name, onnx::AttributeProto::AttributeType type);
  onnx::NodeProto* node_;
};

/// One input "x", one output "y" unless said.
class ModelBuilder {
 public:
  explicit ModelBuilder(const std::vector<std::int64_t>& input, int opset = 13);
  NodeBuilder node(const char* type, const std::vector<std::string>& inputs, const std::string& output = "y");
  ModelBuilder& real(const std::string& name, const std::vector<std::int64_t>& dims, const std::vector<float>& values);
  ModelBuilder& int8(const std::string& name, const std::vector<std::int64_t>& dims,
                     const std::vector<std::int32_t>& values);
  ModelBuilder& uint8(const std::string& name, const std::vector<std::int64_t>& dims,
                      const std::vector<std::int32_t>& values);
  ModelBuilder& int32(const std::string& name, const std::vector<std::int64_t>& dims,
                      const std::vector<std::int32_t>& values);
  ModelBuilder& int64(const std::string& name, const std::vector<std::int64_t>& values);
  /// `from` through QuantizeLinear and DequantizeLinear to int8 of `scale`, as `to`.
  ModelBuilder& quantized(const std::string& from, const std::string& to, float scale);
  ModelBuilder& output(const std::string& name);
  ModelBuilder& add_output(const std::string& name);
  /// The input is integers of this type.
  ModelBuilder& input_type(onnx::TensorProto::DataType type);
  onnx::ModelProto& proto() { return model_; }
  Graph read() const { return read_onnx(model_, "test.onnx"); }

 private:
  onnx::ModelProto model_;
};

/// 1, 2, 3, ... times `step`.
std::vector<float> ramp(std::size_t count, float step = 1.0F);

/// Id of the UserError that `call` throws, 0 when it throws none; its text goes to `message`.
template <typename Call>
int error_id(Call call, std::string* message = nullptr);

}  // namespace e8::model

#include "host/model/error.h"

template <typename Call>
int e8::model::error_id(Call call, std::string* message) {
  try {
    call();
  } catch (const UserError& e) {
    if (message != nullptr) *message = e.what();
    return e.id();
  }
  return 0;
}
