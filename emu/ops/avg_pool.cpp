// out[y][x][c] = tail_n( sum over ky, kx of in[y*sh + ky*dh - top][x*sw + kx*dw - left][c] ); the tail holds the
// divisor. count_pad: padding adds pad_value and there is one divisor. Otherwise padding adds nothing and the divisor
// is that of n, the number of pixels inside the image (R5).
#include "emu/ops/check.h"
#include "emu/ops/ops.h"

namespace e8::ops {
namespace {

struct Sum {
  std::int64_t value = 0;
  int pixels = 0;  ///< inside the image
};

Sum sum_window(const Tensor& in, const AvgPoolParams& p, int y, int x, int c) {
  const Window& w = p.window;
  Sum sum;
  for (int ky = 0; ky < w.kh; ++ky) {
    const int iy = y * w.sh + ky * w.dh - w.top;
    for (int kx = 0; kx < w.kw; ++kx) {
      const int ix = x * w.sw + kx * w.dw - w.left;
      if (iy >= 0 && iy < in.shape.h && ix >= 0 && ix < in.shape.w) {
        sum.value += in.at(iy, ix, c);
        ++sum.pixels;
      } else if (p.count_pad) {
        sum.value += p.pad_value;
      }
    }
  }
  return sum;
}

}  // namespace

Shape output_shape(const Shape& in, const AvgPoolParams& p) { return window_shape(in, p.window, in.c, "avg_pool"); }

Tensor avg_pool(const Tensor& in, const AvgPoolParams& p) {
  check_tensor(in, "avg_pool");
  Tensor out(output_shape(in.shape, p));
  const std::size_t divisors = p.count_pad ? 1 : Shape{p.window.kh, p.window.kw, 1}.size();
  require(p.by_count.size() == divisors, "avg_pool",
          "needs one divisor, or one a pixel count when padding is left out");
  for (const num::ChannelParam& divisor : p.by_count) check_channel(divisor, "avg_pool");
  check_mode(p.mode, "avg_pool");
  for (int y = 0; y < out.shape.h; ++y) {
    for (int x = 0; x < out.shape.w; ++x) {
      for (int c = 0; c < out.shape.c; ++c) {
        const Sum sum = sum_window(in, p, y, x, c);
        require(p.count_pad || sum.pixels > 0, "avg_pool", "a window lies in the padding and has nothing to average");
        const std::size_t divisor = p.count_pad ? 0 : static_cast<std::size_t>(sum.pixels) - 1;
        out.at(y, x, c) = num::checked_requantize(sum.value, p.by_count[divisor], p.mode);
      }
    }
  }
  return out;
}

}  // namespace e8::ops
