// Convolution through a kernel: pads the image once, then hands rows to the path's inner loops.
#include <algorithm>
#include <cstring>
#include <vector>

#include "emu/numerics/accumulator.h"
#include "emu/ops/kernels/kernels.h"

namespace e8::ops::kernels {
namespace {

/// Output pixels a dot() call: enough to use each weight often, few enough for the patches to stay in cache.
constexpr std::size_t kTile = 32;

std::size_t size(int n) { return static_cast<std::size_t>(n); }

/// Requantizes sums[pixels][channels] into channels [first, first + channels) of the pixels from `pixel` on.
void store(const std::int32_t* sums, std::size_t pixel, std::size_t pixels, int first, int channels, const Tail& tail,
           Tensor& out) {
  for (std::size_t i = 0; i < pixels; ++i) {
    std::int8_t* to = out.data.data() + (pixel + i) * size(out.shape.c) + size(first);
    for (int o = 0; o < channels; ++o) to[o] = num::checked_requantize(*sums++, tail.of(first + o), tail.mode);
  }
}

/// Copies the window of output pixel (y, x), channels [first, first + n), in the weights' order.
void gather(const Tensor& in, const ConvParams& p, int y, int x, int first, int n, std::int8_t* to) {
  const Window& w = p.window;
  for (int ky = 0; ky < w.kh; ++ky) {
    const int iy = y * w.sh + ky * w.dh - w.top;
    for (int kx = 0; kx < w.kw; ++kx, to += n) {
      const int ix = x * w.sw + kx * w.dw - w.left;
      if (iy >= 0 && iy < in.shape.h && ix >= 0 && ix < in.shape.w) {
        std::memcpy(to, in.data.data() + in.index(iy, ix, first), size(n));
      } else {
        std::memset(to, p.pad_value, size(n));
      }
    }
  }
}

/// Whether the windows lie in memory as they are: pointwise, or one window that is the whole image.
bool windows_are_contiguous(const Tensor& in, const ConvParams& p, const Shape& out) {
  const Window& w = p.window;
  if (p.groups != 1 || w.top != 0 || w.left != 0) return false;
  const bool pointwise = w.kh == 1 && w.kw == 1 && out.h == in.shape.h && out.w == in.shape.w;
  const bool whole = w.kh == in.shape.h && w.kw == in.shape.w && out.h == 1 && out.w == 1 && (w.dh == 1 || w.kh == 1) &&
                     (w.dw == 1 || w.kw == 1);
  return pointwise || whole;
}

void conv_grouped(const Tensor& in, const ConvParams& p, const Kernels& kernels, Tensor& out) {
  const int n = in.shape.c / p.groups, outs = p.cout / p.groups;
  const std::size_t depth = size(p.window.kh) * size(p.window.kw) * size(n);
  const std::size_t pixels = size(out.shape.h) * size(out.shape.w);
  const bool contiguous = windows_are_contiguous(in, p, out.shape);
  std::vector<std::int8_t> patches(contiguous ? 0 : kTile * depth);
  std::vector<std::int32_t> sums(kTile * size(outs));
  for (int g = 0; g < p.groups; ++g) {
    const std::int8_t* weights = p.weights.data() + size(g * outs) * depth;
    for (std::size_t at = 0; at < pixels; at += kTile) {
      const std::size_t count = std::min(kTile, pixels - at);
      for (std::size_t i = 0; i < count && !contiguous; ++i) {
        const int pixel = static_cast<int>(at + i);
        gather(in, p, pixel / out.shape.w, pixel % out.shape.w, g * n, n, patches.data() + i * depth);
      }
      const std::int8_t* x = contiguous ? in.data.data() + at * depth : patches.data();
      kernels.dot(x, count, weights, size(outs), depth, sums.data());
      store(sums.data(), at, count, g * outs, outs, p.tail, out);
    }
  }
}

/// One input and one output channel a group: channels side by side instead of sums along the depth.
void conv_depthwise(const Tensor& in, const ConvParams& p, const Kernels& kernels, Tensor& out) {
  const Window& w = p.window;
  const std::size_t channels = size(p.cout), taps = size(w.kh) * size(w.kw);
  std::vector<std::int16_t> weights(taps * channels);  // [tap][channel]
  for (std::size_t c = 0; c < channels; ++c) {
    for (std::size_t t = 0; t < taps; ++t) weights[t * channels + c] = p.weights[c * taps + t];
  }
  const std::vector<std::int8_t> padding(channels, p.pad_value);
  std::vector<const std::int8_t*> x(taps);
  std::vector<std::int32_t> sums(channels);
  for (int oy = 0; oy < out.shape.h; ++oy) {
    for (int ox = 0; ox < out.shape.w; ++ox) {
      for (std::size_t t = 0; t < taps; ++t) {
        const int iy = oy * w.sh + static_cast<int>(t) / w.kw * w.dh - w.top;
        const int ix = ox * w.sw + static_cast<int>(t) % w.kw * w.dw - w.left;
        const bool inside = iy >= 0 && iy < in.shape.h && ix >= 0 && ix < in.shape.w;
        x[t] = inside ? in.data.data() + in.index(iy, ix, 0) : padding.data();
      }
      kernels.depthwise(x.data(), weights.data(), taps, channels, sums.data());
      store(sums.data(), size(oy) * size(out.shape.w) + size(ox), 1, 0, p.cout, p.tail, out);
    }
  }
}

}  // namespace

const Kernels* find(Path p) {
  switch (p) {
    case Path::kReference:
      return nullptr;
    case Path::kPortable:
      return portable();
    case Path::kAvx2:
      return avx2();
    case Path::kAvx512Vnni:
      return avx512vnni();
  }
  return nullptr;
}

Tensor conv(const Tensor& in, const ConvParams& p, const Shape& shape, const Kernels& kernels) {
  Tensor out(shape);
  const bool depthwise = p.groups > 1 && p.groups == in.shape.c && p.groups == p.cout;
  (depthwise ? conv_depthwise : conv_grouped)(in, p, kernels, out);
  return out;
}

}  // namespace e8::ops::kernels
