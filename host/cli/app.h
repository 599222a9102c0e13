// The `exact8` command: parses, wires, calls. Each verb is a file verb_<name>.cpp with one add_ function.
#pragma once

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>

#include "host/model/error.h"

namespace e8::cli {

/// Indented; bytes of a path or name that are not UTF-8 become U+FFFD.
inline std::string json_text(const nlohmann::ordered_json& json) {
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

/// What verbs share: where they write, and the verdict.
struct Context {
  std::ostream& out;  ///< results
  std::ostream& err;  ///< errors and progress
  Exit code = Exit::kPass;
  /// Prints `result` as one JSON object when the verb was asked for --json, else `text`.
  void result(bool as_json, const nlohmann::ordered_json& result, const std::string& text) {
    if (as_json) {
      out << json_text(result) << '\n';
    } else {
      out << text;
    }
  }
};

/// Runs the command line; returns the process exit code. Never throws, never exits.
int run(int argc, const char* const* argv, std::ostream& out, std::ostream& err);

void add_quantize(CLI::App& app, Context& context);
void add_compile(CLI::App& app, Context& context);
void add_run(CLI::App& app, Context& context);
void add_accuracy(CLI::App& app, Context& context);
void add_verify(CLI::App& app, Context& context);
void add_replay(CLI::App& app, Context& context);
void add_explain(CLI::App& app, Context& context);
void add_diff(CLI::App& app, Context& context);
void add_disasm(CLI::App& app, Context& context);
void add_zoo(CLI::App& app, Context& context);
void add_doctor(CLI::App& app, Context& context);

}  // namespace e8::cli
