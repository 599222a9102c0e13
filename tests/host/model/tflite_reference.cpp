// See tflite_reference.h.
#include "tests/host/model/tflite_reference.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <stdexcept>

namespace e8::test {
namespace {

using model::tflite::Builtin;
using model::tflite::Model;
using model::tflite::Operator;
using model::tflite::Tensor;
using Values = std::vector<std::int8_t>;

std::int32_t doubling_high_mul(std::int32_t a, std::int32_t b) {  // SRDHM
  if (a == b && a == std::numeric_limits<std::int32_t>::min()) return std::numeric_limits<std::int32_t>::max();
  const std::int64_t ab = std::int64_t{a} * b;
  const std::int64_t nudge = ab >= 0 ? (std::int64_t{1} << 30) : 1 - (std::int64_t{1} << 30);
  return static_cast<std::int32_t>((ab + nudge) / (std::int64_t{1} << 31));  // truncates
}

std::int32_t divide_by_power(std::int32_t x, int exponent) {  // RDBPOT
  const std::int64_t mask = (std::int64_t{1} << exponent) - 1;
  const std::int64_t rest = x & mask, threshold = (mask >> 1) + (x < 0 ? 1 : 0);
  return static_cast<std::int32_t>((std::int64_t{x} >> exponent) + (rest > threshold ? 1 : 0));
}

std::int32_t scaled(std::int64_t acc, double real) {
  if (acc < std::numeric_limits<std::int32_t>::min() || acc > std::numeric_limits<std::int32_t>::max())
    throw std::runtime_error("accumulator overflow");
  int shift = 0;
  long long m = std::llround(std::frexp(real, &shift) * (1LL << 31));
  if (m == 1LL << 31) m /= 2, ++shift;
  if (shift < -31) m = 0, shift = 0;
  const std::int64_t shifted = acc * (std::int64_t{1} << std::max(shift, 0));
  return divide_by_power(doubling_high_mul(static_cast<std::int32_t>(shifted), static_cast<std::int32_t>(m)),
                         std::max(-shift, 0));
}

int zero_of(const Tensor& t) { return t.zero_points.size() == 0 ? 0 : static_cast<int>(t.zero_points[0]); }

struct Clamp {
  int low = -128, high = 127;
  std::int8_t operator()(int x) const { return static_cast<std::int8_t>(std::min(high, std::max(low, x))); }
};

Clamp clamp_of(const Operator& op, int field, const Tensor& out) {
  const int activation = op.option<std::int8_t>(field, 0);
  const auto grid = [&](float x) { return zero_of(out) + static_cast<int>(std::round(x / out.scales[0])); };
  Clamp c;
  if (activation == 1 || activation == 3) c.low = std::max(c.low, grid(0));
  if (activation == 3) c.high = std::min(c.high, grid(6));
  if (activation == 2) c = {std::max(-128, grid(-1)), std::min(127, grid(1))};
  return c;
}

/// Rows and columns of a window's walk.
struct Walk {
  int in_h, in_w, in_c, out_h, out_w, out_c, kh, kw, sh, sw, dh, dw, top, left;
  Walk(const Operator& op, const Tensor& in, const Tensor& out, int h, int w, int dilation_field)
      : in_h(in.shape[1]),
        in_w(in.shape[2]),
        in_c(in.shape[3]),
        out_h(out.shape[1]),
        out_w(out.shape[2]),
        out_c(out.shape[3]),
        kh(h),
        kw(w),
        sh(op.option<std::int32_t>(2, 0)),
        sw(op.option<std::int32_t>(1, 0)),
        dh(dilation_field == 0 ? 1 : op.option<std::int32_t>(dilation_field + 1, 1)),
        dw(dilation_field == 0 ? 1 : op.option<std::int32_t>(dilation_field, 1)) {
    const bool same = op.option<std::int8_t>(0, 0) == 0;
    top = same ? std::max(0, ((out_h - 1) * sh + (kh - 1) * dh + 1 - in_h) / 2) : 0;
    left = same ? std::max(0, ((out_w - 1) * sw + (kw - 1) * dw + 1 - in_w) / 2) : 0;
  }
  /// f(input pixel's offset, kernel pixel) of the pixels that exist.
  template <typename F>
  void each(int y, int x, F f) const {
    for (int ky = 0; ky < kh; ++ky)
      for (int kx = 0; kx < kw; ++kx) {
        const int iy = y * sh + ky * dh - top, ix = x * sw + kx * dw - left;
        if (iy >= 0 && iy < in_h && ix >= 0 && ix < in_w) f((iy * in_w + ix) * in_c, ky * kw + kx);
      }
  }
  std::size_t at(int y, int x, int c) const { return static_cast<std::size_t>((y * out_w + x) * out_c + c); }
};

class Interpreter {
 public:
  Interpreter(const Model& model, const Values& input) : model_(model), values_(model.tensors.size()) {
    values_[static_cast<std::size_t>(model.input)] = input;
  }
  std::vector<Values> run() {
    for (const Operator& op : model_.operators) {
      const auto code = static_cast<Builtin>(op.code);
      if (code == Builtin::kSoftmax) break;
      values_[static_cast<std::size_t>(op.outputs[0])] = result(op, code);
    }
    return std::move(values_);
  }

