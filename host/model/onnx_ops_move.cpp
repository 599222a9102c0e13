// Operators that move values: Concat, Pad, Slice, Split, Resize and Upsample.
#include <algorithm>
#include <array>
#include <cmath>

#include "host/model/onnx_ops.h"

namespace e8::model {

void import_concat(Importer& im, const Proto& node) {
  std::vector<int> inputs;
  for (int i = 0; i < node.input_size(); ++i) {
    if (im.is_constant(node, i)) im.fail(105, node, "joins a constant; only activations are supported");
    inputs.push_back(im.activation(node, i));
  }
  const int first = inputs[0];
  const int axis = im.has(node, "axis") ? axis_of(im, node, im.integer(node, "axis", 1), im.rank(first)) : 0;
  if (axis == 0) im.fail(105, node, "attribute 'axis' must name channels, height or width (1, 2 or 3)");
  if (inputs.size() == 1) return im.alias(node, first);
  Node n = im.begin(node, Op::kConcat, inputs);
  n.axis = axis == 1 ? 2 : axis - 2;
  std::array<std::int64_t, 3> out{im.shape(first).h, im.shape(first).w, im.shape(first).c};
  out[static_cast<std::size_t>(n.axis)] = 0;
  for (const int v : inputs) {
    const std::array<std::int64_t, 3> s{im.shape(v).h, im.shape(v).w, im.shape(v).c};
    for (std::size_t d = 0; d < 3; ++d)
      if (im.rank(v) != im.rank(first) || (d != static_cast<std::size_t>(n.axis) && s[d] != out[d]))
        im.fail(108, node, "joins tensors that differ in more than the dimension they are joined along");
    out[static_cast<std::size_t>(n.axis)] += s[static_cast<std::size_t>(n.axis)];
  }
  for (const std::int64_t d : out)
    if (d > kMaxChannels) im.fail(108, node, "gives a dimension of " + str(d) + ", which is too large");
  const auto size = [&](std::size_t d) { return static_cast<int>(out[d]); };
  im.add(node, std::move(n), {size(0), size(1), size(2)}, im.rank(first));
}

void import_pad(Importer& im, const Proto& node) {
  const int x = im.activation(node, 0);
  need_rank(im, node, x, 4);
  const std::string mode = im.text(node, "mode", "constant");
  if (mode != "constant") im.fail(105, node, "attribute 'mode' = '" + mode + "'; only constant is supported");
  const std::vector<std::int64_t> pads = list_of(im, node, "pads", 1);
  const bool good = pads.size() == 8 &&
                    std::all_of(pads.begin(), pads.end(), [](auto p) { return p >= 0 && p <= kMaxWindow; }) &&
                    pads[0] + pads[1] + pads[4] + pads[5] == 0;
  if (!good)
    im.fail(105, node,
            "pads " + str(pads) + "; eight values are supported: 0 for batch and channels, 0 to " + str(kMaxWindow) +
                " for height and width");
  if (std::count(pads.begin(), pads.end(), 0) == 8) return im.alias(node, x);
  Node n = im.begin(node, Op::kPad, {x});
  n.pad_value = im.real(node, "value", 0);
  if (!im.absent(node, 2)) {
    const Constant& value = finite_constant(im, node, 2).data;
    if (value.size() != 1) im.fail(106, node, "its value must be one number");
    n.pad_value = double{value.real[0]};
  }
  if (!std::isfinite(n.pad_value)) im.fail(105, node, "its value must be a finite number");
  ops::Window& w = n.window;
  w.top = static_cast<int>(pads[2]), w.left = static_cast<int>(pads[3]);
  w.bottom = static_cast<int>(pads[6]), w.right = static_cast<int>(pads[7]);
  const ops::Shape& s = im.shape(x);
  const ops::Shape out{s.h + w.top + w.bottom, s.w + w.left + w.right, s.c};
  im.add(node, std::move(n), out, 4);
}

namespace {

/// Of one axis: elements start, start + step, ...
struct Cut {
  std::int64_t start = 0, step = 1, count = 0;
};

Cut cut_of(Importer& im, const Proto& node, std::int64_t size, std::int64_t start, std::int64_t end,
           std::int64_t step) {
  if (step < 1) im.fail(105, node, "step " + str(step) + "; steps of 1 or more are supported");
  const auto inside = [&](std::int64_t at) {
    return at < 0 ? std::max<std::int64_t>(at + size, 0) : std::min(at, size);  // at >= -2^63, size > 0: no overflow
  };
  Cut cut{inside(start), step, 0};
  const std::int64_t length = inside(end) - cut.start;
  if (length > 0) cut.count = (length - 1) / step + 1;
  if (cut.count > 0 && step > size) cut.step = 1;  // one element
  return cut;
}

ops::SliceParams part_of(Importer& im, const Proto& node, const std::array<Cut, 3>& cuts) {
  const auto& [c, y, x] = cuts;
  if (c.step != 1 && c.count > 1)
    im.fail(105, node, "takes every " + str(c.step) + "th channel; only neighbouring channels are supported");
  ops::SliceParams p;
  p.c0 = static_cast<int>(c.start), p.y0 = static_cast<int>(y.start), p.x0 = static_cast<int>(x.start);
  p.sy = static_cast<int>(y.step), p.sx = static_cast<int>(x.step);
  p.shape = {static_cast<int>(y.count), static_cast<int>(x.count), static_cast<int>(c.count)};
  if (p.shape.h < 2) p.sy = 1;
  if (p.shape.w < 2) p.sx = 1;
  return p;
}

std::array<Cut, 3> whole(const ops::Shape& s) { return {Cut{0, 1, s.c}, Cut{0, 1, s.h}, Cut{0, 1, s.w}}; }

}  // namespace

void import_slice(Importer& im, const Proto& node) {
  const int x = im.activation(node, 0), rank = im.rank(x);
  const std::vector<std::int64_t> starts = list_of(im, node, "starts", 1), ends = list_of(im, node, "ends", 2);
  std::vector<std::int64_t> axes = list_of(im, node, "axes", 3), steps = list_of(im, node, "steps", 4);
  if (axes.empty())
    for (std::size_t i = 0; i < starts.size(); ++i) axes.push_back(static_cast<std::int64_t>(i));
  if (steps.empty()) steps.assign(starts.size(), 1);
  if (starts.empty() || ends.size() != starts.size() || axes.size() != starts.size() || steps.size() != starts.size())
    im.fail(105, node, "its starts, ends, axes and steps are missing or not of one length");
  const ops::Shape in = im.shape(x);
  std::array<Cut, 3> cuts = whole(in);
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const int axis = axis_of(im, node, axes[i], rank);
    if (axis == 0) {
      if (starts[i] != 0 || ends[i] < 0x7fffffff || steps[i] != 1)
        im.fail(105, node, "takes a part of the batch; only channels, rows and columns can be sliced");
      continue;
    }
    Cut& cut = cuts[static_cast<std::size_t>(axis) - 1];
    cut = cut_of(im, node, cut.count, starts[i], ends[i], steps[i]);
  }
  Node n = im.begin(node, Op::kSlice, {x});
  n.slice = part_of(im, node, cuts);
  if (n.slice.shape == in) return im.alias(node, x);
  const ops::Shape out = n.slice.shape;
  im.add(node, std::move(n), out, rank);
}

