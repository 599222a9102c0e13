// Parsing, and turning every failure into a message with an id and an exit code.
#include "host/cli/app.h"

#include <algorithm>
#include <vector>

#include "emu/isa/isa.h"
#include "emu/machine/machine.h"
#include "host/cli/interrupt.h"
#include "sim/verilated/plugin_loader.h"
#include "sim/verilated/rtl_machine.h"

namespace e8::cli {
namespace {

/// Levenshtein distance.
std::size_t distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

std::vector<std::string> known_words(const CLI::App& app) {
  std::vector<std::string> words;
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; }))
    words.push_back(sub->get_name());
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) words.push_back("--" + name);
  }
  return words;
}

/// " Did you mean --x?", or nothing when no word is near.
std::string suggestion(const CLI::App& app, const std::string& word) {
  std::string best;
  std::size_t best_distance = 4;
  for (const std::string& known : known_words(app)) {
    const std::size_t d = distance(word, known);
    if (d < best_distance) {
      best = known;
      best_distance = d;
    }
  }
  return best.empty() ? "" : " Did you mean " + best + "?";
}

int usage_error(const CLI::App& app, const CLI::ParseError& error, std::ostream& err) {
  const CLI::App* verb = &app;
  for (const CLI::App* sub : app.get_subcommands()) verb = sub;
  std::string hint;
  for (const std::string& word : app.remaining(true)) {
    hint = suggestion(*verb, word.substr(0, word.find('=')));
    if (!hint.empty()) break;
  }
  const std::string name = verb == &app ? "exact8" : "exact8 " + verb->get_name();
  err << "E8-801: " << error.what() << hint << " See " << name << " --help.\n";
  return static_cast<int>(Exit::kInput);
}

std::string version() {
  char hash[9];
  std::snprintf(hash, sizeof hash, "%08x", isa::isa_hash());
  return std::string("exact8 0.1.0, instruction set ") + hash;
}

int parse_and_run(CLI::App& app, int argc, const char* const* argv, Context& context) {
  try {
    app.parse(argc, argv);
    return static_cast<int>(context.code);
  } catch (const CLI::CallForHelp&) {
    const auto subs = app.get_subcommands();
    context.out << (subs.empty() ? app.help() : subs.front()->help());
  } catch (const CLI::CallForVersion&) {
    context.out << version() << '\n';
  } catch (const CLI::ParseError& e) {
    return usage_error(app, e, context.err);
  }
  return static_cast<int>(Exit::kPass);
}

}  // namespace

int run(int argc, const char* const* argv, std::ostream& out, std::ostream& err) {
  Context context{out, err};
  CLI::App app{"exact8: int8 networks on the accelerator, its emulator and its RTL, byte for byte", "exact8"};
  app.require_subcommand(1);
  app.set_version_flag("--version", version());
  for (const auto add : {add_quantize, add_compile, add_run, add_accuracy, add_verify, add_replay, add_explain,
                         add_diff, add_disasm, add_zoo, add_doctor}) {
    add(app, context);
  }
  try {
    return parse_and_run(app, argc, argv, context);
  } catch (const UserError& e) {
    err << e.what() << '\n';
    return static_cast<int>(e.exit_code());
  } catch (const Interrupted&) {
    err << "E8-803: interrupted; nothing half-written was left behind\n";
    return static_cast<int>(Exit::kInterrupted);
  } catch (const sim::PluginError& e) {
    err << "E8-601: " << e.what() << '\n';
    return static_cast<int>(Exit::kTool);
  } catch (const sim::BusError& e) {
    err << "E8-604: the RTL breaks the bus protocol: " << e.what() << '\n';
    return static_cast<int>(Exit::kInfrastructure);
  } catch (const machine::Hazard& e) {
    err << "E8-605: the program misses a token or drain_wait: " << e.what() << '\n';
    return static_cast<int>(Exit::kInput);
  } catch (const std::bad_alloc&) {
    err << "E8-804: out of memory\n";
    return static_cast<int>(Exit::kInfrastructure);
  } catch (const std::exception& e) {
    err << "E8-805: internal error: " << e.what() << "; please report it with the command line\n";
    return static_cast<int>(Exit::kInfrastructure);
  }
}

}  // namespace e8::cli
