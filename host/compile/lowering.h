// From operators to layers, one file a family (lower_conv.cpp, lower_pool.cpp, lower_add.cpp, lower_move.cpp).
#pragma once

#include <vector>

#include "host/compile/layer.h"
#include "host/compile/tail.h"
#include "host/model/int_net.h"

namespace e8::compile {

/// A tensor as the compiler sees it: those of the network, and behind them hidden ones between the layers of one node.
struct TensorSlot {
  ops::Shape shape;
  bool dense = false;  ///< lies dense in DRAM: its pixels have shape.c bytes instead of V
};

class Lowering {
 public:
  Lowering(const isa::Config& config, std::vector<TensorSlot> tensors)
      : config_(config), tensors_(std::move(tensors)) {}

  /// The layers of a node (more than one where a node needs hidden tensors). Shapes and parameters have been checked.
  /// Parameters are kept by reference: the node must outlive the layers. Throws UserError 401.
  std::vector<Layer> lower(const model::IntNode& node);
  /// Makes stage 2 of `producer` compute `node` (an add of its output, or a table of it). Throws UserError 401.
  void fuse(Layer& producer, const model::IntNode& node) const;

  const std::vector<TensorSlot>& tensors() const { return tensors_; }
  const isa::Config& config() const { return config_; }

  // Pieces that the families share.

  /// A layer of `node` with its name, output, and input size; no phases yet.
  Layer start(const model::IntNode& node, const char* op) const;
  /// All blocks of a tensor.
  Source source(int tensor) const;
  /// make_views for the layer's sources.
  void finish(Layer& layer) const;
  /// One tap that passes its block: reads[g] = g, weights 1 on the diagonal.
  void make_identity(Layer& layer) const;
  /// Sets params from the tail; `uniform` when groups do not differ.
  void set_tail(Layer& layer, const ops::Tail& tail) const;
  int add_hidden(const ops::Shape& shape) {
    tensors_.push_back({shape, false});
    return static_cast<int>(tensors_.size()) - 1;
  }
  const ops::Shape& shape(int tensor) const { return tensors_[static_cast<std::size_t>(tensor)].shape; }
  int v() const { return static_cast<int>(config_.v); }

 private:
  const isa::Config& config_;
  std::vector<TensorSlot> tensors_;
};

// The families. `p` is part of `node`.
Layer lower_conv(const Lowering& l, const model::IntNode& node, const ops::ConvParams& p);
Layer lower_deconv(const Lowering& l, const model::IntNode& node, const ops::DeconvParams& p);
Layer lower_max_pool(const Lowering& l, const model::IntNode& node, const ops::MaxPoolParams& p);
Layer lower_avg_pool(const Lowering& l, const model::IntNode& node, const ops::AvgPoolParams& p);
Layer lower_add(const Lowering& l, const model::IntNode& node, const ops::AddParams& p);
/// Throws UserError 401: no instruction multiplies activations.
Layer lower_mul(const Lowering& l, const model::IntNode& node, const ops::MulParams& p);
Layer lower_table(const Lowering& l, const model::IntNode& node, const ops::TableParams& p);
Layer lower_upsample(const Lowering& l, const model::IntNode& node, const ops::UpsampleParams& p);
Layer lower_pad(const Lowering& l, const model::IntNode& node, const ops::PadParams& p);
Layer lower_slice(const Lowering& l, const model::IntNode& node, const ops::SliceParams& p);
Layer lower_requant(const Lowering& l, const model::IntNode& node, const ops::RequantParams& p);
std::vector<Layer> lower_concat(Lowering& l, const model::IntNode& node, const ops::ConcatParams& p);

/// Sets stage 2 of `layer` to the addition; its own result is operand `own` (0 or 1), the residual the other.
void set_add(const Target& target, Layer& layer, const ops::AddParams& p, int own);
/// Sets stage 2 of `layer` to the table.
void set_table(const Target& target, Layer& layer, const ops::TableParams& p);

}  // namespace e8::compile
