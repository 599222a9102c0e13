// Encoding, signals set after the fact, constants stored once.
#include "host/compile/builder.h"

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <string_view>

#include "host/model/error.h"

namespace e8::compile {
namespace {

constexpr std::size_t kAlign = 64;  // the widest AXI
constexpr int kMaxTokens = 127;     // pending on a channel (emu/isa/README.md)

const isa::FieldInfo& field(const char* name) {
  const auto& all = isa::all_fields();
  return *std::find_if(all.begin(), all.end(), [&](const isa::FieldInfo& f) {
    return std::string_view(f.group) == "COMMON" && std::string_view(f.name) == name;
  });
}

const isa::FieldInfo& signal_field() {
  static const isa::FieldInfo& f = field("signal");
  return f;
}

const isa::FieldInfo& wait_field() {
  static const isa::FieldInfo& f = field("wait");
  return f;
}

void clear(isa::Instruction& code, const isa::FieldInfo& f, std::int64_t bit) { code.put(f, code.get(f) & ~bit); }

}  // namespace

void Builder::begin_layer(int layer, const std::string& name) {
  layer_ = layer;
  name_ = name;
}

template <typename T>
void Builder::append(isa::Engine engine, T& instruction, const Order& order, const InstructionInfo& info) {
  instruction.wait = order.wait;
  isa::Instruction encoded;
  try {
    encoded = isa::encode(instruction);
  } catch (const std::out_of_range& e) {
    throw UserError(403, "node '" + name_ + "': " + e.what() + ". Use a smaller image, kernel or stride");
  }
  std::string why;
  if (isa::check(encoded, config_, &why) != isa::Error::kNONE) {
    throw std::logic_error("compiler: node '" + name_ + "': illegal instruction: " + why);
  }
  if (timeline_) {
    timeline_->run(encoded, order.senders);
    return;
  }
  for (const std::uint32_t sender : order.senders) {
    isa::Instruction& from = code_[sender];
    from.put(signal_field(), from.get(signal_field()) | std::int64_t{1} << engine);
  }
  code_.push_back(encoded);
  map_.push_back(info);
  map_.back().layer = layer_;
}

void Builder::add(isa::Load load, const std::vector<Access>& accesses, const InstructionInfo& info) {
  append(isa::kLoadEngine, load, dependencies_.next(isa::kLoadEngine, accesses), info);
}

void Builder::add(isa::Exec exec, const std::vector<Access>& accesses, const InstructionInfo& info) {
  const Order order = dependencies_.next(isa::kExecEngine, accesses);
  exec.drain_wait = order.drain;
  append(isa::kExecEngine, exec, order, info);
}

void Builder::add(isa::Shift shift, const std::vector<Access>& accesses, const InstructionInfo& info) {
  const Order order = dependencies_.next(isa::kExecEngine, accesses, true);
  shift.drain_wait = order.drain;
  append(isa::kExecEngine, shift, order, info);
}

void Builder::add(isa::Store store, const std::vector<Access>& accesses, const InstructionInfo& info) {
  append(isa::kStoreEngine, store, dependencies_.next(isa::kStoreEngine, accesses), info);
}

std::uint32_t Builder::constant(const std::function<std::vector<std::uint8_t>()>& make) {
  if (timeline_) return 0;
  const std::vector<std::uint8_t> bytes = make();
  const std::uint64_t hash = std::hash<std::string_view>{}({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  const auto [first, last] = by_hash_.equal_range(hash);
  for (auto it = first; it != last; ++it) {
    const auto [offset, size] = it->second;
    if (size == bytes.size() && std::equal(bytes.begin(), bytes.end(), constants_.begin() + offset)) return offset;
  }
  constants_.resize((constants_.size() + kAlign - 1) / kAlign * kAlign);
  if (constants_.size() + bytes.size() > std::numeric_limits<std::uint32_t>::max()) {
    throw UserError(404, "node '" + name_ + "': the network's constants exceed the 4 GiB of a DRAM region");
  }
  const auto offset = static_cast<std::uint32_t>(constants_.size());
  constants_.insert(constants_.end(), bytes.begin(), bytes.end());
  by_hash_.emplace(hash, std::make_pair(offset, bytes.size()));
  return offset;
}

/// No channel may hold more tokens than it has room for.
void Builder::bound_tokens() {
  for (unsigned from = 0; from < isa::kEngines; ++from) {
    for (unsigned to = 0; to < isa::kEngines; ++to) {
      const std::int64_t signal = std::int64_t{1} << to, wait = std::int64_t{1} << from;
      std::vector<Token> tokens;
      std::size_t taken = 0;
      for (std::uint32_t i = 0; i < code_.size(); ++i) {
        isa::Instruction& code = code_[i];
        const unsigned engine = isa::engine_of(code);
        if (engine == to && (code.get(wait_field()) & wait) != 0) tokens[taken++].taker = i;
        if (engine == from && (code.get(signal_field()) & signal) != 0) tokens.push_back({i, 0});
      }
      for (const Token& t : spare_tokens(tokens, kMaxTokens)) {
        clear(code_[t.sender], signal_field(), signal);
        clear(code_[t.taker], wait_field(), wait);
      }
    }
  }
}

void Builder::end_segment(Program& program) {
  if (code_.empty()) return;
  bound_tokens();
  code_.push_back(isa::encode(isa::End{}));
  map_.push_back(InstructionInfo{});
  program.code.insert(program.code.end(), code_.begin(), code_.end());
  program.map.insert(program.map.end(), map_.begin(), map_.end());
  code_.clear();
  map_.clear();
  dependencies_ = Dependencies();
}

void Builder::finish(Program& program) {
  end_segment(program);
  program.weights = std::move(constants_);
}

}  // namespace e8::compile
