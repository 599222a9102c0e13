// What runs on the CPU behind the accelerator: softmax, argmax, top-k on dequantized values; never quantized.
#pragma once

#include <vector>

#include "host/model/int_net.h"

namespace e8::driver {

/// Which of equal values wins (numerics.md R10).
enum class ArgmaxTie { kFirst, kLast };

struct Score {
  int index = 0;
  double value = 0;
};

/// (q - zero_point) * scale, in the order h, w, c of the tensor.
std::vector<double> dequantize(const ops::Tensor& tensor, const model::IntTensor& info);
/// Numerically stable; of an empty vector, empty.
std::vector<double> softmax(const std::vector<double>& x);
/// Index of the largest. x must not be empty.
int argmax(const std::vector<double>& x, ArgmaxTie tie = ArgmaxTie::kFirst);
/// Channel of the largest value of each pixel, in the order of rows and columns.
std::vector<int> argmax_of_pixels(const ops::Tensor& tensor, ArgmaxTie tie);
/// The k largest (all when there are fewer), best first; equal values in the order of `tie`.
std::vector<Score> top_k(const std::vector<double>& x, int k, ArgmaxTie tie = ArgmaxTie::kFirst);

}  // namespace e8::driver
