// Tensors to DRAM bytes and back; first-fit allocation.
#include "host/compile/layout.h"

#include <limits>

#include "host/model/error.h"

namespace e8::compile {
namespace {

constexpr std::uint64_t kAlign = 64;  // the widest AXI: runs of whole tensors start on a beat
constexpr std::uint64_t kMaxRegion = std::numeric_limits<std::uint32_t>::max();

std::uint64_t u64(int value) { return static_cast<std::uint64_t>(value); }

/// Byte of element (y, x, c) from Place::offset.
std::uint64_t element(const Place& p, int y, int x, int c) {
  return u64(y) * p.row_stride + u64(c / p.block) * p.blk_stride + u64(x) * u64(p.block) + u64(c % p.block);
}

/// A place whose row fits 32 bits: a row is never larger than a tensor, which allocate() has bounded.
Place place(isa::Region region, std::uint64_t offset, std::uint64_t row, std::uint64_t block_stride, int block) {
  return {region, static_cast<std::uint32_t>(offset), static_cast<std::uint32_t>(row),
          static_cast<std::uint32_t>(block_stride), block};
}

}  // namespace

Place blocked_place(isa::Region region, std::uint64_t offset, const ops::Shape& shape, unsigned v) {
  const std::uint64_t block = u64(shape.w) * v;
  return place(region, offset, block * u64(blocks_of(shape.c, v)), block, static_cast<int>(v));
}

Place dense_place(isa::Region region, std::uint64_t offset, const ops::Shape& shape) {
  return place(region, offset, u64(shape.w) * u64(shape.c), 0, shape.c);
}

std::uint64_t place_bytes(const Place& p, const ops::Shape& shape) {
  const std::uint64_t blocks = u64((shape.c + p.block - 1) / p.block);
  return u64(shape.h - 1) * p.row_stride + (blocks - 1) * p.blk_stride + u64(shape.w) * u64(p.block);
}

std::vector<std::uint8_t> pack(const ops::Tensor& tensor, const Place& p, std::int8_t fill) {
  std::vector<std::uint8_t> bytes(place_bytes(p, tensor.shape), static_cast<std::uint8_t>(fill));
  auto from = tensor.data.begin();
  for (int y = 0; y < tensor.shape.h; ++y) {
    for (int x = 0; x < tensor.shape.w; ++x) {
      for (int c = 0; c < tensor.shape.c; ++c) bytes[element(p, y, x, c)] = static_cast<std::uint8_t>(*from++);
    }
  }
  return bytes;
}

ops::Tensor unpack(const std::uint8_t* bytes, const ops::Shape& shape, const Place& p) {
  ops::Tensor tensor(shape);
  auto to = tensor.data.begin();
  for (int y = 0; y < shape.h; ++y) {
    for (int x = 0; x < shape.w; ++x) {
      for (int c = 0; c < shape.c; ++c) *to++ = static_cast<std::int8_t>(bytes[element(p, y, x, c)]);
    }
  }
  return tensor;
}

std::uint64_t RegionAllocator::allocate(std::uint64_t bytes, const std::string& what) {
  const std::uint64_t size = (bytes + kAlign - 1) / kAlign * kAlign;
  std::uint64_t at = 0;
  for (const auto& [begin, end] : used_) {
    if (at + size <= begin) break;
    at = end;
  }
  if (size > kMaxRegion || at + size > kMaxRegion) {
    throw UserError(404, what + " needs " + std::to_string(bytes) + " bytes at offset " + std::to_string(at) +
                             " of its DRAM region; a region has at most 4 GiB. Use a smaller network or input");
  }
  used_[at] = at + size;
  size_ = std::max(size_, at + size);
  return at;
}

void RegionAllocator::release(std::uint64_t offset) { used_.erase(offset); }

}  // namespace e8::compile
