// NumPy .npy arrays, versions 1 and 2, C order: int8, uint8, int32, int64, float32.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace e8::model {

struct Npy {
  std::vector<std::int64_t> shape;
  std::string dtype;                ///< "|i1", "|u1", "<i4", "<i8", "<f4"
  std::vector<std::uint8_t> bytes;  ///< little-endian elements
  std::size_t item_bytes() const;
  std::size_t size() const;
};

bool is_npy(const std::string& bytes);  ///< begins as one

/// Throws UserError 205: not an array, damaged, Fortran order, or a type that is none of the above.
Npy read_npy(const std::string& path);
/// The same from memory; `name` is what messages call it.
Npy parse_npy(const std::string& bytes, const std::string& name);
/// Atomic. Throws UserError 206.
void write_npy(const std::string& path, const Npy& array);

}  // namespace e8::model
