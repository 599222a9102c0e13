// See failure_folder.h.
#include "host/cli/failure_folder.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <filesystem>

#include "host/cli/app.h"
#include "host/cli/rtl_device.h"
#include "host/driver/driver.h"
#include "host/model/error.h"
#include "host/model/files.h"

namespace e8::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

constexpr int kSchema = 1;
constexpr std::uint64_t kCyclesBefore = 500, kCyclesAfter = 50;

/// Of everything that decides what happens.
std::uint32_t fingerprint(const std::string& program, const Failure& f, const VerifyOptions& o) {
  const auto more = [](uLong sum, const void* data, std::size_t bytes) {
    return crc32_z(sum, static_cast<const Bytef*>(data), bytes);
  };
  uLong sum = more(0, program.data(), program.size());
  sum = more(sum, f.input.data.data(), f.input.data.size());
  const std::string rest =
      fmt::format("{} {} {} {} {} {} {}", f.id, f.number, o.golden, o.emu, o.rtl, static_cast<int>(o.stalls), o.seed);
  return static_cast<std::uint32_t>(more(sum, rest.data(), rest.size()));
}

std::string replay_text(const Replay& r) {
  ordered_json backends = ordered_json::array();
  if (r.options.golden) backends.push_back("golden");
  if (r.options.emu) backends.push_back("emu");
  if (r.options.rtl) backends.push_back("rtl");
  const ordered_json j = {{"schema", kSchema},
                          {"name", r.name},
                          {"model", r.model_file},
                          {"scheme", r.reading.scheme},
                          {"tie", r.reading.tie},
                          {"config", r.config},
                          {"rtl", r.rtl},
                          {"backends", backends},
                          {"stalls", stall_names()[static_cast<std::size_t>(r.options.stalls)]},
                          {"seed", r.options.seed},
                          {"picture", r.picture},
                          {"number", r.number}};
  return json_text(j) + "\n";
}

constexpr char kRepro[] =
    "#!/bin/sh\n"
    "# Makes the failure happen again. EXACT8 names the binary when it is not in the path.\n"
    "exec \"${EXACT8:-exact8}\" replay \"$(dirname \"$0\")\" \"$@\"\n";

/// Time in the trace is half a cycle; the save file shows the window around the marker.
std::string gtkw_text(const isa::Config& c, std::uint64_t cycle) {
  std::string t =
      fmt::format("[*] exact8: cycle {0} is time {1}\n[dumpfile] \"fail.fst\"\n[timestart] {2}\n*-5.000000 {1}", cycle,
                  2 * cycle, 2 * (cycle > 100 ? cycle - 100 : 0));
  for (int i = 0; i < 26; ++i) t += " -1";
  t += "\n@28\nTOP.aclk\nTOP.irq\n";
  const auto group = [&](const std::string& name, const std::vector<std::pair<std::string, unsigned>>& fields) {
    t += fmt::format("@200\n-{}\n@28\nTOP.retire_{}_valid{}\n@22\n", name, name,
                     name == "load" && c.lanes > 1 ? fmt::format("[{}:0]", c.lanes - 1) : "");
    for (const auto& [field, bits] : fields) t += fmt::format("TOP.retire_{}_{}[{}:0]\n", name, field, bits - 1);
  };
  group("exec", {{"kind", 2}, {"instr", 32}, {"addr", 16}, {"data", c.lanes * c.v * 8}, {"acc", c.lanes * c.v * 32}});
  group("load", {{"instr", c.lanes * 32}, {"addr", c.lanes * 16}, {"data", c.lanes * c.v * 8}});
  group("store", {{"instr", 32}, {"addr", 64}, {"data", c.axi_bytes * 8}, {"strb", c.axi_bytes}});
  return t;
}

const ordered_json& member(const ordered_json& j, const char* key, const std::string& file) {
  if (!j.is_object() || !j.contains(key)) throw UserError(710, file + ": has no '" + key + "'");
  return j.at(key);
}

/// A member as T; the JSON library's type error becomes 710.
template <typename T>
T get(const ordered_json& j, const char* key, const std::string& file) {
  const ordered_json& value = member(j, key, file);
  try {
    return value.get<T>();
  } catch (const nlohmann::json::exception&) {
    throw UserError(710, file + ": '" + key + "' is " + value.dump() + ", not what verify writes");
  }
}

void set_backends(const std::vector<std::string>& names, VerifyOptions* o, const std::string& file) {
  o->golden = o->emu = o->rtl = false;
  for (const std::string& name : names) {
    bool* const flag = name == "golden" ? &o->golden : name == "emu" ? &o->emu : name == "rtl" ? &o->rtl : nullptr;
    if (flag == nullptr) throw UserError(710, file + ": backend '" + name + "'; there are golden, emu, rtl");
    *flag = true;
  }
}

}  // namespace

