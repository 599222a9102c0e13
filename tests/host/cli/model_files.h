// Files that the verbs work on, made once: a quantized model, pictures, a program, and a hand-made program.
#pragma once

#include <gmock/gmock.h>

#include <cstdlib>
#include <optional>

#include "host/compile/program.h"
#include "tests/host/cli/call.h"
#include "tests/host/hand_program.h"

namespace e8::cli {

constexpr int kModelPictures = 6;

/// Everything lies in one folder that goes away with the process.
struct ModelFiles {
  std::string folder, pictures, dpu, scaled, program;  ///< program: dpu for tiny
  static const ModelFiles& get() {
    static const ModelFiles files;
    return files;
  }
  ~ModelFiles() { std::filesystem::remove_all(folder); }

 private:
  ModelFiles() : folder(::testing::TempDir() + "exact8_cli_" + std::to_string(::getpid())) {
    std::filesystem::create_directories(folder);
    pictures = folder + "/pictures";
    std::ofstream(pictures, std::ios::binary) << idx_pictures(kModelPictures);
    dpu = quantized("dpu");
    scaled = quantized("scaled");
    program = folder + "/dpu.e8";
    must(call({"compile", dpu, "--config", "tiny", "-o", program}));
  }
  std::string quantized(const std::string& scheme) const {
    const std::string path = folder + "/" + scheme + ".onnx";
    must(call({"quantize", fmnist(), "--calib", pictures, "--scheme", scheme, "-o", path}));
    return path;
  }
  static void must(const Call& c) {
    if (c.code != 0) throw std::runtime_error(c.err);
  }
};

/// An environment variable while it lives.
class WithVariable {
 public:
  WithVariable(const char* name, const std::string& value) : name_(name) {
    if (const char* was = std::getenv(name)) was_ = was;
    ::setenv(name, value.c_str(), 1);
  }
  ~WithVariable() {
    if (was_) {
      ::setenv(name_, was_->c_str(), 1);
    } else {
      ::unsetenv(name_);
    }
  }
  WithVariable(const WithVariable&) = delete;
  WithVariable& operator=(const WithVariable&) = delete;

 private:
  const char* name_;
  std::optional<std::string> was_;
};

/// The call ended with `code` and its message has `id`.
#define EXPECT_FAILS(result, exit_code, id)                                      \
  do {                                                                           \
    const e8::cli::Call& c_ = (result);                                          \
    EXPECT_EQ(c_.code, exit_code) << c_.out << c_.err;                           \
    EXPECT_THAT(c_.err, ::testing::HasSubstr("E8-" + std::to_string(id) + ":")); \
  } while (false)

}  // namespace e8::cli
