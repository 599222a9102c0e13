// Pixels to the network's input, by a table of the 256 pixel values a channel.
#include "host/model/preprocess.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "host/model/error.h"
#include "host/model/picture_formats.h"
#include "host/model/resize.h"

namespace e8::model {

namespace {

void check_size(const Picture& picture, const std::string& name, const Preprocess& p) {
  if (picture.h != p.h || picture.w != p.w || picture.c != p.c)
    throw UserError(210, name + ": picture is " + std::to_string(picture.h) + "x" + std::to_string(picture.w) + "x" +
                             std::to_string(picture.c) + ", the network takes " + std::to_string(p.h) + "x" +
                             std::to_string(p.w) + "x" + std::to_string(p.c) +
                             " (height, width, channels); quantize with --resize and --crop, or convert the picture");
}

// The size that p.resize asks for; the longer side is cut to a whole number.
Picture resized_as(const Picture& picture, const std::string& name, const std::vector<int>& resize) {
  const std::int64_t h = picture.h, w = picture.w, n = resize[0];
  std::int64_t to_h = n, to_w = resize.back();
  if (resize.size() == 1) {
    to_h = h <= w ? n : n * h / w;
    to_w = h <= w ? n * w / h : n;
  }
  check_picture_size(static_cast<std::uint64_t>(to_h), static_cast<std::uint64_t>(to_w), name + ", resized");
  if (to_h == h && to_w == w) return picture;
  return resized(picture, static_cast<int>(to_h), static_cast<int>(to_w));
}

// The picture as the network takes it.
Picture fitted(const Picture& original, const std::string& name, const Preprocess& p) {
  if (p.resize.empty() && !p.crop) {
    check_size(original, name, p);
    return original;
  }
  Picture picture = p.resize.empty() ? original : resized_as(original, name, p.resize);
  if (p.crop && picture.h >= p.h && picture.w >= p.w) picture = cropped(picture, p.h, p.w);
  check_size(picture, name + (p.resize.empty() ? "" : ", resized"), p);
  return picture;
}

// The picture's channel behind the network's channel c.
std::size_t source_channel(const Preprocess& p, std::size_t c) {
  return p.bgr ? static_cast<std::size_t>(p.c) - 1 - c : c;
}

double normalised(int pixel, const Preprocess& p, std::size_t c) { return (pixel / 255.0 - p.mean[c]) / p.stddev[c]; }

// x to the nearest integer by the rule's name; the others' ties as their names say, trunc toward zero.
double rounded(double x, const std::string& rule) {
  if (rule == "trunc") return std::trunc(x);
  if (rule == "half_away") return std::round(x);
  if (rule == "half_up") {
    const double below = std::floor(x);
    return x - below >= 0.5 ? below + 1 : below;
  }
  return std::nearbyint(x);  // half_even, the processor's default
}

using Table = std::array<std::int8_t, 256>;

Table quantized(const Preprocess& p, std::size_t c, const IntTensor& to) {
  Table table{};
  for (std::size_t pixel = 0; pixel < table.size(); ++pixel) {
    const double q = rounded(normalised(static_cast<int>(pixel), p, c) / to.scale, p.round) + to.zero_point;
    table[pixel] = static_cast<std::int8_t>(std::min(127.0, std::max(-128.0, q)));
  }
  return table;
}

std::string shown(const std::vector<std::int64_t>& shape) {
  std::string s;
  for (std::int64_t d : shape) s += "[" + std::to_string(d) + "]";
  return s.empty() ? "[]" : s;
}

// Without the leading ones: a batch of one, and a vector as an image of one pixel.
std::vector<std::int64_t> core(std::vector<std::int64_t> shape) {
  while (shape.size() > 1 && shape[0] == 1) shape.erase(shape.begin());
  return shape;
}

}  // namespace

void picture_to_float(const Picture& original, const std::string& name, const Preprocess& p, float* nchw) {
  const Picture picture = fitted(original, name, p);
  const auto channels = static_cast<std::size_t>(p.c);
  const std::size_t plane = picture.pixels.size() / channels;
  for (std::size_t c = 0; c < channels; ++c) {
    std::array<float, 256> table{};
    for (std::size_t i = 0; i < table.size(); ++i) table[i] = static_cast<float>(normalised(static_cast<int>(i), p, c));
    for (std::size_t i = 0; i < plane; ++i)
      nchw[c * plane + i] = table[picture.pixels[i * channels + source_channel(p, c)]];
  }
}

ops::Tensor picture_to_int8(const Picture& original, const std::string& name, const IntNet& net) {
  const Preprocess& p = net.preprocess;
  const IntTensor& to = net.tensors.at(static_cast<std::size_t>(net.input));
  if (p.c == 0) {
    const std::vector<std::int64_t> shape{to.shape.h, to.shape.w, to.shape.c};
    throw UserError(210,
                    name + ": network '" + net.name +
                        "' does not say how a picture becomes its input; give --mean and --std, or an int8 .npy of "
                        "shape " +
                        shown(shape) + ", quantized with scale " + std::to_string(to.scale) + " and zero point " +
                        std::to_string(to.zero_point));
  }
  const Picture picture = fitted(original, name, p);
  const auto channels = static_cast<std::size_t>(p.c);
  ops::Tensor out(ops::Shape{p.h, p.w, p.c});
  for (std::size_t c = 0; c < channels; ++c) {
    const Table table = quantized(p, c, to);
    const std::size_t from = source_channel(p, c);
    for (std::size_t i = 0; i < out.data.size(); i += channels) out.data[i + c] = table[picture.pixels[i + from]];
  }
  return out;
}

ops::Tensor npy_to_int8(const Npy& array, const std::string& name, const IntNet& net) {
  const ops::Shape& want = net.tensors.at(static_cast<std::size_t>(net.input)).shape;
  if (array.dtype != "|i1" || array.shape.size() > 4 || core(array.shape) != core({want.h, want.w, want.c}))
    throw UserError(211, name + ": array of type " + array.dtype + " and shape " + shown(array.shape) +
                             "; the network takes int8 " + shown({want.h, want.w, want.c}) +
                             " (height, width, channels), quantized with its input scale");
  ops::Tensor out(want);
  for (std::size_t i = 0; i < out.data.size(); ++i) out.data[i] = static_cast<std::int8_t>(array.bytes[i]);
  return out;
}

}  // namespace e8::model
