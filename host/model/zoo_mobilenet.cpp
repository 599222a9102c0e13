// MobileNetV1 (Howard et al. 2017), SSD on it (Liu et al. 2016; Huang et al. 2017) and MobileNetV2 (Sandler et al.
// 2018), width 1, padded as torchvision does.
#include "host/model/zoo_builder.h"
#include "host/model/zoo_families.h"

namespace e8::model::zoo {
namespace {

constexpr int kClasses = 1000;
constexpr double kSpread = 2;     ///< so that some values reach the limit at 6
constexpr double kDamping = 0.5;  ///< of residual branches

int channels(int width, int k, int stride, Builder* b, int x, const std::string& name) {
  return b->conv(x, name, {width, k, stride, k / 2, 1}, Act::kRelu6, kSpread);
}

int depthwise(Builder* b, int x, const std::string& name, int width, int stride) {
  return b->conv(x, name, {width, 3, stride, 1, width}, Act::kRelu6, kSpread);
}

Graph classifier(Builder b, int x) {
  x = b.flatten(b.global_average_pool(x, "avgpool"), "flatten");
  const int logits = b.gemm(x, "fc", kClasses, Act::kNone);
  return std::move(b).finish({logits});
}

/// MobileNetV1 up to its last map: the outputs of the 13 blocks.
std::vector<int> separable_blocks(Builder* b) {
  struct Row {
    int cout, stride;
  };
  constexpr Row kRows[] = {{64, 1},  {128, 2}, {128, 1}, {256, 2}, {256, 1},  {512, 2}, {512, 1},
                           {512, 1}, {512, 1}, {512, 1}, {512, 1}, {1024, 2}, {1024, 1}};
  int cin = 32, x = channels(cin, 3, 2, b, b->input(), "conv1");
  std::vector<int> outputs;
  for (const Row& r : kRows) {
    const std::string name = "block" + std::to_string(outputs.size() + 1);
    x = depthwise(b, x, name + ".depthwise", cin, r.stride);
    x = channels(r.cout, 1, 1, b, x, name + ".pointwise");
    outputs.push_back(x);
    cin = r.cout;
  }
  return outputs;
}

int inverted_residual(Builder* b, int x, const std::string& name, int cin, int cout, int stride, int expansion) {
  const bool residual = cin == cout && stride == 1;
  const int inner = cin * expansion;
  int y = expansion == 1 ? x : channels(inner, 1, 1, b, x, name + ".expand");
  y = depthwise(b, y, name + ".depthwise", inner, stride);
  y = b->conv(y, name + ".project", {cout, 1, 1, 0, 1}, Act::kNone, residual ? kDamping * b->spread(x) : 1);
  return residual ? b->add(y, x, name + ".add", Act::kNone) : y;
}

}  // namespace

Graph mobilenet_v1(int size, std::uint64_t seed) {
  Builder b("mobilenet_v1", size, seed);
  const int x = separable_blocks(&b).back();
  return classifier(std::move(b), x);
}

// As TensorFlow's object detection has it (ssd_mobilenet_v1_coco, MLPerf's SSD-MobileNet): predictors of one pixel on
// the maps behind blocks 11 and 13 and four smaller ones, 3 boxes a cell on the first and 6 on the others, 4 places and
// 90 classes and background each.
Graph ssd_mobilenet_v1(int size, std::uint64_t seed) {
  constexpr int kFirst = 10, kClassScores = 91, kPlaces = 4, kExtra[] = {512, 256, 256, 128};
  Builder b("ssd_mobilenet_v1", size, seed);
  const std::vector<int> blocks = separable_blocks(&b);
  std::vector<int> maps{blocks[kFirst], blocks.back()}, outputs;
  for (const int cout : kExtra) {
    const std::string name = "extra" + std::to_string(maps.size() - 1);
    const int narrow = channels(cout / 2, 1, 1, &b, maps.back(), name + ".reduce");
    maps.push_back(channels(cout, 3, 2, &b, narrow, name + ".conv"));
  }
  for (std::size_t i = 0; i < maps.size(); ++i) {
    const int boxes = i == 0 ? 3 : 6;
    const std::string name = "head" + std::to_string(i + 1);
    outputs.push_back(b.conv(maps[i], name + ".places", {boxes * kPlaces, 1, 1, 0, 1}, Act::kNone));
    outputs.push_back(b.conv(maps[i], name + ".classes", {boxes * kClassScores, 1, 1, 0, 1}, Act::kNone));
  }
  return std::move(b).finish(outputs);
}

Graph mobilenet_v2(int size, std::uint64_t seed) {
  struct Row {
    int expansion, cout, repeats, stride;
  };
  constexpr Row kRows[] = {{1, 16, 1, 1}, {6, 24, 2, 2},  {6, 32, 3, 2}, {6, 64, 4, 2},
                           {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}};
  Builder b("mobilenet_v2", size, seed);
  int cin = 32, x = channels(cin, 3, 2, &b, b.input(), "conv1"), block = 0;
  for (const Row& r : kRows)
    for (int i = 0; i < r.repeats; ++i, cin = r.cout)
      x = inverted_residual(&b, x, "block" + std::to_string(++block), cin, r.cout, i == 0 ? r.stride : 1, r.expansion);
  return classifier(std::move(b), channels(1280, 1, 1, &b, x, "conv_last"));
}

}  // namespace e8::model::zoo
