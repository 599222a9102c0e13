// Adds scales and stored integers to a float graph: the two schemes of MLPerf v0.7's FPGA submissions.
// README.md has the equations and the map of this room.
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
enum class Activations {
  kDefault,     ///< dpu: kMode, scaled: kMse
  kMax,         ///< nothing overflows
  kPercentile,  ///< all but the largest 100 - percentile percent fit
  kMse,         ///< least squared error over all batches
  kMode,        ///< dpu only: what most batches would choose by least squared error
  kEntropy,     ///< NVIDIA's: least divergence of 127 steps of |x| (numerics.md 3.5)
  kAsymMinMax,  ///< scaled only, with zero points, after Intel: from the smallest value to the largest
  kAsymKl,      ///< the same, least divergence of 255 steps, the end farther from zero cut
};
inline bool is_asymmetric(Activations a) { return a == Activations::kAsymMinMax || a == Activations::kAsymKl; }
enum class Weights {
  kDefault,  ///< dpu: kMse, scaled: kMax
  kMax,
  kMse,
};
/// What the layers see during calibration.
enum class Forward {
  kDefault,    ///< dpu: kQuantized, scaled: kFloat
  kQuantized,  ///< quantized weights, and each batch's activations quantized with that batch's own scale
  kFloat,
};

/// What is done about channel means that rounding the weights has moved (bias.h).
enum class BiasCorrection {
  kNone,
  kEmpirical,  ///< measured on the calibration pictures, layer behind layer
  kAnalytic,   ///< from the means of normally distributed inputs
};

struct Options {
  Scheme scheme = Scheme::kDpu;
  Activations activations = Activations::kDefault;
  Weights weights = Weights::kDefault;
  Forward forward = Forward::kDefault;
  bool remove_limits = false;  ///< ReLU6 becomes ReLU where that lets channels be equalized
  bool equalize = false;       ///< cross-layer equalization of weights
  bool absorb = false;         ///< high biases move into the next layer
  BiasCorrection bias_correction = BiasCorrection::kNone;
  double percentile = 99.99;        ///< above 0, at most 100
  int batch = 32;                   ///< pictures a batch (kMode counts batches)
  std::string tie;                  ///< of the network; empty: default_tie
  model::Preprocess preprocess;     ///< written to the metadata
  std::vector<std::string> labels;  ///< class names, written to the metadata
  int threads = 2;                  ///< the result does not depend on it
};

/// half_up for dpu (what the hardware does), half_even for scaled.
const char* default_tie(Scheme scheme);

/// What happened to one tensor.
struct TensorReport {
  std::string name;
  bool weights = false;
  double sqnr_db = 0;    ///< signal to quantization noise; at most kNoNoise
  double max_error = 0;  ///< in LSB
  double saturated = 0;  ///< share of values that the clamp changed, 0..1
  double ties = 0;       ///< share of values exactly half way between two steps, where the tie rule decides
  double scale = 0;      ///< one LSB (the largest channel's)
  int zero_point = 0;    ///< of activations
  int p = 0;             ///< dpu: scale = 2^-p
  std::string note;      ///< why the scale is not what calibration chose; empty when it is
};
constexpr double kNoNoise = 200;  ///< dB, of a tensor that lost nothing

struct Report {
  std::vector<TensorReport> tensors;  ///< worst first
  std::vector<std::string> steps;     ///< what the steps that change the network did, a line each
};

/// Pictures that quantize() takes through the float and the quantized network for a report.
constexpr int kMeasuredPictures = 32;

/// The sum of what quantize() passes to `step`, for a progress bar.
int steps_of(const Options& options, int pictures, bool report);

/// `pictures`: calibration inputs, already preprocessed. In the report an activation is compared between the float
/// network (after equalization and absorption) and the quantized one, so it carries the errors of the layers before it.
/// `step(n)` is called as n pictures went through the network once more; it may throw to stop.
/// Throws UserError: 301 no pictures or not of the network's shape, 302 a tensor is all zero or not finite, 303 an
/// option that is out of range or does not fit the scheme, 304 a hardware limit that no choice of scales meets,
/// 305 already quantized.
model::Graph quantize(const model::Graph& graph, const model::Batch& pictures, const Options& options,
                      Report* report = nullptr, const std::function<void(int)>& step = {});

}  // namespace e8::quantize
