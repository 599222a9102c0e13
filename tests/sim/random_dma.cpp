// Random LOAD and STORE instructions: sizes first, then strides, then a base that puts everything inside the space.
#include "tests/sim/random_dma.h"

#include <algorithm>
#include <array>
#include <utility>

namespace e8::test {
namespace {

/// Smallest and largest of base + i*stride terms.
struct Span {
  std::int64_t low = 0, high = 0;
  void add(std::int64_t stride, std::int64_t count) {
    const std::int64_t end = stride * (count - 1);
    low += std::min<std::int64_t>(0, end);
    high += std::max<std::int64_t>(0, end);
  }
};

std::int64_t mod32(std::int64_t value) { return static_cast<std::int64_t>(static_cast<std::uint32_t>(value)); }

void random_lanes(Random& random, const isa::Config& c, isa::Geometry& g) {
  const std::int64_t all = (std::int64_t{1} << c.lanes) - 1;
  g.lane_mask = random.chance(60) ? all : random.range(0, all);
  g.lanes_x = random.chance(50) ? 1 : random.range(1, c.lanes);
}

/// On-chip strides and base: everything inside [first_word, first_word + words).
void random_words(Random& random, const DmaSpace& space, isa::Geometry& g) {
  const std::int64_t room = space.words;
  g.f_word = random.chance(70) ? 1 : random.range(-2, 3);
  g.f_blk = random.chance(60) ? g.f_word * g.n_words : random.range(-40, 40);
  g.f_row = random.chance(60) ? g.f_blk * g.n_blks : random.range(-100, 100);
  Span span;
  const auto measure = [&] {
    span = Span{};
    span.add(g.f_word, g.n_words);
    span.add(g.f_blk, g.n_blks);
    span.add(g.f_row, g.n_rows);
    return span.high - span.low < room;
  };
  if (!measure()) g.f_row = 0;
  if (!measure()) g.f_blk = 0;
  if (!measure()) g.f_word = 0;
  measure();
  g.f_base = space.first_word + random.range(0, room - 1 - (span.high - span.low)) - span.low;
}

/// DRAM strides and base for runs of `run_bytes`; runs are disjoint. False: it does not fit the space.
bool random_dram(Random& random, const DmaSpace& space, std::int64_t run_bytes, bool is_store, std::int64_t lane_rows,
                 isa::Geometry& g) {
  const auto gap = [&] { return random.chance(50) ? 0 : random.range(0, 40); };
  g.lane_col = g.lanes_x == 1 ? random.range(0, 100) : run_bytes + gap();
  if (!is_store && random.chance(30)) g.lane_col = random.range(-run_bytes, run_bytes);
  std::int64_t extent = run_bytes + std::abs(g.lane_col) * (g.lanes_x - 1);
  Span span;
  span.add(g.lane_col, g.lanes_x);
  struct Dimension {
    std::int64_t* stride;
    std::int64_t count;
  };
  std::array<Dimension, 3> dimensions{
      {{&g.blk_stride, g.n_blks}, {&g.row_stride, g.n_rows}, {&g.lane_dram, lane_rows}}};
  for (std::size_t i = dimensions.size(); i-- > 1;) {
    std::swap(dimensions[i], dimensions[static_cast<std::size_t>(random.range(0, static_cast<std::int64_t>(i)))]);
  }
  for (const Dimension& d : dimensions) {
    const std::int64_t stride = (extent + gap()) * (random.chance(20) ? -1 : 1);
    span.add(stride, d.count);
    *d.stride = mod32(stride);
    extent = std::abs(stride) * d.count;
  }
  const std::int64_t need = span.high - span.low + run_bytes;
  if (need > space.bytes) return false;
  g.dram = mod32(space.first_byte + random.range(0, space.bytes - need) - span.low);
  return true;
}

/// The image: rows around the lanes' rows, columns around the runs.
void random_image(Random& random, std::int64_t run_bytes, bool is_store, std::int64_t lane_rows, isa::Geometry& g) {
  g.lane_row = random.chance(70) ? g.n_rows : random.range(-3, 5);
  g.row0 = random.range(-3, 3);
  g.h = std::max<std::int64_t>(
      0, g.row0 + std::max<std::int64_t>(0, g.lane_row) * (lane_rows - 1) + g.n_rows + random.range(-3, 2));
  g.col0 = random.chance(50) ? 0 : random.range(is_store ? 0 : -run_bytes - 5, 20);
  const std::int64_t end = g.col0 + std::max<std::int64_t>(0, g.lane_col) * (g.lanes_x - 1) + run_bytes;
  g.row_bytes = std::max<std::int64_t>(0, end + (random.chance(40) ? 0 : random.range(-run_bytes, 10)));
}

/// Sizes, lanes, strides, image. Returns false when it does not fit.
bool random_geometry(Random& random, const isa::Config& c, const DmaSpace& space, std::int64_t step, bool is_store,
                     isa::Geometry& g) {
  g = isa::Geometry{};
  g.region = space.region;
  random_lanes(random, c, g);
  g.n_rows = random.chance(5) ? 0 : random.range(1, 4);
  g.n_blks = random.chance(5) ? 0 : random.range(1, 3);
  g.n_words = random.chance(5) ? 0 : random.chance(15) ? random.range(1, 300) : random.range(1, 40);
  if (g.n_words > space.words) g.n_words = random.range(1, space.words);
  const std::int64_t run_bytes = std::max<std::int64_t>(1, (g.n_words - 1) * step + c.v);
  const std::int64_t lane_rows = (c.lanes + g.lanes_x - 1) / g.lanes_x;
  random_words(random, space, g);
  if (!random_dram(random, space, run_bytes, is_store, lane_rows, g)) return false;
  random_image(random, run_bytes, is_store, lane_rows, g);
  return true;
}

}  // namespace

isa::Load random_feature_load(Random& random, const isa::Config& config, const DmaSpace& space) {
  isa::Load l;
  do {
    l.step = random.chance(60) ? config.v : random.range(1, random.chance(70) ? 2 * config.v : 255);
  } while (!random_geometry(random, config, space, l.step, false, l));
  l.target = isa::kTargetFeature;
  l.fill = random.range(0, 255);
  return l;
}

isa::Load random_shared_load(Random& random, const isa::Config& config, isa::Target target, const DmaSpace& space) {
  const std::int64_t word = target == isa::kTargetWeight  ? config.weight_word_bytes()
                            : target == isa::kTargetParam ? config.param_word_bytes()
                                                          : 4;
  isa::Load l;
  l.target = target;
  l.region = space.region;
  l.lane_mask = l.lanes_x = l.n_rows = l.n_blks = l.f_word = 1;
  const std::int64_t most = std::min<std::int64_t>(space.words, space.bytes / word);
  l.n_words = random.chance(5) ? 0 : random.range(1, std::min<std::int64_t>(most, random.chance(20) ? 100 : 12));
  l.f_base = space.first_word + random.range(0, space.words - l.n_words);
  l.dram = space.first_byte + random.range(0, space.bytes - l.n_words * word);
  return l;
}

isa::Store random_store(Random& random, const isa::Config& config, const DmaSpace& space) {
  isa::Store s;
  while (!random_geometry(random, config, space, config.v, true, s)) {
  }
  return s;
}

void break_address(Random& random, isa::Geometry& geometry, std::uint32_t depth, std::uint32_t bytes) {
  if (random.chance(50)) {
    geometry.f_base =
        random.chance(50) ? random.range(0, 3) : std::min<std::int64_t>(65535, depth - random.range(0, 3));
    if (random.chance(30)) geometry.f_base = random.range(0, 65535);
  } else {
    geometry.dram = random.chance(50) ? mod32(-random.range(0, 64)) : mod32(bytes - random.range(0, 64));
  }
}

}  // namespace e8::test
