// Bursts in queues; a beat moves when latency, bandwidth and stalls let it.
#include "sim/verilated/axi_memory.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <stdexcept>
#include <string>

namespace e8::sim {

namespace {

void check_options(const MemoryOptions& o) {
  const auto require = [](bool ok, const char* what) {
    if (!ok) throw std::invalid_argument(std::string("AXI memory: ") + what);
  };
  require(o.bytes > 0 && o.bytes % 64 == 0, "bytes must be a positive multiple of 64");
  require(o.read_latency >= 1 && o.write_latency >= 1, "latencies must be at least 1");
  require(o.max_reads >= 1 && o.max_writes >= 1, "outstanding limits must be at least 1");
}

}  // namespace

AxiMemory::AxiMemory(const MemoryOptions& options)
    : options_((check_options(options), options)),
      bytes_(static_cast<std::uint8_t*>(std::calloc(options.bytes, 1))),
      checker_(pins_),
      reads_(options.max_reads),
      writes_(options.max_writes),
      responses_(options.max_writes),
      ar_stall_(options.stalls, options.seed * 8 + 0),
      r_stall_(options.stalls, options.seed * 8 + 1),
      aw_stall_(options.stalls, options.seed * 8 + 2),
      w_stall_(options.stalls, options.seed * 8 + 3),
      b_stall_(options.stalls, options.seed * 8 + 4) {
  if (bytes_ == nullptr) throw std::bad_alloc();
}

void AxiMemory::connect(const AxiPins& pins) {
  pins_ = pins;
  checker_ = AxiChecker(pins);
  reset();
}

void AxiMemory::reset() {
  reads_.clear();
  writes_.clear();
  responses_.clear();
  checker_.reset();
  credit_ = 0;
  r_held_ = b_held_ = read_hangs_ = write_hangs_ = false;
  *pins_.ar.ready = *pins_.aw.ready = *pins_.wready = *pins_.rvalid = *pins_.bvalid = 0;
}

void AxiMemory::clear_faults() {
  faults_.clear();
  read_hangs_ = write_hangs_ = false;
}

void AxiMemory::drive() {
  if (options_.bytes_per_cycle != 0) {  // unused bandwidth is lost, but what is left of a beat counts for the next
    credit_ =
        std::min<std::uint64_t>(credit_ + options_.bytes_per_cycle, pins_.data_bytes + options_.bytes_per_cycle - 1);
  }
  // When the bandwidth is short, reads and writes take turns: whoever goes first sees the credit first.
  if (write_turn_) {
    drive_write();
    drive_read();
  } else {
    drive_read();
    drive_write();
  }
}

void AxiMemory::drive_read() {
  *pins_.ar.ready = !reads_.full() && !ar_stall_.blocked(*pins_.ar.valid != 0);
  if (!r_held_ && !reads_.empty() && !read_hangs_ && reads_.front().ready_at <= cycle_ && credit_for_beat() &&
      !r_stall_.blocked(true)) {
    present_read(reads_.front());
  }
  *pins_.rvalid = r_held_;
}

void AxiMemory::present_read(Burst& burst) {
  const std::uint64_t base = burst.addr & ~std::uint64_t{pins_.data_bytes - 1};
  std::uint8_t resp = kOkay;
  if (!faults_.empty()) resp = fault_response(false, base, read_beats_, &read_hangs_);
  if (read_hangs_) return;
  if (inside(base, pins_.data_bytes)) {
    std::memcpy(pins_.rdata, bytes_.get() + base, pins_.data_bytes);
  } else {
    std::memset(pins_.rdata, 0, pins_.data_bytes);
    resp = kDecerr;
  }
  *pins_.rresp = resp;
  *pins_.rid = burst.id;
  *pins_.rlast = burst.beats_left == 1;
  r_held_ = true;
  ++read_beats_;
  spend_credit();
  write_turn_ = true;
}

void AxiMemory::drive_write() {
  // Slow memories take the address only with the data: a master must not wait for AWREADY before WVALID.
  const bool waits_for_data = options_.stalls == StallMode::kWorst && writes_.empty() && *pins_.wvalid == 0;
  const bool room = writes_.size() + responses_.size() < options_.max_writes;
  *pins_.aw.ready = room && !waits_for_data && !aw_stall_.blocked(*pins_.aw.valid != 0);
  *pins_.wready = !writes_.empty() && credit_for_beat() && !w_stall_.blocked(*pins_.wvalid != 0);
  if (*pins_.wready != 0 && *pins_.wvalid != 0) spend_credit();
  if (!b_held_ && !responses_.empty() && !write_hangs_ && responses_.front().ready_at <= cycle_ &&
      !b_stall_.blocked(true)) {
    b_held_ = true;
    *pins_.bresp = responses_.front().resp;
    *pins_.bid = responses_.front().id;
  }
  *pins_.bvalid = b_held_;
}

void AxiMemory::sample() {
  checker_.sample(cycle_);
  sample_read();
  sample_write();
  ++cycle_;
}

void AxiMemory::sample_read() {
  if (r_held_ && *pins_.rready != 0) {
    r_held_ = false;
    Burst& burst = reads_.front();
    burst.addr = (burst.addr & ~std::uint64_t{pins_.data_bytes - 1}) + pins_.data_bytes;
    if (--burst.beats_left == 0) reads_.pop();
  }
  if (*pins_.ar.ready != 0 && *pins_.ar.valid != 0) {
    reads_.push({pins_.address(pins_.ar), cycle_ + options_.read_latency, *pins_.ar.len + 1u, *pins_.ar.id, kOkay});
  }
}

void AxiMemory::sample_write() {
  if (b_held_ && *pins_.bready != 0) {
    b_held_ = false;
    responses_.pop();
  }
  if (*pins_.wready != 0 && *pins_.wvalid != 0) take_write(writes_.front());
  if (*pins_.aw.ready != 0 && *pins_.aw.valid != 0) {
    writes_.push({pins_.address(pins_.aw), 0, *pins_.aw.len + 1u, *pins_.aw.id, kOkay});
  }
}

void AxiMemory::take_write(Burst& burst) {
  const std::uint64_t base = burst.addr & ~std::uint64_t{pins_.data_bytes - 1};
  const std::uint64_t strobe = pins_.strobe();
  if ((strobe & ((std::uint64_t{1} << (burst.addr - base)) - 1)) != 0) {
    checker_.report(cycle_, "W strobe below the burst's start address " + std::to_string(burst.addr));
  }
  const bool last = burst.beats_left == 1;
  if ((*pins_.wlast != 0) != last) {
    checker_.report(cycle_, last ? "WLAST missing on the last beat" : "WLAST before the last beat");
  }
  std::uint8_t resp = kOkay;
  if (!faults_.empty()) resp = fault_response(true, base, write_beats_, &write_hangs_);
  if (!inside(base, pins_.data_bytes)) resp = kDecerr;
  if (resp == kOkay) {
    store_bytes(base, strobe);
  } else {
    burst.resp = resp;
  }
  ++write_beats_;
  write_turn_ = false;
  burst.addr = base + pins_.data_bytes;
  if (--burst.beats_left != 0) return;
  burst.ready_at = cycle_ + options_.write_latency;
  responses_.push(burst);
  writes_.pop();
}

void AxiMemory::store_bytes(std::uint64_t base, std::uint64_t strobe) {
  const unsigned n = pins_.data_bytes;
  const std::uint64_t all = n == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << n) - 1;
  std::uint8_t* to = bytes_.get() + base;
  if (strobe == all) {
    std::memcpy(to, pins_.wdata, n);
    return;
  }
  for (unsigned i = 0; i < n; ++i) {
    if (((strobe >> i) & 1) != 0) to[i] = pins_.wdata[i];
  }
}

std::uint8_t AxiMemory::fault_response(bool on_write, std::uint64_t base, std::uint64_t nth, bool* hang) const {
  for (const Fault& f : faults_) {
    if (f.on_write != on_write) continue;
    const bool hit = f.nth == nth || (base < f.end && base + pins_.data_bytes > f.begin);
    if (!hit) continue;
    if (f.kind == FaultKind::kHang) {
      *hang = true;
      return kOkay;
    }
    return f.kind == FaultKind::kSlverr ? kSlverr : kDecerr;
  }
  return kOkay;
}

void AxiMemory::require_inside(std::uint64_t address, std::uint64_t bytes) const {
  if (inside(address, bytes)) return;
  throw std::out_of_range("DRAM access of " + std::to_string(bytes) + " bytes at " + std::to_string(address) +
                          ", the memory has " + std::to_string(options_.bytes));
}

void AxiMemory::read(std::uint64_t address, void* data, std::size_t bytes) const {
  require_inside(address, bytes);
  std::memcpy(data, bytes_.get() + address, bytes);
}

void AxiMemory::write(std::uint64_t address, const void* data, std::size_t bytes) {
  require_inside(address, bytes);
  std::memcpy(bytes_.get() + address, data, bytes);
}

}  // namespace e8::sim
