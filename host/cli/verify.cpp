// See verify.h.
#include "host/cli/verify.h"

#include <fmt/format.h>

#include <atomic>
#include <filesystem>
#include <limits>
#include <mutex>

#include "host/cli/progress.h"
#include "host/cli/rtl_device.h"
#include "host/driver/driver.h"
#include "host/driver/emu_device.h"
#include "host/model/error.h"
#include "host/model/golden.h"
#include "host/model/parallel.h"

namespace e8::cli {
namespace {

using ops::Tensor;
using Tensors = std::vector<Tensor>;  // by index; empty where there is none

constexpr std::uint64_t kCyclesBeside = 20'000'000, kCyclesFactor = 200;  // stalls at their worst cost some 20 times

/// Everything of one picture.
class Picture {
 public:
  Picture(const Subject& subject, const Inputs& inputs, const Expected& expected, std::size_t item)
      : subject_(subject), expected_(expected) {
    failure_.item = item;
    failure_.number = inputs.number(item);
    failure_.picture = inputs.name(item);
    failure_.input = inputs.read(item);
    result.pictures = 1;
  }

  void run_golden() {
    reference_ = model::run_golden(*subject_.net, failure_.input);
    reference_name_ = "golden";
    has_golden_ = true;
    check_expected(reference_);
  }

  void run_emulator() {
    driver::EmuDevice device(program().config, driver::memory_needed(program()));
    driver::Driver d(device, program());
    try {
      d.run(failure_.input);
      check_device(d, "emulator");
      if (failed() && has_golden_) {
        if (const auto birth = find_birth(subject_, failure_.input, reference_)) result.failure->spot = *birth;
      }
    } catch (const machine::Hazard& h) {
      fail_hazard(h.what(), d.first_instruction() + h.later);
    }
  }

  /// `trace`: a file for the waves of the whole run, or empty.
  void run_rtl(const std::shared_ptr<const sim::Plugin>& plugin, const VerifyOptions& options,
               const std::string& trace) {
    sim::LockstepMachine machine(plugin, rtl_options(program(), options, failure_.number));
    if (!trace.empty()) machine.rtl().trace(trace, 0, std::numeric_limits<std::uint64_t>::max());
    LockstepDevice device(machine, cycle_limit(program()));
    try {
      driver::Driver d(device, program());
      if (!run_in_lockstep(d, device)) return;
      result.cycles += d.counters().cycles;
      check_device(d, "RTL");
    } catch (const sim::BusError& e) {
      ++result.differences;
      fail(705, fmt::format("RTL breaks the bus protocol: {}", e.what()), Spot{});
    }
  }

  bool failed() const { return result.failure.has_value(); }
  VerifyResult result;

 private:
  const compile::Program& program() const { return *subject_.program; }
  const Tensors* golden() const { return has_golden_ ? &reference_ : nullptr; }

  /// The first failure of a picture is the one that counts.
  void fail(int id, std::string what, Spot spot) {
    if (failed()) return;
    failure_.id = id;
    failure_.what = std::move(what);
    failure_.spot = std::move(spot);
    for (const auto& [index, array] : expected_.arrays()) {
      failure_.expected.emplace_back(index, expected_.tensor(index, failure_.item));
    }
    result.failure = failure_;
  }

  void fail_hazard(const std::string& what, std::optional<std::uint32_t> instruction) {
    Spot spot;
    spot.instruction = instruction;
    if (instruction && *instruction < program().map.size() && program().map[*instruction].layer >= 0) {
      spot.layer = program().layers.at(static_cast<std::size_t>(program().map[*instruction].layer)).name;
    }
    ++result.differences;
    fail(704, "the program misses a token or drain_wait: " + what, spot);
  }

  /// False when RTL and emulator differed.
  bool run_in_lockstep(driver::Driver& d, const LockstepDevice& device) {
    try {
      d.run(failure_.input);
    } catch (const UserError&) {
      add_events(device.result(), device.seconds());
      if (!fail_lockstep(device.result(), d.first_instruction())) throw;
      return false;
    }
    add_events(device.result(), device.seconds());
    return true;
  }

  /// True when the verdict is a difference. `first`: where the machines' count of instructions begins.
  bool fail_lockstep(sim::LockstepResult r, std::uint32_t first) {
    if (first != 0) r.text += fmt::format(" (instructions counted from {}, behind a node of the CPU)", first);
    switch (r.verdict) {
      case sim::Verdict::kMismatch:
        r.mismatch->instruction += first;
        ++result.differences;
        fail(703, "RTL against emulator: " + r.text, spot_of_mismatch(subject_, *r.mismatch, golden()));
        return true;
      case sim::Verdict::kHazard:
        fail_hazard(r.text, std::nullopt);
        return true;
      case sim::Verdict::kTimeout:
        throw UserError(622, "RTL: " + r.text + "; see where it stands with --wave all", Exit::kInfrastructure);
      case sim::Verdict::kEqual:
      case sim::Verdict::kNothingCompared:
        break;
    }
    return false;
  }

