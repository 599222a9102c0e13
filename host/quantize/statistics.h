// Mean and deviation of every channel of every tensor on the calibration pictures.
#pragma once

#include <functional>
#include <vector>

#include "host/model/float_ref.h"
#include "host/model/graph.h"

namespace e8::quantize {

struct Moments {
  double mean = 0, deviation = 0;
};

/// For each value of the graph, each of its channels, over pictures and pixels.
using ChannelMoments = std::vector<std::vector<Moments>>;

/// The sum of each channel's values, in an order that does not depend on threads.
std::vector<double> channel_sums(const model::Batch& batch, int threads);

/// Runs the float network, `batch` pictures at a time; `step` as in quantize().
ChannelMoments channel_moments(const model::Graph& graph, const model::Batch& pictures, int batch, int threads,
                               const std::function<void(int)>& step);

/// The mean of clamp(x, lo, hi) for a normally distributed x; lo or hi may be infinite. numerics.md 3.6.
double clipped_mean(const Moments& x, double lo, double hi);

}  // namespace e8::quantize
