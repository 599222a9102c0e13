// exact8 replay: the failure that verify wrote down, again.
#include <filesystem>

#include "host/cli/app.h"
#include "host/cli/rtl_device.h"
#include "host/cli/verify_report.h"

namespace e8::cli {
namespace {

void run_replay(Context& context, const std::string& folder, bool wave, bool json) {
  const auto in_folder = [&](const std::string& name) { return (std::filesystem::path(folder) / name).string(); };
  const Replay replay = read_replay(folder);
  NetOptions options;
  options.reading = replay.reading;
  Subject subject = read_subject(in_folder(replay.model_file), options);
  subject.name = replay.name;
  subject.program = compile::read_program(in_folder("program.e8"));
  Inputs inputs({in_folder("input.npy")}, subject.face, std::nullopt, std::nullopt);
  inputs.rename(replay.picture, replay.number);
  const bool expects = std::filesystem::exists(in_folder("expected"));
  const Expected expected = expects ? Expected(in_folder("expected"), subject.face, 1) : Expected();
  std::shared_ptr<const sim::Plugin> plugin;
  if (replay.options.rtl) plugin = sim::Plugin::load(find_plugin(replay.config, replay.rtl));
  ReportOptions report;
  report.json = json;
  report.wave = wave ? Wave::kFail : Wave::kNone;
  report.folder = folder;
  verify_and_report(context, subject, inputs, expected, plugin, replay, report);
}

}  // namespace

void add_replay(CLI::App& app, Context& context) {
  CLI::App* verb = app.add_subcommand("replay", "makes a failure happen again from the folder that verify wrote");
  verb->footer("Example: exact8 replay out/fmnist.7f3a9c11");
  struct Arguments {
    std::string folder;
    bool no_wave = false, json = false;
  };
  const auto a = std::make_shared<Arguments>();
  verb->add_option("folder", a->folder, "failure folder")->required();
  verb->add_flag("--no-wave", a->no_wave, "do not write fail.fst");
  verb->add_flag("--json", a->json, "print one JSON object");
  verb->callback([&context, a] { run_replay(context, a->folder, !a->no_wave, a->json); });
}

}  // namespace e8::cli
