// The table of networks.
#include "host/model/zoo.h"

#include "host/model/error.h"
#include "host/model/zoo_families.h"

namespace e8::model {
namespace {

struct Row {
  ZooNetwork network;
  Graph (*make)(int size, std::uint64_t seed);
};

const std::vector<Row>& rows() {
  static const std::vector<Row> all = {
      {{"resnet18", "residual, basic blocks", 224, 32, 1}, zoo::resnet18},
      {{"resnet50", "residual, bottlenecks, v1.5", 224, 32, 1}, zoo::resnet50},
      {{"mobilenet_v1", "depthwise separable, ReLU6", 224, 32, 1}, zoo::mobilenet_v1},
      {{"mobilenet_v2", "inverted residuals, ReLU6", 224, 32, 1}, zoo::mobilenet_v2},
      {{"ssd_mobilenet_v1", "detector: MobileNetV1, six maps, twelve outputs", 300, 32, 1}, zoo::ssd_mobilenet_v1},
      {{"vgg16", "3x3 convolutions, large fully connected layers", 224, 32, 32}, zoo::vgg16},
      {{"tiny_yolo", "detector of YOLOv3-tiny's shape, leaky ReLU, two outputs", 416, 32, 32}, zoo::tiny_yolo},
  };
  return all;
}

const Row& row_of(const std::string& name) {
  std::string names;
  for (const Row& r : rows()) {
    if (name == r.network.name) return r;
    names += (names.empty() ? "" : ", ") + std::string(r.network.name);
  }
  throw UserError(150, "zoo network '" + name + "'; there are: " + names);
}

}  // namespace

const std::vector<ZooNetwork>& zoo_networks() {
  static const std::vector<ZooNetwork> all = [] {
    std::vector<ZooNetwork> list;
    for (const Row& r : rows()) list.push_back(r.network);
    return list;
  }();
  return all;
}

const ZooNetwork& zoo_network(const std::string& name) { return row_of(name).network; }

Graph make_zoo(const std::string& name, int size, std::uint64_t seed) {
  const Row& row = row_of(name);
  const ZooNetwork& n = row.network;
  if (size == 0) size = n.size;
  if (size < n.smallest || size > kZooLargest || (size - n.smallest) % n.step != 0)
    throw UserError(151, "zoo network " + name + ", size " + std::to_string(size) +
                             "; allowed: " + std::to_string(n.smallest) + " to " + std::to_string(kZooLargest) +
                             " in steps of " + std::to_string(n.step));
  return row.make(size, seed);
}

}  // namespace e8::model
