// The compiler's timeline against the RTL's own counter and retire events: whole networks within 3 %, layers of at
// least 10,000 cycles within 5 %.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "host/cli/rtl_device.h"
#include "host/compile/compile.h"
#include "host/driver/driver.h"
#include "tests/cosim/net_bench.h"
#include "tests/host/random_graph.h"

namespace e8::test {
namespace {

/// The cycle of each layer's last architectural write.
class LayerEnds : public sim::RetireSink {
 public:
  explicit LayerEnds(const compile::Program& p) : program_(p), ends_(p.layers.size(), 0) {}
  void on_exec(const sim::ExecRetired& e) override { see(e.instr, e.cycle); }
  void on_load(const sim::LoadRetired& e) override { see(e.instr, e.cycle); }
  void on_shared(const sim::SharedRetired& e) override { see(e.instr, e.cycle); }
  void on_store(const sim::StoreRetired& e) override { see(e.instr, e.cycle); }

  /// What each layer adds to the end of those before it, as in LayerInfo::predicted_cycles.
  std::vector<std::uint64_t> cycles(std::uint64_t total) const {
    const std::uint64_t last = *std::max_element(ends_.begin(), ends_.end());
    std::vector<std::uint64_t> all;
    std::uint64_t now = last - std::min(last, total);
    for (const std::uint64_t end : ends_) {
      all.push_back(end > now ? end - now : 0);
      now = std::max(now, end);
    }
    return all;
  }

 private:
  void see(std::uint32_t instr, std::uint64_t cycle) {
    const auto layer = static_cast<std::size_t>(program_.map[instr].layer);
    ends_[layer] = std::max(ends_[layer], cycle);
  }
  const compile::Program& program_;
  std::vector<std::uint64_t> ends_;
};

double percent_off(std::uint64_t predicted, std::uint64_t real) {
  return 100 * (static_cast<double>(predicted) / static_cast<double>(real) - 1);
}

class TimelineOfRtl : public testing::TestWithParam<std::string> {
 protected:
  /// Returns how many layers were long enough to be compared.
  int expect_close(const model::IntNet& net) {
    const auto plugin = load_plugin({GetParam(), "CONFIG=" + GetParam()});
    const compile::Program p = compile::compile(net, plugin->config());
    sim::RtlOptions options;
    options.memory.bytes = driver::memory_needed(p);
    sim::RtlMachine machine(plugin, options);
    LayerEnds ends(p);
    machine.set_sink(&ends);
    cli::RtlDevice device(machine, std::uint64_t{1} << 32);
    driver::Driver driver(device, p);
    driver.run(ops::Tensor(p.tensors[static_cast<std::size_t>(p.input)].shape));
    const std::uint64_t total = driver.counters().cycles;
    EXPECT_LE(std::abs(percent_off(p.predicted_cycles, total)), 3) << p.predicted_cycles << " for " << total;
    const std::vector<std::uint64_t> cycles = ends.cycles(total);
    int compared = 0;
    for (std::size_t l = 0; l < cycles.size(); ++l) {
      if (cycles[l] < 10000) continue;
      EXPECT_LE(std::abs(percent_off(p.layers[l].predicted_cycles, cycles[l])), 5)
          << p.layers[l].name << " (" << p.layers[l].op << "): " << p.layers[l].predicted_cycles << " for "
          << cycles[l];
      ++compared;
    }
    std::printf("%s: %llu cycles, %+.2f %%, %d layers\n", GetParam().c_str(), static_cast<unsigned long long>(total),
                percent_off(p.predicted_cycles, total), compared);
    return compared;
  }
  const isa::Config& config() const { return *isa::find_config(GetParam()); }
};

/// The first layers of a ResNet: unfolded by LOAD, pooling, a bottleneck with an addition.
TEST_P(TimelineOfRtl, ResNet) {
  NetBuilder b(config(), 1);
  int t = b.max_pool(b.conv(b.input({112, 112, 3}), 64, square_window(7, 2, 3)), square_window(3, 2, 1));
  const int side = b.conv(t, 256, square_window(1));
  t = b.conv(b.conv(t, 64, square_window(1)), 64, square_window(3, 1, 1));
  t = b.add(b.conv(t, 256, square_window(1)), side);
  b.conv(t, 128, square_window(3, 2, 1));
  EXPECT_GE(expect_close(b.take()), 3);
}

/// An inverted residual, most of it through DRAM.
TEST_P(TimelineOfRtl, MobileNet) {
  NetBuilder b(config(), 2);
  const int in = b.conv(b.input({112, 112, 3}), 24, square_window(3, 2, 1));
  const int wide = b.depthwise(b.conv(in, 144, square_window(1)), square_window(3, 1, 1));
  b.depthwise(b.conv(b.add(b.conv(wide, 24, square_window(1)), in), 144, square_window(1)), square_window(3, 2, 1));
  EXPECT_GE(expect_close(b.take()), 3);
}

/// Weights decide: layers of few positions, and fully connected ones.
TEST_P(TimelineOfRtl, Weights) {
  NetBuilder b(config(), 3);
  const int t = b.conv(b.conv(b.input({7, 7, 256}), 320, square_window(3, 1, 1)), 1280, square_window(1));
  b.fully_connected(b.global_avg_pool(t), 500);
  EXPECT_GE(expect_close(b.take()), 2);
}

INSTANTIATE_TEST_SUITE_P(Builds, TimelineOfRtl, testing::Values("b512", "b4096", "r4096"),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace e8::test
