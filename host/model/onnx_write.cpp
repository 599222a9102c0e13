// Nodes, then for each quantized tensor a pair QuantizeLinear, DequantizeLinear that all its readers read.
#include "host/model/onnx_write.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <stdexcept>

#include "host/model/error.h"
#include "host/model/files.h"
#include "host/model/onnx_tensor.h"

namespace e8::model {

namespace {

using Ints = std::vector<std::int64_t>;

float exact(double scale) {
  const auto rounded = static_cast<float>(scale);
  if (double{rounded} != scale || !(scale > 0)) throw std::invalid_argument("to_onnx: a scale is no float32 value");
  return rounded;
}

void set_int(onnx::NodeProto* node, const char* name, std::int64_t value) {
  onnx::AttributeProto* a = node->add_attribute();
  a->set_name(name);
  a->set_type(onnx::AttributeProto::INT);
  a->set_i(value);
}

void set_real(onnx::NodeProto* node, const char* name, double value) {
  onnx::AttributeProto* a = node->add_attribute();
  a->set_name(name);
  a->set_type(onnx::AttributeProto::FLOAT);
  a->set_f(static_cast<float>(value));
}

void set_ints(onnx::NodeProto* node, const char* name, const Ints& values) {
  onnx::AttributeProto* a = node->add_attribute();
  a->set_name(name);
  a->set_type(onnx::AttributeProto::INTS);
  for (std::int64_t v : values) a->add_ints(v);
}

void set_window(onnx::NodeProto* node, const ops::Window& w, bool dilated) {
  set_ints(node, "kernel_shape", {w.kh, w.kw});
  set_ints(node, "strides", {w.sh, w.sw});
  set_ints(node, "pads", {w.top, w.left, w.bottom, w.right});
  if (dilated) set_ints(node, "dilations", {w.dh, w.dw});
}

bool keeps_rank(const Node& n) {
  return is_activation(n.op) || n.op == Op::kAdd || n.op == Op::kRequantize || n.foldable;
}

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
  void add_gemm(const Node& n);
  void add_clip(const Node& n);
  void add_average_pool(const Node& n);
  void write_quantization(int value);
  onnx::NodeProto* begin(const char* type, const std::string& name, const std::string& output);
  onnx::NodeProto* begin(const char* type, const Node& n);
  void add_weights(const Node& n, onnx::NodeProto* node);
  void add_normalization(const Node& n);
  void add_constant(onnx::NodeProto* reader, const std::string& name, const Ints& dims, const std::vector<float>& real,
                    const QuantData& stored);
  std::string scalar(const std::string& name, float value);
  const std::string& zero_point();
  const Names& names(int value) const { return names_[static_cast<std::size_t>(value)]; }

