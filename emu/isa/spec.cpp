// The .def lists as data, their hash and the rules they keep.
#include "emu/isa/spec.h"

#include <algorithm>
#include <bitset>
#include <set>

namespace e8::isa {
namespace {

constexpr unsigned kInstructionBits = 512;
constexpr bool kSignU = false, kSignS = true;

Spec make_spec() {
  Spec s;
  s.opcodes = {
#define OPCODE(name, code, text) {#name, code, text},
#include "emu/isa/instructions.def"
  };
  s.fields = {
#define FIELD(op, name, lsb, width, sign, text) {#op, #name, lsb, width, kSign##sign, text},
#include "emu/isa/instructions.def"
  };
  s.registers = {
#define REG(name, offset, access, reset, text) {#name, offset, #access, reset, text},
#include "emu/isa/registers.def"
  };
  s.register_fields = {
#define RFIELD(reg, name, lsb, width, text) {#reg, #name, lsb, width, text},
#include "emu/isa/registers.def"
  };
  s.errors = {
#define ERR(name, code, text) {#name, code, text},
#include "emu/isa/errors.def"
  };
  return s;
}

/// Marks [lsb, lsb + width) in `used`; false when it leaves `bits` or a bit was marked before.
bool claim(std::bitset<kInstructionBits>& used, unsigned lsb, unsigned width, unsigned bits) {
  if (width == 0 || lsb + width > bits) return false;
  for (unsigned b = lsb; b < lsb + width; ++b) {
    if (used[b]) return false;
    used.set(b);
  }
  return true;
}

template <typename Row>
std::string duplicate(const std::vector<Row>& rows, const std::string& what) {
  std::set<std::string> names;
  std::set<unsigned> codes;
  for (const Row& r : rows) {
    if (!names.insert(r.name).second) return what + " " + r.name + " is listed twice";
    if (!codes.insert(r.code).second) return what + " " + r.name + " has a code of another";
  }
  return {};
}

std::string instruction_problem(const Spec& s) {
  for (const FieldInfo& f : s.fields) {
    const std::string group = f.group;
    const bool known =
        group == "COMMON" || group == "GEOMETRY" ||
        std::any_of(s.opcodes.begin(), s.opcodes.end(), [&](const OpcodeRow& o) { return group == o.name; });
    if (!known) return "field " + group + "." + f.name + " belongs to no opcode";
    if (f.width > 32) return "field " + group + "." + f.name + " is wider than 32 bits";
  }
  for (const OpcodeRow& o : s.opcodes) {
    if (o.code == 0 || o.code > 15) return std::string("opcode ") + o.name + " does not fit 1..15";
    std::bitset<kInstructionBits> used;
    std::set<std::string> names;
    for (const FieldInfo& f : fields_of(s, o.name)) {
      const std::string full = std::string(o.name) + "." + f.name;
      if (!names.insert(f.name).second) return "field " + full + " is listed twice";
      if (!claim(used, f.lsb, f.width, kInstructionBits))
        return "field " + full + " overlaps another or leaves 512 bits";
    }
  }
  return {};
}

std::string register_problem(const Spec& s) {
  std::set<std::string> names;
  std::set<std::uint32_t> offsets;
  for (const RegisterRow& r : s.registers) {
    const std::string access = r.access;
    if (!names.insert(r.name).second) return std::string("register ") + r.name + " is listed twice";
    if (!offsets.insert(r.offset).second) return std::string("register ") + r.name + " has the offset of another";
    if (r.offset % 4 != 0 || r.offset >= 0x1000) return std::string("register ") + r.name + " has a bad offset";
    if (access != "RO" && access != "RW" && access != "W1C" && access != "WO")
      return "access " + access + " is unknown";
    std::bitset<kInstructionBits> used;
    for (const RegisterFieldRow& f : s.register_fields) {
      if (std::string(f.reg) == r.name && !claim(used, f.lsb, f.width, 32)) {
        return std::string("field ") + r.name + "." + f.name + " overlaps another or leaves 32 bits";
      }
    }
  }
  for (const RegisterFieldRow& f : s.register_fields) {
    if (names.count(f.reg) == 0) return std::string("field ") + f.reg + "." + f.name + " belongs to no register";
  }
  return {};
}

}  // namespace

const Spec& spec() {
  static const Spec s = make_spec();
  return s;
}

std::vector<FieldInfo> fields_of(const Spec& s, const std::string& opcode) {
  const bool moves = opcode == "LOAD" || opcode == "STORE";
  std::vector<FieldInfo> out;
  for (const FieldInfo& f : s.fields) {
    const std::string group = f.group;
    if (group == "COMMON" || group == opcode || (moves && group == "GEOMETRY")) out.push_back(f);
  }
  return out;
}

std::uint32_t hash(const Spec& s) {
  std::uint32_t h = 2166136261u;
  const auto line = [&h](std::initializer_list<std::string> words) {
    for (const std::string& w : words) {
      for (const char c : w + " ") h = (h ^ static_cast<unsigned char>(c)) * 16777619u;
    }
    h = (h ^ static_cast<unsigned char>('\n')) * 16777619u;
  };
  for (const OpcodeRow& o : s.opcodes) line({"OPCODE", o.name, std::to_string(o.code)});
  for (const FieldInfo& f : s.fields) {
    line({"FIELD", f.group, f.name, std::to_string(f.lsb), std::to_string(f.width), f.is_signed ? "S" : "U"});
  }
  for (const RegisterRow& r : s.registers) {
    line({"REG", r.name, std::to_string(r.offset), r.access, std::to_string(r.reset)});
  }
  for (const RegisterFieldRow& f : s.register_fields) {
    line({"RFIELD", f.reg, f.name, std::to_string(f.lsb), std::to_string(f.width)});
  }
  for (const ErrorRow& e : s.errors) line({"ERR", e.name, std::to_string(e.code)});
  return h;
}

std::string problem(const Spec& s) {
  std::string p = duplicate(s.opcodes, "opcode");
  if (p.empty()) p = duplicate(s.errors, "error");
  if (p.empty()) p = instruction_problem(s);
  if (p.empty()) p = register_problem(s);
  return p;
}

}  // namespace e8::isa
