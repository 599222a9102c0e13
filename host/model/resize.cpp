// Two passes of fixed-point weights.
#include "host/model/resize.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace e8::model {

namespace {

constexpr int kBits = 22;  // 8 bits of a pixel, 22 of a weight and the sign fit 32

/// The inputs of one output: weights of first, first + 1, ...
struct Taps {
  std::size_t first = 0;
  std::vector<std::int32_t> weights;
};

std::vector<Taps> taps(int in, int out) {
  const double ratio = static_cast<double>(in) / out, reach = std::max(ratio, 1.0);
  std::vector<Taps> all(static_cast<std::size_t>(out));
  for (int i = 0; i < out; ++i) {
    const double middle = (i + 0.5) * ratio;
    // Inputs whose centre is nearer than `reach`; at the very ends weights are 0.
    const int first = std::max(0, static_cast<int>(middle - reach + 0.5));
    const int last = std::min(in, static_cast<int>(middle + reach + 0.5));
    std::vector<double> weights;
    double sum = 0;
    for (int j = first; j < last; ++j) {
      weights.push_back(std::max(0.0, 1 - std::fabs((j - middle + 0.5) / reach)));
      sum += weights.back();
    }
    Taps& t = all[static_cast<std::size_t>(i)];
    t.first = static_cast<std::size_t>(first);
    for (const double w : weights) t.weights.push_back(static_cast<std::int32_t>(w / sum * (1 << kBits) + 0.5));
  }
  return all;
}

std::uint8_t rounded(std::int64_t sum) {
  return static_cast<std::uint8_t>(std::clamp<std::int64_t>((sum + (1 << (kBits - 1))) >> kBits, 0, 255));
}

/// Lines of `in` elements, `stride` apart, become lines of `taps.size()`.
void resize_axis(const std::vector<Taps>& taps, std::size_t lines, std::size_t in, std::size_t stride,
                 const std::uint8_t* from, std::uint8_t* to) {
  for (std::size_t line = 0; line < lines; ++line, from += in * stride)
    for (const Taps& t : taps)
      for (std::size_t s = 0; s < stride; ++s, ++to) {
        std::int64_t sum = 0;
        for (std::size_t k = 0; k < t.weights.size(); ++k)
          sum += std::int64_t{from[(t.first + k) * stride + s]} * t.weights[k];
        *to = rounded(sum);
      }
}

}  // namespace

Picture resized(const Picture& picture, int h, int w) {
  const auto size = [](int n) { return static_cast<std::size_t>(n); };
  const std::size_t c = size(picture.c);
  Picture wide{picture.h, w, picture.c, {}}, out{h, w, picture.c, {}};
  wide.pixels.resize(size(picture.h) * size(w) * c);
  resize_axis(taps(picture.w, w), size(picture.h), size(picture.w), c, picture.pixels.data(), wide.pixels.data());
  out.pixels.resize(size(h) * size(w) * c);
  resize_axis(taps(picture.h, h), 1, size(picture.h), size(w) * c, wide.pixels.data(), out.pixels.data());
  return out;
}

Picture cropped(const Picture& picture, int h, int w) {
  Picture out{h, w, picture.c, {}};
  const int top = (picture.h - h) / 2, left = (picture.w - w) / 2;
  for (int y = top; y < top + h; ++y) {
    const auto row = picture.pixels.begin() + (static_cast<std::ptrdiff_t>(y) * picture.w + left) * picture.c;
    out.pixels.insert(out.pixels.end(), row, row + static_cast<std::ptrdiff_t>(w) * picture.c);
  }
  return out;
}

}  // namespace e8::model
