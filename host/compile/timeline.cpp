// Three engines, their queues and tokens, instruction by instruction.
#include "host/compile/timeline.h"

#include <algorithm>
#include <array>
#include <deque>

#include "host/compile/cost.h"

namespace e8::compile {
namespace {

constexpr std::uint64_t kQueue = 8;  // instructions an engine's queue holds

std::uint64_t u64(std::int64_t value) { return static_cast<std::uint64_t>(value); }

/// What an engine is busy with.
struct Work {
  std::uint64_t busy = 0;   ///< cycles until the engine can start the next
  std::uint64_t land = 0;   ///< further cycles until all writes have landed
  std::uint64_t bytes = 0;  ///< DRAM bytes
};

/// Bytes that a run starting at `col` has inside the row.
std::int64_t clipped(std::int64_t col, std::int64_t bytes, std::int64_t row_bytes) {
  return std::max<std::int64_t>(0, std::min(col + bytes, row_bytes) - std::max<std::int64_t>(col, 0));
}

/// Beats and bytes of an affine copy; on-chip words move one a lane and cycle.
Work copy_work(const isa::Geometry& g, std::int64_t step, const isa::Config& c) {
  Work w;
  const std::int64_t run = (g.n_words - 1) * step + c.v;
  std::uint64_t beats = 0;
  for (unsigned l = 0; l < c.lanes; ++l) {
    if ((g.lane_mask >> l & 1) == 0) continue;
    const std::int64_t row = g.row0 + l / g.lanes_x * g.lane_row;
    const std::int64_t rows = std::min<std::int64_t>(row + g.n_rows, g.h) - std::max<std::int64_t>(row, 0);
    const std::int64_t bytes = clipped(g.col0 + l % g.lanes_x * g.lane_col, run, g.row_bytes);
    if (rows <= 0 || bytes == 0) continue;
    const std::uint64_t runs = u64(rows * g.n_blks);
    w.bytes += runs * u64(bytes);
    beats += runs * (cost::beats(u64(bytes), c) + cost::kRun);
  }
  w.busy = std::max(beats, u64(g.n_rows * g.n_blks * g.n_words));
  w.land = cost::kDmaStart;
  return w;
}

Work load_work(const isa::Load& l, const isa::Config& c) {
  if (l.target == isa::kTargetFeature) return copy_work(l, l.step, c);
  const unsigned word = l.target == isa::kTargetWeight  ? c.weight_word_bytes()
                        : l.target == isa::kTargetParam ? c.param_word_bytes()
                                                        : 4;
  const std::uint64_t bytes = u64(l.n_words) * word;
  return {cost::beats(bytes, c) + cost::kRun, cost::kDmaStart, bytes};
}

Work exec_work(const isa::Exec& e, const isa::Config& c) {
  const std::uint64_t vectors = u64(e.n_g * e.n_y * e.n_x);
  const std::uint64_t each = e.acc_hold != 0 ? u64(e.n_ky * e.n_kx * e.n_i)
                                             : cost::vector_cycles(u64(e.n_ky * e.n_kx * e.n_i), e.stage2 == 2, c);
  return {vectors * each + cost::kExecStart, cost::kLand + c.drain, 0};
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
      return made(l, load_work(l, c), false);
    }
    case isa::Opcode::kSTORE: {
      const isa::Store s = isa::decode_store(i);
      return made(s, copy_work(s, c.v, c), false);
    }
    case isa::Opcode::kSHIFT: {
      const isa::Shift s = isa::decode_shift(i);
      return made(s, {u64(s.n_rows * s.n_words) + cost::kExecStart, cost::kLand, 0}, s.drain_wait != 0);
    }
    case isa::Opcode::kNOP:
      return made(isa::decode_nop(i), {1, 0, 0}, false);
    default: {
      const isa::Exec e = isa::decode_exec(i);
      return made(e, exec_work(e, c), e.drain_wait != 0);
    }
  }
}

/// The three engines, their queues and tokens.
class Machine {
 public:
  explicit Machine(const isa::Config& c) : fetch_((64 + c.axi_bytes - 1) / c.axi_bytes) {}

  /// Cycle at which the instruction's writes have landed.
  std::uint64_t run(const Decoded& d) {
    std::deque<std::uint64_t>& queue = started_[d.engine];
    dispatch_ += fetch_;
    if (queue.size() == kQueue) {  // room when the oldest has left the queue
      dispatch_ = std::max(dispatch_, queue.front());
      queue.pop_front();
    }
    std::uint64_t start = std::max(dispatch_, free_[d.engine]);
    for (unsigned from = 0; from < isa::kEngines; ++from) {
      if ((d.wait >> from & 1u) == 0) continue;
      start = std::max(start, tokens_[from][d.engine].front());
      tokens_[from][d.engine].pop_front();
    }
    if (d.drain) start = std::max(start, landed_[d.engine]);
    queue.push_back(start);
    free_[d.engine] = start + d.work.busy;
    std::uint64_t& landed = landed_[d.engine];
    landed = std::max(landed, start + d.work.busy + d.work.land);
    for (unsigned to = 0; to < isa::kEngines; ++to) {
      if ((d.signal >> to & 1u) != 0) tokens_[d.engine][to].push_back(landed);
    }
    return landed;
  }

 private:
  const std::uint64_t fetch_;  // cycles an instruction takes to come
  std::uint64_t dispatch_ = cost::kDmaStart;
  std::array<std::uint64_t, isa::kEngines> free_{}, landed_{};
  std::array<std::deque<std::uint64_t>, isa::kEngines> started_;
  std::array<std::array<std::deque<std::uint64_t>, isa::kEngines>, isa::kEngines> tokens_;
};

}  // namespace

void predict(Program& program) {
  Machine machine(program.config);
  std::vector<std::uint64_t> end(program.layers.size(), 0);
  for (std::size_t i = 0; i < program.code.size(); ++i) {
    const std::int32_t layer = program.map[i].layer;
    if (layer < 0) continue;
    const Decoded d = decode(program.code[i], program.config);
    const auto l = static_cast<std::size_t>(layer);
    end[l] = std::max(end[l], machine.run(d));
    program.layers[l].dram_bytes += d.work.bytes;
  }
  std::uint64_t now = 0;  // layers overlap; a layer's cycles are what it adds
  for (std::size_t l = 0; l < end.size(); ++l) {
    program.layers[l].predicted_cycles = end[l] > now ? end[l] - now : 0;
    now = std::max(now, end[l]);
  }
  program.predicted_cycles = now;
}

}  // namespace e8::compile
