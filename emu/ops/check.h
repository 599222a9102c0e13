// Checks that the operators share. All throw std::invalid_argument whose text begins with the operator's name.
#pragma once

#include "emu/numerics/accumulator.h"
#include "emu/ops/params.h"

namespace e8::ops {

/// `what` when `ok` is false: "conv: <what>".
void require(bool ok, const char* op, const char* what);

/// Dimensions are positive and data has shape.size() bytes.
void check_tensor(const Tensor& t, const char* op);

/// Kernel, stride and dilation at least 1, padding at least 0.
void check_window(const Window& w, const char* op);

/// Height and width of a sliding window's result; throws when the window is larger than the padded image.
Shape window_shape(const Shape& in, const Window& w, int channels, const char* op);

/// lo <= hi; zp_first only with half-even and single rounding.
void check_mode(const num::TailMode& mode, const char* op);

/// Shift in [1, 62], multipliers below 2^31.
void check_channel(const num::ChannelParam& p, const char* op);

/// One record or one a channel, each legal, and a legal mode.
void check_tail(const Tail& tail, int channels, const char* op);

/// The tail for an int8 that is its own accumulator (max pooling, concatenation, ...).
inline std::int8_t rescale(std::int8_t x, const Tail& tail, int ch) {
  return num::checked_requantize(x, tail.of(ch), tail.mode);
}

}  // namespace e8::ops
