// Tensor by tensor: kept on chip where that shortens the layers between its writer and its last reader.
#include "host/compile/schedule.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "host/compile/layout.h"

namespace e8::compile {
namespace {

std::size_t at(int i) { return static_cast<std::size_t>(i); }

int widest_pixel(const Layer& layer, const std::vector<Located>& tensors) {
  int bytes = 1;
  for (const Source& s : layer.sources) bytes = std::max(bytes, tensors[at(s.tensor)].place.block);
  return bytes;
}

class Scheduler {
 public:
  Scheduler(const std::vector<Layer>& layers, const std::vector<Located>& tensors, const isa::Config& config,
            const std::vector<int>& outputs, Keep keep)
      : layers_(layers), tensors_(tensors), config_(config), outputs_(outputs), keep_(keep) {
    plan_.chip_only.assign(tensors.size(), false);
    for (const Layer& l : layers) {
      LayerPlan p;
      p.stay.words = static_cast<int>(config.feature_words);
      if (l.cpu < 0) p.tiling = choose_tiling(l, config, widest_pixel(l, tensors));
      plan_.layers.push_back(p);
      spatial_.push_back(l.cpu < 0 && !p.tiling.split && !p.tiling.lane_blocks && l.cell_h == 1 && l.cell_w == 1);
    }
  }

  Schedule run() {
    // a tensor may be worth it only when its neighbours stay, so those that were not are tried again
    for (bool more = keep_ != Keep::kNever; more;) {
      more = false;
      for (int l = 0; l < count(); ++l) more = try_keep(l) || more;
    }
    return std::move(plan_);
  }

 private:
  /// A tensor that might stay, from layer `first` to layer `last`.
  struct Candidate {
    int tensor = -1, first = 0, last = 0;
    Resident resident;
    bool store = false;                   ///< somebody reads it from DRAM
    std::vector<int> sources, residuals;  ///< layers that read it on chip
  };

  int count() const { return static_cast<int>(layers_.size()); }
  Stripes stripes(const Layer& l) const { return stripes_of(l.out.h, l.out.w, static_cast<int>(config_.lanes)); }
  static bool reads(const Layer& l, int tensor) {
    return std::any_of(l.sources.begin(), l.sources.end(), [&](const Source& s) { return s.tensor == tensor; });
  }

  Candidate candidate(int first) const {
    const Layer& l = layers_[at(first)];
    Candidate c;
    c.tensor = l.output;
    c.first = c.last = first;
    c.resident = {stripes(l), {}, l.out.h, l.out.w, blocks_of(l.out.c, config_.v), 0};
    c.store = std::find(outputs_.begin(), outputs_.end(), c.tensor) != outputs_.end();
    bool near = true;  // no node of the CPU between: it starts the machine anew
    for (int r = first + 1; r < count(); ++r) {
      const Layer& reader = layers_[at(r)];
      near = near && reader.cpu < 0;
      const bool source = reads(reader, c.tensor), residual = reader.residual == c.tensor;
      Border border;
      const bool in_place =
          near && source && spatial_[at(r)] && reads_in_place(reader, c.resident.stripes, stripes(reader), border);
      if (in_place) {
        c.sources.push_back(r);
        c.resident.border = c.resident.border | border;
      }
      const bool added = near && residual && spatial_[at(r)];
      if (added) c.residuals.push_back(r);
      if ((source && !in_place) || (residual && !added)) c.store = true;
      if (in_place || added) c.last = r;
    }
    return c;
  }

