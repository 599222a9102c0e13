// Every tensor operator of the integer network: what a machine must compute, byte for byte.
//
// Each operator has a file of its own (conv.cpp, ...) whose loop stands under its equation. All throw
// std::invalid_argument when shapes or parameters are impossible, and std::overflow_error when an accumulator leaves
// int32 or V leaves 33 bits; they never saturate or wrap silently. All are re-entrant: run images in parallel.
#pragma once

#include <vector>

#include "emu/ops/params.h"

namespace e8::ops {

/// Shape of the result. Throws std::invalid_argument when there is none (window larger than the padded image,
/// channels not divisible by groups, factors or strides below 1, a slice outside its image, ...).
Shape output_shape(const Shape& in, const ConvParams& p);
Shape output_shape(const Shape& in, const DeconvParams& p);
Shape output_shape(const Shape& in, const MaxPoolParams& p);
Shape output_shape(const Shape& in, const AvgPoolParams& p);
Shape output_shape(const Shape& in, const UpsampleParams& p);
Shape output_shape(const Shape& in, const PadParams& p);
Shape output_shape(const Shape& in, const SliceParams& p);
Shape output_shape(const std::vector<Shape>& in, const ConcatParams& p);
Shape output_shape(const Shape& a, const Shape& b, const MulParams& p);

/// Convolution by the path that path() names (emu/ops/path.h); every path gives the same bytes.
Tensor conv(const Tensor& in, const ConvParams& p);
Tensor deconv(const Tensor& in, const DeconvParams& p);
Tensor max_pool(const Tensor& in, const MaxPoolParams& p);
Tensor avg_pool(const Tensor& in, const AvgPoolParams& p);
/// a + b, or a - b; both of one shape.
Tensor add(const Tensor& a, const Tensor& b, const AddParams& p);
Tensor mul(const Tensor& a, const Tensor& b, const MulParams& p);
Tensor table(const Tensor& in, const TableParams& p);
Tensor upsample(const Tensor& in, const UpsampleParams& p);
/// Inputs of one size but along p.axis, in order; pointers are not kept.
Tensor concat(const std::vector<const Tensor*>& in, const ConcatParams& p);
Tensor pad(const Tensor& in, const PadParams& p);
Tensor slice(const Tensor& in, const SliceParams& p);
Tensor requant(const Tensor& in, const RequantParams& p);

}  // namespace e8::ops
