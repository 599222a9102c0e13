// The reader's part in quantization: tensors that are integers in the file, operators that are written as several, and
// what is folded in a quantized graph.
#include <algorithm>
#include <cmath>

#include "host/model/error.h"
#include "host/model/functions.h"
#include "host/model/onnx_import.h"

namespace e8::model {

bool default_domain(const std::string& domain) { return domain.empty() || domain == "ai.onnx"; }

bool amd_domain(const std::string& domain) {
  return domain == "ai.onnx.contrib" || domain == "vai.quantize" || domain == "com.vai.quantize" ||
         domain == "com.amd.quark";
}

namespace {

const char* const kAdvice[][2] = {
    {"DynamicQuantizeLinear", "scales are computed for each picture; quantize the model statically"},
    {"MatMulInteger", "scales are computed for each picture; quantize the model statically"},
    {"ConvInteger", "scales are computed for each picture; quantize the model statically"},
    {"DynamicQuantizeMatMul", "scales are computed for each picture; quantize the model statically"},
    {"MatMulIntegerToFloat", "scales are computed for each picture; quantize the model statically"},
    {"BFPQuantizeDequantize", "block floating point; int8 is supported; quantize with XINT8 or A8W8"},
    {"BFPFixNeuron", "block floating point; int8 is supported; quantize with XINT8 or A8W8"},
    {"MXQuantizeDequantize", "a microscaling format; int8 is supported; quantize with XINT8 or A8W8"},
    {"MXFixNeuron", "a microscaling format; int8 is supported; quantize with XINT8 or A8W8"},
};

std::string names_of(const std::vector<OpRow>& rows) {
  std::string names;
  for (const OpRow& r : rows) names += std::string(names.empty() ? "" : ", ") + r.type;
  return names;
}

// A constant that a pool or a function of one value is multiplied by, before the result is rounded.
bool is_factor(const Node& affine) {
  const auto& w = affine.weights;
  return w[0] > 0 && std::all_of(w.begin(), w.end(), [&](float x) { return x == w[0]; }) &&
         std::all_of(affine.bias.begin(), affine.bias.end(), [](float x) { return x == 0; });
}

bool is_offset(const Node& affine) {
  return std::all_of(affine.weights.begin(), affine.weights.end(), [](float x) { return x == 1; });
}

bool power_of_two(double x) {
  int exponent = 0;
  return std::frexp(x, &exponent) == 0.5;
}

}  // namespace

const OpRow& Importer::row_of(const onnx::NodeProto& node) const {
  std::vector<const std::vector<OpRow>*> tables;
  if (default_domain(node.domain())) tables = {&op_rows(), &qlinear_rows()};
  if (node.domain() == "com.microsoft") tables = {&qlinear_rows()};
  if (amd_domain(node.domain())) tables = {&amd_rows()};
  for (const auto* rows : tables)
    for (const OpRow& row : *rows)
      if (node.op_type() == row.type) return row;
  const std::string operator_ =
      default_domain(node.domain()) ? "operator" : "operator of domain '" + node.domain() + "'";
  for (const auto& [type, advice] : kAdvice)
    if (node.op_type() == type) fail(104, node, operator_ + " is not supported: " + advice);
  fail(104, node,
       operator_ + " is not supported; supported are " + names_of(op_rows()) + "; quantized " +
           names_of(qlinear_rows()) + "; of Vitis AI and Quark " + names_of(amd_rows()) +
           "; replace it or cut the model before it");
}

std::string Importer::fresh(const std::string& name) const {
  std::string free = name;
  while (is_name(free)) free += "_";
  return free;
}

void Importer::expand(const onnx::NodeProto& whole, const onnx::NodeProto& part) {
  const onnx::NodeProto* outer = whole_;
  if (whole_ == nullptr) whole_ = &whole;
  import(part);
  whole_ = outer;
}

void Importer::name_after(const onnx::NodeProto& node, const std::string& made) {
  const auto value = values_.find(made);
  if (value != values_.end() && !graph_.value(value->second).quantized())
    graph_.value(value->second).name = node.output(0);
}

void Importer::set_grid(int value, const Grid& grid) {
  graph_.value(value).scale = grid.scale;
  graph_.value(value).zero_point = grid.zero_point;
}

int Importer::quantized_activation(const onnx::NodeProto& node, int i) const {
  integer_type(node, i);
  return value_named(node, i);
}

onnx::TensorProto::DataType Importer::integer_type(const onnx::NodeProto& node, int i) const {
  const auto found = integers_.find(node.input(i));
  if (found == integers_.end())
    fail(109, node,
         "input '" + node.input(i) + "' holds no integers (is not made by QuantizeLinear); put one before it");
  return found->second;
}

// Results have the input's grid, whatever was moved.
void Importer::move_integers(const onnx::NodeProto& node) {
  const auto type = integer_type(node, 0);
  const Value from = graph_.value(value_named(node, 0));
  if (!from.quantized())
    fail(109, node, "moves the model's integer input before a DequantizeLinear tells its scale; put one before it");
  for (int i = 1; i < node.input_size(); ++i) {
    const auto other = integers_.find(node.input(i));
    if (other == integers_.end()) continue;
    const Value& x = graph_.value(value_named(node, i));
    if (other->second != type || x.scale != from.scale || x.zero_point != from.zero_point)
      fail(109, node, "joins integers of different types, scales or zero points; use QLinearConcat, or give all one");
  }
  for (const auto& output : node.output()) {
    const auto made = values_.find(output);
    if (made == values_.end()) continue;
    set_grid(made->second, {from.scale, from.zero_point});
    integers_[output] = type;
  }
}

// A float tensor that everybody reads through the same QuantizeLinear is an int8 tensor.
void Importer::merge_requantize() {
  for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
    const Node& first = graph_.nodes[i];
    if (first.op != Op::kRequantize || graph_.in(first).quantized()) continue;
    const int from = first.inputs[0];
    const Grid grid{graph_.out(first).scale, graph_.out(first).zero_point};
    std::vector<int> merged;
    const auto readers = readers_of(graph_);
    for (int r : readers[static_cast<std::size_t>(from)]) {
      const Node* reader = r < 0 ? nullptr : &graph_.nodes[static_cast<std::size_t>(r)];
      const bool same = reader && reader->op == Op::kRequantize && graph_.out(*reader).scale == grid.scale &&
                        graph_.out(*reader).zero_point == grid.zero_point;
      merged.push_back(same ? reader->output : -1);
    }
    if (std::count(merged.begin(), merged.end(), -1) > 0) continue;
    set_grid(from, grid);
    const auto rename = [&](int* v) {
      if (std::find(merged.begin(), merged.end(), *v) != merged.end()) *v = from;
    };
    for (Node& n : graph_.nodes)
      for (int& v : n.inputs) rename(&v);
    for (int& v : graph_.outputs) rename(&v);
    prune(&graph_);
    i = static_cast<std::size_t>(-1);  // the nodes have moved
  }
}