  void add_events(const sim::LockstepResult& r, double seconds) {
    result.events += r.counts.total_events();
    result.event_values += r.counts.values;
    result.accumulators += r.counts.accumulators;
    result.rtl_seconds += seconds;
    ++result.rtl_pictures;
  }

  void check(const Tensor& got, const Tensor& want, int tensor, int id, const std::string& pair) {
    const TensorDiff diff = compare(got, want);
    result.values += diff.values;
    ++result.tensors;
    result.differences += diff.differing;
    if (diff.differing == 0 || failed()) return;
    fail(id,
         fmt::format("{}: {} of {} values of tensor '{}' differ", pair, diff.differing, diff.values,
                     subject_.face.tensors.at(static_cast<std::size_t>(tensor)).name),
         spot_of_tensor(subject_, tensor, diff, golden()));
  }

  void check_expected(const Tensors& tensors) {
    for (const auto& [index, array] : expected_.arrays()) {
      const Tensor& got = tensors.at(static_cast<std::size_t>(index));
      if (got.data.empty()) {
        throw UserError(707, "--expect: tensor '" + subject_.face.tensors[static_cast<std::size_t>(index)].name +
                                 "' does not lie in DRAM in this program; compile it with --keep-all");
      }
      check(got, expected_.tensor(index, failure_.item), index, 702, reference_name_ + " against expected");
    }
  }

  /// The tensors of a device against golden, or, where there is none, what later devices are compared with.
  void check_device(driver::Driver& d, const std::string& name) {
    const bool first = reference_.empty();
    if (first) {
      reference_.resize(program().tensors.size());
      reference_name_ = name;
    }
    for (std::size_t i = 0; i < program().tensors.size(); ++i) {
      if (!program().tensors[i].in_dram) continue;
      const int index = static_cast<int>(i);
      if (first) {
        reference_[i] = d.read_tensor(index);
      } else {
        check(d.read_tensor(index), reference_[i], index, 701, name + " against " + reference_name_);
      }
    }
    if (first) check_expected(reference_);
  }

  const Subject& subject_;
  const Expected& expected_;
  Failure failure_;  ///< of this picture, not yet failed
  Tensors reference_;
  std::string reference_name_;
  bool has_golden_ = false;
};

void add(VerifyResult* total, const VerifyResult& one) {
  total->pictures += one.pictures;
  total->values += one.values;
  total->tensors += one.tensors;
  total->events += one.events;
  total->event_values += one.event_values;
  total->accumulators += one.accumulators;
  total->differences += one.differences;
  total->rtl_pictures += one.rtl_pictures;
  total->rtl_seconds += one.rtl_seconds;
  total->cycles += one.cycles;
  if (one.failure && (!total->failure || one.failure->item < total->failure->item)) total->failure = one.failure;
}

}  // namespace

sim::RtlOptions rtl_options(const compile::Program& program, const VerifyOptions& options, std::size_t number) {
  sim::RtlOptions o;
  o.memory.bytes = driver::memory_needed(program);
  o.memory.stalls = o.register_stalls = options.stalls;
  o.memory.seed = derived_seed(options.seed, 2 * number);
  o.register_seed = derived_seed(options.seed, 2 * number + 1);
  return o;
}

std::uint64_t cycle_limit(const compile::Program& program) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
  if (program.predicted_cycles > (kMost - kCyclesBeside) / kCyclesFactor) return kMost;
  return kCyclesBeside + kCyclesFactor * program.predicted_cycles;
}

VerifyResult verify(const Subject& subject, const Inputs& inputs, const Expected& expected,
                    std::shared_ptr<const sim::Plugin> plugin, const VerifyOptions& options, Progress& progress) {
  VerifyResult total;
  std::mutex total_mutex, rtl_mutex;
  std::atomic<std::size_t> first_failed{inputs.size()};
  model::parallel_for(inputs.size(), options.jobs, [&](std::size_t item) {
    if (item > first_failed) return;
    Picture picture(subject, inputs, expected, item);
    if (options.golden) picture.run_golden();
    if (options.emu && !picture.failed()) picture.run_emulator();
    if (options.rtl && !picture.failed()) {
      std::string trace;
      if (!options.trace_all.empty()) {
        trace = (std::filesystem::path(options.trace_all) / fmt::format("{}.fst", inputs.number(item))).string();
      }
      const std::lock_guard<std::mutex> lock(rtl_mutex);
      picture.run_rtl(plugin, options, trace);
    }
    {
      const std::lock_guard<std::mutex> lock(total_mutex);
      add(&total, picture.result);
      if (picture.failed()) first_failed = std::min(first_failed.load(), item);
    }
    progress.step();
  });
  return total;
}

}  // namespace e8::cli
