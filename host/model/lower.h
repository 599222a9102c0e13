// From a quantized graph to the integer network: scales become multipliers and shifts, once, for every machine.
#pragma once

#include <string>

#include "host/model/graph.h"
#include "host/model/int_net.h"
#include "host/model/metadata.h"

namespace e8::model {

/// Scheme, tie rule, preprocessing and labels come from graph.metadata (host/model/metadata.h); `reading`: of a file
/// that another tool has made. Every hardware limit of numerics.md (shift ranges, accumulator bound, multiplier width)
/// is checked. Throws UserError: 120 not quantized (names the first float tensor), 121 a limit of the arithmetic is
/// broken (node, field, value, range), 122 metadata missing or not understood.
IntNet lower(const Graph& graph, const Reading& reading = {});

/// A quantized ONNX model (read_onnx, then lower) or, by its content, a TFLite int8 model (read_tflite).
IntNet read_int_net(const std::string& path, const Reading& reading = {});

}  // namespace e8::model
