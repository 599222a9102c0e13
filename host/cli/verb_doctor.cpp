// exact8 doctor: what is installed, what is degraded.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "emu/isa/isa.h"
#include "host/cli/app.h"
#include "host/cli/rtl_device.h"

namespace e8::cli {
namespace {
namespace fs = std::filesystem;

struct Tool {
  const char* name;
  const char* without;  ///< what is lost without it
};
constexpr Tool kTools[] = {
    {"verilator", "no new plug-ins: `make rtl` cannot work"},
    {"g++", "no new plug-ins: `make rtl` cannot work"},
    {"ccache", "rebuilds are slower"},
    {"iverilog", "the RTL lint test fails"},
    {"yosys", "no lint, no `make area`"},
    {"nextpnr-ice40", "no iCE40 place and route in `make area`"},
    {"icepack", "no iCE40 bitstream in `make area`"},
    {"clang-format-14", "the format test fails"},
};

std::string find_in_path(const std::string& name) {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    const fs::path file = fs::path(folder) / name;
    if (::access(file.c_str(), X_OK) == 0) return file.string();
  }
  return "";
}

/// Path of a configuration's plug-in when it can be loaded, else why not.
std::pair<bool, std::string> plugin_state(const std::string& config) {
  try {
    const std::string path = find_plugin(config, "");
    sim::Plugin::load(path);
    return {true, path};
  } catch (const std::exception& e) {
    return {false, e.what()};
  }
}

void doctor(Context& context, bool json) {
  nlohmann::ordered_json report;
  std::string text;
  for (const Tool& tool : kTools) {
    const std::string path = find_in_path(tool.name);
    report["tools"][tool.name] = path;
    text += fmt::format("{:<18}{}\n", tool.name, path.empty() ? std::string("missing: ") + tool.without : path);
  }
  for (const isa::Config& config : isa::configs()) {
    const auto [ok, what] = plugin_state(config.name);
    report["plugins"][config.name] = {{"ok", ok}, {"what", what}};
    text += fmt::format("rtl {:<14}{}\n", config.name, what);
  }
  report["isa_hash"] = isa::isa_hash();
  context.result(json, report, text);
}

}  // namespace

void add_doctor(CLI::App& app, Context& context) {
  CLI::App* verb = app.add_subcommand("doctor", "what is installed, what is degraded");
  verb->footer("Example: exact8 doctor");
  auto json = std::make_shared<bool>(false);
  verb->add_flag("--json", *json, "print one JSON object");
  verb->callback([&context, json] { doctor(context, *json); });
}

}  // namespace e8::cli
