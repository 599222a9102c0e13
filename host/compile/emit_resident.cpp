// Tensors that stay on chip: where a tile's words lie, and the SHIFTs that bring a stripe's border up to date.
#include <algorithm>

#include "host/compile/emit.h"

namespace e8::compile {
namespace {

Access buffer(int base, int words, bool write) {
  return {Memory::kFeature, isa::kRegionWeights, static_cast<std::uint64_t>(base),
          static_cast<std::uint64_t>(base + words), write};
}

}  // namespace

Emitter::View Emitter::input_view(const Tile& tile, const Chunk& chunk) const {
  if (!stay_.in) {
    const Input in = input_of(tile, chunk);
    return {in_base_, in.words, in.row_step(), 1};
  }
  const RowView& r = layer_.rows;
  const ColumnView& c = layer_.columns;
  const int block = layer_.sources[0].first_block + chunk.first_block;
  return {stay_.in->at(block, tile.y0 * r.per_y * r.pitch + r.offset, tile.x0 * c.x_units + c.offset),
          stay_.in->block_words(), std::int64_t{r.pitch} * stay_.in->row_words(), c.pitch};
}

Emitter::View Emitter::result_view(const Resident* resident, const Tile& tile, const Chunk& chunk) const {
  if (resident) {
    return {resident->at(chunk.g0, tile.y0, tile.x0), resident->block_words(), resident->row_words(), 1};
  }
  const int words = tile.cols * layer_.cell_w;
  return {io_base_, words, std::int64_t{words} * chunk.groups(), 1};
}

std::vector<Access> Emitter::input_accesses(const Chunk& chunk, int in_words) const {
  if (!stay_.in) return {buffer(in_base_, in_words, false)};
  const int first = layer_.sources[0].first_block + chunk.first_block;
  return stay_.in->accesses(first, first + chunk.blocks, -stay_.in->border.top, stay_.in->rows(), false);
}

std::vector<Access> Emitter::result_accesses(const Resident* resident, const Tile& tile, const Chunk& chunk,
                                             int io_base, bool write) const {
  if (!resident) return {buffer(io_base, io_words_, write)};
  if (tile.rows == tiling_.stripe_y) {  // with the border, which makes it one range
    return resident->accesses(chunk.g0, chunk.g1, -resident->border.top, resident->rows(), write);
  }
  return resident->accesses(chunk.g0, chunk.g1, tile.y0, tile.rows, write);
}

/// Lanes that hold part of the image and of which `at` holds.
std::uint32_t Emitter::lanes_where(bool (*at)(int ly, int lx, const Resident& in), const Resident& in) const {
  std::uint32_t mask = 0;
  for (int l = 0; l < lanes(); ++l) {
    const int ly = l / in.stripes.lanes_x, lx = l % in.stripes.lanes_x;
    if (ly < in.lanes_used_y() && lx < in.lanes_used_x() && at(ly, lx, in)) mask |= 1u << l;
  }
  return mask;
}

void Emitter::shift(isa::Shift s, const Resident& in, const std::vector<Access>& accesses) {
  s.fill = static_cast<std::uint8_t>(layer_.fill);
  if (s.n_rows == 1) s.s_row = s.d_row = 0;
  if (s.lane_mask == 0) s.lane_mask = lanes_where([](int, int, const Resident&) { return true; }, in);
  InstructionInfo i;
  i.lanes_x = in.stripes.lanes_x;
  builder_.add(s, accesses, i);
}

/// Where the image ends inside the last lanes' stripes, what follows is padding.
void Emitter::fill_past_the_end(const Resident& in) {
  const auto last_row = [](int ly, int, const Resident& r) { return ly == r.lanes_used_y() - 1; };
  const auto last_column = [](int, int lx, const Resident& r) { return lx == r.lanes_used_x() - 1; };
  const int rows = in.lanes_used_y() * in.stripes.y - in.h, columns = in.lanes_used_x() * in.stripes.x - in.w;
  isa::Shift s;
  s.dist = 1;
  if (rows > 0) {
    s.lane_mask = s.fill_mask = lanes_where(last_row, in);
    s.n_rows = in.blocks;
    s.n_words = rows * in.row_words();
    s.s_base = s.d_base = in.at(0, in.stripes.y - rows, -in.border.left);
    s.s_row = s.d_row = in.block_words();
    shift(s, in, in.accesses(0, in.blocks, in.stripes.y - rows, rows, true));
  }
  if (columns > 0) {
    s.lane_mask = s.fill_mask = lanes_where(last_column, in);
    s.n_rows = in.blocks * in.rows();
    s.n_words = columns;
    s.s_base = s.d_base = in.at(0, -in.border.top, in.stripes.x - columns);
    s.s_row = s.d_row = in.row_words();
    shift(s, in, in.accesses(0, in.blocks, -in.border.top, in.rows(), true));
  }
}

/// Columns first, all rows; then rows with their corners.
void Emitter::shift_borders() {
  if (!stay_.in) return;
  const Resident& in = *stay_.in;
  Border need;
  reads_in_place(layer_, in.stripes, {tiling_.lanes_x, tiling_.stripe_y, tiling_.stripe_x}, need);
  if (reads_past_the_end(layer_, in)) fill_past_the_end(in);
  const auto all = [&](bool write) { return in.accesses(0, in.blocks, -in.border.top, in.rows(), write).front(); };
  const auto columns = [&](int to, int from, int n, int dist, std::uint32_t fill) {
    if (n == 0) return;
    isa::Shift s;
    s.dist = dist;
    s.fill_mask = fill;
    s.n_rows = in.blocks * in.rows();
    s.n_words = n;
    s.d_base = in.at(0, -in.border.top, to);
    s.s_base = in.at(0, -in.border.top, from);
    s.s_row = s.d_row = in.row_words();
    shift(s, in, {all(false), all(true)});
  };
  const auto rows = [&](int to, int from, int n, int dist, std::uint32_t fill) {
    if (n == 0) return;
    isa::Shift s;
    s.dist = dist;
    s.fill_mask = fill;
    s.n_rows = in.blocks;
    s.n_words = n * in.row_words();
    s.d_base = in.at(0, to, -in.border.left);
    s.s_base = in.at(0, from, -in.border.left);
    s.s_row = s.d_row = in.block_words();
    std::vector<Access> accesses = in.accesses(0, in.blocks, from, n, false);
    for (const Access& a : in.accesses(0, in.blocks, to, n, true)) accesses.push_back(a);
    shift(s, in, accesses);
  };
  const int y = in.stripes.y, x = in.stripes.x, row_of_lanes = in.stripes.lanes_x;
  columns(-need.left, x - need.left, need.left, 1,
          lanes_where([](int, int lx, const Resident&) { return lx == 0; }, in));
  columns(x, 0, need.right, -1,
          lanes_where([](int, int lx, const Resident& r) { return lx == r.lanes_used_x() - 1; }, in));
  rows(-need.top, y - need.top, need.top, row_of_lanes,
       lanes_where([](int ly, int, const Resident&) { return ly == 0; }, in));
  rows(y, 0, need.bottom, -row_of_lanes,
       lanes_where([](int ly, int, const Resident& r) { return ly == r.lanes_used_y() - 1; }, in));
}

}  // namespace e8::compile
