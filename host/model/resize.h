// Pictures to another size, in integers: every machine gets the same pixels.
#pragma once

#include "host/model/picture.h"

namespace e8::model {

/// The picture as h x w (1 to kMaxPictureSide each). Along each axis, first x, then y, output i is the weighted mean of
/// the inputs j around the centre m = (i + 1/2) * r, r = in / out: weight max(0, 1 - |j + 1/2 - m| / max(r, 1)), the
/// sum made 1, each weight rounded to a multiple of 2^-22; each mean is rounded to 8 bits, half up. So it is bilinear
/// interpolation when a side grows, and when it shrinks the triangle grows with it (no aliasing), as Pillow and
/// torchvision do by default.
Picture resized(const Picture& picture, int h, int w);

/// The middle of the picture, h x w of it; an odd row or column more is left at the bottom or right.
Picture cropped(const Picture& picture, int h, int w);

}  // namespace e8::model
