// Sliding windows: attributes to ops::Window, pooling.
#include <algorithm>

#include "host/model/onnx_ops.h"

namespace e8::model {

namespace {

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

}  // namespace

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

namespace {

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

}  // namespace

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

}  // namespace e8::model
