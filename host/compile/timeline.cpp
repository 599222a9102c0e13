// Three engines, their queues and tokens, instruction by instruction.
#include "host/compile/timeline.h"

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <optional>
#include <utility>

#include "host/compile/cost.h"

namespace e8::compile {
namespace {

/// Instructions an engine's queue holds; the smallest builds have none.
std::size_t queue_depth(const isa::Config& c) { return c.axi_bytes <= 4 ? 0 : 16; }

std::uint64_t u64(std::int64_t value) { return static_cast<std::uint64_t>(value); }

/// What an engine is busy with.
struct Work {
  std::uint64_t busy = 0;   ///< cycles until the engine can start the next
  std::uint64_t land = 0;   ///< further cycles until all writes have landed
  std::uint64_t bytes = 0;  ///< DRAM bytes
  std::uint64_t port = 0;  ///< STORE: cycles it takes the feature memories' read port. EXEC: cycles it does not need it
};

/// Bytes that a run starting at `col` has inside the row.
std::int64_t clipped(std::int64_t col, std::int64_t bytes, std::int64_t row_bytes) {
  return std::max<std::int64_t>(0, std::min(col + bytes, row_bytes) - std::max<std::int64_t>(col, 0));
}

/// The mean of f(position of a run's first byte in its beat), times 2^8, over the positions at which runs begin:
/// `first` and multiples of `strides` further.
template <typename F>
std::uint64_t mean(std::int64_t first, std::int64_t strides, const isa::Config& c, F f) {
  const std::int64_t axi = c.axi_bytes, apart = std::gcd(strides, axi);
  std::int64_t sum = 0;
  for (std::int64_t at = first % apart; at < axi; at += apart) sum += f(at);
  return u64((sum << 8) * apart / axi);
}

/// A lane's part of an affine copy.
struct LanePart {
  std::int64_t rows = 0;    ///< inside the image
  std::int64_t prefix = 0;  ///< bytes of a run in front of the image's row
  std::int64_t bytes = 0;   ///< of a run, inside the image
  std::int64_t first = 0;   ///< address of the first of them
};

LanePart lane_part(const isa::Geometry& g, std::int64_t run, unsigned l) {
  const std::int64_t row = g.row0 + l / g.lanes_x * g.lane_row, col = g.col0 + l % g.lanes_x * g.lane_col;
  const std::int64_t rows = std::min<std::int64_t>(row + g.n_rows, g.h) - std::max<std::int64_t>(row, 0);
  const std::int64_t prefix = std::max<std::int64_t>(0, -col), bytes = clipped(col, run, g.row_bytes);
  return {bytes == 0 ? 0 : std::max<std::int64_t>(0, rows), prefix, bytes,
          (g.dram + l % g.lanes_x * g.lane_col + prefix) % (std::int64_t{1} << 32)};
}

std::int64_t chunks_of_run(std::int64_t run) { return (run + cost::kChunk - 1) / cost::kChunk; }

/// Cycles of a lane's runs, times 2^8. LOAD makes items of AXI_BYTES of a run, fill bytes too, and takes one cycle more
/// where the first beat completes none; STORE writes the beats that a run touches.
std::uint64_t lane_cycles(const isa::Geometry& g, bool load, std::int64_t run, const LanePart& p, std::int64_t strides,
                          const isa::Config& c) {
  const std::int64_t axi = c.axi_bytes;
  if (!load) {
    return u64(p.rows * g.n_blks) *
           (mean(p.first, strides, c, [&](std::int64_t at) { return (at + p.bytes + axi - 1) / axi; }) +
            cost::run_cost(c));
  }
  const std::uint64_t items = u64((run + axi - 1) / axi) << 8;
  const std::uint64_t leads = mean(p.first, strides, c, [&](std::int64_t at) {
    return (at > p.prefix ? 1 : 0) + ((at - p.prefix) % axi != 0 ? chunks_of_run(run) - 1 : 0);
  });
  const std::uint64_t small = c.axi_bytes <= 4 ? cost::run_cost(c) : 0;
  return u64(g.n_rows * g.n_blks) * (items + small) + u64(p.rows * g.n_blks) * leads;
}

/// Cycles and bytes of an affine copy. Dense words move one a lane and cycle, others one a cycle. Of every row and
/// block the engine visits all lanes once to check their runs, and once a chunk.
Work copy_work(const isa::Geometry& g, bool load, std::int64_t step, const isa::Config& c) {
  Work w;
  const std::int64_t run = (g.n_words - 1) * step + c.v;
  const std::int64_t strides =
      std::gcd(std::gcd(g.row_stride, g.blk_stride), std::gcd(g.lane_dram, std::abs(g.lane_col)));
  std::uint64_t cycles = 0, lanes = 0;
  for (unsigned l = 0; l < c.lanes; ++l) {
    if ((g.lane_mask >> l & 1) == 0) continue;
    ++lanes;
    const LanePart p = lane_part(g, run, l);
    w.bytes += u64(p.rows * g.n_blks * p.bytes);
    cycles += lane_cycles(g, load, run, p, strides, c);
  }
  const std::uint64_t words = u64(g.n_rows * g.n_blks * g.n_words);
  const std::uint64_t walk = u64(g.n_rows * g.n_blks * (1 + chunks_of_run(run))) * c.lanes;
  w.busy = std::max({cycles >> 8, step == c.v ? words : words * lanes, walk}) +
           (load ? cost::kFeatureLoad : cost::kInstruction);
  w.land = load ? cost::kLoadLatency : cost::kStoreLatency;
  return w;
}

/// The serial DMA engine of small builds: one lane, rows, runs, words and bytes one after the other.
Work serial_copy(const isa::Geometry& g, bool load, std::int64_t step, const isa::Config& c) {
  const cost::Serial& k = load ? cost::kSerialLoad : cost::kSerialStore;
  Work w;
  w.busy = k.start;
  if (g.lane_mask == 0 || g.n_words == 0) return w;
  const std::int64_t run = (g.n_words - 1) * step + c.v, inside = clipped(g.col0, run, g.row_bytes);
  const std::int64_t rows = std::min<std::int64_t>(g.row0 + g.n_rows, g.h) - std::max<std::int64_t>(g.row0, 0);
  const std::uint64_t with = inside == 0 ? 0 : u64(std::max<std::int64_t>(rows, 0) * g.n_blks);  // runs in the image
  const std::uint64_t runs = u64(g.n_rows * g.n_blks);
  const std::int64_t first = (g.dram + std::max<std::int64_t>(0, -g.col0)) % (std::int64_t{1} << 32);
  const std::uint64_t beats = mean(first, std::gcd(g.row_stride, g.blk_stride), c,
                                   [&](std::int64_t at) { return (at + inside + c.axi_bytes - 1) / c.axi_bytes; });
  w.bytes = with * u64(inside);
  w.busy += u64(g.n_rows) * k.row + runs * k.run;
  w.busy += with * (beats * k.beat >> 8);
  w.busy +=
      load ? runs * u64(run) * k.byte + runs * u64(g.n_words) * k.word : w.bytes * k.byte + w.bytes / c.v * k.word;
  if (g.f_word != 1) w.busy += u64(g.n_words) * cost::kSerialStride;
  if (load && step != c.v) w.busy += u64(g.n_words) * cost::kSerialStep;
  return w;
}

Work serial_load(const isa::Load& l, const isa::Config& c) {
  if (l.target == isa::kTargetFeature) return serial_copy(l, true, l.step, c);
  const bool weights = l.target == isa::kTargetWeight;
  const std::uint64_t bytes = u64(l.n_words) * (weights ? c.weight_word_bytes() : c.param_word_bytes());
  const std::uint64_t words = u64(l.n_words) * (weights ? 1 : c.drain);
  return {cost::kSerialShared + cost::beats(bytes, c) * cost::kSerialSharedBeat + words * cost::kSerialSharedWord, 0,
          bytes, 0};
}

/// EXEC of small builds: one output vector after the other.
Work serial_exec(const isa::Exec& e, const isa::Config& c) {
  const std::uint64_t steps = u64(e.n_ky * e.n_kx * e.n_i);
  const std::uint64_t each = e.acc_hold != 0 ? steps : std::max(steps, cost::kSmallVector) + c.drain;
  return {u64(e.n_g * e.n_y * e.n_x) * each + cost::kSmallExecStart, cost::kLand, 0, 0};
}

Work load_work(const isa::Load& l, const isa::Config& c) {
  if (l.target == isa::kTargetFeature) return copy_work(l, true, l.step, c);
  const unsigned word = l.target == isa::kTargetWeight  ? c.weight_word_bytes()
                        : l.target == isa::kTargetParam ? c.param_word_bytes()
                                                        : 4;
  const std::uint64_t bytes = u64(l.n_words) * word;
  return {std::max(cost::beats(bytes, c), u64(l.n_words)) + cost::kInstruction, cost::kLoadLatency, bytes, 0};
}

Work exec_work(const isa::Exec& e, const isa::Config& c) {
  const std::uint64_t vectors = u64(e.n_g * e.n_y * e.n_x);
  const std::uint64_t each = e.acc_hold != 0 ? u64(e.n_ky * e.n_kx * e.n_i)
                                             : cost::vector_cycles(u64(e.n_ky * e.n_kx * e.n_i), e.stage2 == 2, c);
  const std::uint64_t reads = vectors * u64(e.n_ky * e.n_kx * e.n_i + (e.stage2 == 2));
  return {vectors * each, cost::kLand + c.drain, 0, vectors * each - std::min(vectors * each, reads)};
}

struct Decoded {
  Work work;
  unsigned engine = 0, wait = 0, signal = 0;
  bool drain = false;
};

Decoded decode(const isa::Instruction& i, const isa::Config& c) {
  const auto made = [&](const auto& d, const Work& w, bool drain) {
    return Decoded{w, isa::engine_of(i), static_cast<unsigned>(d.wait), static_cast<unsigned>(d.signal), drain};
  };
  switch (static_cast<isa::Opcode>(i.opcode())) {
    case isa::Opcode::kLOAD: {
      const isa::Load l = isa::decode_load(i);
      return made(l, c.small ? serial_load(l, c) : load_work(l, c), false);
    }
    case isa::Opcode::kSTORE: {
      const isa::Store s = isa::decode_store(i);
      Work w = c.small ? serial_copy(s, false, c.v, c) : copy_work(s, false, c.v, c);
      w.port = u64(s.n_rows * s.n_blks * s.n_words);
      return made(s, w, false);
    }
    case isa::Opcode::kSHIFT: {
      const isa::Shift s = isa::decode_shift(i);
      return made(s, {u64(s.n_rows * s.n_words), cost::kLand, 0, 0}, s.drain_wait != 0);
    }
    case isa::Opcode::kNOP:
      return made(isa::decode_nop(i), {1, 0, 0, 0}, false);
    default: {
      const isa::Exec e = isa::decode_exec(i);
      return made(e, c.small ? serial_exec(e, c) : exec_work(e, c), e.drain_wait != 0);
    }
  }
}

}  // namespace

Timeline::Timeline(const isa::Config& config) : config_(config), dispatch_(cost::kFetchStart) {}

std::uint64_t Timeline::run(const isa::Instruction& instruction, const std::vector<std::uint32_t>& senders) {
  const Decoded d = decode(instruction, config_);
  if (config_.small) {  // one instruction at a time
    end_ = std::max(end_ + cost::kSmallBetween, dispatch_) + d.work.busy + d.work.land;
    landings_.push_back(end_);
    return d.work.bytes;
  }
  const std::size_t depth = queue_depth(config_);
  std::deque<std::uint64_t>& queue = started_[d.engine];
  const std::uint64_t fetch = cost::beats(sizeof(isa::Instruction), config_);
  dispatch_ += fetch;
  fetched_ += fetch;
  if (depth != 0 && queue.size() == depth) {  // room when the oldest has left the queue
    dispatch_ = std::max(dispatch_, queue.front());
    queue.pop_front();
  }
  std::uint64_t ready = dispatch_;
  for (const std::uint32_t sender : senders) ready = std::max(ready, landings_[sender]);
  if (d.drain) ready = std::max(ready, landed_[d.engine]);
  if (d.engine == isa::kExecEngine) ready += cost::kExecStart;
  const std::uint64_t start = std::max(ready, free_[d.engine]);
  if (depth == 0) {
    dispatch_ = start;
  } else {
    queue.push_back(start);
  }
  std::uint64_t busy = d.work.busy;
  if (d.engine == isa::kLoadEngine) busy += std::exchange(fetched_, 0);  // they come over the same read channel
  if (d.engine == isa::kExecEngine) busy += stolen(start, busy, d.work.port);
  if (d.engine == isa::kStoreEngine) stores_.push_back({start, start + busy, d.work.port});
  free_[d.engine] = start + busy;
  landed_[d.engine] = std::max(landed_[d.engine], start + busy + d.work.land);
  landings_.push_back(landed_[d.engine]);
  end_ = std::max(end_, landings_.back());
  return d.work.bytes;
}

/// Cycles that STOREs take from an EXEC of `busy` cycles, `spare` of which it leaves the port alone.
std::uint64_t Timeline::stolen(std::uint64_t start, std::uint64_t busy, std::uint64_t spare) {
  while (!stores_.empty() && stores_.front().end <= start) stores_.pop_front();
  std::uint64_t words = 0;
  for (const Reading& s : stores_) {
    const std::uint64_t from = std::max(start, s.begin), to = std::min(start + busy, s.end);
    if (from < to) words += s.words * (to - from) / (s.end - s.begin);
  }
  return words - std::min(words, spare * words / std::max<std::uint64_t>(busy, 1));
}

void predict(Program& program) {
  std::optional<Timeline> timeline(program.config);
  std::uint32_t first = 0;            // of the segment
  std::uint64_t begin = 0, last = 0;  // when it begins, when all before has ended; CPU nodes take no time
  std::deque<std::uint32_t> tokens[isa::kEngines][isa::kEngines];  // their senders
  std::vector<std::uint64_t> end(program.layers.size(), 0);
  for (std::uint32_t i = 0; i < program.code.size(); ++i) {
    const std::int32_t layer = program.map[i].layer;
    if (layer < 0) {  // END
      first = i + 1;
      begin = last;
      timeline.emplace(program.config);
      continue;
    }
    const isa::Instruction& code = program.code[i];
    const Decoded d = decode(code, program.config);
    std::vector<std::uint32_t> senders;
    for (unsigned other = 0; other < isa::kEngines; ++other) {
      if ((d.wait >> other & 1u) == 0) continue;
      senders.push_back(tokens[other][d.engine].front());
      tokens[other][d.engine].pop_front();
    }
    for (unsigned other = 0; other < isa::kEngines; ++other) {
      if ((d.signal >> other & 1u) != 0) tokens[d.engine][other].push_back(i - first);
    }
    const auto l = static_cast<std::size_t>(layer);
    LayerInfo& info = program.layers[l];
    info.dram_bytes += timeline->run(code, senders);
    (d.engine == isa::kLoadEngine    ? info.load_cycles
     : d.engine == isa::kStoreEngine ? info.store_cycles
                                     : info.exec_cycles) += d.work.busy;
    end[l] = std::max(end[l], begin + timeline->landed());
    last = std::max(last, end[l]);
  }
  std::uint64_t now = 0;  // layers overlap; a layer's cycles are what it adds
  for (std::size_t l = 0; l < end.size(); ++l) {
    program.layers[l].predicted_cycles = end[l] > now ? end[l] - now : 0;
    now = std::max(now, end[l]);
  }
  program.predicted_cycles = now;
}

}  // namespace e8::compile
