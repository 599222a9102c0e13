// Well-known networks with seeded weights: what to compile, verify and measure with when no trained model is at hand.
//
// Geometry is that of the published networks; weights are random, scaled as trained ones with folded batch
// normalization are, so that every layer's activations spread over their range (host/model/README.md).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/model/graph.h"

namespace e8::model {

struct ZooNetwork {
  const char* name;
  const char* what;    ///< one line
  int size;            ///< rows and columns of the published input
  int smallest, step;  ///< allowed: smallest, smallest + step, ...
};

constexpr int kZooLargest = 1024;

const std::vector<ZooNetwork>& zoo_networks();

/// The network's row. Throws UserError 150 listing the names.
const ZooNetwork& zoo_network(const std::string& name);

/// A float graph on size x size pictures of 3 channels (0: the published size), with its preprocessing in the metadata.
/// One name, size and seed always give the same graph. Throws UserError 150 on a name, 151 on a size.
Graph make_zoo(const std::string& name, int size = 0, std::uint64_t seed = 1);

}  // namespace e8::model
