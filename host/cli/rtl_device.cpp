// See rtl_device.h.
#include "host/cli/rtl_device.h"

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <vector>

#include "host/model/error.h"

namespace e8::cli {
namespace fs = std::filesystem;

std::string find_plugin(const std::string& config, const std::string& path, bool traced) {
  if (!path.empty()) {
    if (fs::exists(path)) return path;
    throw UserError(602,
                    "--rtl " + path + ": no such file; make it with `make rtl CONFIG=" + config + " OUT=" + path + "`",
                    Exit::kTool);
  }
  const std::string file = config + (traced ? ".trace.so" : ".so");
  std::vector<fs::path> folders;
  if (const char* dir = std::getenv("EXACT8_RTL_DIR")) {
    folders.emplace_back(dir);
  } else {
    std::error_code ignored;
    const fs::path binary = fs::read_symlink("/proc/self/exe", ignored);
    for (fs::path p = binary.parent_path(); !p.empty() && p != p.root_path(); p = p.parent_path()) {
      folders.push_back(p / "rtl");
      folders.push_back(p / "build" / "rtl");
    }
  }
  for (const fs::path& folder : folders) {
    if (fs::is_regular_file(folder / file)) return (folder / file).string();
  }
  throw UserError(602,
                  "no plug-in " + file + " found; make it with `make rtl CONFIG=" + config +
                      (traced ? " TRACE=1" : "") + "`, or set EXACT8_RTL_DIR to the folder that holds it",
                  Exit::kTool);
}

std::string traced_beside(const std::string& path) {
  const fs::path traced = fs::path(path).replace_extension(".trace.so");
  return fs::is_regular_file(traced) ? traced.string() : "";
}

sim::LockstepResult LockstepDevice::result() const {
  sim::LockstepResult last = machine_.result();
  last.counts = counts_;
  return last;
}

bool LockstepDevice::wait_irq() {
  const auto start = std::chrono::steady_clock::now();
  const bool equal = machine_.wait_irq(max_cycles_);
  seconds_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const sim::LockstepCounts& run = machine_.result().counts;
  for (std::size_t s = 0; s < run.events.size(); ++s) counts_.events[s] += run.events[s];
  counts_.values += run.values;
  counts_.accumulators += run.accumulators;
  counts_.after_error += run.after_error;
  return equal;
}

}  // namespace e8::cli
