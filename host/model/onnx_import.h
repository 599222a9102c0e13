// Inside of onnx_read: what an operator's importer (onnx_ops.h) may ask and tell.
#pragma once

#include <onnx/onnx_pb.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "host/model/graph.h"
#include "host/model/onnx_tensor.h"

namespace e8::model {

/// A constant and, behind DequantizeLinear, the integers it came from (scales run along `axis`).
struct ImportedConstant {
  Constant data;
  QuantData quant;
  int axis = 0;
};

class Importer;

/// One supported operator: a row of the table in onnx_ops.cpp.
struct OpRow {
  const char* type;
  std::vector<std::string> attributes;  ///< the attributes it understands; any other is an error
  std::size_t min_inputs, max_inputs;
  void (*import)(Importer&, const onnx::NodeProto&);
};
const std::vector<OpRow>& op_rows();

class Importer {
 public:
  Importer(const onnx::ModelProto& model, std::string file);
  Graph run();

  int opset() const { return opset_; }

  /// Throws UserError(id) "file: node 'name' (Type): what".
  [[noreturn]] void fail(int id, const onnx::NodeProto& node, const std::string& what) const;

  // Attributes, with defaults; a wrong type is error 105.
  bool has(const onnx::NodeProto& node, const char* name) const;
  std::int64_t integer(const onnx::NodeProto& node, const char* name, std::int64_t otherwise) const;
  double real(const onnx::NodeProto& node, const char* name, double otherwise) const;
  std::string text(const onnx::NodeProto& node, const char* name, const std::string& otherwise) const;
  std::vector<std::int64_t> integers(const onnx::NodeProto& node, const char* name) const;
  std::vector<double> reals(const onnx::NodeProto& node, const char* name) const;
  Constant tensor(const onnx::NodeProto& node, const char* name) const;

  // Inputs.
  bool is_constant(const onnx::NodeProto& node, int i) const;
  bool absent(const onnx::NodeProto& node, int i) const { return i >= node.input_size() || node.input(i).empty(); }
  const ImportedConstant& constant(const onnx::NodeProto& node, int i) const;
  /// The activation behind input i; fails (105) when it is a constant, (109) when it is an undequantized integer.
  int activation(const onnx::NodeProto& node, int i) const;
  int quantized_activation(const onnx::NodeProto& node, int i) const;  ///< made by QuantizeLinear
  int rank(int value) const { return rank_[static_cast<std::size_t>(value)]; }
  const ops::Shape& shape(int value) const { return graph_.value(value).shape; }
  const Value& value(int v) const { return graph_.value(v); }

  // Outputs.
  Node begin(const onnx::NodeProto& node, Op op, std::vector<int> inputs) const;
  /// Adds `n`, its output named after output `i` of `node`. Fails (108) on an empty or too large shape.
  int add(const onnx::NodeProto& node, Node n, ops::Shape shape, int rank, double scale = 0, int i = 0);
  /// Adds `n` where `node` becomes several; its output, which the file does not have, is named output 0 and `suffix`.
  int add_before(const onnx::NodeProto& node, Node n, const std::string& suffix, ops::Shape shape, int rank);
  void alias(const onnx::NodeProto& node, int value) { values_[node.output(0)] = value; }
  void define(const onnx::NodeProto& node, ImportedConstant constant);
  void mark_quantized(const onnx::NodeProto& node) { integers_.insert(node.output(0)); }

 private:
  void check_model();
  void read_initializers();
  void add_input();
  void check_names() const;
  std::vector<int> order() const;
  void import(const onnx::NodeProto& node);
  void finish();
  void add_output(const std::string& name);
  void merge_requantize();
  const onnx::AttributeProto* find(const onnx::NodeProto& node, const char* name,
                                   onnx::AttributeProto::AttributeType type) const;
  int value_named(const onnx::NodeProto& node, int i) const;
  bool is_name(const std::string& name) const;
  int new_value(const std::string& name, ops::Shape shape, int rank, double scale);

  const onnx::ModelProto& model_;
  std::string file_;
  int opset_ = 0;
  Graph graph_;
  std::vector<int> rank_;                              ///< of each value: 4 or 2
  std::map<std::string, int> values_;                  ///< ONNX name to value
  std::set<std::string> integers_;                     ///< names made by QuantizeLinear
  std::map<std::string, ImportedConstant> constants_;  ///< ONNX name to constant
};

}  // namespace e8::model
