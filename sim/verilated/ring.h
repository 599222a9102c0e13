// A FIFO of fixed capacity without allocation after construction.
#pragma once

#include <cstddef>
#include <vector>

namespace e8::sim {

template <typename T>
class Ring {
 public:
  explicit Ring(std::size_t capacity) : slots_(capacity) {}
  bool empty() const { return size_ == 0; }
  bool full() const { return size_ == slots_.size(); }
  std::size_t size() const { return size_; }
  T& front() { return slots_[head_]; }
  void push(const T& value) {
    std::size_t tail = head_ + size_;
    if (tail >= slots_.size()) tail -= slots_.size();
    slots_[tail] = value;
    ++size_;
  }
  void pop() {
    if (++head_ == slots_.size()) head_ = 0;
    --size_;
  }
  void clear() { head_ = size_ = 0; }

 private:
  std::vector<T> slots_;
  std::size_t head_ = 0, size_ = 0;
};

}  // namespace e8::sim
