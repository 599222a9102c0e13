// Reads the retire port of a model and tells its events to a sink. Reads fields only when their valid is set.
#pragma once

#include <cstdint>

#include "emu/isa/isa.h"
#include "sim/retire.h"

namespace e8::sim {

class Model;

class RetirePins {
 public:
  /// Throws PluginError when a pin is missing or has another width.
  explicit RetirePins(const Model& model);
  /// Tells the events visible now, before the clock edge of `cycle`.
  void sample(std::uint64_t cycle, RetireSink& sink) const;

 private:
  struct Port {
    const std::uint8_t *valid = nullptr, *instr = nullptr, *addr = nullptr, *data = nullptr;
  };
  Port shared_port(const Model& m, const std::string& name, unsigned data_bits) const;
  void exec_event(std::uint64_t cycle, RetireSink& sink) const;
  void load_events(std::uint64_t cycle, RetireSink& sink) const;
  void store_event(std::uint64_t cycle, RetireSink& sink) const;
  static void shared_event(const Port& port, isa::Target target, std::uint64_t cycle, RetireSink& sink);

  unsigned lanes_, v_, axi_bytes_;
  Port exec_, load_, weight_, param_, table_, store_;
  const std::uint8_t *exec_kind_, *exec_mask_, *exec_acc_, *store_strobe_;
};

}  // namespace e8::sim
