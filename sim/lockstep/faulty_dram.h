// The emulator's DRAM in lockstep: bytes from address 0, with the faults that are injected behind the hardware's AXI.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

#include "emu/machine/machine.h"
#include "sim/retire.h"
#include "sim/verilated/axi_memory.h"

namespace e8::sim {

class FaultyDram : public machine::Dram {
 public:
  /// axi_bytes: faults hit whole beats of the hardware's bus. Throws std::bad_alloc.
  FaultyDram(std::uint64_t bytes, unsigned axi_bytes);

  bool read(std::uint64_t address, void* data, std::size_t bytes) override;
  bool write(std::uint64_t address, const void* data, std::size_t bytes) override;
  /// Of the fault, only direction and address range are used: an emulator has no nth beat and cannot hang.
  void add_fault(const Fault& fault) { faults_.push_back(fault); }
  void clear_faults() { faults_.clear(); }
  DramView view() const { return {bytes_.get(), size_}; }

 private:
  struct Free {
    void operator()(std::uint8_t* p) const { std::free(p); }
  };
  bool answers(bool is_write, std::uint64_t address, std::size_t bytes) const;

  std::unique_ptr<std::uint8_t[], Free> bytes_;
  std::uint64_t size_;
  unsigned axi_bytes_;
  std::vector<Fault> faults_;
};

}  // namespace e8::sim
