// Inside of read_tflite(): what the files of the single operators share, and TFLite's way from real scales to integers.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/model/int_net.h"
#include "host/model/tflite_model.h"

namespace e8::model::tflite {

/// real = m * 2^(shift - 31): m in [2^30, 2^31), or 0.
struct Multiplier {
  std::int32_t m = 0;
  int shift = 0;
};

/// TFLite's QuantizeMultiplier (numerics.md 5, TFL-double): below 2^-32 it is 0. `real` >= 0 and finite; shift may
/// exceed what num::tflite::channel takes.
Multiplier quantize_multiplier(double real);

/// Scale and zero point of an int8 tensor; float32, as TFLite has it.
struct Quantization {
  float scale = 1.0F;
  int zero_point = 0;
  bool operator==(const Quantization& o) const { return scale == o.scale && zero_point == o.zero_point; }
};

/// The range an accumulator can take.
struct Range {
  std::int64_t low = 0, high = 0;
};

/// The operator being imported: its tensors, and messages that name it.
struct Call {
  const Model& model;
  const Operator& op;

  /// Throws UserError `id`: "file: operator 3 (CONV_2D): what".
  [[noreturn]] void fail(int id, const std::string& what) const;
  [[noreturn]] void fail(int id, const Tensor& tensor, const std::string& what) const;
  /// Fails (144) when the operator has not between `low` and `high` inputs, or not one output.
  void expect_operands(std::size_t low, std::size_t high) const;
  const Tensor& in(std::size_t i) const;        ///< fails (144) when it is left out
  const Tensor* optional(std::size_t i) const;  ///< nullptr when it is left out
  const Tensor& out() const { return model.tensors[static_cast<std::size_t>(op.outputs[0])]; }

  /// [1, h, w, c], [1, w, c] or [1, c] as h, w, c. Fails (144) on another rank or batch and on impossible sizes.
  ops::Shape shape(const Tensor& t) const;
  /// Of an INT8 activation. Fails: 142 another type, 145 no or no legal quantization.
  Quantization quantization(const Tensor& t) const;
  /// Fails (145) unless input 0 and the output have one scale and zero point.
  void expect_same_quantization() const;
  /// A constant of `type` and `count` elements. Fails: 147 no constant, 142 another type, 144 another size.
  const Tensor& constant(std::size_t input, Type type, std::size_t count) const;
  /// Fails (144) unless the output tensor has this shape.
  void expect_output(const ops::Shape& shape) const;
  /// Field `field` of the options as a number in [low, high]; fails (144).
  int option(int field, int otherwise, int low, int high, const char* name) const;

  /// The clamp of a fused activation (field `field` of the options) on the output's grid, zero point and rounding.
  num::TailMode mode(int field) const;
  /// Kernel kh x kw with TFLite's SAME or VALID padding for an input of this shape; the options' fields are numbered
  /// alike in CONV_2D, DEPTHWISE_CONV_2D and the pools. dilation fields 0: none.
  ops::Window window(const ops::Shape& in, int kh, int kw, int dilation_w_field, int dilation_h_field) const;

  /// Constants of `accumulator * real` where the accumulator, in `range`, is acc + bias. Fails (146) where TFLite's
  /// 32 bits would overflow, or the shift is out of reach.
  num::ChannelParam channel(std::size_t c, double real, std::int64_t bias, const Range& range) const;
};

/// Node parameters; `in`: the shapes of the integer tensors that are read (a flattened image keeps its own). Fails: 144
/// shapes or options outside what is supported, and what Call's functions say.
IntParams import_conv(const Call& call, const ops::Shape& in);
IntParams import_depthwise(const Call& call, const ops::Shape& in);
IntParams import_fully_connected(const Call& call, const ops::Shape& in);
IntParams import_average_pool(const Call& call, const ops::Shape& in);
IntParams import_max_pool(const Call& call, const ops::Shape& in);
IntParams import_add(const Call& call);
IntParams import_pad(const Call& call, const ops::Shape& in);
IntParams import_requantize(const Call& call);

}  // namespace e8::model::tflite
