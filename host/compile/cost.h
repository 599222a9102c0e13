// What the hardware's steps cost, in cycles: the constants behind the timeline and the choice of tiles.
#pragma once

#include <algorithm>
#include <cstdint>

#include "emu/isa/isa.h"

namespace e8::compile::cost {

constexpr std::uint64_t kFetchStart = 50;    ///< from the start of the program to its first instruction
constexpr std::uint64_t kExecStart = 6;      ///< from when an EXEC may start to its first step
constexpr std::uint64_t kLand = 8;           ///< from the last step of a vector to its word in memory, besides DRAIN
constexpr std::uint64_t kLoadLatency = 32;   ///< what a LOAD takes besides its beats; the next one's beats follow on
constexpr std::uint64_t kStoreLatency = 56;  ///< the same of a STORE, its write response included
constexpr std::uint64_t kInstruction = 1;    ///< a LOAD's or STORE's own cost besides its runs
constexpr std::uint64_t kFeatureLoad = 8;    ///< the same of a LOAD of features
constexpr std::int64_t kChunk = 1024;        ///< bytes of a run that a lane copies at a time

constexpr std::uint64_t kSmallBetween = 6;     ///< from an instruction's end to the next one's start
constexpr std::uint64_t kSmallExecStart = 33;  ///< EXEC, to its first step
constexpr std::uint64_t kSmallVector = 8;      ///< least cycles of an output vector before DRAIN begins

/// Cycles an output vector occupies the datapath: its steps and `others`, the cycles the feature memory's read port
/// serves a residual or a STORE, or the requantizer's DRAIN when that is longer.
inline std::uint64_t vector_cycles(std::uint64_t steps, std::uint64_t others, const isa::Config& c) {
  if (c.small) return std::max(steps, kSmallVector) + c.drain;
  return std::max<std::uint64_t>(steps + others, c.drain);
}

/// A run's own cost besides its beats, times 2^8. The smallest builds have short queues.
inline std::uint64_t run_cost(const isa::Config& c) { return c.axi_bytes <= 4 ? 8 << 8 : 96; }

inline std::uint64_t beats(std::uint64_t bytes, const isa::Config& c) {
  return (bytes + c.axi_bytes - 1) / c.axi_bytes;
}

/// A serial DMA engine's costs in cycles (small builds, rtl/dma): LOADs and STOREs of features. With the memory's
/// latency, 20 to read and 10 to write.
struct Serial {
  std::uint64_t start, row, run, word, byte, beat;
};
constexpr Serial kSerialLoad{64, 23, 72, 11, 4, 24}, kSerialStore{60, 23, 62, 5, 10, 14};
constexpr std::uint64_t kSerialStride = 10;  ///< a word of a run, once an instruction, when f_word is not 1
constexpr std::uint64_t kSerialStep = 6;     ///< the same when a LOAD's step is not V
constexpr std::uint64_t kSerialShared = 112, kSerialSharedBeat = 30,
                        kSerialSharedWord = 4;  ///< weights, parameter parts

/// Cycles of `runs` runs a lane on `lanes` lanes that move `words` words a lane in all, `step` bytes apart: AXI beats
/// (a run that is no whole number of beats takes half a beat more on average), or words, of which dense ones move one a
/// lane and cycle and others one a cycle.
inline std::uint64_t copy_cycles(std::uint64_t lanes, std::uint64_t runs, std::uint64_t words, std::uint64_t step,
                                 const isa::Config& c) {
  if (c.small) {
    const Serial& k = kSerialLoad;
    return runs * k.run + words * k.word + words * step * k.byte + words * step / c.axi_bytes * k.beat;
  }
  const std::uint64_t bytes = words * step / std::max<std::uint64_t>(runs, 1);
  const std::uint64_t run = (bytes << 8) / c.axi_bytes + (bytes % c.axi_bytes != 0 ? 128 : 0) + run_cost(c);
  return std::max(lanes * runs * run >> 8, words * (step == c.v ? 1 : lanes));
}

}  // namespace e8::compile::cost
