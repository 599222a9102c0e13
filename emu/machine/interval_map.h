// The last instruction that touched each byte of an address space: disjoint intervals with one value each.
#pragma once

#include <cstdint>
#include <map>

namespace e8::machine {

class IntervalMap {
 public:
  struct Hit {
    std::uint64_t address = 0;  ///< first byte of the overlap
    std::uint32_t value = 0;
  };

  void clear() { map_.clear(); }

  /// The highest value in [begin, end); value 0 when there is none.
  Hit highest(std::uint64_t begin, std::uint64_t end) const;
  /// Sets [begin, end) to value; begin < end.
  void assign(std::uint64_t begin, std::uint64_t end, std::uint32_t value);

 private:
  struct Span {
    std::uint64_t end;
    std::uint32_t value;
  };
  std::map<std::uint64_t, Span> map_;
};

}  // namespace e8::machine
