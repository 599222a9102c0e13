// The golden model's convolutions on every path this processor has. Counter MAC/s: useful multiply-accumulates a
// second.
#include <benchmark/benchmark.h>

#include "emu/ops/ops.h"
#include "emu/ops/path.h"
#include "tests/bench/nets.h"

namespace e8::bench {
namespace {

void golden(benchmark::State& state, const Layer& layer, ops::Path path) {
  const ops::ConvParams p = conv_params(layer);
  const ops::Tensor in = input(layer);
  ops::set_path(path);
  for (auto _ : state) benchmark::DoNotOptimize(ops::conv(in, p));
  state.counters["MAC/s"] =
      benchmark::Counter(layer.macs() * static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}

const bool kRegistered = [] {
  for (const Layer& layer : kLayers) {
    for (const ops::Path path : ops::supported_paths()) {
      benchmark::RegisterBenchmark((std::string("golden.") + layer.name + "." + ops::path_name(path)).c_str(),
                                   [&layer, path](benchmark::State& s) { golden(s, layer, path); });
    }
  }
  return true;
}();

}  // namespace
}  // namespace e8::bench
