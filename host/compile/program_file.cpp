// The program file (.e8). Everything little-endian; host/compile/README.md has the layout.
//
//   magic (8)  version u32  instruction-set hash u32  sections u32  CRC-32 of all of the header but itself u32
//   for each section: tag (4)  CRC-32 u32  offset u64  bytes u64
//   the sections INFO CODE MAP WGHT CPU, one behind the other, up to the end of the file
//
// No byte lies outside a checksum but magic and version, which have one legal value each.
#include <zlib.h>

#include <array>
#include <cstring>

#include "host/compile/cpu_section.h"
#include "host/compile/program.h"
#include "host/compile/program_info.h"
#include "host/model/error.h"
#include "host/model/files.h"

namespace e8::compile {
namespace {

constexpr char kMagic[] =
    "\x89"
    "E8P\r\n\x1a\n";  // as PNG's: shows text-mode copies
constexpr std::size_t kMagicBytes = sizeof kMagic - 1;
constexpr std::uint32_t kVersion = 2;
constexpr std::size_t kHeaderBytes = kMagicBytes + 16, kEntryBytes = 24;
constexpr std::array<const char*, 5> kTags{"INFO", "CODE", "MAP ", "WGHT", "CPU "};
constexpr std::size_t kSectionsAt = kHeaderBytes + kTags.size() * kEntryBytes;
constexpr std::size_t kInstructionBytes = sizeof(isa::Instruction::bytes);
constexpr std::size_t kMapWords = 10;

void put32(std::string* out, std::uint32_t v) {
  for (int i = 0; i < 4; ++i) out->push_back(static_cast<char>(v >> (8 * i) & 0xFF));
}
void put64(std::string* out, std::uint64_t v) {
  put32(out, static_cast<std::uint32_t>(v));
  put32(out, static_cast<std::uint32_t>(v >> 32));
}
std::uint32_t get32(const char* p) {
  std::uint32_t v = 0;
  for (int i = 0; i < 4; ++i) v |= std::uint32_t{static_cast<std::uint8_t>(p[i])} << (8 * i);
  return v;
}
std::uint64_t get64(const char* p) { return get32(p) | std::uint64_t{get32(p + 4)} << 32; }

std::uint32_t crc(const char* data, std::size_t bytes, std::uint32_t start = 0) {
  return static_cast<std::uint32_t>(crc32_z(start, reinterpret_cast<const Bytef*>(data), bytes));
}
/// Of everything before the sections but the checksum itself.
std::uint32_t header_crc(const std::string& file) {
  return crc(file.data() + kHeaderBytes, kSectionsAt - kHeaderBytes, crc(file.data(), kHeaderBytes - 4));
}

std::array<std::int32_t, kMapWords> words_of(const InstructionInfo& i) {
  return {i.layer, i.y0, i.x0, i.c0, i.lane_y, i.lane_x, i.lane_c, i.lanes_x, i.tile_y, i.tile_x};
}

std::string map_bytes(const Program& program) {
  std::string out;
  for (const InstructionInfo& i : program.map) {
    for (const std::int32_t w : words_of(i)) put32(&out, static_cast<std::uint32_t>(w));
  }
  return out;
}

std::string code_bytes(const Program& program) {
  std::string out;
  for (const isa::Instruction& i : program.code) out.append(i.bytes.begin(), i.bytes.end());
  return out;
}

/// The parser: a file's bytes, and the name that messages call it.
class Reader {
 public:
  Reader(const std::string& bytes, std::string name) : bytes_(bytes), name_(std::move(name)) {}

  Program read() {
    check_header();
    find_sections();
    Program p;
    p.isa_hash = isa::isa_hash();
    read_code(&p);
    p.weights.assign(section_[3], section_[3] + size_[3]);
    try {
      read_info(std::string(section_[0], size_[0]), &p);
    } catch (const BadInfo& e) {
      damaged(0, e.what());
    }
    if (p.weights.size() > p.region_bytes[isa::kRegionWeights]) {
      damaged(3, std::to_string(p.weights.size()) + " bytes do not fit the region of " +
                     std::to_string(p.region_bytes[isa::kRegionWeights]));
    }
    read_map(&p);
    try {
      read_cpu(std::string(section_[4], size_[4]), &p);
    } catch (const BadInfo& e) {
      damaged(4, e.what());
    }
    return p;
  }

 private:
  [[noreturn]] void fail(int id, const std::string& what) const { throw UserError(id, name_ + ": " + what); }
  [[noreturn]] void damaged(const std::string& what) const {
    fail(504, what + "; the file is damaged, copy or compile it again");
  }
  [[noreturn]] void damaged(std::size_t section, const std::string& what) const {
    damaged("section " + std::string(kTags[section]) + ": " + what);
  }

