#include "tests/host/model/model_builder.h"

namespace e8::model {

onnx::AttributeProto* NodeBuilder::add(const char* name, onnx::AttributeProto::AttributeType type) {
  onnx::AttributeProto* a = node_->add_attribute();
  a->set_name(name);
  a->set_type(type);
  return a;
}

NodeBuilder& NodeBuilder::set(const char* name, std::int64_t value) {
  add(name, onnx::AttributeProto::INT)->set_i(value);
  return *this;
}

NodeBuilder& NodeBuilder::set(const char* name, double value) {
  add(name, onnx::AttributeProto::FLOAT)->set_f(static_cast<float>(value));
  return *this;
}

NodeBuilder& NodeBuilder::set(const char* name, const char* value) {
  add(name, onnx::AttributeProto::STRING)->set_s(value);
  return *this;
}

NodeBuilder& NodeBuilder::set(const char* name, const std::vector<std::int64_t>& values) {
  onnx::AttributeProto* a = add(name, onnx::AttributeProto::INTS);
  for (std::int64_t v : values) a->add_ints(v);
  return *this;
}

NodeBuilder& NodeBuilder::domain(const char* name) {
  node_->set_domain(name);
  return *this;
}

NodeBuilder& NodeBuilder::set_tensor(const char* name, const onnx::TensorProto& tensor) {
  *add(name, onnx::AttributeProto::TENSOR)->mutable_t() = tensor;
  return *this;
}

ModelBuilder::ModelBuilder(const std::vector<std::int64_t>& input, int opset) {
  model_.set_ir_version(7);
  model_.add_opset_import()->set_version(opset);
  onnx::GraphProto* graph = model_.mutable_graph();
  graph->set_name("test");
  onnx::ValueInfoProto* x = graph->add_input();
  x->set_name("x");
  auto* type = x->mutable_type()->mutable_tensor_type();
  type->set_elem_type(onnx::TensorProto::FLOAT);
  for (std::int64_t d : input) type->mutable_shape()->add_dim()->set_dim_value(d);
  output("y");
}

NodeBuilder ModelBuilder::node(const char* type, const std::vector<std::string>& inputs, const std::string& output) {
  onnx::NodeProto* node = model_.mutable_graph()->add_node();
  node->set_op_type(type);
  node->set_name("the " + output);
  for (const std::string& input : inputs) node->add_input(input);
  node->add_output(output);
  return NodeBuilder(node);
}

ModelBuilder& ModelBuilder::real(const std::string& name, const std::vector<std::int64_t>& dims,
                                 const std::vector<float>& values) {
  add_initializer(model_.mutable_graph(), name, dims, values);
  return *this;
}

ModelBuilder& ModelBuilder::int8(const std::string& name, const std::vector<std::int64_t>& dims,
                                 const std::vector<std::int32_t>& values) {
  add_initializer_int8(model_.mutable_graph(), name, dims, values);
  return *this;
}

ModelBuilder& ModelBuilder::uint8(const std::string& name, const std::vector<std::int64_t>& dims,
                                  const std::vector<std::int32_t>& values) {
  onnx::TensorProto* tensor = model_.mutable_graph()->add_initializer();
  tensor->set_name(name);
  tensor->set_data_type(onnx::TensorProto::UINT8);
  for (const std::int64_t d : dims) tensor->add_dims(d);
  for (const std::int32_t v : values) tensor->add_int32_data(v);
  return *this;
}

ModelBuilder& ModelBuilder::input_type(onnx::TensorProto::DataType type) {
  model_.mutable_graph()->mutable_input(0)->mutable_type()->mutable_tensor_type()->set_elem_type(type);
  return *this;
}

ModelBuilder& ModelBuilder::int32(const std::string& name, const std::vector<std::int64_t>& dims,
                                  const std::vector<std::int32_t>& values) {
  add_initializer_int32(model_.mutable_graph(), name, dims, values);
  return *this;
}

ModelBuilder& ModelBuilder::int64(const std::string& name, const std::vector<std::int64_t>& values) {
  onnx::TensorProto* tensor = model_.mutable_graph()->add_initializer();
  tensor->set_name(name);
  tensor->set_data_type(onnx::TensorProto::INT64);
  tensor->add_dims(static_cast<std::int64_t>(values.size()));
  for (std::int64_t v : values) tensor->add_int64_data(v);
  return *this;
}

ModelBuilder& ModelBuilder::quantized(const std::string& from, const std::string& to, float scale) {
  real(to + "_scale", {}, {scale}).int8(to + "_zero", {}, {0});
  node("QuantizeLinear", {from, to + "_scale", to + "_zero"}, to + "_int");
  node("DequantizeLinear", {to + "_int", to + "_scale", to + "_zero"}, to);
  return *this;
}

ModelBuilder& ModelBuilder::add_output(const std::string& name) {
  model_.mutable_graph()->add_output()->set_name(name);
  return *this;
}

ModelBuilder& ModelBuilder::output(const std::string& name) {
  model_.mutable_graph()->clear_output();
  onnx::ValueInfoProto* y = model_.mutable_graph()->add_output();
  y->set_name(name);
  y->mutable_type()->mutable_tensor_type()->set_elem_type(onnx::TensorProto::FLOAT);
  return *this;
}

std::vector<float> ramp(std::size_t count, float step) {
  std::vector<float> v(count);
  for (std::size_t i = 0; i < count; ++i) v[i] = step * static_cast<float>(i + 1);
  return v;
}

}  // namespace e8::model
