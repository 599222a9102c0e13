// The simple operators, and the table of all that are supported.
#include "host/model/onnx_ops.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace e8::model {

std::string str(std::int64_t x) { return std::to_string(x); }

std::string str(const std::vector<std::int64_t>& v) {
  std::string s;
  for (std::int64_t x : v) s += (s.empty() ? "" : ",") + str(x);
  return "[" + s + "]";
}

void need_rank(Importer& im, const Proto& node, int value, int rank) {
  if (im.rank(value) != rank)
    im.fail(108, node, "its input has " + str(im.rank(value)) + " dimensions, needs " + str(rank));
}

const ImportedConstant& real_constant(Importer& im, const Proto& node, int i) {
  const ImportedConstant& c = im.constant(node, i);
  if (!c.data.is_real()) im.fail(106, node, "input " + str(i) + " must be float; put a DequantizeLinear before it");
  return c;
}

const ImportedConstant& finite_constant(Importer& im, const Proto& node, int i) {
  const ImportedConstant& c = real_constant(im, node, i);
  const auto bad = std::find_if(c.data.real.begin(), c.data.real.end(), [](float x) { return !std::isfinite(x); });
  if (bad != c.data.real.end())
    im.fail(106, node,
            "input " + str(i) + " holds " + std::to_string(*bad) + " at element " + str(bad - c.data.real.begin()) +
                "; constants must be finite numbers; train or export the model again");
  return c;
}

namespace {

void import_relu(Importer& im, const Proto& node) {
  const int x = im.activation(node, 0);
  im.add(node, im.begin(node, Op::kRelu, {x}), im.shape(x), im.rank(x));
}

void import_leaky_relu(Importer& im, const Proto& node) {
  const int x = im.activation(node, 0);
  Node n = im.begin(node, Op::kLeakyRelu, {x});
  n.alpha = im.real(node, "alpha", double{0.01F});  // attributes are float32
  if (!(n.alpha >= 0 && n.alpha <= 1)) im.fail(105, node, "attribute 'alpha' must lie in [0, 1]");
  im.add(node, std::move(n), im.shape(x), im.rank(x));
}

// Limits are attributes before opset 11 and inputs from then on; [0, infinity] is Relu.
void import_clip(Importer& im, const Proto& node) {
  const int x = im.activation(node, 0);
  if (im.opset() >= 11 && (im.has(node, "min") || im.has(node, "max")))
    im.fail(105, node, "has its limits as attributes, which opset 11 made inputs; export the model again");
  const auto limit = [&](const char* name, int i, double otherwise) {
    if (im.opset() < 11) return im.real(node, name, otherwise);
    if (im.absent(node, i)) return otherwise;
    const Constant& c = real_constant(im, node, i).data;
    if (c.size() != 1) im.fail(106, node, std::string("limit '") + name + "' must be one value");
    return double{c.real[0]};
  };
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  constexpr double kNone = 3.0e38;  // exporters write the largest float for "no limit"
  const double lo = limit("min", 1, -kInfinity), hi = limit("max", 2, kInfinity);
  if (!(lo <= hi)) im.fail(105, node, "its limits are not in order");
  Node n = im.begin(node, lo == 0 && hi > kNone ? Op::kRelu : Op::kClip, {x});
  if (n.op == Op::kClip) {
    n.lo = lo < -kNone ? -kInfinity : lo;
    n.hi = hi > kNone ? kInfinity : hi;
  }
  im.add(node, std::move(n), im.shape(x), im.rank(x));
}

void add_flatten(Importer& im, const Proto& node, int x) {
  if (im.rank(x) == 2) return im.alias(node, x);
  im.add(node, im.begin(node, Op::kFlatten, {x}), {1, 1, static_cast<int>(im.shape(x).size())}, 2);
}

void import_flatten(Importer& im, const Proto& node) {
  const int x = im.activation(node, 0);
  const std::int64_t axis = im.integer(node, "axis", 1);
  if (axis != 1 && axis != 1 - im.rank(x))
    im.fail(105, node, "attribute 'axis' = " + str(axis) + "; only 1 is supported");
  add_flatten(im, node, x);
}

void import_reshape(Importer& im, const Proto& node) {
  const int x = im.activation(node, 0);
  const Constant& target = im.constant(node, 1).data;
  const auto size = static_cast<std::int64_t>(im.shape(x).size());
  const bool vector = !target.is_real() && target.size() == 2 && im.integer(node, "allowzero", 0) == 0 &&
                      (target.integer[1] == size || (target.integer[1] == -1 && target.integer[0] != -1));
  if (!vector) im.fail(105, node, "to " + str(target.integer) + "; only [N,-1], a vector an image, is supported");
  add_flatten(im, node, x);
}

void import_softmax(Importer& im, const Proto& node) {
  const int x = im.activation(node, 0);
  need_rank(im, node, x, 2);
  const std::int64_t axis = im.integer(node, "axis", im.opset() < 13 ? 1 : -1);
  if (axis != 1 && axis != -1) im.fail(105, node, "attribute 'axis' = " + str(axis) + "; only the last is supported");
  im.add(node, im.begin(node, Op::kSoftmax, {x}), im.shape(x), 2);
}

void import_identity(Importer& im, const Proto& node) {
  if (im.is_constant(node, 0)) return im.define(node, im.constant(node, 0));
  im.alias(node, im.activation(node, 0));
}

void import_constant(Importer& im, const Proto& node) {
  if (im.has(node, "value")) return im.define(node, {im.tensor(node, "value"), {}, 0});
  ImportedConstant c;
  if (im.has(node, "value_float")) {
    c.data.real = {static_cast<float>(im.real(node, "value_float", 0))};
  } else if (im.has(node, "value_int") || im.has(node, "value_ints")) {
    c.data.type = onnx::TensorProto::INT64;
    c.data.integer = im.integers(node, "value_ints");
    if (im.has(node, "value_int")) c.data.integer = {im.integer(node, "value_int", 0)};
    c.data.dims = {static_cast<std::int64_t>(c.data.integer.size())};
  } else {
    im.fail(105, node, "needs one of 'value', 'value_float', 'value_int', 'value_ints'");
  }
  im.define(node, std::move(c));
}

}  // namespace

