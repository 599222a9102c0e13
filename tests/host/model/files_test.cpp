// Whole files: limits, folders, permissions, gzip, atomic writing.
#include "host/model/files.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "host/model/error.h"
#include "tests/host/model/model_builder.h"

namespace e8::model {
namespace {

using ::testing::HasSubstr;

std::string temporary() {
  return (std::filesystem::temp_directory_path() / ("e8_files" + std::to_string(getpid()))).string();
}

TEST(Files, RoundTripAndLimit) {
  const std::string path = temporary(), bytes = std::string("a\0b", 3) + std::string(3 << 20, 'x');
  write_file(path, bytes, 7);
  EXPECT_EQ(read_file(path, 7), bytes);
  EXPECT_EQ(read_gzip(path, 7), bytes);  // not gzip: as it is
  EXPECT_EQ(read_file(path, 7, bytes.size()), bytes);
  std::string message;
  EXPECT_EQ(error_id([&] { read_file(path, 7, bytes.size() - 1); }, &message), 7);
  EXPECT_THAT(message, HasSubstr("larger than"));
  write_file(path, "", 7);
  EXPECT_EQ(read_file(path, 7), "");
  std::filesystem::remove(path);
}

TEST(Files, GzipBombStopsAtTheLimit) {
  // 10 MiB of zeros in about 10 kB, by gzip itself
  const std::string path = temporary() + ".gz";
  ASSERT_EQ(std::system(("head -c 10485760 /dev/zero | gzip > '" + path + "'").c_str()), 0);
  EXPECT_EQ(read_gzip(path, 7, 10485760).size(), 10485760u);
  std::string message;
  EXPECT_EQ(error_id([&] { read_gzip(path, 7, 10485759); }, &message), 7);
  EXPECT_THAT(message, HasSubstr("inflates to more"));
  std::string damaged = read_file(path, 7);
  damaged[damaged.size() - 5] = static_cast<char>(damaged[damaged.size() - 5] + 1);  // the checksum
  write_file(path, damaged, 7);
  EXPECT_EQ(error_id([&] { read_gzip(path, 7); }), 7);
  std::filesystem::remove(path);
}

TEST(Files, Refusals) {
  std::string message;
  EXPECT_EQ(error_id([] { read_file("/nonexistent/file", 9); }, &message), 9);
  EXPECT_THAT(message, HasSubstr("/nonexistent/file: no such file"));
  EXPECT_EQ(error_id([] { read_file("/tmp", 9); }, &message), 9);
  EXPECT_THAT(message, HasSubstr("is a folder"));
  EXPECT_EQ(error_id([] { write_file("/nonexistent/file", "x", 9); }), 9);
}

TEST(Files, FailedWriteLeavesNothingBehind) {
  const std::string folder = temporary() + ".d";
  std::filesystem::create_directories(folder + "/target");  // a folder stands where the file shall go
  EXPECT_EQ(error_id([&] { write_file(folder + "/target", "x", 9); }), 9);
  int entries = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) entries += entry.exists() ? 1 : 0;
  EXPECT_EQ(entries, 1);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace e8::model
