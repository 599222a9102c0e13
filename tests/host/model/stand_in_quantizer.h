// A plain quantizer for tests of what comes after: scales from the largest magnitude of a random batch.
#pragma once

#include <cstdint>

#include "host/model/float_ref.h"
#include "host/model/graph.h"

namespace e8::model {

/// `n` images of the graph's input shape, values in [-1, 1].
Batch random_batch(const Graph& graph, int n, std::uint32_t seed);

/// Adds scales, stored integers and metadata. dpu: powers of two, one a tensor; otherwise float32 scales, weights by
/// channel. Biases are int8 with one scale. Values between an operator and its activation stay float.
void stand_in_quantize(Graph* graph, bool dpu, std::uint32_t seed = 1);

}  // namespace e8::model
