// The program file: what is written is read again, and whatever is damaged is noticed and never crashes.
#include <gmock/gmock.h>
#include <unistd.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "host/compile/program.h"
#include "host/compile/program_info.h"
#include "host/model/error.h"
#include "tests/host/hand_program.h"

namespace e8::testing {
namespace {

using compile::parse_program;
using compile::Program;
using compile::serialize_program;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::size_t kHeader = 24, kEntry = 24, kSections = 5;

Program sample() {
  Program p = hand_made(*isa::find_config("tiny")).program;
  p.labels = {"a shoe",
              "Stra\xC3\x9F"
              "e",
              ""};
  p.tensors.push_back({"on chip", {3, 2, 1}, 1e-7, -128, false, {}});
  p.tensors[1].scale = 0.1;  // not a binary fraction: must come back exactly
  return p;
}

/// The id of the error that `bytes` gives, 0 when it is read.
int error_of(const std::string& bytes, std::string* text = nullptr) {
  try {
    parse_program(bytes, "x.e8");
    return 0;
  } catch (const UserError& e) {
    EXPECT_EQ(e.exit_code(), Exit::kInput);
    EXPECT_THAT(e.what(), HasSubstr("x.e8: "));
    if (text != nullptr) *text = e.what();
    return e.id();
  }
}

void put(std::string* file, std::size_t at, std::uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i)
    (*file)[at + static_cast<std::size_t>(i)] = static_cast<char>(value >> (8 * i) & 0xFF);
}
std::uint64_t get(const std::string& file, std::size_t at, int bytes) {
  std::uint64_t v = 0;
  for (int i = bytes; i-- > 0;) v = v << 8 | static_cast<std::uint8_t>(file[at + static_cast<std::size_t>(i)]);
  return v;
}
std::uint64_t crc(const std::string& bytes) {
  return crc32(crc32(0, nullptr, 0), reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size()));
}

/// Makes all checksums right again, so that what is behind them is reached.
std::string reseal(std::string file) {
  for (std::size_t s = 0; s < kSections; ++s) {
    const std::size_t entry = kHeader + s * kEntry;
    const std::uint64_t offset = get(file, entry + 8, 8), bytes = get(file, entry + 16, 8);
    if (offset <= file.size() && bytes <= file.size() - offset)
      put(&file, entry + 4, crc(file.substr(offset, bytes)), 4);
  }
  put(&file, 20, crc(file.substr(0, 20) + file.substr(kHeader, kSections * kEntry)), 4);
  return file;
}

/// The file with another section `s`, checksums right.
std::string with_section(const std::string& file, std::size_t s, const std::string& bytes) {
  std::string out = file.substr(0, kHeader + kSections * kEntry);
  for (std::size_t k = 0; k < kSections; ++k) {
    const std::size_t entry = kHeader + k * kEntry;
    const std::string old = file.substr(get(file, entry + 8, 8), get(file, entry + 16, 8));
    put(&out, entry + 8, out.size(), 8);
    put(&out, entry + 16, k == s ? bytes.size() : old.size(), 8);
    out += k == s ? bytes : old;
  }
  return reseal(out);
}

TEST(ProgramFile, GivesBackWhatWasWritten) {
  Program p = sample();
  p.preprocess.resize = {40, 50};
  p.preprocess.crop = true;
  const std::string bytes = serialize_program(p);
  const Program q = parse_program(bytes, "x.e8");
  EXPECT_TRUE(q.config == p.config);
  EXPECT_EQ(q.isa_hash, isa::isa_hash());
  EXPECT_EQ(q.code, p.code);
  EXPECT_EQ(q.weights, p.weights);
  EXPECT_EQ(q.labels, p.labels);
  EXPECT_EQ(q.tensors[1].scale, 0.1);
  EXPECT_EQ(q.tensors[2].scale, 1e-7);
  EXPECT_EQ(q.tensors[2].zero_point, -128);
  EXPECT_FALSE(q.tensors[2].in_dram);
  EXPECT_EQ(q.tensors[1].place.row_stride, p.tensors[1].place.row_stride);
  EXPECT_EQ(q.layers[0].macs, p.layers[0].macs);
  EXPECT_EQ(q.map[3].lane_y, 1);
  EXPECT_EQ(q.map.back().layer, -1);
  EXPECT_EQ(q.outputs[0].tail, model::CpuTail::kSoftmax);
  EXPECT_EQ(q.preprocess.stddev, p.preprocess.stddev);
  EXPECT_EQ(q.preprocess.resize, p.preprocess.resize);
  EXPECT_TRUE(q.preprocess.crop);
  EXPECT_EQ(serialize_program(q), bytes) << "every field is written and read";
}

