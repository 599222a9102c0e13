// QuantizeLinear and DequantizeLinear: int8 and uint8 with zero points; stored integers as they are.
#include <algorithm>
#include <cmath>

#include "host/model/onnx_ops.h"

namespace e8::model {

namespace {

using Type = onnx::TensorProto::DataType;

struct Quantization {
  std::vector<double> scales;
  std::vector<std::int64_t> zeros;           ///< as many, in the file's type
  Type type = onnx::TensorProto::UNDEFINED;  ///< of the zero point; UNDEFINED where there is none
};

std::string type_name(Type type) { return onnx::TensorProto::DataType_Name(type); }

// What the file's zero point is for the int8 tensor.
int as_int8(std::int64_t zero, Type type) {
  return static_cast<int>(type == onnx::TensorProto::UINT8 ? zero - 128 : zero);
}

Quantization read_quantization(Importer& im, const Proto& node) {
  const Constant& c = real_constant(im, node, 1).data;
  Quantization q{{c.real.begin(), c.real.end()}, {}, onnx::TensorProto::UNDEFINED};
  for (double s : q.scales)
    if (!(s > 0) || !std::isfinite(s)) im.fail(109, node, "scale " + std::to_string(s) + " is not positive and finite");
  if (q.scales.empty()) im.fail(109, node, "has no scale");
  q.zeros.assign(q.scales.size(), 0);
  if (im.absent(node, 2)) return q;
  const Constant& zero = im.constant(node, 2).data;
  if (zero.is_real() || zero.size() != q.scales.size())
    im.fail(109, node, "zero point must be integer and have as many elements as the scale");
  q.zeros = zero.integer;
  q.type = zero.type;
  return q;
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

// Divides in float32, as onnxruntime does.
void quantize_constant(Importer& im, const Proto& node, const Quantization& q) {
  const ImportedConstant& from = real_constant(im, node, 0);
  const int axis = channel_axis(im, node, from.data, q.scales.size());
  const double low = q.type == onnx::TensorProto::UINT8 ? 0 : -128, high = low + 255;
  ImportedConstant to;
  to.data.dims = from.data.dims;
  to.data.type = q.type;
  for (std::size_t i = 0; i < from.data.real.size(); ++i) {
    const std::size_t s = scale_index(from.data, axis, q.scales.size(), i);
    const float quotient = from.data.real[i] / static_cast<float>(q.scales[s]);
    if (std::isnan(quotient)) im.fail(106, node, "its input holds a value that is not a number");
    const double rounded = std::nearbyint(double{quotient}) + static_cast<double>(q.zeros[s]);
    to.data.integer.push_back(static_cast<std::int64_t>(std::clamp(rounded, low, high)));
  }
  im.define(node, std::move(to));
}

}  // namespace

void import_quantize(Importer& im, const Proto& node) {
  Quantization q = read_quantization(im, node);
  if (q.type == onnx::TensorProto::UNDEFINED) q.type = onnx::TensorProto::UINT8;  // ONNX's default
  if (q.type != onnx::TensorProto::INT8 && q.type != onnx::TensorProto::UINT8)
    im.fail(109, node, "quantizes to " + type_name(q.type) + "; INT8 and UINT8 are supported; quantize to 8 bits");
  if (im.is_constant(node, 0)) return quantize_constant(im, node, q);
  const int x = im.activation(node, 0);
  if (q.scales.size() != 1) im.fail(109, node, "an activation must have one scale");
  const Grid grid{q.scales[0], as_int8(q.zeros[0], q.type)};
  im.mark_quantized(node, q.type);
  if (im.value(x).scale == grid.scale && im.value(x).zero_point == grid.zero_point) return im.alias(node, x);
  im.set_grid(im.add(node, im.begin(node, Op::kRequantize, {x}), im.shape(x), im.rank(x)), grid);
}

namespace {

// Bits of a constant that may be dequantized; its zero point has its type.
int constant_bits(Importer& im, const Proto& node, Type type, const Quantization& q) {
  int bits = 0;
  if (type == onnx::TensorProto::INT8 || type == onnx::TensorProto::UINT8) bits = 8;
  if (type == onnx::TensorProto::INT16) bits = 16;
  if (type == onnx::TensorProto::INT32) bits = 32;
  if (bits == 0)
    im.fail(109, node,
            "its constant is " + type_name(type) + ", which is neither int8 nor uint8, nor the int16 or " +
                "int32 of a bias; quantize weights to symmetric int8");
  if (q.type != onnx::TensorProto::UNDEFINED && q.type != type)
    im.fail(109, node, "its zero point is " + type_name(q.type) + ", its input " + type_name(type) + "; give both one");
  for (const std::int64_t z : q.zeros)
    if (bits > 8 && z != 0)
      im.fail(109, node, "zero point " + str(z) + " of an " + type_name(type) + " constant; 0 is supported");
  return bits;
}

void dequantize_constant(Importer& im, const Proto& node, const Quantization& q) {
  ImportedConstant c = im.constant(node, 0);
  c.quant.bits = constant_bits(im, node, c.data.type, q);
  c.axis = channel_axis(im, node, c.data, q.scales.size());
  c.quant.scales = q.scales;
  for (std::size_t i = 0; i < c.data.integer.size(); ++i) {
    const std::size_t s = scale_index(c.data, c.axis, q.scales.size(), i);
    const std::int64_t x = c.data.integer[i] - q.zeros[s];
    c.quant.values.push_back(static_cast<std::int32_t>(x));
    c.data.real.push_back(static_cast<float>(static_cast<double>(x) * q.scales[s]));
  }
  c.data.integer.clear();
  c.data.type = onnx::TensorProto::FLOAT;
  im.define(node, std::move(c));
}

}  // namespace

void import_dequantize(Importer& im, const Proto& node) {
  const Quantization q = read_quantization(im, node);
  if (im.is_constant(node, 0)) return dequantize_constant(im, node, q);
  const int x = im.quantized_activation(node, 0);
  const Type type = im.integer_type(node, 0);
  if (q.type != onnx::TensorProto::UNDEFINED && q.type != type)
    im.fail(109, node, "its zero point is " + type_name(q.type) + ", its input " + type_name(type) + "; give both one");
  const Grid grid{q.scales[0], as_int8(q.zeros[0], type)};
  if (grid.zero_point < -128 || grid.zero_point > 127)
    im.fail(109, node, "zero point " + str(q.zeros[0]) + " lies outside its type " + type_name(type));
  if (q.scales.size() == 1 && !im.value(x).quantized()) im.set_grid(x, grid);  // the model's input, of integers
  if (q.scales.size() != 1 || grid.scale != im.value(x).scale || grid.zero_point != im.value(x).zero_point)
    im.fail(109, node, "its scale or zero point differs from that of the QuantizeLinear before it");
  im.alias(node, x);
}

}  // namespace e8::model
