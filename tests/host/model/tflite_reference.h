// A plain interpreter of TFLite int8 models, for tests only: loops over [h][w][c] and gemmlowp's two functions, written
// from numerics.md 5 without emu/ and without the importer's parameters (it reads the file's scales itself).
#pragma once

#include <cstdint>
#include <vector>

#include "host/model/tflite_model.h"

namespace e8::test {

/// Values of every tensor that an operator writes, by tensor index, up to SOFTMAX; others are empty. Throws
/// std::runtime_error on an operator it does not know.
std::vector<std::vector<std::int8_t>> run_tflite(const model::tflite::Model& model,
                                                 const std::vector<std::int8_t>& input);

}  // namespace e8::test
