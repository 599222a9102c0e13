// Compiled layers on the emulator and on every RTL plug-in that is built. Counters: MAC/s (useful multiply-accumulates
// a second of host time), cycles/s (simulated clock), utilization (share of peak MACs, by the machine's own cycle
// counter).
#include <benchmark/benchmark.h>

#include "host/cli/rtl_device.h"
#include "host/compile/compile.h"
#include "host/driver/driver.h"
#include "host/driver/emu_device.h"
#include "sim/lockstep/lockstep_machine.h"
#include "tests/bench/nets.h"

namespace e8::bench {
namespace {

constexpr std::uint64_t kMaxCycles = std::uint64_t{1} << 32;

/// Runs the layer once an iteration and fills the counters.
void measure(benchmark::State& state, const Layer& layer, const compile::Program& program, driver::Device& device) {
  driver::Driver driver(device, program);
  const ops::Tensor in = input(layer);
  std::uint64_t cycles = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(driver.run(in));
    cycles += driver.counters().cycles;
  }
  const double n = static_cast<double>(state.iterations());
  state.counters["MAC/s"] = benchmark::Counter(layer.macs() * n, benchmark::Counter::kIsRate);
  if (cycles == 0) return;  // the emulator has no time
  const isa::Config& c = program.config;
  state.counters["cycles/s"] = benchmark::Counter(static_cast<double>(cycles), benchmark::Counter::kIsRate);
  state.counters["utilization"] = layer.macs() * n / (static_cast<double>(cycles) * c.lanes * c.v * c.v);
}

std::uint64_t memory_bytes(const compile::Program& program) {
  return (driver::memory_needed(program) + 0xFFFF) & ~std::uint64_t{0xFFFF};
}

void emulator(benchmark::State& state, const Layer& layer, const isa::Config& config, bool hazards) {
  const compile::Program program = compile::compile(net(layer), config);
  driver::EmuDevice device(config, memory_bytes(program));
  device.machine().check_hazards(hazards);
  measure(state, layer, program, device);
}

sim::RtlOptions rtl_options(const compile::Program& program) {
  sim::RtlOptions options;
  options.memory.bytes = memory_bytes(program);
  return options;
}

void rtl(benchmark::State& state, const Layer& layer, std::shared_ptr<const sim::Plugin> plugin) {
  const compile::Program program = compile::compile(net(layer), plugin->config());
  sim::RtlMachine machine(std::move(plugin), rtl_options(program));
  cli::RtlDevice device(machine, kMaxCycles);
  measure(state, layer, program, device);
}

void lockstep(benchmark::State& state, const Layer& layer, std::shared_ptr<const sim::Plugin> plugin) {
  const compile::Program program = compile::compile(net(layer), plugin->config());
  sim::LockstepMachine machine(std::move(plugin), rtl_options(program));
  cli::LockstepDevice device(machine, kMaxCycles);  // a difference ends the run as a device that gave up
  measure(state, layer, program, device);
}

using Run = void (*)(benchmark::State&, const Layer&, std::shared_ptr<const sim::Plugin>);

void register_rtl(const char* kind, Run run, const Layer& layer, const std::string& config) {
  benchmark::RegisterBenchmark(
      (std::string(kind) + "." + config + "." + layer.name).c_str(),
      [run, &layer, config](benchmark::State& s) { run(s, layer, sim::Plugin::load(cli::find_plugin(config, ""))); });
}

const bool kRegistered = [] {
  const isa::Config& b4096 = *isa::find_config("b4096");
  for (const Layer& layer : kLayers) {
    for (const bool hazards : {false, true}) {
      benchmark::RegisterBenchmark(
          (std::string("emulator.b4096.") + layer.name + (hazards ? ".hazards" : "")).c_str(),
          [&layer, &b4096, hazards](benchmark::State& s) { emulator(s, layer, b4096, hazards); });
    }
    for (const char* config : {"b512", "b4096", "r4096"}) {
      register_rtl("rtl", rtl, layer, config);
      register_rtl("lockstep", lockstep, layer, config);
    }
  }
  register_rtl("rtl", rtl, kLayers[0], "b1024");
  register_rtl("rtl", rtl, kLayers[0], "tiny");
  return true;
}();

}  // namespace
}  // namespace e8::bench
