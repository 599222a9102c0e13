// How a quantized model of another tool is to be read; what exact8 has quantized says all this itself.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "host/cli/float_input.h"
#include "host/model/int_net.h"

namespace e8::cli {

/// --scheme, --tie and the preprocessing options of the verbs that read quantized models.
struct NetOptions {
  model::Reading reading;
  PreprocessOptions preprocess;

  void add_to(CLI::App* verb);
  bool empty() const { return reading.empty() && !preprocess.given(); }
  /// Reads an ONNX or TFLite model. Throws UserError 122 and 802 where the file says itself what an option says, and
  /// what reading throws.
  model::IntNet read(const std::string& path) const;
  /// The preprocessing options, for a network that does not say how a picture becomes its input. Throws UserError 802.
  void set_preprocess(model::IntNet* net) const;
};

}  // namespace e8::cli
