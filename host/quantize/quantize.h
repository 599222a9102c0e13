// Adds scales and stored integers to a float graph: the two schemes of MLPerf v0.7's FPGA submissions.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "host/model/float_ref.h"
#include "host/model/graph.h"
#include "host/model/int_net.h"

namespace e8::quantize {

enum class Scheme {
  kDpu,     ///< Xilinx: per-tensor powers of two for weights, int8 biases and activations (numerics.md 3.1-3.3)
  kScaled,  ///< Zebra: per-channel weights, per-tensor int8 biases and activations, arbitrary scales (3.4)
};
enum class Activations { kDefault, kMax, kPercentile, kMse, kMode };
enum class Weights { kDefault, kMax, kMse };

struct Options {
  Scheme scheme = Scheme::kDpu;
  Activations activations = Activations::kDefault;  ///< default: dpu mode over batches, scaled minimum MSE
  Weights weights = Weights::kDefault;              ///< default: dpu minimum MSE, scaled max
  double percentile = 99.99;
  int batch = 32;                   ///< pictures a batch (the dpu mode is over batches)
  bool forward_quantized = true;    ///< calibrate on quantized inputs and weights, as the v0.7 tool did (dpu default)
  std::string tie;                  ///< empty: half_up for dpu, half_even for scaled
  model::Preprocess preprocess;     ///< written to the metadata
  std::vector<std::string> labels;  ///< class names, written to the metadata
  int threads = 2;
};

/// What happened to one tensor.
struct TensorReport {
  std::string name;
  bool weights = false;
  double sqnr_db = 0;    ///< signal to quantization noise
  double max_error = 0;  ///< in LSB
  double saturated = 0;  ///< share of values at the clamp, 0..1
  double scale = 0;      ///< one LSB (the largest channel's)
  int p = 0;             ///< dpu: scale = 2^-p
};

/// `pictures`: calibration inputs, already preprocessed; `step(n)` is called as n of them are done (may throw to stop).
/// Throws UserError: 301 no pictures, 302 a tensor is all zero or not finite, 303 an option that does not fit the
/// scheme, 304 a hardware limit that no choice of scales meets.
model::Graph quantize(const model::Graph& graph, const model::Batch& pictures, const Options& options,
                      std::vector<TensorReport>* report = nullptr, const std::function<void(int)>& step = {});

}  // namespace e8::quantize
