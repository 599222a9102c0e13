// The passes in order: plan layers, plan DRAM, cut and emit each layer, predict.
#include "host/compile/compile.h"

#include <algorithm>
#include <limits>

#include "host/compile/check_net.h"
#include "host/compile/layout.h"
#include "host/compile/lowering.h"
#include "host/compile/schedule.h"
#include "host/model/error.h"
#include "host/model/explain.h"

namespace e8::compile {
namespace {

constexpr int kNotInHardware = 401;

std::size_t at(int i) { return static_cast<std::size_t>(i); }

bool is_output(const model::IntNet& net, int tensor) {
  return std::any_of(net.outputs.begin(), net.outputs.end(),
                     [&](const model::IntOutput& o) { return o.tensor == tensor; });
}

std::vector<int> outputs_of(const model::IntNet& net) {
  std::vector<int> tensors;
  for (const model::IntOutput& o : net.outputs) tensors.push_back(o.tensor);
  return tensors;
}

/// Nodes to layers, with what stage 2 can take fused into the layer before.
class Planner {
 public:
  Planner(const model::IntNet& net, const isa::Config& config, const Options& options)
      : net_(net), options_(options), lowering_(config, slots(net, config)), readers_(net.tensors.size(), 0) {
    for (const model::IntNode& node : net.nodes) {
      for (const int i : node.inputs) ++readers_[at(i)];
    }
  }

  void run() {
    for (const model::IntNode& node : net_.nodes) {
      try {
        plan(node);
      } catch (const UserError& e) {
        if (!options_.cpu || e.id() != kNotInHardware) throw;
        const std::string what = e.what(), end = node.name + "': ";  // "E8-401: node 'name': why"
        const std::size_t name = what.find(end);
        layers_.push_back(on_cpu(node, name == std::string::npos ? what : what.substr(name + end.size())));
      }
    }
  }

  const std::vector<Layer>& layers() const { return layers_; }
  const std::vector<TensorSlot>& tensors() const { return lowering_.tensors(); }

 private:
  void plan(const model::IntNode& node) {
    const int producer = fusable(node);
    if (producer >= 0) {  // its layer moves here, where the other operand is known
      Layer layer = layers_[at(producer)];
      lowering_.fuse(layer, node);
      layers_.erase(layers_.begin() + producer);
      layers_.push_back(std::move(layer));
    } else {
      for (Layer& layer : lowering_.lower(node)) layers_.push_back(std::move(layer));
    }
  }

  Layer on_cpu(const model::IntNode& node, const std::string& why) const {
    Layer layer = lowering_.start(node, ("cpu " + std::string(model::op_name(node.params))).c_str());
    layer.cpu = static_cast<int>(&node - net_.nodes.data());
    layer.why = why;
    for (const int i : node.inputs) layer.sources.push_back(lowering_.source(i));
    return layer;
  }

  /// The input lies dense when a pixel fits a word: LOAD's step cuts it, and can unfold it.
  static std::vector<TensorSlot> slots(const model::IntNet& net, const isa::Config& config) {
    std::vector<TensorSlot> all;
    for (const model::IntTensor& t : net.tensors) all.push_back({t.shape, false});
    TensorSlot& input = all[at(net.input)];
    input.dense = input.shape.c <= static_cast<int>(config.v);
    return all;
  }

  /// Index of the layer whose stage 2 can compute the node, or -1.
  int fusable(const model::IntNode& node) const {
    const bool add = std::holds_alternative<ops::AddParams>(node.params);
    const bool table = std::holds_alternative<ops::TableParams>(node.params);
    if (options_.keep_all || !lowering_.config().tables || !(add || table)) return -1;
    int best = -1;
    for (const int input : node.inputs) {
      if (readers_[at(input)] != 1 || is_output(net_, input)) continue;
      for (std::size_t l = 0; l < layers_.size(); ++l) {
        const bool convolves = layers_[l].macs != 0;
        if (layers_[l].output == input && convolves && layers_[l].arithmetic.stage2 == 0)
          best = std::max(best, static_cast<int>(l));
      }
    }
    return best;
  }