 private:
  const Tensor& tensor(const Operator& op, std::size_t i) const {
    return model_.tensors[static_cast<std::size_t>(op.inputs.at(i))];
  }
  const Values& value(const Operator& op, std::size_t i) const {
    return values_[static_cast<std::size_t>(op.inputs.at(i))];
  }
  const Tensor& out(const Operator& op) const { return model_.tensors[static_cast<std::size_t>(op.outputs[0])]; }
  std::int32_t bias(const Operator& op, int c) const {
    std::int32_t b = 0;
    if (op.inputs.size() > 2 && op.inputs[2] >= 0) std::memcpy(&b, tensor(op, 2).data.data() + 4 * c, 4);
    return b;
  }
  int weight(const Operator& op, int i) const {
    return static_cast<std::int8_t>(tensor(op, 1).data[static_cast<std::size_t>(i)]);
  }
  double real(const Operator& op, int c, bool product_in_float) const {
    const flat_scales& w = tensor(op, 1).scales;
    const float sx = tensor(op, 0).scales[0], sw = w[w.size() == 1 ? 0 : static_cast<std::size_t>(c)];
    const double product = product_in_float ? static_cast<double>(sx * sw) : double{sx} * double{sw};
    return product / double{out(op).scales[0]};
  }
  using flat_scales = model::flat::Numbers<float>;

  Values result(const Operator& op, Builtin code) const {
    switch (code) {
      case Builtin::kConv2d:
      case Builtin::kDepthwiseConv2d:
        return conv(op, code == Builtin::kDepthwiseConv2d);
      case Builtin::kFullyConnected:
        return fully_connected(op);
      case Builtin::kAveragePool2d:
      case Builtin::kMaxPool2d:
        return pool(op, code == Builtin::kMaxPool2d);
      case Builtin::kAdd:
        return add(op);
      case Builtin::kReshape:
        return value(op, 0);
      default:
        throw std::runtime_error("the reference does not know " + op.name);
    }
  }

  Values conv(const Operator& op, bool depthwise) const {
    const Tensor& w = tensor(op, 1);
    const Walk walk(op, tensor(op, 0), out(op), w.shape[1], w.shape[2], depthwise ? 5 : 4);
    const Clamp clamp = clamp_of(op, depthwise ? 4 : 3, out(op));
    const Values& x = value(op, 0);
    const int zero = zero_of(tensor(op, 0)), multiple = walk.out_c / walk.in_c, depth = w.shape[3];
    Values y(static_cast<std::size_t>(walk.out_h * walk.out_w * walk.out_c));
    for (int oy = 0; oy < walk.out_h; ++oy)
      for (int ox = 0; ox < walk.out_w; ++ox)
        for (int c = 0; c < walk.out_c; ++c) {
          std::int64_t acc = bias(op, c);
          walk.each(oy, ox, [&](int pixel, int k) {
            if (depthwise) {
              acc += (x[static_cast<std::size_t>(pixel + c / multiple)] - zero) * weight(op, k * walk.out_c + c);
              return;
            }
            const int first = c / (walk.out_c * depth / walk.in_c) * depth;  // of the channel's group
            for (int i = 0; i < depth; ++i)
              acc += (x[static_cast<std::size_t>(pixel + first + i)] - zero) *
                     weight(op, (c * walk.kh * walk.kw + k) * depth + i);
          });
          y[walk.at(oy, ox, c)] = clamp(scaled(acc, real(op, c, false)) + zero_of(out(op)));
        }
    return y;
  }

  Values fully_connected(const Operator& op) const {
    const Values& x = value(op, 0);
    const Clamp clamp = clamp_of(op, 0, out(op));
    const int n = tensor(op, 1).shape[0], depth = tensor(op, 1).shape[1];
    Values y;
    for (int c = 0; c < n; ++c) {
      std::int64_t acc = bias(op, c);
      for (int i = 0; i < depth; ++i)
        acc += (x[static_cast<std::size_t>(i)] - zero_of(tensor(op, 0))) * weight(op, c * depth + i);
      y.push_back(clamp(scaled(acc, real(op, c, tensor(op, 1).scales.size() == 1)) + zero_of(out(op))));
    }
    return y;
  }

  Values pool(const Operator& op, bool maximum) const {
    const Walk walk(op, tensor(op, 0), out(op), op.option<std::int32_t>(4, 0), op.option<std::int32_t>(3, 0), 0);
    const Clamp clamp = clamp_of(op, 5, out(op));
    const Values& x = value(op, 0);
    Values y(static_cast<std::size_t>(walk.out_h * walk.out_w * walk.out_c));
    for (int oy = 0; oy < walk.out_h; ++oy)
      for (int ox = 0; ox < walk.out_w; ++ox)
        for (int c = 0; c < walk.out_c; ++c) {
          int sum = 0, n = 0, most = -128;
          walk.each(oy, ox, [&](int pixel, int) {
            const int v = x[static_cast<std::size_t>(pixel + c)];
            sum += v;
            most = std::max(most, v);
            ++n;
          });
          y[walk.at(oy, ox, c)] = clamp(maximum ? most : sum > 0 ? (sum + n / 2) / n : (sum - n / 2) / n);
        }
    return y;
  }

  Values add(const Operator& op) const {
    const float s[2] = {tensor(op, 0).scales[0], tensor(op, 1).scales[0]};
    const double twice = 2.0 * static_cast<double>(std::max(s[0], s[1]));
    const Clamp clamp = clamp_of(op, 0, out(op));
    Values y;
    for (std::size_t i = 0; i < value(op, 0).size(); ++i) {
      std::int32_t sum = 0;
      for (std::size_t k = 0; k < 2; ++k)
        sum += scaled((value(op, k)[i] - zero_of(tensor(op, k))) * (1 << 20), static_cast<double>(s[k]) / twice);
      const double to_out = twice / ((1 << 20) * static_cast<double>(out(op).scales[0]));
      y.push_back(clamp(scaled(sum, to_out) + zero_of(out(op))));
    }
    return y;
  }

  const Model& model_;
  std::vector<Values> values_;
};

}  // namespace

std::vector<std::vector<std::int8_t>> run_tflite(const Model& model, const std::vector<std::int8_t>& input) {
  return Interpreter(model, input).run();
}

}  // namespace e8::test
