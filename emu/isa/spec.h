// The .def lists as data: what isa_hash(), specgen and the list tests walk over.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "emu/isa/isa.h"

namespace e8::isa {

struct OpcodeRow {
  const char* name;
  unsigned code;
  const char* text;
};
struct ErrorRow {
  const char* name;
  unsigned code;
  const char* text;
};
struct RegisterRow {
  const char* name;
  std::uint32_t offset;
  const char* access;  ///< "RO", "RW", "W1C", "WO"
  std::uint32_t reset;
  const char* text;
};
struct RegisterFieldRow {
  const char* reg;
  const char* name;
  unsigned lsb, width;
  const char* text;
};

/// All rows of instructions.def, registers.def and errors.def, in file order.
struct Spec {
  std::vector<OpcodeRow> opcodes;
  std::vector<FieldInfo> fields;
  std::vector<RegisterRow> registers;
  std::vector<RegisterFieldRow> register_fields;
  std::vector<ErrorRow> errors;
};

/// The lists this program was built from.
const Spec& spec();

/// Fields of `opcode` in the order COMMON, GEOMETRY (LOAD and STORE), its own.
std::vector<FieldInfo> fields_of(const Spec& s, const std::string& opcode);

/// What isa_hash() returns, for any lists: FNV-1a (32 bits) over one line a row without its prose.
std::uint32_t hash(const Spec& s);

/// The first rule the lists break (overlapping or misplaced fields, equal names or codes), or empty.
std::string problem(const Spec& s);

/// rtl/exact8_isa.vh.
std::string render_verilog(const Spec& s);
/// docs/isa.md.
std::string render_markdown(const Spec& s);

}  // namespace e8::isa
