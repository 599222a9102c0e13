// See verify_report.h.
#include "host/cli/verify_report.h"

#include <fmt/format.h>

#include <filesystem>

#include "host/cli/interrupt.h"
#include "host/cli/progress.h"
#include "host/cli/rtl_device.h"

namespace e8::cli {
namespace {

using nlohmann::ordered_json;

std::vector<std::string> backend_names(const VerifyOptions& o) {
  std::vector<std::string> names;
  if (o.golden) names.emplace_back("golden");
  if (o.emu) names.emplace_back("emu");
  if (o.rtl) names.emplace_back("rtl");
  return names;
}

double ratio(double a, double b) { return b > 0 ? a / b : 0; }

/// What the RTL runs measured.
struct Rates {
  double cycles_per_picture, utilization, macs_per_second;
};
Rates rates_of(const compile::Program& program, const VerifyResult& r) {
  const double macs = static_cast<double>(useful_macs(program)) * static_cast<double>(r.rtl_pictures);
  const auto cycles = static_cast<double>(r.cycles);
  const double peak = double{1} * program.config.lanes * program.config.v * program.config.v;
  return {ratio(cycles, static_cast<double>(r.rtl_pictures)), ratio(macs, cycles * peak), ratio(macs, r.rtl_seconds)};
}

std::string summary(const Subject& s, const VerifyOptions& o, const VerifyResult& r) {
  const compile::Program& p = *s.program;
  std::string backends;
  for (const std::string& name : backend_names(o)) backends += (backends.empty() ? "" : ", ") + name;
  std::string text = fmt::format(
      "{} ({}), {}: {} pictures on {}: compared {} values in {} tensors and {} retire events: {} differ\n", s.name,
      s.scheme(), p.config.name, r.pictures, backends, r.values, r.tensors, r.events, r.differences);
  if (r.rtl_pictures != 0 && r.cycles != 0) {
    const Rates rates = rates_of(p, r);
    text += fmt::format(
        "  RTL: {:.0f} cycles a picture ({} predicted), {:.1f} % of peak MACs, {:.0f} M useful MAC/s simulated\n",
        rates.cycles_per_picture, p.predicted_cycles, 100 * rates.utilization, rates.macs_per_second / 1e6);
  }
  return text;
}

/// Where a failure lies on disk, and its wave or why there is none.
struct Traces {
  std::string folder, wave_note;
  bool wave = false;
};

std::string fail_text(const Subject& s, const Failure& f, const Traces& t) {
  std::string text = fail_line(s.name, f.number, f.spot) + "\n";
  if (t.folder.empty()) return text;
  text += "  repro: exact8 replay " + t.folder;
  if (t.wave) {
    text += fmt::format("    wave: {0}/fail.fst  (gtkwave {0}/fail.gtkw)", t.folder);
  } else if (!t.wave_note.empty()) {
    text += "    " + t.wave_note;
  }
  return text + "\n";
}

ordered_json failure_json(const Subject& s, const Failure& f, const Traces& t) {
  ordered_json j = {{"id", fmt::format("E8-{}", f.id)},
                    {"line", fail_line(s.name, f.number, f.spot)},
                    {"what", f.what},
                    {"picture", f.picture},
                    {"number", f.number},
                    {"layer", f.spot.layer}};
  if (f.spot.tile) j["tile"] = {f.spot.tile->first, f.spot.tile->second};
  if (f.spot.element) j["element"] = *f.spot.element;
  if (f.spot.got) j["got"] = *f.spot.got;
  if (f.spot.want) j["want"] = *f.spot.want;
  if (f.spot.tie) j["tie"] = *f.spot.tie;
  if (f.spot.instruction) j["instruction"] = *f.spot.instruction;
  if (f.spot.lane) j["lane"] = *f.spot.lane;
  if (f.spot.cycle) j["cycle"] = *f.spot.cycle;
  if (!t.folder.empty()) j["folder"] = t.folder;
  if (t.wave) j["wave"] = t.folder + "/fail.fst";
  return j;
}

Traces keep_failure(const Subject& s, const Failure& f, const std::shared_ptr<const sim::Plugin>& plugin, Replay replay,
                    const ReportOptions& report) {
  Traces t;
  t.folder = report.folder;
  if (t.folder.empty() && !report.out.empty()) {
    replay.name = s.name;
    replay.picture = f.picture;
    replay.number = f.number;
    t.folder = write_failure(report.out, s, f, replay);
  }
  if (t.folder.empty() || report.wave != Wave::kFail || !f.spot.cycle || plugin == nullptr) return t;
  const std::string traced = plugin->traced() ? plugin->path() : traced_beside(plugin->path());
  if (traced.empty()) {
    t.wave_note = "no wave: no traced plug-in; make it with `make rtl CONFIG=" + s.program->config.name + " TRACE=1`";
  } else {
    t.wave_note = write_wave(t.folder, s, f, traced, replay.options);
  }
  t.wave = t.wave_note.empty();
  return t;
}

}  // namespace

ordered_json to_json(const Subject& s, const VerifyOptions& o, const VerifyResult& r) {
  const compile::Program& p = *s.program;
  ordered_json j = {{"verdict", r.differences == 0 && !r.failure ? "pass" : "fail"},
                    {"model", s.path},
                    {"scheme", s.face.scheme},
                    {"tie", s.face.tie},
                    {"config", p.config.name},
                    {"backends", backend_names(o)},
                    {"stalls", stall_names()[static_cast<std::size_t>(o.stalls)]},
                    {"seed", o.seed},
                    {"pictures", r.pictures},
                    {"values", r.values},
                    {"tensors", r.tensors},
                    {"events", r.events},
                    {"event_values", r.event_values},
                    {"accumulators", r.accumulators},
                    {"differences", r.differences},
                    {"macs_per_picture", useful_macs(p)},
                    {"predicted_cycles", p.predicted_cycles}};
  if (o.rtl) {
    const Rates rates = rates_of(p, r);
    j["cycles_per_picture"] = rates.cycles_per_picture;
    j["utilization"] = rates.utilization;
    j["rtl_seconds"] = r.rtl_seconds;
    j["macs_per_second"] = rates.macs_per_second;
    j["cycles_per_second"] = ratio(static_cast<double>(r.cycles), r.rtl_seconds);
  }
  return j;
}

void verify_and_report(Context& context, const Subject& subject, const Inputs& inputs, const Expected& expected,
                       std::shared_ptr<const sim::Plugin> plugin, Replay replay, const ReportOptions& report) {
  const InterruptGuard guard;
  if (report.wave == Wave::kAll) {
    replay.options.trace_all = (std::filesystem::path(report.out) / "waves").string();
    std::filesystem::create_directories(replay.options.trace_all);
  }
  VerifyResult result;
  {
    Progress progress(context.err, "verifying, pictures", inputs.size(), stderr_is_terminal());
    result = verify(subject, inputs, expected, plugin, replay.options, progress);
  }
  ordered_json j = to_json(subject, replay.options, result);
  std::string text = summary(subject, replay.options, result);
  if (result.failure) {
    const Traces traces = keep_failure(subject, *result.failure, plugin, replay, report);
    const std::string line = fail_text(subject, *result.failure, traces);
    j["failure"] = failure_json(subject, *result.failure, traces);
    text = line + "  " + result.failure->what + "\n" + text + line;
    context.err << fmt::format("E8-{}: {}, picture {}\n", result.failure->id, result.failure->what,
                               result.failure->picture);
    context.code = Exit::kMismatch;
  } else if (result.values == 0 && result.events == 0) {
    throw UserError(706, "nothing was compared; name more backends, or --expect", Exit::kNothingCompared);
  } else {
    text += "PASS\n";
  }
  context.result(report.json, j, text);
}

}  // namespace e8::cli