bool Importer::fold_constant(const Node& affine, Node* first) const {
  if (has_weights(first->op) && !first->weights_q.empty() && first->bias_q.empty() && is_offset(affine)) {
    for (std::size_t c = 0; c < affine.bias.size(); ++c) first->bias[c] += affine.bias[c];
    return true;
  }
  if (!(first->op == Op::kAveragePool || is_function(first->op)) || !is_factor(affine)) return false;
  first->factor *= double{affine.weights[0]};
  return true;
}

// Multiplications and additions of constants behind an operator, inside the same rounding: what onnxruntime's bias is
// behind MatMul, and how Vitis AI and Quark write the DPU's own average and HardSigmoid.
void Importer::fold_constants() {
  for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
    const Node& affine = graph_.nodes[i];
    if (!affine.foldable || !affine.weights_q.empty() || !graph_.out(affine).quantized()) continue;
    const auto from = static_cast<std::size_t>(affine.inputs[0]);
    const int maker = maker_of(graph_)[from];
    if (maker < 0 || graph_.in(affine).quantized() || readers_of(graph_)[from].size() != 1) continue;
    Node& first = graph_.nodes[static_cast<std::size_t>(maker)];
    if (!fold_constant(affine, &first)) continue;
    first.output = affine.output;
    graph_.nodes.erase(graph_.nodes.begin() + static_cast<std::ptrdiff_t>(i));
    --i;
  }
  prune(&graph_);
}

// Without operators of its own, AMD's quantizers are known by the producer, and what they make for the DPU by its
// scales.
void Importer::find_amd() {
  const std::string& producer = model_.producer_name();
  if (graph_.amd || (producer.rfind("vai_q_onnx", 0) != 0 && producer.rfind("quark", 0) != 0)) return;
  graph_.amd = true;
  for (const Value& v : graph_.values)
    if (v.quantized() && (!power_of_two(v.scale) || v.zero_point != 0)) graph_.amd = false;
  for (const Node& n : graph_.nodes)
    for (const QuantData* q : {&n.weights_q, &n.bias_q})
      for (const double s : q->scales)
        if (!power_of_two(s) || s != q->scales[0]) graph_.amd = false;
}

}  // namespace e8::model
