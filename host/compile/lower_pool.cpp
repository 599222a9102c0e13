// Max and average pooling, global ones too.
#include <algorithm>
#include <map>
#include <set>

#include "host/compile/check_net.h"
#include "host/compile/layout.h"
#include "host/compile/lowering.h"

namespace e8::compile {
namespace {

Layer start_pool(const Lowering& l, const model::IntNode& node, const char* op, const ops::Window& w) {
  Layer layer = l.start(node, op);
  layer.sources = {l.source(node.inputs[0])};
  layer.sy = w.sh;
  layer.sx = w.sw;
  layer.phases = {{w.kh, w.kw, w.dh, w.dw, -w.top, -w.left, 0, 0}};
  l.make_identity(layer);
  return layer;
}

/// Builds without a multiplier take a small one as the weight of every tap.
void fold_divisor(const Lowering& l, Layer& layer, num::ChannelParam& divisor) {
  std::int8_t weight = 1;
  num::ChannelParam folded = divisor;
  if (l.config().mul_bits != 0 || !fold_multiplier(folded, weight)) return;
  divisor = folded;
  layer.weights = [size = l.v(), weight](int, int, std::int8_t* word) {
    for (int j = 0; j < size; ++j) word[j * size + j] = weight;
  };
}

/// One parameter set for each number of pixels that occurs.
void set_divisors_by_count(const Lowering& l, Layer& layer, const ops::AvgPoolParams& p, const ops::Shape& in) {
  const ops::Window& w = p.window;
  layer.rows_in = taps_inside(layer.out.h, in.h, w.kh, w.sh, w.dh, w.top);
  layer.cols_in = taps_inside(layer.out.w, in.w, w.kw, w.sw, w.dw, w.left);
  const std::set<int> rows(layer.rows_in.begin(), layer.rows_in.end());
  const std::set<int> cols(layer.cols_in.begin(), layer.cols_in.end());
  layer.set_of_count.assign(p.by_count.size() + 1, 0);
  std::set<int> counts;
  for (const int r : rows) {
    for (const int c : cols) counts.insert(r * c);
  }
  for (const int count : counts) {
    layer.set_of_count[static_cast<std::size_t>(count)] = static_cast<int>(layer.params.size());
    l.set_tail(layer, {{p.by_count[static_cast<std::size_t>(count) - 1]}, p.mode});
  }
}

}  // namespace

Layer lower_max_pool(const Lowering& l, const model::IntNode& node, const ops::MaxPoolParams& p) {
  Layer layer = start_pool(l, node, "max_pool", p.window);
  layer.fill = -128;
  layer.arithmetic.reduce_max = 1;
  layer.weights = nullptr;
  l.set_tail(layer, p.tail);
  l.finish(layer);
  return layer;
}

Layer lower_avg_pool(const Lowering& l, const model::IntNode& node, const ops::AvgPoolParams& p) {
  Layer layer = start_pool(l, node, "avg_pool", p.window);
  const ops::Shape& in = l.shape(node.inputs[0]);
  if (p.count_pad) {
    layer.fill = p.pad_value;
    num::ChannelParam divisor = p.by_count[0];
    fold_divisor(l, layer, divisor);
    l.set_tail(layer, {{divisor}, p.mode});
  } else {
    set_divisors_by_count(l, layer, p, in);
  }
  l.finish(layer);
  return layer;
}

}  // namespace e8::compile
