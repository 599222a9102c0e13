// The IDX format of MNIST: 0, 0, type, dimensions, their sizes big-endian, data.
#include "host/model/error.h"
#include "host/model/picture_formats.h"

namespace e8::model {

namespace {

constexpr unsigned char kUnsignedByte = 8;

std::uint32_t big_endian(const std::string& bytes, std::size_t at) {
  std::uint32_t x = 0;
  for (std::size_t i = at; i < at + 4; ++i) x = x << 8 | static_cast<unsigned char>(bytes[i]);
  return x;
}

}  // namespace

bool is_idx(const std::string& bytes) { return bytes.size() >= 4 && bytes[0] == 0 && bytes[1] == 0; }

Idx parse_idx(std::string bytes, const std::string& name, std::size_t dims, int id) {
  if (!is_idx(bytes)) throw UserError(id, name + ": not an IDX file (it must begin with two zero bytes)");
  const auto type = static_cast<unsigned char>(bytes[2]);
  const auto count = static_cast<unsigned char>(bytes[3]);
  if (type != kUnsignedByte || count != dims)
    throw UserError(id, name + ": IDX file of type " + std::to_string(type) + " with " + std::to_string(count) +
                            " dimensions; needs unsigned bytes (type 8) with " + std::to_string(dims) +
                            "; pictures have 3 dimensions, labels 1");
  Idx idx;
  idx.begin = 4 + 4 * dims;
  if (bytes.size() < idx.begin) throw UserError(id, name + ": IDX header is cut off; fetch the file again");
  const std::size_t there = bytes.size() - idx.begin;
  std::uint64_t need = 1;
  for (std::size_t i = 0; i < dims; ++i) {
    idx.dims.push_back(big_endian(bytes, 4 + 4 * i));
    if (i > 0) idx.item_size *= idx.dims[i];
    need = need > there ? need : need * idx.dims[i];  // stays below 2^63: there < 2^31, a size < 2^32
    if (idx.dims[i] == 0) throw UserError(id, name + ": IDX dimension " + std::to_string(i) + " is 0");
    if (need > there) break;
  }
  if (need != there)
    throw UserError(id, name + ": IDX dimensions need " + (need > there ? "more than " : "") + std::to_string(need) +
                            " bytes, the file has " + std::to_string(there) + "; fetch the file again");
  idx.bytes = std::move(bytes);
  return idx;
}

}  // namespace e8::model