  const Graph& graph_;
  const std::vector<int> maker_;
  onnx::ModelProto model_;
  onnx::GraphProto* to_ = nullptr;
  std::vector<Names> names_;               ///< of each value
  std::vector<int> rank_;                  ///< of each value: 4 or 2
  std::set<std::string> tensors_, nodes_;  ///< names in use
  std::string zero_point_;                 ///< the int8 zero that all activations share
};

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
  const bool output = v == graph_.output;
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

// [N, K] when a Gemm or Softmax reads it through operators that keep the rank, else [N, C, H, W].
int Writer::input_rank() const {
  std::vector<bool> like_input(graph_.values.size(), false);
  like_input[static_cast<std::size_t>(graph_.input)] = true;
  for (const Node& n : graph_.nodes) {
    const bool reads =
        std::any_of(n.inputs.begin(), n.inputs.end(), [&](int v) { return like_input[static_cast<std::size_t>(v)]; });
    if (reads && (n.op == Op::kGemm || n.op == Op::kSoftmax)) return 2;
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
  type->set_elem_type(onnx::TensorProto::FLOAT);
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

const std::string& Writer::zero_point() {
  if (zero_point_.empty()) {
    zero_point_ = unique("zero_point");
    add_initializer_int8(to_, zero_point_, {}, {0});
  }
  return zero_point_;
}

// Real values as they are; stored integers behind a DequantizeLinear.
void Writer::add_constant(onnx::NodeProto* reader, const std::string& name, const Ints& dims,
                          const std::vector<float>& real, const QuantData& stored) {
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
  if (per_channel) set_int(node, "axis", 0);
}

void Writer::add_weights(const Node& n, onnx::NodeProto* node) {
  const auto cout = static_cast<std::int64_t>(n.bias.size());
  const std::int64_t depth =
      n.op == Op::kGemm ? static_cast<std::int64_t>(graph_.in(n).shape.size()) : graph_.in(n).shape.c / n.groups;
  const Ints dims = n.op == Op::kGemm ? Ints{cout, depth} : Ints{cout, depth, n.window.kh, n.window.kw};
  std::int64_t size = 1;
  for (std::int64_t d : dims) size *= d;
  if (size != static_cast<std::int64_t>(n.weights.size()) || cout != graph_.out(n).shape.c)
    throw std::invalid_argument("to_onnx: weights of node '" + n.name + "' do not fit its shapes");
  add_constant(node, n.name + ".weight", dims, n.weights, n.weights_q);
  const bool biased = std::any_of(n.bias.begin(), n.bias.end(), [](float b) { return b != 0; });
  if (biased || !n.bias_q.empty()) add_constant(node, n.name + ".bias", {cout}, n.bias, n.bias_q);
}

// y = scale * x + offset, of any rank: normalization with mean 0 and variance 1.
void Writer::add_normalization(const Node& n) {
  onnx::NodeProto* node = begin("BatchNormalization", n);
  const std::size_t channels = n.bias.size();
  const Ints dims{static_cast<std::int64_t>(channels)};
  add_constant(node, n.name + ".scale", dims, n.weights, {});
  add_constant(node, n.name + ".offset", dims, n.bias, {});
  add_constant(node, n.name + ".mean", dims, std::vector<float>(channels, 0.0F), {});
  add_constant(node, n.name + ".variance", dims, std::vector<float>(channels, 1.0F), {});
  set_real(node, "epsilon", 0);
}

void Writer::add_conv(const Node& n) {
  if (n.foldable && n.weights_q.empty()) return add_normalization(n);
  if (rank_[static_cast<std::size_t>(n.inputs[0])] != 4)
    throw std::invalid_argument("to_onnx: node '" + n.name + "' scales a vector by stored integers");
  onnx::NodeProto* node = begin("Conv", n);
  set_window(node, n.window, true);
  set_int(node, "group", n.groups);
  add_weights(n, node);
}

void Writer::add_gemm(const Node& n) {
  onnx::NodeProto* node = begin("Gemm", n);
  set_int(node, "transB", 1);
  add_weights(n, node);
}

void Writer::add_clip(const Node& n) {
  onnx::NodeProto* node = begin("Clip", n);
  node->add_input(std::isinf(n.lo) ? "" : scalar(n.name + ".min", static_cast<float>(n.lo)));
  if (!std::isinf(n.hi)) node->add_input(scalar(n.name + ".max", static_cast<float>(n.hi)));
}

void Writer::add_average_pool(const Node& n) {
  onnx::NodeProto* node = begin("AveragePool", n);
  set_window(node, n.window, false);
  set_int(node, "count_include_pad", n.count_pad ? 1 : 0);
}

void Writer::add_node(const Node& n) {
  switch (n.op) {
    case Op::kConv:
      return add_conv(n);
    case Op::kGemm:
      return add_gemm(n);
    case Op::kClip:
      return add_clip(n);
    case Op::kLeakyRelu:
      return set_real(begin("LeakyRelu", n), "alpha", n.alpha);
    case Op::kMaxPool:
      return set_window(begin("MaxPool", n), n.window, true);
    case Op::kAveragePool:
      return add_average_pool(n);
    case Op::kSoftmax:
      return set_int(begin("Softmax", n), "axis", -1);
    case Op::kRequantize:  // a quantized one is the work of write_quantization
      if (!graph_.out(n).quantized()) begin("Identity", n);
      return;
    default:
      begin(op_name(n.op), n);
  }
}

// The DequantizeLinear nodes of its constants must stand before a node, so it moves behind them.
void Writer::write_node(const Node& n) {
  const int first = to_->node_size();
  add_node(n);
  const int second = std::min(first + 1, to_->node_size());
  auto* nodes = to_->mutable_node();
  std::rotate(nodes->pointer_begin() + first, nodes->pointer_begin() + second, nodes->pointer_end());
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
    node->add_input(zero_point());
  }
}

onnx::ModelProto Writer::run() {
  model_.set_ir_version(kWrittenIr);
  model_.set_producer_name("exact8");
  model_.add_opset_import()->set_version(kWrittenOpset);
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
  onnx::ValueInfoProto* output = to_->add_output();
  output->set_name(names(graph_.output).read);
  set_type(graph_.output, output);
  return std::move(model_);
}

}  // namespace

onnx::ModelProto to_onnx(const Graph& graph) { return Writer(graph).run(); }

void write_onnx(const Graph& graph, const std::string& path) {
  std::string bytes;
  if (!to_onnx(graph).SerializeToString(&bytes))
    throw UserError(130, path + ": the model is larger than 2 GiB, which ONNX files cannot be; split it");
  write_file(path, bytes, 130);
}

}  // namespace e8::model
