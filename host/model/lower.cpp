// The walk over the graph: which nodes are one integer operation, which tensors are int8.
#include "host/model/lower.h"

#include <filesystem>

#include "emu/ops/ops.h"
#include "host/model/error.h"
#include "host/model/functions.h"
#include "host/model/lower_parts.h"
#include "host/model/metadata.h"
#include "host/model/onnx_read.h"
#include "host/model/tflite_read.h"

namespace e8::model {

namespace {

// Its result lies on its input's grid, so a float output is the same int8 scale.
bool keeps_grid(Op op) { return keeps_values(op) || op == Op::kRelu || op == Op::kRequantize; }

// Moves nothing, whatever the scale.
bool is_view(Op op) { return op == Op::kFlatten || op == Op::kUnsqueeze; }

class Lowering {
 public:
  Lowering(const Graph& graph, const Reading& reading)
      : graph_(graph),
        metadata_(read_metadata(graph, reading)),
        arithmetic_{metadata_.scheme == "dpu", tie_of(metadata_.tie, graph.file), metadata_.guard_bits, metadata_.onnx},
        readers_(readers_of(graph)),
        tensor_(graph.values.size(), -1),
        fused_(graph.nodes.size(), false) {}

  IntNet run();

 private:
  struct Span {  ///< an operator, the activation behind it, and the value that leaves them
    const Node* activation = nullptr;
    int output = -1;
  };

  void add_input();
  void check_metadata() const;
  Span span_of(const Node& node);
  int only_reader(int value) const;
  void lower_node(const Node& node);
  void lower_view(const Node& node);
  void check_cpu_tail(const Node& node) const;
  Operation operation(const Node& node, const Node* activation, int output) const;
  void emit(const Operation& o, int output, IntParams params, const ops::Shape& shape);
  int tensor_of(int value) const;
  [[noreturn]] void fail_float(int value) const;
  void check_zero_point(const Value& value) const;
  void add_output(int value);
  void check_labels() const;

