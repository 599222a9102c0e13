// A network small enough to compile by hand, as integer network and as program: one 1x1 convolution, a row a lane.
#pragma once

#include <random>

#include "emu/isa/isa.h"
#include "host/compile/program.h"
#include "host/model/int_net.h"
#include "tests/sim/program_builder.h"

namespace e8::testing {

/// Input and output are [LANES][columns][V].
struct HandMade {
  model::IntNet net;
  compile::Program program;
};

inline ops::Tensor random_tensor(ops::Shape shape, unsigned seed) {
  std::mt19937 random(seed);
  ops::Tensor t(shape);
  for (std::int8_t& q : t.data) q = static_cast<std::int8_t>(static_cast<int>(random() % 256) - 128);
  return t;
}

inline model::IntNet hand_net(const isa::Config& config, int columns, unsigned seed) {
  const auto v = static_cast<int>(config.v);
  const ops::Shape shape{static_cast<int>(config.lanes), columns, v};
  ops::ConvParams conv;
  conv.cout = v;
  conv.weights = random_tensor({1, v, v}, seed).data;
  for (int j = 0; j < v; ++j) conv.tail.channel.push_back({2 * j - 3, 1, 1, static_cast<std::uint8_t>(8 + j % 3)});
  conv.tail.mode.tie = num::Tie::kHalfUp;
  model::IntNet net;
  net.name = "hand";
  net.scheme = "dpu";
  net.tie = "half_up";
  net.tensors = {{"in", shape, 0.5, 0}, {"out", shape, 0.25, 0}};
  net.nodes = {{"conv", {0}, 1, conv}};
  net.input = 0;
  net.outputs = {{1, model::CpuTail::kSoftmax}};
  net.preprocess = {shape.h,
                    shape.w,
                    v,
                    std::vector<double>(static_cast<std::size_t>(v), 0.5),
                    std::vector<double>(static_cast<std::size_t>(v), 0.25),
                    "half_even"};
  return net;
}

/// The constants: one weight word, one parameter word.
inline std::vector<std::uint8_t> hand_weights(const ops::ConvParams& conv) {
  std::vector<std::uint8_t> image(conv.weights.begin(), conv.weights.end());
  for (const num::ChannelParam& p : conv.tail.channel) {
    image.resize(image.size() + 16);
    isa::pack_param({p.b2, p.mp, p.mn, p.s}, image.data() + image.size() - 16);
  }
  return image;
}

inline std::vector<isa::Instruction> hand_code(const isa::Config& config, int columns) {
  test::ProgramBuilder b(config);
  const auto words = static_cast<std::uint32_t>(columns);
  b.add(b.load(isa::kTargetWeight, isa::kRegionWeights, 0, 0, 1));
  b.add(b.load(isa::kTargetParam, isa::kRegionWeights, config.v * config.v, 0, 1));
  isa::Load load = b.load_lanes(isa::kRegionInput, 0, 0, words);
  load.signal = isa::kTokenExec;
  b.add(load);
  isa::Exec exec = b.exec(0, 0, 0, words);
  exec.n_x = columns;
  exec.a_x = exec.o_x = 1;
  exec.wait = isa::kTokenLoad;
  exec.signal = isa::kTokenStore;
  b.add(exec);
  isa::Store store = b.store_lanes(isa::kRegionOutput, 0, words, words);
  store.wait = isa::kTokenExec;
  b.add(store);
  b.end();
  return b.program;
}

inline HandMade hand_made(const isa::Config& config, int columns = 5, unsigned seed = 1) {
  HandMade made{hand_net(config, columns, seed), {}};
  const auto& conv = std::get<ops::ConvParams>(made.net.nodes[0].params);
  const ops::Shape shape = made.net.tensors[0].shape;
  const auto row = static_cast<std::uint32_t>(shape.w * shape.c), bytes = static_cast<std::uint32_t>(shape.size());
  compile::Program& p = made.program;
  p.config = config;
  p.isa_hash = isa::isa_hash();
  p.name = made.net.name;
  p.scheme = made.net.scheme;
  p.tie = made.net.tie;
  p.code = hand_code(config, columns);
  p.weights = hand_weights(conv);
  p.region_bytes[isa::kRegionWeights] = static_cast<std::uint32_t>(p.weights.size());
  p.region_bytes[isa::kRegionInput] = p.region_bytes[isa::kRegionOutput] = bytes;
  for (const model::IntTensor& t : made.net.tensors) {
    const isa::Region region = p.tensors.empty() ? isa::kRegionInput : isa::kRegionOutput;
    p.tensors.push_back({t.name, t.shape, t.scale, t.zero_point, true, {region, 0, row, 0, shape.c}});
  }
  p.input = 0;
  p.outputs = made.net.outputs;
  p.predicted_cycles = 100;
  p.layers = {{"conv", "conv", 1, shape.size() * static_cast<std::size_t>(shape.c), 100, 2 * std::uint64_t{bytes}}};
  compile::InstructionInfo info;
  info.layer = 0;
  info.lane_y = 1;
  p.map.assign(p.code.size(), info);
  p.map.back() = {};
  p.preprocess = made.net.preprocess;
  return made;
}

}  // namespace e8::testing
