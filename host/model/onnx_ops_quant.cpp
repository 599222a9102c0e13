// QuantizeLinear and DequantizeLinear: symmetric int8, stored integers as they are.
#include <algorithm>
#include <cmath>

#include "host/model/onnx_ops.h"

namespace e8::model {

namespace {

// Scales of QuantizeLinear or DequantizeLinear; zero points must be 0 and, where there, of type `bits`.
std::vector<double> read_scales(Importer& im, const Proto& node) {
  const Constant& c = real_constant(im, node, 1).data;
  std::vector<double> scales(c.real.begin(), c.real.end());
  for (double s : scales)
    if (!(s > 0) || !std::isfinite(s)) im.fail(109, node, "scale " + std::to_string(s) + " is not positive and finite");
  if (scales.empty()) im.fail(109, node, "has no scale");
  if (im.absent(node, 2)) return scales;
  const Constant& zero = im.constant(node, 2).data;
  if (zero.is_real() || (zero.size() != 1 && zero.size() != scales.size()))
    im.fail(109, node, "zero point must be integer and have as many elements as the scale");
  for (std::int64_t z : zero.integer)
    if (z != 0)
      im.fail(109, node, "zero point " + str(z) + "; only 0 (symmetric int8) is supported; quantize symmetric");
  return scales;
}

int channel_axis(Importer& im, const Proto& node, const Constant& data, std::size_t scales) {
  const auto rank = static_cast<std::int64_t>(data.dims.size());
  std::int64_t axis = im.integer(node, "axis", 1);
  if (scales == 1) return 0;
  if (axis < 0) axis += rank;
  if (axis < 0 || axis >= rank || data.dims[static_cast<std::size_t>(axis)] != static_cast<std::int64_t>(scales))
    im.fail(109, node,
            "scale has " + str(static_cast<std::int64_t>(scales)) + " elements, which fits no axis of its input");
  return static_cast<int>(axis);
}

// Index of the scale of element i.
std::size_t scale_index(const Constant& c, int axis, std::size_t scales, std::size_t i) {
  if (scales == 1) return 0;
  std::size_t inner = 1;
  for (std::size_t d = static_cast<std::size_t>(axis) + 1; d < c.dims.size(); ++d)
    inner *= static_cast<std::size_t>(c.dims[d]);
  return i / inner % scales;
}

void quantize_constant(Importer& im, const Proto& node, const std::vector<double>& scales) {
  const ImportedConstant& from = real_constant(im, node, 0);
  const int axis = channel_axis(im, node, from.data, scales.size());
  ImportedConstant to;
  to.data.dims = from.data.dims;
  to.data.type = onnx::TensorProto::INT8;
  for (std::size_t i = 0; i < from.data.real.size(); ++i) {
    const double q = std::nearbyint(double{from.data.real[i]} / scales[scale_index(from.data, axis, scales.size(), i)]);
    if (std::isnan(q)) im.fail(106, node, "its input holds a value that is not a number");
    to.data.integer.push_back(static_cast<std::int64_t>(std::clamp(q, -128.0, 127.0)));
  }
  im.define(node, std::move(to));
}

}  // namespace

void import_quantize(Importer& im, const Proto& node) {
  const std::vector<double> scales = read_scales(im, node);
  if (im.absent(node, 2) || im.constant(node, 2).data.type != onnx::TensorProto::INT8)
    im.fail(109, node, "must quantize to int8 (a zero point of type int8); quantize activations symmetric int8");
  if (im.is_constant(node, 0)) return quantize_constant(im, node, scales);
  const int x = im.activation(node, 0);
  if (scales.size() != 1) im.fail(109, node, "an activation must have one scale");
  im.mark_quantized(node);
  if (im.value(x).quantized() && im.value(x).scale == scales[0]) return im.alias(node, x);
  im.add(node, im.begin(node, Op::kRequantize, {x}), im.shape(x), im.rank(x), scales[0]);
}

namespace {

void dequantize_constant(Importer& im, const Proto& node, const std::vector<double>& scales) {
  ImportedConstant c = im.constant(node, 0);
  const bool wide = c.data.type == onnx::TensorProto::INT32;
  if (!wide && c.data.type != onnx::TensorProto::INT8)
    im.fail(109, node, "its constant is neither int8 nor int32; quantize weights to symmetric int8");
  c.axis = channel_axis(im, node, c.data, scales.size());
  c.quant.scales = scales;
  c.quant.bits = wide ? 32 : 8;
  for (std::size_t i = 0; i < c.data.integer.size(); ++i) {
    const std::int64_t q = c.data.integer[i];
    c.quant.values.push_back(static_cast<std::int32_t>(q));
    c.data.real.push_back(
        static_cast<float>(static_cast<double>(q) * scales[scale_index(c.data, c.axis, scales.size(), i)]));
  }
  c.data.integer.clear();
  c.data.type = onnx::TensorProto::FLOAT;
  im.define(node, std::move(c));
}

}  // namespace

void import_dequantize(Importer& im, const Proto& node) {
  const std::vector<double> scales = read_scales(im, node);
  if (im.is_constant(node, 0)) return dequantize_constant(im, node, scales);
  const int x = im.quantized_activation(node, 0);
  if (scales.size() != 1 || scales[0] != im.value(x).scale)
    im.fail(109, node, "its scale differs from that of the QuantizeLinear before it");
  im.alias(node, x);
}

}  // namespace e8::model