// One Slice a part.
void import_split(Importer& im, const Proto& node) {
  const int x = im.activation(node, 0), rank = im.rank(x);
  const int axis = axis_of(im, node, im.integer(node, "axis", 0), rank);
  if (axis == 0) im.fail(105, node, "splits the batch; only channels, rows and columns can be split");
  const ops::Shape in = im.shape(x);
  const auto at = static_cast<std::size_t>(axis) - 1;
  const std::int64_t size = whole(in)[at].count, parts = node.output_size();
  std::vector<std::int64_t> lengths = list_of(im, node, "split", 1);
  if (lengths.empty() && size % parts == 0) lengths.assign(static_cast<std::size_t>(parts), size / parts);
  std::int64_t sum = 0;
  for (const std::int64_t l : lengths) sum = l < 1 || l > size || sum > size ? size + 1 : sum + l;
  if (static_cast<std::int64_t>(lengths.size()) != parts || sum != size)
    im.fail(105, node,
            "into " + str(parts) + " parts of lengths " + str(lengths) + "; one positive length a part is needed, " +
                str(size) + " in all");
  if (parts == 1) return im.alias(node, x);
  std::int64_t start = 0;
  for (int i = 0; i < node.output_size(); start += lengths[static_cast<std::size_t>(i)], ++i) {
    if (node.output(i).empty()) continue;
    std::array<Cut, 3> cuts = whole(in);
    cuts[at] = {start, 1, lengths[static_cast<std::size_t>(i)]};
    Node n = im.begin(node, Op::kSlice, {x});
    if (i > 0) n.name += "_" + str(i);
    n.slice = part_of(im, node, cuts);
    const ops::Shape out = n.slice.shape;
    im.add(node, std::move(n), out, rank, i);
  }
}

namespace {

/// How Resize finds the input element of an output element, along one axis.
struct Nearest {
  std::string coordinate, rounding;

