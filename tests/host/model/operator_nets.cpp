#include "tests/host/model/operator_nets.h"

#include "tests/host/model/model_builder.h"

namespace e8::model {

namespace {

/// Values in [-1/2, 1/2] times `gain`, in no order.
std::vector<float> spread(std::size_t count, std::size_t step, float gain = 1) {
  std::vector<float> v(count);
  for (std::size_t i = 0; i < count; ++i) v[i] = gain * static_cast<float>(static_cast<int>(i * step % 41) - 20) / 40;
  return v;
}

/// Builds networks on one input "x" of 4 channels.
struct Net {
  ModelBuilder b{{1, 4, 6, 6}, 14};

  /// 3x3 convolution.
  Net& conv(const std::string& from, const std::string& to, std::int64_t cin, std::int64_t cout, float gain = 1) {
    const auto n = static_cast<std::size_t>(cout * cin * 9);
    b.real(to + "_w", {cout, cin, 3, 3}, spread(n, 7, gain));
    b.real(to + "_b", {cout}, spread(static_cast<std::size_t>(cout), 11));
    b.node("Conv", {from, to + "_w", to + "_b"}, to).set("pads", {1, 1, 1, 1});
    return *this;
  }
  Net& gemm(const std::string& from, std::int64_t cin) {
    b.real("gw", {3, cin}, spread(static_cast<std::size_t>(3 * cin), 13)).real("gb", {3}, spread(3, 5));
    b.node("Gemm", {from, "gw", "gb"}).set("transB", std::int64_t{1});
    return *this;
  }
  Graph graph() const { return b.read(); }
};

Graph concat() {
  Net n;
  n.conv("x", "c1", 4, 5).conv("x", "c2", 4, 3, 3);
  n.b.node("Relu", {"c1"}, "r");
  n.b.node("Concat", {"r", "x", "c2"}, "j").set("axis", std::int64_t{-3});
  return n.conv("j", "y", 12, 4).graph();
}

Graph conv_transpose() {
  Net n;
  n.b.real("w", {4, 3, 3, 3}, spread(108, 7)).real("bias", {3}, spread(3, 11));
  n.b.node("ConvTranspose", {"x", "w", "bias"}, "t")
      .set("strides", {2, 2})
      .set("pads", {1, 1, 1, 1})
      .set("output_padding", {1, 1});
  n.b.node("Relu", {"t"}, "r");
  n.b.real("v", {3, 2, 2, 3}, spread(36, 17)).real("vb", {2}, {0.25F, -0.5F});
  n.b.node("ConvTranspose", {"r", "v", "vb"}).set("strides", {2, 1}).set("dilations", {1, 2}).set("pads", {0, 1, 1, 0});
  return n.graph();
}

Graph grouped_conv_transpose() {
  Net n;
  n.b.real("w", {4, 3, 2, 2}, spread(48, 7)).real("bias", {6}, spread(6, 11));
  n.b.node("ConvTranspose", {"x", "w", "bias"}, "t").set("strides", {2, 2}).set("group", std::int64_t{2});
  n.b.node("LeakyRelu", {"t"}).set("alpha", 0.125);
  return n.graph();
}

Graph sub() {
  Net n;
  n.conv("x", "c1", 4, 4).conv("x", "c2", 4, 4, 4);
  n.b.node("Sub", {"c1", "c2"}, "s");
  n.b.node("Relu", {"s"}, "r");
  n.b.node("Sub", {"x", "r"});
  return n.graph();
}

Graph pad() {
  Net n;
  n.b.int64("pads", {0, 0, 1, 2, 0, 0, 3, 0}).real("value", {}, {-0.5F});
  n.b.node("Pad", {"x", "pads", "value"}, "p");
  return n.conv("p", "y", 4, 3).graph();
}

Graph resize() {
  Net n;
  n.b.real("f", {4}, {1, 1, 2, 3});
  n.b.node("Resize", {"x", "", "f"}, "u")
      .set("mode", "nearest")
      .set("coordinate_transformation_mode", "asymmetric")
      .set("nearest_mode", "floor");
  return n.conv("u", "y", 4, 3).graph();
}

Graph slice() {
  Net n;
  n.conv("x", "c", 4, 6);
  n.b.int64("starts", {1, 1, -5}).int64("ends", {5, 6, 1000}).int64("axes", {1, 2, 3}).int64("steps", {1, 2, 3});
  n.b.node("Slice", {"c", "starts", "ends", "axes", "steps"}, "s");
  return n.conv("s", "y", 4, 3).graph();
}

/// Two parts change places.
Graph split() {
  Net n;
  n.conv("x", "c", 4, 6).b.int64("parts", {1, 5});
  auto node = n.b.node("Split", {"c", "parts"}, "a").set("axis", std::int64_t{1});
  node.proto()->add_output("b");
  n.b.node("Relu", {"b"}, "rb");
  n.b.node("Concat", {"rb", "a"}).set("axis", std::int64_t{1});
  return n.graph();
}

Graph prelu() {
  Net n;
  n.b.real("s", {5, 1, 1}, {0.25F, 0, 1, 0.1F, 0.5F});
  n.conv("x", "c", 4, 5).b.node("PRelu", {"c", "s"}, "p");
  n.conv("x", "d", 4, 5).b.node("Add", {"p", "d"}, "a");
  n.b.node("PRelu", {"a", "s"});  // reads int8: an addition has one multiplier
  return n.graph();
}

Graph leaky_alone() {
  Net n;
  n.b.node("MaxPool", {"x"}, "m").set("kernel_shape", {2, 2});
  n.b.node("LeakyRelu", {"m"}).set("alpha", 0.25);
  return n.graph();
}

Graph function(const char* type) {
  Net n;
  n.conv("x", "c", 4, 4, 4);
  n.b.node(type, {"c"}, "f");
  return n.conv("f", "y", 4, 3).graph();
}

Graph hard_sigmoid(double alpha) {
  Net n;
  n.conv("x", "c", 4, 4, 4);
  n.b.node("HardSigmoid", {"c"}, "f").set("alpha", alpha);
  return n.conv("f", "y", 4, 3).graph();
}

Graph reduce_mean() {
  Net n;
  n.conv("x", "c", 4, 5);
  n.b.node("ReduceMean", {"c"}, "m").set("axes", {-1, -2}).set("keepdims", std::int64_t{0});
  return n.gemm("m", 5).graph();
}

/// Vector, one pixel, vector.
Graph unsqueeze() {
  Net n;
  n.b.node("GlobalAveragePool", {"x"}, "g");
  n.b.int64("axes", {2, 3});
  n.b.node("Squeeze", {"g", "axes"}, "s");
  n.b.node("Unsqueeze", {"s", "axes"}, "u");
  n.conv("u", "c", 4, 5).b.node("Flatten", {"c"}, "f");
  return n.gemm("f", 5).graph();
}

/// The first output is read again.
Graph two_outputs() {
  Net n;
  n.conv("x", "c", 4, 5);
  n.b.node("Relu", {"c"}, "r");
  n.conv("r", "y", 5, 3).b.add_output("r");
  return n.graph();
}

}  // namespace

std::vector<OperatorNet> operator_nets() {
  return {{"Concat", concat()},
          {"ConvTranspose", conv_transpose()},
          {"GroupedConvTranspose", grouped_conv_transpose()},
          {"Sub", sub()},
          {"Pad", pad()},
          {"Resize", resize()},
          {"Slice", slice()},
          {"Split", split()},
          {"PRelu", prelu()},
          {"LeakyAlone", leaky_alone()},
          {"Sigmoid", function("Sigmoid")},
          {"Tanh", function("Tanh")},
          {"Elu", function("Elu")},
          {"HardSwish", function("HardSwish")},
          {"HardSigmoid", hard_sigmoid(0.2)},
          {"HardSigmoidSixth", hard_sigmoid(1.0 / 6)},
          {"ReduceMean", reduce_mean()},
          {"Unsqueeze", unsqueeze()},
          {"TwoOutputs", two_outputs()}};
}

}  // namespace e8::model
