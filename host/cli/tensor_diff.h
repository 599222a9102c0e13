// Where and how two arrays differ.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "emu/ops/params.h"
#include "host/model/npy.h"

namespace e8::cli {

/// Of two int8 tensors of one shape; y, x, c, got, want are of the first difference in memory order.
struct TensorDiff {
  std::size_t values = 0, differing = 0;
  int y = 0, x = 0, c = 0, got = 0, want = 0;
};
/// Throws std::invalid_argument when the shapes differ.
TensorDiff compare(const ops::Tensor& got, const ops::Tensor& want);

/// Of two arrays of one shape and type.
struct ArrayDiff {
  std::size_t values = 0, differing = 0;
  std::vector<std::int64_t> first;      ///< index of the first difference
  std::vector<std::int64_t> low, high;  ///< box around all of them: lowest and highest index in each dimension
  double first_a = 0, first_b = 0;
  double largest = 0, mean = 0;                   ///< |a - b|; mean over all values
  std::map<std::int64_t, std::size_t> histogram;  ///< of a - b for integers, at most kBuckets entries
  std::map<std::int64_t, std::size_t> channels;   ///< differing values by last index
  static constexpr std::size_t kBuckets = 64;
};
/// Throws std::invalid_argument when shape or type differ.
ArrayDiff compare(const model::Npy& a, const model::Npy& b);

/// "[2,3,4]".
std::string shown(const std::vector<std::int64_t>& index);

/// int8, [h][w][c].
model::Npy to_npy(const ops::Tensor& tensor);

}  // namespace e8::cli
