// A graph as standard ONNX (opset 13): float, or with QuantizeLinear/DequantizeLinear where it is quantized.
#pragma once

#include <string>

#include "host/model/graph.h"

namespace e8::model {

/// Stored integers are written as they are (int8 weights and biases with their own scales). read_onnx of the result
/// gives an equal graph. Atomic; throws UserError 130.
void write_onnx(const Graph& graph, const std::string& path);

}  // namespace e8::model
