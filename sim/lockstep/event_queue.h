// Expected retire events of one stream, oldest first: a growing ring of records with payloads of one size.
#pragma once

#include <cstdint>
#include <cstring>
#include <vector>

namespace e8::sim {

struct ExpectedEvent {
  std::uint32_t instr = 0, addr = 0, lane_mask = 0;
  std::uint8_t kind = 0;
  std::uint64_t n = 0;  ///< which event of the instruction, from 0
};

class EventQueue {
 public:
  explicit EventQueue(std::size_t payload_bytes) : payload_bytes_(payload_bytes) { grow(); }

  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  void clear() {
    head_ = size_ = 0;
    last_instr_ = ~0u;
  }
  const ExpectedEvent& event(std::size_t i) const { return events_[slot(i)]; }
  const std::uint8_t* payload(std::size_t i) const { return payloads_.data() + slot(i) * payload_bytes_; }
  const ExpectedEvent& front() const { return events_[head_]; }
  void pop() {
    head_ = (head_ + 1) & (events_.size() - 1);
    --size_;
  }
  /// Appends and returns where the payload goes. Fills in n.
  std::uint8_t* push(ExpectedEvent e) {
    if (size_ == events_.size()) grow();
    next_n_ = e.instr == last_instr_ ? next_n_ + 1 : 0;
    last_instr_ = e.instr;
    e.n = next_n_;
    const std::size_t s = slot(size_++);
    events_[s] = e;
    return payloads_.data() + s * payload_bytes_;
  }

 private:
  std::size_t slot(std::size_t i) const { return (head_ + i) & (events_.size() - 1); }
  void grow() {
    const std::size_t capacity = events_.empty() ? 64 : events_.size() * 2;
    std::vector<ExpectedEvent> events(capacity);
    std::vector<std::uint8_t> payloads(capacity * payload_bytes_);
    for (std::size_t i = 0; i < size_; ++i) {
      events[i] = event(i);
      std::memcpy(payloads.data() + i * payload_bytes_, payload(i), payload_bytes_);
    }
    events_.swap(events);
    payloads_.swap(payloads);
    head_ = 0;
  }

  std::size_t payload_bytes_;
  std::vector<ExpectedEvent> events_;  ///< the capacity is a power of two
  std::vector<std::uint8_t> payloads_;
  std::size_t head_ = 0, size_ = 0;
  std::uint32_t last_instr_ = ~0u;
  std::uint64_t next_n_ = 0;
};

}  // namespace e8::sim
