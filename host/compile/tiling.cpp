// Enumerates tilings and keeps the one with the fewest estimated cycles.
#include "host/compile/tiling.h"

#include <algorithm>
#include <limits>

#include "host/compile/cost.h"
#include "host/model/error.h"

namespace e8::compile {
namespace {

constexpr int kMaxBuffer = 32768;  // so that strides inside a buffer fit 16 signed bits
constexpr int kMaxTaps = 255;      // EXEC.n_ky, n_kx

std::uint64_t u64(std::int64_t value) { return static_cast<std::uint64_t>(value); }

/// The sizes ceil(n / 1), ceil(n / 2), ... without repetition, largest first.
std::vector<int> part_sizes(int n) {
  std::vector<int> sizes;
  for (int parts = 1;; parts = div_up(n, sizes.back() - 1)) {
    sizes.push_back(div_up(n, parts));
    if (sizes.back() == 1) break;
  }
  return sizes;
}

/// What does not depend on the tile size.
struct Totals {
  std::uint64_t exec = 0;   ///< cycles of a position's vectors
  std::uint64_t runs = 0;   ///< EXECs a tile, when chunks do not cut
  int vector_words = 0;     ///< largest weight words of one phase and group
  int position_words = 0;   ///< largest weight words of one group, all phases
  std::uint64_t words = 0;  ///< all weight words
  std::uint64_t out_pixels = 0;
};

Totals totals_of(const Layer& l, const isa::Config& c, const Stay& stay) {
  Totals t;
  // the residual, and the STORE of the tile before, take a cycle a word
  const std::uint64_t others = (l.residual >= 0 ? 1u : 0u) + (stay.store ? 1u : 0u);
  const int phases = static_cast<int>(l.phases.size());
  for (int g = 0; g < l.groups(); ++g) {
    int words = 0;
    for (int p = 0; p < phases; ++p) {
      const int steps = l.steps(p, g), w = l.has_weights() ? (l.one_weight ? 1 : steps) : 0;
      t.exec += cost::vector_cycles(u64(steps), others, c);
      t.vector_words = std::max(t.vector_words, w);
      words += w;
    }
    t.position_words = std::max(t.position_words, words);
    t.words += u64(words);
  }
  t.runs = u64(phases);
  if (l.one_weight) t.words = 1;
  t.out_pixels = u64(l.cell_h) * u64(l.cell_w);
  return t;
}

/// Evaluates tilings of one layer.
class Chooser {
 public:
  Chooser(const Layer& layer, const isa::Config& config, int pixel_bytes, const Stay& stay)
      : layer_(layer), config_(config), stay_(stay), totals_(totals_of(layer, config, stay)) {
    const int unit = layer.columns.bytes ? 1 : pixel_bytes;
    word_step_ = layer.columns.pitch * unit;
  }

  Tiling choose() {
    if (!must_split()) {
      for (const Tiling& lanes : lane_options()) try_groups(lanes);
    }
    // Split layers take all of the feature memory: not beside tensors that stay there.
    const bool alone = !stay_.any() && stay_.words >= static_cast<int>(config_.feature_words);
    if (best_.cycles == 0 && alone) best_ = split_tiling();
    return best_;
  }

 private:
  int v() const { return static_cast<int>(config_.v); }
  int lanes() const { return static_cast<int>(config_.lanes); }
  int sets() const { return static_cast<int>(layer_.params.size()); }

  bool must_split() const {
    for (const Phase& p : layer_.phases) {
      if (p.n_ky > kMaxTaps || p.n_kx > kMaxTaps) return true;
    }
    return u64(totals_.vector_words) > config_.weight_words;
  }

  /// The stripes of what stays on chip.
  Tiling fixed_lanes() const {
    const Resident* result = stay_.out ? stay_.out : stay_.residual;
    Tiling t;
    t.stripe_g = layer_.groups();
    if (result) {
      t.lanes_x = result->stripes.lanes_x;
      t.stripe_y = result->stripes.y;
      t.stripe_x = result->stripes.x;
    } else {
      t.lanes_x = stay_.in->stripes.lanes_x;
      t.stripe_y = stay_.in->stripes.y / (layer_.rows.pitch * layer_.rows.per_y);
      t.stripe_x = stay_.in->stripes.x / (layer_.columns.pitch * layer_.columns.per_x);
    }
    return t;
  }

