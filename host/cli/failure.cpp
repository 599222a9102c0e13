// See failure.h.
#include "host/cli/failure.h"

#include <fmt/format.h>

#include "host/driver/driver.h"
#include "host/driver/emu_device.h"
#include "host/model/error.h"
#include "host/model/explain.h"

namespace e8::cli {
namespace {

using compile::Element;
using compile::Program;

/// Was golden's value of an element rounded from exactly half? Unknown without a network.
std::optional<bool> tie_at(const Subject& subject, int tensor, const std::array<int, 3>& at,
                           const std::vector<ops::Tensor>* golden) {
  if (!subject.net || golden == nullptr) return std::nullopt;
  const int node = model::maker_of(*subject.net, tensor);
  if (node < 0) return std::nullopt;
  return model::explain(*subject.net, node, *golden, at[0], at[1], at[2]).tie;
}

/// Finds the EXEC write that made an element, by asking locate() for each of the layer's.
struct Writer {
  std::uint32_t instruction;
  unsigned lane;
};
std::optional<Writer> find_writer(const Program& p, int layer, const std::array<int, 3>& at) {
  for (std::uint32_t i = 0; i < p.code.size(); ++i) {
    if (p.map[i].layer != layer || p.code[i].opcode() != static_cast<unsigned>(isa::Opcode::kEXEC)) continue;
    const isa::Exec x = isa::decode_exec(p.code[i]);
    if (x.acc_hold != 0) continue;
    const auto events = static_cast<std::uint64_t>(x.n_g * x.n_y * x.n_x);
    for (std::uint64_t n = 0; n < events; ++n) {
      for (unsigned lane = 0; lane < p.config.lanes; ++lane) {
        if ((x.lane_mask >> lane & 1) == 0) continue;
        // Channels of a word follow each other: only the one that can match is asked for.
        const Element first = compile::locate(p, i, n, lane, 0);
        const int channel = at[2] - first.c;
        if (!first.known || channel < 0 || channel >= static_cast<int>(p.config.v)) continue;
        const Element e = compile::locate(p, i, n, lane, static_cast<unsigned>(channel));
        if (e.known && e.y == at[0] && e.x == at[1] && e.c == at[2]) return Writer{i, lane};
      }
    }
  }
  return std::nullopt;
}

int layer_of_tensor(const Program& p, int tensor) {
  for (std::size_t l = p.layers.size(); l-- > 0;) {
    if (p.layers[l].output == tensor) return static_cast<int>(l);
  }
  return -1;
}

const std::string& layer_name(const Program& p, int layer) { return p.layers.at(static_cast<std::size_t>(layer)).name; }

void place_instruction(const Program& p, std::uint32_t index, Spot* spot) {
  spot->instruction = index;
  if (index >= p.map.size() || p.map[index].layer < 0) return;
  spot->layer = layer_name(p, p.map[index].layer);
  spot->tile = {p.map[index].tile_y, p.map[index].tile_x};
}

/// Compares what EXECs write; remembers the first difference.
class BirthSink : public machine::EventSink {
 public:
  BirthSink(const Program& program, const driver::Driver& driver, const std::vector<ops::Tensor>& golden)
      : program_(program), driver_(driver), golden_(golden) {}

  void on_exec(machine::ExecKind kind, std::uint32_t instr, std::uint32_t lane_mask, std::uint32_t,
               const std::int8_t* data, const std::int32_t*) override {
    if (found || kind != machine::ExecKind::kWrite) return;
    const std::uint32_t index = driver_.first_instruction() + instr;
    n_ = index == instruction_ ? n_ + 1 : 0;
    instruction_ = index;
    const unsigned v = program_.config.v;
    for (unsigned lane = 0; lane < program_.config.lanes && !found; ++lane) {
      if ((lane_mask >> lane & 1) == 0) continue;
      for (unsigned c = 0; c < v && !found; ++c) compare(lane, c, data[lane * v + c]);
    }
  }
  void on_load_feature(std::uint32_t, unsigned, std::uint32_t, const std::int8_t*) override {}
  void on_load_shared(isa::Target, std::uint32_t, std::uint32_t, const std::uint8_t*, std::size_t) override {}
  void on_store(std::uint32_t, std::uint64_t, const std::uint8_t*, std::size_t) override {}

  struct Found {
    Element element;
    std::uint32_t instruction = 0;
    unsigned lane = 0;
    int got = 0, want = 0;
  };
  std::optional<Found> found;

 private:
  void compare(unsigned lane, unsigned channel, std::int8_t got) {
    const Element e = compile::locate(program_, instruction_, n_, lane, channel);
    if (!e.known) return;
    const int output = program_.layers[static_cast<std::size_t>(e.layer)].output;
    const std::int8_t want = golden_.at(static_cast<std::size_t>(output)).at(e.y, e.x, e.c);
    if (got != want) found = Found{e, instruction_, lane, got, want};
  }

