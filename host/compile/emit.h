// Writes the instructions of a tiled layer.
#pragma once

#include <optional>
#include <vector>

#include "host/compile/builder.h"
#include "host/compile/tiling.h"

namespace e8::compile {

/// Memory that hands out consecutive words, round and round. Who gets words must have written every instruction that
/// still needs those it got a round before; the tokens then order the hardware.
class Ring {
 public:
  explicit Ring(unsigned words) : words_(static_cast<int>(words)) {}
  int take(int words) {
    const int at = next_ + words > words_ ? 0 : next_;
    next_ = at + words;
    return at;
  }

 private:
  int words_, next_ = 0;
};

/// What layers share on chip.
struct OnChip {
  explicit OnChip(const isa::Config& c) : weights(c.weight_words), params(c.param_words) {}
  Ring weights, params;
  /// Region offset and entries of what a table bank holds; 0 entries: nothing yet.
  struct Bank {
    std::uint32_t offset = 0;
    int entries = 0;
  };
  Bank tables[2];
  int table_bank = 0;
};

/// A tensor in DRAM.
struct Located {
  ops::Shape shape;
  Place place;
};

/// Positions y0.., x0.. of lane 0's stripe, and the lanes that have any of them.
struct Tile {
  int y0 = 0, rows = 1, x0 = 0, cols = 1;
  std::uint32_t lanes = 1;
  int number_y = 0, number_x = 0;
};

/// Steps of an output vector that one EXEC computes, when they are split.
struct Box {
  int ky0 = 0, n_ky = 1, kx0 = 0, n_kx = 1, i0 = 0, n_i = 1;
};

class Emitter {
 public:
  Emitter(const Layer& layer, const Tiling& tiling, const Stay& stay, const isa::Config& config,
          const std::vector<Located>& tensors, OnChip& chip, Builder& builder);
  void run();

 private:
  /// A tile's input on chip: rows and words of each of the blocks (of all planes), from this row and word of the tile's
  /// view on.
  struct Input {
    int rows, words, blocks;
    int first_row = 0, first_word = 0;
    int row_step() const { return words * blocks; }
    int total() const { return rows * row_step(); }
  };
  /// Words of a tile's image on chip: block b, row r, column x at base + b*block + r*row + x*column.
  struct View {
    std::int64_t base = 0, block = 0, row = 0, column = 1;
  };
  /// Positions of a tile that take the same parameters, on some of its lanes.
  struct Patch {
    int y = 0, rows = 1, x = 0, cols = 1;
    std::uint32_t lanes = 0;
    int set = 0;
  };
  /// Consecutive groups whose blocks lie at equal distances.
  struct GroupRun {
    int g = 0, n = 1, distance = 0;
  };

  /// A STORE to be written behind the next tile's LOADs: builds without queues dispatch one instruction after the
  /// other, and a STORE that waits for its EXEC would keep the next LOAD from running beside it.
  struct Pending {
    Tile tile;
    Chunk chunk;
    const Phase* only;
    int io_base;
  };

  // emit.cpp: loops and constants
  void run_weights_outer();
  void run_tiles_outer();
  std::vector<Tile> tiles() const;
  std::uint32_t lanes_at(int y, int x) const;
  void load_tables();
  void load_params(const Chunk& chunk);
  /// Words of phases [first, last) in the chunk.
  void load_weights(const Chunk& chunk, int first, int last);
  void load_shared(isa::Target target, std::uint32_t offset, int base, int words);
  std::vector<std::uint8_t> weight_bytes(const Chunk& chunk, int first, int last) const;
  std::vector<std::uint8_t> param_bytes(const Chunk& chunk) const;

  // emit_dma.cpp
  Input input_of(const Tile& tile, const Chunk& chunk) const;
  /// Moves on to the next input buffer and loads it.
  void load_input(const Tile& tile, const Chunk& chunk, const Input& in);
  void load_source(const Source& source, int plane_block, int first, int n, const Input& in, const Tile& tile,
                   const Chunk& chunk);
  /// Moves on to the next io buffer and loads the residual, if there is one.
  void load_residual(const Tile& tile, const Chunk& chunk, const Phase* only = nullptr);
  void store_later(const Tile& tile, const Chunk& chunk, const Phase* only = nullptr);
  void store_pending();
  isa::Geometry output_geometry(const Located& tensor, const Tile& tile, const Chunk& chunk, const Phase* only,
                                int io_base) const;
  std::vector<Access> dram_rows(const Located& tensor, const isa::Geometry& g, const RowView& view, bool write) const;
  InstructionInfo info(const Tile& tile, int group) const;

  // emit_resident.cpp
  /// Brings the borders of the input on chip up to date.
  void shift_borders();
  void fill_past_the_end(const Resident& in);
  void shift(isa::Shift s, const Resident& in, const std::vector<Access>& accesses);
  std::uint32_t lanes_where(bool (*at)(int ly, int lx, const Resident& in), const Resident& in) const;
  View input_view(const Tile& tile, const Chunk& chunk) const;
  View result_view(const Resident* resident, const Tile& tile, const Chunk& chunk) const;
  std::vector<Access> input_accesses(const Chunk& chunk, int in_words) const;
  std::vector<Access> result_accesses(const Resident* resident, const Tile& tile, const Chunk& chunk, int io_base,
                                      bool write) const;

  // emit_exec.cpp
  void exec_tile(const Tile& tile, const Chunk& chunk, int first_phase, int last_phase);
  void exec_patch(const Tile& tile, const Chunk& chunk, int phase, const Patch& patch);
  std::vector<Patch> patches(const Tile& tile, std::uint32_t lanes, const Phase& phase) const;
  int set_at(unsigned lane, int y, int x, const Phase& phase) const;
  bool may_overflow() const;
  std::vector<GroupRun> group_runs(const Chunk& chunk) const;
  std::vector<Access> exec_accesses(const isa::Exec& e, const Tile& tile, const Chunk& chunk, int in_words) const;

  // emit_split.cpp
  void run_split();
  std::vector<Box> boxes(const Phase& phase, int blocks) const;
  bool box_fits(const Phase& phase, const Box& box) const;
  /// Region offsets of the boxes' weights.
  std::vector<std::uint32_t> box_weights(int phase, int group, const std::vector<Box>& boxes);
  void split_vector(const Tile& tile, int phase, int group, const std::vector<Box>& boxes,
                    const std::vector<std::uint32_t>& weights);
  void split_step(const Tile& tile, int phase, int group, const Box& box, const isa::Exec& flags);

  int v() const { return static_cast<int>(config_.v); }
  int lanes() const { return static_cast<int>(config_.lanes); }
  int phases() const { return static_cast<int>(layer_.phases.size()); }
  int unit(const Source& s) const;
  const Phase& phase_of(int p) const { return layer_.phases[static_cast<std::size_t>(p)]; }

  const Layer& layer_;
  const Tiling& tiling_;
  const Stay& stay_;
  const isa::Config& config_;
  const std::vector<Located>& tensors_;
  OnChip& chip_;
  Builder& builder_;

  int in_words_ = 0, io_words_ = 0;       // of a buffer
  int in_ = 0, io_ = 0;                   // which buffer is in use
  int in_base_ = 0, io_base_ = 0;         // its first word
  int weight_base_ = 0, param_base_ = 0;  // of what the next EXEC reads
  int weight_words_ = 0, param_words_ = 0;
  std::optional<Pending> pending_;
  std::vector<int> phase_base_;  // weight words from weight_base_ to a phase's
};

}  // namespace e8::compile
