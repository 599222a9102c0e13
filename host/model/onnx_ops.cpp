// One importer an operator; the table at the end is the list of what is supported.
#include <algorithm>
#include <cmath>
#include <limits>

#include "host/model/onnx_import.h"

namespace e8::model {

namespace {

using Proto = onnx::NodeProto;
constexpr std::int64_t kMaxWindow = 4096;  // kernel, stride, dilation, padding

std::string str(std::int64_t x) { return std::to_string(x); }

std::string str(const std::vector<std::int64_t>& v) {
  std::string s;
  for (std::int64_t x : v) s += (s.empty() ? "" : ",") + str(x);
  return "[" + s + "]";
}

// `count` integers of an attribute, each in [lo, kMaxWindow].
std::vector<int> window_ints(Importer& im, const Proto& node, const char* name, std::size_t count, int otherwise,
                             int lo) {
  const std::vector<std::int64_t> got = im.integers(node, name);
  if (got.empty()) return std::vector<int>(count, otherwise);
  const bool good =
      got.size() == count && std::all_of(got.begin(), got.end(), [&](auto x) { return x >= lo && x <= kMaxWindow; });
  if (!good)
    im.fail(105, node,
            std::string("attribute '") + name + "' = " + str(got) + "; " + str(static_cast<std::int64_t>(count)) +
                " values from " + str(lo) + " to " + str(kMaxWindow) + " are supported (2-D windows)");
  return {got.begin(), got.end()};
}

// Total padding of one dimension for auto_pad SAME_*: output = ceil(in / stride).
int same_padding(int in, int kernel, int stride, int dilation) {
  const int out = (in + stride - 1) / stride;
  return std::max(0, (out - 1) * stride + (kernel - 1) * dilation + 1 - in);
}

void auto_pad(Importer& im, const Proto& node, const ops::Shape& in, ops::Window* w) {
  const std::string mode = im.text(node, "auto_pad", "NOTSET");
  if (mode == "NOTSET") return;
  w->top = w->left = w->bottom = w->right = 0;
  if (mode == "VALID") return;
  if (mode != "SAME_UPPER" && mode != "SAME_LOWER")
    im.fail(105, node, "attribute 'auto_pad' = '" + mode + "'; NOTSET, VALID, SAME_UPPER and SAME_LOWER are supported");
  const int vertical = same_padding(in.h, w->kh, w->sh, w->dh), across = same_padding(in.w, w->kw, w->sw, w->dw);
  const bool upper = mode == "SAME_UPPER";  // the odd pixel at the end
  w->top = upper ? vertical / 2 : vertical - vertical / 2;
  w->left = upper ? across / 2 : across - across / 2;
  w->bottom = vertical - w->top;
  w->right = across - w->left;
}

ops::Window read_window(Importer& im, const Proto& node, const ops::Shape& in, int kh, int kw) {
  ops::Window w;
  const auto kernel = window_ints(im, node, "kernel_shape", 2, 0, 1);
  w.kh = kernel[0] > 0 ? kernel[0] : kh;
  w.kw = kernel[1] > 0 ? kernel[1] : kw;
  if ((kh > 0 && (w.kh != kh || w.kw != kw)) || w.kh < 1)
    im.fail(105, node, "attribute 'kernel_shape' is missing or does not match the weights");
  const auto strides = window_ints(im, node, "strides", 2, 1, 1);
  const auto dilations = window_ints(im, node, "dilations", 2, 1, 1);
  const auto pads = window_ints(im, node, "pads", 4, 0, 0);
  w.sh = strides[0], w.sw = strides[1], w.dh = dilations[0], w.dw = dilations[1];
  w.top = pads[0], w.left = pads[1], w.bottom = pads[2], w.right = pads[3];
  auto_pad(im, node, in, &w);
  return w;
}

// The output's size, 0 where the window does not fit; add() refuses that.
ops::Shape window_out(const ops::Window& w, const ops::Shape& in, int channels) {
  const bool fits =
      in.h + w.top + w.bottom >= (w.kh - 1) * w.dh + 1 && in.w + w.left + w.right >= (w.kw - 1) * w.dw + 1;
  return fits ? ops::Shape{w.out_h(in.h), w.out_w(in.w), channels} : ops::Shape{0, 0, channels};
}

void need_rank(Importer& im, const Proto& node, int value, int rank) {
  if (im.rank(value) != rank)
    im.fail(108, node, "its input has " + str(im.rank(value)) + " dimensions, needs " + str(rank));
}

const ImportedConstant& real_constant(Importer& im, const Proto& node, int i) {
  const ImportedConstant& c = im.constant(node, i);
  if (!c.data.is_real()) im.fail(106, node, "input " + str(i) + " must be float; put a DequantizeLinear before it");
  return c;
}

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
  const ImportedConstant& bias = real_constant(im, node, i);
  if (bias.data.size() != static_cast<std::size_t>(channels))
    im.fail(106, node,
            "bias has " + str(static_cast<std::int64_t>(bias.data.size())) + " elements, needs " + str(channels));
  n->bias = bias.data.real;
  n->bias_q = stored(im, node, bias, 0, channels);
}

void import_conv(Importer& im, const Proto& node) {
  const int x = im.activation(node, 0);
  need_rank(im, node, x, 4);
  const ops::Shape in = im.shape(x);
  const ImportedConstant& w = real_constant(im, node, 1);
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
  const ImportedConstant& w = real_constant(im, node, 1);
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

void import_gemm(Importer& im, const Proto& node) {
  const bool plain = im.real(node, "alpha", 1) == 1 && (im.absent(node, 2) || im.real(node, "beta", 1) == 1);
  if (!plain || im.integer(node, "transA", 0) != 0)
    im.fail(105, node, "only alpha = 1, beta = 1 and transA = 0 are supported; fold them into the weights");
  import_matrix(im, node, im.integer(node, "transB", 0) != 0);
}

void import_matmul(Importer& im, const Proto& node) { import_matrix(im, node, false); }

// y[c] = scale[c] * x[c] + offset[c], as a 1x1 depthwise convolution; fold_affine() removes it where it can.
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
    p[i] = &real_constant(im, node, static_cast<int>(i) + 1).data.real;
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

void import_constant_add(Importer& im, const Proto& node, int which) {
  const int x = im.activation(node, 1 - which);
  const ImportedConstant& c = real_constant(im, node, which);
  const auto channels = static_cast<std::size_t>(im.shape(x).c);
  const std::size_t behind = im.rank(x) == 4 ? 2 : 0;  // H and W dimensions of size 1 follow the channels
  const auto& d = c.data.dims;
  const bool whole = c.data.size() == 1;
  const bool per_channel = c.data.size() == channels && d.size() > behind && d.size() <= behind + 2 &&
                           d[d.size() - 1 - behind] == static_cast<std::int64_t>(channels);
  if (!whole && !per_channel)
    im.fail(105, node, "adds a constant of dimensions " + str(d) + "; one value, or one a channel, is supported");
  if (!c.quant.empty()) im.fail(109, node, "adds a quantized constant; only float constants are supported here");
  const std::vector<float> offset = whole ? std::vector<float>(channels, c.data.real[0]) : c.data.real;
  add_affine(im, node, x, std::vector<float>(channels, 1.0F), offset);
}

void import_add(Importer& im, const Proto& node) {
  for (int i : {0, 1})
    if (im.is_constant(node, i)) return import_constant_add(im, node, i);
  const int a = im.activation(node, 0), b = im.activation(node, 1);
  if (!(im.shape(a) == im.shape(b)) || im.rank(a) != im.rank(b))
    im.fail(108, node, "adds tensors of different shapes; broadcasting of activations is not supported");
  im.add(node, im.begin(node, Op::kAdd, {a, b}), im.shape(a), im.rank(a));
}

void import_relu(Importer& im, const Proto& node) {
  const int x = im.activation(node, 0);
  im.add(node, im.begin(node, Op::kRelu, {x}), im.shape(x), im.rank(x));
}

void import_leaky_relu(Importer& im, const Proto& node) {
  const int x = im.activation(node, 0);
  Node n = im.begin(node, Op::kLeakyRelu, {x});
  n.alpha = im.real(node, "alpha", 0.01);
  if (!(n.alpha >= 0 && n.alpha <= 1)) im.fail(105, node, "attribute 'alpha' must lie in [0, 1]");
  im.add(node, std::move(n), im.shape(x), im.rank(x));
}

// Limits are attributes before opset 11 and inputs from then on; [0, infinity] is Relu.
void import_clip(Importer& im, const Proto& node) {
  const int x = im.activation(node, 0);
  const auto limit = [&](const char* name, int i, double otherwise) {
    if (im.opset() < 11) return im.real(node, name, otherwise);
    if (im.absent(node, i)) return otherwise;
    const Constant& c = real_constant(im, node, i).data;
    if (c.size() != 1) im.fail(106, node, std::string("limit '") + name + "' must be one value");
    return double{c.real[0]};
  };
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  constexpr double kNone = 3.0e38;  // exporters write the largest float for "no limit"
  const double lo = limit("min", 1, -kInfinity), hi = limit("max", 2, kInfinity);
  if (!(lo <= hi)) im.fail(105, node, "its limits are not in order");
  Node n = im.begin(node, lo == 0 && hi > kNone ? Op::kRelu : Op::kClip, {x});
  n.lo = lo < -kNone ? -kInfinity : lo;
  n.hi = hi > kNone ? kInfinity : hi;
  im.add(node, std::move(n), im.shape(x), im.rank(x));
}

// With ceil_mode the last window may hang over the end; for a maximum that is padding.
void apply_ceil(int in, int kernel, int stride, int dilation, int before, int* after) {
  const int span = in + before + *after - (kernel - 1) * dilation - 1;
  if (span < 0 || span % stride == 0) return;
  const int last = (span / stride + 1) * stride;  // where the extra window would begin
  if (last < in + before) *after += stride - span % stride;
}

void import_pool(Importer& im, const Proto& node, Op op) {
  const int x = im.activation(node, 0);
  need_rank(im, node, x, 4);
  const ops::Shape in = im.shape(x);
  Node n = im.begin(node, op, {x});
  n.window = read_window(im, node, in, 0, 0);
  ops::Window& w = n.window;
  if (im.integer(node, "ceil_mode", 0) != 0) {
    const ops::Window plain = w;
    apply_ceil(in.h, w.kh, w.sh, w.dh, w.top, &w.bottom);
    apply_ceil(in.w, w.kw, w.sw, w.dw, w.left, &w.right);
    if (op == Op::kAveragePool && (w.bottom != plain.bottom || w.right != plain.right))
      im.fail(105, node, "attribute 'ceil_mode' = 1 where windows hang over the edge is supported for MaxPool only");
  }
  if (std::max(w.top, w.bottom) > (w.kh - 1) * w.dh || std::max(w.left, w.right) > (w.kw - 1) * w.dw)
    im.fail(105, node, "attribute 'pads': padding must be smaller than the window");
  if (op == Op::kAveragePool && (w.dh != 1 || w.dw != 1))
    im.fail(105, node, "dilated average pooling is not supported");
  if (im.integer(node, "storage_order", 0) != 0) im.fail(105, node, "attribute 'storage_order' must be 0");
  n.count_pad = im.integer(node, "count_include_pad", 0) != 0;
  const ops::Shape out = window_out(w, in, in.c);
  im.add(node, std::move(n), out, 4);
}

void import_max_pool(Importer& im, const Proto& node) { import_pool(im, node, Op::kMaxPool); }
void import_average_pool(Importer& im, const Proto& node) { import_pool(im, node, Op::kAveragePool); }

void import_global_average_pool(Importer& im, const Proto& node) {
  const int x = im.activation(node, 0);
  need_rank(im, node, x, 4);
  const ops::Shape in = im.shape(x);
  Node n = im.begin(node, Op::kAveragePool, {x});
  n.window.kh = in.h;
  n.window.kw = in.w;
  im.add(node, std::move(n), {1, 1, in.c}, 4);
}

void add_flatten(Importer& im, const Proto& node, int x) {
  if (im.rank(x) == 2) return im.alias(node, x);
  im.add(node, im.begin(node, Op::kFlatten, {x}), {1, 1, static_cast<int>(im.shape(x).size())}, 2);
}

void import_flatten(Importer& im, const Proto& node) {
  const int x = im.activation(node, 0);
  const std::int64_t axis = im.integer(node, "axis", 1);
  if (axis != 1 && axis != 1 - im.rank(x))
    im.fail(105, node, "attribute 'axis' = " + str(axis) + "; only 1 is supported");
  add_flatten(im, node, x);
}

void import_reshape(Importer& im, const Proto& node) {
  const int x = im.activation(node, 0);
  const Constant& target = im.constant(node, 1).data;
  const auto size = static_cast<std::int64_t>(im.shape(x).size());
  const bool vector = !target.is_real() && target.size() == 2 && im.integer(node, "allowzero", 0) == 0 &&
                      (target.integer[1] == size || (target.integer[1] == -1 && target.integer[0] != -1));
  if (!vector) im.fail(105, node, "to " + str(target.integer) + "; only [N,-1], a vector an image, is supported");
  add_flatten(im, node, x);
}

void import_softmax(Importer& im, const Proto& node) {
  const int x = im.activation(node, 0);
  need_rank(im, node, x, 2);
  const std::int64_t axis = im.integer(node, "axis", im.opset() < 13 ? 1 : -1);
  if (axis != 1 && axis != -1) im.fail(105, node, "attribute 'axis' = " + str(axis) + "; only the last is supported");
  im.add(node, im.begin(node, Op::kSoftmax, {x}), im.shape(x), 2);
}

void import_identity(Importer& im, const Proto& node) {
  if (im.is_constant(node, 0)) return im.define(node, im.constant(node, 0));
  im.alias(node, im.activation(node, 0));
}

void import_constant(Importer& im, const Proto& node) {
  if (im.has(node, "value")) return im.define(node, {im.tensor(node, "value"), {}, 0});
  ImportedConstant c;
  if (im.has(node, "value_float")) {
    c.data.real = {static_cast<float>(im.real(node, "value_float", 0))};
  } else if (im.has(node, "value_int") || im.has(node, "value_ints")) {
    c.data.type = onnx::TensorProto::INT64;
    c.data.integer = im.integers(node, "value_ints");
    if (im.has(node, "value_int")) c.data.integer = {im.integer(node, "value_int", 0)};
    c.data.dims = {static_cast<std::int64_t>(c.data.integer.size())};
  } else {
    im.fail(105, node, "needs one of 'value', 'value_float', 'value_int', 'value_ints'");
  }
  im.define(node, std::move(c));
}

// Scales of QuantizeLinear or DequantizeLinear; zero points must be 0 and, where there, of type `bits`.
std::vector<double> read_scales(Importer& im, const Proto& node) {
  const Constant& c = real_constant(im, node, 1).data;
  std::vector<double> scales(c.real.begin(), c.real.end());
  for (double s : scales)
    if (!(s > 0) || !std::isfinite(s)) im.fail(109, node, "scale " + std::to_string(s) + " is not positive and finite");
  if (scales.empty()) im.fail(109, node, "has no scale");
  if (im.absent(node, 2)) return scales;
  const Constant& zero = im.constant(node, 2).data;
  if (zero.is_real() || (zero.size() != 1 && zero.size() != scales.size()))
    im.fail(109, node, "zero point must be integer and have as many elements as the scale");
  for (std::int64_t z : zero.integer)
    if (z != 0)
      im.fail(109, node, "zero point " + str(z) + "; only 0 (symmetric int8) is supported; quantize symmetric");
  return scales;
}

int channel_axis(Importer& im, const Proto& node, const Constant& data, std::size_t scales) {
  const auto rank = static_cast<std::int64_t>(data.dims.size());
  std::int64_t axis = im.integer(node, "axis", 1);
  if (scales == 1) return 0;
  if (axis < 0) axis += rank;
  if (axis < 0 || axis >= rank || data.dims[static_cast<std::size_t>(axis)] != static_cast<std::int64_t>(scales))
    im.fail(109, node,
            "scale has " + str(static_cast<std::int64_t>(scales)) + " elements, which fits no axis of its input");
  return static_cast<int>(axis);
}

// Index of the scale of element i.
std::size_t scale_index(const Constant& c, int axis, std::size_t scales, std::size_t i) {
  if (scales == 1) return 0;
  std::size_t inner = 1;
  for (std::size_t d = static_cast<std::size_t>(axis) + 1; d < c.dims.size(); ++d)
    inner *= static_cast<std::size_t>(c.dims[d]);
  return i / inner % scales;
}

void quantize_constant(Importer& im, const Proto& node, const std::vector<double>& scales) {
  const ImportedConstant& from = real_constant(im, node, 0);
  const int axis = channel_axis(im, node, from.data, scales.size());
  ImportedConstant to;
  to.data.dims = from.data.dims;
  to.data.type = onnx::TensorProto::INT8;
  for (std::size_t i = 0; i < from.data.real.size(); ++i) {
    const double q = std::nearbyint(double{from.data.real[i]} / scales[scale_index(from.data, axis, scales.size(), i)]);
    if (std::isnan(q)) im.fail(106, node, "its input holds a value that is not a number");
    to.data.integer.push_back(static_cast<std::int64_t>(std::clamp(q, -128.0, 127.0)));
  }
  im.define(node, std::move(to));
}

void import_quantize(Importer& im, const Proto& node) {
  const std::vector<double> scales = read_scales(im, node);
  if (im.absent(node, 2) || im.constant(node, 2).data.type != onnx::TensorProto::INT8)
    im.fail(109, node, "must quantize to int8 (a zero point of type int8); quantize activations symmetric int8");
  if (im.is_constant(node, 0)) return quantize_constant(im, node, scales);
  const int x = im.activation(node, 0);
  if (scales.size() != 1) im.fail(109, node, "an activation must have one scale");
  im.mark_quantized(node);
  if (im.value(x).quantized() && im.value(x).scale == scales[0]) return im.alias(node, x);
  im.add(node, im.begin(node, Op::kRequantize, {x}), im.shape(x), im.rank(x), scales[0]);
}

void dequantize_constant(Importer& im, const Proto& node, const std::vector<double>& scales) {
  ImportedConstant c = im.constant(node, 0);
  const bool wide = c.data.type == onnx::TensorProto::INT32;
  if (!wide && c.data.type != onnx::TensorProto::INT8)
    im.fail(109, node, "its constant is neither int8 nor int32; quantize weights to symmetric int8");
  c.axis = channel_axis(im, node, c.data, scales.size());
  c.quant.scales = scales;
  c.quant.bits = wide ? 32 : 8;
  for (std::size_t i = 0; i < c.data.integer.size(); ++i) {
    const std::int64_t q = c.data.integer[i];
    c.quant.values.push_back(static_cast<std::int32_t>(q));
    c.data.real.push_back(
        static_cast<float>(static_cast<double>(q) * scales[scale_index(c.data, c.axis, scales.size(), i)]));
  }
  c.data.integer.clear();
  c.data.type = onnx::TensorProto::FLOAT;
  im.define(node, std::move(c));
}

void import_dequantize(Importer& im, const Proto& node) {
  const std::vector<double> scales = read_scales(im, node);
  if (im.is_constant(node, 0)) return dequantize_constant(im, node, scales);
  const int x = im.quantized_activation(node, 0);
  if (scales.size() != 1 || scales[0] != im.value(x).scale)
    im.fail(109, node, "its scale differs from that of the QuantizeLinear before it");
  im.alias(node, x);
}

}  // namespace

const std::vector<OpRow>& op_rows() {
  static const std::vector<OpRow> rows{
      {"Add", {}, 2, 2, import_add},
      {"AveragePool",
       {"auto_pad", "ceil_mode", "count_include_pad", "kernel_shape", "pads", "strides"},
       1,
       1,
       import_average_pool},
      {"BatchNormalization", {"epsilon", "momentum", "spatial", "training_mode"}, 5, 5, import_batch_normalization},
      {"Clip", {"max", "min"}, 1, 3, import_clip},
      {"Constant", {"value", "value_float", "value_int", "value_ints"}, 0, 0, import_constant},
      {"Conv", {"auto_pad", "dilations", "group", "kernel_shape", "pads", "strides"}, 2, 3, import_conv},
      {"DequantizeLinear", {"axis"}, 2, 3, import_dequantize},
      {"Dropout", {"ratio", "seed"}, 1, 3, import_identity},
      {"Flatten", {"axis"}, 1, 1, import_flatten},
      {"Gemm", {"alpha", "beta", "transA", "transB"}, 2, 3, import_gemm},
      {"GlobalAveragePool", {}, 1, 1, import_global_average_pool},
      {"Identity", {}, 1, 1, import_identity},
      {"LeakyRelu", {"alpha"}, 1, 1, import_leaky_relu},
      {"MatMul", {}, 2, 2, import_matmul},
      {"MaxPool",
       {"auto_pad", "ceil_mode", "dilations", "kernel_shape", "pads", "storage_order", "strides"},
       1,
       1,
       import_max_pool},
      {"QuantizeLinear", {"axis"}, 2, 3, import_quantize},
      {"Relu", {}, 1, 1, import_relu},
      {"Reshape", {"allowzero"}, 2, 2, import_reshape},
      {"Softmax", {"axis"}, 1, 1, import_softmax},
  };
  return rows;
}

}  // namespace e8::model
