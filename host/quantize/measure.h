// What quantization did to a network's tensors.
#pragma once

#include <functional>
#include <vector>

#include "host/quantize/plan.h"
#include "host/quantize/quantize.h"

namespace e8::quantize {

/// Reports on the constants of `quantized` (made from `original` by `plan`) and, by running both on the first
/// kMeasuredPictures pictures, on its activations; worst SQNR first, names break ties.
std::vector<TensorReport> measure(const model::Graph& original, const model::Graph& quantized, const Plan& plan,
                                  const model::Batch& pictures, int threads, const std::function<void(int)>& step);

}  // namespace e8::quantize
