// Chains without branches: VGG-16 (Simonyan and Zisserman 2014) and a network of YOLOv2-tiny's shape (Redmon 2016).
#include "host/model/zoo_builder.h"
#include "host/model/zoo_families.h"

namespace e8::model::zoo {
namespace {

ops::Window pool_window(int stride, int behind) {
  ops::Window w;
  w.kh = w.kw = 2;
  w.sh = w.sw = stride;
  w.bottom = w.right = behind;
  return w;
}

}  // namespace

Graph vgg16(int size, std::uint64_t seed) {
  constexpr int kPool = 0, kLayers[] = {64,    64,  kPool, 128, 128,   kPool, 256, 256, 256,
                                        kPool, 512, 512,   512, kPool, 512,   512, 512, kPool};
  Builder b("vgg16", size, seed);
  int x = b.input(), convs = 0, pools = 0;
  for (const int cout : kLayers)
    x = cout == kPool ? b.max_pool(x, "pool" + std::to_string(++pools), pool_window(2, 0))
                      : b.conv(x, "conv" + std::to_string(++convs), {cout, 3, 1, 1, 1}, Act::kRelu);
  x = b.gemm(b.flatten(x, "flatten"), "fc1", 4096, Act::kRelu);
  x = b.gemm(x, "fc2", 4096, Act::kRelu);
  const int logits = b.gemm(x, "fc3", 1000, Act::kNone);
  return std::move(b).finish(logits);
}

// Five pools halve the map, the sixth keeps it; 5 boxes of 4 places, 1 objectness and 20 classes a cell.
Graph tiny_yolo(int size, std::uint64_t seed) {
  constexpr int kHalving = 5, kBoxes = 5 * (4 + 1 + 20);
  Builder b("tiny_yolo", size, seed);
  int x = b.input(), cout = 16;
  for (int i = 1; i <= kHalving + 1; ++i, cout *= 2) {
    x = b.conv(x, "conv" + std::to_string(i), {cout, 3, 1, 1, 1}, Act::kLeaky);
    x = b.max_pool(x, "pool" + std::to_string(i), i <= kHalving ? pool_window(2, 0) : pool_window(1, 1));
  }
  for (const char* name : {"conv7", "conv8"}) x = b.conv(x, name, {cout, 3, 1, 1, 1}, Act::kLeaky);
  const int boxes = b.conv(x, "boxes", {kBoxes, 1, 1, 0, 1}, Act::kNone);
  return std::move(b).finish(boxes);
}

}  // namespace e8::model::zoo
