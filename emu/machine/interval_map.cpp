// Interval map: split at the ends, erase what lies between, insert, join with equal neighbours.
#include "emu/machine/interval_map.h"

#include <iterator>

namespace e8::machine {

IntervalMap::Hit IntervalMap::highest(std::uint64_t begin, std::uint64_t end) const {
  Hit hit;
  auto it = map_.upper_bound(begin);
  if (it != map_.begin()) --it;
  for (; it != map_.end() && it->first < end; ++it) {
    if (it->second.end > begin && it->second.value > hit.value) {
      hit = {it->first > begin ? it->first : begin, it->second.value};
    }
  }
  return hit;
}

void IntervalMap::assign(std::uint64_t begin, std::uint64_t end, std::uint32_t value) {
  auto it = map_.lower_bound(begin);
  if (it != map_.begin() && std::prev(it)->second.end > begin) {  // an interval reaches over `begin`: cut it there
    const Span old = std::prev(it)->second;
    std::prev(it)->second.end = begin;
    it = map_.emplace_hint(it, begin, old);
  }
  while (it != map_.end() && it->first < end) {
    const Span old = it->second;
    it = map_.erase(it);
    if (old.end > end) it = map_.emplace_hint(it, end, old);
  }
  if (it != map_.begin()) {
    const auto before = std::prev(it);
    if (before->second.end == begin && before->second.value == value) {
      begin = before->first;
      it = map_.erase(before);
    }
  }
  if (it != map_.end() && it->first == end && it->second.value == value) {
    end = it->second.end;
    it = map_.erase(it);
  }
  map_.emplace_hint(it, begin, Span{end, value});
}

}  // namespace e8::machine
