// out[y][x][first_k + c] = tail_k,c( in_k[y][x][c] ), first_k the number of channels before input k.
#include "emu/ops/check.h"
#include "emu/ops/ops.h"

namespace e8::ops {

Shape output_shape(const std::vector<Shape>& in, const ConcatParams& p) {
  require(!in.empty(), "concat", "no inputs");
  require(p.tails.size() == in.size(), "concat", "needs one tail an input");
  Shape out{in[0].h, in[0].w, 0};
  for (const Shape& s : in) {
    require(s.h == out.h && s.w == out.w, "concat", "inputs of different height or width");
    out.c += s.c;
  }
  return out;
}

Tensor concat(const std::vector<const Tensor*>& in, const ConcatParams& p) {
  std::vector<Shape> shapes;
  for (const Tensor* t : in) {
    check_tensor(*t, "concat");
    shapes.push_back(t->shape);
  }
  Tensor out(output_shape(shapes, p));
  int first = 0;
  for (std::size_t k = 0; k < in.size(); ++k) {
    const Shape& shape = shapes[k];
    check_tail(p.tails[k], shape.c, "concat");
    for (int y = 0; y < shape.h; ++y) {
      for (int x = 0; x < shape.w; ++x) {
        for (int c = 0; c < shape.c; ++c) out.at(y, x, first + c) = rescale(in[k]->at(y, x, c), p.tails[k], c);
      }
    }
    first += shape.c;
  }
  return out;
}

}  // namespace e8::ops
