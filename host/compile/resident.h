// Tensors that stay in feature memory from the layer that computes them to the layers that read them.
#pragma once

#include <vector>

#include "host/compile/dependencies.h"
#include "host/compile/layer.h"

namespace e8::compile {

/// Image rows and columns that each lane holds.
struct Stripes {
  int lanes_x = 1;  ///< lane columns
  int y = 1, x = 1;
  bool operator==(const Stripes& o) const { return lanes_x == o.lanes_x && y == o.y && x == o.x; }
};

/// Rows and columns around a stripe: what windows read of the neighbours' stripes, or of the padding.
struct Border {
  int top = 0, bottom = 0, left = 0, right = 0;
  Border operator|(const Border& o) const;
  bool within(const Border& o) const;
  bool empty() const { return top + bottom + left + right == 0; }
};

/// Where such a tensor lies: word of block b, row r and column x of the stripe (negative in the border) is at(b, r, x).
struct Resident {
  Stripes stripes;
  Border border;
  int h = 1, w = 1;  ///< of the image
  int blocks = 1;
  int base = 0;

  int row_words() const { return border.left + stripes.x + border.right; }
  int rows() const { return border.top + stripes.y + border.bottom; }
  int block_words() const { return rows() * row_words(); }
  int words() const { return blocks * block_words(); }
  int at(int b, int r, int x) const {
    return base + b * block_words() + (border.top + r) * row_words() + border.left + x;
  }
  /// Lane rows and columns that have any of the image.
  int lanes_used_y() const { return div_up(h, stripes.y); }
  int lanes_used_x() const { return div_up(w, stripes.x); }
  /// The words of rows [row, row + n) of the stripe in blocks [first, end).
  std::vector<Access> accesses(int first, int end, int row, int n, bool write) const;
};

/// The stripes of an image over the lanes: as few positions a lane as possible, then as few lane columns.
Stripes stripes_of(int h, int w, int lanes);

/// Whether lanes with `in` stripes of its (only) source can compute `out` stripes of the layer's result from their own
/// and their neighbours' words. `border` gets what they read around the stripe.
bool reads_in_place(const Layer& layer, const Stripes& in, const Stripes& out, Border& border);

/// Whether the image ends inside a stripe and the layer's windows reach there.
bool reads_past_the_end(const Layer& layer, const Resident& in);

}  // namespace e8::compile