  std::vector<Tiling> lane_options() const {
    std::vector<Tiling> options;
    const int h = layer_.height(), w = layer_.width(), groups = layer_.groups();
    if (stay_.any()) return {fixed_lanes()};
    for (int columns = 1; columns <= lanes(); ++columns) {
      Tiling t;
      t.lanes_x = columns;
      t.stripe_y = div_up(h, lanes() / columns);
      t.stripe_x = div_up(w, columns);
      t.stripe_g = groups;
      if (columns > 1 && div_up(w, t.stripe_x) < columns) continue;  // fewer columns do as well
      options.push_back(t);
    }
    if (layer_.uniform && !layer_.by_count() && groups > 1 && lanes() > 1) {
      Tiling t;
      t.lane_blocks = true;
      t.stripe_y = h;
      t.stripe_x = w;
      t.stripe_g = div_up(groups, lanes());
      options.push_back(t);
    }
    return options;
  }

  void try_groups(Tiling t) {
    for (const int groups : part_sizes(t.stripe_g)) {
      t.groups = groups;
      for (const bool weights_outer : {true, false}) {
        t.weights_outer = weights_outer;
        if (!weights_outer && (t.lane_blocks || layer_.uniform || groups == t.stripe_g)) continue;
        const int resident = weights_outer ? totals_.position_words : totals_.vector_words;
        const int words = layer_.one_weight ? 1 : resident * groups;
        if (words > std::min<int>(static_cast<int>(config_.weight_words), kMaxBuffer)) continue;
        if (sets() * groups > static_cast<int>(config_.param_words)) continue;
        try_tiles(t, chunks_of(layer_, t, config_.lanes), words);
      }
    }
  }

  void try_tiles(Tiling t, const std::vector<Chunk>& chunks, int weight_words) {
    int blocks = 0;
    std::uint64_t all_blocks = 0;
    for (const Chunk& c : chunks) {
      blocks = std::max(blocks, c.blocks * planes(layer_));
      all_blocks += u64(c.blocks * planes(layer_));
    }
    if (!t.weights_outer) all_blocks = u64(blocks);
    const bool io_buffer = stay_.io_buffer(layer_);
    for (const int cols : part_sizes(t.stripe_x)) {
      t.cols = cols;
      for (const int rows : part_sizes(t.stripe_y)) {
        t.rows = rows;
        const std::int64_t in =
            stay_.in ? 0 : std::int64_t{input_rows(layer_, rows)} * input_words(layer_, cols) * blocks;
        const std::int64_t io = io_buffer ? std::int64_t{rows} * layer_.cell_h * cols * layer_.cell_w * t.groups : 0;
        if (in > kMaxBuffer || io > kMaxBuffer || in + io > stay_.words) continue;
        try_buffers(t, chunks.size(), in, io, all_blocks, weight_words);
      }
    }
  }

  void try_buffers(Tiling t, std::size_t chunks, std::int64_t in, std::int64_t io, std::uint64_t blocks, int words) {
    const std::uint64_t tiles = u64(div_up(t.stripe_y, t.rows)) * u64(div_up(t.stripe_x, t.cols));
    const int most_in = in != 0 && (t.weights_outer ? tiles * chunks : tiles) > 1 ? 2 : 1;
    const int most_io = io != 0 && tiles * chunks > 1 ? 2 : 1;
    for (t.in_buffers = 1; t.in_buffers <= most_in; ++t.in_buffers) {
      for (t.io_buffers = 1; t.io_buffers <= most_io; ++t.io_buffers) {
        if (in * t.in_buffers + io * t.io_buffers > stay_.words) continue;
        t.cycles = estimate(t, tiles, chunks, blocks, words, t.in_buffers == most_in, t.io_buffers == most_io);
        if (best_.cycles == 0 || t.cycles < best_.cycles) best_ = t;
      }
    }
  }

