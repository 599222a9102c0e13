// Where tensors lie in DRAM.
#pragma once

#include <cstdint>
#include <map>

#include "host/compile/program.h"

namespace e8::compile {

/// [h][c/V][w][V]: a row is one run a block. What layers write.
Place blocked_place(isa::Region region, std::uint64_t offset, const ops::Shape& shape, unsigned v);
/// [h][w][c]: what the host feeds when a pixel fits a word; LOAD's step can unfold it.
Place dense_place(isa::Region region, std::uint64_t offset, const ops::Shape& shape);

inline int blocks_of(int channels, unsigned v) { return (channels + static_cast<int>(v) - 1) / static_cast<int>(v); }

/// Hands out parts of a region, first fit, and takes them back.
class RegionAllocator {
 public:
  /// Throws UserError 404 naming `what` when the region would exceed 4 GiB.
  std::uint64_t allocate(std::uint64_t bytes, const std::string& what);
  void release(std::uint64_t offset);
  /// Bytes the region needs.
  std::uint32_t size() const { return static_cast<std::uint32_t>(size_); }

 private:
  std::map<std::uint64_t, std::uint64_t> used_;  // offset -> end
  std::uint64_t size_ = 0;
};

}  // namespace e8::compile