  const Program& program_;
  const driver::Driver& driver_;
  const std::vector<ops::Tensor>& golden_;
  std::uint32_t instruction_ = ~0u;
  std::uint64_t n_ = 0;
};

}  // namespace

std::optional<Spot> find_birth(const Subject& subject, const ops::Tensor& input,
                               const std::vector<ops::Tensor>& golden) {
  const Program& p = *subject.program;
  driver::EmuDevice device(p.config, driver::memory_needed(p));
  driver::Driver driver(device, p);
  BirthSink sink(p, driver, golden);
  device.set_sink(&sink);
  try {
    driver.run(input);
  } catch (const UserError&) {
    return std::nullopt;
  } catch (const machine::Hazard&) {
    return std::nullopt;
  }
  if (!sink.found) return std::nullopt;
  const BirthSink::Found& f = *sink.found;
  Spot s;
  s.layer = layer_name(p, f.element.layer);
  s.tile = {f.element.tile_y, f.element.tile_x};
  s.element = {f.element.y, f.element.x, f.element.c};
  s.got = f.got;
  s.want = f.want;
  s.tie = tie_at(subject, p.layers[static_cast<std::size_t>(f.element.layer)].output, *s.element, &golden);
  s.instruction = f.instruction;
  s.lane = f.lane;
  return s;
}

std::string fail_line(const std::string& name, std::size_t number, const Spot& s) {
  std::string line = "FAIL " + name;
  if (!s.layer.empty()) line += "  layer " + s.layer;
  if (s.tile) line += fmt::format("  tile ({},{})", s.tile->first, s.tile->second);
  if (s.element) line += fmt::format("  y[{},{},{},{}]", number, (*s.element)[0], (*s.element)[1], (*s.element)[2]);
  if (s.got && s.want) {
    line += fmt::format("  got {} want {}", *s.got, *s.want);
    if (s.element) line += fmt::format(" ({:+d} LSB{})", *s.want - *s.got, s.tie.value_or(false) ? ", tie" : "");
  }
  if (s.instruction) line += fmt::format("  instruction {}", *s.instruction);
  if (s.lane) line += fmt::format("  lane {}", *s.lane);
  if (s.cycle) line += fmt::format("  cycle {}", *s.cycle);
  return line;
}

Spot spot_of_tensor(const Subject& subject, int tensor, const TensorDiff& diff,
                    const std::vector<ops::Tensor>* golden) {
  Spot s;
  s.element = {diff.y, diff.x, diff.c};
  s.got = diff.got;
  s.want = diff.want;
  s.tie = tie_at(subject, tensor, *s.element, golden);
  const int layer = subject.program ? layer_of_tensor(*subject.program, tensor) : -1;
  if (layer >= 0) {
    s.layer = layer_name(*subject.program, layer);
    if (const auto writer = find_writer(*subject.program, layer, *s.element)) {
      place_instruction(*subject.program, writer->instruction, &s);
      s.lane = writer->lane;
    }
  } else if (subject.net) {
    const int node = model::maker_of(*subject.net, tensor);
    if (node >= 0) s.layer = subject.net->nodes[static_cast<std::size_t>(node)].name;
  }
  return s;
}

Spot spot_of_mismatch(const Subject& subject, const sim::Mismatch& m, const std::vector<ops::Tensor>* golden) {
  Spot s;
  const Program& p = *subject.program;
  if (m.kind != sim::Difference::kDram) place_instruction(p, m.instruction, &s);
  if (m.kind != sim::Difference::kFinalState && m.kind != sim::Difference::kExtra) {
    s.got = m.got;
    s.want = m.want;
  }
  if (m.lane != sim::Mismatch::kNoLane) s.lane = m.lane;
  if (m.cycle != 0) s.cycle = m.cycle;
  const bool value = m.kind == sim::Difference::kData || m.kind == sim::Difference::kAccumulator;
  if (value && m.stream == sim::Stream::kExec && m.lane != sim::Mismatch::kNoLane && m.instruction < p.map.size()) {
    const Element e = compile::locate(p, m.instruction, m.n, m.lane, m.channel);
    if (e.known) {
      s.element = {e.y, e.x, e.c};
      s.tile = {e.tile_y, e.tile_x};
      s.layer = layer_name(p, e.layer);
      const int tensor = p.layers[static_cast<std::size_t>(e.layer)].output;
      if (tensor >= 0) s.tie = tie_at(subject, tensor, *s.element, golden);
    }
  }
  return s;
}

}  // namespace e8::cli
