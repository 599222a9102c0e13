// Drives all builds of e8_tail and e8_stage2 at once (e8_tail_bench.v) and holds every cycle to requant.h.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "Vtail_bench.h"
#include "emu/numerics/requant.h"

namespace e8::testing {

/// One channel's operands. The tail takes acc and param; stage 2 takes t1, t2, param.mp and param.s.
struct TailChannel {
  std::int32_t acc = 0;
  num::ChannelParam param;
  std::int32_t t1 = 0, t2 = 0;
};

/// What enters the pipelines in one cycle.
struct TailCase {
  std::array<TailChannel, 3> channel;
  num::TailMode mode;
};

std::string describe(const TailCase& c);

/// The DUTs. Build k: MUL_BITS {0, 24, 31}[k / 2], DOUBLE_ROUND k % 2.
class TailBench {
 public:
  static constexpr int kBuilds = 6;
  static constexpr int kLatency = 4;
  TailBench();
  ~TailBench();

  /// One clock with `c` entering both units (none: nothing valid enters). Returns the first disagreement with requant.h
  /// in what leaves, with the case that entered, else "". What no build may see is adapted to it: multipliers to
  /// MUL_BITS, double_round to DOUBLE_ROUND.
  std::string clock(const std::optional<TailCase>& c);
  /// All cases, with an idle cycle after each one that `idle_every` divides (0: never), and the pipeline emptied.
  /// The first disagreement, else "".
  std::string run(const std::vector<TailCase>& cases, int idle_every = 0);
  /// Outputs of build k since the last clock().
  int q(int build) const;
  int q2(int build) const;
  bool valid() const { return top_->valid_o == 0x3f; }
  /// One clock of reset: empties the pipelines.
  void reset();

 private:
  std::string check(const std::optional<TailCase>& c);
  void tick();

  std::unique_ptr<Vtail_bench> top_;
  std::deque<std::optional<TailCase>> pipe_;
  std::uint64_t last_q_ = 0, last_q2_ = 0;
};

}  // namespace e8::testing
