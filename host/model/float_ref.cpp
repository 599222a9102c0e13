// Float execution, image by image, with Eigen for the products.
#include "host/model/float_ref.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <limits>

#include "host/model/functions.h"
#include "host/model/parallel.h"

namespace e8::model {

namespace {

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using ConstMap = Eigen::Map<const Matrix>;
using Map = Eigen::Map<Matrix>;

// The output columns whose input column x*stride + offset exists.
struct Span {
  int first, last;  // first <= x < last
};
Span valid(int out, int in, int stride, int offset) {
  const int first = offset >= 0 ? 0 : (-offset + stride - 1) / stride;
  const int last = in - offset <= 0 ? 0 : (in - offset - 1) / stride + 1;
  return {std::min(first, out), std::min(std::max(last, first), out)};
}

// columns [channels*kh*kw][out_h*out_w] of `channels` input planes.
void im2col(const float* x, const ops::Shape& in, int channels, const ops::Window& w, const ops::Shape& out,
            Matrix* m) {
  m->setZero(channels * w.kh * w.kw, out.h * out.w);
  for (int c = 0, row = 0; c < channels; ++c)
    for (int ky = 0; ky < w.kh; ++ky)
      for (int kx = 0; kx < w.kw; ++kx, ++row) {
        const int dx = kx * w.dw - w.left;
        const Span span = valid(out.w, in.w, w.sw, dx);
        for (int y = 0; y < out.h; ++y) {
          const int iy = y * w.sh + ky * w.dh - w.top;
          if (iy < 0 || iy >= in.h) continue;
          const float* from = x + (static_cast<std::ptrdiff_t>(c) * in.h + iy) * in.w + dx;
          float* to = m->row(row).data() + static_cast<std::ptrdiff_t>(y) * out.w;
          for (int ox = span.first; ox < span.last; ++ox) to[ox] = from[static_cast<std::ptrdiff_t>(ox) * w.sw];
        }
      }
}

// One plane to one plane: the sum of shifted planes, without columns. weights [kh][kw].
void conv_plane(const float* x, const ops::Shape& in, const float* weights, float bias, const ops::Window& w,
                const ops::Shape& out, float* y) {
  std::fill(y, y + static_cast<std::ptrdiff_t>(out.h) * out.w, bias);
  for (int ky = 0; ky < w.kh; ++ky)
    for (int kx = 0; kx < w.kw; ++kx) {
      const float weight = *weights++;
      const int dx = kx * w.dw - w.left;
      const Span span = valid(out.w, in.w, w.sw, dx);
      for (int oy = 0; oy < out.h; ++oy) {
        const int iy = oy * w.sh + ky * w.dh - w.top;
        if (iy < 0 || iy >= in.h) continue;
        const float* from = x + static_cast<std::ptrdiff_t>(iy) * in.w + dx;
        float* to = y + static_cast<std::ptrdiff_t>(oy) * out.w;
        if (w.sw == 1) {  // vector code
          for (int ox = span.first; ox < span.last; ++ox) to[ox] += weight * from[ox];
        } else {
          for (int ox = span.first; ox < span.last; ++ox)
            to[ox] += weight * from[static_cast<std::ptrdiff_t>(ox) * w.sw];
        }
      }
    }
}

// Each output plane from one input plane.
void depthwise(const Graph& graph, const Node& n, const float* x, float* y) {
  const ops::Shape &in = graph.in(n).shape, &out = graph.out(n).shape;
  const std::ptrdiff_t k = n.window.kh * n.window.kw, multiplier = out.c / in.c;
  for (std::ptrdiff_t c = 0; c < out.c; ++c)
    conv_plane(x + c / multiplier * in.h * in.w, in, n.weights.data() + c * k, n.bias[static_cast<std::size_t>(c)],
               n.window, out, y + c * out.h * out.w);
}

void conv(const Graph& graph, const Node& n, const float* x, float* y) {
  if (n.groups > 1 && n.groups == graph.in(n).shape.c) return depthwise(graph, n, x, y);
  const ops::Shape &in = graph.in(n).shape, &out = graph.out(n).shape;
  const int cin = in.c / n.groups, cout = out.c / n.groups, k = cin * n.window.kh * n.window.kw, pixels = out.h * out.w;
  const ops::Window& w = n.window;
  const bool pointwise = w.kh == 1 && w.kw == 1 && w.sh == 1 && w.sw == 1 && out.h == in.h && out.w == in.w;
  Matrix columns;
  for (int g = 0; g < n.groups; ++g) {
    const float* plane = x + static_cast<std::ptrdiff_t>(g) * cin * in.h * in.w;
    if (!pointwise) im2col(plane, in, cin, w, out, &columns);
    const ConstMap a(n.weights.data() + static_cast<std::ptrdiff_t>(g) * cout * k, cout, k);
    const ConstMap b(pointwise ? plane : columns.data(), k, pixels);
    Map result(y + static_cast<std::ptrdiff_t>(g) * cout * pixels, cout, pixels);
    const Eigen::Map<const Eigen::VectorXf> bias(n.bias.data() + static_cast<std::ptrdiff_t>(g) * cout, cout);
    result.noalias() = a * b;
    result.colwise() += bias;
  }
}

// One input plane adds to one output plane. weights [kh][kw].
void scatter_plane(const float* x, const ops::Shape& in, const float* weights, const ops::Window& w,
                   const ops::Shape& out, float* y) {
  for (int ky = 0; ky < w.kh; ++ky)
    for (int kx = 0; kx < w.kw; ++kx) {
      const float weight = *weights++;
      for (int iy = 0; iy < in.h; ++iy) {
        const int oy = iy * w.sh + ky * w.dh - w.top;
        if (oy < 0 || oy >= out.h) continue;
        for (int ix = 0; ix < in.w; ++ix) {
          const int ox = ix * w.sw + kx * w.dw - w.left;
          if (ox >= 0 && ox < out.w)
            y[static_cast<std::ptrdiff_t>(oy) * out.w + ox] += weight * x[static_cast<std::ptrdiff_t>(iy) * in.w + ix];
        }
      }
    }
}

void conv_transpose(const Graph& graph, const Node& n, const float* x, float* y) {
  const ops::Shape &in = graph.in(n).shape, &out = graph.out(n).shape;
  const std::ptrdiff_t cin = in.c / n.groups, cout = out.c / n.groups, kernel = n.window.kh * n.window.kw;
  const std::ptrdiff_t plane_in = static_cast<std::ptrdiff_t>(in.h) * in.w;
  const std::ptrdiff_t plane_out = static_cast<std::ptrdiff_t>(out.h) * out.w;
  for (std::ptrdiff_t o = 0; o < out.c; ++o, y += plane_out) {
    std::fill(y, y + plane_out, n.bias[static_cast<std::size_t>(o)]);
    for (std::ptrdiff_t i = 0; i < cin; ++i)
      scatter_plane(x + (o / cout * cin + i) * plane_in, in, n.weights.data() + (o * cin + i) * kernel, n.window, out,
                    y);
  }
}

void gemm(const Graph& graph, const Node& n, const float* x, float* y) {
  const int k = static_cast<int>(graph.in(n).shape.size()), cout = graph.out(n).shape.c;
  Eigen::Map<Eigen::VectorXf> result(y, cout);
  result.noalias() = ConstMap(n.weights.data(), cout, k) * Eigen::Map<const Eigen::VectorXf>(x, k);
  result += Eigen::Map<const Eigen::VectorXf>(n.bias.data(), cout);
}

// visit(y, x, sum or max over existing pixels of one plane, how many)
template <typename Combine>
void pool_plane(const float* x, const ops::Shape& in, const ops::Window& w, const ops::Shape& out, float start,
                Combine combine, float* y, int* counts) {
  for (int oy = 0; oy < out.h; ++oy)
    for (int ox = 0; ox < out.w; ++ox) {
      float value = start;
      int count = 0;
      for (int ky = 0; ky < w.kh; ++ky)
        for (int kx = 0; kx < w.kw; ++kx) {
          const int iy = oy * w.sh + ky * w.dh - w.top, ix = ox * w.sw + kx * w.dw - w.left;
          if (iy < 0 || iy >= in.h || ix < 0 || ix >= in.w) continue;
          value = combine(value, x[static_cast<std::ptrdiff_t>(iy) * in.w + ix]);
          ++count;
        }
      const std::ptrdiff_t at = static_cast<std::ptrdiff_t>(oy) * out.w + ox;
      y[at] = value;
      counts[at] = count;
    }
}

void pool(const Graph& graph, const Node& n, const float* x, float* y) {
  const ops::Shape &in = graph.in(n).shape, &out = graph.out(n).shape;
  const auto plane_in = static_cast<std::size_t>(in.h) * static_cast<std::size_t>(in.w);
  const auto plane_out = static_cast<std::size_t>(out.h) * static_cast<std::size_t>(out.w);
  std::vector<int> counts(plane_out);
  for (std::size_t c = 0; c < static_cast<std::size_t>(out.c); ++c, x += plane_in, y += plane_out) {
    if (n.op == Op::kMaxPool) {
      pool_plane(
          x, in, n.window, out, -std::numeric_limits<float>::infinity(),
          [](float a, float b) { return std::max(a, b); }, y, counts.data());
      continue;
    }
    pool_plane(
        x, in, n.window, out, 0.0F, [](float a, float b) { return a + b; }, y, counts.data());
    for (std::size_t i = 0; i < plane_out; ++i)
      y[i] =
          y[i] / static_cast<float>(n.count_pad ? n.window.kh * n.window.kw : counts[i]) * static_cast<float>(n.factor);
  }
}

void softmax(const float* x, std::size_t size, float* y) {
  const float top = *std::max_element(x, x + size);
  double sum = 0;
  for (std::size_t i = 0; i < size; ++i) sum += std::exp(double{x[i]} - top);
  for (std::size_t i = 0; i < size; ++i) y[i] = static_cast<float>(std::exp(double{x[i]} - top) / sum);
}

void prelu(const Graph& graph, const Node& n, const float* x, float* y) {
  const std::size_t plane = graph.in(n).shape.size() / n.slopes.size();
  for (const float slope : n.slopes)
    for (std::size_t i = 0; i < plane; ++i, ++x) *y++ = *x < 0 ? slope * *x : *x;
}

void concat(const Graph& graph, const Node& n, const std::vector<const float*>& inputs, float* y) {
  const ops::Shape& out = graph.out(n).shape;
  // Planes of all inputs in turn: the whole image, a plane a channel, or a row.
  const int pieces = n.axis == 2 ? 1 : n.axis == 0 ? out.c : out.c * out.h;
  for (int piece = 0; piece < pieces; ++piece) {
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      const std::size_t size = graph.in(n, i).shape.size() / static_cast<std::size_t>(pieces);
      y = std::copy_n(inputs[i] + static_cast<std::size_t>(piece) * size, size, y);
    }
  }
}

void multiply(const Graph& graph, const Node& n, const std::vector<const float*>& inputs, float* y) {
  const std::size_t size = graph.in(n, 0).shape.size();
  const std::size_t each = size / graph.in(n, 1).shape.size();  // values of the first that one of the second meets
  for (std::size_t i = 0; i < size; ++i) y[i] = inputs[0][i] * inputs[1][i / each];
}

void arg_max(const ops::Shape& in, bool last, const float* x, float* y) {
  const int plane = in.h * in.w;
  for (int p = 0; p < plane; ++p) {
    int best = 0;
    for (int c = 1; c < in.c; ++c)
      if (x[c * plane + p] > x[best * plane + p] || (last && x[c * plane + p] == x[best * plane + p])) best = c;
    y[p] = static_cast<float>(best);
  }
}

// y[c][oy][ox] = x[c'][iy][ix], where from(c, oy, ox) is the index in x; negative: `otherwise`.
template <typename From>
void gather(const ops::Shape& out, const float* x, float otherwise, From from, float* y) {
  for (int c = 0; c < out.c; ++c)
    for (int oy = 0; oy < out.h; ++oy)
      for (int ox = 0; ox < out.w; ++ox) {
        const std::ptrdiff_t at = from(c, oy, ox);
        *y++ = at < 0 ? otherwise : x[at];
      }
}

std::ptrdiff_t index(const ops::Shape& s, int c, int y, int x) {
  return (static_cast<std::ptrdiff_t>(c) * s.h + y) * s.w + x;
}

void pad(const ops::Shape& in, const Node& n, const ops::Shape& out, const float* x, float* y) {
  const auto from = [&](int c, int oy, int ox) -> std::ptrdiff_t {
    const int iy = oy - n.window.top, ix = ox - n.window.left;
    return iy < 0 || iy >= in.h || ix < 0 || ix >= in.w ? -1 : index(in, c, iy, ix);
  };
  gather(out, x, static_cast<float>(n.pad_value), from, y);
}

void slice(const ops::Shape& in, const ops::SliceParams& p, const float* x, float* y) {
  gather(
      p.shape, x, 0, [&](int c, int oy, int ox) { return index(in, p.c0 + c, p.y0 + oy * p.sy, p.x0 + ox * p.sx); }, y);
}

void upsample(const ops::Shape& in, const Node& n, const ops::Shape& out, const float* x, float* y) {
  gather(
      out, x, 0, [&](int c, int oy, int ox) { return index(in, c, oy / n.factor_h, ox / n.factor_w); }, y);
}

template <typename Function>
void map_values(const float* x, std::size_t size, float* y, Function f) {
  std::transform(x, x + size, y, f);
}

}  // namespace

