// EXECs of a tile: phases, patches of equal parameters, runs of groups.
#include <algorithm>

#include "emu/numerics/requant.h"
#include "host/compile/emit.h"

namespace e8::compile {
namespace {

std::size_t at(int i) { return static_cast<std::size_t>(i); }

/// Strides of loops that run once are zero.
void drop_idle_strides(isa::Exec& e) {
  if (e.n_g == 1) e.a_g = e.w_g = e.r_g = e.o_g = 0;
  if (e.n_y == 1) e.a_y = e.r_y = e.o_y = 0;
  if (e.n_x == 1) e.a_x = e.r_x = e.o_x = 0;
  if (e.n_ky == 1) e.a_ky = 0;
  if (e.n_kx == 1) e.a_kx = 0;
  if (e.n_i == 1) e.a_i = 0;
}

Access range(Memory memory, std::int64_t base, int words, bool write) {
  return {memory, isa::kRegionWeights, static_cast<std::uint64_t>(base), static_cast<std::uint64_t>(base + words),
          write};
}

}  // namespace

void Emitter::exec_tile(const Tile& tile, const Chunk& chunk, int first_phase, int last_phase) {
  for (int p = first_phase; p < last_phase; ++p) {
    for (const Patch& patch : patches(tile, tile.lanes & chunk.lanes, phase_of(p))) exec_patch(tile, chunk, p, patch);
  }
}

void Emitter::exec_patch(const Tile& tile, const Chunk& chunk, int phase, const Patch& patch) {
  const Phase& p = phase_of(phase);
  const View in = input_view(tile, chunk), out = result_view(stay_.out, tile, chunk);
  const View added = result_view(stay_.residual, tile, chunk);
  for (const GroupRun& run : group_runs(chunk)) {
    const BlockRange& reads = layer_.reads[at(run.g)];
    const int block = (layer_.parallel ? run.g : reads.first) - chunk.first_block;
    const int group = run.g - chunk.g0;
    isa::Exec e = layer_.arithmetic;
    e.table_bank = e.stage2 != 0 ? chip_.table_bank : 0;
    e.lane_mask = patch.lanes;
    e.n_ky = p.n_ky;
    e.n_kx = p.n_kx;
    e.n_i = reads.count;
    e.n_g = run.n;
    e.n_y = patch.rows;
    e.n_x = patch.cols;
    e.a_base = in.base + (p.oy + patch.y * layer_.rows.per_y) * in.row + block * in.block +
               (p.ox + patch.x * layer_.columns.per_x) * in.column;
    e.a_g = run.distance * in.block;
    e.a_y = layer_.rows.per_y * in.row;
    e.a_x = layer_.columns.per_x * in.column;
    e.a_ky = p.dy * in.row;
    e.a_kx = p.dx * in.column;
    e.a_i = layer_.parallel ? in.block * chunk.blocks : in.block;
    if (layer_.has_weights()) {
      e.w_step = !layer_.one_weight;
      e.w_base = weight_base_ + phase_base_[at(phase)];
      if (!layer_.one_weight) {
        e.w_base += weight_words(layer_, phase, {chunk.g0, run.g, 0, 1, 0});
        e.w_g = layer_.steps(phase, run.g);
      }
    }
    e.p_base = param_base_ + patch.set * chunk.groups() + group;
    const int row = patch.y * layer_.cell_h + p.py, column = patch.x * layer_.cell_w + p.px;
    e.o_base = out.base + row * out.row + group * out.block + column;
    e.o_g = out.block;
    e.o_y = layer_.cell_h * out.row;
    e.o_x = layer_.cell_w;
    if (e.stage2 == 2) {
      e.r_base = added.base + row * added.row + group * added.block + column;
      e.r_g = added.block;
      e.r_y = layer_.cell_h * added.row;
      e.r_x = layer_.cell_w;
    }
    drop_idle_strides(e);
    InstructionInfo where = info(tile, run.g);
    where.y0 += row;
    where.x0 += column;
    builder_.add(
        e, exec_accesses(e, tile, {run.g, run.g + run.n, chunk.first_block, chunk.blocks, chunk.lanes}, in_words_),
        where);
  }
}

std::vector<Access> Emitter::exec_accesses(const isa::Exec& e, const Tile& tile, const Chunk& chunk,
                                           int in_words) const {
  std::vector<Access> a = input_accesses(chunk, in_words);
  if (e.reduce_max == 0) a.push_back(range(Memory::kWeight, weight_base_, weight_words_, false));
  if (e.acc_hold != 0) return a;
  a.push_back(range(Memory::kParam, param_base_, param_words_, false));
  if (e.stage2 != 0) a.push_back(range(Memory::kTable, e.table_bank * 512, e.stage2 == 2 ? 512 : 256, false));
  const auto add = [&](const std::vector<Access>& more) { a.insert(a.end(), more.begin(), more.end()); };
  if (e.stage2 == 2) add(result_accesses(stay_.residual, tile, chunk, io_base_, false));
  add(result_accesses(stay_.out, tile, chunk, io_base_, true));
  return a;
}

/// Whether accumulators that no checked network produces, those of positions outside the image, could leave the
/// requantizer's 33 bits.
bool Emitter::may_overflow() const {
  std::int64_t steps = 1;
  for (int p = 0; p < phases() && layer_.has_weights(); ++p) {
    for (int g = 0; g < layer_.groups(); ++g) steps = std::max<std::int64_t>(steps, layer_.steps(p, g));
  }
  const std::int64_t most = 2 * steps * v() * (std::int64_t{1} << 14);
  for (const auto& set : layer_.params) {
    for (const isa::ParamRecord& r : set) {
      if (!num::fits_v(r.b2 + most) || !num::fits_v(r.b2 - most)) return true;
    }
  }
  return false;
}

/// The parameter set of the phase's pixel at a position of the lane, or -1 outside the image.
int Emitter::set_at(unsigned lane, int y, int x, const Phase& phase) const {
  const int ly = static_cast<int>(lane) / tiling_.lanes_x, lx = static_cast<int>(lane) % tiling_.lanes_x;
  const int row = (tiling_.lane_blocks ? 0 : ly * tiling_.stripe_y) + y, col = lx * tiling_.stripe_x + x;
  if (row * layer_.cell_h + phase.py >= layer_.out.h || col * layer_.cell_w + phase.px >= layer_.out.w) return -1;
  return layer_.by_count() ? layer_.set_of_count[at(layer_.rows_in[at(row)] * layer_.cols_in[at(col)])] : 0;
}

/// Rectangles of positions with the same parameter sets lane by lane, one patch a set. Where one set serves all, lanes
/// may compute what lies outside the image, which STORE drops, unless that could raise an error.
std::vector<Emitter::Patch> Emitter::patches(const Tile& tile, std::uint32_t lane_mask, const Phase& phase) const {
  if (!layer_.by_count() && !may_overflow()) return {{0, tile.rows, 0, tile.cols, lane_mask, 0}};
  const auto sets = [&](int y, int x) {
    std::vector<int> all;
    for (unsigned l = 0; l < config_.lanes; ++l) all.push_back(set_at(l, tile.y0 + y, tile.x0 + x, phase));
    return all;
  };
  const auto same_rows = [&](int a, int b) {
    for (int x = 0; x < tile.cols; ++x) {
      if (sets(a, x) != sets(b, x)) return false;
    }
    return true;
  };
  std::vector<Patch> all;
  for (int y = 0, y_end = 0; y < tile.rows; y = y_end) {
    for (y_end = y + 1; y_end < tile.rows && same_rows(y, y_end);) ++y_end;
    for (int x = 0, x_end = 0; x < tile.cols; x = x_end) {
      const std::vector<int> here = sets(y, x);
      for (x_end = x + 1; x_end < tile.cols && sets(y, x_end) == here;) ++x_end;
      std::vector<Patch> by_set(layer_.params.size());
      for (unsigned l = 0; l < config_.lanes; ++l) {
        if (here[l] < 0 || (lane_mask >> l & 1u) == 0) continue;
        Patch& patch = by_set[at(here[l])];
        patch = {y, y_end - y, x, x_end - x, patch.lanes | 1u << l, here[l]};
      }
      for (const Patch& patch : by_set) {
        if (patch.lanes != 0) all.push_back(patch);
      }
    }
  }
  return all;
}

std::vector<Emitter::GroupRun> Emitter::group_runs(const Chunk& chunk) const {
  if (layer_.parallel) return {{chunk.g0, chunk.groups(), 1}};
  std::vector<GroupRun> runs;
  for (int g = chunk.g0; g < chunk.g1; ++g) {
    const BlockRange& now = layer_.reads[at(g)];
    if (!runs.empty()) {
      GroupRun& run = runs.back();
      const BlockRange& before = layer_.reads[at(g - 1)];
      const int distance = now.first - before.first;
      if (now.count == before.count && (run.n == 1 || distance == run.distance)) {
        run.distance = distance;
        ++run.n;
        continue;
      }
    }
    runs.push_back({g, 1, 0});
  }
  return runs;
}

}  // namespace e8::compile
