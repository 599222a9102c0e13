// Scales of activations from what they hold on calibration pictures.
#pragma once

#include <functional>
#include <memory>

#include "host/quantize/plan.h"
#include "host/quantize/quantize.h"
#include "host/quantize/values.h"

namespace e8::quantize {

/// Chooses the scale of one tensor from its batches; memory does not grow with their number.
class Calibrator {
 public:
  virtual ~Calibrator() = default;
  /// The next batch; finite and not all zero.
  virtual void see(const Values& x, const Range& range, int threads) = 0;
  /// What the latest batch alone would get.
  virtual Affine own() const = 0;
  /// After all batches; scale 0 when there was none.
  virtual Affine all() const = 0;
};

/// For resolved options (no kDefault).
std::unique_ptr<Calibrator> make_calibrator(const Options& options, num::Tie tie);

/// Sets scale and zero point of every group of `plan`: the largest scale of its members, or the range that holds all of
/// theirs, so that none overflows more than it chose to. kEntropy: what the member computed last chose, as NVIDIA
/// copies the ranges of outputs to inputs. `graph` holds the weights that the layers shall see. Throws UserError 302.
void calibrate(const model::Graph& graph, const model::Batch& pictures, const Options& options, Plan* plan,
               const std::function<void(int)>& step);

/// Pictures [first, first + count) of a batch.
model::Batch slice(const model::Batch& pictures, int first, int count);

}  // namespace e8::quantize
