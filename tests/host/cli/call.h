// Runs the command line in this process, with a folder for its files.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "host/cli/app.h"

namespace e8::cli {

struct Call {
  int code = 0;
  std::string out, err;
  nlohmann::json json() const { return nlohmann::json::parse(out); }
};

/// exact8 `words`.
inline Call call(const std::vector<std::string>& words) {
  std::vector<const char*> argv = {"exact8"};
  for (const std::string& w : words) argv.push_back(w.c_str());
  std::ostringstream out, err;
  Call c;
  c.code = run(static_cast<int>(argv.size()), argv.data(), out, err);
  c.out = out.str();
  c.err = err.str();
  return c;
}

/// An empty folder that goes away with the test.
class ScratchFolder {
 public:
  ScratchFolder() {
    const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
    path_ = std::filesystem::temp_directory_path() /
            ("exact8_" + std::to_string(::getpid()) + "_" + test->test_suite_name() + "." + test->name());
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  ~ScratchFolder() { std::filesystem::remove_all(path_); }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  std::string file(const std::string& name) const { return (path_ / name).string(); }
  std::string write(const std::string& name, const std::string& bytes) const {
    std::ofstream(path_ / name, std::ios::binary) << bytes;
    return file(name);
  }
  std::size_t files() const {
    std::size_t n = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(path_)) ++n;
    return n;
  }

 private:
  std::filesystem::path path_;
};

inline std::string fmnist() { return std::string(EXACT8_SOURCE_DIR) + "/models/fmnist.onnx"; }

inline std::string big_endian(std::uint32_t x) {
  std::string s;
  for (int shift = 24; shift >= 0; shift -= 8) s += static_cast<char>(x >> shift);
  return s;
}

/// An IDX file of `n` grey 28x28 pictures: slanted bars, each its own.
inline std::string idx_pictures(std::uint32_t n) {
  std::string s = big_endian(0x803) + big_endian(n) + big_endian(28) + big_endian(28);
  for (std::uint32_t i = 0; i < n; ++i)
    for (std::uint32_t y = 0; y < 28; ++y)
      for (std::uint32_t x = 0; x < 28; ++x) {
        const bool bar = (x + y * (i % 5)) % (5 + i % 7) < 3 + i % 3 && x > i % 9 && y > (i * 3) % 11;
        s += static_cast<char>(bar ? 255 - 7 * (i % 20) : (x * y + i) % 13);
      }
  return s;
}

inline std::string idx_labels(const std::vector<int>& labels) {
  std::string s = big_endian(0x801) + big_endian(static_cast<std::uint32_t>(labels.size()));
  for (const int l : labels) s += static_cast<char>(l);
  return s;
}

}  // namespace e8::cli