  double source(int at, int in, int out) const {
    const double scale = static_cast<double>(out) / in;
    if (coordinate == "half_pixel") return (at + 0.5) / scale - 0.5;
    if (coordinate == "pytorch_half_pixel") return out > 1 ? (at + 0.5) / scale - 0.5 : 0;
    if (coordinate == "align_corners") return out > 1 ? static_cast<double>(at) * (in - 1) / (out - 1) : 0;
    if (coordinate == "tf_half_pixel_for_nn") return (at + 0.5) / scale;
    return at / scale;  // asymmetric
  }
  int index(int at, int in, int out) const {
    const double x = source(at, in, out);
    const double rounded = rounding == "floor"                ? std::floor(x)
                           : rounding == "ceil"               ? std::ceil(x)
                           : rounding == "round_prefer_floor" ? std::ceil(x - 0.5)
                                                              : std::floor(x + 0.5);
    return static_cast<int>(std::clamp(rounded, 0.0, static_cast<double>(in - 1)));
  }
  /// Does each element become `factor` equal ones?
  bool repeats(int in, int factor) const {
    for (int at = 0; at < in * factor; ++at)
      if (index(at, in, in * factor) != at / factor) return false;
    return true;
  }
};

Nearest nearest_of(Importer& im, const Proto& node) {
  const std::string mode = im.text(node, "mode", "nearest");
  if (mode != "nearest") im.fail(105, node, "attribute 'mode' = '" + mode + "'; only nearest is supported");
  if (node.op_type() == "Upsample" || im.opset() < 11) return {"asymmetric", "floor"};
  const Nearest n{im.text(node, "coordinate_transformation_mode", "half_pixel"),
                  im.text(node, "nearest_mode", "round_prefer_floor")};
  const auto one_of = [&](const char* name, const std::string& value, std::vector<std::string> known) {
    if (std::find(known.begin(), known.end(), value) == known.end())
      im.fail(105, node, std::string("attribute '") + name + "' = '" + value + "' is not supported");
  };
  one_of("coordinate_transformation_mode", n.coordinate,
         {"half_pixel", "pytorch_half_pixel", "align_corners", "tf_half_pixel_for_nn", "asymmetric"});
  one_of("nearest_mode", n.rounding, {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"});
  return n;
}

// Output size / input size of each dimension, from scales or sizes.
std::vector<double> factors_of(Importer& im, const Proto& node, const ops::Shape& in) {
  const bool with_roi = node.op_type() == "Resize" && im.opset() >= 11;
  if (im.has(node, "scales")) return im.reals(node, "scales");
  const int scales = with_roi ? 2 : 1;
  if (with_roi && !im.absent(node, 3)) {
    std::vector<double> factors;
    const std::vector<std::int64_t> sizes = list_of(im, node, "sizes", 3);
    if (sizes.size() != 4) im.fail(105, node, "sizes " + str(sizes) + "; four values are needed");
    const std::array<std::int64_t, 4> from{sizes[0], in.c, in.h, in.w};
    for (std::size_t i = 0; i < 4; ++i)
      factors.push_back(i == 0 ? 1 : static_cast<double>(sizes[i]) / static_cast<double>(from[i]));
    return factors;
  }
  if (im.absent(node, scales)) im.fail(105, node, "has neither scales nor sizes");
  const Constant& c = finite_constant(im, node, scales).data;
  return {c.real.begin(), c.real.end()};
}

}  // namespace

void import_resize(Importer& im, const Proto& node) {
  const int x = im.activation(node, 0);
  need_rank(im, node, x, 4);
  const ops::Shape in = im.shape(x);
  const Nearest nearest = nearest_of(im, node);
  const std::vector<double> f = factors_of(im, node, in);
  const bool whole_factors = f.size() == 4 && f[0] == 1 && f[1] == 1 && std::all_of(f.begin(), f.end(), [](double v) {
                               return v >= 1 && v <= static_cast<double>(kMaxWindow) && v == std::floor(v);
                             });
  if (!whole_factors)
    im.fail(105, node, "only whole factors from 1 to " + str(kMaxWindow) + " of height and width are supported");
  Node n = im.begin(node, Op::kUpsample, {x});
  n.factor_h = static_cast<int>(f[2]);
  n.factor_w = static_cast<int>(f[3]);
  if (n.factor_h == 1 && n.factor_w == 1) return im.alias(node, x);
  if (std::int64_t{in.h} * n.factor_h > kMaxChannels || std::int64_t{in.w} * n.factor_w > kMaxChannels)
    im.fail(108, node, "its output is too large");
  if (!nearest.repeats(in.h, n.factor_h) || !nearest.repeats(in.w, n.factor_w))
    im.fail(105, node,
            "attributes 'coordinate_transformation_mode' = '" + nearest.coordinate + "' and 'nearest_mode' = '" +
                nearest.rounding + "' do not repeat each pixel equally; use asymmetric and floor");
  const ops::Shape out{in.h * n.factor_h, in.w * n.factor_w, in.c};
  im.add(node, std::move(n), out, 4);
}

}  // namespace e8::model
