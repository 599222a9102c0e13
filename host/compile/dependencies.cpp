// Ranges with their last accesses; what an instruction must wait for follows from them.
#include "host/compile/dependencies.h"

#include <algorithm>

namespace e8::compile {

std::vector<Token> spare_tokens(const std::vector<Token>& tokens, std::size_t most) {
  std::vector<Token> kept, spare;
  std::size_t taken = 0;  // of the kept
  for (const Token& t : tokens) {
    while (taken < kept.size() && kept[taken].taker < t.sender) ++taken;
    if (kept.size() - taken == most) {  // every second one goes, so that the next is far
      std::size_t to = taken;
      for (std::size_t k = taken; k + 1 < kept.size(); k += 2, ++to) {
        spare.push_back({kept[k].sender, kept[k + 1].taker});
        kept[to] = {kept[k + 1].sender, kept[k].taker};
      }
      if ((kept.size() - taken) % 2 != 0) kept[to++] = kept.back();
      kept.resize(to);
    }
    kept.push_back(t);
  }
  return spare;
}

Dependencies::Ranges& Dependencies::ranges(const Access& a) {
  return a.memory == Memory::kDram ? dram_[a.region] : on_chip_[static_cast<std::size_t>(a.memory)];
}

void Dependencies::split(Ranges& r, std::uint64_t at) {
  const auto next = r.upper_bound(at);
  if (next == r.begin()) {
    r.emplace(at, Last{});
  } else if (const auto here = std::prev(next); here->first != at) {
    r.emplace_hint(next, at, here->second);
  }
}

void Dependencies::visit(isa::Engine engine, const Access& a, bool shift, Clock& need) {
  if (a.begin >= a.end) return;
  Ranges& r = ranges(a);
  split(r, a.begin);
  split(r, a.end);
  const auto now = static_cast<std::uint32_t>(done_.size() + 1);
  for (auto it = r.find(a.begin); it->first != a.end; ++it) {
    Last& last = it->second;
    for (unsigned e = 0; e < isa::kEngines; ++e) {
      const bool own = e == engine;
      // of its own engine only EXEC's writes end late; an engine's accesses are otherwise in order
      if (!own || (e == isa::kExecEngine && (!a.write || shift))) need[e] = std::max(need[e], last.written[e]);
      if ((!own || shift) && a.write) need[e] = std::max(need[e], last.read[e]);
    }
    (a.write ? last.written : last.read)[engine] = now;
  }
}

Order Dependencies::next(isa::Engine engine, const std::vector<Access>& accesses, bool shift) {
  Clock need{};
  // reads first: an instruction may overwrite what it reads
  for (const Access& a : accesses) {
    if (!a.write) visit(engine, a, shift, need);
  }
  for (const Access& a : accesses) {
    if (a.write) visit(engine, a, shift, need);
  }
  Order order;
  Clock& known = known_[engine];
  const auto pending = [&](unsigned e) { return e != engine && known[e] < need[e]; };
  const auto told_by_another = [&](unsigned e) {  // a token that is needed anyway brings this knowledge along
    for (unsigned k = 0; k < isa::kEngines; ++k) {
      if (k != e && pending(k) && done_[need[k] - 1][e] >= need[e]) return true;
    }
    return false;
  };
  for (unsigned e = 0; e < isa::kEngines; ++e) {
    if (!pending(e) || told_by_another(e)) continue;
    const std::uint32_t sender = need[e] - 1;
    for (unsigned k = 0; k < isa::kEngines; ++k) known[k] = std::max(known[k], done_[sender][k]);
    order.wait |= 1u << e;
    order.senders.push_back(sender);
  }
  const auto now = static_cast<std::uint32_t>(done_.size() + 1);
  if (known[engine] < need[engine]) {
    order.drain = true;
    known[engine] = now - 1;
  }
  Clock done = known;
  done[engine] = now;
  done_.push_back(done);
  return order;
}

}  // namespace e8::compile
