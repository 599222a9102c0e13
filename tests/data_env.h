// Data sets that are not part of the repository. The environment variable EXACT8_DATA names their folder.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>

namespace e8::testing {

/// Path of a data file, or nullopt when EXACT8_DATA is not set: skip the test then. Throws std::runtime_error when it
/// is set and the file is missing, so that a test that was meant to run cannot pass by not running.
inline std::optional<std::string> data_file(const std::string& relative) {
  const char* root = std::getenv("EXACT8_DATA");
  if (root == nullptr || *root == '\0') return std::nullopt;
  const std::filesystem::path path = std::filesystem::path(root) / relative;
  if (!std::filesystem::exists(path)) throw std::runtime_error("EXACT8_DATA is set, but there is no " + path.string());
  return path.string();
}

}  // namespace e8::testing
