// Upsampling, concatenation, padding, slices, changes of scale: identity taps at other addresses.
#include <algorithm>

#include "host/compile/layout.h"
#include "host/compile/lowering.h"

namespace e8::compile {
namespace {

/// Where an output channel comes from: block (numbered through all sources) and place in it.
struct Channel {
  int block, place;
};

/// reads and weights of a layer whose output channels are copies of input channels in any order: the diagonal where
/// blocks line up, otherwise one shift matrix a group.
void make_shuffle(const Lowering& l, Layer& layer, const std::vector<Channel>& from) {
  const int v = l.v();
  bool aligned = true;
  for (std::size_t c = 0; c < from.size(); c += static_cast<std::size_t>(v)) {
    const std::size_t end = std::min(from.size(), c + static_cast<std::size_t>(v));
    const auto by_block = [](const Channel& a, const Channel& b) { return a.block < b.block; };
    const auto [low, high] = std::minmax_element(from.begin() + static_cast<std::ptrdiff_t>(c),
                                                 from.begin() + static_cast<std::ptrdiff_t>(end), by_block);
    layer.reads.push_back({low->block, high->block - low->block + 1});
    for (std::size_t j = c; j < end; ++j) {
      aligned = aligned && from[j].block == low->block && from[j].place == static_cast<int>(j - c);
    }
  }
  layer.one_weight = aligned;
  layer.weights = [v, from, reads = layer.reads, aligned](int, int group, std::int8_t* words) {
    for (int j = 0; j < v; ++j) {
      const auto c = static_cast<std::size_t>(group * v + j);
      if (aligned) {
        words[j * v + j] = 1;
      } else if (c < from.size()) {
        const int word = from[c].block - reads[static_cast<std::size_t>(group)].first;
        words[(word * v + j) * v + from[c].place] = 1;
      }
    }
  };
}

Layer start_move(const Lowering& l, const model::IntNode& node, const char* op) {
  Layer layer = l.start(node, op);
  layer.sources = {l.source(node.inputs[0])};
  layer.phases = {Phase{}};
  return layer;
}

/// All inputs' tails as one. Identity tails adopt the mode of the others.
bool join_tails(const std::vector<ops::Tail>& tails, const std::vector<int>& channels, ops::Tail& joined) {
  num::TailMode mode = tails[0].mode;
  for (const ops::Tail& t : tails) {
    ops::Tail probe = t;
    num::TailMode none;
    none.zp = static_cast<std::int8_t>(t.mode.zp == 0 ? 1 : 0);  // a mode that only an exact integer can adopt
    none.lo = t.mode.lo;
    none.hi = t.mode.hi;
    if (!adopt_mode(probe, none)) mode = t.mode;
  }
  joined.mode = mode;
  for (std::size_t k = 0; k < tails.size(); ++k) {
    ops::Tail tail = tails[k];
    if (!adopt_mode(tail, mode)) return false;
    for (int c = 0; c < channels[k]; ++c) joined.channel.push_back(tail.of(c));
  }
  return true;
}

Layer requant_to(const Lowering& l, const model::IntNode& node, int from, int to, const ops::Tail& tail) {
  Layer layer = l.start(node, "requant");
  layer.sources = {l.source(from)};
  layer.output = to;
  layer.out = l.shape(to);
  layer.phases = {Phase{}};
  l.make_identity(layer);
  l.set_tail(layer, tail);
  l.finish(layer);
  return layer;
}

}  // namespace

Layer lower_upsample(const Lowering& l, const model::IntNode& node, const ops::UpsampleParams& p) {
  Layer layer = start_move(l, node, "upsample");
  layer.cell_h = p.fy;
  layer.cell_w = p.fx;
  layer.phases.clear();
  for (int py = 0; py < p.fy; ++py) {
    for (int px = 0; px < p.fx; ++px) layer.phases.push_back({1, 1, 1, 1, 0, 0, py, px});
  }
  l.make_identity(layer);
  l.set_tail(layer, p.tail);
  l.finish(layer);
  return layer;
}

Layer lower_pad(const Lowering& l, const model::IntNode& node, const ops::PadParams& p) {
  Layer layer = start_move(l, node, "pad");
  layer.phases = {{1, 1, 1, 1, -p.top, -p.left, 0, 0}};
  layer.fill = p.value;
  l.make_identity(layer);
  l.set_tail(layer, ops::identity_tail());
  l.finish(layer);
  return layer;
}

Layer lower_slice(const Lowering& l, const model::IntNode& node, const ops::SliceParams& p) {
  Layer layer = start_move(l, node, "slice");
  layer.sy = p.sy;
  layer.sx = p.sx;
  layer.phases = {{1, 1, 1, 1, p.y0, p.x0, 0, 0}};
  const int first = p.c0 / l.v();
  layer.sources = {{node.inputs[0], first, blocks_of(p.c0 + p.shape.c, l.config().v) - first}};
  std::vector<Channel> from;
  for (int c = p.c0; c < p.c0 + p.shape.c; ++c) from.push_back({c / l.v() - first, c % l.v()});
  make_shuffle(l, layer, from);
  l.set_tail(layer, ops::identity_tail());
  l.finish(layer);
  return layer;
}

Layer lower_requant(const Lowering& l, const model::IntNode& node, const ops::RequantParams& p) {
  return requant_to(l, node, node.inputs[0], node.output, p.tail);
}

Layer lower_mul(const Lowering& l, const model::IntNode& node, const ops::MulParams&) {
  unsupported({l.config(), node.name}, "multiplies two activations; EXEC multiplies activations and weights");
}

std::vector<Layer> lower_concat(Lowering& l, const model::IntNode& node, const ops::ConcatParams& p) {
  if (p.axis != 2)
    unsupported({l.config(), node.name},
                std::string("joins ") + (p.axis == 0 ? "rows" : "columns") + "; EXEC joins channels");
  std::vector<Layer> layers;
  std::vector<int> inputs = node.inputs, channels;
  for (const int i : inputs) channels.push_back(l.shape(i).c);
  ops::Tail tail = ops::identity_tail();
  tail.channel.clear();
  if (!join_tails(p.tails, channels, tail)) {  // one EXEC has one mode: rescale each input first
    tail = ops::identity_tail();
    for (std::size_t k = 0; k < inputs.size(); ++k) {
      const int hidden = l.add_hidden(l.shape(inputs[k]));
      layers.push_back(requant_to(l, node, inputs[k], hidden, p.tails[k]));
      inputs[k] = hidden;
    }
  }
  Layer layer = start_move(l, node, "concat");
  layer.sources.clear();
  std::vector<Channel> from;
  int first = 0;
  for (std::size_t k = 0; k < inputs.size(); ++k) {
    for (int c = 0; c < channels[k]; ++c) from.push_back({first + c / l.v(), c % l.v()});
    layer.sources.push_back(l.source(inputs[k]));
    first += layer.sources.back().blocks;
  }
  make_shuffle(l, layer, from);
  l.set_tail(layer, tail);
  layer.uniform = layer.uniform && layer.sources.size() == 1;  // lanes step through the blocks of one tensor
  l.finish(layer);
  layers.push_back(std::move(layer));
  return layers;
}

}  // namespace e8::compile