  const Graph& graph_;
  const Metadata metadata_;
  const Arithmetic arithmetic_;
  const std::vector<std::vector<int>> readers_;
  std::vector<int> tensor_;  ///< of each value: the integer tensor that holds it, or -1
  std::vector<bool> fused_;  ///< of each node: part of an operation before it
  IntNet net_;
};

void Lowering::fail_float(int value) const {
  const int maker = maker_of(graph_)[static_cast<std::size_t>(value)];
  const std::string by =
      maker < 0 ? "the input" : "made by node '" + graph_.nodes[static_cast<std::size_t>(maker)].name + "'";
  throw UserError(120, graph_.file + ": tensor '" + graph_.value(value).name + "' (" + by +
                           ") is float; quantize the model with 'exact8 quantize', or put QuantizeLinear and "
                           "DequantizeLinear behind it");
}

int Lowering::tensor_of(int value) const {
  const int t = tensor_[static_cast<std::size_t>(value)];
  if (t < 0) fail_float(value);
  return t;
}

void Lowering::check_zero_point(const Value& value) const {
  if (arithmetic_.dpu && value.zero_point != 0)
    throw UserError(121, graph_.file + ": tensor '" + value.name + "' has zero point " +
                             std::to_string(value.zero_point) + " (as int8); the dpu scheme allows 0; quantize " +
                             "symmetric, or choose --scheme scaled");
}

void Lowering::check_metadata() const {
  const Preprocess& p = metadata_.preprocess;
  const ops::Shape& in = graph_.value(graph_.input).shape;
  const bool known = p.c != 0;  // of another tool's file it may not be
  if (known && !(ops::Shape{p.h, p.w, p.c} == in))
    throw UserError(122, graph_.file + ": metadata 'exact8.preprocess' has size " + std::to_string(p.h) + "x" +
                             std::to_string(p.w) + "x" + std::to_string(p.c) + ", the model's input is " +
                             std::to_string(in.h) + "x" + std::to_string(in.w) + "x" + std::to_string(in.c) +
                             " (height, width, channels); quantize the model again");
}

void Lowering::add_input() {
  const Value& in = graph_.value(graph_.input);
  if (!in.quantized()) fail_float(graph_.input);
  tensor_[static_cast<std::size_t>(graph_.input)] = 0;
  check_zero_point(in);
  net_.tensors.push_back({in.name, in.shape, in.scale, in.zero_point});
  net_.input = 0;
}

// The node that alone reads `value`, or -1.
int Lowering::only_reader(int value) const {
  const auto& readers = readers_[static_cast<std::size_t>(value)];
  return readers.size() == 1 ? readers[0] : -1;
}

// Follows float values to the int8 one: through one activation where the operator can take it in, and through Flatten
// and Unsqueeze, which move nothing.
Lowering::Span Lowering::span_of(const Node& node) {
  Span span{nullptr, node.output};
  while (!graph_.value(span.output).quantized()) {
    const int next = only_reader(span.output);
    if (next < 0) break;
    const Node& reader = graph_.nodes[static_cast<std::size_t>(next)];
    const bool activation = is_activation(reader.op) && fuses_activation(node.op) && span.activation == nullptr;
    if (!activation && !is_view(reader.op)) break;
    if (activation) span.activation = &reader;
    fused_[static_cast<std::size_t>(next)] = true;
    span.output = reader.output;
  }
  return span;
}

Operation Lowering::operation(const Node& node, const Node* activation, int output) const {
  Operation o{graph_, arithmetic_, node, activation, {}, 0, 0};
  for (int v : node.inputs) o.in.push_back(&net_.tensors[static_cast<std::size_t>(tensor_of(v))]);
  o.out_scale = graph_.value(output).scale;
  o.out_zero = graph_.value(output).zero_point;
  check_zero_point(graph_.value(output));
  if (!graph_.value(output).quantized()) {
    if (!keeps_grid(node.op)) fail_float(output);
    o.out_scale = o.x().scale;
    o.out_zero = o.x().zero_point;
  }
  return o;
}

void Lowering::emit(const Operation& o, int output, IntParams params, const ops::Shape& shape) {
  IntNode n{o.node.name, {}, static_cast<int>(net_.tensors.size()), std::move(params)};
  for (int v : o.node.inputs) n.inputs.push_back(tensor_of(v));
  tensor_[static_cast<std::size_t>(output)] = n.output;
  net_.nodes.push_back(std::move(n));
  net_.tensors.push_back({graph_.value(output).name, shape, o.out_scale, o.out_zero});  // o.in dangles from here on
}

void Lowering::lower_view(const Node& node) {
  const int from = tensor_of(node.inputs[0]);
  const Value& out = graph_.out(node);
  const IntTensor tensor = net_.tensors[static_cast<std::size_t>(from)];
  if (!out.quantized() || (out.scale == tensor.scale && out.zero_point == tensor.zero_point)) {
    tensor_[static_cast<std::size_t>(node.output)] = from;
    return;
  }
  const Operation o = operation(node, nullptr, node.output);
  emit(o, node.output, lower_move(o), tensor.shape);
}

void Lowering::check_cpu_tail(const Node& node) const {
  if (graph_.out(node).quantized() && !arithmetic_.onnx)  // other tools quantize probabilities, which nobody reads
    throw UserError(121, graph_.file + ": node '" + node.name + "' (" + op_name(node.op) +
                             "): its output is quantized; the CPU computes it behind the network; remove the "
                             "QuantizeLinear behind it");
}

// Elements leave in the order height, width, channel; a flattened image has promised another.
void Lowering::add_output(int value) {
  IntOutput output;
  const int maker = maker_of(graph_)[static_cast<std::size_t>(value)];
  const Node* made_by = maker < 0 ? nullptr : &graph_.nodes[static_cast<std::size_t>(maker)];
  if (made_by != nullptr && is_cpu_tail(made_by->op)) {
    output.tail = made_by->op == Op::kSoftmax ? CpuTail::kSoftmax
                  : made_by->last_index       ? CpuTail::kArgmaxLast
                                              : CpuTail::kArgmaxFirst;
    value = made_by->inputs[0];
  }
  output.tensor = tensor_of(value);
  net_.outputs.push_back(output);
  const ops::Shape& shape = net_.tensors[static_cast<std::size_t>(output.tensor)].shape;
  if (!(shape == graph_.value(value).shape) && shape.c > 1)
    throw UserError(121, graph_.file + ": output '" + graph_.value(value).name +
                             "' is a flattened image; remove the Flatten at the end, or end in a Gemm");
}

void Lowering::lower_node(const Node& node) {
  if (is_view(node.op)) return lower_view(node);
  if (is_cpu_tail(node.op)) return check_cpu_tail(node);
  for (int v : node.inputs) tensor_of(v);  // a float input is the first thing to name
  const Span span = span_of(node);
  const Operation o = operation(node, is_activation(node.op) ? &node : span.activation, span.output);
  switch (node.op) {
    case Op::kConv:
      return emit(o, span.output, lower_conv(o), graph_.out(node).shape);
    case Op::kConvTranspose:
      return emit(o, span.output, lower_conv_transpose(o), graph_.out(node).shape);
    case Op::kGemm:
      return emit(o, span.output, lower_gemm(o), graph_.out(node).shape);
    case Op::kMaxPool:
      return emit(o, span.output, lower_max_pool(o), graph_.out(node).shape);
    case Op::kAveragePool:
      return emit(o, span.output, lower_average_pool(o), graph_.out(node).shape);
    case Op::kAdd:
    case Op::kSub:
      return emit(o, span.output, lower_add(o), o.x().shape);
    case Op::kMul:
      return emit(o, span.output, lower_mul(o), o.x().shape);
    case Op::kConcat:
      return emit(o, span.output, lower_concat(o), graph_.out(node).shape);
    case Op::kPad:
      return emit(o, span.output, lower_pad(o), graph_.out(node).shape);
    case Op::kSlice:
      return emit(o, span.output, lower_slice(o), graph_.out(node).shape);
    case Op::kUpsample:
      return emit(o, span.output, lower_upsample(o), graph_.out(node).shape);
    default:
      if (is_function(node.op)) return emit(o, span.output, lower_function(o), o.x().shape);
      return emit(o, span.output, lower_move(o), o.x().shape);
  }
}

// Labels are names of the first output's values.
void Lowering::check_labels() const {
  const std::size_t size = net_.tensors[static_cast<std::size_t>(net_.outputs.front().tensor)].shape.size();
  if (!metadata_.labels.empty() && metadata_.labels.size() != size)
    throw UserError(122, graph_.file + ": metadata 'exact8.labels' has " + std::to_string(metadata_.labels.size()) +
                             " names, the output has " + std::to_string(size) + " values; quantize the model again");
}

IntNet Lowering::run() {
  check_metadata();
  add_input();
  for (std::size_t i = 0; i < graph_.nodes.size(); ++i)
    if (!fused_[i]) lower_node(graph_.nodes[i]);
  for (const int v : graph_.outputs) add_output(v);
  check_labels();
  const std::string stem = std::filesystem::path(graph_.file).stem().string();
  net_.name = stem.empty() ? graph_.name : stem;
  net_.scheme = metadata_.scheme;
  net_.tie = metadata_.tie;
  net_.preprocess = metadata_.preprocess;
  net_.labels = metadata_.labels;
  return std::move(net_);
}

}  // namespace

IntNet lower(const Graph& graph, const Reading& reading) { return Lowering(graph, reading).run(); }

IntNet read_int_net(const std::string& path, const Reading& reading) {
  if (!is_tflite(path)) return lower(read_onnx(path), reading);
  if (!reading.empty())
    throw UserError(122, path + ": a TFLite model has TFLite's arithmetic; leave --scheme and --tie out");
  return read_tflite(path);
}

}  // namespace e8::model
