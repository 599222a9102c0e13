// From an EXEC event back to the output element it computes.
#include <algorithm>

#include "host/compile/program.h"

namespace e8::compile {
namespace {

bool same_tile(const InstructionInfo& a, const InstructionInfo& b) {
  return a.tile_y == b.tile_y && a.tile_x == b.tile_x;
}

/// On-chip words between output rows of the tile that instruction `index` computes: the STORE that takes it knows.
std::int64_t row_words(const Program& program, std::size_t index) {
  const InstructionInfo& info = program.map[index];
  for (std::size_t i = index + 1; i < program.code.size() && program.map[i].layer == info.layer; ++i) {
    const bool store = program.code[i].opcode() == static_cast<unsigned>(isa::Opcode::kSTORE);
    if (store && same_tile(program.map[i], info)) return isa::decode_store(program.code[i]).f_row;
  }
  return 0;
}

int narrow(std::uint64_t value) { return static_cast<int>(value); }

}  // namespace

Element locate(const Program& program, std::uint32_t index, std::uint64_t n, unsigned lane, unsigned channel) {
  Element e;
  if (index >= program.code.size() || index >= program.map.size()) return e;
  const InstructionInfo& info = program.map[index];
  if (info.layer < 0 || static_cast<std::size_t>(info.layer) >= program.layers.size()) return e;
  e.layer = info.layer;
  e.tile_y = info.tile_y;
  e.tile_x = info.tile_x;
  const int output = program.layers[static_cast<std::size_t>(info.layer)].output;
  const isa::Instruction& code = program.code[index];
  if (code.opcode() != static_cast<unsigned>(isa::Opcode::kEXEC) || output < 0) return e;

  const isa::Exec x = isa::decode_exec(code);
  const auto n_x = static_cast<std::uint64_t>(x.n_x), n_y = static_cast<std::uint64_t>(x.n_y);
  if (n >= n_x * n_y * static_cast<std::uint64_t>(x.n_g)) return e;
  // in the buffer, o_x is the pixels from column to column, o_y the words from row to row
  const std::int64_t row = x.n_y > 1 ? row_words(program, index) : 0;
  const std::int64_t rows_apart = row > 0 ? x.o_y / row : 1;
  const int ly = static_cast<int>(lane) / info.lanes_x, lx = static_cast<int>(lane) % info.lanes_x;
  e.y = info.y0 + ly * info.lane_y + narrow(n / n_x % n_y) * static_cast<int>(rows_apart);
  e.x = info.x0 + lx * info.lane_x + narrow(n % n_x) * static_cast<int>(x.o_x);
  e.c = info.c0 + ly * info.lane_c + (narrow(n / (n_x * n_y)) * static_cast<int>(program.config.v)) +
        static_cast<int>(channel);
  const ops::Shape& shape = program.tensors[static_cast<std::size_t>(output)].shape;
  e.known = e.y < shape.h && e.x < shape.w && e.c < shape.c;
  return e;
}

}  // namespace e8::compile
