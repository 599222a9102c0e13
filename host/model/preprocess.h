// From a picture to the network's input: resized and cropped where Preprocess says so, then x = (pixel / 255 - mean[c])
// / stddev[c], then, for the integer network, round(x / scale) + zero point with Preprocess::round, clamped to int8.
#pragma once

#include "host/model/int_net.h"
#include "host/model/npy.h"
#include "host/model/picture.h"

namespace e8::model {

/// One image, NCHW. Throws UserError 210 naming the picture when its size (after resizing and cropping) or
/// channels are not what `p` says.
void picture_to_float(const Picture& picture, const std::string& name, const Preprocess& p, float* nchw);

/// Throws as picture_to_float; UserError 210 too when the network does not know pictures.
ops::Tensor picture_to_int8(const Picture& picture, const std::string& name, const IntNet& net);

/// A quantized input as an int8 array of shape [h][w][c]; leading ones may be there or not. Throws UserError 211.
ops::Tensor npy_to_int8(const Npy& array, const std::string& name, const IntNet& net);

}  // namespace e8::model
