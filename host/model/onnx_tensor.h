// ONNX tensors, checked: whatever a file claims, sizes are compared with the bytes that are there.
#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <string>
#include <vector>

namespace e8::model {

/// A constant of a graph. Exactly one of real (float32, and float16 widened) and integer is filled, by `type`.
struct Constant {
  std::vector<std::int64_t> dims;
  onnx::TensorProto::DataType type = onnx::TensorProto::FLOAT;
  std::vector<float> real;
  std::vector<std::int64_t> integer;  ///< int8, uint8, int16, int32, int64, bool
  bool is_real() const { return type == onnx::TensorProto::FLOAT || type == onnx::TensorProto::FLOAT16; }
  std::size_t size() const { return is_real() ? real.size() : integer.size(); }
};

/// Reads `tensor`. `where` (file and tensor name) begins the text of the UserError(106) that damage throws.
Constant read_constant(const onnx::TensorProto& tensor, const std::string& where);

/// Adds a tensor to `graph`'s initializers.
void add_initializer(onnx::GraphProto* graph, const std::string& name, const std::vector<std::int64_t>& dims,
                     const std::vector<float>& values);
void add_initializer_int8(onnx::GraphProto* graph, const std::string& name, const std::vector<std::int64_t>& dims,
                          const std::vector<std::int32_t>& values);
void add_initializer_int32(onnx::GraphProto* graph, const std::string& name, const std::vector<std::int64_t>& dims,
                           const std::vector<std::int32_t>& values);
void add_initializer_int64(onnx::GraphProto* graph, const std::string& name, const std::vector<std::int64_t>& dims,
                           const std::vector<std::int64_t>& values);

}  // namespace e8::model
