// The compiler's own form of an operator: one affine nest, cut into tiles later.
//
// A layer computes an output image from input images, V channels ("a block", "a group" on the output side) at a time.
// The output is cut into cells of cell_h x cell_w pixels (1 x 1 unless it is a transposed convolution or upsampling);
// cell (y, x) is a *position*. Each phase writes one pixel of every cell:
//
//   out[y*cell_h + py][x*cell_w + px][g] = tail( sum over ky, kx, i of
//       in[y*sy + oy + ky*dy][x*sx + ox + kx*dx][reads[g].first + i] * w[phase][g][ky][kx][i] )
//
// What is read outside the image is `fill`. Every operator of IntParams becomes this (lower_*.cpp).
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "emu/isa/isa.h"
#include "emu/ops/params.h"

namespace e8::compile {

/// Channel blocks of a tensor that a layer reads. The blocks of all sources are numbered through, in order.
struct Source {
  int tensor = -1;
  int first_block = 0, blocks = 1;
};

struct Phase {
  int n_ky = 1, n_kx = 1;  ///< taps
  int dy = 1, dx = 1;      ///< input rows and columns between taps
  int oy = 0, ox = 0;      ///< input row and column of the first tap at position (0, 0); negative in the padding
  int py = 0, px = 0;      ///< pixel in the cell
};

/// The blocks an output group reads.
struct BlockRange {
  int first = 0, count = 1;
};

/// How input rows become rows on chip: on-chip row v of a tile at position row y holds image row
/// (y*per_y + v)*pitch + offset. With pitch 1 rows lie one after the other; with pitch = sy rows between are skipped.
struct RowView {
  int pitch = 1, offset = 0;
  int per_y = 1;  ///< on-chip rows from position to position
  int span = 1;   ///< on-chip rows that one position reads
};

/// The same for words of a row. Units are pixels of the source, or bytes when a dense row is unfolded (a word then
/// holds several neighbouring pixels).
struct ColumnView {
  bool bytes = false;
  int pitch = 1, offset = 0;
  int per_x = 1, span = 1;
  int x_units = 1;  ///< units from position to position, pitch * per_x
};

struct Layer {
  std::string name;  ///< node name; fused nodes joined by '+'
  std::string op;
  int output = -1;  ///< tensor
  std::uint64_t macs = 0;
  int cpu = -1;     ///< the CPU runs this node instead; `sources` are its inputs, the rest is not used
  std::string why;  ///< with cpu

  std::vector<Source> sources;
  /// false: reads[g] is a range of numbered blocks. true: group g reads block g of every source (reads[g].count =
  /// number of sources).
  bool parallel = false;
  int in_h = 1, in_w = 1;
  ops::Shape out;
  int sy = 1, sx = 1, cell_h = 1, cell_w = 1;
  std::int8_t fill = 0;
  std::vector<Phase> phases;
  std::vector<BlockRange> reads;  ///< one an output group
  RowView rows;                   ///< set by make_views()
  ColumnView columns;             ///< set by make_views(), or by the lowering when it unfolds

  /// Writes steps(phase, group) weight words (V*V bytes each; zero before) of a phase and group.
  std::function<void(int phase, int group, std::int8_t* words)> weights;
  bool one_weight = false;  ///< a single word serves every step, group and phase
  /// Parameter sets, each one record a channel of every group (groups * V). Phases use set 0 unless by_count.
  std::vector<std::vector<isa::ParamRecord>> params;
  /// Groups differ in nothing but the block they read, so lanes may hold different blocks.
  bool uniform = false;
  isa::Exec arithmetic;              ///< reduce_max and the fields of both stages
  std::vector<std::int32_t> t1, t2;  ///< stage 2's tables, 256 entries or none
  int residual = -1;                 ///< tensor added by stage 2
  std::vector<int> rows_in,
      cols_in;                    ///< by_count: kernel rows (columns) inside the image, for each output row (column)
  std::vector<int> set_of_count;  ///< by_count: pixels inside the image -> parameter set

  bool by_count() const { return !set_of_count.empty(); }
  int groups() const { return static_cast<int>(reads.size()); }
  int steps(int phase, int group) const {
    const Phase& p = phases[static_cast<std::size_t>(phase)];
    return p.n_ky * p.n_kx * reads[static_cast<std::size_t>(group)].count;
  }
  /// Rows and columns of positions.
  int height() const { return (out.h + cell_h - 1) / cell_h; }
  int width() const { return (out.w + cell_w - 1) / cell_w; }
  bool has_weights() const { return arithmetic.reduce_max == 0; }
};

/// Sets rows and columns from the phases, and makes the phases' oy, ox (and dx, when columns.bytes) relative to them.
/// Rows and columns that no tap touches are skipped. `max_pixel`: bytes of the widest pixel among the sources.
void make_views(Layer& layer, int max_pixel);

inline int div_up(int a, int b) { return (a + b - 1) / b; }

}  // namespace e8::compile
