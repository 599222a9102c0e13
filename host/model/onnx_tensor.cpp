// ONNX tensors to and from vectors.
#include "host/model/onnx_tensor.h"

#include <cstring>

#include "host/model/error.h"

namespace e8::model {

namespace {

using Proto = onnx::TensorProto;
constexpr std::int64_t kMaxElements = std::int64_t{1} << 29;

std::int64_t checked_size(const Proto& tensor, const std::string& where) {
  std::int64_t size = 1;
  for (std::int64_t d : tensor.dims()) {
    if (d < 0 || d > kMaxElements || (d > 0 && size > kMaxElements / d))
      throw UserError(106, where + ": dimension " + std::to_string(d) + " is negative or too large");
    size *= d;
  }
  return size;
}

float from_half(std::uint16_t h) {
  const std::uint32_t sign = static_cast<std::uint32_t>(h & 0x8000U) << 16;
  std::uint32_t exponent = (h >> 10) & 31U, mantissa = h & 0x3ffU;
  if (exponent == 0) {  // zero and subnormals: mantissa * 2^-24
    const float magnitude = static_cast<float>(mantissa) * 0x1p-24F;
    return sign != 0 ? -magnitude : magnitude;
  }
  exponent = exponent == 31 ? 255 : exponent + 112;
  const std::uint32_t bits = sign | exponent << 23 | mantissa << 13;
  float value = 0;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

template <typename T, typename Out, typename Convert>
void take_raw(const std::string& raw, std::vector<Out>* out, Convert convert) {
  for (std::size_t i = 0; i < raw.size() / sizeof(T); ++i) {
    T item;
    std::memcpy(&item, raw.data() + i * sizeof(T), sizeof(T));
    out->push_back(convert(item));
  }
}

std::size_t bytes_of(Proto::DataType type) {
  switch (type) {
    case Proto::FLOAT:
    case Proto::INT32:
      return 4;
    case Proto::INT8:
    case Proto::UINT8:
    case Proto::BOOL:
      return 1;
    case Proto::FLOAT16:
    case Proto::INT16:
      return 2;
    case Proto::INT64:
      return 8;
    default:
      return 0;
  }
}

void read_raw(const Proto& tensor, Constant* c) {
  const auto as_int = [](auto x) { return static_cast<std::int64_t>(x); };
  switch (c->type) {
    case Proto::FLOAT:
      return take_raw<float>(tensor.raw_data(), &c->real, [](float x) { return x; });
    case Proto::FLOAT16:
      return take_raw<std::uint16_t>(tensor.raw_data(), &c->real, from_half);
    case Proto::INT8:
      return take_raw<std::int8_t>(tensor.raw_data(), &c->integer, as_int);
    case Proto::INT16:
      return take_raw<std::int16_t>(tensor.raw_data(), &c->integer, as_int);
    case Proto::INT32:
      return take_raw<std::int32_t>(tensor.raw_data(), &c->integer, as_int);
    case Proto::INT64:
      return take_raw<std::int64_t>(tensor.raw_data(), &c->integer, as_int);
    default:
      return take_raw<std::uint8_t>(tensor.raw_data(), &c->integer, as_int);  // uint8, bool
  }
}

// int32_data carries the narrow types too; a value outside the type is damage.
bool in_range(std::int64_t x, Proto::DataType type) {
  switch (type) {
    case Proto::INT8:
      return x >= -128 && x <= 127;
    case Proto::UINT8:
      return x >= 0 && x <= 255;
    case Proto::INT16:
      return x >= -32768 && x <= 32767;
    case Proto::BOOL:
      return x == 0 || x == 1;
    default:
      return true;
  }
}

void read_fields(const Proto& tensor, Constant* c) {
  if (c->type == Proto::FLOAT) {
    c->real.assign(tensor.float_data().begin(), tensor.float_data().end());
  } else if (c->type == Proto::FLOAT16) {
    for (std::int32_t bits : tensor.int32_data()) c->real.push_back(from_half(static_cast<std::uint16_t>(bits)));
  } else if (c->type == Proto::INT64) {
    c->integer.assign(tensor.int64_data().begin(), tensor.int64_data().end());
  } else {
    c->integer.assign(tensor.int32_data().begin(), tensor.int32_data().end());
  }
}

}  // namespace

Constant read_constant(const Proto& tensor, const std::string& where) {
  Constant c;
  c.type = static_cast<Proto::DataType>(tensor.data_type());
  const std::size_t width = bytes_of(c.type);
  if (width == 0)
    throw UserError(106, where + ": data type " + std::to_string(tensor.data_type()) +
                             " is not supported (float, float16, int8, uint8, int16, int32, int64, bool are)");
  if (tensor.data_location() == Proto::EXTERNAL || tensor.external_data_size() > 0)
    throw UserError(106, where + ": keeps its data in another file; save the model with all data inside");
  if (tensor.has_segment()) throw UserError(106, where + ": segmented tensors are not supported");
  const auto size = static_cast<std::size_t>(checked_size(tensor, where));
  if (tensor.has_raw_data()) {
    if (tensor.raw_data().size() != size * width)
      throw UserError(106, where + ": has " + std::to_string(tensor.raw_data().size()) +
                               " bytes, its dimensions need " + std::to_string(size * width) + "; the file is damaged");
    read_raw(tensor, &c);
  } else {
    read_fields(tensor, &c);
  }
  if (c.size() != size)
    throw UserError(106, where + ": has " + std::to_string(c.size()) + " elements, its dimensions need " +
                             std::to_string(size) + "; the file is damaged");
  for (std::int64_t x : c.integer)
    if (!in_range(x, c.type))
      throw UserError(106, where + ": value " + std::to_string(x) + " does not fit its data type; the file is damaged");
  c.dims.assign(tensor.dims().begin(), tensor.dims().end());
  return c;
}

namespace {

Proto* begin_initializer(onnx::GraphProto* graph, const std::string& name, const std::vector<std::int64_t>& dims,
                         Proto::DataType type) {
  Proto* tensor = graph->add_initializer();
  tensor->set_name(name);
  tensor->set_data_type(type);
  for (std::int64_t d : dims) tensor->add_dims(d);
  return tensor;
}

template <typename T>
void set_raw(Proto* tensor, const std::vector<T>& values) {
  tensor->set_raw_data(values.data(), values.size() * sizeof(T));
}

}  // namespace

void add_initializer(onnx::GraphProto* graph, const std::string& name, const std::vector<std::int64_t>& dims,
                     const std::vector<float>& values) {
  set_raw(begin_initializer(graph, name, dims, Proto::FLOAT), values);
}

void add_initializer_int8(onnx::GraphProto* graph, const std::string& name, const std::vector<std::int64_t>& dims,
                          const std::vector<std::int32_t>& values) {
  set_raw(begin_initializer(graph, name, dims, Proto::INT8), std::vector<std::int8_t>(values.begin(), values.end()));
}

void add_initializer_int32(onnx::GraphProto* graph, const std::string& name, const std::vector<std::int64_t>& dims,
                           const std::vector<std::int32_t>& values) {
  set_raw(begin_initializer(graph, name, dims, Proto::INT32), values);
}

void add_initializer_int64(onnx::GraphProto* graph, const std::string& name, const std::vector<std::int64_t>& dims,
                           const std::vector<std::int64_t>& values) {
  set_raw(begin_initializer(graph, name, dims, Proto::INT64), values);
}

}  // namespace e8::model
