// Random stalls of one handshake channel, from their own seeded stream, so that no channel's traffic moves another's.
#pragma once

#include <cstdint>

namespace e8::sim {

/// kNone: never stalls. kRandom: half of the cycles. kWorst: ready only after valid, with long pauses.
enum class StallMode : std::uint8_t { kNone, kRandom, kWorst };

/// splitmix64: one multiplier chain, any seed is good.
class RandomStream {
 public:
  explicit RandomStream(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }

 private:
  std::uint64_t state_;
};

class Stall {
 public:
  Stall(StallMode mode, std::uint64_t seed) : mode_(mode), random_(seed) {}

  /// Is the channel blocked this cycle? Call at most once a cycle. `wanted`: a transfer waits for this side.
  bool blocked(bool wanted) {
    switch (mode_) {
      case StallMode::kNone:
        return false;
      case StallMode::kRandom:
        return (random_.next() & 1) != 0;
      case StallMode::kWorst:
        break;
    }
    if (!wanted) return true;
    if (pause_ > 0) {
      --pause_;
      return true;
    }
    pause_ = draw_pause();
    return false;
  }

 private:
  /// Cycles before the next transfer: half none, most short, some long enough to drain every FIFO.
  unsigned draw_pause() {
    const std::uint64_t r = random_.next();
    if ((r & 1) != 0) return 0;
    return static_cast<unsigned>((r >> 8) & ((r & 0x1E) != 0 ? 7u : 63u));
  }

  StallMode mode_;
  unsigned pause_ = 0;
  RandomStream random_;
};

}  // namespace e8::sim