const std::vector<std::string>& stall_names() {
  static const std::vector<std::string> kNames{"none", "random", "worst"};  // in the order of sim::StallMode
  return kNames;
}

std::string write_failure(const std::string& out, const Subject& subject, const Failure& f, const Replay& replay) {
  const std::string program = compile::serialize_program(*subject.program);
  const fs::path folder =
      fs::path(out) / fmt::format("{}.{:08x}", file_name(subject.name), fingerprint(program, f, replay.options));
  std::error_code problem;
  fs::create_directories(folder, problem);
  if (problem)
    throw UserError(711, folder.string() + ": cannot be made (" + problem.message() + ")", Exit::kInfrastructure);
  const auto put = [&](const char* name, const std::string& bytes) {
    model::write_file((folder / name).string(), bytes, 711);
  };
  put(replay.model_file.c_str(), model::read_file(subject.path, 711));
  put("program.e8", program);
  model::write_npy((folder / "input.npy").string(), to_npy(f.input));
  for (const auto& [tensor, values] : f.expected) {
    fs::create_directories(folder / "expected", problem);
    const std::string name = file_name(subject.face.tensors.at(static_cast<std::size_t>(tensor)).name) + ".npy";
    model::write_npy((folder / "expected" / name).string(), to_npy(values));
  }
  put("replay.json", replay_text(replay));
  put("failure.txt", fail_line(subject.name, f.number, f.spot) + "\n" + f.what + "\npicture " + f.picture + "\n");
  put("repro.sh", kRepro);
  fs::permissions(folder / "repro.sh", fs::perms::owner_exec | fs::perms::group_exec | fs::perms::others_exec,
                  fs::perm_options::add, problem);
  return folder.string();
}

Replay read_replay(const std::string& folder) {
  const std::string file = (fs::path(folder) / "replay.json").string();
  const ordered_json j = ordered_json::parse(model::read_file(file, 710), nullptr, false);
  if (j.is_discarded()) throw UserError(710, file + ": not JSON; name a folder that `exact8 verify` wrote");
  if (get<int>(j, "schema", file) != kSchema) throw UserError(710, file + ": written by another version");
  Replay r;
  r.name = get<std::string>(j, "name", file);
  r.model_file = get<std::string>(j, "model", file);
  r.reading.scheme = j.contains("scheme") ? get<std::string>(j, "scheme", file) : "";
  r.reading.tie = j.contains("tie") ? get<std::string>(j, "tie", file) : "";
  r.config = get<std::string>(j, "config", file);
  r.rtl = get<std::string>(j, "rtl", file);
  set_backends(get<std::vector<std::string>>(j, "backends", file), &r.options, file);
  const auto stalls = get<std::string>(j, "stalls", file);
  const auto found = std::find(stall_names().begin(), stall_names().end(), stalls);
  if (found == stall_names().end()) throw UserError(710, file + ": stalls '" + stalls + "'");
  r.options.stalls = static_cast<sim::StallMode>(found - stall_names().begin());
  r.options.seed = get<std::uint64_t>(j, "seed", file);
  r.picture = get<std::string>(j, "picture", file);
  r.number = get<std::size_t>(j, "number", file);
  return r;
}

std::string write_wave(const std::string& folder, const Subject& subject, const Failure& f,
                       const std::string& traced_plugin, const VerifyOptions& options) {
  if (!f.spot.cycle) return "no wave: the difference has no cycle";
  const std::uint64_t cycle = *f.spot.cycle;
  const auto plugin = sim::Plugin::load(traced_plugin);
  if (!plugin->traced()) return "no wave: " + traced_plugin + " is not a traced plug-in";
  sim::RtlMachine machine(plugin, rtl_options(*subject.program, options, f.number));
  machine.trace((fs::path(folder) / "fail.fst").string(), cycle > kCyclesBefore ? cycle - kCyclesBefore : 0,
                cycle + kCyclesAfter);
  RtlDevice device(machine, cycle + kCyclesAfter + 1);
  try {
    driver::Driver(device, *subject.program).run(f.input);
  } catch (const UserError&) {  // it is a failing run: ends by the cycle limit or an error
  } catch (const sim::BusError&) {
  }
  model::write_file((fs::path(folder) / "fail.gtkw").string(), gtkw_text(subject.program->config, cycle), 711);
  return "";
}

}  // namespace e8::cli
