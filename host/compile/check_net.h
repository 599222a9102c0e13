// Whether an integer network is one: what compile() relies on.
#pragma once

#include <vector>

#include "host/model/int_net.h"

namespace e8::compile {

/// Tensors exist, are computed once and before they are read; shapes follow from the operators; weights and tails have
/// the right sizes and ranges. Throws UserError 190 naming the node, as the golden model does.
/// The node's parameters with inputs of these shapes; returns its result's. Throws std::invalid_argument.
ops::Shape check_node(const model::IntNode& node, const std::vector<ops::Shape>& inputs);

void check_net(const model::IntNet& net);

/// Along one axis: for each output position, how many of the window's taps lie inside the image of `size`.
std::vector<int> taps_inside(int outputs, int size, int kernel, int stride, int dilation, int pad);

}  // namespace e8::compile
