// Builds a zoo network operator by operator and follows the spread of its activations, so that weights can be scaled.
#pragma once

#include <cstdint>
#include <random>
#include <string>

#include "host/model/graph.h"

namespace e8::model::zoo {

enum class Act { kNone, kRelu, kRelu6, kLeaky };

/// A convolution's geometry: square kernel, padding on all sides, groups.
struct ConvShape {
  int cout = 1, k = 1, stride = 1, pad = 0, groups = 1;
};

/// Values are named by their index in the graph. Each filter's weights are independent, bell-shaped, of mean 0 over
/// what the filter reads (on a map of 1 x 1 only the centre of a 3 x 3 kernel) and scaled to the standard deviation
/// that is asked for, given the mean and variance that the builder expects of the input (those of a normal distribution
/// behind every operator). A mean of 0 keeps the positive mean behind a ReLU from making some channels constant and
/// others dead, which is what normalization does in a trained network.
class Builder {
 public:
  /// Input: size x size x 3, normalized pictures (mean 0, variance 1).
  Builder(const std::string& name, int size, std::uint64_t seed);

  /// Convolution and activation; `spread` is the standard deviation before the activation.
  int conv(int x, const std::string& name, const ConvShape& shape, Act act, double spread = 1);
  /// Fully connected, over all of x.
  int gemm(int x, const std::string& name, int cout, Act act, double spread = 1);
  int add(int a, int b, const std::string& name, Act act);
  int max_pool(int x, const std::string& name, const ops::Window& window);
  /// Over the whole map.
  int global_average_pool(int x, const std::string& name);
  int flatten(int x, const std::string& name);
  int upsample(int x, const std::string& name, int factor);
  /// Along channels.
  int concat(int a, int b, const std::string& name);
  int input() const { return graph_.input; }
  /// Expected standard deviation of a value.
  double spread(int value) const;
  Graph finish(std::vector<int> outputs) &&;

 private:
  struct Moments {
    double mean = 0, variance = 1;
  };
  int append(Node node, const ops::Shape& shape, const Moments& moments);
  int activate(int x, const std::string& name, Act act);
  /// `read`: of each weight of a filter, whether it ever meets a pixel.
  void fill(Node* node, std::size_t cout, const std::vector<bool>& read, double spread, const Moments& input);
  float bell();

  Graph graph_;
  std::vector<Moments> moments_;  ///< of each value
  std::mt19937_64 random_;
};

}  // namespace e8::model::zoo
