// See tflite_builder.h. Everything is written front to back: a table's vtable stands before it, and what it points to
// behind it, so that all offsets are positive.
#include "tests/host/model/tflite_builder.h"

#include <cstring>
#include <functional>

namespace e8::test {
namespace {

class Writer {
 public:
  using Child = std::function<void()>;  ///< writes what an offset points to

  template <typename T>
  void put(T value) {
    const auto* p = reinterpret_cast<const char*>(&value);
    out_.append(p, sizeof value);
  }
  void align(std::size_t n) { out_.resize((out_.size() + n - 1) / n * n); }

  /// A field: a number of up to 8 bytes, or a child.
  struct Field {
    std::string value;
    Child child;
  };
  template <typename T>
  static Field number(T value) {
    return {std::string(reinterpret_cast<const char*>(&value), sizeof value), nullptr};
  }
  static Field offset(Child child) { return {std::string(4, '\0'), std::move(child)}; }

  /// Returns nothing: the table begins at the next multiple of 8 behind its vtable; `here` is told.
  void table(const std::map<int, Field>& fields, const std::function<void(std::size_t)>& here) {
    const int count = fields.empty() ? 0 : fields.rbegin()->first + 1;
    align(8);
    const std::size_t vtable = out_.size();
    put(static_cast<std::uint16_t>(4 + 2 * count));
    put(std::uint16_t{0});
    for (int i = 0; i < count; ++i) put(std::uint16_t{0});
    align(8);
    const std::size_t start = out_.size();
    here(start);
    put(static_cast<std::int32_t>(start - vtable));
    std::vector<std::pair<std::size_t, Child>> children;
    for (const auto& [index, field] : fields) {
      align(field.value.size());
      patch(vtable + 4 + 2 * static_cast<std::size_t>(index), static_cast<std::uint16_t>(out_.size() - start));
      if (field.child) children.emplace_back(out_.size(), field.child);
      out_ += field.value;
    }
    patch(vtable + 2, static_cast<std::uint16_t>(out_.size() - start));
    for (const auto& [at, child] : children) follow(at, child);
  }
  void table_at(std::size_t reference, const std::map<int, Field>& fields) {
    table(fields, [&](std::size_t start) { patch(reference, static_cast<std::uint32_t>(start - reference)); });
  }
  template <typename T>
  static Field numbers(Writer& w, const std::vector<T>& values) {
    return offset([&w, values] {
      w.begin_vector(values.size());
      for (const T& v : values) w.put(v);
    });
  }
  static Field text(Writer& w, const std::string& s) {
    return offset([&w, s] {
      w.begin_vector(s.size());
      w.out_ += s;
      w.put('\0');
    });
  }
  static Field tables(Writer& w, const std::vector<std::map<int, Field>>& all) {
    return offset([&w, all] {
      w.begin_vector(all.size());
      const std::size_t first = w.out_.size();
      w.out_.resize(first + 4 * all.size());
      for (std::size_t i = 0; i < all.size(); ++i) w.table_at(first + 4 * i, all[i]);
    });
  }
  static Field one_table(Writer& w, const std::map<int, Field>& fields) {
    return offset([&w, fields] {
      const std::size_t reference = w.reference_;
      w.pending_ = false;
      w.table_at(reference, fields);
    });
  }
  std::string take() { return std::move(out_); }

 private:
  template <typename T>
  void patch(std::size_t at, T value) {
    std::memcpy(out_.data() + at, &value, sizeof value);
  }
  void follow(std::size_t reference, const Child& child) {
    reference_ = reference;
    pending_ = true;
    child();
  }
  /// Points the offset that is being followed here; values of 8 bytes are aligned.
  void begin_vector(std::size_t n) {
    while (out_.size() % 8 != 4) out_ += '\0';
    if (pending_) patch(reference_, static_cast<std::uint32_t>(out_.size() - reference_));
    pending_ = false;
    put(static_cast<std::uint32_t>(n));
  }

