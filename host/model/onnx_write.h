// A graph as standard ONNX (opset 13): float, or with QuantizeLinear/DequantizeLinear where it is quantized.
#pragma once

#include <onnx/onnx_pb.h>

#include <string>

#include "host/model/graph.h"

namespace e8::model {

constexpr int kWrittenOpset = 13, kWrittenIr = 7;
constexpr int kHardSwishOpset = 14;  ///< of graphs with HardSwish, which 13 lacks

/// Stored integers are written as they are (int8 weights and biases with their own scales). read_onnx of the result
/// gives an equal graph; only kRequantize nodes that change nothing are lost. Throws std::invalid_argument when a scale
/// is no float32 value or data do not fit their shapes: such a graph is not as graph.h says.
onnx::ModelProto to_onnx(const Graph& graph);

/// to_onnx into a file. Atomic; throws UserError 130.
void write_onnx(const Graph& graph, const std::string& path);

}  // namespace e8::model
