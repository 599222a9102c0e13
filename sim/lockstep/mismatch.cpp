// Names, and the one line that says what differs.
#include "sim/lockstep/mismatch.h"

namespace e8::sim {

const char* stream_name(Stream s) {
  switch (s) {
    case Stream::kExec:
      return "exec";
    case Stream::kLoad:
      return "load";
    case Stream::kWeight:
      return "weight";
    case Stream::kParam:
      return "parameter";
    case Stream::kTable:
      return "table";
    case Stream::kStore:
      return "store";
    case Stream::kNone:
      break;
  }
  return "program";
}

const char* difference_name(Difference d) {
  switch (d) {
    case Difference::kData:
      return "data";
    case Difference::kAccumulator:
      return "accumulator";
    case Difference::kAddress:
      return "address";
    case Difference::kKind:
      return "kind";
    case Difference::kOrder:
      return "order";
    case Difference::kMissing:
      return "missing";
    case Difference::kExtra:
      return "extra";
    case Difference::kFinalState:
      return "final state";
    case Difference::kDram:
      break;
  }
  return "DRAM";
}

namespace {

std::string final_state_text(std::int64_t packed) {
  const auto error = static_cast<isa::Error>(packed & 0xFF);
  if (error == isa::Error::kNONE) return (packed >> 8) != 0 ? "done" : "not ended";
  return std::string(isa::error_name(error)) + " at instruction " + std::to_string(packed >> 8);
}

}  // namespace

std::string Mismatch::text() const {
  std::string t = std::string(difference_name(kind)) + " differs in " + stream_name(stream);
  if (kind == Difference::kMissing) t = std::string("event missing in ") + stream_name(stream);
  if (kind == Difference::kExtra) t = std::string("event not expected in ") + stream_name(stream);
  if (kind == Difference::kFinalState) {
    return "final state differs: got " + final_state_text(got) + ", want " + final_state_text(want) + "  cycle " +
           std::to_string(cycle);
  }
  if (kind == Difference::kDram) {
    return "DRAM differs at address " + std::to_string(address) + ": got " + std::to_string(got) + ", want " +
           std::to_string(want);
  }
  t += "  instruction " + std::to_string(instruction) + " (" + assembly + ")  event " + std::to_string(n);
  if (lane != kNoLane) t += "  lane " + std::to_string(lane);
  if (channel != kNoLane) t += "  channel " + std::to_string(channel);
  t += "  address " + std::to_string(address);
  if (kind != Difference::kMissing && kind != Difference::kExtra) {
    t += "  got " + std::to_string(got) + " want " + std::to_string(want);
  }
  if (has_acc) t += "  accumulator got " + std::to_string(acc_got) + " want " + std::to_string(acc_want);
  return t + "  cycle " + std::to_string(cycle);
}

}  // namespace e8::sim
