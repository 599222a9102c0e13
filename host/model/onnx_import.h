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

/// What an operator does with a tensor that no DequantizeLinear has made float.
enum class Integers { kRefused, kMoved };

/// One supported operator: a row of one of the tables below.
struct OpRow {
  const char* type;
  std::vector<std::string> attributes;  ///< the attributes it understands; any other is an error
  std::size_t min_inputs, max_inputs;
  void (*import)(Importer&, const onnx::NodeProto&);
  Integers integers = Integers::kRefused;
};
const std::vector<OpRow>& op_rows();       ///< ONNX, but for its quantized operators: onnx_ops.cpp
const std::vector<OpRow>& qlinear_rows();  ///< quantized operators, ONNX's and com.microsoft's: onnx_ops_qlinear.cpp
const std::vector<OpRow>& amd_rows();      ///< Vitis AI's and Quark's: onnx_ops_amd.cpp

bool default_domain(const std::string& domain);
bool amd_domain(const std::string& domain);

/// Scale and zero point of an activation, the latter as int8.
struct Grid {
  double scale = 0;
  int zero_point = 0;
};

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
  int quantized_activation(const onnx::NodeProto& node, int i) const;  ///< integers, not yet dequantized
  /// INT8 or UINT8, of such integers.
  onnx::TensorProto::DataType integer_type(const onnx::NodeProto& node, int i) const;
  int rank(int value) const { return rank_[static_cast<std::size_t>(value)]; }
  const ops::Shape& shape(int value) const { return graph_.value(value).shape; }
  const Value& value(int v) const { return graph_.value(v); }

  // Outputs.
  Node begin(const onnx::NodeProto& node, Op op, std::vector<int> inputs) const;
  /// Adds `n`, its output named after output `i` of `node`. Fails (108) on an empty or too large shape.
  int add(const onnx::NodeProto& node, Node n, ops::Shape shape, int rank, int i = 0);
  /// Adds `n` where `node` becomes several; its output, which the file does not have, is named output 0 and `suffix`.
  int add_before(const onnx::NodeProto& node, Node n, const std::string& suffix, ops::Shape shape, int rank);
  void alias(const onnx::NodeProto& node, int value) { values_[node.output(0)] = value; }
  void define(const onnx::NodeProto& node, ImportedConstant constant);
  void define(const std::string& name, ImportedConstant constant) { constants_[name] = std::move(constant); }
  void set_grid(int value, const Grid& grid);
  /// The output of `node` is integers of this type, which must be dequantized before they are computed with.
  void mark_quantized(const onnx::NodeProto& node, onnx::TensorProto::DataType type) {
    integers_[node.output(0)] = type;
  }
  bool is_quantized_output(const onnx::NodeProto& node) const { return integers_.count(node.output(0)) > 0; }

  // Operators that are written as several (onnx_read_quant.cpp).
  /// Imports `part` as a part of `whole`, which messages name.
  void expand(const onnx::NodeProto& whole, const onnx::NodeProto& part);
  std::string fresh(const std::string& name) const;  ///< a name that the file does not use
  /// The integers made by `node` get the name that the file has for them.
  void name_after(const onnx::NodeProto& node, const std::string& made);
  void mark_amd() { graph_.amd = true; }
  /// Input i is [N,H,W,C] in the file.
  bool channels_last(const onnx::NodeProto& node, int i) const {
    return !absent(node, i) && channels_last_.count(node.input(i)) > 0;
  }
  void mark_channels_last(const onnx::NodeProto& node) { channels_last_.insert(node.output(0)); }

 private:
  void check_model();
  void read_initializers();
  void add_input();
  void check_names() const;
  std::vector<int> order() const;
  const OpRow& row_of(const onnx::NodeProto& node) const;
  bool input_is_channels_last(const std::string& name) const;
  bool keep_channels_last(const onnx::NodeProto& node);
  void import(const onnx::NodeProto& node);
  void move_integers(const onnx::NodeProto& node);
  void finish();
  void add_output(const std::string& name);
  void merge_requantize();
  void fold_constants();
  bool fold_constant(const Node& affine, Node* first) const;
  void find_amd();
  const onnx::AttributeProto* find(const onnx::NodeProto& node, const char* name,
                                   onnx::AttributeProto::AttributeType type) const;
  int value_named(const onnx::NodeProto& node, int i) const;
  bool is_name(const std::string& name) const;
  int new_value(const std::string& name, ops::Shape shape, int rank);

  const onnx::ModelProto& model_;
  std::string file_;
  int opset_ = 0;
  Graph graph_;
  std::vector<int> rank_;                                        ///< of each value: 4 or 2
  std::map<std::string, int> values_;                            ///< ONNX name to value
  std::map<std::string, onnx::TensorProto::DataType> integers_;  ///< names of integers: INT8 or UINT8
  std::set<std::string> channels_last_;                          ///< names whose dimensions are [N,H,W,C]
  std::map<std::string, ImportedConstant> constants_;            ///< ONNX name to constant
  const onnx::NodeProto* whole_ = nullptr;                       ///< the file's node whose part is imported
  bool moving_ = false;                                          ///< an operator that only moves integers is imported
};

}  // namespace e8::model
