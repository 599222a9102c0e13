// Tiles between DRAM and feature memory.
#include <algorithm>

#include "host/compile/emit.h"

namespace e8::compile {
namespace {

std::uint32_t wrap(std::int64_t value) { return static_cast<std::uint32_t>(static_cast<std::uint64_t>(value)); }

/// A stride between `n` things; of one thing there is none.
int stride(int n, int value) { return n > 1 ? value : 0; }

}  // namespace

/// Bytes of a unit of the layer's columns in this source.
int Emitter::unit(const Source& s) const {
  return layer_.columns.bytes ? 1 : tensors_[static_cast<std::size_t>(s.tensor)].place.block;
}

InstructionInfo Emitter::info(const Tile& tile, int group) const {
  InstructionInfo i;
  i.y0 = tile.y0 * layer_.cell_h;
  i.x0 = tile.x0 * layer_.cell_w;
  i.c0 = group * v();
  if (tiling_.lane_blocks) {
    i.lane_c = tiling_.stripe_g * v();
  } else {
    i.lane_y = tiling_.stripe_y * layer_.cell_h;
    i.lane_x = tiling_.stripe_x * layer_.cell_w;
  }
  i.lanes_x = tiling_.lanes_x;
  i.tile_y = tile.number_y;
  i.tile_x = tile.number_x;
  return i;
}

/// Bytes of the image rows that the lanes touch, row r of the copy being image row r*pitch + offset. A row of a place
/// is one range: blocks of a row lie side by side.
std::vector<Access> Emitter::dram_rows(const Located& t, const isa::Geometry& g, const RowView& view,
                                       bool write) const {
  std::vector<Access> accesses;
  for (int l = 0; l < lanes(); ++l) {
    if ((g.lane_mask >> l & 1) == 0) continue;
    const std::int64_t row = g.row0 + l / g.lanes_x * g.lane_row;
    const std::int64_t from = std::max<std::int64_t>(row, 0), to = std::min<std::int64_t>(row + g.n_rows, g.h);
    if (from >= to) continue;
    const std::int64_t first = from * view.pitch + view.offset, last = (to - 1) * view.pitch + view.offset;
    const std::uint64_t begin = t.place.offset + static_cast<std::uint64_t>(first) * t.place.row_stride;
    const std::uint64_t end = t.place.offset + static_cast<std::uint64_t>(last + 1) * t.place.row_stride;
    if (!accesses.empty() && begin >= accesses.back().begin && begin <= accesses.back().end) {
      accesses.back().end = std::max(accesses.back().end, end);
    } else {
      accesses.push_back({Memory::kDram, t.place.region, begin, end, write});
    }
  }
  return accesses;
}

Emitter::Input Emitter::input_of(const Tile& tile, const Chunk& chunk) const {
  return {input_rows(layer_, tile.rows), input_words(layer_, tile.cols), chunk.blocks * planes(layer_)};
}

void Emitter::load_input(const Tile& tile, const Chunk& chunk, const Input& in) {
  if (stay_.in) return;
  in_ = (in_ + 1) % tiling_.in_buffers;
  in_base_ = in_ * in_words_;
  int block = 0, plane = 0;
  for (const Source& s : layer_.sources) {
    if (layer_.parallel) {
      load_source(s, plane * chunk.blocks, chunk.first_block, chunk.blocks, in, tile, chunk);
    } else {
      const int from = std::max(chunk.first_block, block);
      const int to = std::min(chunk.first_block + chunk.blocks, block + s.blocks);
      if (from < to) load_source(s, from - chunk.first_block, from - block, to - from, in, tile, chunk);
    }
    block += s.blocks;
    ++plane;
  }
}

/// Blocks [first, first + n) of the source become on-chip blocks plane_block...
void Emitter::load_source(const Source& source, int plane_block, int first, int n, const Input& in, const Tile& tile,
                          const Chunk& chunk) {
  const Located& t = tensors_[static_cast<std::size_t>(source.tensor)];
  const RowView& rows = layer_.rows;
  const ColumnView& columns = layer_.columns;
  const std::int64_t row_stride = t.place.row_stride;
  const int u = unit(source);
  isa::Load g;
  g.target = isa::kTargetFeature;
  g.region = t.place.region;
  g.lane_mask = tile.lanes & chunk.lanes;
  g.lanes_x = tiling_.lanes_x;
  g.f_base = in_base_ + plane_block * in.words;
  g.f_row = stride(in.rows, in.row_step());
  g.f_blk = stride(n, in.words);
  g.f_word = 1;
  g.n_rows = in.rows;
  g.n_blks = n;
  g.n_words = in.words;
  g.fill = static_cast<std::uint8_t>(layer_.fill);
  g.step = columns.pitch * u;
  g.row_bytes = std::int64_t{t.shape.w} * t.place.block;
  g.col0 = (std::int64_t{tile.x0} * columns.x_units + columns.offset + std::int64_t{in.first_word} * columns.pitch) * u;
  g.row_stride = wrap(row_stride * rows.pitch);
  g.blk_stride = n > 1 ? t.place.blk_stride : 0;
  if (rows.pitch == 1) {
    g.h = t.shape.h;
    g.row0 = tile.y0 * rows.per_y + rows.offset + in.first_row;
  } else {  // every position reads one row
    g.h = std::max(0, div_up(t.shape.h - rows.offset, rows.pitch));
    g.row0 = tile.y0;
  }
  // with pitch 1 the copy's rows are the image's, the offset being in row0
  const RowView view{rows.pitch, rows.pitch == 1 ? 0 : rows.offset, 1, 1};
  const std::int64_t image_row = g.row0 * view.pitch + view.offset;
  g.dram = wrap(t.place.offset + image_row * row_stride +
                std::int64_t{source.first_block + first} * t.place.blk_stride + g.col0);
  if (tiling_.lane_blocks) {
    g.lane_dram = wrap(std::int64_t{tiling_.stripe_g} * t.place.blk_stride);
  } else {
    g.lane_row = tiling_.stripe_y * rows.per_y;
    g.lane_dram = wrap(g.lane_row * g.row_stride);
    g.lane_col = tiling_.lanes_x > 1 ? std::int64_t{tiling_.stripe_x} * columns.x_units * u : 0;
  }
  std::vector<Access> accesses = dram_rows(t, g, view, false);
  accesses.push_back({Memory::kFeature, isa::kRegionWeights, static_cast<std::uint64_t>(in_base_),
                      static_cast<std::uint64_t>(in_base_ + in.total()), true});
  builder_.add(g, accesses, info(tile, chunk.g0));
}

/// The tile's (or, with `only`, a single position's) words in an image of the output's shape.
isa::Geometry Emitter::output_geometry(const Located& t, const Tile& tile, const Chunk& chunk, const Phase* only,
                                       int io_base) const {
  const int cell_h = only ? 1 : layer_.cell_h, cell_w = only ? 1 : layer_.cell_w;
  const int rows = tile.rows * cell_h, cols = tile.cols * cell_w;
  const int pixel = t.place.block;
  isa::Geometry g;
  g.region = t.place.region;
  g.lane_mask = tile.lanes & chunk.lanes;
  g.lanes_x = tiling_.lanes_x;
  g.f_base = io_base;
  g.f_row = stride(rows, chunk.groups() * cols);
  g.f_blk = stride(chunk.groups(), cols);
  g.f_word = 1;
  g.n_rows = rows;
  g.n_blks = chunk.groups();
  g.n_words = cols;
  g.h = t.shape.h;
  g.row0 = tile.y0 * layer_.cell_h + (only ? only->py : 0);
  g.row_stride = t.place.row_stride;
  g.blk_stride = chunk.groups() > 1 ? t.place.blk_stride : 0;
  g.col0 = std::int64_t{tile.x0 * layer_.cell_w + (only ? only->px : 0)} * pixel;
  g.row_bytes = std::int64_t{t.shape.w} * pixel;
  g.dram = wrap(t.place.offset + g.row0 * g.row_stride + std::int64_t{chunk.g0} * t.place.blk_stride + g.col0);
  if (tiling_.lane_blocks) {
    g.lane_dram = wrap(std::int64_t{tiling_.stripe_g} * t.place.blk_stride);
  } else {
    g.lane_row = tiling_.stripe_y * layer_.cell_h;
    g.lane_dram = wrap(g.lane_row * g.row_stride);
    g.lane_col = tiling_.lanes_x > 1 ? std::int64_t{tiling_.stripe_x} * layer_.cell_w * pixel : 0;
  }
  return g;
}

void Emitter::load_residual(const Tile& tile, const Chunk& chunk, const Phase* only) {
  // results overwrite the buffer word by word, each after it has been read; the tile before must be on its way out
  if (layer_.residual >= 0 && tiling_.io_buffers == 1) store_pending();
  io_ = (io_ + 1) % tiling_.io_buffers;
  io_base_ = tiling_.in_buffers * in_words_ + io_ * io_words_;
  if (layer_.residual < 0 || stay_.residual) return;
  const Located& t = tensors_[static_cast<std::size_t>(layer_.residual)];
  isa::Load load;
  static_cast<isa::Geometry&>(load) = output_geometry(t, tile, chunk, only, io_base_);
  load.target = isa::kTargetFeature;
  load.step = t.place.block;
  std::vector<Access> accesses = dram_rows(t, load, RowView{}, false);
  accesses.push_back({Memory::kFeature, isa::kRegionWeights, static_cast<std::uint64_t>(io_base_),
                      static_cast<std::uint64_t>(io_base_ + io_words_), true});
  builder_.add(load, accesses, info(tile, chunk.g0));
}

void Emitter::store_later(const Tile& tile, const Chunk& chunk, const Phase* only) {
  if (!stay_.store) return;
  store_pending();
  pending_ = Pending{tile, chunk, only, io_base_};
}

void Emitter::store_pending() {
  if (!pending_) return;
  const Pending p = *pending_;
  pending_.reset();
  const Located& t = tensors_[static_cast<std::size_t>(layer_.output)];
  isa::Store store;
  static_cast<isa::Geometry&>(store) = output_geometry(t, p.tile, p.chunk, p.only, p.io_base);
  if (stay_.out) {
    const View from = result_view(stay_.out, p.tile, p.chunk);
    store.f_base = from.base;
    store.f_row = stride(p.tile.rows, static_cast<int>(from.row));
    store.f_blk = stride(p.chunk.groups(), static_cast<int>(from.block));
  }
  std::vector<Access> accesses = dram_rows(t, store, RowView{}, true);
  for (const Access& a : result_accesses(stay_.out, p.tile, p.chunk, p.io_base, false)) accesses.push_back(a);
  builder_.add(store, accesses, info(p.tile, p.chunk.g0));
}

}  // namespace e8::compile
