// ONNX files into the graph: float models, and quantized ones in QuantizeLinear/DequantizeLinear form, as quantized
// operators, and with the operators of Vitis AI and Quark (README.md).
#pragma once

#include <onnx/onnx_pb.h>

#include <string>

#include "host/model/graph.h"

namespace e8::model {

constexpr int kMinOpset = 7, kMaxOpset = 17;

/// Reads, checks and normalises (graph.h) a model. One input ([N,C,H,W] or [N,K]), one output. Throws UserError:
/// 101 cannot read, 102 not an ONNX model or damaged, 103 opset, 104 operator, 105 attribute, 106 constant data,
/// 107 structure (missing or doubled names, cycles, inputs and outputs), 108 shapes, 109 quantization parameters.
Graph read_onnx(const std::string& path);

/// The same from memory; `file` is the name messages use.
Graph read_onnx(const onnx::ModelProto& model, const std::string& file);

/// The protobuf alone (101, 102).
onnx::ModelProto parse_onnx(const std::string& bytes, const std::string& file);

}  // namespace e8::model
