// Instructions, registers, errors and configurations as C++, made from the .def lists beside this file.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace e8::isa {

// ---------------------------------------------------------------------------------------------- lists

enum class Opcode : std::uint8_t {
#define OPCODE(name, code, text) k##name = code,
#include "emu/isa/instructions.def"
};

enum class Error : std::uint8_t {
#define ERR(name, code, text) k##name = code,
#include "emu/isa/errors.def"
};
/// "ADDR_FEATURE"; "?" for a code that is not in the list.
const char* error_name(Error e);
/// The sentence beside it in errors.def.
const char* error_text(Error e);

/// Register byte offsets: reg::STATUS and so on.
namespace reg {
#define REG(name, offset, access, reset, text) inline constexpr std::uint32_t name = offset;
#include "emu/isa/registers.def"
}  // namespace reg
/// Register fields: regfield::STATUS_busy.lsb, .width.
struct RegField {
  unsigned lsb, width;
  constexpr std::uint32_t get(std::uint32_t word) const {
    return (word >> lsb) & ((width == 32 ? 0u : 1u << width) - 1u);
  }
  constexpr std::uint32_t put(std::uint32_t value) const { return value << lsb; }
};
namespace regfield {
#define RFIELD(reg, name, lsb, width, text) inline constexpr RegField reg##_##name{lsb, width};
#include "emu/isa/registers.def"
}  // namespace regfield

/// One field of an instruction, as a row of instructions.def.
struct FieldInfo {
  const char* group;  ///< opcode name, "COMMON" or "GEOMETRY"
  const char* name;
  unsigned lsb, width;
  bool is_signed;
  const char* text;
};
/// All rows, in file order.
const std::vector<FieldInfo>& all_fields();
/// The fields an opcode has (COMMON, GEOMETRY where it applies, and its own).
std::vector<FieldInfo> fields_of(Opcode op);
/// Name of an opcode, or nullopt when the value is none.
std::optional<std::string_view> opcode_name(unsigned code);

/// FNV-1a over the canonical text of instructions.def, registers.def and errors.def lists (names, positions, codes; not
/// prose). The hardware's ISA_HASH register holds the same number.
std::uint32_t isa_hash();

// ---------------------------------------------------------------------------------------------- configuration

/// Build parameters of a machine. Depths in words; see configs.def.
struct Config {
  std::string name;
  unsigned lanes = 1, v = 2;
  unsigned feature_words = 512, weight_words = 256, param_words = 64;
  unsigned drain = 2;
  unsigned axi_bytes = 4;
  unsigned mul_bits = 0;  ///< 0, 24 or 31
  bool double_round = false, tables = false;
  bool small = false;  ///< one instruction at a time: slower, and the same to every program, so == does not look at it

  unsigned weight_word_bytes() const { return v * v; }
  unsigned param_word_bytes() const { return v * 16; }
  unsigned max_steps() const { return 131071 / v; }
  /// Why this is not a legal configuration, or empty.
  std::string problem() const;
  bool operator==(const Config& o) const;
};
const std::vector<Config>& configs();
/// nullptr when there is none of that name.
const Config* find_config(std::string_view name);

// ---------------------------------------------------------------------------------------------- instructions

/// 64 bytes as they lie in memory.
struct Instruction {
  std::array<std::uint8_t, 64> bytes{};
  std::int64_t get(const FieldInfo& f) const;
  /// Throws std::out_of_range naming the field when the value does not fit.
  void put(const FieldInfo& f, std::int64_t value);
  unsigned opcode() const { return bytes[0] & 15u; }
  bool operator==(const Instruction& o) const { return bytes == o.bytes; }
};

enum Engine : unsigned { kLoadEngine = 0, kExecEngine = 1, kStoreEngine = 2, kEngines = 3 };
enum Token : unsigned { kTokenLoad = 1, kTokenExec = 2, kTokenStore = 4 };
enum Target : unsigned { kTargetFeature = 0, kTargetWeight = 1, kTargetParam = 2, kTargetTable = 3 };
enum Region : unsigned { kRegionWeights = 0, kRegionInput = 1, kRegionOutput = 2, kRegionScratch = 3, kRegions = 4 };

