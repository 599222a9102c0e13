// TFLite int8 models: scales, zero points and rounding exactly as the TFLite interpreter has them.
//
// The model becomes an integer network directly, under TFLite's double rounding (scheme "tflite", ties "double_round").
// Errors: 140 no TFLite model or a damaged one, 141 its structure (subgraphs, inputs, outputs, state), 142 a type other
// than int8, 143 an operator, 144 shape or option of an operator, 145 scale or zero point, 146 a limit of the
// arithmetic, 147 a tensor that is not there when it is needed. Each names file, operator, tensor and what to do.
#pragma once

#include <string>

#include "host/model/int_net.h"

namespace e8::model {

/// Whether a file is to be read as a TFLite model: by its identifier, or else by its name's end.
bool is_tflite(const std::string& path);

/// Throws UserError 140 to 147.
IntNet read_tflite(const std::string& path);
/// The same from memory; `file` is what messages call it.
IntNet read_tflite(const std::string& bytes, const std::string& file);

}  // namespace e8::model