  const model::IntNet& net_;
  const Options& options_;
  Lowering lowering_;
  std::vector<int> readers_;  ///< by tensor
  std::vector<Layer> layers_;
};

std::uint64_t bytes_of(const TensorSlot& t, const isa::Config& c) {
  const std::uint64_t pixels = at(t.shape.h) * at(t.shape.w);
  return pixels * (t.dense ? at(t.shape.c) : at(blocks_of(t.shape.c, c.v)) * c.v);
}

/// Gives tensors their places. Scratch memory is used again after a tensor's last reader, unless all are kept.
class MemoryPlan {
 public:
  MemoryPlan(const model::IntNet& net, const Planner& plan, const isa::Config& config, bool keep_all)
      : net_(net),
        plan_(plan),
        config_(config),
        keep_all_(keep_all),
        located_(plan.tensors().size()),
        in_dram_(plan.tensors().size(), false),
        placed_(plan.tensors().size(), false),
        last_reader_(plan.tensors().size(), 0) {
    for (std::size_t i = 0; i < located_.size(); ++i) located_[i].shape = plan.tensors()[i].shape;
  }

  /// `chip_only`: tensors that get no place; none when empty.
  void run(const std::vector<bool>& chip_only) {
    const std::vector<Layer>& layers = plan_.layers();
    for (std::size_t l = 0; l < layers.size(); ++l) {
      for (const int t : reads(layers[l])) last_reader_[at(t)] = l;
      last_reader_[at(layers[l].output)] = l;
    }
    place_at_end(net_.input, isa::kRegionInput);
    for (std::size_t l = 0; l < layers.size(); ++l) {
      const int out = layers[l].output;
      if (is_output(net_, out)) {
        place_at_end(out, isa::kRegionOutput);
      } else if (chip_only.empty() || !chip_only[at(out)]) {
        place_in_scratch(out);
      }
      std::vector<int> done = reads(layers[l]);
      done.push_back(out);
      for (const int t : done) release(t, l);
    }
  }

  const std::vector<Located>& located() const { return located_; }
  /// Whether the tensor still lies at its place when the program has ended.
  bool in_dram(int tensor) const { return in_dram_[at(tensor)]; }
  std::uint32_t region_bytes(isa::Region r) const { return regions_[r].size(); }

 private:
  static std::vector<int> reads(const Layer& layer) {
    std::vector<int> tensors;
    for (const Source& s : layer.sources) tensors.push_back(s.tensor);
    if (layer.residual >= 0) tensors.push_back(layer.residual);
    std::sort(tensors.begin(), tensors.end());
    tensors.erase(std::unique(tensors.begin(), tensors.end()), tensors.end());
    return tensors;
  }

  std::string name(int tensor) const {
    return at(tensor) < net_.tensors.size() ? "tensor '" + net_.tensors[at(tensor)].name + "'" : "a tensor in between";
  }

  void place(int tensor, isa::Region region, std::uint64_t offset) {
    const TensorSlot& t = plan_.tensors()[at(tensor)];
    located_[at(tensor)].place =
        t.dense ? dense_place(region, offset, t.shape) : blocked_place(region, offset, t.shape, config_.v);
    in_dram_[at(tensor)] = placed_[at(tensor)] = true;
  }

  /// For good.
  void place_at_end(int tensor, isa::Region region) {
    place(tensor, region, regions_[region].allocate(bytes_of(plan_.tensors()[at(tensor)], config_), name(tensor)));
  }

  void place_in_scratch(int tensor) {
    const std::uint64_t bytes = bytes_of(plan_.tensors()[at(tensor)], config_);
    const std::uint64_t begin = regions_[isa::kRegionScratch].allocate(bytes, name(tensor));
    for (std::size_t i = 0; i < located_.size(); ++i) {  // who lay there is gone
      const Place& p = located_[i].place;
      if (!in_dram_[i] || p.region != isa::kRegionScratch) continue;
      if (p.offset < begin + bytes && begin < p.offset + bytes_of(plan_.tensors()[i], config_)) in_dram_[i] = false;
    }
    place(tensor, isa::kRegionScratch, begin);
  }

  void release(int tensor, std::size_t layer) {
    const bool kept = keep_all_ && at(tensor) < net_.tensors.size();
    const Place& p = located_[at(tensor)].place;
    if (!kept && placed_[at(tensor)] && p.region == isa::kRegionScratch && last_reader_[at(tensor)] == layer)
      regions_[isa::kRegionScratch].release(p.offset);
  }

