// Tokens and drain_wait from what instructions read and write, so that no program can have a hazard.
//
// The builder tells, for each instruction in program order, the words and bytes it touches. Whatever an earlier
// instruction of another engine did to them must have ended: if the engine does not know that yet, the earlier
// instruction sends a token and this one takes it. What an engine knows is a clock, as in emu/machine/hazard.h: of
// every engine, the instruction up to which all work is done; a token carries its sender's clock. Tokens are made one
// for one, sender and taker in the order of their programs, so none is left over.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <vector>

#include "emu/isa/isa.h"

namespace e8::compile {

/// On-chip memories (in words; a feature word is that of all lanes) and DRAM regions (in bytes).
enum class Memory { kFeature, kWeight, kParam, kTable, kDram };

/// A range that an instruction reads or writes.
struct Access {
  Memory memory = Memory::kFeature;
  isa::Region region = isa::kRegionWeights;  ///< of kDram
  std::uint64_t begin = 0, end = 0;
  bool write = false;
};

/// What must be set on the new instruction and on earlier ones.
struct Order {
  unsigned wait = 0;  ///< engines to take a token from (isa::Token bits)
  bool drain = false;
  std::vector<std::uint32_t> senders;  ///< earlier instructions that send the new one's engine a token
};

/// A token's two instructions.
struct Token {
  std::uint32_t sender = 0, taker = 0;
};

/// What to give up of a channel's tokens, in order, so that at no point of the program more than `most` are pending:
/// the senders and takers of the tokens returned need not send and take any more. Of two pending tokens the first taker
/// then takes the second's, which comes later and tells as much, and the second taker, behind it on the same engine,
/// needs none. Senders stay in front of their takers, so no program can deadlock.
std::vector<Token> spare_tokens(const std::vector<Token>& tokens, std::size_t most);

class Dependencies {
 public:
  /// The next instruction (index = number of calls before) runs on `engine` and makes these accesses.
  /// `shift`: it is a SHIFT, which must not overwrite what EXECs before it still read or write.
  Order next(isa::Engine engine, const std::vector<Access>& accesses, bool shift = false);

 private:
  using Clock = std::array<std::uint32_t, isa::kEngines>;
  /// Last accesses to a range by engine, instruction index + 1.
  struct Last {
    Clock written{}, read{};
  };
  using Ranges = std::map<std::uint64_t, Last>;  // from this address to the next entry's

  Ranges& ranges(const Access& a);
  static void split(Ranges& r, std::uint64_t at);
  /// `need`: for each engine, the last instruction that must have ended.
  void visit(isa::Engine engine, const Access& a, bool shift, Clock& need);

  std::array<Clock, isa::kEngines> known_{};
  std::vector<Clock> done_;  // by instruction: what is known when it has ended
  std::array<Ranges, 4> on_chip_;
  std::array<Ranges, isa::kRegions> dram_;
};

}  // namespace e8::compile
