// An AXI4 master in software on pins of its own: drives AxiMemory without any RTL.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <deque>
#include <vector>

#include "sim/verilated/axi_memory.h"

namespace e8::test {

class AxiMaster {
 public:
  struct ReadBeat {
    std::vector<std::uint8_t> data;
    std::uint8_t resp;
    bool last;
    std::uint64_t cycle;
  };
  struct Burst {
    std::uint64_t addr;
    unsigned beats;
  };
  struct WriteBeat {
    std::vector<std::uint8_t> data;
    std::uint64_t strobe;
    bool last;
  };

  AxiMaster(const sim::MemoryOptions& options, unsigned data_bytes) : memory(options), data_bytes_(data_bytes) {
    sim::AxiPins p;
    p.data_bytes = data_bytes;
    p.addr_bits = 32;
    p.ar = {&ar_.valid, &ar_.id, ar_.addr.data(), &ar_.len, &ar_.size, &ar_.burst, &ar_.ready};
    p.aw = {&aw_.valid, &aw_.id, aw_.addr.data(), &aw_.len, &aw_.size, &aw_.burst, &aw_.ready};
    p.rvalid = &rvalid_;
    p.rid = &rid_;
    p.rdata = rdata_.data();
    p.rresp = &rresp_;
    p.rlast = &rlast_;
    p.rready = &rready;
    p.wvalid = &wvalid_;
    p.wdata = wdata_.data();
    p.wstrb = wstrb_.data();
    p.wlast = &wlast_;
    p.wready = &wready_;
    p.bvalid = &bvalid_;
    p.bid = &bid_;
    p.bresp = &bresp_;
    p.bready = &bready;
    memory.connect(p);
  }

  /// A legal burst with a full-width size.
  void queue_read(std::uint64_t addr, unsigned beats) { read_queue.push_back({addr, beats}); }
  /// A legal burst that writes `data` byte for byte at addr.
  void queue_write(std::uint64_t addr, const std::vector<std::uint8_t>& data) {
    const unsigned skip = static_cast<unsigned>(addr % data_bytes_);
    const unsigned beats = static_cast<unsigned>((skip + data.size() + data_bytes_ - 1) / data_bytes_);
    write_queue.push_back({addr, beats});
    for (unsigned b = 0; b < beats; ++b) {
      WriteBeat beat{std::vector<std::uint8_t>(data_bytes_), 0, b + 1 == beats};
      for (unsigned i = 0; i < data_bytes_; ++i) {
        const std::size_t at = std::size_t{b} * data_bytes_ + i;
        if (at < skip || at >= skip + data.size()) continue;
        beat.data[i] = data[at - skip];
        beat.strobe |= std::uint64_t{1} << i;
      }
      write_beats.push_back(beat);
    }
  }

  void tick() {
    present(ar_, read_queue);
    present(aw_, write_queue);
    if (wvalid_ == 0 && !write_beats.empty()) {
      wvalid_ = 1;
      wlast_ = write_beats.front().last;
      std::memcpy(wdata_.data(), write_beats.front().data.data(), data_bytes_);
      std::memcpy(wstrb_.data(), &write_beats.front().strobe, 8);
    }
    memory.drive();
    memory.sample();
    if (ar_.valid != 0 && ar_.ready != 0) accepted(ar_, read_queue);
    if (aw_.valid != 0 && aw_.ready != 0) accepted(aw_, write_queue);
    if (wvalid_ != 0 && wready_ != 0) {
      wvalid_ = 0;
      write_beats.pop_front();
    }
    if (rvalid_ != 0 && rready != 0) {
      reads.push_back({{rdata_.begin(), rdata_.begin() + data_bytes_}, rresp_, rlast_ != 0, cycle});
    }
    if (bvalid_ != 0 && bready != 0) responses.push_back(bresp_);
    ++cycle;
  }
  /// Ticks until `bursts` write responses and `beats` read beats have come; false after `limit` cycles.
  bool run(std::size_t beats, std::size_t bursts, std::uint64_t limit = 100000) {
    for (const std::uint64_t end = cycle + limit; cycle < end; tick()) {
      if (reads.size() >= beats && responses.size() >= bursts) return true;
    }
    return false;
  }
  std::vector<std::uint8_t> bytes_read() const {
    std::vector<std::uint8_t> all;
    for (const ReadBeat& b : reads) all.insert(all.end(), b.data.begin(), b.data.end());
    return all;
  }

  struct Address {
    std::uint8_t valid = 0, id = 0, len = 0, size = 0, burst = 1, ready = 0;
    std::array<std::uint8_t, 8> addr{};
  };
  sim::AxiMemory memory;
  std::deque<Burst> read_queue, write_queue;
  std::deque<WriteBeat> write_beats;
  std::vector<ReadBeat> reads;
  std::vector<std::uint8_t> responses;
  std::uint64_t cycle = 0;
  std::uint8_t rready = 1, bready = 1;

  // The pins themselves, for tests that break rules.
  Address ar_, aw_;
  std::uint8_t wvalid_ = 0, wlast_ = 0, wready_ = 0;
  std::array<std::uint8_t, 64> wdata_{}, rdata_{};
  std::array<std::uint8_t, 8> wstrb_{};
  std::uint8_t rvalid_ = 0, rid_ = 0, rresp_ = 0, rlast_ = 0, bvalid_ = 0, bid_ = 0, bresp_ = 0;

  void set(Address& pins, std::uint64_t addr, unsigned beats) {
    pins.valid = 1;
    std::memcpy(pins.addr.data(), &addr, 8);
    pins.len = static_cast<std::uint8_t>(beats - 1);
    pins.size = 0;
    while ((1u << pins.size) < data_bytes_) ++pins.size;
    pins.burst = 1;
  }

 private:
  void present(Address& pins, const std::deque<Burst>& queue) {
    if (pins.valid == 0 && !queue.empty()) set(pins, queue.front().addr, queue.front().beats);
  }
  static void accepted(Address& pins, std::deque<Burst>& queue) {
    pins.valid = 0;
    if (!queue.empty()) queue.pop_front();
  }

  unsigned data_bytes_;
};

}  // namespace e8::test
