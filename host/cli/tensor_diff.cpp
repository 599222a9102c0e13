// See tensor_diff.h.
#include "host/cli/tensor_diff.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <stdexcept>

namespace e8::cli {
namespace {

template <typename T>
double element_as(const std::uint8_t* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return static_cast<double>(value);
}

double element(const model::Npy& a, std::size_t i) {
  const std::uint8_t* at = a.bytes.data() + i * a.item_bytes();
  if (a.dtype == "|i1") return element_as<std::int8_t>(at);
  if (a.dtype == "|u1") return element_as<std::uint8_t>(at);
  if (a.dtype == "<i4") return element_as<std::int32_t>(at);
  if (a.dtype == "<i8") return element_as<std::int64_t>(at);
  return element_as<float>(at);
}

std::vector<std::int64_t> index_of(std::size_t i, const std::vector<std::int64_t>& shape) {
  std::vector<std::int64_t> index(shape.size());
  for (std::size_t d = shape.size(); d-- > 0;) {
    index[d] = static_cast<std::int64_t>(i) % shape[d];
    i /= static_cast<std::size_t>(shape[d]);
  }
  return index;
}

void note(ArrayDiff* diff, std::vector<std::int64_t> index, double a, double b, bool integers) {
  if (diff->differing++ == 0) {
    diff->first = diff->low = diff->high = index;
    diff->first_a = a;
    diff->first_b = b;
  }
  for (std::size_t d = 0; d < index.size(); ++d) {
    diff->low[d] = std::min(diff->low[d], index[d]);
    diff->high[d] = std::max(diff->high[d], index[d]);
  }
  const double delta = std::abs(a - b);
  diff->largest = std::max(diff->largest, delta);
  diff->mean += delta;
  if (!index.empty()) ++diff->channels[index.back()];
  if (!integers) return;
  const auto step = static_cast<std::int64_t>(a - b);
  if (diff->histogram.count(step) != 0 || diff->histogram.size() < ArrayDiff::kBuckets) ++diff->histogram[step];
}

}  // namespace

TensorDiff compare(const ops::Tensor& got, const ops::Tensor& want) {
  if (!(got.shape == want.shape)) throw std::invalid_argument("tensors of different shapes");
  TensorDiff diff;
  diff.values = want.data.size();
  for (std::size_t i = 0; i < want.data.size(); ++i) {
    if (got.data[i] == want.data[i]) continue;
    if (diff.differing++ != 0) continue;
    const auto c = static_cast<std::size_t>(want.shape.c), row = static_cast<std::size_t>(want.shape.w) * c;
    diff.y = static_cast<int>(i / row);
    diff.x = static_cast<int>(i % row / c);
    diff.c = static_cast<int>(i % c);
    diff.got = got.data[i];
    diff.want = want.data[i];
  }
  return diff;
}

ArrayDiff compare(const model::Npy& a, const model::Npy& b) {
  if (a.shape != b.shape || a.dtype != b.dtype) throw std::invalid_argument("arrays of different shape or type");
  ArrayDiff diff;
  diff.values = a.size();
  const std::size_t item = a.item_bytes();
  for (std::size_t i = 0; i < diff.values; ++i) {
    if (std::memcmp(a.bytes.data() + i * item, b.bytes.data() + i * item, item) == 0) continue;
    const double x = element(a, i), y = element(b, i);
    if (x == y && a.dtype == "<f4") continue;  // 0 and -0
    note(&diff, index_of(i, a.shape), x, y, a.dtype != "<f4");
  }
  if (diff.values != 0) diff.mean /= static_cast<double>(diff.values);
  return diff;
}

std::string shown(const std::vector<std::int64_t>& index) {
  std::string text;
  for (const std::int64_t i : index) text += (text.empty() ? "" : ",") + std::to_string(i);
  return "[" + text + "]";
}

model::Npy to_npy(const ops::Tensor& t) {
  return {{t.shape.h, t.shape.w, t.shape.c}, "|i1", std::vector<std::uint8_t>(t.data.begin(), t.data.end())};
}

}  // namespace e8::cli
