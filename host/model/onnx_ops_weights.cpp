// Operators with constants: convolutions, matrices, normalization, addition, multiplication.
#include <algorithm>
#include <array>
#include <cmath>

#include "host/model/onnx_ops.h"

namespace e8::model {

namespace {

// Takes the stored integers of a constant whose channels run along `axis`.
QuantData stored(Importer& im, const Proto& node, const ImportedConstant& c, int axis, int channels) {
  const bool per_channel = c.quant.scales.size() > 1;
  if (per_channel && (c.axis != axis || c.quant.scales.size() != static_cast<std::size_t>(channels)))
    im.fail(109, node,
            "its constant is quantized along axis " + str(c.axis) + "; only one scale, or one an output channel, is " +
                "supported; quantize again with per-output-channel scales");
  return c.quant;
}

void read_bias(Importer& im, const Proto& node, int i, int channels, Node* n) {
  n->bias.assign(static_cast<std::size_t>(channels), 0.0F);
  if (im.absent(node, i)) return;
  const ImportedConstant& bias = finite_constant(im, node, i);
  if (bias.data.size() != static_cast<std::size_t>(channels))
    im.fail(106, node,
            "bias has " + str(static_cast<std::int64_t>(bias.data.size())) + " elements, needs " + str(channels));
  n->bias = bias.data.real;
  n->bias_q = stored(im, node, bias, 0, channels);
}

}  // namespace

void import_conv(Importer& im, const Proto& node) {
  const int x = im.activation(node, 0);
  need_rank(im, node, x, 4);
  const ops::Shape in = im.shape(x);
  const ImportedConstant& w = finite_constant(im, node, 1);
  const std::int64_t groups = im.integer(node, "group", 1);
  const auto& d = w.data.dims;
  if (d.size() != 4 || w.data.size() == 0)
    im.fail(106, node, "weights have dimensions " + str(d) + "; only 2-D convolution ([M,C/group,kH,kW]) is supported");
  if (groups < 1 || groups > in.c || d[1] > in.c || in.c != d[1] * groups || d[0] % groups != 0)
    im.fail(
        105, node,
        "attribute 'group' = " + str(groups) + " does not fit " + str(in.c) + " input channels and weights " + str(d));
  if (d[0] > 65536 || d[2] > kMaxWindow || d[3] > kMaxWindow)
    im.fail(106, node, "weights " + str(d) + " are too large");
  const int cout = static_cast<int>(d[0]);
  Node n = im.begin(node, Op::kConv, {x});
  n.window = read_window(im, node, in, static_cast<int>(d[2]), static_cast<int>(d[3]));
  n.groups = static_cast<int>(groups);
  n.weights = w.data.real;
  n.weights_q = stored(im, node, w, 0, cout);
  read_bias(im, node, 2, cout, &n);
  const ops::Shape out = window_out(n.window, in, cout);
  im.add(node, std::move(n), out, 4);
}

namespace {

// ONNX's [cin][cout / groups][kernel] to [cout][cin / groups][kernel].
template <typename T>
std::vector<T> outputs_first(const std::vector<T>& from, std::size_t cin, std::size_t cout, std::size_t groups) {
  const std::size_t n = cin / groups, m = cout / groups, kernel = from.size() / (cin * m);
  std::vector<T> to(from.size());
  for (std::size_t o = 0; o < cout; ++o)
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t k = 0; k < kernel; ++k)
        to[(o * n + i) * kernel + k] = from[((o / m * n + i) * m + o % m) * kernel + k];
  return to;
}

void read_output_padding(Importer& im, const Proto& node, Node* n) {
  const std::vector<std::int64_t> pad = im.integers(node, "output_padding");
  if (pad.empty()) return;
  const ops::Window& w = n->window;
  const bool good =
      pad.size() == 2 && pad[0] >= 0 && pad[0] < std::max(w.sh, w.dh) && pad[1] >= 0 && pad[1] < std::max(w.sw, w.dw);
  if (!good)
    im.fail(105, node,
            "attribute 'output_padding' = " + str(pad) + "; two values from 0 to below the stride are supported");
  n->out_pad_h = static_cast<int>(pad[0]);
  n->out_pad_w = static_cast<int>(pad[1]);
}

}  // namespace

