// Pools, ADD, PAD and QUANTIZE from int8 to int8.
#include <algorithm>

#include "emu/numerics/tflite.h"
#include "emu/ops/ops.h"
#include "host/model/tflite_ops.h"

namespace e8::model::tflite {

namespace {

/// The pools' kernel. Clamps stay, but nothing is rescaled: input and output are of one scale.
ops::Window pool_window(const Call& call, const ops::Shape& in) {
  constexpr int kFilterWidth = 3, kFilterHeight = 4, kMaxKernel = 4096;
  call.expect_operands(1, 1);
  call.expect_same_quantization();
  const int kw = call.option(kFilterWidth, 0, 1, kMaxKernel, "filter_width");
  const int kh = call.option(kFilterHeight, 0, 1, kMaxKernel, "filter_height");
  return call.window(in, kh, kw, 0, 0);
}

num::TailMode pool_mode(const Call& call) {
  constexpr int kActivation = 5;
  num::TailMode mode = call.mode(kActivation);
  mode.double_round = false;
  mode.zp = 0;  // the accumulator keeps the input's
  return mode;
}

bool has_padding(const ops::Window& w) { return w.top + w.left + w.bottom + w.right > 0; }

/// A multiplier below 1 as num::tflite::multiply takes it; fails (146) above or too far below.
Multiplier small(const Call& call, double real, int least, const char* what) {
  const Multiplier q = quantize_multiplier(real);
  if (q.m == 0 || q.shift > 0 || q.shift < least)
    call.fail(146, std::string(what) + " multiplier " + std::to_string(real) + "; 2^" + std::to_string(least - 1) +
                       " to 1 is allowed; choose scales nearer to each other");
  return q;
}

}  // namespace

IntParams import_average_pool(const Call& call, const ops::Shape& in) {
  constexpr int kMaxPixels = 16384, kMaxPadded = 1024;  // padded: a divisor a count
  ops::AvgPoolParams p;
  p.window = pool_window(call, in);
  p.count_pad = !has_padding(p.window);
  if (std::int64_t{p.window.kh} * p.window.kw > (p.count_pad ? kMaxPixels : kMaxPadded))
    call.fail(144, "averages " + std::to_string(std::int64_t{p.window.kh} * p.window.kw) + " pixels; at most " +
                       std::to_string(p.count_pad ? kMaxPixels : kMaxPadded) + " are supported; pool in two steps");
  const int pixels = p.window.kh * p.window.kw;
  for (int n = p.count_pad ? pixels : 1; n <= pixels; ++n) p.by_count.push_back(num::tflite::average(n));
  p.mode = pool_mode(call);
  p.mode.tie = num::Tie::kHalfAway;
  call.expect_output(ops::output_shape(in, p));
  return p;
}

IntParams import_max_pool(const Call& call, const ops::Shape& in) {
  ops::MaxPoolParams p{pool_window(call, in), ops::identity_tail()};
  p.tail.mode = pool_mode(call);
  call.expect_output(ops::output_shape(in, p));
  return p;
}

IntParams import_add(const Call& call) {
  constexpr int kActivation = 0;
  call.expect_operands(2, 2);
  const ops::Shape shape = call.shape(call.in(0));
  if (!(shape == call.shape(call.in(1))))
    call.fail(144, "adds tensors of different shapes; broadcasting is not supported");
  call.expect_output(shape);
  ops::AddParams p;
  p.kind = ops::AddParams::Kind::kTflite;
  p.mode = call.mode(kActivation);
  p.mode.double_round = false;  // the arithmetic has its own
  const Quantization q[2] = {call.quantization(call.in(0)), call.quantization(call.in(1))};
  const double twice = 2 * double{std::max(q[0].scale, q[1].scale)};
  for (std::size_t i = 0; i < 2; ++i) {
    const Multiplier m = small(call, double{q[i].scale} / twice, -31, "its input");
    p.zp_in[i] = static_cast<std::int8_t>(q[i].zero_point);
    p.in_m[i] = m.m;
    p.in_shift[i] = m.shift;
  }
  const double out_scale = double{call.quantization(call.out()).scale};
  const Multiplier m = small(call, twice / (static_cast<double>(1 << p.left_shift) * out_scale), -30, "its output");
  p.out_m = m.m;
  p.out_shift = m.shift;
  return p;
}

IntParams import_pad(const Call& call, const ops::Shape& in) {
  constexpr std::int64_t kMaxPad = 4096;
  call.expect_operands(2, 2);
  call.expect_same_quantization();
  if (call.in(0).shape.size() != 4) call.fail(144, call.in(0), "must have shape [1, h, w, c] to be padded");
  const Type type = call.in(1).type == Type::kInt64 ? Type::kInt64 : Type::kInt32;
  const Tensor& t = call.constant(1, type, 8);
  std::int64_t pads[8];
  for (std::size_t i = 0; i < 8; ++i) {
    std::int32_t narrow = 0;
    if (type == Type::kInt64) {
      std::memcpy(&pads[i], t.data.data() + i * 8, 8);
    } else {
      std::memcpy(&narrow, t.data.data() + i * 4, 4);
      pads[i] = narrow;
    }
    const bool spatial = i >= 2 && i < 6;
    if (pads[i] < 0 || pads[i] > (spatial ? kMaxPad : 0))
      call.fail(144, t,
                "pads by " + std::to_string(pads[i]) +
                    "; 0 to 4096 in height and width, and nothing in batch and channels, is supported");
  }
  const auto pad = [&](std::size_t i) { return static_cast<int>(pads[i]); };
  const ops::PadParams p{pad(2), pad(4), pad(3), pad(5),
                         static_cast<std::int8_t>(call.quantization(call.in(0)).zero_point)};
  call.expect_output(ops::output_shape(in, p));
  return p;
}

IntParams import_requantize(const Call& call) {
  call.expect_operands(1, 1);
  const Quantization from = call.quantization(call.in(0)), to = call.quantization(call.out());
  ops::RequantParams p;
  p.tail.mode.double_round = true;
  p.tail.mode.zp = static_cast<std::int8_t>(to.zero_point);
  const Range range{-128 - from.zero_point, 127 - from.zero_point};
  p.tail.channel = {call.channel(0, double{from.scale} / double{to.scale}, -from.zero_point, range)};
  return p;
}

}  // namespace e8::model::tflite
