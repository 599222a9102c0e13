// Output vectors whose steps do not fit the memories: one vector a lane at a time, its steps cut into boxes that are
// loaded and accumulated one after the other (acc_hold, acc_keep).
#include <algorithm>

#include "host/compile/emit.h"

namespace e8::compile {
namespace {

constexpr int kMaxTaps = 255;      // EXEC.n_ky, n_kx
constexpr int kMaxBlocks = 32767;  // so that strides fit 16 signed bits

/// The largest part of n, of equal parts, for which fits(part) holds; 1 if none does.
template <typename Fits>
int largest_part(int n, Fits fits) {
  for (int parts = 1; parts < n; ++parts) {
    if (fits(div_up(n, parts))) return div_up(n, parts);
  }
  return 1;
}

int box_rows(const Phase& p, const Box& b) { return (b.n_ky - 1) * p.dy + 1; }
int box_words(const Phase& p, const Box& b) { return (b.n_kx - 1) * p.dx + 1; }

}  // namespace

void Emitter::run_split() {
  in_words_ = static_cast<int>(std::min<unsigned>(config_.feature_words, 65536) - 2) / 2;
  io_words_ = 1;
  for (int p = 0; p < phases(); ++p) {
    for (int g = 0; g < layer_.groups(); ++g) {
      const std::vector<Box> cut = boxes(phase_of(p), layer_.reads[static_cast<std::size_t>(g)].count);
      const Chunk chunk{g, g + 1, 0, 1};
      if (layer_.one_weight && p == 0 && g == 0) load_weights(chunk, 0, 1);
      load_params(chunk);
      const std::vector<std::uint32_t> weights = box_weights(p, g, cut);
      for (const Tile& tile : tiles()) split_vector(tile, p, g, cut, weights);
    }
  }
}

bool Emitter::box_fits(const Phase& p, const Box& b) const {
  const std::int64_t words = std::int64_t{box_rows(p, b)} * box_words(p, b) * b.n_i;
  const std::int64_t steps = std::int64_t{b.n_ky} * b.n_kx * b.n_i;
  const bool weights = !layer_.has_weights() || layer_.one_weight || steps * 2 <= config_.weight_words;
  return words <= in_words_ && weights && b.n_ky <= kMaxTaps && b.n_kx <= kMaxTaps && b.n_i <= kMaxBlocks;
}

/// Whole kernel rows with all channels where they fit, else parts of a row, else channels of a tap.
std::vector<Box> Emitter::boxes(const Phase& p, int blocks) const {
  const int n_ky = largest_part(p.n_ky, [&](int n) { return box_fits(p, {0, n, 0, p.n_kx, 0, blocks}); });
  const int n_kx = largest_part(p.n_kx, [&](int n) { return box_fits(p, {0, n_ky, 0, n, 0, blocks}); });
  const int n_i = largest_part(blocks, [&](int n) { return box_fits(p, {0, n_ky, 0, n_kx, 0, n}); });
  std::vector<Box> cut;
  for (int ky = 0; ky < p.n_ky; ky += n_ky) {
    for (int kx = 0; kx < p.n_kx; kx += n_kx) {
      for (int i = 0; i < blocks; i += n_i) {
        cut.push_back({ky, std::min(n_ky, p.n_ky - ky), kx, std::min(n_kx, p.n_kx - kx), i, std::min(n_i, blocks - i)});
      }
    }
  }
  return cut;
}

std::vector<std::uint32_t> Emitter::box_weights(int phase, int group, const std::vector<Box>& cut) {
  std::vector<std::uint32_t> offsets;
  if (!layer_.has_weights() || layer_.one_weight) return offsets;
  std::vector<std::uint8_t> all;
  const Phase& p = phase_of(phase);
  const int blocks = layer_.reads[static_cast<std::size_t>(group)].count;
  const auto word = static_cast<std::ptrdiff_t>(config_.weight_word_bytes());
  for (const Box& b : cut) {
    offsets.push_back(builder_.constant([&] {
      if (all.empty()) all = weight_bytes({group, group + 1, 0, 1}, phase, phase + 1);
      std::vector<std::uint8_t> bytes;
      for (int ky = b.ky0; ky < b.ky0 + b.n_ky; ++ky) {
        for (int kx = b.kx0; kx < b.kx0 + b.n_kx; ++kx) {
          const auto from = all.begin() + ((ky * p.n_kx + kx) * blocks + b.i0) * word;
          bytes.insert(bytes.end(), from, from + b.n_i * word);
        }
      }
      return bytes;
    }));
  }
  return offsets;
}

void Emitter::split_vector(const Tile& tile, int phase, int group, const std::vector<Box>& cut,
                           const std::vector<std::uint32_t>& weights) {
  const Phase& p = phase_of(phase);
  const Chunk chunk{group, group + 1, 0, 1};
  load_residual(tile, chunk, &p);
  for (const Patch& patch : patches(tile, tile.lanes, p)) {
    for (std::size_t k = 0; k < cut.size(); ++k) {
      if (!weights.empty()) {
        weight_words_ = cut[k].n_ky * cut[k].n_kx * cut[k].n_i;
        weight_base_ = chip_.weights.take(weight_words_);
        load_shared(isa::kTargetWeight, weights[k], weight_base_, weight_words_);
      }
      isa::Exec e = layer_.arithmetic;
      e.acc_keep = k != 0;
      e.acc_hold = k + 1 != cut.size();
      e.lane_mask = patch.lanes;
      e.p_base = param_base_ + patch.set;
      split_step(tile, phase, group, cut[k], e);
    }
  }
  store_later(tile, chunk, &p);
}

void Emitter::split_step(const Tile& tile, int phase, int group, const Box& box, const isa::Exec& flags) {
  const Phase& p = phase_of(phase);
  const int first = layer_.reads[static_cast<std::size_t>(group)].first + box.i0;
  const Input in{box_rows(p, box), box_words(p, box), box.n_i, p.oy + box.ky0 * p.dy, p.ox + box.kx0 * p.dx};
  load_input(tile, {group, group + 1, first, box.n_i}, in);
  isa::Exec e = flags;
  e.table_bank = e.stage2 != 0 ? chip_.table_bank : 0;
  e.n_ky = box.n_ky;
  e.n_kx = box.n_kx;
  e.n_i = box.n_i;
  e.n_g = e.n_y = e.n_x = 1;
  e.a_base = in_base_;
  e.a_ky = box.n_ky > 1 ? std::int64_t{p.dy} * in.row_step() : 0;
  e.a_kx = box.n_kx > 1 ? p.dx : 0;
  e.a_i = box.n_i > 1 ? in.words : 0;
  if (layer_.has_weights()) {
    e.w_base = weight_base_;
    e.w_step = !layer_.one_weight;
  }
  e.o_base = io_base_;
  if (e.stage2 == 2) e.r_base = io_base_;
  InstructionInfo where = info(tile, group);
  where.y0 += p.py;
  where.x0 += p.px;
  store_pending();
  builder_.add(e, exec_accesses(e, tile, {group, group + 1, first, box.n_i}, in.total()), where);
}

}  // namespace e8::compile
