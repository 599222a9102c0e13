// Whether an integer network is one: what compile() relies on.
#pragma once

#include "host/model/int_net.h"

namespace e8::compile {

/// Tensors exist, are computed once and before they are read; shapes follow from the operators; weights and tails have
/// the right sizes and ranges. Throws UserError 190 naming the node, as the golden model does.
void check_net(const model::IntNet& net);

}  // namespace e8::compile