void run_node(const Graph& graph, const Node& n, const std::vector<const float*>& inputs, float* y) {
  const float* x = inputs[0];
  const std::size_t size = graph.out(n).shape.size();
  const float alpha = static_cast<float>(n.alpha), lo = static_cast<float>(n.lo), hi = static_cast<float>(n.hi);
  switch (n.op) {
    case Op::kConv:
      return conv(graph, n, x, y);
    case Op::kConvTranspose:
      return conv_transpose(graph, n, x, y);
    case Op::kGemm:
      return gemm(graph, n, x, y);
    case Op::kMaxPool:
    case Op::kAveragePool:
      return pool(graph, n, x, y);
    case Op::kSoftmax:
      return softmax(x, size, y);
    case Op::kRelu:
      return map_values(x, size, y, [](float v) { return std::max(v, 0.0F); });
    case Op::kClip:
      return map_values(x, size, y, [=](float v) { return std::clamp(v, lo, hi); });
    case Op::kLeakyRelu:
      return map_values(x, size, y, [=](float v) { return v < 0 ? alpha * v : v; });
    case Op::kAdd:
      std::transform(x, x + size, inputs[1], y, std::plus<>());
      return;
    case Op::kSub:
      std::transform(x, x + size, inputs[1], y, std::minus<>());
      return;
    case Op::kPRelu:
      return prelu(graph, n, x, y);
    case Op::kSigmoid:
    case Op::kTanh:
    case Op::kHardSigmoid:
    case Op::kHardSwish:
    case Op::kElu:
      return map_values(x, size, y, [&](float v) { return static_cast<float>(apply_function(n, double{v})); });
    case Op::kMul:
      return multiply(graph, n, inputs, y);
    case Op::kArgMax:
      return arg_max(graph.in(n).shape, n.last_index, x, y);
    case Op::kConcat:
      return concat(graph, n, inputs, y);
    case Op::kPad:
      return pad(graph.in(n).shape, n, graph.out(n).shape, x, y);
    case Op::kSlice:
      return slice(graph.in(n).shape, n.slice, x, y);
    case Op::kUpsample:
      return upsample(graph.in(n).shape, n, graph.out(n).shape, x, y);
    case Op::kFlatten:
    case Op::kUnsqueeze:
    case Op::kRequantize:
      std::copy(x, x + size, y);
      return;
  }
}