void import_conv_transpose(Importer& im, const Proto& node) {
  const int x = im.activation(node, 0);
  need_rank(im, node, x, 4);
  const ops::Shape in = im.shape(x);
  const ImportedConstant& w = finite_constant(im, node, 1);
  const std::int64_t groups = im.integer(node, "group", 1);
  const auto& d = w.data.dims;
  if (d.size() != 4 || w.data.size() == 0)
    im.fail(106, node, "weights have dimensions " + str(d) + "; only 2-D ([C,M/group,kH,kW]) is supported");
  if (groups < 1 || groups > in.c || d[0] != in.c || in.c % groups != 0)
    im.fail(
        105, node,
        "attribute 'group' = " + str(groups) + " does not fit " + str(in.c) + " input channels and weights " + str(d));
  if (d[1] > 65536 / groups || d[2] > kMaxWindow || d[3] > kMaxWindow)
    im.fail(106, node, "weights " + str(d) + " are too large");
  const std::string padding = im.text(node, "auto_pad", "NOTSET");
  if ((padding != "NOTSET" && padding != "VALID") || im.has(node, "output_shape"))
    im.fail(105, node,
            "only explicit 'pads' and 'output_padding' are supported; export without 'auto_pad' = SAME_* "
            "and 'output_shape'");
  const int cout = static_cast<int>(d[1] * groups);
  Node n = im.begin(node, Op::kConvTranspose, {x});
  n.window = read_window(im, node, in, static_cast<int>(d[2]), static_cast<int>(d[3]));
  n.groups = static_cast<int>(groups);
  read_output_padding(im, node, &n);
  const auto g = static_cast<std::size_t>(groups), from = static_cast<std::size_t>(in.c);
  n.weights = outputs_first(w.data.real, from, static_cast<std::size_t>(cout), g);
  if (groups > 1 && w.quant.scales.size() > 1)
    im.fail(109, node, "has groups and weights of several scales; quantize its weights with one scale");
  n.weights_q = stored(im, node, w, 1, cout);
  if (!n.weights_q.empty())
    n.weights_q.values = outputs_first(n.weights_q.values, from, static_cast<std::size_t>(cout), g);
  read_bias(im, node, 2, cout, &n);
  const ops::Shape out = transposed_out(n, in, cout);
  im.add(node, std::move(n), out, 4);
}

namespace {

// [in][out] to [out][in].
template <typename T>
std::vector<T> transposed(const std::vector<T>& v, std::size_t rows, std::size_t columns) {
  std::vector<T> out(v.size());
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t c = 0; c < columns; ++c) out[c * rows + r] = v[r * columns + c];
  return out;
}

// Gemm and MatMul: x [N][K] times a constant.
void import_matrix(Importer& im, const Proto& node, bool is_transposed) {
  const int x = im.activation(node, 0);
  need_rank(im, node, x, 2);
  const ImportedConstant& w = finite_constant(im, node, 1);
  const auto& d = w.data.dims;
  const std::size_t k = im.shape(x).size();
  if (d.size() != 2 || w.data.size() == 0 || static_cast<std::size_t>(d[is_transposed ? 1 : 0]) != k)
    im.fail(106, node,
            "weights have dimensions " + str(d) + ", its input has " + str(static_cast<std::int64_t>(k)) + " elements");
  const int cout = static_cast<int>(d[is_transposed ? 0 : 1]);
  Node n = im.begin(node, Op::kGemm, {x});
  n.weights_q = stored(im, node, w, is_transposed ? 0 : 1, cout);
  n.weights = w.data.real;
  if (!is_transposed) {
    n.weights = transposed(n.weights, k, static_cast<std::size_t>(cout));
    if (!n.weights_q.empty()) n.weights_q.values = transposed(n.weights_q.values, k, static_cast<std::size_t>(cout));
  }
  read_bias(im, node, 2, cout, &n);
  im.add(node, std::move(n), {1, 1, cout}, 2);
}

}  // namespace

void import_gemm(Importer& im, const Proto& node) {
  const bool plain = im.real(node, "alpha", 1) == 1 && (im.absent(node, 2) || im.real(node, "beta", 1) == 1);
  if (!plain || im.integer(node, "transA", 0) != 0)
    im.fail(105, node, "only alpha = 1, beta = 1 and transA = 0 are supported; fold them into the weights");
  import_matrix(im, node, im.integer(node, "transB", 0) != 0);
}

void import_matmul(Importer& im, const Proto& node) { import_matrix(im, node, false); }

void add_affine(Importer& im, const Proto& node, int x, std::vector<float> scale, std::vector<float> offset) {
  Node n = im.begin(node, Op::kConv, {x});
  n.groups = im.shape(x).c;
  n.weights = std::move(scale);
  n.bias = std::move(offset);
  n.foldable = true;
  im.add(node, std::move(n), im.shape(x), im.rank(x));
}

