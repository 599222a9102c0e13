// What quantization did to a network's tensors.
#pragma once

#include <functional>
#include <vector>

#include "host/quantize/plan.h"
#include "host/quantize/quantize.h"

namespace e8::quantize {

/// Reports on the constants of `quantized`, made from those of `stored_from` by `plan`, and, by running `original` and
/// `quantized` on the first kMeasuredPictures pictures, on its activations; worst SQNR first, names break ties. The
/// three have the same nodes; `stored_from` is `original` but for biases that a correction moved.
std::vector<TensorReport> measure(const model::Graph& original, const model::Graph& stored_from,
                                  const model::Graph& quantized, const Plan& plan, const model::Batch& pictures,
                                  int threads, const std::function<void(int)>& step);

}  // namespace e8::quantize
