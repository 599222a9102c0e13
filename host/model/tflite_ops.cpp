// Messages, shapes, quantization and multipliers of TFLite operators; see tflite_ops.h.
#include "host/model/tflite_ops.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "emu/numerics/tflite.h"
#include "host/model/error.h"

namespace e8::model::tflite {

namespace {

constexpr int kMaxDim = 65536;
constexpr std::int64_t kMaxTensor = std::int64_t{1} << 31;
constexpr std::int64_t kMaxInt32 = std::numeric_limits<std::int32_t>::max();
constexpr std::int64_t kMinInt32 = std::numeric_limits<std::int32_t>::min();

std::string text(const Tensor& t) {
  std::string s = "[";
  for (std::size_t i = 0; i < t.shape.size(); ++i) s += (i == 0 ? "" : ", ") + std::to_string(t.shape[i]);
  return s + "]";
}

std::string text(const ops::Shape& s) {
  return "[1, " + std::to_string(s.h) + ", " + std::to_string(s.w) + ", " + std::to_string(s.c) + "]";
}

std::size_t bytes_of(Type type) {
  switch (type) {
    case Type::kInt8:
    case Type::kUint8:
      return 1;
    case Type::kInt16:
      return 2;
    case Type::kInt64:
      return 8;
    default:
      return 4;
  }
}

/// SAME: as many outputs as strides; what is missing is shared by both ends, the odd one at the end.
struct Padding {
  int before = 0, after = 0;
};
Padding same_padding(int size, int kernel, int stride, int dilation) {
  const int outputs = (size + stride - 1) / stride;
  const std::int64_t reach = std::int64_t{outputs - 1} * stride + std::int64_t{kernel - 1} * dilation + 1;
  const auto missing = static_cast<int>(std::max<std::int64_t>(0, reach - size));
  return {missing / 2, missing - missing / 2};
}

}  // namespace

Multiplier quantize_multiplier(double real) {
  if (real == 0) return {};
  int shift = 0;
  auto m = static_cast<std::int64_t>(std::llround(std::frexp(real, &shift) * 0x1p31));
  if (m == std::int64_t{1} << 31) {
    m /= 2;
    ++shift;
  }
  if (shift < -31) return {};
  return {static_cast<std::int32_t>(m), shift};
}

void Call::fail(int id, const std::string& what) const {
  throw UserError(id, model.file + ": operator " + std::to_string(op.index) + " (" + op.name + "): " + what);
}

void Call::fail(int id, const Tensor& tensor, const std::string& what) const {
  fail(id, "tensor " + std::to_string(tensor.index) + " '" + tensor.name + "' " + what);
}

void Call::expect_operands(std::size_t low, std::size_t high) const {
  if (op.inputs.size() < low || op.inputs.size() > high)
    fail(144, "has " + std::to_string(op.inputs.size()) + " inputs; " + std::to_string(low) +
                  (high == low ? "" : " to " + std::to_string(high)) + " are supported; convert the model again");
  if (op.outputs.size() != 1 || op.outputs[0] < 0)
    fail(144, "has " + std::to_string(op.outputs.size()) + " outputs; 1 is supported; convert the model again");
}

const Tensor* Call::optional(std::size_t i) const {
  if (i >= op.inputs.size() || op.inputs[i] < 0) return nullptr;
  return &model.tensors[static_cast<std::size_t>(op.inputs[i])];
}

const Tensor& Call::in(std::size_t i) const {
  const Tensor* t = optional(i);
  if (t == nullptr) fail(144, "input " + std::to_string(i) + " is left out; it is needed");
  return *t;
}

ops::Shape Call::shape(const Tensor& t) const {
  const std::size_t rank = t.shape.size();
  if (rank < 2 || rank > 4 || t.shape[0] != 1)
    fail(144, t, "has shape " + text(t) + "; [1, h, w, c], [1, w, c] and [1, c] are supported: convert with batch 1");
  std::int64_t size = 1;
  for (const std::int32_t d : t.shape) {
    if (d < 1 || d > kMaxDim || (size *= d) > kMaxTensor)
      fail(144, t, "has shape " + text(t) + "; 1 to 65536 a dimension and 2^31 in all are supported");
  }
  return {rank == 4 ? t.shape[1] : 1, rank == 2 ? 1 : t.shape[rank - 2], t.shape[rank - 1]};
}

Quantization Call::quantization(const Tensor& t) const {
  if (t.type != Type::kInt8)
    fail(142, t,
         "is " + type_name(t.type) +
             "; int8 models are supported: convert with full integer quantization (representative data set, "
             "TFLITE_BUILTINS_INT8), or export the float model to ONNX and use 'exact8 quantize'");
  if (t.scales.size() != 1 || t.zero_points.size() > 1)
    fail(145, t,
         "has " + std::to_string(t.scales.size()) + " scales and " + std::to_string(t.zero_points.size()) +
             " zero points; an activation has one of each; convert the model again");
  const float scale = t.scales[0];
  const std::int64_t zero = t.zero_points.size() == 0 ? 0 : t.zero_points[0];
  if (!(scale > 0) || !std::isfinite(scale) || zero < -128 || zero > 127)
    fail(145, t,
         "has scale " + std::to_string(scale) + " and zero point " + std::to_string(zero) +
             "; a positive scale and -128 to 127 are allowed; convert the model again");
  return {scale, static_cast<int>(zero)};
}

void Call::expect_same_quantization() const {
  if (!(quantization(in(0)) == quantization(out())))
    fail(145, "input and output differ in scale or zero point, and TFLite allows one; convert the model again");
}

const Tensor& Call::constant(std::size_t input, Type type, std::size_t count) const {
  const Tensor& t = in(input);
  if (t.data.empty()) fail(147, t, "is computed; a constant is supported here");
  if (t.type != type)
    fail(142, t, "is " + type_name(t.type) + "; " + type_name(type) + " is supported; convert to a full int8 model");
  if (t.data.size() != count * bytes_of(type))
    fail(144, t,
         "of shape " + text(t) + " has " + std::to_string(t.data.size()) + " bytes; " +
             std::to_string(count * bytes_of(type)) + " are needed; convert the model again");
  return t;
}

void Call::expect_output(const ops::Shape& shape) const {
  std::int64_t size = 1;
  for (const std::int32_t d : out().shape) size = d < 1 || size > kMaxTensor ? 0 : size * d;
  if (size != static_cast<std::int64_t>(shape.size()) || (out().shape.size() == 4 && !(this->shape(out()) == shape)))
    fail(144, out(), "has shape " + text(out()) + ", and the operator gives " + text(shape) + "; convert again");
}

int Call::option(int field, int otherwise, int low, int high, const char* name) const {
  const auto value = op.option<std::int32_t>(field, otherwise);
  if (value < low || value > high)
    fail(144, std::string(name) + " = " + std::to_string(value) + "; " + std::to_string(low) + " to " +
                  std::to_string(high) + " is supported");
  return value;
}

num::TailMode Call::mode(int field) const {
  const Quantization q = quantization(out());
  const auto on_grid = [&](float limit) { return q.zero_point + static_cast<double>(std::round(limit / q.scale)); };
  num::TailMode mode;
  mode.double_round = true;
  mode.zp = static_cast<std::int8_t>(q.zero_point);
  const auto set_low = [&](float x) { mode.lo = static_cast<std::int8_t>(std::clamp(on_grid(x), -128.0, 127.0)); };
  const auto set_high = [&](float x) { mode.hi = static_cast<std::int8_t>(std::clamp(on_grid(x), -128.0, 127.0)); };
  switch (op.option<std::int8_t>(field, 0)) {
    case 0:
      break;
    case 1:
      set_low(0);
      break;
    case 2:
      set_low(-1);
      set_high(1);
      break;
    case 3:
      set_low(0);
      set_high(6);
      break;
    default:
      fail(144, "fused activation " + std::to_string(op.option<std::int8_t>(field, 0)) +
                    "; none, RELU, RELU_N1_TO_1 and RELU6 are supported");
  }
  return mode;
}

ops::Window Call::window(const ops::Shape& in, int kh, int kw, int dilation_w_field, int dilation_h_field) const {
  constexpr int kPadding = 0, kStrideW = 1, kStrideH = 2, kMaxStep = 4096;
  const auto dilation = [&](int field, const char* name) {
    return field == 0 ? 1 : option(field, 1, 1, kMaxStep, name);
  };
  ops::Window w;
  w.kh = kh;
  w.kw = kw;
  w.sw = option(kStrideW, 0, 1, kMaxStep, "stride_w");
  w.sh = option(kStrideH, 0, 1, kMaxStep, "stride_h");
  w.dw = dilation(dilation_w_field, "dilation_w_factor");
  w.dh = dilation(dilation_h_field, "dilation_h_factor");
  const auto padding = op.option<std::int8_t>(kPadding, 0);
  if (padding != 0 && padding != 1) fail(144, "padding " + std::to_string(padding) + "; SAME and VALID are supported");
  if (padding == 0) {
    const Padding rows = same_padding(in.h, kh, w.sh, w.dh), columns = same_padding(in.w, kw, w.sw, w.dw);
    w.top = rows.before;
    w.bottom = rows.after;
    w.left = columns.before;
    w.right = columns.after;
  }
  const std::int64_t reach_h = std::int64_t{kh - 1} * w.dh + 1, reach_w = std::int64_t{kw - 1} * w.dw + 1;
  if (reach_h > in.h + w.top + w.bottom || reach_w > in.w + w.left + w.right)
    fail(144, "its window of " + std::to_string(reach_h) + "x" + std::to_string(reach_w) +
                  " is larger than its input, " + text(in) + "; convert the model again");
  return w;
}

num::ChannelParam Call::channel(std::size_t c, double real, std::int64_t bias, const Range& range) const {
  const std::string where = "channel " + std::to_string(c) + ": ";
  const Multiplier q = quantize_multiplier(real);
  const std::int64_t largest = std::max(-range.low, range.high);
  const std::int64_t doubled = 2 * bias;
  if (range.low < kMinInt32 || range.high > kMaxInt32 || doubled < num::kMinV || doubled > num::kMaxV)
    fail(146, where + "its sum can be " + std::to_string(range.low) + " to " + std::to_string(range.high) +
                  ", and TFLite's accumulator has 32 bits; give the channel's weights a larger scale");
  if (q.shift > 30 || largest > (kMaxInt32 >> std::max(q.shift, 0)))
    fail(146, where + "its sum can be " + std::to_string(largest) + " and its multiplier is " + std::to_string(real) +
                  ": TFLite's 32 bits overflow; choose a larger output scale");
  if (q.m != 0 && q.shift >= -30) return num::tflite::channel(bias, q.m, q.shift);
  // A multiplier of 0, or one below 2^-31, whose product is below 2^30 in units of 2^-31: it rounds to 0.
  if (q.m != 0 && num::round_shift(largest * q.m, 31, num::Tie::kHalfUp) >= std::int64_t{1} << 30)
    fail(146, where + "its multiplier is below 2^-31 and its sum can be " + std::to_string(largest) +
                  "; give the channel's weights a larger scale");
  return num::tflite::channel(bias, 0, 0);
}

}  // namespace e8::model::tflite