TEST(ProgramFile, ReadsAndWritesFiles) {
  const std::string path = ::testing::TempDir() + "program_" + std::to_string(::getpid()) + ".e8";
  compile::write_program(sample(), path);
  EXPECT_EQ(serialize_program(compile::read_program(path)), serialize_program(sample()));
  std::filesystem::remove(path);
  try {
    compile::read_program(path);
    FAIL() << "read a file that does not exist";
  } catch (const UserError& e) {
    EXPECT_EQ(e.id(), 502);
  }
  try {
    compile::write_program(sample(), "/no/such/folder/x.e8");
    FAIL() << "wrote into a folder that does not exist";
  } catch (const UserError& e) {
    EXPECT_EQ(e.id(), 501);
  }
}

TEST(ProgramFile, NamesThatAreNotUtf8AreKeptReadable) {
  Program p = sample();
  p.tensors[0].name = "conv\xFF";
  EXPECT_THAT(parse_program(serialize_program(p), "x").tensors[0].name, HasSubstr("conv"));
}

TEST(ProgramFile, EveryTruncationIsNoticed) {
  const std::string good = serialize_program(sample());
  for (std::size_t n = 0; n < good.size(); ++n) {
    const int id = error_of(good.substr(0, n));
    ASSERT_TRUE(id == 503 || id == 504) << n << " bytes gave " << id;
    ASSERT_EQ(id == 503, n < 8) << n;
  }
  EXPECT_EQ(error_of(good + '\0'), 504);
}

TEST(ProgramFile, EveryChangedByteIsNoticed) {
  const std::string good = serialize_program(sample());
  for (std::size_t n = 0; n < good.size(); ++n) {
    for (const int flip : {0x01, 0x80, 0xFF}) {
      std::string bad = good;
      bad[n] = static_cast<char>(bad[n] ^ flip);
      const int id = error_of(bad);
      ASSERT_EQ(id, n < 12 ? 503 : 504) << "byte " << n << " ^ " << flip;
    }
  }
}

TEST(ProgramFile, HostileFilesWithRightChecksumsNeverCrash) {
  const std::string good = serialize_program(sample());
  ASSERT_EQ(error_of(reseal(good)), 0);
  for (std::size_t n = 0; n < good.size(); ++n) {
    for (const int flip : {0x01, 0x10, 0x80, 0xFF}) {
      std::string bad = good;
      bad[n] = static_cast<char>(bad[n] ^ flip);
      const int id = error_of(reseal(bad));
      ASSERT_TRUE(id == 0 || (id >= 503 && id <= 505)) << "byte " << n << " ^ " << flip << " gave " << id;
      ASSERT_TRUE(id != 0 || n >= 20) << "byte " << n << " ^ " << flip << " is not noticed";
    }
  }
}

TEST(ProgramFile, LiesAboutLengthsAreNoticed) {
  const std::string good = serialize_program(sample());
  for (std::size_t s = 0; s < kSections; ++s) {
    for (const std::uint64_t value : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1} << 40, ~std::uint64_t{0}}) {
      for (const std::size_t field : {8u, 16u}) {
        std::string bad = good;
        put(&bad, kHeader + s * kEntry + field, value, 8);
        ASSERT_EQ(error_of(reseal(bad)), 504) << "section " << s << " field " << field << " value " << value;
      }
    }
  }
}

TEST(ProgramFile, AnotherInstructionSetOrVersionIsRefusedByName) {
  Program p = sample();
  p.isa_hash ^= 1;
  std::string text;
  EXPECT_EQ(error_of(serialize_program(p), &text), 505);
  EXPECT_THAT(text, HasSubstr("compile it again"));
  std::string file = serialize_program(sample());
  put(&file, 8, 3, 4);
  EXPECT_EQ(error_of(reseal(file), &text), 503);
  EXPECT_THAT(text, HasSubstr("version 3"));
  EXPECT_EQ(error_of("PK\x03\x04 some other file", &text), 503);
  EXPECT_THAT(text, HasSubstr("not an exact8 program"));
}

