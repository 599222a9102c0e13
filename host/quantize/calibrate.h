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
  /// The scale that the latest batch alone would get.
  virtual double own_scale() const = 0;
  /// The scale after all batches; 0 when there was none.
  virtual double scale() const = 0;
};

/// For resolved options (no kDefault).
std::unique_ptr<Calibrator> make_calibrator(const Options& options, num::Tie tie);

/// Sets the scale of every group of `plan`: the largest of its members', so that none overflows more than it chose to.
/// `graph` holds the weights that the layers shall see. Throws UserError 302.
void calibrate(const model::Graph& graph, const model::Batch& pictures, const Options& options, Plan* plan,
               const std::function<void(int)>& step);

/// Pictures [first, first + count) of a batch.
model::Batch slice(const model::Batch& pictures, int first, int count);

}  // namespace e8::quantize
