// The zoo's networks, a file a family. `size` is the input's rows and columns; make_zoo has checked it.
#pragma once

#include <cstdint>

#include "host/model/graph.h"

namespace e8::model::zoo {

Graph resnet18(int size, std::uint64_t seed);
Graph resnet50(int size, std::uint64_t seed);  ///< v1.5: a block's stride is in its 3x3 convolution
Graph mobilenet_v1(int size, std::uint64_t seed);
Graph mobilenet_v2(int size, std::uint64_t seed);
Graph vgg16(int size, std::uint64_t seed);
Graph ssd_mobilenet_v1(int size, std::uint64_t seed);
Graph tiny_yolo(int size, std::uint64_t seed);

}  // namespace e8::model::zoo