  void check_header() const {
    if (bytes_.compare(0, kMagicBytes, kMagic, kMagicBytes) != 0) {
      fail(503, "not an exact8 program; make one with `exact8 compile`");
    }
    if (bytes_.size() < kMagicBytes + 4) damaged("ends inside its header");
    const std::uint32_t version = get32(bytes_.data() + kMagicBytes);
    if (version != kVersion) {
      fail(503, "program file version " + std::to_string(version) + ", this exact8 reads version " +
                    std::to_string(kVersion) + "; compile it again");
    }
    if (bytes_.size() < kSectionsAt) damaged("ends inside its header");
    if (header_crc(bytes_) != get32(bytes_.data() + kHeaderBytes - 4)) damaged("header: the checksum differs");
    const std::uint32_t hash = get32(bytes_.data() + kMagicBytes + 4);
    if (hash != isa::isa_hash()) {
      char text[64];
      std::snprintf(text, sizeof text, "%08x, this exact8 has %08x", hash, isa::isa_hash());
      fail(505, "made for instruction set " + std::string(text) + "; compile it again");
    }
  }

  void find_sections() {
    if (get32(bytes_.data() + kMagicBytes + 8) != kTags.size()) damaged("header: the number of sections is wrong");
    std::uint64_t at = kSectionsAt;
    for (std::size_t s = 0; s < kTags.size(); ++s) {
      const char* entry = bytes_.data() + kHeaderBytes + s * kEntryBytes;
      if (std::memcmp(entry, kTags[s], 4) != 0) damaged(s, "its entry in the header is missing");
      if (get64(entry + 8) != at) damaged(s, "begins at the wrong place");
      const std::uint64_t bytes = get64(entry + 16), left = bytes_.size() - at;
      if (bytes > left)
        damaged(s, "needs " + std::to_string(bytes) + " bytes, the file has " + std::to_string(left) + " more");
      section_[s] = bytes_.data() + at;
      size_[s] = static_cast<std::size_t>(bytes);
      if (crc(section_[s], size_[s]) != get32(entry + 4)) damaged(s, "the checksum differs");
      at += bytes;
    }
    if (at != bytes_.size()) damaged(std::to_string(bytes_.size() - at) + " bytes too many at its end");
  }

  void read_code(Program* p) const {
    if (size_[1] % kInstructionBytes != 0) damaged(1, std::to_string(size_[1]) + " bytes are no whole instructions");
    p->code.resize(size_[1] / kInstructionBytes);
    for (std::size_t i = 0; i < p->code.size(); ++i) {
      std::memcpy(p->code[i].bytes.data(), section_[1] + i * kInstructionBytes, kInstructionBytes);
    }
  }

  void read_map(Program* p) const {
    if (size_[2] != p->code.size() * kMapWords * 4) {
      damaged(2, "does not have one entry for each of " + std::to_string(p->code.size()) + " instructions");
    }
    p->map.resize(p->code.size());
    for (std::size_t i = 0; i < p->map.size(); ++i) {
      std::array<std::int32_t, kMapWords> w;
      for (std::size_t k = 0; k < kMapWords; ++k) {
        w[k] = static_cast<std::int32_t>(get32(section_[2] + (i * kMapWords + k) * 4));
      }
      p->map[i] = {w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7], w[8], w[9]};
      if (w[0] < -1 || w[0] >= static_cast<std::int64_t>(p->layers.size()) || w[7] < 1) {
        damaged(2, "entry " + std::to_string(i) + " names layer " + std::to_string(w[0]) + " and " +
                       std::to_string(w[7]) + " lane columns");
      }
    }
  }

  const std::string& bytes_;
  std::string name_;
  std::array<const char*, kTags.size()> section_{};
  std::array<std::size_t, kTags.size()> size_{};
};

}  // namespace

std::string serialize_program(const Program& program) {
  const std::array<std::string, kTags.size()> sections{write_info(program), code_bytes(program), map_bytes(program),
                                                       std::string(program.weights.begin(), program.weights.end()),
                                                       write_cpu(program)};
  std::string table, body;
  for (std::size_t s = 0; s < kTags.size(); ++s) {
    table += kTags[s];
    put32(&table, crc(sections[s].data(), sections[s].size()));
    put64(&table, kSectionsAt + body.size());
    put64(&table, sections[s].size());
    body += sections[s];
  }
  std::string file(kMagic, kMagicBytes);
  put32(&file, kVersion);
  put32(&file, program.isa_hash);
  put32(&file, static_cast<std::uint32_t>(kTags.size()));
  const std::uint32_t sum = crc(table.data(), table.size(), crc(file.data(), file.size()));
  put32(&file, sum);
  return file + table + body;
}

Program parse_program(const std::string& bytes, const std::string& name) { return Reader(bytes, name).read(); }

void write_program(const Program& program, const std::string& path) {
  model::write_file(path, serialize_program(program), 501);
}

Program read_program(const std::string& path) { return parse_program(model::read_file(path, 502), path); }

}  // namespace e8::compile
