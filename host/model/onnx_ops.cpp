// The simple operators, and the table of all that are supported.
#include "host/model/onnx_ops.h"

#include <algorithm>
#include <cmath>

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

void import_softmax(Importer& im, const Proto& node) {
  const int x = im.activation(node, 0);
  need_rank(im, node, x, 2);
  const std::int64_t axis = im.integer(node, "axis", im.opset() < 13 ? 1 : -1);
  if (axis != 1 && axis != -1) im.fail(105, node, "attribute 'axis' = " + str(axis) + "; only the last is supported");
  im.add(node, im.begin(node, Op::kSoftmax, {x}), im.shape(x), 2);
}

void import_arg_max(Importer& im, const Proto& node) {
  const int x = im.activation(node, 0), rank = im.rank(x), channels = im.channels_last(node, 0) ? 3 : 1;
  if (axis_of(im, node, im.integer(node, "axis", 0), rank) != channels)
    im.fail(105, node, "attribute 'axis' must name the channels, " + str(channels) + " here");
  Node n = im.begin(node, Op::kArgMax, {x});
  n.last_index = im.integer(node, "select_last_index", 0) != 0;
  im.add(node, std::move(n), {im.shape(x).h, im.shape(x).w, 1}, rank);
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
      {"ArgMax", {"axis", "keepdims", "select_last_index"}, 1, 1, import_arg_max},
      {"AveragePool",
       {"auto_pad", "ceil_mode", "count_include_pad", "kernel_shape", "pads", "strides"},
       1,
       1,
       import_average_pool},
      {"BatchNormalization", {"epsilon", "momentum", "spatial", "training_mode"}, 5, 5, import_batch_normalization},
      {"Clip", {"max", "min"}, 1, 3, import_clip},
      {"Concat", {"axis"}, 1, 1024, import_concat, Integers::kMoved},
      {"Constant", {"value", "value_float", "value_int", "value_ints"}, 0, 0, import_constant},
      {"Conv", {"auto_pad", "dilations", "group", "kernel_shape", "pads", "strides"}, 2, 3, import_conv},
      {"ConvTranspose",
       {"auto_pad", "dilations", "group", "kernel_shape", "output_padding", "output_shape", "pads", "strides"},
       2,
       3,
       import_conv_transpose},
      {"DequantizeLinear", {"axis"}, 2, 3, import_dequantize},
      {"Dropout", {"ratio", "seed"}, 1, 3, import_identity},
      {"Elu", {"alpha"}, 1, 1, import_elu},
      {"Flatten", {"axis"}, 1, 1, import_flatten, Integers::kMoved},
      {"Gemm", {"alpha", "beta", "transA", "transB"}, 2, 3, import_gemm},
      {"GlobalAveragePool", {}, 1, 1, import_global_average_pool},
      {"HardSigmoid", {"alpha", "beta"}, 1, 1, import_hard_sigmoid},
      {"HardSwish", {}, 1, 1, import_hard_swish},
      {"Identity", {}, 1, 1, import_identity, Integers::kMoved},
      {"LeakyRelu", {"alpha"}, 1, 1, import_leaky_relu},
      {"MatMul", {}, 2, 2, import_matmul},
      {"MaxPool",
       {"auto_pad", "ceil_mode", "dilations", "kernel_shape", "pads", "storage_order", "strides"},
       1,
       1,
       import_max_pool,
       Integers::kMoved},
      {"Mul", {}, 2, 2, import_mul},
      {"PRelu", {}, 2, 2, import_prelu},
      {"Pad", {"mode", "pads", "value"}, 1, 3, import_pad},
      {"QuantizeLinear", {"axis"}, 2, 3, import_quantize},
      {"ReduceMean", {"axes", "keepdims"}, 1, 2, import_reduce_mean},
      {"Relu", {}, 1, 1, import_relu},
      {"Reshape", {"allowzero"}, 2, 2, import_reshape, Integers::kMoved},
      {"Resize",
       {"coordinate_transformation_mode", "cubic_coeff_a", "exclude_outside", "extrapolation_value", "mode",
        "nearest_mode"},
       1,
       4,
       import_resize,
       Integers::kMoved},
      {"Sigmoid", {}, 1, 1, import_sigmoid},
      {"Slice", {"axes", "ends", "starts"}, 1, 5, import_slice, Integers::kMoved},
      {"Softmax", {"axis"}, 1, 1, import_softmax},
      {"Split", {"axis", "split"}, 1, 2, import_split, Integers::kMoved},
      {"Squeeze", {"axes"}, 1, 2, import_squeeze, Integers::kMoved},
      {"Sub", {}, 2, 2, import_sub},
      {"Tanh", {}, 1, 1, import_tanh},
      {"Transpose", {"perm"}, 1, 1, import_transpose, Integers::kMoved},
      {"Unsqueeze", {"axes"}, 1, 2, import_unsqueeze, Integers::kMoved},
      {"Upsample", {"mode", "scales"}, 1, 2, import_resize, Integers::kMoved},
  };
  return rows;
}

}  // namespace e8::model
