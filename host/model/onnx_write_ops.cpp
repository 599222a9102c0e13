// One operator of the graph to one ONNX node and its constants.
#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "host/model/onnx_tensor.h"
#include "host/model/onnx_writer.h"

namespace e8::model {

namespace {

void set_real(onnx::NodeProto* node, const char* name, double value) {
  onnx::AttributeProto* a = node->add_attribute();
  a->set_name(name);
  a->set_type(onnx::AttributeProto::FLOAT);
  a->set_f(static_cast<float>(value));
}

void set_text(onnx::NodeProto* node, const char* name, const std::string& value) {
  onnx::AttributeProto* a = node->add_attribute();
  a->set_name(name);
  a->set_type(onnx::AttributeProto::STRING);
  a->set_s(value);
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

}  // namespace

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
  add_bias(n, node);
}

void Writer::add_bias(const Node& n, onnx::NodeProto* node) {
  const auto cout = static_cast<std::int64_t>(n.bias.size());
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

namespace {

// [cout][cin / groups][kernel] to ONNX's [cin][cout / groups][kernel].
template <typename T>
std::vector<T> inputs_first(const std::vector<T>& from, std::size_t cin, std::size_t cout, std::size_t groups) {
  const std::size_t n = cin / groups, m = cout / groups, kernel = from.size() / (cout * n);
  std::vector<T> to(from.size());
  for (std::size_t o = 0; o < cout; ++o)
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t k = 0; k < kernel; ++k)
        to[((o / m * n + i) * m + o % m) * kernel + k] = from[(o * n + i) * kernel + k];
  return to;
}

}  // namespace

void Writer::add_conv_transpose(const Node& n) {
  onnx::NodeProto* node = begin("ConvTranspose", n);
  set_window(node, n.window, true);
  set_int(node, "group", n.groups);
  set_ints(node, "output_padding", {n.out_pad_h, n.out_pad_w});
  const auto cin = static_cast<std::size_t>(graph_.in(n).shape.c), cout = n.bias.size();
  const auto groups = static_cast<std::size_t>(n.groups);
  const Ints dims{graph_.in(n).shape.c, static_cast<std::int64_t>(cout / groups), n.window.kh, n.window.kw};
  if (groups > 1 && n.weights_q.scales.size() > 1)
    throw std::invalid_argument("to_onnx: node '" + n.name + "' has groups and a scale a channel, which ONNX lacks");
  QuantData stored = n.weights_q;
  if (!stored.empty()) stored.values = inputs_first(stored.values, cin, cout, groups);
  add_constant(node, n.name + ".weight", dims, inputs_first(n.weights, cin, cout, groups), stored, 1);
  add_bias(n, node);
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

void Writer::add_prelu(const Node& n) {
  const auto channels = static_cast<std::int64_t>(n.slopes.size());
  const bool vector = rank_[static_cast<std::size_t>(n.inputs[0])] == 2;
  add_constant(begin("PRelu", n), n.name + ".slope", vector ? Ints{channels} : Ints{channels, 1, 1}, n.slopes, {});
}

void Writer::add_hard_sigmoid(const Node& n) {
  onnx::NodeProto* node = begin("HardSigmoid", n);
  set_real(node, "alpha", n.alpha);
  set_real(node, "beta", n.beta);
}

void Writer::add_integers(onnx::NodeProto* reader, const std::string& name, const Ints& values) {
  const std::string tensor = unique(name);
  add_initializer_int64(to_, tensor, {static_cast<std::int64_t>(values.size())}, values);
  reader->add_input(tensor);
}

void Writer::add_pad(const Node& n) {
  onnx::NodeProto* node = begin("Pad", n);
  const ops::Window& w = n.window;
  add_integers(node, n.name + ".pads", {0, 0, w.top, w.left, 0, 0, w.bottom, w.right});
  node->add_input(scalar(n.name + ".value", static_cast<float>(n.pad_value)));
}

void Writer::add_slice(const Node& n) {
  onnx::NodeProto* node = begin("Slice", n);
  const ops::SliceParams& p = n.slice;
  Ints starts{p.c0, p.y0, p.x0}, axes{1, 2, 3}, steps{1, p.sy, p.sx};
  Ints ends{p.c0 + p.shape.c, p.y0 + (p.shape.h - 1) * p.sy + 1, p.x0 + (p.shape.w - 1) * p.sx + 1};
  for (Ints* each : {&starts, &ends, &axes, &steps})
    if (rank_[static_cast<std::size_t>(n.inputs[0])] == 2) each->resize(1);
  add_integers(node, n.name + ".starts", starts);
  add_integers(node, n.name + ".ends", ends);
  add_integers(node, n.name + ".axes", axes);
  add_integers(node, n.name + ".steps", steps);
}

void Writer::add_resize(const Node& n) {
  onnx::NodeProto* node = begin("Resize", n);
  set_text(node, "mode", "nearest");
  set_text(node, "coordinate_transformation_mode", "asymmetric");
  set_text(node, "nearest_mode", "floor");
  node->add_input("");  // no region of interest
  add_constant(node, n.name + ".scales", {4}, {1, 1, static_cast<float>(n.factor_h), static_cast<float>(n.factor_w)},
               {});
}

void Writer::add_arg_max(const Node& n) {
  onnx::NodeProto* node = begin("ArgMax", n);
  set_int(node, "axis", 1);
  set_int(node, "keepdims", 1);
  set_int(node, "select_last_index", n.last_index ? 1 : 0);
}

void Writer::add_node(const Node& n) {
  switch (n.op) {
    case Op::kConv:
      return add_conv(n);
    case Op::kConvTranspose:
      return add_conv_transpose(n);
    case Op::kGemm:
      return add_gemm(n);
    case Op::kClip:
      return add_clip(n);
    case Op::kLeakyRelu:
      return set_real(begin("LeakyRelu", n), "alpha", n.alpha);
    case Op::kPRelu:
      return add_prelu(n);
    case Op::kHardSigmoid:
      return add_hard_sigmoid(n);
    case Op::kElu:
      return set_real(begin("Elu", n), "alpha", n.alpha);
    case Op::kConcat:
      return set_int(begin("Concat", n), "axis", n.axis == 2 ? 1 : n.axis + 2);
    case Op::kArgMax:
      return add_arg_max(n);
    case Op::kPad:
      return add_pad(n);
    case Op::kSlice:
      return add_slice(n);
    case Op::kUpsample:
      return add_resize(n);
    case Op::kUnsqueeze:
      return add_integers(begin("Unsqueeze", n), n.name + ".axes", {2, 3});
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

}  // namespace e8::model
