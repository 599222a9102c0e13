// One node to its layers; the pieces that operator families share.
#include "host/compile/lowering.h"

#include <algorithm>

#include "host/compile/layout.h"

namespace e8::compile {
namespace {

/// Groups that all have one record can be on any lane, unless a lane's padding channels could overflow with it.
bool harmless(const isa::ParamRecord& r) { return r.b2 > -(std::int64_t{1} << 31) && r.b2 < std::int64_t{1} << 31; }

struct Lower {
  Lowering& l;
  const model::IntNode& node;
  std::vector<Layer> operator()(const ops::ConvParams& p) const { return {lower_conv(l, node, p)}; }
  std::vector<Layer> operator()(const ops::DeconvParams& p) const { return {lower_deconv(l, node, p)}; }
  std::vector<Layer> operator()(const ops::MaxPoolParams& p) const { return {lower_max_pool(l, node, p)}; }
  std::vector<Layer> operator()(const ops::AvgPoolParams& p) const { return {lower_avg_pool(l, node, p)}; }
  std::vector<Layer> operator()(const ops::AddParams& p) const { return {lower_add(l, node, p)}; }
  std::vector<Layer> operator()(const ops::MulParams& p) const { return {lower_mul(l, node, p)}; }
  std::vector<Layer> operator()(const ops::TableParams& p) const { return {lower_table(l, node, p)}; }
  std::vector<Layer> operator()(const ops::UpsampleParams& p) const { return {lower_upsample(l, node, p)}; }
  std::vector<Layer> operator()(const ops::ConcatParams& p) const { return lower_concat(l, node, p); }
  std::vector<Layer> operator()(const ops::PadParams& p) const { return {lower_pad(l, node, p)}; }
  std::vector<Layer> operator()(const ops::SliceParams& p) const { return {lower_slice(l, node, p)}; }
  std::vector<Layer> operator()(const ops::RequantParams& p) const { return {lower_requant(l, node, p)}; }
};

}  // namespace

std::vector<Layer> Lowering::lower(const model::IntNode& node) { return std::visit(Lower{*this, node}, node.params); }

void Lowering::fuse(Layer& producer, const model::IntNode& node) const {
  const Target target{config_, node.name};
  if (const auto* add = std::get_if<ops::AddParams>(&node.params)) {
    const int own = node.inputs[0] == producer.output ? 0 : 1;
    set_add(target, producer, *add, own);
    producer.residual = node.inputs[static_cast<std::size_t>(1 - own)];
    producer.op += "+add";
  } else {
    set_table(target, producer, std::get<ops::TableParams>(node.params));
    producer.op += "+table";
  }
  producer.name += "+" + node.name;
  producer.output = node.output;
}

Layer Lowering::start(const model::IntNode& node, const char* op) const {
  Layer layer;
  layer.name = node.name;
  layer.op = op;
  layer.output = node.output;
  layer.in_h = shape(node.inputs[0]).h;
  layer.in_w = shape(node.inputs[0]).w;
  layer.out = shape(node.output);
  return layer;
}

Source Lowering::source(int tensor) const { return {tensor, 0, blocks_of(shape(tensor).c, config_.v)}; }

void Lowering::finish(Layer& layer) const {
  int max_pixel = 0;
  for (const Source& s : layer.sources) {
    const TensorSlot& t = tensors_[static_cast<std::size_t>(s.tensor)];
    max_pixel = std::max(max_pixel, t.dense ? t.shape.c : v());
  }
  make_views(layer, max_pixel);
}

void Lowering::make_identity(Layer& layer) const {
  const int size = v();
  layer.one_weight = true;
  layer.weights = [size](int, int, std::int8_t* word) {
    for (int j = 0; j < size; ++j) word[j * size + j] = 1;
  };
  const int groups = blocks_of(layer.out.c, config_.v);
  for (int g = 0; g < groups; ++g) layer.reads.push_back({g, 1});
}

void Lowering::set_tail(Layer& layer, const ops::Tail& tail) const {
  const Target target{config_, layer.name};
  const int padded = blocks_of(layer.out.c, config_.v) * v();
  const bool alike = tail.channel.size() == 1 && (layer.one_weight || !layer.has_weights());
  layer.params.push_back(lower_tail(target, tail, layer.out.c, padded, layer.arithmetic, alike));
  layer.uniform = alike && harmless(layer.params.back().front());
}

}  // namespace e8::compile
