// Inside of onnx_write: the writer's frame (onnx_write.cpp) and its operators (onnx_write_ops.cpp).
#pragma once

#include <onnx/onnx_pb.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "host/model/graph.h"

namespace e8::model {

using Ints = std::vector<std::int64_t>;

void set_int(onnx::NodeProto* node, const char* name, std::int64_t value);

/// Tensor names of a value: what its maker writes, and what its readers read.
struct Names {
  std::string made, quantized, read;
};

class Writer {
 public:
  explicit Writer(const Graph& graph) : graph_(graph), maker_(maker_of(graph)) {}
  onnx::ModelProto run();

 private:
  void name_values();
  Names names_of(int value);
  std::string unique(const std::string& name);
  int input_rank() const;
  void set_ranks();
  void set_type(int value, onnx::ValueInfoProto* info) const;
  void write_node(const Node& n);
  void add_node(const Node& n);
  void add_conv(const Node& n);
  void add_conv_transpose(const Node& n);
  void add_gemm(const Node& n);
  void add_clip(const Node& n);
  void add_average_pool(const Node& n);
  void add_prelu(const Node& n);
  void add_hard_sigmoid(const Node& n);
  void add_pad(const Node& n);
  void add_arg_max(const Node& n);
  void add_slice(const Node& n);
  void add_resize(const Node& n);
  void add_integers(onnx::NodeProto* reader, const std::string& name, const Ints& values);
  void write_quantization(int value);
  onnx::NodeProto* begin(const char* type, const std::string& name, const std::string& output);
  onnx::NodeProto* begin(const char* type, const Node& n);
  void add_weights(const Node& n, onnx::NodeProto* node);
  void add_bias(const Node& n, onnx::NodeProto* node);
  void add_normalization(const Node& n);
  void add_constant(onnx::NodeProto* reader, const std::string& name, const Ints& dims, const std::vector<float>& real,
                    const QuantData& stored, int axis = 0);
  std::string scalar(const std::string& name, float value);
  const std::string& zero_point(int value);
  const Names& names(int value) const { return names_[static_cast<std::size_t>(value)]; }

  const Graph& graph_;
  const std::vector<int> maker_;
  onnx::ModelProto model_;
  onnx::GraphProto* to_ = nullptr;
  std::vector<Names> names_;                ///< of each value
  std::vector<int> rank_;                   ///< of each value: 4 or 2
  std::set<std::string> tensors_, nodes_;   ///< names in use
  std::map<int, std::string> zero_points_;  ///< int8 constants that activations share
};

}  // namespace e8::model
