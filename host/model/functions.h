// Activations that are a curve: any int8 -> int8 function is a table, so the accelerator looks their values up.
#pragma once

#include "host/model/graph.h"

namespace e8::model {

/// kSigmoid, kTanh, kHardSigmoid, kHardSwish, kElu.
bool is_function(Op op);

/// The real function of such a node at x, times its factor.
double apply_function(const Node& node, double x);

/// True where the dpu scheme has an integer form of it: HardSwish, and HardSigmoid with slope 1/6 and offset 1/2.
bool has_dpu_form(const Node& node);

}  // namespace e8::model
