// The DRAM behind an AXI4 master: bytes with latency, bandwidth, outstanding limits, random stalls and injected faults.
// Answers in order (one ID). Checks the master's protocol while it runs.
//
// A cycle: drive() sets this side's pins from the state; the model evaluates with the clock low; sample() takes the
// transfers that the coming clock edge makes.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

#include "sim/retire.h"
#include "sim/verilated/axi_checker.h"
#include "sim/verilated/axi_pins.h"
#include "sim/verilated/ring.h"
#include "sim/verilated/stall.h"

namespace e8::sim {

struct MemoryOptions {
  std::uint64_t bytes = std::uint64_t{1} << 24;  ///< from address 0; a multiple of 64. Accesses beyond get DECERR
  unsigned read_latency = 20;                    ///< cycles from AR to the first data beat, >= 1
  unsigned write_latency = 10;                   ///< cycles from the last W beat to B, >= 1
  unsigned bytes_per_cycle = 0;                  ///< shared by reads and writes; 0 = a beat each a cycle
  unsigned max_reads = 16, max_writes = 16;      ///< outstanding bursts, >= 1
  StallMode stalls = StallMode::kNone;
  std::uint64_t seed = 1;
};

enum class FaultKind : std::uint8_t { kSlverr, kDecerr, kHang };

/// Beats that touch [begin, end), or the nth beat (from 0, counted from construction) of the direction, are answered
/// with an error; kHang: never answered (until clear_faults).
struct Fault {
  static constexpr std::uint64_t kNever = ~std::uint64_t{0};
  FaultKind kind = FaultKind::kSlverr;
  bool on_write = false;
  std::uint64_t begin = 0, end = 0;
  std::uint64_t nth = kNever;
};

class AxiMemory {
 public:
  /// Throws std::invalid_argument naming the option that is out of range, std::bad_alloc.
  explicit AxiMemory(const MemoryOptions& options);

  void connect(const AxiPins& pins);
  /// Forgets all transfers, keeps the bytes.
  void reset();
  void drive();
  void sample();

  void add_fault(const Fault& fault) { faults_.push_back(fault); }
  void clear_faults();

  /// Throw std::out_of_range outside the memory.
  void read(std::uint64_t address, void* data, std::size_t bytes) const;
  void write(std::uint64_t address, const void* data, std::size_t bytes);
  DramView view() const { return {bytes_.get(), options_.bytes}; }

  const AxiChecker& checker() const { return checker_; }
  std::uint64_t read_beats() const { return read_beats_; }
  std::uint64_t write_beats() const { return write_beats_; }
  /// No burst is open.
  bool quiet() const { return reads_.empty() && writes_.empty() && responses_.empty(); }

 private:
  struct Burst {
    std::uint64_t addr, ready_at;
    unsigned beats_left;
    std::uint8_t id, resp;
  };
  struct Free {
    void operator()(std::uint8_t* p) const { std::free(p); }
  };
  static constexpr std::uint8_t kOkay = 0, kSlverr = 2, kDecerr = 3;

  void drive_read();
  void drive_write();
  void sample_read();
  void sample_write();
  void present_read(Burst& burst);
  void take_write(Burst& burst);
  void store_bytes(std::uint64_t base, std::uint64_t strobe);
  bool inside(std::uint64_t address, std::uint64_t bytes) const {
    return address <= options_.bytes && bytes <= options_.bytes - address;
  }
  void require_inside(std::uint64_t address, std::uint64_t bytes) const;
  /// kOkay when no fault applies to the beat; sets `hang` when it must never be answered.
  std::uint8_t fault_response(bool on_write, std::uint64_t base, std::uint64_t nth, bool* hang) const;
  bool credit_for_beat() const { return options_.bytes_per_cycle == 0 || credit_ >= pins_.data_bytes; }
  void spend_credit() {
    if (options_.bytes_per_cycle != 0) credit_ -= pins_.data_bytes;
  }

  MemoryOptions options_;
  std::unique_ptr<std::uint8_t[], Free> bytes_;
  AxiPins pins_;
  AxiChecker checker_;
  Ring<Burst> reads_, writes_, responses_;
  Stall ar_stall_, r_stall_, aw_stall_, w_stall_, b_stall_;
  std::vector<Fault> faults_;
  std::uint64_t cycle_ = 0, read_beats_ = 0, write_beats_ = 0;
  std::uint64_t credit_ = 0;
  bool r_held_ = false, b_held_ = false;  ///< valid is up and waits for the master
  bool read_hangs_ = false, write_hangs_ = false;
  bool write_turn_ = false;  ///< who gets the next beat when bandwidth is short
};

}  // namespace e8::sim