  /// README.md, "Which tiling".
  std::uint64_t estimate(const Tiling& t, std::uint64_t tiles, std::uint64_t chunks, std::uint64_t blocks, int words,
                         bool in_ahead, bool io_ahead) const {
    const std::uint64_t tiles_y = u64(div_up(t.stripe_y, t.rows)), tiles_x = u64(div_up(t.stripe_x, t.cols));
    const std::uint64_t used = t.lane_blocks
                                   ? u64(div_up(layer_.groups(), t.stripe_g))
                                   : u64(div_up(layer_.height(), t.stripe_y)) * u64(div_up(layer_.width(), t.stripe_x));
    const std::uint64_t positions = u64(t.stripe_y) * u64(t.stripe_x);
    const std::uint64_t exec = positions * totals_.exec * u64(t.stripe_g) / u64(layer_.groups()) +
                               tiles * chunks * totals_.runs * (cost::kExecStart + cost::kLand);

    const std::uint64_t in_rows =
        (u64(t.stripe_y) - tiles_y) * u64(layer_.rows.per_y) + tiles_y * u64(layer_.rows.span);
    const std::uint64_t in_words =
        (u64(t.stripe_x) - tiles_x) * u64(layer_.columns.per_x) + tiles_x * u64(layer_.columns.span);
    const std::uint64_t lines = in_rows * blocks;
    const std::uint64_t in_loads = t.weights_outer ? tiles * chunks : tiles;
    const std::uint64_t input =
        stay_.in ? 0
                 : cost::copy_cycles(used, lines * tiles_x, lines * in_words, u64(word_step_), config_) +
                       in_loads * cost::kInstruction;
    const std::uint64_t passes = !t.weights_outer ? tiles : 1;
    const std::uint64_t param_words = u64(sets()) * u64(t.lane_blocks ? t.stripe_g : layer_.groups());
    const std::uint64_t weights =
        passes *
        cost::beats(totals_.words * config_.weight_word_bytes() + param_words * config_.param_word_bytes(), config_);
    const std::uint64_t out_lines = u64(t.stripe_y) * u64(layer_.cell_h) * u64(t.stripe_g);
    const std::uint64_t result =
        cost::copy_cycles(used, out_lines * tiles_x, out_lines * u64(t.stripe_x) * u64(layer_.cell_w), config_.v,
                          config_) +
        tiles * chunks * cost::kInstruction;
    const std::uint64_t store = stay_.store ? result : 0;
    const std::uint64_t residual = layer_.residual >= 0 && !stay_.residual ? result : 0;
    const std::uint64_t load = input + weights + residual;

    const std::uint64_t first = input / in_loads + weights / (chunks * passes) + cost::kLoadLatency;
    const std::uint64_t last = store / (tiles * chunks) + cost::kStoreLatency;
    std::uint64_t cycles = first + last;
    if (in_ahead) {
      cycles += std::max({exec, load - std::min(load, first), store});
    } else {
      cycles += exec + load;
    }
    if (!io_ahead) cycles += store + residual;
    const bool weights_ahead = chunks * passes == 1 || words * 2 <= static_cast<int>(config_.weight_words);
    if (!weights_ahead) cycles += weights;
    return cycles;
  }

  /// One vector a lane at a time.
  Tiling split_tiling() const {
    check_split();
    Tiling best;
    for (Tiling t : lane_options()) {
      if (t.lane_blocks) continue;
      t.split = true;
      t.weights_outer = false;
      t.in_buffers = t.io_buffers = 2;
      t.cycles = u64(t.stripe_y) * u64(t.stripe_x) * totals_.exec;
      if (best.cycles == 0 || t.cycles < best.cycles) best = t;
    }
    return best;
  }

  void check_split() const {
    const auto fail = [&](const std::string& what) {
      throw UserError(
          402, "node '" + layer_.name + "': " + what + ". Compile for a larger configuration than " + config_.name);
    };
    if (sets() > static_cast<int>(config_.param_words)) {
      fail("one output vector needs " + std::to_string(sets()) + " parameter words, the memory has " +
           std::to_string(config_.param_words));
    }
    if (layer_.parallel || config_.feature_words < 4) {
      fail("one output vector does not fit the feature memory of " + std::to_string(config_.feature_words) + " words");
    }
  }

