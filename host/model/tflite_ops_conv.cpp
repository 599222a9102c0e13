// CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED: weights into [cout][kh][kw][cin / groups], the input's zero point
// into the bias (R6), a multiplier a channel.
#include <cmath>

#include "emu/ops/ops.h"
#include "host/model/tflite_ops.h"

namespace e8::model::tflite {

namespace {

constexpr int kWeights = 1, kBias = 2;     // inputs
constexpr std::size_t kMaxDepth = 131071;  // products of one sum: 2^14 each, an int32 in all (R1)

/// Scales of the weights: one, or one a channel; zero points 0. Fails: 145.
void check_weight_quantization(const Call& call, const Tensor& w, std::size_t channels, int channel_dim) {
  if (w.scales.size() != 1 && w.scales.size() != channels)
    call.fail(145, w,
              "has " + std::to_string(w.scales.size()) + " scales for " + std::to_string(channels) +
                  " channels; 1 or one a channel is allowed; convert to a full int8 model");
  if (w.scales.size() > 1 && w.channel_dim != channel_dim)
    call.fail(145, w,
              "has its scales along dimension " + std::to_string(w.channel_dim) + "; " + std::to_string(channel_dim) +
                  " is supported; convert the model again");
  for (std::size_t c = 0; c < w.scales.size(); ++c)
    if (!(w.scales[c] >= 0) || !std::isfinite(w.scales[c]))
      call.fail(145, w, "has scale " + std::to_string(w.scales[c]) + " in channel " + std::to_string(c));
  for (std::size_t c = 0; c < w.zero_points.size(); ++c)
    if (w.zero_points[c] != 0)
      call.fail(145, w, "has zero point " + std::to_string(w.zero_points[c]) + "; 0 is supported for weights");
}

/// Bias of channel c; 0 without one.
std::int64_t bias_of(const Tensor* bias, std::size_t c) {
  if (bias == nullptr) return 0;
  std::int32_t b = 0;
  std::memcpy(&b, bias->data.data() + c * sizeof b, sizeof b);
  return b;
}

/// TFLite's real multiplier of channel c: products of float32 scales as doubles, but a single scale of a fully
/// connected layer is multiplied in float32 (GetQuantizedConvolutionMultipler).
double real_multiplier(const Call& call, const Tensor& w, std::size_t c, bool fully_connected) {
  const float sx = call.quantization(call.in(0)).scale, sy = call.quantization(call.out()).scale;
  const float sw = w.scales[w.scales.size() == 1 ? 0 : c];
  const double product =
      fully_connected && w.scales.size() == 1 ? static_cast<double>(sx * sw) : double{sx} * double{sw};
  return product / double{sy};
}

/// Everything but weights and window. `p.weights` is in its place.
void set_tail(const Call& call, int activation_field, bool fully_connected, ops::ConvParams* p) {
  const auto channels = static_cast<std::size_t>(p->cout);
  const std::size_t depth = p->weights.size() / channels;
  if (depth > kMaxDepth)
    call.fail(146, "sums " + std::to_string(depth) + " products; at most " + std::to_string(kMaxDepth) +
                       " fit 32 bits; split the layer");
  const Tensor* bias = call.optional(kBias) == nullptr ? nullptr : &call.constant(kBias, Type::kInt32, channels);
  const int zero = call.quantization(call.in(0)).zero_point;
  p->pad_value = static_cast<std::int8_t>(zero);
  p->tail.mode = call.mode(activation_field);
  for (std::size_t c = 0; c < channels; ++c) {
    std::int64_t sum = 0;  // of the weights
    Range range{bias_of(bias, c), bias_of(bias, c)};
    for (std::size_t i = 0; i < depth; ++i) {
      const int w = p->weights[c * depth + i];
      sum += w;
      range.low += w * (w > 0 ? -128 - zero : 127 - zero);
      range.high += w * (w > 0 ? 127 - zero : -128 - zero);
    }
    const double real = real_multiplier(call, call.in(kWeights), c, fully_connected);
    p->tail.channel.push_back(call.channel(c, real, bias_of(bias, c) - zero * sum, range));
  }
}

std::vector<std::int8_t> as_int8(std::string_view data) { return {data.begin(), data.end()}; }

/// The weights' four dimensions; fails: 144.
ops::Shape kernel_shape(const Call& call, const Tensor& w) {
  if (w.shape.size() != 4) call.fail(144, w, "has rank " + std::to_string(w.shape.size()) + "; weights have 4");
  for (const std::int32_t d : w.shape)
    if (d < 1 || d > 65536) call.fail(144, w, "has a dimension of " + std::to_string(d) + "; 1 to 65536 is supported");
  return {w.shape[1], w.shape[2], w.shape[3]};
}

}  // namespace

IntParams import_conv(const Call& call, const ops::Shape& in) {
  constexpr int kActivation = 3, kDilationW = 4, kDilationH = 5;
  call.expect_operands(2, 3);
  const Tensor& w = call.in(kWeights);
  const ops::Shape kernel = kernel_shape(call, w);
  ops::ConvParams p;
  p.cout = w.shape[0];
  if (in.c % kernel.c != 0 || p.cout % (in.c / kernel.c) != 0)
    call.fail(144, w,
              "has " + std::to_string(kernel.c) + " input and " + std::to_string(p.cout) +
                  " output channels for an input of " + std::to_string(in.c) + "; no number of groups fits");
  p.groups = in.c / kernel.c;
  p.window = call.window(in, kernel.h, kernel.w, kDilationW, kDilationH);
  const auto channels = static_cast<std::size_t>(p.cout);
  p.weights = as_int8(call.constant(kWeights, Type::kInt8, channels * kernel.size()).data);
  check_weight_quantization(call, w, channels, 0);
  set_tail(call, kActivation, false, &p);
  call.expect_output(ops::output_shape(in, p));
  return p;
}

IntParams import_depthwise(const Call& call, const ops::Shape& in) {
  constexpr int kActivation = 4, kDilationW = 5, kDilationH = 6;  // depth_multiplier (3) follows from the shapes
  call.expect_operands(2, 3);
  const Tensor& w = call.in(kWeights);
  const ops::Shape kernel = kernel_shape(call, w);  // [1][kh][kw][cout]
  if (w.shape[0] != 1 || kernel.c % in.c != 0)
    call.fail(144, w,
              "has " + std::to_string(kernel.c) + " channels for an input of " + std::to_string(in.c) +
                  "; a multiple is supported");
  ops::ConvParams p;
  p.cout = kernel.c;
  p.groups = in.c;
  p.window = call.window(in, kernel.h, kernel.w, kDilationW, kDilationH);
  const std::string_view data = call.constant(kWeights, Type::kInt8, kernel.size()).data;
  const auto channels = static_cast<std::size_t>(kernel.c);
  const std::size_t pixels = kernel.size() / channels;
  p.weights.resize(kernel.size());
  for (std::size_t i = 0; i < pixels; ++i)
    for (std::size_t c = 0; c < channels; ++c)
      p.weights[c * pixels + i] = static_cast<std::int8_t>(data[i * channels + c]);
  check_weight_quantization(call, w, channels, 3);
  set_tail(call, kActivation, false, &p);
  call.expect_output(ops::output_shape(in, p));
  return p;
}

IntParams import_fully_connected(const Call& call, const ops::Shape& in) {
  constexpr int kActivation = 0, kFormat = 1;
  call.expect_operands(2, 3);
  if (const int format = call.op.option<std::int8_t>(kFormat, 0); format != 0)
    call.fail(144,
              "weights_format = " + std::to_string(format) + "; 0 (DEFAULT) is supported; convert without shuffling");
  const Tensor& w = call.in(kWeights);
  if (w.shape.size() != 2 || w.shape[0] < 1 || w.shape[0] > 65536 || w.shape[1] < 1 ||
      static_cast<std::size_t>(w.shape[1]) != in.size())
    call.fail(144, w,
              "must have shape [outputs, " + std::to_string(in.size()) +
                  "], the values of the input, with batch 1; convert the model again");
  ops::ConvParams p;
  p.cout = w.shape[0];
  p.window.kh = in.h;  // covers its input, whose order is the weights' order
  p.window.kw = in.w;
  const auto channels = static_cast<std::size_t>(p.cout);
  p.weights = as_int8(call.constant(kWeights, Type::kInt8, channels * in.size()).data);
  check_weight_quantization(call, w, channels, 0);
  set_tail(call, kActivation, true, &p);
  call.expect_output(ops::output_shape(in, p));
  return p;
}

}  // namespace e8::model::tflite
