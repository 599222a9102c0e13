// See tensor_capture.h.
#include "host/driver/tensor_capture.h"

#include <algorithm>
#include <cstring>

namespace e8::driver {
namespace {

/// The last layer that writes a tensor, or -1.
int maker_of(const compile::Program& program, std::size_t tensor) {
  int maker = -1;
  for (std::size_t l = 0; l < program.layers.size(); ++l) {
    if (program.layers[l].output == static_cast<int>(tensor)) maker = static_cast<int>(l);
  }
  return maker;
}

struct Range {
  std::uint64_t begin, end;
};
Range range_of(const compile::TensorInfo& t) {
  return {t.place.offset, t.place.offset + compile::place_bytes(t.place, t.shape)};
}

}  // namespace

TensorCapture::TensorCapture(const compile::Program& program, const Driver& driver)
    : program_(program), captured_(program.tensors.size()) {
  for (std::size_t i = 0; i < captured_.size(); ++i) {
    const compile::TensorInfo& t = program.tensors[i];
    const int maker = maker_of(program, i);
    if (!t.in_dram || maker < 0) continue;
    captured_[i].maker = maker;
    captured_[i].begin = driver.region_base(t.place.region) + t.place.offset;
    captured_[i].image.resize(compile::place_bytes(t.place, t.shape));
  }
}

ops::Tensor TensorCapture::tensor(int tensor) const {
  const auto i = static_cast<std::size_t>(tensor);
  return compile::unpack(captured_.at(i).image.data(), program_.tensors[i].shape, program_.tensors[i].place);
}

void TensorCapture::on_store(std::uint32_t instr, std::uint64_t address, const std::uint8_t* data, std::size_t bytes) {
  const int layer = instr < program_.map.size() ? program_.map[instr].layer : -1;
  for (Captured& c : captured_) {
    // What a tensor's maker or an earlier layer writes into its bytes is, or will be overwritten by, the tensor.
    if (c.maker < layer || c.image.empty()) continue;
    const std::uint64_t first = std::max(address, c.begin);
    const std::uint64_t last = std::min(address + bytes, c.begin + c.image.size());
    if (first >= last) continue;
    std::memcpy(c.image.data() + (first - c.begin), data + (first - address), last - first);
    if (c.maker == layer) ++c.stores;
  }
}

std::vector<int> tensors_at_end(const compile::Program& program) {
  std::vector<int> kept;
  for (std::size_t i = 0; i < program.tensors.size(); ++i) {
    const compile::TensorInfo& t = program.tensors[i];
    const int maker = maker_of(program, i);
    if (!t.in_dram || (maker < 0 && static_cast<int>(i) != program.input)) continue;
    const Range mine = range_of(t);
    bool overwritten = false;
    for (std::size_t k = 0; k < program.tensors.size() && !overwritten; ++k) {
      const compile::TensorInfo& other = program.tensors[k];
      if (!other.in_dram || other.place.region != t.place.region || maker_of(program, k) <= maker) continue;
      const Range theirs = range_of(other);
      overwritten = mine.begin < theirs.end && theirs.begin < mine.end;
    }
    if (!overwritten) kept.push_back(static_cast<int>(i));
  }
  return kept;
}

}  // namespace e8::driver
