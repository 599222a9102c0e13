#include "tests/cosim/bench.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <stdexcept>

namespace e8::test {

namespace {

std::string environment(const char* name) {
  const char* text = std::getenv(name);
  return text != nullptr ? text : "";
}

std::string plugin_path(const Build& build) {
  const std::string dir = environment("EXACT8_RTL_DIR");
  return (dir.empty() ? std::string(EXACT8_SOURCE_DIR "/build/rtl") : dir) + "/" + build.name + ".so";
}

/// The plug-in that EXACT8_RTL_PLUGIN names; nullptr without it.
std::shared_ptr<const sim::Plugin> replacement() {
  static const std::shared_ptr<const sim::Plugin> plugin = [] {
    const std::string path = environment("EXACT8_RTL_PLUGIN");
    return path.empty() ? nullptr : sim::Plugin::load(path);
  }();
  return plugin;
}

}  // namespace

const std::vector<Build>& builds() {
  static const std::vector<Build> all = {
      {"nano", "CONFIG=nano"},
      {"tiny", "CONFIG=tiny"},
      {"b512", "CONFIG=b512"},
      {"b4096", "CONFIG=b4096"},
      {"3x4", "LANES=3 V=4 FEATURE=1024 WEIGHT=256 PARAM=64 DRAIN=2 AXI=64 MUL=24"},
  };
  return all;
}

std::shared_ptr<const sim::Plugin> load_plugin(const Build& build) {
  static std::map<std::string, std::shared_ptr<const sim::Plugin>> loaded;
  if (replacement() != nullptr && replacement()->config().name == build.name) return replacement();
  std::shared_ptr<const sim::Plugin>& plugin = loaded[build.name];
  if (plugin != nullptr) return plugin;
  const std::string path = plugin_path(build);
  if (!std::filesystem::exists(path)) {
    throw std::runtime_error(path + " is missing; make it with: make rtl " + build.make);
  }
  plugin = sim::Plugin::load(path);
  return plugin;
}

const char* stall_name(sim::StallMode mode) {
  switch (mode) {
    case sim::StallMode::kNone:
      return "none";
    case sim::StallMode::kRandom:
      return "random";
    case sim::StallMode::kWorst:
      break;
  }
  return "worst";
}

unsigned long_factor() { return environment("EXACT8_LONG").empty() ? 1 : 100; }

Bench::Bench(const Build& build, const sim::RtlOptions& options) : machine(load_plugin(build), options) {}

const sim::LockstepResult& Bench::run(const ProgramBuilder& program, const std::vector<sim::Fault>& faults) {
  program.load_into(machine);
  for (const sim::Fault& f : faults) machine.add_fault(f);
  program.start_on(machine);
  machine.wait_irq(kLimit);
  machine.clear_faults();
  return machine.result();
}

void Bench::reset() {
  machine.write_reg(isa::reg::CONTROL, isa::regfield::CONTROL_soft_reset.put(1));
  for (unsigned i = 0; isa::regfield::STATUS_busy.get(status()) != 0; ++i) {
    if (i == 10000) throw std::runtime_error("a soft reset does not end");
  }
}

std::uint64_t Bench::counter(std::uint32_t low_offset) {
  const std::uint64_t low = machine.read_reg(low_offset);
  return low | std::uint64_t{machine.read_reg(low_offset + 4)} << 32;
}

sim::RtlOptions random_options(Random& random, sim::StallMode stalls, const Layout& layout) {
  sim::RtlOptions o;
  o.memory.bytes = layout.bytes;
  o.memory.stalls = stalls;
  o.memory.seed = random.bits();
  o.memory.read_latency = static_cast<unsigned>(random.range(1, 60));
  o.memory.write_latency = static_cast<unsigned>(random.range(1, 40));
  o.memory.max_reads = static_cast<unsigned>(random.range(1, 16));
  o.memory.max_writes = static_cast<unsigned>(random.range(1, 16));
  if (random.chance(30)) o.memory.bytes_per_cycle = static_cast<unsigned>(random.range(4, 64));
  o.register_stalls = stalls;
  o.register_seed = random.bits();
  return o;
}

void expect_verdict(const sim::LockstepResult& result, const ProgramBuilder& program, std::uint64_t seed,
                    sim::Verdict want) {
  if (result.verdict == want) return;
  ADD_FAILURE() << (result.text.empty() ? "verdict " + std::to_string(static_cast<int>(result.verdict)) : result.text)
                << "\nreplay with EXACT8_SEED=" << seed << "\n"
                << program.text();
}

}  // namespace e8::test
