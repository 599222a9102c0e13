// Stripes, borders and addresses of tensors on chip.
#include "host/compile/resident.h"

#include <algorithm>

namespace e8::compile {
namespace {

/// One axis: stripe positions of `out`, each `pitch * per` image pixels apart, reading `span` pixels `pitch` apart from
/// `offset` on.
bool axis_fits(int in, int out, int pitch, int per, int span, int offset, int& before, int& behind) {
  if (in != out * per * pitch) return false;
  before = std::max(0, -offset);
  behind = std::max(0, ((out - 1) * per + span - 1) * pitch + offset - (in - 1));
  return before <= in && behind <= in && offset < in;
}

}  // namespace

Border Border::operator|(const Border& o) const {
  return {std::max(top, o.top), std::max(bottom, o.bottom), std::max(left, o.left), std::max(right, o.right)};
}

bool Border::within(const Border& o) const {
  return top <= o.top && bottom <= o.bottom && left <= o.left && right <= o.right;
}

std::vector<Access> Resident::accesses(int first, int end, int row, int n, bool write) const {
  const auto range = [&](int begin, int words) {
    return Access{Memory::kFeature, isa::kRegionWeights, static_cast<std::uint64_t>(begin),
                  static_cast<std::uint64_t>(begin + words), write};
  };
  const int from = at(first, row, -border.left);
  if (n == rows()) return {range(from, (end - first) * block_words())};
  std::vector<Access> all;
  for (int b = first; b < end; ++b) all.push_back(range(from + (b - first) * block_words(), n * row_words()));
  return all;
}

Stripes stripes_of(int h, int w, int lanes) {
  Stripes best{1, h, w};
  for (int columns = 1; columns <= lanes; ++columns) {
    const Stripes s{columns, div_up(h, lanes / columns), div_up(w, columns)};
    if (columns == 1 || s.y * s.x < best.y * best.x) best = s;
  }
  return best;
}

bool reads_in_place(const Layer& layer, const Stripes& in, const Stripes& out, Border& border) {
  if (layer.parallel || layer.sources.size() != 1 || layer.columns.bytes || in.lanes_x != out.lanes_x) return false;
  // Padding can make the image grow into lanes that hold nothing of it.
  const bool more_lanes = div_up(layer.height(), out.y) > div_up(layer.in_h, in.y) ||
                          div_up(layer.width(), out.x) > div_up(layer.in_w, in.x);
  if (more_lanes) return false;
  const RowView& r = layer.rows;
  const ColumnView& c = layer.columns;
  return axis_fits(in.y, out.y, r.pitch, r.per_y, r.span, r.offset, border.top, border.bottom) &&
         axis_fits(in.x, out.x, c.pitch, c.per_x, c.span, c.offset, border.left, border.right);
}

bool reads_past_the_end(const Layer& layer, const Resident& in) {
  const RowView& r = layer.rows;
  const ColumnView& c = layer.columns;
  const bool one_pixel = r.span == 1 && r.offset == 0 && c.span == 1 && c.offset == 0 &&
                         (layer.height() - 1) * r.per_y * r.pitch < in.h &&
                         (layer.width() - 1) * c.per_x * c.pitch < in.w;
  return !one_pixel && (in.h % in.stripes.y != 0 || in.w % in.stripes.x != 0);
}

}  // namespace e8::compile
