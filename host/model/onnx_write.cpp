// Nodes, then for each quantized tensor a pair QuantizeLinear, DequantizeLinear that all its readers read.
#include "host/model/onnx_write.h"

#include <algorithm>
#include <set>
#include <stdexcept>

#include "host/model/error.h"
#include "host/model/files.h"
#include "host/model/functions.h"
#include "host/model/onnx_tensor.h"
#include "host/model/onnx_writer.h"

namespace e8::model {

namespace {

float exact(double scale) {
  const auto rounded = static_cast<float>(scale);
  if (double{rounded} != scale || !(scale > 0)) throw std::invalid_argument("to_onnx: a scale is no float32 value");
  return rounded;
}

bool keeps_rank(const Node& n) {
  return is_activation(n.op) || is_function(n.op) || n.op == Op::kAdd || n.op == Op::kSub || n.op == Op::kMul ||
         n.op == Op::kArgMax || n.op == Op::kConcat || n.op == Op::kSlice || n.op == Op::kRequantize || n.foldable;
}

}  // namespace

void set_int(onnx::NodeProto* node, const char* name, std::int64_t value) {
  onnx::AttributeProto* a = node->add_attribute();
  a->set_name(name);
  a->set_type(onnx::AttributeProto::INT);
  a->set_i(value);
}

std::string Writer::unique(const std::string& name) {
  std::string free = name.empty() ? "tensor" : name;
  for (int i = 1; !tensors_.insert(free).second; ++i) free = name + "_" + std::to_string(i);
  return free;
}

Names Writer::names_of(int v) {
  const Value& value = graph_.value(v);
  if (!value.quantized()) return {value.name, "", value.name};
  const int maker = maker_[static_cast<std::size_t>(v)];
  const bool requantized = maker >= 0 && graph_.nodes[static_cast<std::size_t>(maker)].op == Op::kRequantize;
  const bool output = std::count(graph_.outputs.begin(), graph_.outputs.end(), v) > 0;
  Names n;
  n.made = output && !requantized ? unique(value.name + "_float") : value.name;
  n.quantized = requantized && !output ? value.name : unique(value.name + "_quantized");
  n.read = output ? value.name : unique(value.name + "_dequantized");
  return n;
}

void Writer::name_values() {
  for (const Value& v : graph_.values)
    if (!tensors_.insert(v.name).second) throw std::invalid_argument("to_onnx: two values are named '" + v.name + "'");
  for (std::size_t v = 0; v < graph_.values.size(); ++v) names_.push_back(names_of(static_cast<int>(v)));
}

// [N, K] when a Gemm, Softmax or Unsqueeze reads it through operators that keep the rank, else [N, C, H, W].
int Writer::input_rank() const {
  std::vector<bool> like_input(graph_.values.size(), false);
  like_input[static_cast<std::size_t>(graph_.input)] = true;
  for (const Node& n : graph_.nodes) {
    const bool reads =
        std::any_of(n.inputs.begin(), n.inputs.end(), [&](int v) { return like_input[static_cast<std::size_t>(v)]; });
    if (reads && (n.op == Op::kGemm || n.op == Op::kSoftmax || n.op == Op::kUnsqueeze)) return 2;
    like_input[static_cast<std::size_t>(n.output)] = reads && keeps_rank(n);
  }
  return 4;
}

void Writer::set_ranks() {
  rank_.assign(graph_.values.size(), 0);
  rank_[static_cast<std::size_t>(graph_.input)] = input_rank();
  for (const Node& n : graph_.nodes) {
    const bool vector = n.op == Op::kFlatten || n.op == Op::kGemm || n.op == Op::kSoftmax;
    const int of_input = rank_[static_cast<std::size_t>(n.inputs[0])];
    rank_[static_cast<std::size_t>(n.output)] = keeps_rank(n) ? of_input : vector ? 2 : 4;
  }
}

void Writer::set_type(int value, onnx::ValueInfoProto* info) const {
  const ops::Shape& s = graph_.value(value).shape;
  auto* type = info->mutable_type()->mutable_tensor_type();
  const int maker = maker_[static_cast<std::size_t>(value)];
  const bool index = maker >= 0 && graph_.nodes[static_cast<std::size_t>(maker)].op == Op::kArgMax;
  type->set_elem_type(index ? onnx::TensorProto::INT64 : onnx::TensorProto::FLOAT);
  type->mutable_shape()->add_dim()->set_dim_param("N");
  const Ints dims = rank_[static_cast<std::size_t>(value)] == 2 ? Ints{s.c} : Ints{s.c, s.h, s.w};
  for (std::int64_t d : dims) type->mutable_shape()->add_dim()->set_dim_value(d);
}

onnx::NodeProto* Writer::begin(const char* type, const std::string& name, const std::string& output) {
  onnx::NodeProto* node = to_->add_node();
  node->set_op_type(type);
  std::string free = name;
  for (int i = 1; !nodes_.insert(free).second; ++i) free = name + "_" + std::to_string(i);
  node->set_name(free);
  node->add_output(output);
  return node;
}

onnx::NodeProto* Writer::begin(const char* type, const Node& n) {
  onnx::NodeProto* node = begin(type, n.name, names(n.output).made);
  for (int v : n.inputs) node->add_input(names(v).read);
  return node;
}

std::string Writer::scalar(const std::string& name, float value) {
  const std::string tensor = unique(name);
  add_initializer(to_, tensor, {}, {value});
  return tensor;
}

const std::string& Writer::zero_point(int value) {
  std::string& name = zero_points_[value];
  if (name.empty()) {
    name = unique("zero_point");
    add_initializer_int8(to_, name, {}, {value});
  }
  return name;
}

// Real values as they are; stored integers behind a DequantizeLinear.
void Writer::add_constant(onnx::NodeProto* reader, const std::string& name, const Ints& dims,
                          const std::vector<float>& real, const QuantData& stored, int axis) {
  const std::string tensor = unique(name);
  reader->add_input(tensor);
  if (stored.empty()) return add_initializer(to_, tensor, dims, real);
  if (stored.values.size() != real.size()) throw std::invalid_argument("to_onnx: '" + name + "' lacks stored integers");
  const bool per_channel = stored.scales.size() != 1;
  const Ints along = per_channel ? Ints{static_cast<std::int64_t>(stored.scales.size())} : Ints{};
  const std::vector<std::int32_t> zeros(stored.scales.size(), 0);
  std::vector<float> scales;
  for (double s : stored.scales) scales.push_back(exact(s));
  const std::string integers = unique(name + "_quantized"), scale = unique(name + "_scale"),
                    zero = unique(name + "_zero_point");
  const auto add_integers = stored.bits == 8 ? add_initializer_int8 : add_initializer_int32;
  add_integers(to_, integers, dims, stored.values);
  add_initializer(to_, scale, along, scales);
  add_integers(to_, zero, along, zeros);
  onnx::NodeProto* node = begin("DequantizeLinear", name + "_DequantizeLinear", tensor);
  for (const std::string& input : {integers, scale, zero}) node->add_input(input);
  if (per_channel) set_int(node, "axis", axis);
}

// The DequantizeLinear nodes of its constants must stand before a node, so it moves behind them.
void Writer::write_node(const Node& n) {
  const int first = to_->node_size();
  add_node(n);
  const int second = std::min(first + 1, to_->node_size());
  auto* nodes = to_->mutable_node();
  std::rotate(nodes->pointer_begin() + first, nodes->pointer_begin() + second, nodes->pointer_end());
  if (n.factor == 1) return;
  const std::string unscaled = unique(names(n.output).made + "_unscaled");
  to_->mutable_node(to_->node_size() - 1)->set_output(0, unscaled);
  onnx::NodeProto* product = begin("Mul", n.name + "_factor", names(n.output).made);
  product->add_input(unscaled);
  product->add_input(scalar(n.name + ".factor", static_cast<float>(n.factor)));
}

void Writer::write_quantization(int v) {
  const Value& value = graph_.value(v);
  if (!value.quantized()) return;
  const Names& n = names(v);
  const int maker = maker_[static_cast<std::size_t>(v)];
  const Node* made_by = maker < 0 ? nullptr : &graph_.nodes[static_cast<std::size_t>(maker)];
  const bool requantized = made_by != nullptr && made_by->op == Op::kRequantize;
  const std::string scale = scalar(value.name + "_scale", exact(value.scale));
  onnx::NodeProto* quantize =
      begin("QuantizeLinear", requantized ? made_by->name : value.name + "_QuantizeLinear", n.quantized);
  quantize->add_input(requantized ? names(made_by->inputs[0]).read : n.made);
  onnx::NodeProto* dequantize = begin("DequantizeLinear", value.name + "_DequantizeLinear", n.read);
  dequantize->add_input(n.quantized);
  for (onnx::NodeProto* node : {quantize, dequantize}) {
    node->add_input(scale);
    node->add_input(zero_point(value.zero_point));
  }
}

onnx::ModelProto Writer::run() {
  model_.set_ir_version(kWrittenIr);
  model_.set_producer_name("exact8");
  const bool swish =
      std::any_of(graph_.nodes.begin(), graph_.nodes.end(), [](const Node& n) { return n.op == Op::kHardSwish; });
  model_.add_opset_import()->set_version(swish ? kHardSwishOpset : kWrittenOpset);
  for (const auto& [key, text] : graph_.metadata) {
    auto* entry = model_.add_metadata_props();
    entry->set_key(key);
    entry->set_value(text);
  }
  to_ = model_.mutable_graph();
  to_->set_name(graph_.name.empty() ? "graph" : graph_.name);
  name_values();
  set_ranks();
  onnx::ValueInfoProto* input = to_->add_input();
  input->set_name(graph_.value(graph_.input).name);
  set_type(graph_.input, input);
  write_quantization(graph_.input);
  for (const Node& n : graph_.nodes) {
    write_node(n);
    write_quantization(n.output);
  }
  for (const int v : graph_.outputs) {
    onnx::ValueInfoProto* output = to_->add_output();
    output->set_name(names(v).read);
    set_type(v, output);
  }
  return std::move(model_);
}

onnx::ModelProto to_onnx(const Graph& graph) { return Writer(graph).run(); }

void write_onnx(const Graph& graph, const std::string& path) {
  std::string bytes;
  if (!to_onnx(graph).SerializeToString(&bytes))
    throw UserError(130, path + ": the model is larger than 2 GiB, which ONNX files cannot be; split it");
  write_file(path, bytes, 130);
}

}  // namespace e8::model
