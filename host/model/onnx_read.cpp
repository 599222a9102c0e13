// The frame of the ONNX reader: file, names, order, quantization marks. Operators are in onnx_ops.cpp.
#include "host/model/onnx_read.h"

#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <algorithm>
#include <queue>

#include "host/model/error.h"
#include "host/model/files.h"
#include "host/model/onnx_import.h"

namespace e8::model {

namespace {

constexpr std::size_t kMaxActivation = std::size_t{1} << 28;  // elements an image; more is a damaged file

std::string node_label(const onnx::NodeProto& node) {
  const std::string name = !node.name().empty() ? node.name() : node.output_size() > 0 ? node.output(0) : "unnamed";
  return "node '" + name + "' (" + node.op_type() + ")";
}

}  // namespace

Importer::Importer(const onnx::ModelProto& model, std::string file) : model_(model), file_(std::move(file)) {}

void Importer::fail(int id, const onnx::NodeProto& node, const std::string& what) const {
  throw UserError(id, file_ + ": " + node_label(whole_ != nullptr ? *whole_ : node) + ": " + what);
}

void Importer::check_model() {
  if (!model_.has_graph() || model_.graph().node_size() == 0)
    throw UserError(102, file_ + ": not an ONNX model, or one without nodes; export it again");
  for (const auto& import : model_.opset_import())
    if (default_domain(import.domain())) opset_ = static_cast<int>(std::clamp<std::int64_t>(import.version(), 0, 1000));
  if (opset_ < kMinOpset || opset_ > kMaxOpset)
    throw UserError(103, file_ + ": opset " + std::to_string(opset_) + " is not supported (" +
                             std::to_string(kMinOpset) + " to " + std::to_string(kMaxOpset) +
                             " are); export with another opset or convert with onnx.version_converter");
}

void Importer::read_initializers() {
  const onnx::GraphProto& graph = model_.graph();
  if (graph.sparse_initializer_size() > 0)
    throw UserError(106, file_ + ": sparse initializer; store the tensor densely");
  for (const auto& tensor : graph.initializer()) {
    ImportedConstant c{read_constant(tensor, file_ + ": initializer '" + tensor.name() + "'"), {}, 0};
    if (!constants_.emplace(tensor.name(), std::move(c)).second)
      throw UserError(107, file_ + ": two initializers are named '" + tensor.name() + "'");
  }
}

int Importer::new_value(const std::string& name, ops::Shape shape, int rank) {
  Value v;
  v.name = name;
  v.shape = shape;
  graph_.values.push_back(std::move(v));
  rank_.push_back(rank);
  return static_cast<int>(graph_.values.size()) - 1;
}

void Importer::add_input() {
  std::vector<const onnx::ValueInfoProto*> inputs;
  for (const auto& input : model_.graph().input())
    if (constants_.count(input.name()) == 0) inputs.push_back(&input);
  if (inputs.size() != 1 || model_.graph().output_size() < 1)
    throw UserError(107, file_ + ": has " + std::to_string(inputs.size()) + " inputs and " +
                             std::to_string(model_.graph().output_size()) +
                             " outputs; one input, and one output or more, are supported");
  const std::string& name = inputs[0]->name();
  const auto& type = inputs[0]->type().tensor_type();
  std::vector<int> dims;
  std::size_t elements = 1;
  for (int i = 1; i < type.shape().dim_size(); ++i) {
    const auto& dim = type.shape().dim(i);
    if (!dim.has_dim_value() || dim.dim_value() < 1 || dim.dim_value() > (1 << 20))
      throw UserError(108, file_ + ": input '" + name + "': dimension " + std::to_string(i) +
                               " is not a fixed positive size; only the batch (dimension 0) may be dynamic");
    dims.push_back(static_cast<int>(dim.dim_value()));
    elements *= static_cast<std::size_t>(dim.dim_value());
    if (elements > kMaxActivation) throw UserError(108, file_ + ": input '" + name + "' is too large");
  }
  if (dims.size() != 1 && dims.size() != 3)
    throw UserError(108, file_ + ": input '" + name + "' has " + std::to_string(type.shape().dim_size()) +
                             " dimensions; [N,C,H,W] and [N,K] are supported");
  const auto element = static_cast<onnx::TensorProto::DataType>(type.elem_type());
  const bool integer = element == onnx::TensorProto::INT8 || element == onnx::TensorProto::UINT8;
  if (element != onnx::TensorProto::FLOAT && !integer)
    throw UserError(108, file_ + ": input '" + name + "' is neither float32, int8 nor uint8; export it as float32");
  if (integer) integers_[name] = element;  // the DequantizeLinear that reads it tells its scale
  const bool last = dims.size() == 3 && input_is_channels_last(name);
  if (last) channels_last_.insert(name);
  const ops::Shape shape = dims.size() == 1 ? ops::Shape{1, 1, dims[0]}
                           : last           ? ops::Shape{dims[0], dims[1], dims[2]}
                                            : ops::Shape{dims[1], dims[2], dims[0]};
  graph_.input = new_value(name, shape, dims.size() == 1 ? 2 : 4);
  values_[name] = graph_.input;
}

void Importer::check_names() const {
  std::set<std::string> made;
  for (const auto& c : constants_) made.insert(c.first);
  made.insert(graph_.value(graph_.input).name);
  for (const auto& node : model_.graph().node()) {
    if (node.output_size() == 0 || node.output(0).empty()) fail(107, node, "has no output; the file is damaged");
    for (const auto& output : node.output())
      if (!output.empty() && !made.insert(output).second)
        fail(107, node, "output '" + output + "' has the name of another tensor; export the model again");
  }
  for (const auto& node : model_.graph().node())
    for (const auto& input : node.input())
      if (!input.empty() && made.count(input) == 0)
        fail(107, node, "input '" + input + "' is neither an input, an initializer nor any node's output");
}

// Kahn's algorithm, stable in the file's order.
std::vector<int> Importer::order() const {
  const auto& nodes = model_.graph().node();
  std::map<std::string, int> maker;
  for (int i = 0; i < nodes.size(); ++i)
    for (const auto& output : nodes[i].output()) maker[output] = i;
  std::vector<std::vector<int>> readers(static_cast<std::size_t>(nodes.size()));
  std::vector<int> missing(static_cast<std::size_t>(nodes.size()), 0);
  for (int i = 0; i < nodes.size(); ++i) {
    for (const auto& input : nodes[i].input()) {
      const auto made = input.empty() ? maker.end() : maker.find(input);
      if (made == maker.end()) continue;
      readers[static_cast<std::size_t>(made->second)].push_back(i);
      ++missing[static_cast<std::size_t>(i)];
    }
  }
  std::priority_queue<int, std::vector<int>, std::greater<>> ready;
  for (int i = 0; i < nodes.size(); ++i)
    if (missing[static_cast<std::size_t>(i)] == 0) ready.push(i);
  std::vector<int> order;
  while (!ready.empty()) {
    const int i = ready.top();
    ready.pop();
    order.push_back(i);
    for (int r : readers[static_cast<std::size_t>(i)])
      if (--missing[static_cast<std::size_t>(r)] == 0) ready.push(r);
  }
  for (int i = 0; i < nodes.size(); ++i)
    if (missing[static_cast<std::size_t>(i)] > 0)
      fail(107, nodes[i], "is part of a cycle or depends on one; the file is damaged");
  return order;
}

void Importer::import(const onnx::NodeProto& node) {
  const OpRow& row = row_of(node);
  const auto inputs = static_cast<std::size_t>(node.input_size());
  if (inputs < row.min_inputs || inputs > row.max_inputs)
    fail(107, node,
         "has " + std::to_string(inputs) + " inputs; " + std::to_string(row.min_inputs) + " to " +
             std::to_string(row.max_inputs) + " are allowed");
  for (std::size_t i = 0; i < row.min_inputs; ++i)
    if (absent(node, static_cast<int>(i))) fail(107, node, "input " + std::to_string(i) + " is missing");
  for (const auto& attribute : node.attribute())
    if (std::find(row.attributes.begin(), row.attributes.end(), attribute.name()) == row.attributes.end())
      fail(105, node, "attribute '" + attribute.name() + "' is not supported; export the model without it");
  const bool keeps = keep_channels_last(node);
  moving_ = row.integers == Integers::kMoved && integers_.count(node.input(0)) > 0;
  const bool moves = moving_;
  row.import(*this, node);
  moving_ = false;
  if (moves) move_integers(node);
  if (keeps) mark_channels_last(node);
}

Graph Importer::run() {
  check_model();
  read_initializers();
  add_input();
  check_names();
  for (int i : order()) import(model_.graph().node(i));
  finish();
  return std::move(graph_);
}

void Importer::finish() {
  graph_.name = model_.graph().name();
  graph_.file = file_;
  for (const auto& entry : model_.metadata_props()) graph_.metadata[entry.key()] = entry.value();
  for (const auto& output : model_.graph().output()) add_output(output.name());
  prune(&graph_);
  merge_requantize();
  fold_affine(&graph_);
  fold_constants();
  find_amd();
  for (std::size_t i = 0; i < graph_.outputs.size(); ++i) {
    const std::string& name = model_.graph().output(static_cast<int>(i)).name();
    if (std::count(graph_.outputs.begin(), graph_.outputs.end(), graph_.outputs[i]) > 1)
      throw UserError(107, file_ + ": output '" + name + "' is the same tensor as another output; remove one of them");
    graph_.value(graph_.outputs[i]).name = name;
  }
  const auto readers = readers_of(graph_);
  for (const Node& n : graph_.nodes)
    if (is_cpu_tail(n.op) && readers[static_cast<std::size_t>(n.output)] != std::vector<int>{-1})
      throw UserError(104, file_ + ": node '" + n.name + "' (" + op_name(n.op) +
                               "): is supported as the last node only; end the model there");
}

void Importer::add_output(const std::string& name) {
  const auto found = values_.find(name);
  if (found == values_.end() || found->second == graph_.input)
    throw UserError(107, file_ + ": output '" + name + "' is not a tensor made by a supported node");
  graph_.outputs.push_back(found->second);
}

bool Importer::has(const onnx::NodeProto& node, const char* name) const {
  return std::any_of(node.attribute().begin(), node.attribute().end(), [&](const auto& a) { return a.name() == name; });
}

const onnx::AttributeProto* Importer::find(const onnx::NodeProto& node, const char* name,
                                           onnx::AttributeProto::AttributeType type) const {
  for (const auto& a : node.attribute()) {
    if (a.name() != name) continue;
    if (a.type() != type) fail(105, node, std::string("attribute '") + name + "' has the wrong type");
    return &a;
  }
  return nullptr;
}

std::int64_t Importer::integer(const onnx::NodeProto& node, const char* name, std::int64_t otherwise) const {
  const auto* a = find(node, name, onnx::AttributeProto::INT);
  return a ? a->i() : otherwise;
}

double Importer::real(const onnx::NodeProto& node, const char* name, double otherwise) const {
  const auto* a = find(node, name, onnx::AttributeProto::FLOAT);
  return a ? double{a->f()} : otherwise;
}

std::string Importer::text(const onnx::NodeProto& node, const char* name, const std::string& otherwise) const {
  const auto* a = find(node, name, onnx::AttributeProto::STRING);
  return a ? a->s() : otherwise;
}

std::vector<std::int64_t> Importer::integers(const onnx::NodeProto& node, const char* name) const {
  const auto* a = find(node, name, onnx::AttributeProto::INTS);
  return a ? std::vector<std::int64_t>(a->ints().begin(), a->ints().end()) : std::vector<std::int64_t>{};
}

std::vector<double> Importer::reals(const onnx::NodeProto& node, const char* name) const {
  const auto* a = find(node, name, onnx::AttributeProto::FLOATS);
  return a ? std::vector<double>(a->floats().begin(), a->floats().end()) : std::vector<double>{};
}

Constant Importer::tensor(const onnx::NodeProto& node, const char* name) const {
  const auto* a = find(node, name, onnx::AttributeProto::TENSOR);
  if (!a) fail(105, node, std::string("needs attribute '") + name + "'");
  return read_constant(a->t(), file_ + ": " + node_label(node) + ": attribute '" + name + "'");
}

bool Importer::is_constant(const onnx::NodeProto& node, int i) const {
  return !absent(node, i) && constants_.count(node.input(i)) > 0;
}

const ImportedConstant& Importer::constant(const onnx::NodeProto& node, int i) const {
  if (!is_constant(node, i)) fail(105, node, "input " + std::to_string(i) + " must be a constant");
  return constants_.at(node.input(i));
}

int Importer::value_named(const onnx::NodeProto& node, int i) const {
  const auto found = values_.find(node.input(i));
  if (found == values_.end())
    fail(105, node,
         "input '" + node.input(i) + "' must be an activation made by a supported node (a first output, no constant)");
  return found->second;
}

int Importer::activation(const onnx::NodeProto& node, int i) const {
  if (integers_.count(node.input(i)) > 0 && !moving_)
    fail(109, node, "reads integers of QuantizeLinear; put a DequantizeLinear between");
  return value_named(node, i);
}

Node Importer::begin(const onnx::NodeProto& node, Op op, std::vector<int> inputs) const {
  Node n;
  n.op = op;
  n.name = node.name().empty() ? node.output(0) : node.name();
  n.inputs = std::move(inputs);
  return n;
}

int Importer::add(const onnx::NodeProto& node, Node n, ops::Shape shape, int rank, int i) {
  const bool positive = shape.h > 0 && shape.w > 0 && shape.c > 0;
  const double size = static_cast<double>(shape.h) * shape.w * shape.c;
  if (!positive || size > static_cast<double>(kMaxActivation))
    fail(108, node,
         "output of " + std::to_string(shape.c) + "x" + std::to_string(shape.h) + "x" + std::to_string(shape.w) +
             " is empty or too large; the window does not fit the input");
  n.output = new_value(node.output(i), shape, rank);
  values_[node.output(i)] = n.output;
  graph_.nodes.push_back(std::move(n));
  return graph_.nodes.back().output;
}

bool Importer::is_name(const std::string& name) const {
  const auto& nodes = model_.graph().node();
  return constants_.count(name) + values_.count(name) > 0 ||
         std::any_of(nodes.begin(), nodes.end(), [&](const auto& n) {
           return std::find(n.output().begin(), n.output().end(), name) != n.output().end();
         });
}

int Importer::add_before(const onnx::NodeProto& node, Node n, const std::string& suffix, ops::Shape shape, int rank) {
  n.output = new_value(fresh(node.output(0) + suffix), shape, rank);
  graph_.nodes.push_back(std::move(n));
  return graph_.nodes.back().output;
}

void Importer::define(const onnx::NodeProto& node, ImportedConstant constant) {
  constants_[node.output(0)] = std::move(constant);
}

onnx::ModelProto parse_onnx(const std::string& bytes, const std::string& file) {
  onnx::ModelProto model;
  google::protobuf::io::ArrayInputStream stream(bytes.data(), static_cast<int>(bytes.size()));
  if (bytes.empty() || !model.ParseFromZeroCopyStream(&stream))
    throw UserError(102, file + ": not an ONNX model, or a truncated one; export or copy it again");
  return model;
}

Graph read_onnx(const onnx::ModelProto& model, const std::string& file) { return Importer(model, file).run(); }

Graph read_onnx(const std::string& path) {
  constexpr std::uint64_t kLimit = (std::uint64_t{1} << 31) - 1;  // protobuf's own
  return read_onnx(parse_onnx(read_file(path, 101, kLimit), path), path);
}

}  // namespace e8::model
