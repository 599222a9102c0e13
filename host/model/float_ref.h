// The float network, executed: the reference that quantization is measured against, and the forward pass of
// calibration.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "host/model/graph.h"

namespace e8::model {

/// n images of one shape, NCHW, contiguous.
struct Batch {
  int n = 0;
  ops::Shape shape;
  std::vector<float> data;
  Batch() = default;
  Batch(int images, ops::Shape s) : n(images), shape(s), data(static_cast<std::size_t>(images) * s.size()) {}
  float* image(int i) { return data.data() + static_cast<std::size_t>(i) * shape.size(); }
  const float* image(int i) const { return data.data() + static_cast<std::size_t>(i) * shape.size(); }
};

/// Called once for the input and for each node's output, in order; may look at the values and change them (that is
/// what the nodes behind then see).
using ValueHook = std::function<void(int value, Batch* data)>;

/// Runs `graph` on a batch; images are spread over `threads` threads. Convolutions are im2col and an Eigen product.
/// The input must have the shape of graph.input. Returns the first output; the hook sees all.
Batch run_float(const Graph& graph, const Batch& input, const ValueHook& hook = {}, int threads = 2);

/// Runs one node on one image: `inputs` and `output` are NCHW images of the node's shapes.
void run_node(const Graph& graph, const Node& node, const std::vector<const float*>& inputs, float* output);

}  // namespace e8::model
