// The importers of single operators, and what they share. The table of all is op_rows() in onnx_ops.cpp.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/model/onnx_import.h"

namespace e8::model {

using Proto = onnx::NodeProto;
constexpr std::int64_t kMaxWindow = 4096;       ///< kernel, stride, dilation, padding
constexpr std::int64_t kMaxChannels = 1 << 20;  ///< of operators with constants a channel

std::string str(std::int64_t x);
std::string str(const std::vector<std::int64_t>& v);  ///< "[1,2]"

/// Fails (108) unless the value has `rank` dimensions.
void need_rank(Importer& im, const Proto& node, int value, int rank);
/// Input i, a float constant; fails (106) when it is stored as integers.
const ImportedConstant& real_constant(Importer& im, const Proto& node, int i);
/// The same, and no value is infinite or not a number.
const ImportedConstant& finite_constant(Importer& im, const Proto& node, int i);

/// Input i, a float constant of one value or one a channel of `x`: one a channel.
std::vector<float> channel_constant(Importer& im, const Proto& node, int i, int x);

/// Integers that are attribute `name` (older opsets) or constant input i; empty when neither is there.
std::vector<std::int64_t> list_of(Importer& im, const Proto& node, const char* name, int i);
/// An axis counted from the front; fails (105) outside `rank` dimensions.
int axis_of(Importer& im, const Proto& node, std::int64_t axis, int rank);

/// Kernel, strides, dilations and pads. kh, kw: the kernel of the weights, or 0 where the attribute must say it.
ops::Window read_window(Importer& im, const Proto& node, const ops::Shape& in, int kh, int kw);
/// The output's size, 0 where the window does not fit; Importer::add refuses that.
ops::Shape window_out(const ops::Window& w, const ops::Shape& in, int channels);

/// y[c] = scale[c] * x[c] + offset[c], as a 1x1 depthwise convolution; fold_affine() removes it where it can.
void add_affine(Importer& im, const Proto& node, int x, std::vector<float> scale, std::vector<float> offset);

// onnx_ops_weights.cpp
void import_conv(Importer& im, const Proto& node);
void import_gemm(Importer& im, const Proto& node);
void import_matmul(Importer& im, const Proto& node);
void import_batch_normalization(Importer& im, const Proto& node);
void import_conv_transpose(Importer& im, const Proto& node);
void import_add(Importer& im, const Proto& node);
void import_sub(Importer& im, const Proto& node);
void import_mul(Importer& im, const Proto& node);
// onnx_ops_activation.cpp
void import_relu(Importer& im, const Proto& node);
void import_leaky_relu(Importer& im, const Proto& node);
void import_prelu(Importer& im, const Proto& node);
void import_clip(Importer& im, const Proto& node);
void import_sigmoid(Importer& im, const Proto& node);
void import_tanh(Importer& im, const Proto& node);
void import_hard_sigmoid(Importer& im, const Proto& node);
void import_hard_swish(Importer& im, const Proto& node);
void import_elu(Importer& im, const Proto& node);
// onnx_ops_shape.cpp
void import_flatten(Importer& im, const Proto& node);
void import_reshape(Importer& im, const Proto& node);
void import_squeeze(Importer& im, const Proto& node);
void import_unsqueeze(Importer& im, const Proto& node);
void import_transpose(Importer& im, const Proto& node);
void import_reduce_mean(Importer& im, const Proto& node);
// onnx_ops_move.cpp
void import_concat(Importer& im, const Proto& node);
void import_pad(Importer& im, const Proto& node);
void import_slice(Importer& im, const Proto& node);
void import_split(Importer& im, const Proto& node);
void import_resize(Importer& im, const Proto& node);
// onnx_ops_window.cpp
void import_max_pool(Importer& im, const Proto& node);
void import_average_pool(Importer& im, const Proto& node);
void import_global_average_pool(Importer& im, const Proto& node);
// onnx_ops_quant.cpp
void import_quantize(Importer& im, const Proto& node);
void import_dequantize(Importer& im, const Proto& node);

}  // namespace e8::model
