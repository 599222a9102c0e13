// A DRAM that answers with errors where it is told to.
#include "sim/lockstep/faulty_dram.h"

#include <cstring>
#include <new>

namespace e8::sim {

FaultyDram::FaultyDram(std::uint64_t bytes, unsigned axi_bytes)
    : bytes_(static_cast<std::uint8_t*>(std::calloc(bytes, 1))), size_(bytes), axi_bytes_(axi_bytes) {
  if (bytes_ == nullptr) throw std::bad_alloc();
}

bool FaultyDram::answers(bool is_write, std::uint64_t address, std::size_t bytes) const {
  if (address > size_ || bytes > size_ - address) return false;
  const std::uint64_t mask = ~std::uint64_t{axi_bytes_ - 1};
  const std::uint64_t first = address & mask, last = (address + bytes + axi_bytes_ - 1) & mask;
  for (const Fault& f : faults_) {
    if (f.on_write == is_write && first < f.end && last > f.begin) return false;
  }
  return true;
}

bool FaultyDram::read(std::uint64_t address, void* data, std::size_t bytes) {
  if (!answers(false, address, bytes)) return false;
  std::memcpy(data, bytes_.get() + address, bytes);
  return true;
}

bool FaultyDram::write(std::uint64_t address, const void* data, std::size_t bytes) {
  if (!answers(true, address, bytes)) return false;
  std::memcpy(bytes_.get() + address, data, bytes);
  return true;
}

}  // namespace e8::sim
