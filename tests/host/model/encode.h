// PNG and JPEG files made in memory, for the readers' tests.
#pragma once

#include <string>

#include "host/model/picture.h"

namespace e8::model {

enum class PngKind { kGrey1, kGrey2, kGrey4, kGrey, kGrey16, kGreyAlpha, kPalette, kRgb, kRgb16, kRgba };

/// The picture in `kind`'s form. Grey kinds take c = 1, kPalette and colours c = 3 (a palette of the first 256
/// colours).
std::string encode_png(const Picture& picture, PngKind kind, bool interlaced = false);

/// Quality 100, no subsampling; c = 1, 3, or 4 (CMYK).
std::string encode_jpeg(const Picture& picture, bool progressive = false);

/// Pixels that differ everywhere, smooth enough for JPEG.
Picture gradient(int h, int w, int c);

}  // namespace e8::model
