// Chooses the fastest path that processor and build can run.
#include "emu/ops/path.h"

#include <algorithm>
#include <atomic>
#include <stdexcept>
#include <string>

#include "emu/ops/kernels/kernels.h"

namespace e8::ops {
namespace {

std::atomic<Path>& current() {
  static std::atomic<Path> chosen{supported_paths().back()};
  return chosen;
}

}  // namespace

const char* path_name(Path p) {
  switch (p) {
    case Path::kReference:
      return "reference";
    case Path::kPortable:
      return "portable";
    case Path::kAvx2:
      return "avx2";
    case Path::kAvx512Vnni:
      return "avx512vnni";
  }
  return "?";
}

const std::vector<Path>& supported_paths() {
  static const std::vector<Path> paths = [] {
    std::vector<Path> found{Path::kReference};
    for (const Path p : {Path::kPortable, Path::kAvx2, Path::kAvx512Vnni}) {
      if (kernels::find(p) != nullptr) found.push_back(p);
    }
    return found;
  }();
  return paths;
}

Path path() { return current().load(std::memory_order_relaxed); }

void set_path(Path p) {
  const std::vector<Path>& paths = supported_paths();
  if (std::find(paths.begin(), paths.end(), p) == paths.end()) {
    throw std::invalid_argument(std::string("path ") + path_name(p) + " is not supported by this processor");
  }
  current().store(p, std::memory_order_relaxed);
}

}  // namespace e8::ops
