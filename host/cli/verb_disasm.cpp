// exact8 disasm: a program's instructions as text, with the layer and tile each belongs to.
#include <fmt/format.h>

#include <cstring>

#include "host/cli/app.h"
#include "host/compile/program.h"
#include "host/model/files.h"

namespace e8::cli {
namespace {

using nlohmann::ordered_json;

struct Listing {
  std::vector<isa::Instruction> code;
  std::vector<std::string> places;  ///< one an instruction, empty where nothing is known
};

std::string place_of(const compile::Program& p, const compile::InstructionInfo& i) {
  if (i.layer < 0) return "";
  return fmt::format("{} ({},{})", p.layers[static_cast<std::size_t>(i.layer)].name, i.tile_y, i.tile_x);
}

/// An .e8 file, or instructions as they lie in memory.
Listing read_listing(const std::string& path) {
  const std::string bytes = model::read_file(path, 502);
  Listing l;
  if (bytes.compare(0, 4,
                    "\x89"
                    "E8P") == 0 ||
      (path.size() > 3 && path.compare(path.size() - 3, 3, ".e8") == 0)) {
    const compile::Program p = compile::parse_program(bytes, path);
    l.code = p.code;
    for (const compile::InstructionInfo& i : p.map) l.places.push_back(place_of(p, i));
    return l;
  }
  constexpr std::size_t kSize = sizeof(isa::Instruction::bytes);
  if (bytes.empty() || bytes.size() % kSize != 0) {
    throw UserError(506, fmt::format("{}: {} bytes; an .e8 program, or raw instructions of {} bytes each, is needed",
                                     path, bytes.size(), kSize));
  }
  l.code.resize(bytes.size() / kSize);
  for (std::size_t i = 0; i < l.code.size(); ++i) std::memcpy(l.code[i].bytes.data(), bytes.data() + i * kSize, kSize);
  l.places.resize(l.code.size());
  return l;
}

std::string assembly(const isa::Instruction& i) {
  if (isa::opcode_name(i.opcode())) return isa::disassemble(i);
  return fmt::format("no instruction: opcode {}", i.opcode());
}

void run_disasm(Context& context, const std::string& path, bool json) {
  const Listing l = read_listing(path);
  ordered_json all = ordered_json::array();
  std::string text;
  std::size_t bad = 0;
  for (std::size_t i = 0; i < l.code.size(); ++i) {
    const std::string line = assembly(l.code[i]);
    if (!isa::opcode_name(l.code[i].opcode())) ++bad;
    text += fmt::format("{:>6}  {}{}\n", i, line, l.places[i].empty() ? "" : "  ; " + l.places[i]);
    all.push_back({{"index", i}, {"text", line}, {"layer", l.places[i]}});
  }
  context.result(json, {{"file", path}, {"instructions", all}}, text);
  if (bad == 0) return;
  context.err << fmt::format("E8-507: {}: {} of {} are no instructions; the file is no program or damaged\n", path, bad,
                             l.code.size());
  context.code = Exit::kInput;
}

}  // namespace

void add_disasm(CLI::App& app, Context& context) {
  CLI::App* verb = app.add_subcommand("disasm", "prints a program's instructions");
  verb->footer("Example: exact8 disasm fmnist.e8");
  struct Arguments {
    std::string file;
    bool json = false;
  };
  const auto a = std::make_shared<Arguments>();
  verb->add_option("file", a->file, "a compiled program (.e8), or raw instructions of 64 bytes")->required();
  verb->add_flag("--json", a->json, "print one JSON object");
  verb->callback([&context, a] { run_disasm(context, a->file, a->json); });
}

}  // namespace e8::cli