/// One value of the descriptive section changed: the file is refused and the message names the field.
TEST(ProgramFile, ImpossibleDescriptionsAreNamed) {
  using nlohmann::json;
  struct Case {
    const char* pointer;
    json value;
    const char* says;
  };
  const std::vector<Case> cases{
      {"/config/lanes", 0, "config"},
      {"/config/v", "4", "config.v is \"4\""},
      {"/config/tables", 1, "config.tables is 1"},
      {"/input", 3, "input is 3"},
      {"/outputs/0/tensor", -1, "outputs[0].tensor is -1"},
      {"/outputs/0/tensor", 2, "not in DRAM"},
      {"/outputs", json::array(), "outputs"},
      {"/tensors", json::array(), "tensors"},
      {"/tensors/0/shape", {1, 2}, "tensors[0].shape"},
      {"/tensors/0/shape/1", 0, "tensors[0].shape[1] is 0"},
      {"/tensors/0/shape/0", 1 << 24, "tensors[0].place"},
      {"/tensors/2/shape", {1 << 12, 1 << 12, 1 << 12}, "2^31"},
      {"/tensors/0/scale", 0.0, "tensors[0].scale is 0.0, must be above 0"},
      {"/tensors/0/scale", nullptr, "tensors[0].scale is null"},
      {"/tensors/0/zero_point", 128, "zero_point is 128"},
      {"/tensors/1/place/offset", 1, "tensors[1].place leaves its region"},
      {"/tensors/1/place/row_stride", 4294967296, "row_stride is 4294967296"},
      {"/tensors/1/place/region", 4, "region is 4"},
      {"/tensors/1/place/block", 0, "block is 0"},
      {"/region_bytes/0", 1, "section WGHT"},
      {"/region_bytes/1", 18446744073709551615u, "region_bytes[1]"},
      {"/layers/0/output", 9, "layers[0].output is 9"},
      {"/layers/0/macs", -1, "layers[0].macs is -1"},
      {"/layers", json::array(), "section MAP"},
      {"/tie", "half_down", "tie is \"half_down\", must be one of half_up, half_away, half_even"},
      {"/scheme", 7, "scheme is 7"},
      {"/outputs/0/tail", "argmax", "outputs[0].tail"},
      {"/preprocess/mean", json::array(), "preprocess.mean"},
      {"/preprocess/std/0", 0, "preprocess.std[0]"},
      {"/preprocess/resize", json::array(), "preprocess.resize"},
      {"/preprocess/resize", json{1, 2, 3}, "preprocess.resize"},
      {"/preprocess/resize", json{0}, "preprocess.resize[0]"},
      {"/preprocess/crop", 1, "preprocess.crop"},
      {"/preprocess/bgr", true, "preprocess.bgr"},
      {"/labels/1", 3, "labels[1] is 3"},
  };
  const std::string file = serialize_program(sample());
  for (const Case& c : cases) {
    json info = json::parse(compile::write_info(sample()));
    info[json::json_pointer(c.pointer)] = c.value;
    std::string text;
    EXPECT_EQ(error_of(with_section(file, 0, info.dump()), &text), 504) << c.pointer;
    EXPECT_THAT(text, HasSubstr(c.says)) << c.pointer;
  }
  const json info = json::parse(compile::write_info(sample()));
  for (const auto& [key, value] : info.items()) {
    json less = info;
    less.erase(key);
    std::string text;
    EXPECT_EQ(error_of(with_section(file, 0, less.dump()), &text), 504) << key;
    EXPECT_THAT(text, HasSubstr("has no '" + key + "'"));
  }
  for (const char* text : {"", "{", "[]", "null", "\xFF", "{\"name\":1}"}) {
    EXPECT_EQ(error_of(with_section(file, 0, text)), 504) << text;
  }
  EXPECT_EQ(error_of(with_section(file, 0, std::string(100000, '['))), 504) << "deep nesting";
}

TEST(ProgramFile, CodeAndMapMustFit) {
  const std::string file = serialize_program(sample());
  EXPECT_EQ(error_of(with_section(file, 1, std::string(63, 'x'))), 504);
  std::string text;
  EXPECT_EQ(error_of(with_section(file, 1, std::string(64, 'x')), &text), 504);
  EXPECT_THAT(text, HasSubstr("section MAP "));
  Program p = sample();
  p.map[2].layer = 1;
  EXPECT_EQ(error_of(serialize_program(p), &text), 504);
  EXPECT_THAT(text, HasSubstr("entry 2 names layer 1"));
  p = sample();
  p.map[0].lanes_x = 0;
  EXPECT_EQ(error_of(serialize_program(p)), 504);
}

}  // namespace
}  // namespace e8::testing
