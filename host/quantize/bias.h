// Steps that move biases: high-bias absorption before the scales are chosen, bias correction behind (numerics.md 3.6).
#pragma once

#include <functional>
#include <string>

#include "host/model/graph.h"
#include "host/quantize/plan.h"
#include "host/quantize/statistics.h"

namespace e8::quantize {

/// (16) For every channel i that goes from a layer through a Relu to a layer without padding:
/// c = max(0, mean - 3 deviations) of the first layer's results; b1[i] -= c, b2 += sum W2[:, i] * c. Exact wherever
/// the result is at least c. Pooling without padding, Flatten, Unsqueeze, Resize and Slice may lie between. *note says
/// how many channels had a c. Deviation 0 (one picture, one pixel) is no measurement: such channels stay.
model::Graph absorbed(model::Graph graph, const ChannelMoments& moments, std::string* note);

/// (17) Empirical: b -= mean(y_q) - mean(y) for each channel of the result y of every layer with weights, where y is of
/// the float network `graph` and y_q of `quantized` (the same network with stored constants) with its activations on
/// the grids of `plan`. Layers are corrected in order, each behind corrected ones: within a batch the error is taken
/// out of y_q before the layers behind see it; what is stored is the mean over all batches. `step` is called for each
/// batch twice. Returns `graph` with other biases.
model::Graph corrected_by_measurement(const model::Graph& graph, const model::Graph& quantized, const Plan& plan,
                                      const model::Batch& pictures, int batch, int threads,
                                      const std::function<void(int)>& step);

/// (18) Analytic: b -= sum (W_q - W) * E[x]. E[x] of what leaves a Relu or Clip behind a layer with weights is that of
/// a normal distribution with the layer's mean and deviation, clipped; of any other tensor its mean.
/// For ConvTranspose the sum is divided by sh * sw: so many pixels share the taps.
model::Graph corrected_by_moments(const model::Graph& graph, const model::Graph& quantized,
                                  const ChannelMoments& moments);

}  // namespace e8::quantize
