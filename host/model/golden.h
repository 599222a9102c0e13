// The golden model: runs an integer network with emu/ops, one image at a time. Re-entrant; run images in parallel.
#pragma once

#include <vector>

#include "host/model/int_net.h"

namespace e8::model {

/// Every tensor of the network by its index; tensors that no node writes (except the input) stay empty.
/// Throws UserError 290 when `input` has not the shape of the network's input tensor, 190 naming the node when its
/// parameters or its tensors' shapes are impossible, and 191 naming the node when an accumulator overflows.
std::vector<ops::Tensor> run_golden(const IntNet& net, const ops::Tensor& input);

/// Only the output tensors, in the order of net.outputs; the others are given back as soon as their last reader has
/// run. Throws as run_golden.
std::vector<ops::Tensor> run_golden_outputs(const IntNet& net, const ops::Tensor& input);

/// One node on its inputs, as golden model and CPU compute it. Throws UserError 190 and 191.
ops::Tensor run_node(const IntNode& node, const std::vector<const ops::Tensor*>& inputs);

/// The first output.
ops::Tensor run_golden_output(const IntNet& net, const ops::Tensor& input);

}  // namespace e8::model
