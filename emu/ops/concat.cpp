// out[first_k + i] = tail_k,c( in_k[i] ), i = (y, x, c), first_k: the size of the inputs before k, along p.axis.
#include <array>

#include "emu/ops/check.h"
#include "emu/ops/ops.h"

namespace e8::ops {
namespace {

using Dims = std::array<int, 3>;

Dims dims(const Shape& s) { return {s.h, s.w, s.c}; }

}  // namespace

Shape output_shape(const std::vector<Shape>& in, const ConcatParams& p) {
  require(!in.empty(), "concat", "no inputs");
  require(p.tails.size() == in.size(), "concat", "needs one tail an input");
  require(p.axis >= 0 && p.axis <= 2, "concat", "axis outside [0, 2]");
  const auto axis = static_cast<std::size_t>(p.axis);
  Dims out = dims(in[0]);
  out[axis] = 0;
  for (const Shape& s : in) {
    for (std::size_t d = 0; d < 3; ++d) {
      require(d == axis || dims(s)[d] == out[d], "concat",
              "inputs differ in more than the dimension they are joined along");
    }
    out[axis] += dims(s)[axis];
  }
  return {out[0], out[1], out[2]};
}

Tensor concat(const std::vector<const Tensor*>& in, const ConcatParams& p) {
  std::vector<Shape> shapes;
  for (const Tensor* t : in) {
    check_tensor(*t, "concat");
    shapes.push_back(t->shape);
  }
  Tensor out(output_shape(shapes, p));
  Dims first{0, 0, 0};
  for (std::size_t k = 0; k < in.size(); ++k) {
    const Shape& shape = shapes[k];
    check_tail(p.tails[k], shape.c, "concat");
    for (int y = 0; y < shape.h; ++y) {
      for (int x = 0; x < shape.w; ++x) {
        for (int c = 0; c < shape.c; ++c) {
          out.at(first[0] + y, first[1] + x, first[2] + c) = rescale(in[k]->at(y, x, c), p.tails[k], c);
        }
      }
    }
    first[static_cast<std::size_t>(p.axis)] += dims(shape)[static_cast<std::size_t>(p.axis)];
  }
  return out;
}

}  // namespace e8::ops