  const model::IntNet& net_;
  const Planner& plan_;
  const isa::Config& config_;
  const bool keep_all_;
  std::vector<Located> located_;
  std::vector<bool> in_dram_, placed_;
  std::vector<std::size_t> last_reader_;  ///< by tensor; its writer when nobody reads it
  RegionAllocator regions_[isa::kRegions];
};

/// Useful multiply-accumulates; 0 of operators without weights.
std::uint64_t macs_of(const model::IntNode& node, const std::vector<Located>& tensors) {
  const auto pixels = [&](int tensor) { return at(tensors[at(tensor)].shape.h) * at(tensors[at(tensor)].shape.w); };
  if (const auto* conv = std::get_if<ops::ConvParams>(&node.params)) return conv->weights.size() * pixels(node.output);
  const auto* deconv = std::get_if<ops::DeconvParams>(&node.params);
  return deconv != nullptr ? deconv->weights.size() * pixels(node.inputs[0]) : 0;
}

CpuNode cpu_node(const model::IntNode& node, const std::string& why, std::size_t next,
                 const std::vector<Located>& tensors) {
  CpuNode c;
  c.node = node;
  c.why = why;
  c.macs = macs_of(node, tensors);
  c.at = static_cast<std::uint32_t>(next);
  for (const int i : node.inputs) c.inputs.push_back(tensors[at(i)].place);
  c.output = tensors[at(node.output)].place;
  return c;
}

void emit_layers(Program& program, const model::IntNet& net, const Planner& plan, const Schedule& schedule,
                 const std::vector<Located>& tensors) {
  Builder builder(program.config);
  OnChip chip(program.config);
  for (std::size_t l = 0; l < plan.layers().size(); ++l) {
    const Layer& layer = plan.layers()[l];
    if (layer.cpu >= 0) {
      builder.end_segment(program);
      chip = OnChip(program.config);
      program.cpu.push_back(cpu_node(net.nodes[at(layer.cpu)], layer.why, program.code.size(), tensors));
      program.layers.push_back({layer.name, layer.op, layer.output, 0, 0, 0});
      continue;
    }
    builder.begin_layer(static_cast<int>(l), layer.name);
    const LayerPlan& p = schedule.layers[l];
    Emitter(layer, p.tiling, p.stay, program.config, tensors, chip, builder).run();
    const bool hidden = at(layer.output) >= program.tensors.size();
    program.layers.push_back({layer.name, layer.op, hidden ? -1 : layer.output, layer.macs, 0, 0});
  }
  builder.finish(program);
}

Program start_program(const model::IntNet& net, const isa::Config& config) {
  Program p;
  p.config = config;
  p.isa_hash = isa::isa_hash();
  p.name = net.name;
  p.scheme = net.scheme;
  p.tie = net.tie;
  p.input = net.input;
  p.outputs = net.outputs;
  p.preprocess = net.preprocess;
  p.labels = net.labels;
  for (const model::IntTensor& t : net.tensors)
    p.tensors.push_back({t.name, t.shape, t.scale, t.zero_point, false, {}});
  return p;
}

}  // namespace

Program compile(const model::IntNet& net, const isa::Config& config, const Options& options) {
  const std::string problem = config.problem();
  if (!problem.empty()) throw UserError(405, "configuration " + config.name + ": " + problem);
  check_net(net);
  Planner plan(net, config, options);
  plan.run();
  MemoryPlan everything(net, plan, config, options.keep_all);
  everything.run({});
  const Schedule schedule = make_schedule(plan.layers(), everything.located(), config, outputs_of(net),
                                          options.keep_all ? Keep::kNever : options.on_chip);
  MemoryPlan memory(net, plan, config, options.keep_all);
  memory.run(schedule.chip_only);
  Program program = start_program(net, config);
  emit_layers(program, net, plan, schedule, memory.located());
  for (std::size_t i = 0; i < program.tensors.size(); ++i) {
    program.tensors[i].in_dram = memory.in_dram(static_cast<int>(i));
    if (program.tensors[i].in_dram) program.tensors[i].place = memory.located()[i].place;
  }
  for (const isa::Region r : {isa::kRegionInput, isa::kRegionOutput, isa::kRegionScratch}) {
    program.region_bytes[r] = memory.region_bytes(r);
  }
  program.region_bytes[isa::kRegionWeights] = static_cast<std::uint32_t>(program.weights.size());
  predict(program);
  return program;
}

}  // namespace e8::compile
