// Networks on golden model, emulator and RTL in lockstep, through the same code as `exact8 verify`.
#pragma once

#include <cstdint>
#include <string>

#include "host/cli/verify.h"
#include "tests/cosim/bench.h"
#include "tests/host/net_builder.h"

namespace e8::test {

/// What a network's last node is, from its numbers: conv_5x7x9_k3_o17_s2_p1. A test cannot be named other than it is.
std::string describe(const model::IntNet& net);

/// Compiles the network for the build, runs random pictures on golden model, emulator and RTL, and fails the test where
/// a tensor or an event differs, or none was compared. Adds what was compared to `total`.
void expect_net_equal(const model::IntNet& net, const Build& build, sim::StallMode stalls, std::uint64_t seed,
                      cli::VerifyResult* total, const compile::Options& options = {});
/// The same for these pictures.
void expect_subject_equal(const cli::Subject& subject, const cli::Inputs& inputs, const Build& build,
                          sim::StallMode stalls, std::uint64_t seed, cli::VerifyResult* total);

/// Fails unless compiling is refused with this error, which names a node.
void expect_refused(const model::IntNet& net, const isa::Config& config, int error = 401);

/// Prints the counts and fails when one of them is zero.
void expect_compared(const cli::VerifyResult& total);

}  // namespace e8::test
