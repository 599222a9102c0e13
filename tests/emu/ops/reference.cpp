#include "tests/emu/ops/reference.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <eigen3/Eigen/Core>
#include <iostream>

namespace e8::testing {
namespace {

__extension__ using Wide = __int128;
using Matrix = Eigen::Matrix<std::int64_t, Eigen::Dynamic, Eigen::Dynamic>;
using ops::Shape;
using ops::Tensor;

Wide floor_div(Wide x, int n) { return x >> n; }

Wide divide(Wide t, int s, num::Tie tie) {
  if (s == 0) return t;
  const Wide half = Wide{1} << (s - 1);
  switch (tie) {
    case num::Tie::kHalfUp:
      return floor_div(t + half, s);
    case num::Tie::kHalfAway:
      return t >= 0 ? floor_div(t + half, s) : -floor_div(-t + half, s);
    case num::Tie::kHalfEven: {
      const Wide up = floor_div(t + half, s), down = -floor_div(-t + half, s);  // they differ at ties only
      return (up & 1) == 0 ? up : down;
    }
  }
  return 0;
}

Tensor padded(const Tensor& in, const ops::Window& w, std::int8_t value) {
  Tensor out(Shape{in.shape.h + w.top + w.bottom, in.shape.w + w.left + w.right, in.shape.c}, value);
  for (int y = 0; y < in.shape.h; ++y) {
    for (int x = 0; x < in.shape.w; ++x) {
      for (int c = 0; c < in.shape.c; ++c) out.at(y + w.top, x + w.left, c) = in.at(y, x, c);
    }
  }
  return out;
}

/// One row an output pixel, one column a weight of a filter of group g.
Matrix unroll(const Tensor& image, const ops::ConvParams& p, const Shape& out, int g) {
  const ops::Window& w = p.window;
  const int n = image.shape.c / p.groups;
  Matrix m(out.h * out.w, w.kh * w.kw * n);
  for (int column = 0; column < m.cols(); ++column) {
    const int ky = column / (w.kw * n), kx = column / n % w.kw, c = g * n + column % n;
    for (int row = 0; row < m.rows(); ++row) {
      m(row, column) = image.at(row / out.w * w.sh + ky * w.dh, row % out.w * w.sw + kx * w.dw, c);
    }
  }
  return m;
}

}  // namespace

std::int8_t tail_wide(std::int64_t sum, const num::ChannelParam& p, const num::TailMode& mode) {
  const Wide v = Wide{2} * sum + p.b2;
  const Wide t = v * (v < 0 ? p.mn : p.mp);
  Wide y = 0;
  if (mode.double_round) {
    const int first = p.s < 32 ? p.s : 32;
    y = divide(divide(t, first, num::Tie::kHalfUp), p.s - first, num::Tie::kHalfAway) + mode.zp;
  } else if (mode.zp_first) {
    y = divide(t + Wide{mode.zp} * (Wide{1} << p.s), p.s, num::Tie::kHalfEven);
  } else {
    y = divide(t, p.s, mode.tie) + mode.zp;
  }
  if (y < mode.lo) y = mode.lo;
  if (y > mode.hi) y = mode.hi;
  return static_cast<std::int8_t>(y);
}

Tensor conv_matrix(const Tensor& in, const ops::ConvParams& p) {
  const Tensor image = padded(in, p.window, p.pad_value);
  const int span_h = (p.window.kh - 1) * p.window.dh + 1, span_w = (p.window.kw - 1) * p.window.dw + 1;
  Tensor out(Shape{(image.shape.h - span_h) / p.window.sh + 1, (image.shape.w - span_w) / p.window.sw + 1, p.cout});
  const int outs = p.cout / p.groups, depth = p.window.kh * p.window.kw * (in.shape.c / p.groups);
  for (int g = 0; g < p.groups; ++g) {
    Matrix filters(depth, outs);
    for (int o = 0; o < outs; ++o) {
      for (int k = 0; k < depth; ++k) filters(k, o) = p.weights[static_cast<std::size_t>((g * outs + o) * depth + k)];
    }
    const Matrix sums = unroll(image, p, out.shape, g) * filters;
    for (int row = 0; row < sums.rows(); ++row) {
      for (int o = 0; o < outs; ++o) {
        const int channel = g * outs + o;
        out.at(row / out.shape.w, row % out.shape.w, channel) =
            tail_wide(sums(row, o), p.tail.of(channel), p.tail.mode);
      }
    }
  }
  return out;
}

Tensor deconv_scatter(const Tensor& in, const ops::DeconvParams& p) {
  const ops::Window& w = p.window;
  const Shape shape{(in.shape.h - 1) * w.sh - w.top - w.bottom + w.dh * (w.kh - 1) + 1 + p.out_pad_h,
                    (in.shape.w - 1) * w.sw - w.left - w.right + w.dw * (w.kw - 1) + 1 + p.out_pad_w, p.cout};
  Tensor out(shape);
  std::vector<std::int64_t> sums(shape.size(), 0);
  const int n = in.shape.c / p.groups, outs = p.cout / p.groups;
  for (int y = 0; y < in.shape.h; ++y) {
    for (int x = 0; x < in.shape.w; ++x) {
      for (int c = 0; c < in.shape.c; ++c) {
        for (int ky = 0; ky < w.kh; ++ky) {
          for (int kx = 0; kx < w.kw; ++kx) {
            const int oy = y * w.sh + ky * w.dh - w.top, ox = x * w.sw + kx * w.dw - w.left;
            if (oy < 0 || oy >= shape.h || ox < 0 || ox >= shape.w) continue;
            for (int o = c / n * outs; o < (c / n + 1) * outs; ++o) {
              const int weight = ((o * w.kh + ky) * w.kw + kx) * n + c % n;
              sums[out.index(oy, ox, o)] += p.weights[static_cast<std::size_t>(weight)] * in.at(y, x, c);
            }
          }
        }
      }
    }
  }
  for (std::size_t i = 0; i < sums.size(); ++i) {
    out.data[i] = tail_wide(sums[i], p.tail.of(static_cast<int>(i) % p.cout), p.tail.mode);
  }
  return out;
}

// ---------------------------------------------------------------------------------------------- random operands

Random::Random(std::uint64_t default_seed) : seed_(default_seed) {
  if (const char* text = std::getenv("EXACT8_SEED")) seed_ = std::strtoull(text, nullptr, 0);
  engine_.seed(seed_);
}

int Random::between(int lo, int hi) { return lo + static_cast<int>(engine_() % static_cast<unsigned>(hi - lo + 1)); }

std::int8_t Random::byte() { return static_cast<std::int8_t>(between(-128, 127)); }

std::vector<std::int8_t> Random::bytes(std::size_t count) {
  std::vector<std::int8_t> data(count);
  for (std::int8_t& b : data) b = byte();
  return data;
}

Tensor Random::tensor(Shape shape) {
  Tensor t(shape);
  t.data = bytes(shape.size());
  return t;
}

ops::Tail Random::tail(int channels, std::size_t depth) {
  // Sums of `depth` products have a deviation of about 5400 * sqrt(depth); shift them to about 40.
  int bits = 7;
  for (std::size_t k = depth; k > 1; k /= 4) ++bits;
  ops::Tail tail;
  const int count = between(0, 3) == 0 ? 1 : channels;
  const int multiplier_bits = between(0, 1) == 0 ? 0 : between(20, 30);
  for (int i = 0; i < count; ++i) {
    num::ChannelParam p;
    p.b2 = between(-20000, 20000);
    p.mp = (1u << multiplier_bits) + static_cast<std::uint32_t>(between(0, (1 << multiplier_bits) - 1));
    p.mn = between(0, 3) == 0 ? p.mp / 2 + 1 : p.mp;
    p.s = static_cast<std::uint8_t>(bits + multiplier_bits + between(0, 2));
    tail.channel.push_back(p);
  }
  num::TailMode& mode = tail.mode;
  mode.tie = static_cast<num::Tie>(between(0, 2));
  mode.double_round = between(0, 4) == 0;
  mode.zp_first = !mode.double_round && mode.tie == num::Tie::kHalfEven && between(0, 1) == 0;
  if (between(0, 1) == 0) mode.zp = static_cast<std::int8_t>(between(-20, 20));
  if (between(0, 2) == 0) mode.lo = mode.zp;
  if (between(0, 3) == 0) mode.hi = static_cast<std::int8_t>(between(mode.lo, 127));
  return tail;
}

// ---------------------------------------------------------------------------------------------- paths

std::set<ops::Path> expect_conv_on_every_path(const Tensor& in, const ops::ConvParams& p, const Tensor& want,
                                              const std::string& what) {
  const ops::Path before = ops::path();
  std::set<ops::Path> covered;
  for (const ops::Path path : ops::supported_paths()) {
    ops::set_path(path);
    const Tensor got = ops::conv(in, p);
    EXPECT_TRUE(got.shape == want.shape) << what << " on " << ops::path_name(path) << ": " << describe(got.shape);
    EXPECT_EQ(got.data, want.data) << what << " on " << ops::path_name(path);
    covered.insert(path);
  }
  ops::set_path(before);
  return covered;
}

void expect_required_paths(const std::set<ops::Path>& covered) {
  std::set<ops::Path> required{ops::Path::kReference, ops::Path::kPortable};
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) required.insert(ops::Path::kAvx2);
  if (__builtin_cpu_supports("avx512vnni")) required.insert(ops::Path::kAvx512Vnni);
#endif
  std::cout << "Covered paths:";
  for (const ops::Path path : covered) std::cout << " " << ops::path_name(path);
  std::cout << "\n";
  for (const ops::Path path : required) EXPECT_EQ(covered.count(path), 1u) << ops::path_name(path) << " did not run";
}

std::string describe(const Shape& s) {
  return std::to_string(s.h) + "x" + std::to_string(s.w) + "x" + std::to_string(s.c);
}

std::string describe(const ops::Window& w) {
  std::string text = "kernel " + std::to_string(w.kh) + "x" + std::to_string(w.kw);
  text += " stride " + std::to_string(w.sh) + "," + std::to_string(w.sw);
  text += " dilation " + std::to_string(w.dh) + "," + std::to_string(w.dw);
  text += " pads " + std::to_string(w.top) + "," + std::to_string(w.left) + "," + std::to_string(w.bottom) + ",";
  return text + std::to_string(w.right);
}

}  // namespace e8::testing
