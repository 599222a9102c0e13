// Random graphs of every operator, from a builder's seed.
#pragma once

#include <algorithm>
#include <vector>

#include "tests/host/net_builder.h"

namespace e8::test {

inline ops::Window square_window(int k, int s = 1, int pad = 0) { return {k, k, s, s, 1, 1, pad, pad, pad, pad}; }

/// Appends a random operator that reads earlier tensors.
inline int random_node(NetBuilder& b, const isa::Config& config, const std::vector<int>& tensors) {
  const int a = tensors[static_cast<std::size_t>(b.below(static_cast<int>(tensors.size())))];
  const ops::Shape& s = b.shape(a);
  const int k = b.between(1, 3), stride = b.between(1, 2);
  switch (b.below(12)) {
    case 0:
      return b.depthwise(a, square_window(k, 1, k / 2));
    case 1:
      return b.max_pool(a, square_window(k, stride, k / 2), b.coin());
    case 2:
      return b.avg_pool(a, square_window(k, stride, k / 2), config.mul_bits == 0 || b.coin());
    case 3:
      return b.add(a, a);
    case 4:
      return s.h * s.w > 400 ? b.requant(a) : b.upsample(a, b.between(1, 2), b.between(1, 3), b.coin());
    case 5:
      return s.c > 60 ? b.requant(a)
                      : b.concat({a, b.conv(a, b.between(1, 9), square_window(1)), a}, b.coin(), b.coin());
    case 6:
      return b.pad(a, b.below(3), b.below(3), b.below(3), b.below(3));
    case 7: {
      const int c0 = b.below(s.c), y0 = b.below(s.h), x0 = b.below(s.w);
      return b.slice(a, {y0, x0, c0, {b.between(1, s.h - y0), b.between(1, s.w - x0), b.between(1, s.c - c0)}, 1, 1});
    }
    case 8:
      return s.h * s.w > 400 ? b.requant(a) : b.deconv(a, b.between(1, 9), square_window(k, stride));
    case 9:
      return config.tables ? b.table(a) : b.requant(a);
    case 10:
      return b.add(b.conv(a, s.c, square_window(3, 1, 1)), a);
    default:
      return b.conv(a, b.between(1, 12), square_window(k, stride, k / 2));
  }
}

/// Results that nobody reads.
inline std::vector<int> leaves(const model::IntNet& net) {
  std::vector<int> all;
  for (const model::IntNode& n : net.nodes) {
    const bool read = std::any_of(net.nodes.begin(), net.nodes.end(), [&](const model::IntNode& reader) {
      return std::count(reader.inputs.begin(), reader.inputs.end(), n.output) > 0;
    });
    if (!read) all.push_back(n.output);
  }
  return all;
}

/// An input and one to seven operators on it. The last result leaves the network, or all that nobody reads and perhaps
/// the first, which others may read.
inline void random_graph(NetBuilder& b, const isa::Config& config) {
  std::vector<int> tensors{b.input({b.between(3, 12), b.between(3, 12), b.between(1, 9)})};
  for (int n = b.between(1, 7); n > 0; --n) tensors.push_back(random_node(b, config, tensors));
  if (!b.coin()) return;
  std::vector<int> outputs = leaves(b.net());
  if (b.coin() && std::count(outputs.begin(), outputs.end(), tensors[1]) == 0) outputs.push_back(tensors[1]);
  b.outputs(outputs);
}

}  // namespace e8::test
