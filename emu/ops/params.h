// What a tensor operator needs besides its tensors. Integers only: scales have become multipliers and shifts before.
//
// Tensors are one image: [h][w][c], channel fastest, no padding. Activations and weights are int8.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "emu/numerics/requant.h"

namespace e8::ops {

struct Shape {
  int h = 1, w = 1, c = 1;
  std::size_t size() const {
    return static_cast<std::size_t>(h) * static_cast<std::size_t>(w) * static_cast<std::size_t>(c);
  }
  bool operator==(const Shape& o) const { return h == o.h && w == o.w && c == o.c; }
};

/// An int8 image.
struct Tensor {
  Shape shape;
  std::vector<std::int8_t> data;
  Tensor() = default;
  explicit Tensor(Shape s, std::int8_t value = 0) : shape(s), data(s.size(), value) {}
  std::size_t index(int y, int x, int ch) const {
    return (static_cast<std::size_t>(y) * static_cast<std::size_t>(shape.w) + static_cast<std::size_t>(x)) *
               static_cast<std::size_t>(shape.c) +
           static_cast<std::size_t>(ch);
  }
  std::int8_t at(int y, int x, int ch) const { return data[index(y, x, ch)]; }
  std::int8_t& at(int y, int x, int ch) { return data[index(y, x, ch)]; }
};

/// Kernel, stride, dilation (all >= 1) and padding (>= 0) of a sliding window.
struct Window {
  int kh = 1, kw = 1, sh = 1, sw = 1, dh = 1, dw = 1;
  int top = 0, left = 0, bottom = 0, right = 0;
  int out_h(int h) const { return (h + top + bottom - (kh - 1) * dh - 1) / sh + 1; }
  int out_w(int w) const { return (w + left + right - (kw - 1) * dw - 1) / sw + 1; }
};

/// The requantization of an operator: one record a channel, or one for all channels.
struct Tail {
  std::vector<num::ChannelParam> channel;
  num::TailMode mode;
  const num::ChannelParam& of(int ch) const {
    return channel.size() == 1 ? channel[0] : channel[static_cast<std::size_t>(ch)];
  }
};

/// Convolution, grouped and depthwise; a fully connected layer is one whose kernel covers its input.
/// weights [cout][kh][kw][cin / groups]. Padding reads `pad_value` (the input's zero point, rule R5); -zp*sum(w) is
/// folded in b2 (R6).
struct ConvParams {
  Window window;
  int cout = 1, groups = 1;
  std::int8_t pad_value = 0;
  std::vector<std::int8_t> weights;
  Tail tail;
};

/// Transposed convolution. weights [cout][kh][kw][cin / groups]; out = (in-1)*stride - pads + dilation*(k-1) + 1 +
/// out_pad. Input pixel (y, x) contributes w[ky][kx] to output (y*sh + ky*dh - top, x*sw + kx*dw - left). pad_value has
/// no part in it.
struct DeconvParams {
  Window window;
  int out_pad_h = 0, out_pad_w = 0;
  int cout = 1, groups = 1;
  std::vector<std::int8_t> weights;
  Tail tail;
};

/// Max pooling over the window's existing pixels (padding = -128), then the tail (identity when scales are equal).
struct MaxPoolParams {
  Window window;
  Tail tail;
};

/// Average pooling: accumulator = sum over the window. One tail holds the divisor.
/// count_pad true (DPU, ONNX count_include_pad): padding reads pad_value and by_count has one entry.
/// count_pad false (TFLite): padding adds nothing, and by_count[n-1] is the tail where n pixels exist (n = 1..kh*kw).
struct AvgPoolParams {
  Window window;
  bool count_pad = true;
  std::int8_t pad_value = 0;
  std::vector<num::ChannelParam> by_count;
  num::TailMode mode;
};

/// Elementwise a + b, in one of three arithmetics.
struct AddParams {
  enum class Kind { kDpu, kScaled, kTflite } kind = Kind::kDpu;
  bool subtract = false;  ///< a - b (kDpu, kScaled)
  num::TailMode mode;     ///< final rounding, zero point, clamp
  // kDpu (numerics.md 4.3): y = clamp(round(sum floor(x_i * 2^(guard - sr_i)) / 2^(sw + guard)))
  int guard = 2;                ///< guard bits G
  std::array<int, 2> sr{0, 0};  ///< p_i - min(p), 0..15
  int sw = 0;                   ///< min(p) - p_out, -15..15
  // kScaled: y = clamp(round((sum x_i * mult_i) / 2^shift) + zp); x_i with its zero point removed
  std::array<std::int32_t, 2> mult{1, 1};  ///< |mult| < 2^23
  int shift = 0;                           ///< 0..61
  // kScaled, kTflite
  std::array<std::int8_t, 2> zp_in{0, 0};
  // kTflite: x_i << left_shift, times 31-bit multipliers with double rounding, sum, times out_m, double rounding
  int left_shift = 20;
  std::array<std::int32_t, 2> in_m{0, 0};
  std::array<int, 2> in_shift{0, 0};  ///< TFLite exponent, -31..0
  std::int32_t out_m = 0;
  int out_shift = 0;  ///< TFLite exponent, -30..0
};

/// Elementwise a * b: acc = (a - zp_a) * (b - zp_b), then the tail. b may be one pixel, for every pixel of a.
struct MulParams {
  std::array<std::int8_t, 2> zp_in{0, 0};
  Tail tail;
};

/// Any int8 -> int8 function: out = table[in + 128].
struct TableParams {
  std::array<std::int8_t, 256> table{};
};

/// Nearest-neighbour upsampling by whole factors.
struct UpsampleParams {
  int fy = 1, fx = 1;
  Tail tail;  ///< identity, or a change of scale
};

/// Concatenation; each input has its own rescaling (identity when scales are equal).
struct ConcatParams {
  std::vector<Tail> tails;
  int axis = 2;  ///< 0 rows, 1 columns, 2 channels
};

/// Constant padding in h and w.
struct PadParams {
  int top = 0, left = 0, bottom = 0, right = 0;
  std::int8_t value = 0;
};

/// A part of an image: rows [y0, y0+h), columns, channels, with strides >= 1 on rows and columns.
struct SliceParams {
  int y0 = 0, x0 = 0, c0 = 0;
  Shape shape;
  int sy = 1, sx = 1;
};

/// Rescale only.
struct RequantParams {
  Tail tail;
};

/// A tail that passes int8 through unchanged: V = 2*acc, / 2.
inline Tail identity_tail() { return Tail{{num::ChannelParam{}}, num::TailMode{}}; }

}  // namespace e8::ops
