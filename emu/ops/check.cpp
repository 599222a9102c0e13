// What operators demand of shapes and parameters, with the messages.
#include "emu/ops/check.h"

#include <stdexcept>
#include <string>

namespace e8::ops {

void require(bool ok, const char* op, const char* what) {
  if (!ok) throw std::invalid_argument(std::string(op) + ": " + what);
}

void check_tensor(const Tensor& t, const char* op) {
  require(t.shape.h > 0 && t.shape.w > 0 && t.shape.c > 0, op, "input dimensions must be positive");
  require(t.data.size() == t.shape.size(), op, "input data does not fill its shape");
}

void check_window(const Window& w, const char* op) {
  require(w.kh >= 1 && w.kw >= 1, op, "kernel below 1");
  require(w.sh >= 1 && w.sw >= 1, op, "stride below 1");
  require(w.dh >= 1 && w.dw >= 1, op, "dilation below 1");
  require(w.top >= 0 && w.left >= 0 && w.bottom >= 0 && w.right >= 0, op, "negative padding");
}

Shape window_shape(const Shape& in, const Window& w, int channels, const char* op) {
  check_window(w, op);
  require(in.h > 0 && in.w > 0 && in.c > 0, op, "input dimensions must be positive");
  require(in.h + w.top + w.bottom > (w.kh - 1) * w.dh, op, "window higher than the padded image");
  require(in.w + w.left + w.right > (w.kw - 1) * w.dw, op, "window wider than the padded image");
  return {w.out_h(in.h), w.out_w(in.w), channels};
}

void check_mode(const num::TailMode& mode, const char* op) {
  require(mode.lo <= mode.hi, op, "clamp with lo above hi");
  require(!mode.zp_first || (mode.tie == num::Tie::kHalfEven && !mode.double_round), op,
          "zero point before rounding needs half-even and a single rounding");
}

void check_channel(const num::ChannelParam& p, const char* op) {
  require(p.s >= 1 && p.s <= 62, op, "shift outside [1, 62]");
  require((p.mp >> 31) == 0 && (p.mn >> 31) == 0, op, "multiplier of more than 31 bits");
}

void check_tail(const Tail& tail, int channels, const char* op) {
  require(tail.channel.size() == 1 || tail.channel.size() == static_cast<std::size_t>(channels), op,
          "tail needs one record or one a channel");
  for (const num::ChannelParam& p : tail.channel) check_channel(p, op);
  check_mode(tail.mode, op);
}

}  // namespace e8::ops