const std::vector<OpRow>& op_rows() {
  static const std::vector<OpRow> rows{
      {"Add", {}, 2, 2, import_add},
      {"AveragePool",
       {"auto_pad", "ceil_mode", "count_include_pad", "kernel_shape", "pads", "strides"},
       1,
       1,
       import_average_pool},
      {"BatchNormalization", {"epsilon", "momentum", "spatial", "training_mode"}, 5, 5, import_batch_normalization},
      {"Clip", {"max", "min"}, 1, 3, import_clip},
      {"Constant", {"value", "value_float", "value_int", "value_ints"}, 0, 0, import_constant},
      {"Conv", {"auto_pad", "dilations", "group", "kernel_shape", "pads", "strides"}, 2, 3, import_conv},
      {"DequantizeLinear", {"axis"}, 2, 3, import_dequantize},
      {"Dropout", {"ratio", "seed"}, 1, 3, import_identity},
      {"Flatten", {"axis"}, 1, 1, import_flatten},
      {"Gemm", {"alpha", "beta", "transA", "transB"}, 2, 3, import_gemm},
      {"GlobalAveragePool", {}, 1, 1, import_global_average_pool},
      {"Identity", {}, 1, 1, import_identity},
      {"LeakyRelu", {"alpha"}, 1, 1, import_leaky_relu},
      {"MatMul", {}, 2, 2, import_matmul},
      {"MaxPool",
       {"auto_pad", "ceil_mode", "dilations", "kernel_shape", "pads", "storage_order", "strides"},
       1,
       1,
       import_max_pool},
      {"QuantizeLinear", {"axis"}, 2, 3, import_quantize},
      {"Relu", {}, 1, 1, import_relu},
      {"Reshape", {"allowzero"}, 2, 2, import_reshape},
      {"Softmax", {"axis"}, 1, 1, import_softmax},
  };
  return rows;
}

}  // namespace e8::model
