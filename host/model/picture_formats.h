// Decoders of single formats, from memory. `name` is what messages call the file; damage is UserError 202.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/model/picture.h"

namespace e8::model {

constexpr std::uint64_t kMaxPicturePixels = std::uint64_t{1} << 26;  // height * width; larger claims are refused
constexpr std::uint32_t kMaxPictureSide = 32768;

bool is_png(const std::string& bytes);
bool is_jpeg(const std::string& bytes);
bool is_idx(const std::string& bytes);  ///< two zero bytes

/// 8-bit grey or RGB: palettes and 1, 2, 4 bits are expanded, 16 bits lose their low byte, alpha and gamma are ignored.
Picture decode_png(const std::string& bytes, const std::string& name);

/// Baseline and progressive, grey or RGB; CMYK is refused. EXIF orientation is ignored.
Picture decode_jpeg(const std::string& bytes, const std::string& name);

/// Throws UserError 202 when a picture of this size is refused.
void check_picture_size(std::uint64_t h, std::uint64_t w, const std::string& name);

/// Unsigned bytes of an IDX file: dims[0] items of dims[1] * ... bytes each.
struct Idx {
  std::vector<std::uint32_t> dims;
  std::string bytes;      ///< the file
  std::size_t begin = 0;  ///< where the data start in it
  std::size_t item_size = 1;
};

/// Takes the bytes of a file with `dims` dimensions. Throws UserError(id).
Idx parse_idx(std::string bytes, const std::string& name, std::size_t dims, int id);

}  // namespace e8::model
