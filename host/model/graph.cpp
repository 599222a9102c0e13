// Graph queries and the two clean-up passes of onnx_read.
#include "host/model/graph.h"

#include <algorithm>

namespace e8::model {

const char* op_name(Op op) {
  switch (op) {
    case Op::kConv:
      return "Conv";
    case Op::kConvTranspose:
      return "ConvTranspose";
    case Op::kGemm:
      return "Gemm";
    case Op::kRelu:
      return "Relu";
    case Op::kClip:
      return "Clip";
    case Op::kLeakyRelu:
      return "LeakyRelu";
    case Op::kPRelu:
      return "PRelu";
    case Op::kSigmoid:
      return "Sigmoid";
    case Op::kTanh:
      return "Tanh";
    case Op::kHardSigmoid:
      return "HardSigmoid";
    case Op::kHardSwish:
      return "HardSwish";
    case Op::kElu:
      return "Elu";
    case Op::kAdd:
      return "Add";
    case Op::kSub:
      return "Sub";
    case Op::kMul:
      return "Mul";
    case Op::kConcat:
      return "Concat";
    case Op::kPad:
      return "Pad";
    case Op::kSlice:
      return "Slice";
    case Op::kUpsample:
      return "Resize";
    case Op::kMaxPool:
      return "MaxPool";
    case Op::kAveragePool:
      return "AveragePool";
    case Op::kFlatten:
      return "Flatten";
    case Op::kUnsqueeze:
      return "Unsqueeze";
    case Op::kSoftmax:
      return "Softmax";
    case Op::kArgMax:
      return "ArgMax";
    case Op::kRequantize:
      return "Requantize";
  }
  return "?";
}

std::vector<std::vector<int>> readers_of(const Graph& graph) {
  std::vector<std::vector<int>> readers(graph.values.size());
  for (std::size_t i = 0; i < graph.nodes.size(); ++i)
    for (int v : graph.nodes[i].inputs) readers[static_cast<std::size_t>(v)].push_back(static_cast<int>(i));
  for (int v : graph.outputs) readers[static_cast<std::size_t>(v)].push_back(-1);
  return readers;
}

std::vector<int> maker_of(const Graph& graph) {
  std::vector<int> maker(graph.values.size(), -1);
  for (std::size_t i = 0; i < graph.nodes.size(); ++i)
    maker[static_cast<std::size_t>(graph.nodes[i].output)] = static_cast<int>(i);
  return maker;
}

bool has_weights(Op op) { return op == Op::kConv || op == Op::kConvTranspose || op == Op::kGemm; }

bool is_leaky(Op op) { return op == Op::kLeakyRelu || op == Op::kPRelu; }

bool is_activation(Op op) { return op == Op::kRelu || op == Op::kClip || is_leaky(op); }

bool fuses_activation(Op op) { return has_weights(op) || op == Op::kAdd || op == Op::kSub || op == Op::kMul; }

bool is_cpu_tail(Op op) { return op == Op::kSoftmax || op == Op::kArgMax; }

bool keeps_values(Op op) {
  return op == Op::kMaxPool || op == Op::kFlatten || op == Op::kUnsqueeze || op == Op::kSlice || op == Op::kUpsample;
}

ops::Shape transposed_out(const Node& n, const ops::Shape& in, int channels) {
  const ops::Window& w = n.window;
  return {(in.h - 1) * w.sh - w.top - w.bottom + w.dh * (w.kh - 1) + 1 + n.out_pad_h,
          (in.w - 1) * w.sw - w.left - w.right + w.dw * (w.kw - 1) + 1 + n.out_pad_w, channels};
}

std::int64_t macs_of(const Graph& graph, const Node& node) {
  if (!has_weights(node.op)) return 0;
  const auto weights = static_cast<std::int64_t>(node.weights.size());
  if (node.op == Op::kGemm) return weights;
  const ops::Shape& each = node.op == Op::kConv ? graph.out(node).shape : graph.in(node).shape;
  return weights * each.h * each.w;
}

void prune(Graph* graph) {
  const std::vector<int> maker = maker_of(*graph);
  std::vector<bool> used(graph->values.size(), false);
  std::vector<int> stack = graph->outputs;
  while (!stack.empty()) {
    const auto v = static_cast<std::size_t>(stack.back());
    stack.pop_back();
    if (used[v]) continue;
    used[v] = true;
    if (maker[v] < 0) continue;
    for (int i : graph->nodes[static_cast<std::size_t>(maker[v])].inputs) stack.push_back(i);
  }
  used[static_cast<std::size_t>(graph->input)] = true;
  std::vector<int> renumbered(graph->values.size(), -1);
  std::vector<Value> values;
  for (std::size_t v = 0; v < used.size(); ++v) {
    if (!used[v]) continue;
    renumbered[v] = static_cast<int>(values.size());
    values.push_back(graph->values[v]);
  }
  const auto dead = [&](const Node& n) { return !used[static_cast<std::size_t>(n.output)]; };
  graph->nodes.erase(std::remove_if(graph->nodes.begin(), graph->nodes.end(), dead), graph->nodes.end());
  const auto renumber = [&](int* v) { *v = renumbered[static_cast<std::size_t>(*v)]; };
  for (Node& n : graph->nodes) {
    for (int& v : n.inputs) renumber(&v);
    renumber(&n.output);
  }
  graph->values = std::move(values);
  renumber(&graph->input);
  for (int& v : graph->outputs) renumber(&v);
}

namespace {

// y = w * (first(x)) + b, channel by channel.
void fold_into(Node* first, const Node& affine) {
  const std::size_t channels = first->bias.size(), block = first->weights.size() / channels;
  for (std::size_t c = 0; c < channels; ++c) {
    for (std::size_t i = c * block; i < (c + 1) * block; ++i) first->weights[i] *= affine.weights[c];
    first->bias[c] = first->bias[c] * affine.weights[c] + affine.bias[c];
  }
}

}  // namespace

void fold_affine(Graph* graph) {
  for (std::size_t i = 0; i < graph->nodes.size(); ++i) {
    const Node& affine = graph->nodes[i];
    if (!affine.foldable) continue;
    const int maker = maker_of(*graph)[static_cast<std::size_t>(affine.inputs[0])];
    if (maker < 0 || readers_of(*graph)[static_cast<std::size_t>(affine.inputs[0])].size() != 1) continue;
    Node& first = graph->nodes[static_cast<std::size_t>(maker)];
    if (!has_weights(first.op) || !first.weights_q.empty()) continue;
    if (graph->in(affine).quantized()) continue;  // an int8 tensor stands between
    fold_into(&first, affine);
    first.output = affine.output;
    graph->nodes.erase(graph->nodes.begin() + static_cast<std::ptrdiff_t>(i));
    --i;
  }
  prune(graph);
}

}  // namespace e8::model
