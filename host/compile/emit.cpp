// Loops over chunks and tiles; weights, parameters and tables.
#include "host/compile/emit.h"

#include <algorithm>

namespace e8::compile {
namespace {

Access words(Memory memory, int base, int n, bool write) {
  return {memory, isa::kRegionWeights, static_cast<std::uint64_t>(base), static_cast<std::uint64_t>(base + n), write};
}

Memory memory_of(isa::Target target) {
  switch (target) {
    case isa::kTargetWeight:
      return Memory::kWeight;
    case isa::kTargetParam:
      return Memory::kParam;
    default:
      return Memory::kTable;
  }
}

void append_table(std::vector<std::uint8_t>& bytes, const std::vector<std::int32_t>& table) {
  for (const std::int32_t entry : table) {
    const auto bits = static_cast<std::uint32_t>(entry);
    for (unsigned k = 0; k < 4; ++k) bytes.push_back(static_cast<std::uint8_t>(bits >> (8 * k)));
  }
}

}  // namespace

Emitter::Emitter(const Layer& layer, const Tiling& tiling, const Stay& stay, const isa::Config& config,
                 const std::vector<Located>& tensors, OnChip& chip, Builder& builder)
    : layer_(layer), tiling_(tiling), stay_(stay), config_(config), tensors_(tensors), chip_(chip), builder_(builder) {}

void Emitter::run() {
  load_tables();
  if (tiling_.split) {
    run_split();
    store_pending();
    return;
  }
  if (!stay_.in) {
    for (const Chunk& c : chunks_of(layer_, tiling_, config_.lanes)) {
      in_words_ = std::max(
          in_words_, input_rows(layer_, tiling_.rows) * input_words(layer_, tiling_.cols) * c.blocks * planes(layer_));
    }
  }
  if (stay_.io_buffer(layer_)) io_words_ = tiling_.rows * layer_.cell_h * tiling_.cols * layer_.cell_w * tiling_.groups;
  shift_borders();
  if (tiling_.weights_outer) {
    run_weights_outer();
  } else {
    run_tiles_outer();
  }
  store_pending();
}

void Emitter::run_weights_outer() {
  for (const Chunk& chunk : chunks_of(layer_, tiling_, config_.lanes)) {
    if (!layer_.one_weight || chunk.g0 == 0) load_weights(chunk, 0, phases());
    load_params(chunk);
    for (const Tile& tile : tiles()) {
      load_input(tile, chunk, input_of(tile, chunk));
      load_residual(tile, chunk);
      store_pending();
      exec_tile(tile, chunk, 0, phases());
      store_later(tile, chunk);
    }
  }
}

void Emitter::run_tiles_outer() {
  for (const Tile& tile : tiles()) {
    bool loaded = false;
    for (const Chunk& chunk : chunks_of(layer_, tiling_, config_.lanes)) {
      for (int p = 0; p < phases(); ++p) {
        load_weights(chunk, p, p + 1);
        if (p == 0) load_params(chunk);
        if (!loaded) load_input(tile, chunk, input_of(tile, chunk));
        loaded = true;
        if (p == 0) load_residual(tile, chunk);
        store_pending();
        exec_tile(tile, chunk, p, p + 1);
      }
      store_later(tile, chunk);
    }
  }
}

/// Lanes whose stripe has position (y, x) of lane 0's.
std::uint32_t Emitter::lanes_at(int y, int x) const {
  std::uint32_t mask = 0;
  for (int l = 0; l < lanes(); ++l) {
    const int ly = l / tiling_.lanes_x, lx = l % tiling_.lanes_x;
    const bool rows = tiling_.lane_blocks || ly * tiling_.stripe_y + y < layer_.height();
    if (rows && lx * tiling_.stripe_x + x < layer_.width()) mask |= 1u << l;
  }
  return mask;
}

std::vector<Tile> Emitter::tiles() const {
  std::vector<Tile> all;
  for (int y = 0; y < tiling_.stripe_y; y += tiling_.rows) {
    for (int x = 0; x < tiling_.stripe_x; x += tiling_.cols) {
      all.push_back({y, std::min(tiling_.rows, tiling_.stripe_y - y), x, std::min(tiling_.cols, tiling_.stripe_x - x),
                     lanes_at(y, x), y / tiling_.rows, x / tiling_.cols});
    }
  }
  return all;
}

void Emitter::load_shared(isa::Target target, std::uint32_t offset, int base, int n) {
  isa::Load load;
  load.target = target;
  load.region = isa::kRegionWeights;
  load.dram = offset;
  load.lane_mask = load.lanes_x = load.n_rows = load.n_blks = load.f_word = 1;
  load.f_base = base;
  load.n_words = n;
  builder_.add(load, {words(memory_of(target), base, n, true)}, InstructionInfo{});
}

void Emitter::load_tables() {
  if (layer_.t1.empty()) return;
  std::vector<std::uint8_t> bytes;
  append_table(bytes, layer_.t1);
  append_table(bytes, layer_.t2);
  const OnChip::Bank want{builder_.constant([&] { return bytes; }), static_cast<int>(bytes.size() / 4)};
  for (int bank = 0; bank < 2; ++bank) {
    if (chip_.tables[bank].offset != want.offset || chip_.tables[bank].entries != want.entries) continue;
    chip_.table_bank = bank;
    return;
  }
  chip_.table_bank ^= 1;  // the layer before may still use the other
  chip_.tables[chip_.table_bank] = want;
  load_shared(isa::kTargetTable, want.offset, chip_.table_bank * 512, want.entries);
}

std::vector<std::uint8_t> Emitter::weight_bytes(const Chunk& chunk, int first, int last) const {
  const auto word = static_cast<std::size_t>(config_.weight_word_bytes());
  if (layer_.one_weight) {
    std::vector<std::uint8_t> bytes(word);
    layer_.weights(0, 0, reinterpret_cast<std::int8_t*>(bytes.data()));
    return bytes;
  }
  std::size_t size = 0;
  for (int p = first; p < last; ++p) size += static_cast<std::size_t>(weight_words(layer_, p, chunk)) * word;
  std::vector<std::uint8_t> bytes(size);
  auto* to = reinterpret_cast<std::int8_t*>(bytes.data());
  for (int p = first; p < last; ++p) {
    for (int g = chunk.g0; g < chunk.g1; ++g) {
      layer_.weights(p, g, to);
      to += static_cast<std::size_t>(layer_.steps(p, g)) * word;
    }
  }
  return bytes;
}

void Emitter::load_weights(const Chunk& chunk, int first, int last) {
  if (!layer_.has_weights()) return;
  phase_base_.assign(layer_.phases.size(), 0);
  weight_words_ = 0;
  for (int p = first; p < last; ++p) {
    phase_base_[static_cast<std::size_t>(p)] = layer_.one_weight ? 0 : weight_words_;
    weight_words_ += weight_words(layer_, p, chunk);
  }
  if (layer_.one_weight) weight_words_ = 1;
  weight_base_ = chip_.weights.take(weight_words_);
  load_shared(isa::kTargetWeight, builder_.constant([&] { return weight_bytes(chunk, first, last); }), weight_base_,
              weight_words_);
}

std::vector<std::uint8_t> Emitter::param_bytes(const Chunk& chunk) const {
  std::vector<std::uint8_t> bytes;
  for (const auto& set : layer_.params) {
    for (int c = chunk.g0 * v(); c < chunk.g1 * v(); ++c) {
      std::uint8_t record[16];
      isa::pack_param(set[static_cast<std::size_t>(c)], record);
      bytes.insert(bytes.end(), record, record + 16);
    }
  }
  return bytes;
}

void Emitter::load_params(const Chunk& chunk) {
  param_words_ = static_cast<int>(layer_.params.size()) * chunk.groups();
  param_base_ = chip_.params.take(param_words_);
  load_shared(isa::kTargetParam, builder_.constant([&] { return param_bytes(chunk); }), param_base_, param_words_);
}

}  // namespace e8::compile
