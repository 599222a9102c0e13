// Networks of one layer for benchmarks: seeded weights and inputs, power-of-two scales that keep outputs lively.
#pragma once

#include <cmath>
#include <random>
#include <string>

#include "host/model/int_net.h"

namespace e8::bench {

struct Layer {
  const char* name;
  int h, w, cin, cout, kernel, stride, groups;
  ops::Shape in() const { return {h, w, cin}; }
  int out_h() const { return (h + 2 * (kernel / 2) - kernel) / stride + 1; }
  int out_w() const { return (w + 2 * (kernel / 2) - kernel) / stride + 1; }
  /// Useful multiply-accumulates.
  double macs() const { return 1.0 * out_h() * out_w() * cout * kernel * kernel * (cin / groups); }
};

/// Layers of ResNet-50 and MobileNetV1 at 224 x 224.
inline constexpr Layer kLayers[] = {
    {"conv3x3_56x56x64", 56, 56, 64, 64, 3, 1, 1},
    {"conv3x3_14x14x256", 14, 14, 256, 256, 3, 1, 1},
    {"conv1x1_14x14x1024_256", 14, 14, 1024, 256, 1, 1, 1},
    {"depthwise3x3_56x56x128", 56, 56, 128, 128, 3, 1, 128},
};

inline std::vector<std::int8_t> noise(std::size_t n, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<std::int8_t> values(n);
  for (auto& v : values) v = static_cast<std::int8_t>(random());
  return values;
}

inline ops::ConvParams conv_params(const Layer& l) {
  ops::ConvParams p;
  p.window.kh = p.window.kw = l.kernel;
  p.window.sh = p.window.sw = l.stride;
  p.window.top = p.window.left = p.window.bottom = p.window.right = l.kernel / 2;
  p.cout = l.cout;
  p.groups = l.groups;
  const int depth = l.kernel * l.kernel * l.cin / l.groups;
  p.weights = noise(static_cast<std::size_t>(l.cout) * static_cast<std::size_t>(depth), 1);
  const int shift =
      7 + static_cast<int>(std::ceil(std::log2(depth) / 2));  // sums of noise grow with the root of the depth
  p.tail = ops::identity_tail();
  p.tail.channel[0].s = static_cast<std::uint8_t>(shift + 1);
  return p;
}

inline ops::Tensor input(const Layer& l) {
  ops::Tensor t(l.in());
  t.data = noise(t.data.size(), 2);
  return t;
}

inline model::IntNet net(const Layer& l) {
  model::IntNet n;
  n.name = l.name;
  n.scheme = "dpu";
  n.tie = "half_up";
  n.tensors = {{"in", l.in(), 1.0, 0}, {"out", {l.out_h(), l.out_w(), l.cout}, 1.0, 0}};
  n.nodes = {{l.name, {0}, 1, conv_params(l)}};
  n.input = 0;
  n.outputs = {{1}};
  return n;
}

}  // namespace e8::bench
