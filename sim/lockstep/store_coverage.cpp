// Which bytes of a STORE have been written and which are still due.
#include "sim/lockstep/store_coverage.h"

#include <algorithm>
#include <cstring>

namespace e8::sim {

void StoreCoverage::clear() {
  for (Instr* in : open_) pool_.push_back(in);
  open_.clear();
}

void StoreCoverage::expect(std::uint32_t instr, std::uint64_t address, const std::uint8_t* data, std::size_t bytes) {
  if (bytes == 0) return;
  if (open_.empty() || open_.back()->sealed) {
    if (pool_.empty()) {
      storage_.emplace_back();
      pool_.push_back(&storage_.back());
    }
    Instr* in = pool_.back();
    pool_.pop_back();
    in->instr = instr;
    in->sealed = false;
    in->runs.clear();
    in->data.clear();
    in->left = in->hint = 0;
    open_.push_back(in);
  }
  Instr& in = *open_.back();
  in.runs.push_back({address, in.data.size(), bytes});
  in.data.insert(in.data.end(), data, data + bytes);
  in.left += bytes;
}

void StoreCoverage::seal() {
  if (open_.empty() || open_.back()->sealed) return;
  Instr& in = *open_.back();
  in.sealed = true;
  in.written.assign(in.data.size(), 0);
  const auto by_address = [](const Run& a, const Run& b) { return a.address < b.address; };
  if (!std::is_sorted(in.runs.begin(), in.runs.end(), by_address)) {
    std::stable_sort(in.runs.begin(), in.runs.end(), by_address);
  }
}

StoreCoverage::Byte StoreCoverage::first_missing() const {
  const Instr& in = *open_.front();
  for (const Run& r : in.runs) {
    for (std::size_t i = 0; i < r.bytes; ++i) {
      if (in.written[r.offset + i] == 0) return {r.address + i, 0, in.data[r.offset + i]};
    }
  }
  return {};
}

StoreCoverage::Run* StoreCoverage::find(Instr& in, std::uint64_t address) {
  const auto open_at = [&](const Run& r) {
    return address >= r.address && address - r.address < r.bytes && in.written[r.offset + (address - r.address)] == 0;
  };
  for (std::size_t i = in.hint; i < in.runs.size() && i < in.hint + 2; ++i) {
    if (open_at(in.runs[i])) {
      in.hint = i;
      return &in.runs[i];
    }
  }
  auto it = std::upper_bound(in.runs.begin(), in.runs.end(), address,
                             [](std::uint64_t a, const Run& r) { return a < r.address; });
  while (it != in.runs.begin()) {  // usually one step; more when runs of the program overlap
    --it;
    if (open_at(*it)) {
      in.hint = static_cast<std::size_t>(it - in.runs.begin());
      return &*it;
    }
  }
  return nullptr;
}

StoreCoverage::Result StoreCoverage::take(std::uint64_t address, const std::uint8_t* data, std::size_t bytes,
                                          Byte* where) {
  Instr& in = *open_.front();
  while (bytes > 0) {
    const Run* run = find(in, address);
    if (run == nullptr) {
      *where = {address, *data, 0};
      return Result::kExtra;
    }
    const std::size_t at = run->offset + (address - run->address);
    const std::size_t most = std::min<std::size_t>(bytes, run->bytes - (address - run->address));
    std::size_t n = 0;
    while (n < most && in.written[at + n] == 0 && in.data[at + n] == data[n]) ++n;
    if (n == 0) {
      *where = {address, *data, in.data[at]};
      return Result::kData;
    }
    std::memset(in.written.data() + at, 1, n);
    in.left -= n;
    address += n;
    data += n;
    bytes -= n;
  }
  if (in.left == 0) {
    pool_.push_back(open_.front());
    open_.pop_front();
  }
  return Result::kEqual;
}

}  // namespace e8::sim