  const Layer& layer_;
  const isa::Config& config_;
  const Stay stay_;
  const Totals totals_;
  int word_step_ = 1;
  Tiling best_;
};

/// Images against the fields of LOAD and STORE that hold their size, before any loop over them.
void check_image(const Layer& layer, std::int64_t h, std::int64_t w, int pixel_bytes) {
  constexpr std::int64_t kMaxRows = 32767,
                         kMaxRowBytes = (1 << 23) - 1;  // row0 and col0 are signed, with room for padding
  const bool high = h > kMaxRows;
  if (!high && w * pixel_bytes <= kMaxRowBytes) return;
  throw UserError(403, "node '" + layer.name + "': an image of " + std::to_string(h) + " x " + std::to_string(w) +
                           (high ? " has more rows than the instructions' " + std::to_string(kMaxRows)
                                 : " has rows of " + std::to_string(w * pixel_bytes) + " bytes; instructions hold " +
                                       std::to_string(kMaxRowBytes)) +
                           ". Use a smaller image");
}

/// K of one output vector against the accumulator.
void check_steps(const Layer& layer, const isa::Config& config) {
  for (int p = 0; p < static_cast<int>(layer.phases.size()); ++p) {
    for (int g = 0; g < layer.groups(); ++g) {
      const Phase& phase = layer.phases[static_cast<std::size_t>(p)];
      const std::int64_t steps = std::int64_t{phase.n_ky} * phase.n_kx * layer.reads[static_cast<std::size_t>(g)].count;
      if (steps <= config.max_steps()) continue;
      throw UserError(402, "node '" + layer.name + "': one output needs " + std::to_string(steps) + " steps of " +
                               std::to_string(config.v) + " channels; the accumulator holds " +
                               std::to_string(config.max_steps()) + ". Use a smaller kernel or fewer channels");
    }
  }
}

}  // namespace

std::vector<Chunk> chunks_of(const Layer& layer, const Tiling& t, unsigned lanes) {
  std::vector<Chunk> chunks;
  // with blocks over lanes, the last lane that has any may have fewer groups
  const int used = div_up(layer.groups(), t.stripe_g), rest = layer.groups() - (used - 1) * t.stripe_g;
  for (int g = 0; g < t.stripe_g;) {
    Chunk c;
    c.g0 = g;
    c.g1 = std::min(g + t.groups, g < rest ? rest : t.stripe_g);
    if (t.lane_blocks)
      c.lanes = ((1u << std::min<unsigned>(static_cast<unsigned>(used), lanes)) - 1u) >> (g < rest ? 0 : 1);
    const int from = t.weights_outer ? c.g0 : 0, to = t.weights_outer ? c.g1 : layer.groups();
    if (layer.parallel) {
      c.first_block = from;
      c.blocks = to - from;
    } else {
      int end = 0;
      c.first_block = std::numeric_limits<int>::max();
      for (int i = from; i < to; ++i) {
        const BlockRange& r = layer.reads[static_cast<std::size_t>(i)];
        c.first_block = std::min(c.first_block, r.first);
        end = std::max(end, r.first + r.count);
      }
      c.blocks = end - c.first_block;
    }
    chunks.push_back(c);
    g = c.g1;
  }
  return chunks;
}

int weight_words(const Layer& layer, int phase, const Chunk& chunk) {
  if (!layer.has_weights()) return 0;
  if (layer.one_weight) return 1;
  int words = 0;
  for (int g = chunk.g0; g < chunk.g1; ++g) words += layer.steps(phase, g);
  return words;
}

Tiling choose_tiling(const Layer& layer, const isa::Config& config, int pixel_bytes) {
  check_image(layer, layer.in_h, layer.in_w, pixel_bytes);
  check_image(layer, layer.out.h, layer.out.w, static_cast<int>(config.v));
  check_steps(layer, config);
  Stay none;
  none.words = static_cast<int>(config.feature_words);
  return Chooser(layer, config, pixel_bytes, none).choose();
}

Tiling choose_tiling(const Layer& layer, const isa::Config& config, int pixel_bytes, const Stay& stay) {
  return Chooser(layer, config, pixel_bytes, stay).choose();
}

}  // namespace e8::compile
