// Encoding and decoding of instructions and parameter records, and names of everything.
#include "emu/isa/isa.h"

#include <stdexcept>

#include "emu/isa/spec.h"

namespace e8::isa {
namespace {

constexpr bool kSignU = false, kSignS = true;

std::int64_t get_bits(const Instruction& i, unsigned lsb, unsigned width, bool is_signed) {
  std::uint64_t word = 0;  // width <= 32, so 5 bytes hold it with any alignment
  for (unsigned b = 0; b < 5 && lsb / 8 + b < i.bytes.size(); ++b) {
    word |= std::uint64_t{i.bytes[lsb / 8 + b]} << (8 * b);
  }
  const std::uint64_t mask = (std::uint64_t{1} << width) - 1;
  const std::uint64_t value = (word >> (lsb % 8)) & mask;
  const bool negative = is_signed && (value >> (width - 1)) != 0;
  return static_cast<std::int64_t>(negative ? value | ~mask : value);
}

/// Names the field in the exception when value does not fit.
void put_bits(Instruction& i, const char* group, const char* name, unsigned lsb, unsigned width, bool is_signed,
              std::int64_t value) {
  const std::int64_t span = std::int64_t{1} << width;
  const std::int64_t low = is_signed ? -span / 2 : 0, high = is_signed ? span / 2 - 1 : span - 1;
  if (value < low || value > high) {
    throw std::out_of_range(std::string(group) + "." + name + " = " + std::to_string(value) + " does not fit " +
                            std::to_string(low) + ".." + std::to_string(high));
  }
  for (unsigned b = 0; b < width; ++b) {
    const unsigned at = lsb + b;
    const unsigned bit = static_cast<unsigned>(value >> b) & 1u;
    const unsigned cleared = i.bytes[at / 8] & ~(1u << (at % 8));
    i.bytes[at / 8] = static_cast<std::uint8_t>(cleared | bit << (at % 8));
  }
}

}  // namespace

std::int64_t Instruction::get(const FieldInfo& f) const { return get_bits(*this, f.lsb, f.width, f.is_signed); }
void Instruction::put(const FieldInfo& f, std::int64_t value) {
  put_bits(*this, f.group, f.name, f.lsb, f.width, f.is_signed, value);
}

const std::vector<FieldInfo>& all_fields() { return spec().fields; }

std::vector<FieldInfo> fields_of(Opcode op) {
  const auto name = opcode_name(static_cast<unsigned>(op));
  return name ? fields_of(spec(), std::string(*name)) : std::vector<FieldInfo>{};
}

std::optional<std::string_view> opcode_name(unsigned code) {
  for (const OpcodeRow& o : spec().opcodes) {
    if (o.code == code) return o.name;
  }
  return std::nullopt;
}

const char* error_name(Error e) {
  for (const ErrorRow& r : spec().errors) {
    if (r.code == static_cast<unsigned>(e)) return r.name;
  }
  return "?";
}
const char* error_text(Error e) {
  for (const ErrorRow& r : spec().errors) {
    if (r.code == static_cast<unsigned>(e)) return r.text;
  }
  return "?";
}

std::uint32_t isa_hash() {
  static const std::uint32_t h = hash(spec());
  return h;
}

// One pair of functions an opcode: PUT and GET expand to a line for each field of the groups that are switched on.
#define FIELD_COMMON(name, lsb, width, sign)
#define FIELD_NOP(name, lsb, width, sign)
#define FIELD_GEOMETRY(name, lsb, width, sign)
#define FIELD_LOAD(name, lsb, width, sign)
#define FIELD_SHIFT(name, lsb, width, sign)
#define FIELD_EXEC(name, lsb, width, sign)
#define E8_PUT(name, lsb, width, sign) put_bits(w, kOp, #name, lsb, width, kSign##sign, i.name);
#define E8_GET(name, lsb, width, sign) i.name = get_bits(w, lsb, width, kSign##sign);

namespace {

/// COMMON: an instruction with its opcode, wait and signal.
template <typename T>
Instruction begin(Opcode op, const char* kOp, const T& tokens) {
  struct Common {
    std::int64_t opcode, wait, signal;
  };
  const Common i{static_cast<std::int64_t>(op), tokens.wait, tokens.signal};
  Instruction w;
#undef FIELD_COMMON
#define FIELD_COMMON E8_PUT
#define FIELD(op, name, lsb, width, sign, text) FIELD_##op(name, lsb, width, sign)
#include "emu/isa/instructions.def"
#undef FIELD_COMMON
#define FIELD_COMMON(name, lsb, width, sign)
  return w;
}
template <typename T>
T begin(const Instruction& w) {
  struct : T {
    std::int64_t opcode;
  } i;
#undef FIELD_COMMON
#define FIELD_COMMON E8_GET
#define FIELD(op, name, lsb, width, sign, text) FIELD_##op(name, lsb, width, sign)
#include "emu/isa/instructions.def"
#undef FIELD_COMMON
#define FIELD_COMMON(name, lsb, width, sign)
  return i;
}

void put_geometry(Instruction& w, const char* kOp, const Geometry& i) {
#undef FIELD_GEOMETRY
#define FIELD_GEOMETRY E8_PUT
#define FIELD(op, name, lsb, width, sign, text) FIELD_##op(name, lsb, width, sign)
#include "emu/isa/instructions.def"
}
void get_geometry(const Instruction& w, Geometry& i) {
#undef FIELD_GEOMETRY
#define FIELD_GEOMETRY E8_GET
#define FIELD(op, name, lsb, width, sign, text) FIELD_##op(name, lsb, width, sign)
#include "emu/isa/instructions.def"
#undef FIELD_GEOMETRY
#define FIELD_GEOMETRY(name, lsb, width, sign)
}

}  // namespace

Instruction encode(const Nop& i) {
  constexpr const char* kOp = "NOP";
  Instruction w = begin(Opcode::kNOP, kOp, i);
#undef FIELD_NOP
#define FIELD_NOP E8_PUT
#define FIELD(op, name, lsb, width, sign, text) FIELD_##op(name, lsb, width, sign)
#include "emu/isa/instructions.def"
  return w;
}
Nop decode_nop(const Instruction& w) {
  Nop i = begin<Nop>(w);
#undef FIELD_NOP
#define FIELD_NOP E8_GET
#define FIELD(op, name, lsb, width, sign, text) FIELD_##op(name, lsb, width, sign)
#include "emu/isa/instructions.def"
#undef FIELD_NOP
#define FIELD_NOP(name, lsb, width, sign)
  return i;
}

Instruction encode(const Load& i) {
  constexpr const char* kOp = "LOAD";
  Instruction w = begin(Opcode::kLOAD, kOp, i);
  put_geometry(w, kOp, i);
#undef FIELD_LOAD
#define FIELD_LOAD E8_PUT
#define FIELD(op, name, lsb, width, sign, text) FIELD_##op(name, lsb, width, sign)
#include "emu/isa/instructions.def"
  return w;
}
Load decode_load(const Instruction& w) {
  Load i = begin<Load>(w);
  get_geometry(w, i);
#undef FIELD_LOAD
#define FIELD_LOAD E8_GET
#define FIELD(op, name, lsb, width, sign, text) FIELD_##op(name, lsb, width, sign)
#include "emu/isa/instructions.def"
#undef FIELD_LOAD
#define FIELD_LOAD(name, lsb, width, sign)
  return i;
}

Instruction encode(const Shift& i) {
  constexpr const char* kOp = "SHIFT";
  Instruction w = begin(Opcode::kSHIFT, kOp, i);
#undef FIELD_SHIFT
#define FIELD_SHIFT E8_PUT
#define FIELD(op, name, lsb, width, sign, text) FIELD_##op(name, lsb, width, sign)
#include "emu/isa/instructions.def"
  return w;
}
Shift decode_shift(const Instruction& w) {
  Shift i = begin<Shift>(w);
#undef FIELD_SHIFT
#define FIELD_SHIFT E8_GET
#define FIELD(op, name, lsb, width, sign, text) FIELD_##op(name, lsb, width, sign)
#include "emu/isa/instructions.def"
#undef FIELD_SHIFT
#define FIELD_SHIFT(name, lsb, width, sign)
  return i;
}

Instruction encode(const Exec& i) {
  constexpr const char* kOp = "EXEC";
  Instruction w = begin(Opcode::kEXEC, kOp, i);
#undef FIELD_EXEC
#define FIELD_EXEC E8_PUT
#define FIELD(op, name, lsb, width, sign, text) FIELD_##op(name, lsb, width, sign)
#include "emu/isa/instructions.def"
  return w;
}
Exec decode_exec(const Instruction& w) {
  Exec i = begin<Exec>(w);
#undef FIELD_EXEC
#define FIELD_EXEC E8_GET
#define FIELD(op, name, lsb, width, sign, text) FIELD_##op(name, lsb, width, sign)
#include "emu/isa/instructions.def"
  return i;
}

Instruction encode(const Store& i) {
  Instruction w = begin(Opcode::kSTORE, "STORE", i);
  put_geometry(w, "STORE", i);
  return w;
}
Store decode_store(const Instruction& w) {
  Store i = begin<Store>(w);
  get_geometry(w, i);
  return i;
}

Instruction encode(const End& i) { return begin(Opcode::kEND, "END", i); }

Engine engine_of(const Instruction& i) {
  switch (static_cast<Opcode>(i.opcode())) {
    case Opcode::kNOP:
      return static_cast<Engine>(decode_nop(i).engine);
    case Opcode::kLOAD:
      return kLoadEngine;
    case Opcode::kSTORE:
      return kStoreEngine;
    default:
      return kExecEngine;
  }
}

void pack_param(const ParamRecord& p, std::uint8_t out[16]) {
  const std::uint64_t mask33 = (std::uint64_t{1} << 33) - 1;
  const std::uint64_t mp = p.mp & 0x7fffffffu, mn = p.mn & 0x7fffffffu;
  const std::uint64_t low = (static_cast<std::uint64_t>(p.b2) & mask33) | mp << 33;
  const std::uint64_t high = mn | std::uint64_t{p.s & 63u} << 32;  // bits 64..94 mn, 96..101 s
  for (unsigned b = 0; b < 8; ++b) {
    out[b] = static_cast<std::uint8_t>(low >> (8 * b));
    out[8 + b] = static_cast<std::uint8_t>(high >> (8 * b));
  }
}

ParamRecord unpack_param(const std::uint8_t in[16]) {
  std::uint64_t low = 0, high = 0;
  for (unsigned b = 0; b < 8; ++b) {
    low |= std::uint64_t{in[b]} << (8 * b);
    high |= std::uint64_t{in[8 + b]} << (8 * b);
  }
  ParamRecord p;
  p.b2 = static_cast<std::int64_t>(low << 31) >> 31;
  p.mp = static_cast<std::uint32_t>(low >> 33) & 0x7fffffffu;
  p.mn = static_cast<std::uint32_t>(high) & 0x7fffffffu;
  p.s = static_cast<std::uint8_t>(high >> 32 & 63u);
  return p;
}

}  // namespace e8::isa
