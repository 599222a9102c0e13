// LOAD and STORE: byte runs of images between DRAM and on-chip words (the comments above GEOMETRY in instructions.def).
//
// Order, which decides the error that is reported: rows, then blocks; for each, first every lane's run is checked (its
// DRAM bytes, then its on-chip words), then every lane's bytes move. A run without words does nothing.
#include "emu/machine/dma.h"

#include <algorithm>
#include <cstring>

namespace e8::machine {
namespace {

using isa::Error;

/// One lane's run of a row and block.
struct Run {
  std::int64_t first_byte = 0, bytes = 0;  ///< the part that the image has: from this byte of the run on, so many
  std::uint32_t offset = 0;                ///< DRAM offset of that part in its region
  std::int64_t word = 0;                   ///< on-chip address of word 0
};

Run make_run(const isa::Geometry& g, unsigned lane, std::int64_t r, std::int64_t c, std::int64_t run_bytes) {
  const std::int64_t lx = lane % g.lanes_x, ly = lane / g.lanes_x;
  const std::int64_t row = g.row0 + ly * g.lane_row + r, col = g.col0 + lx * g.lane_col;
  Run run;
  if (row >= 0 && row < g.h) {
    run.first_byte = std::max<std::int64_t>(0, -col);
    run.bytes = std::max<std::int64_t>(0, std::min(run_bytes, g.row_bytes - col) - run.first_byte);
  }
  // modulo 2^32; int64 is wide enough for each product and the sum
  run.offset = static_cast<std::uint32_t>(g.dram + ly * g.lane_dram + lx * g.lane_col + r * g.row_stride +
                                          c * g.blk_stride + run.first_byte);
  run.word = g.f_base + r * g.f_row + c * g.f_blk;
  return run;
}

bool leaves_region(const Run& run, const RegionMap& region) {
  return run.bytes != 0 && static_cast<std::uint64_t>(run.offset) + static_cast<std::uint64_t>(run.bytes) > region.size;
}

/// Both ends of first, first + step, ..., first + (n - 1)*step inside 0..words-1; n > 0.
bool words_inside(std::int64_t first, std::int64_t step, std::int64_t n, unsigned words) {
  const std::int64_t last = first + (n - 1) * step;
  return first >= 0 && first < words && last >= 0 && last < words;
}

/// Calls `check`, then `move`, for each row, block and lane in the order above. Both take (run, lane) and return an
/// Error.
template <typename Check, typename Move>
Error for_each_run(const isa::Geometry& g, unsigned lanes, std::int64_t run_bytes, Check check, Move move) {
  if (g.n_words == 0) return Error::kNONE;
  for (std::int64_t r = 0; r < g.n_rows; ++r) {
    for (std::int64_t c = 0; c < g.n_blks; ++c) {
      std::array<Run, kMaxLanes> runs;
      for (unsigned l = 0; l < lanes; ++l) {
        if ((g.lane_mask >> l & 1) == 0) continue;
        runs[l] = make_run(g, l, r, c, run_bytes);
        const Error error = check(runs[l]);
        if (error != Error::kNONE) return error;
      }
      for (unsigned l = 0; l < lanes; ++l) {
        if ((g.lane_mask >> l & 1) == 0) continue;
        const Error error = move(runs[l], l);
        if (error != Error::kNONE) return error;
      }
    }
  }
  return Error::kNONE;
}

/// Checks a run of a feature LOAD or STORE.
Error check_feature_run(const Run& run, const isa::Geometry& g, const RegionMap& region, unsigned words) {
  if (leaves_region(run, region)) return Error::kADDR_REGION;
  return words_inside(run.word, g.f_word, g.n_words, words) ? Error::kNONE : Error::kADDR_FEATURE;
}

struct SharedMemory {
  std::uint8_t* data;
  unsigned words, word_bytes;
  Error error;
};

SharedMemory shared_memory(isa::Target target, Context& ctx) {
  const isa::Config& c = ctx.config;
  switch (target) {
    case isa::kTargetWeight:
      return {ctx.memory.weight.data(), c.weight_words, c.weight_word_bytes(), Error::kADDR_WEIGHT};
    case isa::kTargetParam:
      return {ctx.memory.param.data(), c.param_words, c.param_word_bytes(), Error::kADDR_PARAM};
    default:  // the table is int32 in memory order, which is little-endian as DRAM is
      return {reinterpret_cast<std::uint8_t*>(ctx.memory.table.data()), kTableEntries, 4, Error::kADDR_TABLE};
  }
}

/// Weight, parameter and table memory: one dense run.
Error load_shared(const isa::Load& l, const RegionMap& region, Context& ctx, Dram& dram) {
  const auto target = static_cast<isa::Target>(l.target);
  const SharedMemory m = shared_memory(target, ctx);
  if (l.n_words == 0) return Error::kNONE;
  const auto bytes = static_cast<std::uint64_t>(l.n_words) * m.word_bytes;
  if (static_cast<std::uint64_t>(l.dram) + bytes > region.size) return Error::kADDR_REGION;
  if (!words_inside(l.f_base, 1, l.n_words, m.words)) return m.error;
  const std::uint64_t address = region.base + static_cast<std::uint64_t>(l.dram);
  std::uint8_t* const data = m.data + l.f_base * m.word_bytes;
  if (!dram.read(address, data, bytes)) return Error::kAXI_READ;
  if (ctx.hazards) ctx.hazards->touch_dram(address, bytes);
  for (std::int64_t i = 0; i < l.n_words; ++i) {
    const auto word = static_cast<std::uint32_t>(l.f_base + i);
    if (ctx.hazards) ctx.hazards->write_load(target, word);
    if (ctx.sink) ctx.sink->on_load_shared(target, ctx.instr, word, data + i * m.word_bytes, m.word_bytes);
  }
  return Error::kNONE;
}

}  // namespace

Error DmaEngine::load(const isa::Load& l, Context& ctx, Dram& dram) {
  const RegionMap& region = regions[static_cast<std::size_t>(l.region)];
  if (l.target != isa::kTargetFeature) return load_shared(l, region, ctx, dram);
  const unsigned v = ctx.config.v;
  const std::int64_t run_bytes = (l.n_words - 1) * l.step + v;
  const auto check = [&](const Run& run) { return check_feature_run(run, l, region, ctx.config.feature_words); };
  const auto move = [&](const Run& run, unsigned lane) {
    if (run.bytes != run_bytes)
      std::fill(buffer.begin(), buffer.begin() + run_bytes, static_cast<std::uint8_t>(l.fill));
    if (run.bytes != 0) {
      const std::uint64_t address = region.base + run.offset;
      const auto bytes = static_cast<std::size_t>(run.bytes);
      if (!dram.read(address, buffer.data() + run.first_byte, bytes)) return Error::kAXI_READ;
      if (ctx.hazards) ctx.hazards->touch_dram(address, bytes);
    }
    for (std::int64_t i = 0; i < l.n_words; ++i) {
      const std::int64_t word = run.word + i * l.f_word;
      std::int8_t* const to = ctx.memory.feature[lane].data() + word * v;
      std::memcpy(to, buffer.data() + i * l.step, v);
      if (ctx.hazards) ctx.hazards->write_load(isa::kTargetFeature, static_cast<std::uint32_t>(word));
      if (ctx.sink) ctx.sink->on_load_feature(ctx.instr, lane, static_cast<std::uint32_t>(word), to);
    }
    return Error::kNONE;
  };
  if (l.n_words != 0 && buffer.size() < static_cast<std::size_t>(run_bytes))
    buffer.resize(static_cast<std::size_t>(run_bytes));
  return for_each_run(l, ctx.config.lanes, run_bytes, check, move);
}

Error DmaEngine::store(const isa::Store& s, Context& ctx, Dram& dram) {
  const RegionMap& region = regions[static_cast<std::size_t>(s.region)];
  const unsigned v = ctx.config.v;
  const std::int64_t run_bytes = s.n_words * v;
  const auto check = [&](const Run& run) { return check_feature_run(run, s, region, ctx.config.feature_words); };
  const auto move = [&](const Run& run, unsigned lane) {
    if (run.bytes == 0) return Error::kNONE;
    // STORE's columns are not negative, so the part starts at byte 0 of the run; the words behind it are not read
    const std::int64_t words = (run.bytes + v - 1) / v;
    for (std::int64_t i = 0; i < words; ++i) {
      const std::int64_t word = run.word + i * s.f_word;
      std::memcpy(buffer.data() + i * v, ctx.memory.feature[lane].data() + word * v, v);
      if (ctx.hazards) ctx.hazards->read_store(static_cast<std::uint32_t>(word));
    }
    const std::uint64_t address = region.base + run.offset;
    const auto bytes = static_cast<std::size_t>(run.bytes);
    if (!dram.write(address, buffer.data(), bytes)) return Error::kAXI_WRITE;
    if (ctx.hazards) ctx.hazards->touch_dram(address, bytes);
    if (ctx.sink) ctx.sink->on_store(ctx.instr, address, buffer.data(), bytes);
    return Error::kNONE;
  };
  if (buffer.size() < static_cast<std::size_t>(run_bytes)) buffer.resize(static_cast<std::size_t>(run_bytes));
  return for_each_run(s, ctx.config.lanes, run_bytes, check, move);
}

}  // namespace e8::machine
