// Collects every tensor that an emulated program stores, at the time it is complete: memory planning may give its bytes
// to a later tensor, so after the run it can be gone.
#pragma once

#include <cstdint>
#include <vector>

#include "emu/machine/machine.h"
#include "host/driver/driver.h"

namespace e8::driver {

class TensorCapture : public machine::EventSink {
 public:
  /// Both must outlive it.
  TensorCapture(const compile::Program& program, const Driver& driver);

  /// Was the tensor computed into DRAM (by a layer; never the input)?
  bool has(int tensor) const { return captured_.at(static_cast<std::size_t>(tensor)).stores > 0; }
  /// Only when has().
  ops::Tensor tensor(int tensor) const;

  void on_exec(machine::ExecKind, std::uint32_t, std::uint32_t, std::uint32_t, const std::int8_t*,
               const std::int32_t*) override {}
  void on_load_feature(std::uint32_t, unsigned, std::uint32_t, const std::int8_t*) override {}
  void on_load_shared(isa::Target, std::uint32_t, std::uint32_t, const std::uint8_t*, std::size_t) override {}
  void on_store(std::uint32_t instr, std::uint64_t address, const std::uint8_t* data, std::size_t bytes) override;

 private:
  struct Captured {
    int maker = -1;           ///< the last layer that writes it
    std::uint64_t begin = 0;  ///< device address
    std::vector<std::uint8_t> image;
    std::uint64_t stores = 0;
  };
  const compile::Program& program_;
  std::vector<Captured> captured_;  ///< by tensor; image is empty where there is nothing to capture
};

/// Tensors whose bytes nobody overwrites before the program ends, the input among them: read_tensor() gives them.
std::vector<int> tensors_at_end(const compile::Program& program);

}  // namespace e8::driver
