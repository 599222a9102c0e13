// .npy arrays: NumPy's own files, round trips, damage.
#include "host/model/npy.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <random>

#include "host/model/files.h"
#include "tests/host/model/model_builder.h"

namespace e8::model {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string temporary() {
  return (std::filesystem::temp_directory_path() / (std::to_string(getpid()) + ".npy")).string();
}

std::string file(const std::string& header, const std::string& data, char version = 1) {
  std::string s = std::string("\x93NUMPY") + version + '\0';
  s += static_cast<char>(header.size() & 255);
  s += static_cast<char>(header.size() >> 8);
  if (version == 2) s += std::string(2, '\0');
  return s + header + data;
}

TEST(Npy, RoundTripOfEveryTypeAndRank) {
  const std::string path = temporary();
  for (const auto& [dtype, bytes] : {std::pair{"|i1", 1}, {"|u1", 1}, {"<i4", 4}, {"<i8", 8}, {"<f4", 4}}) {
    for (const auto& shape : {std::vector<std::int64_t>{}, {0}, {5}, {2, 3}, {1, 2, 3, 4}}) {
      Npy a;
      a.shape = shape;
      a.dtype = dtype;
      EXPECT_EQ(a.item_bytes(), static_cast<std::size_t>(bytes));
      a.bytes.resize(a.size() * a.item_bytes());
      for (std::size_t i = 0; i < a.bytes.size(); ++i) a.bytes[i] = static_cast<std::uint8_t>(7 * i);
      write_npy(path, a);
      const Npy b = read_npy(path);
      EXPECT_EQ(b.shape, a.shape);
      EXPECT_EQ(b.dtype, a.dtype);
      EXPECT_EQ(b.bytes, a.bytes);
      EXPECT_EQ((read_file(path, 205).size() - a.bytes.size()) % 64, 0u);
    }
  }
  std::filesystem::remove(path);
}

TEST(Npy, NumpyReadsOursAndWeReadNumpys) {
  const std::string path = temporary();
  Npy a;
  a.shape = {2, 3};
  a.dtype = "|i1";
  a.bytes = {1, 2, 3, 4, 5, 250};
  write_npy(path, a);
  const std::string program =
      "import numpy as n, sys; a = n.load(sys.argv[1]); "
      "assert a.tolist() == [[1, 2, 3], [4, 5, -6]] and a.dtype == n.int8; "
      "n.save(sys.argv[1], (a.astype(n.float32) / 2)[:, :1])";
  ASSERT_EQ(std::system(("/usr/bin/python3 -c '" + program + "' '" + path + "'").c_str()), 0);
  const Npy b = read_npy(path);
  EXPECT_EQ(b.dtype, "<f4");
  EXPECT_THAT(b.shape, ElementsAre(2, 1));
  std::filesystem::remove(path);
}

TEST(Npy, HeaderForms) {
  EXPECT_THAT(parse_npy(file("{'shape':(3,),'descr':'|u1','fortran_order':False}", "abc"), "f").bytes,
              ElementsAre('a', 'b', 'c'));
  EXPECT_THAT(parse_npy(file("{'descr': '|i1', 'fortran_order': False, 'shape': (1, 2), }   \n", "ab", 2), "f").shape,
              ElementsAre(1, 2));
  EXPECT_EQ(parse_npy(file("{'descr': '<i4', 'fortran_order': False, 'shape': ()}", "abcd"), "f").size(), 1u);
}

TEST(Npy, Refusals) {
  const std::string good = "{'descr': '|i1', 'fortran_order': False, 'shape': (2, 2), }\n";
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string s = good;
    return file(s.replace(s.find(from), from.size(), to), "abcd");
  };
  EXPECT_EQ(error_id([&] { parse_npy(file(good, "abcd"), "f"); }), 0);
  std::string ones = "4";
  for (int i = 0; i < 32; ++i) ones += ", 1";
  const std::vector<std::pair<std::string, const char*>> cases = {
      {"", "not a .npy"},
      {"\x93NUMPY", "not a .npy"},
      {"PK\x03\x04", "not a .npy"},
      {file(good, "abcd", 3), "version 3"},
      {file(good, "abc"), "has 3"},
      {file(good, "abcde"), "has 5"},
      {file(good, "abcd").substr(0, 30), "cut off"},
      {with("|i1", "<f8"), "'<f8'"},
      {with("|i1", ">i4"), "'>i4'"},
      {with("False", "True"), "Fortran"},
      {with("(2, 2)", "(2, 2"), "damaged"},
      {with("(2, 2)", "(-2, 2)"), "damaged"},
      {with("(2, 2)", "(99999999999999999999, 2)"), "too large"},
      {with("(2, 2)", "(9999999999, 9999999999, 9999999999, 9999999999)"), "at least"},
      {with("(2, 2)", "()"), "need"},
      {with("'shape'", "'shapes'"), "unknown entry"},
      {with(", 'shape': (2, 2)", ""), "lacks"},
      {with("}", "} x"), "behind"},
      {with("'descr'", "descr"), "damaged"},
      {with("(2, 2)", "(" + ones + ")"), "dimensions"},
  };
  for (const auto& [bytes, says] : cases) {
    std::string message;
    EXPECT_EQ(error_id([&] { parse_npy(bytes, "the file"); }, &message), 205) << says;
    EXPECT_THAT(message, HasSubstr("the file"));
    EXPECT_THAT(message, HasSubstr(says));
  }
  EXPECT_EQ(error_id([] { read_npy("/nonexistent.npy"); }), 205);
  Npy a;
  a.dtype = "|i1";
  a.shape = {1};
  a.bytes = {1};
  EXPECT_EQ(error_id([&] { write_npy("/nonexistent/a.npy", a); }), 206);
  a.bytes = {1, 2};
  EXPECT_THROW(write_npy("/tmp/never.npy", a), std::invalid_argument);
}

TEST(Npy, FlippedAndTruncatedBytes) {
  const std::string good = file("{'descr': '<i4', 'fortran_order': False, 'shape': (2, 3), }\n", std::string(24, 'x'));
  std::mt19937 random(1);
  int refused = 0;
  for (int i = 0; i < 20000; ++i) {
    std::string bytes = good;
    for (unsigned k = 0; k <= random() % 3; ++k) bytes[random() % bytes.size()] = static_cast<char>(random());
    if (i % 4 == 0) bytes.resize(random() % bytes.size());
    try {
      const Npy a = parse_npy(bytes, "f");
      ASSERT_EQ(a.bytes.size(), a.size() * a.item_bytes()) << "seed 1, case " << i;
    } catch (const UserError& e) {
      ASSERT_EQ(e.id(), 205);
      ++refused;
    }
  }
  EXPECT_GT(refused, 10000);
}

}  // namespace
}  // namespace e8::model
