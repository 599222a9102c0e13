// Runs pictures on several machines and compares everything that must be equal.
//
// Golden model: every tensor. Emulator: every tensor that lies in DRAM, with golden. RTL: every retire event with an
// emulator in lockstep, and every tensor in DRAM with golden. The first difference stops.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "host/cli/expected.h"
#include "host/cli/failure.h"
#include "host/cli/subject.h"
#include "sim/verilated/plugin_loader.h"
#include "sim/verilated/rtl_machine.h"

namespace e8::cli {

struct VerifyOptions {
  bool golden = true, emu = true, rtl = false;
  sim::StallMode stalls = sim::StallMode::kNone;
  std::uint64_t seed = 1;  ///< of stalls; a picture's is derived by its number
  int jobs = 1;            ///< threads; the RTL of one picture runs at a time
  std::string trace_all;   ///< a folder: an FST of each RTL run, from a traced plug-in
};

struct VerifyResult {
  std::size_t pictures = 0;
  std::uint64_t values = 0, tensors = 0;  ///< compared
  std::uint64_t events = 0, event_values = 0, accumulators = 0;
  std::uint64_t differences = 0;  ///< values, and events
  std::uint64_t rtl_pictures = 0;
  double rtl_seconds = 0;
  std::uint64_t cycles = 0;  ///< sum over the RTL runs
  std::optional<Failure> failure;
};

class Progress;

/// The memory and stalls of a picture's RTL machine.
sim::RtlOptions rtl_options(const compile::Program& program, const VerifyOptions& options, std::size_t number);
/// More cycles than any run of the program takes that is not stuck.
std::uint64_t cycle_limit(const compile::Program& program);

/// `plugin`: only with options.rtl. Throws Interrupted, what machines throw, and UserError 622 when the RTL neither
/// ends nor fails, 707 when an expected tensor does not lie in DRAM and there is no golden model.
VerifyResult verify(const Subject& subject, const Inputs& inputs, const Expected& expected,
                    std::shared_ptr<const sim::Plugin> plugin, const VerifyOptions& options, Progress& progress);

}  // namespace e8::cli