Batch run_float(const Graph& graph, const Batch& input, const ValueHook& hook, int threads) {
  std::vector<Batch> values(graph.values.size());
  std::vector<std::size_t> left(graph.values.size());  // readers that have not run yet
  const auto readers = readers_of(graph);
  for (std::size_t v = 0; v < left.size(); ++v) left[v] = readers[v].size();
  values[static_cast<std::size_t>(graph.input)] = input;
  if (hook) hook(graph.input, &values[static_cast<std::size_t>(graph.input)]);
  for (const Node& n : graph.nodes) {
    Batch& out = values[static_cast<std::size_t>(n.output)];
    out = Batch(input.n, graph.out(n).shape);
    parallel_for(static_cast<std::size_t>(input.n), threads, [&](std::size_t i) {
      const int image = static_cast<int>(i);
      std::vector<const float*> inputs;
      for (int v : n.inputs) inputs.push_back(values[static_cast<std::size_t>(v)].image(image));
      run_node(graph, n, inputs, out.image(image));
    });
    if (hook) hook(n.output, &out);
    for (int v : n.inputs)
      if (--left[static_cast<std::size_t>(v)] == 0) values[static_cast<std::size_t>(v)] = Batch();
  }
  return std::move(values[static_cast<std::size_t>(graph.outputs.front())]);
}

}  // namespace e8::model
