// The compiler: an integer network to a program for one configuration.
#pragma once

#include "host/compile/program.h"
#include "host/model/int_net.h"

namespace e8::compile {

/// Which tensors stay on chip between layers, of those that can.
enum class Keep { kNever, kWhereFaster, kAlways };

struct Options {
  /// Every tensor of the network goes to DRAM, so that all can be compared: no on-chip tensors, no fusion.
  bool keep_all = false;
  Keep on_chip = Keep::kWhereFaster;
  bool cpu = false;  ///< nodes that give error 401 run on the CPU instead (Program::cpu)
};

/// Throws UserError naming node, number and limit: 401 the operator is not in the accelerator, or its arithmetic not in
/// this configuration (no multiplier, no tables, no double rounding), 402 one output vector's K does not fit a memory,
/// 403 a field of an instruction is too small, 404 regions larger than 4 GiB, 405 not a legal configuration.
Program compile(const model::IntNet& net, const isa::Config& config, const Options& options = {});

}  // namespace e8::compile