  /// Where the tensor can lie: over the residual that its writer is the last to read, or as high as there is room.
  bool place(Candidate& c) const {
    const Layer& writer = layers_[at(c.first)];
    const auto before = live_.find(writer.residual);
    if (plan_.layers[at(c.first)].stay.residual && before->second.second == c.first &&
        !reads(writer, writer.residual)) {
      const Resident& old = plan_.residents.at(writer.residual);
      if (c.resident.border.within(old.border)) {
        c.resident.border = old.border;
        c.resident.base = old.base;
        if (free(c, writer.residual)) return true;
      }
    }
    for (c.resident.base = static_cast<int>(config_.feature_words) - c.resident.words(); c.resident.base >= 0;) {
      const Resident* other = in_the_way(c, -1);
      if (!other) return true;
      c.resident.base = other->base - c.resident.words();
    }
    return false;
  }
  /// A tensor, other than `except`, that lies there while the candidate does.
  const Resident* in_the_way(const Candidate& c, int except) const {
    for (const auto& [tensor, r] : plan_.residents) {
      const auto& [first, last] = live_.at(tensor);
      const bool meets = first <= c.last && c.first <= last;
      const bool overlaps = r.base < c.resident.base + c.resident.words() && c.resident.base < r.base + r.words();
      if (tensor != except && meets && overlaps) return &r;
    }
    return nullptr;
  }
  bool free(const Candidate& c, int except) const { return !in_the_way(c, except); }

  /// Whether the result of layer `first` stays from now on.
  bool try_keep(int first) {
    if (!spatial_[at(first)] || plan_.layers[at(first)].stay.out) return false;
    Candidate c = candidate(first);
    if (c.last == first || !place(c)) return false;
    const int from = std::max(first - 1, 0), to = std::min(c.last + 1, count() - 1);
    const std::uint64_t without = keep_ == Keep::kAlways ? std::numeric_limits<std::uint64_t>::max() : cycles(from, to);
    const std::vector<LayerPlan> old(plan_.layers.begin() + first, plan_.layers.begin() + c.last + 1);
    if (stay(c) && cycles(from, to) < without) return true;
    std::copy(old.begin(), old.end(), plan_.layers.begin() + first);
    plan_.residents.erase(c.tensor);
    live_.erase(c.tensor);
    plan_.chip_only[at(c.tensor)] = false;
    return false;
  }

  /// Makes the tensor stay; false when a layer does not fit what is left.
  bool stay(const Candidate& c) {
    live_[c.tensor] = {c.first, c.last};
    const Resident* r = &(plan_.residents[c.tensor] = c.resident);
    plan_.chip_only[at(c.tensor)] = !c.store;
    plan_.layers[at(c.first)].stay.out = r;
    plan_.layers[at(c.first)].stay.store = c.store;
    for (const int l : c.sources) plan_.layers[at(l)].stay.in = r;
    for (const int l : c.residuals) plan_.layers[at(l)].stay.residual = r;
    for (int l = c.first; l <= c.last; ++l) {
      LayerPlan& p = plan_.layers[at(l)];
      p.stay.words = std::min(p.stay.words, r->base);
      p.tiling = choose_tiling(layers_[at(l)], config_, widest_pixel(layers_[at(l)], tensors_), p.stay);
      if (p.tiling.cycles == 0) return false;
    }
    return true;
  }

  /// Cycles of layers [from, to] alone.
  std::uint64_t cycles(int from, int to) const {
    Timeline timeline(config_);
    Builder builder(config_, timeline);
    OnChip chip(config_);
    for (int l = from; l <= to; ++l) {
      const LayerPlan& p = plan_.layers[at(l)];
      if (layers_[at(l)].cpu >= 0) continue;
      builder.begin_layer(l, layers_[at(l)].name);
      Emitter(layers_[at(l)], p.tiling, p.stay, config_, tensors_, chip, builder).run();
    }
    return timeline.end();
  }

  const std::vector<Layer>& layers_;
  const std::vector<Located>& tensors_;
  const isa::Config& config_;
  const std::vector<int>& outputs_;
  const Keep keep_;
  Schedule plan_;
  std::vector<bool> spatial_;                ///< lanes hold parts of the layer's image, a pixel a position
  std::map<int, std::pair<int, int>> live_;  ///< first and last layer of a tensor on chip
};

}  // namespace

Schedule make_schedule(const std::vector<Layer>& layers, const std::vector<Located>& tensors, const isa::Config& config,
                       const std::vector<int>& outputs, Keep keep) {
  return Scheduler(layers, tensors, config, outputs, keep).run();
}

}  // namespace e8::compile