  std::string out_;
  std::size_t reference_ = 0;
  bool pending_ = false;
};

using Fields = std::map<int, Writer::Field>;

Fields tensor_fields(Writer& w, const TfliteTensor& t, std::uint32_t buffer) {
  Fields f = {{0, Writer::numbers(w, t.shape)},
              {1, Writer::number(static_cast<std::int8_t>(t.type))},
              {2, Writer::number(buffer)},
              {3, Writer::text(w, t.name)}};
  if (t.variable) f[5] = Writer::number(std::uint8_t{1});
  if (!t.scales.empty())
    f[4] = Writer::one_table(w, {{2, Writer::numbers(w, t.scales)},
                                 {3, Writer::numbers(w, t.zero_points)},
                                 {6, Writer::number(t.channel_dim)}});
  return f;
}

Fields operator_fields(Writer& w, const TfliteOperator& op, std::uint32_t code) {
  Fields options;
  for (const auto& [field, value] : op.byte_options) options[field] = Writer::number(value);
  for (const auto& [field, value] : op.word_options) options[field] = Writer::number(value);
  for (const auto& [field, value] : op.float_options) options[field] = Writer::number(value);
  return {{0, Writer::number(code)},
          {1, Writer::numbers(w, op.inputs)},
          {2, Writer::numbers(w, op.outputs)},
          {4, Writer::one_table(w, options)}};
}

}  // namespace

int TfliteBuilder::activation(std::vector<std::int32_t> shape, float scale, int zero_point) {
  const int index = static_cast<int>(tensors.size());
  tensors.push_back({"t" + std::to_string(index), std::move(shape), Type::kInt8, "", {scale}, {zero_point}});
  return index;
}

int TfliteBuilder::weights(std::vector<std::int32_t> shape, const std::vector<std::int8_t>& values,
                           std::vector<float> scales, int channel_dim) {
  const int index = activation(std::move(shape), 1, 0);
  TfliteTensor& t = tensors.back();
  t.data.assign(values.begin(), values.end());
  t.zero_points.assign(scales.size(), 0);
  t.scales = std::move(scales);
  t.channel_dim = channel_dim;
  return index;
}

int TfliteBuilder::words(std::vector<std::int32_t> shape, const std::vector<std::int32_t>& values) {
  const int index = activation(std::move(shape), 1, 0);
  TfliteTensor& t = tensors.back();
  t.type = Type::kInt32;
  t.scales.clear();
  t.zero_points.clear();
  t.data.assign(reinterpret_cast<const char*>(values.data()), 4 * values.size());
  return index;
}

TfliteOperator& TfliteBuilder::op(Builtin code, std::vector<std::int32_t> in, int output) {
  operators.push_back({code, std::move(in), {output}, {}, {}, {}});
  outputs = {output};
  return operators.back();
}

std::string TfliteBuilder::bytes() const {
  Writer w;
  std::vector<Fields> codes, all_tensors, all_operators, buffers{{}}, graphs;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const bool constant = !tensors[i].data.empty();
    all_tensors.push_back(tensor_fields(w, tensors[i], constant ? static_cast<std::uint32_t>(buffers.size()) : 0));
    if (constant) buffers.push_back({{0, Writer::text(w, tensors[i].data)}});
  }
  for (std::size_t i = 0; i < operators.size(); ++i) {
    codes.push_back({{0, Writer::number(static_cast<std::int8_t>(operators[i].code))},
                     {3, Writer::number(static_cast<std::int32_t>(operators[i].code))}});
    all_operators.push_back(operator_fields(w, operators[i], static_cast<std::uint32_t>(i)));
  }
  for (int i = 0; i < subgraphs; ++i)
    graphs.push_back({{0, Writer::tables(w, all_tensors)},
                      {1, Writer::numbers(w, inputs)},
                      {2, Writer::numbers(w, outputs)},
                      {3, Writer::tables(w, all_operators)}});
  w.put(std::uint32_t{0});
  for (const char c : model::tflite::kIdentifier) w.put(c);
  w.table_at(0, {{0, Writer::number(version)},
                 {1, Writer::tables(w, codes)},
                 {2, Writer::tables(w, graphs)},
                 {4, Writer::tables(w, buffers)}});
  return w.take();
}

}  // namespace e8::test
