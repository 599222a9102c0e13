// One line of assembly for an instruction.
#include <cstdio>

#include "emu/isa/isa.h"

namespace e8::isa {
namespace {

std::string engines(std::int64_t mask) {
  std::string s;
  if ((mask & kTokenLoad) != 0) s += "+load";
  if ((mask & kTokenExec) != 0) s += "+exec";
  if ((mask & kTokenStore) != 0) s += "+store";
  return s.substr(1);
}

/// value as people read the field: engines and masks by their bits, the rest as decimal numbers. value is not zero.
std::string operand(const FieldInfo& f, std::int64_t value) {
  const std::string_view name = f.name;
  if (name == "wait" || name == "signal") return engines(value);
  if (name == "lane_mask" || name == "fill_mask") {
    std::array<char, 16> text{};
    std::snprintf(text.data(), text.size(), "0x%x", static_cast<unsigned>(value));
    return text.data();
  }
  return std::to_string(value);
}

}  // namespace

std::string disassemble(const Instruction& i) {
  const auto name = opcode_name(i.opcode());
  if (!name) return "ILLEGAL opcode=" + std::to_string(i.opcode());
  std::string line(*name);
  for (const FieldInfo& f : fields_of(static_cast<Opcode>(i.opcode()))) {
    const std::int64_t value = i.get(f);
    if (value == 0 || std::string_view(f.name) == "opcode") continue;
    line += std::string(" ") + f.name + "=" + operand(f, value);
  }
  return line;
}

}  // namespace e8::isa
