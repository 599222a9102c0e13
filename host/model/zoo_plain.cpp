// VGG-16 (Simonyan and Zisserman 2014) and a network of YOLOv3-tiny's shape (Redmon and Farhadi 2018).
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
  return std::move(b).finish({logits});
}

// Five pools halve the map, the sixth keeps it. Two heads, on the last map and, with its features upsampled, on the one
// of twice its size: 3 boxes of 4 places, 1 objectness and 80 classes a cell.
Graph tiny_yolo(int size, std::uint64_t seed) {
  constexpr int kHalving = 5, kBoxes = 3 * (4 + 1 + 80);
  Builder b("tiny_yolo", size, seed);
  int x = b.input(), fine = x, cout = 16;
  for (int i = 1; i <= kHalving + 1; ++i, cout *= 2) {
    x = b.conv(x, "conv" + std::to_string(i), {cout, 3, 1, 1, 1}, Act::kLeaky);
    if (i == kHalving) fine = x;
    x = b.max_pool(x, "pool" + std::to_string(i), i <= kHalving ? pool_window(2, 0) : pool_window(1, 1));
  }
  x = b.conv(x, "conv7", {cout, 3, 1, 1, 1}, Act::kLeaky);
  x = b.conv(x, "conv8", {256, 1, 1, 0, 1}, Act::kLeaky);
  const int coarse = b.conv(x, "conv9", {512, 3, 1, 1, 1}, Act::kLeaky);
  const int up = b.upsample(b.conv(x, "conv10", {128, 1, 1, 0, 1}, Act::kLeaky), "upsample", 2);
  fine = b.conv(b.concat(up, fine, "concat"), "conv11", {256, 3, 1, 1, 1}, Act::kLeaky);
  const int coarse_boxes = b.conv(coarse, "boxes_coarse", {kBoxes, 1, 1, 0, 1}, Act::kNone);
  const int fine_boxes = b.conv(fine, "boxes_fine", {kBoxes, 1, 1, 0, 1}, Act::kNone);
  return std::move(b).finish({coarse_boxes, fine_boxes});
}

}  // namespace e8::model::zoo
