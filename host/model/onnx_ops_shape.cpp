// Operators that change shapes and compute nothing: views of a vector or an image.
#include <algorithm>
#include <numeric>

#include "host/model/onnx_ops.h"

namespace e8::model {

std::vector<std::int64_t> list_of(Importer& im, const Proto& node, const char* name, int i) {
  if (im.has(node, name)) return im.integers(node, name);
  if (im.absent(node, i)) return {};
  const Constant& c = im.constant(node, i).data;
  if (c.is_real()) im.fail(106, node, "input " + str(i) + " must hold integers");
  return c.integer;
}

int axis_of(Importer& im, const Proto& node, std::int64_t axis, int rank) {
  if (axis < -rank || axis >= rank)
    im.fail(105, node, "axis " + str(axis) + " is outside its input's " + str(rank) + " dimensions");
  return static_cast<int>(axis < 0 ? axis + rank : axis);
}

namespace {

// Sorted.
std::vector<int> axes_of(Importer& im, const Proto& node, const std::vector<std::int64_t>& axes, int rank) {
  std::vector<int> out;
  for (const std::int64_t a : axes) out.push_back(axis_of(im, node, a, rank));
  std::sort(out.begin(), out.end());
  return out;
}

void add_flatten(Importer& im, const Proto& node, int x) {
  if (im.rank(x) == 2) return im.alias(node, x);
  im.add(node, im.begin(node, Op::kFlatten, {x}), {1, 1, static_cast<int>(im.shape(x).size())}, 2);
}

void add_unsqueeze(Importer& im, const Proto& node, int x) {
  im.add(node, im.begin(node, Op::kUnsqueeze, {x}), im.shape(x), 4);
}

bool is_pixel(Importer& im, int x) { return im.shape(x).h == 1 && im.shape(x).w == 1; }

// Dimensions behind the batch.
std::vector<std::int64_t> dims_of(Importer& im, int x) {
  const ops::Shape& s = im.shape(x);
  if (im.rank(x) == 2) return {s.c};
  return {s.c, s.h, s.w};
}

// The dimensions behind the batch that Reshape's target asks for; empty when it is no shape of the input.
std::vector<std::int64_t> reshaped(Importer& im, int x, const std::vector<std::int64_t>& target) {
  const std::vector<std::int64_t> from = dims_of(im, x);
  std::vector<std::int64_t> to(target.begin() + 1, target.end());
  const auto size = static_cast<std::int64_t>(im.shape(x).size());
  std::int64_t known = 1;
  for (std::size_t i = 0; i < to.size(); ++i) {
    if (to[i] == 0 && i < from.size()) to[i] = from[i];
    if (to[i] == 0 || to[i] < -1 || to[i] > size) return {};
    if (to[i] > 0) known *= to[i];
    if (known > size) return {};
  }
  const auto unknown = std::count(to.begin(), to.end(), -1);
  if (unknown + (target[0] == -1 ? 1 : 0) > 1 || size % known != 0 || (unknown == 0 && size != known)) return {};
  std::replace(to.begin(), to.end(), std::int64_t{-1}, size / known);
  return to;
}

}  // namespace

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
  const bool usable = !target.is_real() && target.size() >= 2 && im.integer(node, "allowzero", 0) == 0;
  const std::vector<std::int64_t> to = usable ? reshaped(im, x, target.integer) : std::vector<std::int64_t>{};
  if (!to.empty() && to == dims_of(im, x)) return im.alias(node, x);
  if (to.size() == 1) return add_flatten(im, node, x);
  if (im.rank(x) == 2 && to == std::vector<std::int64_t>{im.shape(x).c, 1, 1}) return add_unsqueeze(im, node, x);
  im.fail(105, node,
          "to " + str(target.integer) +
              "; supported are the same shape, [N,-1] (a vector an image), and [N,C,1,1] of " + "a vector");
}

void import_squeeze(Importer& im, const Proto& node) {
  const int x = im.activation(node, 0);
  const std::vector<int> axes = axes_of(im, node, list_of(im, node, "axes", 1), im.rank(x));
  if (im.rank(x) != 4 || axes != std::vector<int>{2, 3} || !is_pixel(im, x))
    im.fail(105, node, "only axes 2 and 3 of [N,C,1,1] can be squeezed, to the vector [N,C]");
  add_flatten(im, node, x);
}

void import_unsqueeze(Importer& im, const Proto& node) {
  const int x = im.activation(node, 0);
  const std::vector<int> axes = axes_of(im, node, list_of(im, node, "axes", 1), 4);
  if (im.rank(x) != 2 || axes != std::vector<int>{2, 3})
    im.fail(105, node, "only axes 2 and 3 of a vector [N,C] are supported, giving [N,C,1,1]");
  add_unsqueeze(im, node, x);
}

// Between [N,H,W,C] and [N,C,H,W] nothing moves: the graph's tensors have one order, whatever the file calls it.
void import_transpose(Importer& im, const Proto& node) {
  const int x = im.activation(node, 0);
  const std::vector<std::int64_t> perm = im.integers(node, "perm");
  if (im.channels_last(node, 0)) {
    if (perm != std::vector<std::int64_t>{0, 3, 1, 2})
      im.fail(105, node, "attribute 'perm' = " + str(perm) + "; of [N,H,W,C] only [0,3,1,2] is supported");
    return im.alias(node, x);
  }
  if (im.rank(x) == 4 && perm == std::vector<std::int64_t>{0, 2, 3, 1}) {
    im.alias(node, x);
    return im.mark_channels_last(node);
  }
  std::vector<std::int64_t> same(static_cast<std::size_t>(im.rank(x)));
  std::iota(same.begin(), same.end(), 0);
  const bool swaps_one_pixel = im.rank(x) == 4 && perm == std::vector<std::int64_t>{0, 1, 3, 2} && is_pixel(im, x);
  if (perm != same && !swaps_one_pixel)
    im.fail(105, node,
            "attribute 'perm' = " + str(perm) + " moves values; tensors keep the order [N,C,H,W]; export the model " +
                "without the transposition");
  im.alias(node, x);
}

// The mean over a whole map: global average pooling, then perhaps a vector.
void import_reduce_mean(Importer& im, const Proto& node) {
  const int x = im.activation(node, 0);
  need_rank(im, node, x, 4);
  if (axes_of(im, node, list_of(im, node, "axes", 1), 4) != std::vector<int>{2, 3})
    im.fail(105, node, "only the mean over height and width (axes 2 and 3) is supported");
  const ops::Shape in = im.shape(x), out{1, 1, in.c};
  Node n = im.begin(node, Op::kAveragePool, {x});
  n.window.kh = in.h;
  n.window.kw = in.w;
  if (im.integer(node, "keepdims", 1) != 0) {
    im.add(node, std::move(n), out, 4);
    return;
  }
  const int map = im.add_before(node, std::move(n), "_map", out, 4);
  Node flatten = im.begin(node, Op::kFlatten, {map});
  flatten.name += "_flatten";
  im.add(node, std::move(flatten), out, 2);
}

}  // namespace e8::model