void import_batch_normalization(Importer& im, const Proto& node) {
  const int x = im.activation(node, 0);
  if (im.integer(node, "training_mode", 0) != 0 || im.integer(node, "spatial", 1) != 1)
    im.fail(105, node, "only inference (training_mode = 0, spatial = 1) is supported; export in evaluation mode");
  const auto channels = static_cast<std::size_t>(im.shape(x).c);
  const double epsilon = im.real(node, "epsilon", 1e-5);
  std::array<const std::vector<float>*, 4> p{};  // gamma, beta, mean, variance
  for (std::size_t i = 0; i < 4; ++i) {
    p[i] = &finite_constant(im, node, static_cast<int>(i) + 1).data.real;
    if (p[i]->size() != channels)
      im.fail(106, node, "input " + str(static_cast<std::int64_t>(i) + 1) + " needs one element a channel");
  }
  std::vector<float> scale(channels), offset(channels);
  for (std::size_t c = 0; c < channels; ++c) {
    const double s = double{(*p[0])[c]} / std::sqrt(double{(*p[3])[c]} + epsilon);
    if (!std::isfinite(s))
      im.fail(106, node, "variance of channel " + str(static_cast<std::int64_t>(c)) + " is not positive");
    scale[c] = static_cast<float>(s);
    offset[c] = static_cast<float>(double{(*p[1])[c]} - double{(*p[2])[c]} * s);
  }
  add_affine(im, node, x, std::move(scale), std::move(offset));
}

std::vector<float> channel_constant(Importer& im, const Proto& node, int i, int x) {
  const ImportedConstant& c = finite_constant(im, node, i);
  if (im.shape(x).c > kMaxChannels)
    im.fail(108, node, "has " + str(im.shape(x).c) + " channels; at most " + str(kMaxChannels) + " are supported");
  const auto channels = static_cast<std::size_t>(im.shape(x).c);
  const std::size_t behind = im.rank(x) == 4 ? 2 : 0;  // H and W dimensions of size 1 follow the channels
  const auto& d = c.data.dims;
  const bool whole = c.data.size() == 1;
  const bool per_channel = c.data.size() == channels && d.size() > behind && d.size() <= behind + 2 &&
                           d[d.size() - 1 - behind] == static_cast<std::int64_t>(channels);
  if (!whole && !per_channel)
    im.fail(105, node, "has a constant of dimensions " + str(d) + "; one value, or one a channel, is supported");
  return whole ? std::vector<float>(channels, c.data.real[0]) : c.data.real;
}

namespace {

int constant_input(Importer& im, const Proto& node) { return im.is_constant(node, 0) ? 0 : 1; }

// Two tensors of one shape.
void add_elementwise(Importer& im, const Proto& node, Op op) {
  const int a = im.activation(node, 0), b = im.activation(node, 1);
  if (!(im.shape(a) == im.shape(b)) || im.rank(a) != im.rank(b))
    im.fail(108, node, "has inputs of different shapes; broadcasting of activations is not supported");
  im.add(node, im.begin(node, op, {a, b}), im.shape(a), im.rank(a));
}

// Of tensors of one shape, or of an image and one pixel [N,C,1,1].
void add_product(Importer& im, const Proto& node) {
  int a = im.activation(node, 0), b = im.activation(node, 1);
  const auto is_pixel_of = [&](int pixel, int image) {
    return im.rank(pixel) == 4 && im.shape(pixel) == ops::Shape{1, 1, im.shape(image).c};
  };
  if (is_pixel_of(a, b)) std::swap(a, b);
  if (im.rank(a) != im.rank(b) || !(im.shape(a) == im.shape(b) || is_pixel_of(b, a)))
    im.fail(108, node, "has inputs of different shapes; equal ones, or one of [N,C,1,1], are supported");
  im.add(node, im.begin(node, Op::kMul, {a, b}), im.shape(a), im.rank(a));
}

bool has_constant(Importer& im, const Proto& node) { return im.is_constant(node, 0) || im.is_constant(node, 1); }

std::vector<float> filled(const std::vector<float>& like, float value) {
  return std::vector<float>(like.size(), value);
}

}  // namespace

void import_add(Importer& im, const Proto& node) {
  if (!has_constant(im, node)) return add_elementwise(im, node, Op::kAdd);
  const int i = constant_input(im, node), x = im.activation(node, 1 - i);
  const std::vector<float> offset = channel_constant(im, node, i, x);
  add_affine(im, node, x, filled(offset, 1), offset);
}

// x - constant, or constant - x.
void import_sub(Importer& im, const Proto& node) {
  if (!has_constant(im, node)) return add_elementwise(im, node, Op::kSub);
  const int i = constant_input(im, node), x = im.activation(node, 1 - i);
  std::vector<float> offset = channel_constant(im, node, i, x);
  if (i == 1)
    for (float& v : offset) v = -v;
  add_affine(im, node, x, filled(offset, i == 1 ? 1.0F : -1.0F), offset);
}

void import_mul(Importer& im, const Proto& node) {
  if (!has_constant(im, node)) return add_product(im, node);
  const int i = constant_input(im, node), x = im.activation(node, 1 - i);
  const std::vector<float> scale = channel_constant(im, node, i, x);
  add_affine(im, node, x, scale, filled(scale, 0));
}

}  // namespace e8::model
