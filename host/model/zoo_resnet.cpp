// ResNet-18 and ResNet-50 v1.5 (He et al. 2015; v1.5 as torchvision and MLPerf have it).
#include "host/model/zoo_builder.h"
#include "host/model/zoo_families.h"

namespace e8::model::zoo {
namespace {

constexpr int kClasses = 1000, kStages = 4;
constexpr double kDamping = 0.5;  ///< spread of a residual branch, of that of what it is added to

std::string block_name(int stage, int block) {
  return "layer" + std::to_string(stage + 1) + "." + std::to_string(block);
}

/// The way around a block: nothing, or a 1x1 convolution where the shape changes.
int shortcut(Builder* b, int x, const std::string& name, int cin, int cout, int stride) {
  return cin == cout && stride == 1 ? x : b->conv(x, name + ".downsample", {cout, 1, stride, 0, 1}, Act::kNone);
}

int basic_block(Builder* b, int x, const std::string& name, int cin, int cout, int stride) {
  const int around = shortcut(b, x, name, cin, cout, stride);
  int y = b->conv(x, name + ".conv1", {cout, 3, stride, 1, 1}, Act::kRelu);
  y = b->conv(y, name + ".conv2", {cout, 3, 1, 1, 1}, Act::kNone, kDamping * b->spread(around));
  return b->add(y, around, name + ".add", Act::kRelu);
}

int bottleneck(Builder* b, int x, const std::string& name, int cin, int cout, int stride) {
  const int around = shortcut(b, x, name, cin, cout, stride), inner = cout / 4;
  int y = b->conv(x, name + ".conv1", {inner, 1, 1, 0, 1}, Act::kRelu);
  y = b->conv(y, name + ".conv2", {inner, 3, stride, 1, 1}, Act::kRelu);
  y = b->conv(y, name + ".conv3", {cout, 1, 1, 0, 1}, Act::kNone, kDamping * b->spread(around));
  return b->add(y, around, name + ".add", Act::kRelu);
}

using Block = int (*)(Builder*, int, const std::string&, int, int, int);

Graph resnet(Builder b, Block block, const int (&blocks)[kStages], int widening) {
  int x = b.conv(b.input(), "conv1", {64, 7, 2, 3, 1}, Act::kRelu), cin = 64;
  ops::Window pool;
  pool.kh = pool.kw = 3;
  pool.sh = pool.sw = 2;
  pool.top = pool.left = pool.bottom = pool.right = 1;
  x = b.max_pool(x, "maxpool", pool);
  for (int stage = 0; stage < kStages; ++stage) {
    const int cout = (64 << stage) * widening;
    for (int i = 0; i < blocks[stage]; ++i, cin = cout)
      x = block(&b, x, block_name(stage, i), cin, cout, i == 0 && stage > 0 ? 2 : 1);
  }
  x = b.flatten(b.global_average_pool(x, "avgpool"), "flatten");
  const int logits = b.gemm(x, "fc", kClasses, Act::kNone);
  return std::move(b).finish({logits});
}

}  // namespace

Graph resnet18(int size, std::uint64_t seed) {
  return resnet(Builder("resnet18", size, seed), basic_block, {2, 2, 2, 2}, 1);
}

Graph resnet50(int size, std::uint64_t seed) {
  return resnet(Builder("resnet50", size, seed), bottleneck, {3, 4, 6, 3}, 4);
}

}  // namespace e8::model::zoo