// One struct an opcode, one int32 or int64 member a field, zero by default: Exec{}.n_g and so on.
struct Nop;
struct Load;
struct Shift;
struct Exec;
struct Store;
struct End;

#define E8_MEMBER(name) std::int64_t name = 0;
#define FIELD_COMMON(name)
#define FIELD_NOP(name)
#define FIELD_GEOMETRY(name)
#define FIELD_LOAD(name)
#define FIELD_SHIFT(name)
#define FIELD_EXEC(name)
#define FIELD_STORE(name)
#define FIELD(op, name, lsb, width, sign, text) FIELD_##op(name)

struct Nop {
  std::int64_t wait = 0, signal = 0;
#undef FIELD_NOP
#define FIELD_NOP(name) E8_MEMBER(name)
#include "emu/isa/instructions.def"
#undef FIELD_NOP
#define FIELD_NOP(name)
};
#define FIELD(op, name, lsb, width, sign, text) FIELD_##op(name)
struct Geometry {
#undef FIELD_GEOMETRY
#define FIELD_GEOMETRY(name) E8_MEMBER(name)
#include "emu/isa/instructions.def"
#undef FIELD_GEOMETRY
#define FIELD_GEOMETRY(name)
};
#define FIELD(op, name, lsb, width, sign, text) FIELD_##op(name)
struct Load : Geometry {
  std::int64_t wait = 0, signal = 0;
#undef FIELD_LOAD
#define FIELD_LOAD(name) E8_MEMBER(name)
#include "emu/isa/instructions.def"
#undef FIELD_LOAD
#define FIELD_LOAD(name)
};
#define FIELD(op, name, lsb, width, sign, text) FIELD_##op(name)
struct Shift {
  std::int64_t wait = 0, signal = 0;
#undef FIELD_SHIFT
#define FIELD_SHIFT(name) E8_MEMBER(name)
#include "emu/isa/instructions.def"
#undef FIELD_SHIFT
#define FIELD_SHIFT(name)
};
#define FIELD(op, name, lsb, width, sign, text) FIELD_##op(name)
struct Exec {
  std::int64_t wait = 0, signal = 0;
#undef FIELD_EXEC
#define FIELD_EXEC(name) E8_MEMBER(name)
#include "emu/isa/instructions.def"
#undef FIELD_EXEC
#define FIELD_EXEC(name)
};
struct Store : Geometry {
  std::int64_t wait = 0, signal = 0;
};
struct End {
  std::int64_t wait = 0, signal = 0;
};
#undef FIELD_COMMON
#undef FIELD_NOP
#undef FIELD_GEOMETRY
#undef FIELD_LOAD
#undef FIELD_SHIFT
#undef FIELD_EXEC
#undef FIELD_STORE
#undef E8_MEMBER

/// Throw std::out_of_range naming opcode, field, value and range when a value does not fit its field.
Instruction encode(const Nop& i);
Instruction encode(const Load& i);
Instruction encode(const Shift& i);
Instruction encode(const Exec& i);
Instruction encode(const Store& i);
Instruction encode(const End& i);

/// Undefined unless opcode() matches; check() first when the bytes are not trusted.
Nop decode_nop(const Instruction& i);
Load decode_load(const Instruction& i);
Shift decode_shift(const Instruction& i);
Exec decode_exec(const Instruction& i);
Store decode_store(const Instruction& i);

/// Which engine executes it (NOP: its field). Undefined for END and illegal opcodes.
Engine engine_of(const Instruction& i);

/// The static checks the fetch unit makes (ILLEGAL_OPCODE, ILLEGAL_FIELD; not TOKEN, not the acc_keep chain): kNONE
/// when legal. `why`, when given, gets the field, its value and what is allowed.
Error check(const Instruction& i, const Config& c, std::string* why = nullptr);

/// One line of assembly: "EXEC wait=load n_g=2 ..."; fields that are zero are left out.
std::string disassemble(const Instruction& i);

/// A parameter record (16 bytes) as README.md lays it out.
struct ParamRecord {
  std::int64_t b2 = 0;
  std::uint32_t mp = 1, mn = 1;
  std::uint8_t s = 1;
};
void pack_param(const ParamRecord& p, std::uint8_t out[16]);
ParamRecord unpack_param(const std::uint8_t in[16]);

}  // namespace e8::isa
