// Convolution, plain and transposed, and Gemm: weights into [cout][kh][kw][cin / groups], biases and scales into the
// tail's records.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "emu/numerics/dpu.h"
#include "host/model/limits.h"
#include "host/model/lower_parts.h"

namespace e8::model {

namespace {

void check_stored(const Operation& o) {
  const Node& n = o.node;
  if (n.weights_q.empty() || n.weights_q.values.size() != n.weights.size())
    o.fail("weights are float; quantize the model with 'exact8 quantize'", 120);
  const bool biased = std::any_of(n.bias.begin(), n.bias.end(), [](float b) { return b != 0; });
  if (biased && n.bias_q.empty() && !o.arithmetic.onnx)
    o.fail("bias is float; quantize the model with 'exact8 quantize'", 120);
  if (n.weights_q.bits != 8) o.fail("weights have " + std::to_string(n.weights_q.bits) + " bits; int8 is allowed");
  for (const std::int32_t w : n.weights_q.values)
    o.in_range("a stored weight less its zero point", w, -128, 127, "quantize weights to symmetric int8");
  const auto channels = n.bias.size();
  for (const QuantData* q : {&n.weights_q, &n.bias_q})
    if (q->scales.size() > 1 && q->scales.size() != channels)
      o.fail("has " + std::to_string(q->scales.size()) + " scales for " + std::to_string(channels) + " channels");
}

// The one scale of a constant under dpu.
int position_of(const Operation& o, const std::string& what, const QuantData& q) {
  for (const double s : q.scales)
    if (s != q.scales[0]) o.fail(what + " have a scale a channel; the dpu scheme allows one a tensor");
  return o.position(what, q.scales[0]);
}

std::vector<num::ChannelParam> dpu_records(const Operation& o) {
  const Node& n = o.node;
  const int pw = position_of(o, "weights", n.weights_q);
  const int sc = o.in_range("shift_cut pw + px - py", pw + o.px() - o.py(), 0, kMaxShiftCut,
                            "move the output's or the weights' position into this range");
  if (n.bias_q.empty()) return {num::dpu::channel(0, sc)};
  const bool leaky = o.activation != nullptr && is_leaky(o.activation->op);
  const int sb = o.in_range("shift_bias pw + px - pb", pw + o.px() - position_of(o, "bias", n.bias_q),
                            least_bias_shift(sc, leaky, o.arithmetic.tie), kMaxShiftBias,
                            "move the bias's position into this range");
  std::vector<num::ChannelParam> records;
  for (const std::int32_t b : n.bias_q.values) records.push_back(num::dpu::channel(num::dpu::doubled_bias(b, sb), sc));
  return records;
}

// The bias in units of the accumulator (R7). An int32 bias whose scale is that unit, but for its rounding to float32,
// is taken as stored.
std::int64_t bias32(const QuantData& q, std::size_t c, double unit) {
  const double scale = q.scale_of(c), b = q.values[c];
  if (q.bits == 32 && std::abs(scale / unit - 1) < 0x1p-22) return q.values[c];
  constexpr double kEnd = 0x1p31;
  return static_cast<std::int64_t>(std::clamp(std::round(b * scale / unit), -kEnd, kEnd - 1));
}

// As onnxruntime's quantizer stores it.
std::int64_t float_bias(float b, double unit) {
  constexpr double kEnd = 0x1p31;
  return static_cast<std::int64_t>(std::clamp(std::nearbyint(double{b} / unit), -kEnd, kEnd - 1));
}

// Of the weights of one output channel (R6).
std::int64_t sum_of(const Node& n, std::size_t channel) {
  const std::size_t block = n.weights_q.values.size() / n.bias.size();
  const auto begin = n.weights_q.values.begin() + static_cast<std::ptrdiff_t>(channel * block);
  return std::accumulate(begin, begin + static_cast<std::ptrdiff_t>(block), std::int64_t{0});
}

std::vector<num::ChannelParam> scaled_records(const Operation& o) {
  const Node& n = o.node;
  const std::int64_t zero = o.x().zero_point;
  std::vector<num::ChannelParam> records;
  for (std::size_t c = 0; c < n.bias.size(); ++c) {
    const double unit = o.x().scale * n.weights_q.scale_of(c);
    const std::int64_t bias = n.bias_q.empty() ? float_bias(n.bias[c], unit) : bias32(n.bias_q, c, unit);
    records.push_back(scaled_channel(o, multiplier(o, n.weights_q.scale_of(c)), 2 * (bias - zero * sum_of(n, c))));
  }
  return records;
}

ops::Tail tail_of(const Operation& o, std::int64_t depth) {
  o.in_range("products of one output", depth, 1, kMaxDepth, "split the layer");
  ops::Tail tail = begin_tail(o);
  tail.channel = o.arithmetic.dpu ? dpu_records(o) : scaled_records(o);
  const std::int64_t room = num::kMaxV - depth * (2 * 128 * 128);
  for (std::size_t c = 0; c < tail.channel.size(); ++c)
    o.in_range("doubled bias of channel " + std::to_string(c), tail.channel[c].b2, -room, room,
               "larger values could overflow the accumulator; give the channel's weights a larger scale");
  apply_activation(o, &tail);
  return tail;
}

// [cout][channels][pixels] to [cout][pixels][channels].
std::vector<std::int8_t> channels_last(const std::vector<std::int32_t>& from, std::size_t cout, std::size_t channels) {
  const std::size_t block = from.size() / cout, pixels = block / channels;
  std::vector<std::int8_t> to(from.size());
  for (std::size_t o = 0; o < cout; ++o)
    for (std::size_t c = 0; c < channels; ++c)
      for (std::size_t p = 0; p < pixels; ++p)
        to[o * block + p * channels + c] = static_cast<std::int8_t>(from[o * block + c * pixels + p]);
  return to;
}

// Params: ops::ConvParams or ops::DeconvParams.
template <typename Params>
Params make(const Operation& o, const ops::Window& window, int groups) {
  const auto cout = static_cast<int>(o.node.bias.size());
  const int channels = o.x().shape.c / groups;
  Params p;
  p.window = window;
  p.cout = cout;
  p.groups = groups;
  p.weights =
      channels_last(o.node.weights_q.values, static_cast<std::size_t>(cout), static_cast<std::size_t>(channels));
  p.tail = tail_of(o, static_cast<std::int64_t>(p.weights.size()) / cout);
  return p;
}

// y = k[c] * x + offset[c] of an int8 tensor, in a file of another tool: one tap of +-64, so that the offset is known
// to 1/128 of k's step of x.
IntParams lower_affine(const Operation& o) {
  constexpr int kTap = 64;
  const Node& n = o.node;
  need_layout(o);
  ops::ConvParams p;
  p.cout = p.groups = o.x().shape.c;
  p.pad_value = static_cast<std::int8_t>(o.x().zero_point);
  p.tail = begin_tail(o);
  const std::int64_t room = num::kMaxV - 2 * kTap * 256;
  for (std::size_t c = 0; c < n.weights.size(); ++c) {
    const double k = double{n.weights[c]}, unit = o.x().scale * std::abs(k) / kTap;
    if (k == 0) o.fail("multiplies channel " + std::to_string(c) + " by 0; remove the channel, or train it again");
    const double offset = std::clamp(std::nearbyint(2 * double{n.bias[c]} / unit), -0x1p33, 0x1p33);
    const int tap = k < 0 ? -kTap : kTap;
    const std::int64_t b2 = static_cast<std::int64_t>(offset) - std::int64_t{2} * tap * o.x().zero_point;
    o.in_range("doubled offset of channel " + std::to_string(c), b2, -room, room, "choose an input scale nearer to it");
    p.weights.push_back(static_cast<std::int8_t>(tap));
    p.tail.channel.push_back(scaled_channel(o, unit / o.out_scale, b2));
  }
  apply_activation(o, &p.tail);
  return p;
}

}  // namespace

IntParams lower_conv(const Operation& o) {
  if (o.node.foldable && o.node.weights_q.empty() && o.arithmetic.onnx) return lower_affine(o);
  check_stored(o);
  need_layout(o);
  auto p = make<ops::ConvParams>(o, o.node.window, o.node.groups);
  p.pad_value = static_cast<std::int8_t>(o.x().zero_point);
  return p;
}

IntParams lower_conv_transpose(const Operation& o) {
  check_stored(o);
  need_layout(o);
  if (o.x().zero_point != 0)
    o.fail("its input has zero point " + std::to_string(o.x().zero_point) +
           " (as int8); 0 is allowed, because the number of weights in a sum differs from pixel to pixel; quantize its "
           "input symmetric (int8 with zero point 0, uint8 with 128)");
  auto p = make<ops::DeconvParams>(o, o.node.window, o.node.groups);
  p.out_pad_h = o.node.out_pad_h;
  p.out_pad_w = o.node.out_pad_w;
  return p;
}

IntParams lower_gemm(const Operation& o) {
  check_stored(o);
  ops::Window covering;
  covering.kh = o.x().shape.h;
  covering.kw = o.x().shape.w;
  return make<ops::ConvParams>(o, covering, 1);
}

}  // namespace e8::model
