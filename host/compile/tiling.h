// Cuts a layer to the memories: which lanes compute what, tiles, order of loops, buffers.
#pragma once

#include <vector>

#include "host/compile/resident.h"

namespace e8::compile {

struct Tiling {
  int lanes_x = 1;           ///< lane columns
  bool lane_blocks = false;  ///< lanes hold channel blocks of one image instead of parts of the image
  /// Position rows, columns and groups of a lane.
  int stripe_y = 1, stripe_x = 1, stripe_g = 1;
  /// The same of a tile (of each lane).
  int rows = 1, cols = 1, groups = 1;
  bool weights_outer = true;  ///< weights stay while tiles pass; otherwise a tile's input stays while weights pass
  int in_buffers = 1, io_buffers = 1;
  bool split = false;  ///< one output vector at a time, its steps in several EXECs with held accumulators
  std::uint64_t cycles = 0;
};

/// Which of a layer's tensors stay on chip. Those fix the stripes, and take no buffers.
struct Stay {
  const Resident* in = nullptr;
  const Resident* out = nullptr;
  const Resident* residual = nullptr;
  bool store = true;  ///< the result goes to DRAM
  int words = 0;      ///< of feature memory, from word 0, that are left for buffers

  bool any() const { return in || out || residual; }
  /// Whether a tile's result, or the residual it replaces, needs a buffer.
  bool io_buffer(const Layer& l) const { return !out || (l.residual >= 0 && !residual); }
};

/// Output groups that are loaded and computed together.
struct Chunk {
  int g0 = 0, g1 = 1;
  int first_block = 0, blocks = 1;  ///< loaded blocks of each plane, numbered through the sources
  std::uint32_t lanes = 0xffff;     ///< lanes that have these groups (lane_blocks)
  int groups() const { return g1 - g0; }
};

/// On-chip rows and words of a tile's input.
inline int input_rows(const Layer& l, int rows) { return (rows - 1) * l.rows.per_y + l.rows.span; }
inline int input_words(const Layer& l, int cols) { return (cols - 1) * l.columns.per_x + l.columns.span; }
/// Images side by side on chip: the sources of a parallel layer.
inline int planes(const Layer& l) { return l.parallel ? static_cast<int>(l.sources.size()) : 1; }

/// The chunks of all groups. With weights_outer each loads only the blocks its groups read.
std::vector<Chunk> chunks_of(const Layer& layer, const Tiling& tiling, unsigned lanes);

/// Weight words of a phase in a chunk.
int weight_words(const Layer& layer, int phase, const Chunk& chunk);

/// The tiling with the fewest cycles by the equations in README.md. `pixel_bytes`: bytes of a pixel of
/// the widest source. Throws UserError naming the layer: 402 when a window or its parameters fit no memory however they
/// are cut, 403 when an image is too large for the instructions' fields.
Tiling choose_tiling(const Layer& layer, const isa::Config& config, int pixel_bytes);
/// The same of a layer some of whose tensors stay on chip; cycles = 0 when the words left do not suffice.
Tiling choose_tiling(const Layer& layer, const isa::Config& config, int pixel_bytes, const Stay& stay);

}  // namespace e8::compile
