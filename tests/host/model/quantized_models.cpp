#include "tests/host/model/quantized_models.h"

#include <random>

namespace e8::model {

QuantizedModel::QuantizedModel(Form form, const std::vector<std::int64_t>& input, UintGrid grid)
    : form_(form), b_(input) {
  set_grid("x", grid);
  b_.node("QuantizeLinear", {"x", "x_s", "x_z"}, "x_q");
  dequantize("x");
}

void QuantizedModel::set_grid(const std::string& name, UintGrid grid) {
  grids_[name] = grid;
  b_.real(name + "_s", {}, {grid.scale}).uint8(name + "_z", {}, {grid.zero});
}

void QuantizedModel::dequantize(const std::string& name) {
  if (qdq()) b_.node("DequantizeLinear", {name + "_q", name + "_s", name + "_z"}, name + "_d");
}

NodeBuilder QuantizedModel::conv(const std::string& x, const std::string& y, const std::vector<std::int64_t>& dims,
                                 const std::vector<std::int32_t>& weights, const std::vector<float>& scales,
                                 const std::vector<std::int32_t>& bias, UintGrid grid) {
  const std::vector<std::int64_t> channels{dims[0]};
  const std::vector<std::int32_t> zeros(scales.size(), 0);
  b_.int8(y + "_w", dims, weights).real(y + "_ws", channels, scales).int8(y + "_wz", channels, zeros);
  b_.int32(y + "_b", channels, bias);
  set_grid(y, grid);
  if (!qdq())
    return b_.node("QLinearConv",
                   {x + "_q", x + "_s", x + "_z", y + "_w", y + "_ws", y + "_wz", y + "_s", y + "_z", y + "_b"},
                   y + "_q");
  std::vector<float> bias_scales;
  for (const float s : scales) bias_scales.push_back(grids_.at(x).scale * s);
  b_.real(y + "_bs", channels, bias_scales).int32(y + "_bz", channels, zeros);
  b_.node("DequantizeLinear", {y + "_w", y + "_ws", y + "_wz"}, y + "_wd").set("axis", std::int64_t{0});
  b_.node("DequantizeLinear", {y + "_b", y + "_bs", y + "_bz"}, y + "_bd").set("axis", std::int64_t{0});
  const NodeBuilder node = b_.node("Conv", {x + "_d", y + "_wd", y + "_bd"}, y + "_f");
  b_.node("QuantizeLinear", {y + "_f", y + "_s", y + "_z"}, y + "_q");
  dequantize(y);
  return node;
}

void QuantizedModel::matmul(const std::string& x, const std::string& y, const std::vector<std::int64_t>& dims,
                            const std::vector<std::int32_t>& weights, const std::vector<float>& scales, UintGrid grid) {
  b_.int8(y + "_w", dims, weights).real(y + "_ws", {dims[1]}, scales);
  b_.int8(y + "_wz", {dims[1]}, std::vector<std::int32_t>(scales.size(), 0));
  set_grid(y, grid);
  if (!qdq()) {
    b_.node("QLinearMatMul", {x + "_q", x + "_s", x + "_z", y + "_w", y + "_ws", y + "_wz", y + "_s", y + "_z"},
            y + "_q");
    return;
  }
  b_.node("DequantizeLinear", {y + "_w", y + "_ws", y + "_wz"}, y + "_wd").set("axis", std::int64_t{1});
  b_.node("MatMul", {x + "_d", y + "_wd"}, y + "_f");
  b_.node("QuantizeLinear", {y + "_f", y + "_s", y + "_z"}, y + "_q");
  dequantize(y);
}

NodeBuilder QuantizedModel::op(const std::string& type, const std::vector<std::string>& inputs, const std::string& y,
                               UintGrid grid) {
  set_grid(y, grid);
  std::vector<std::string> names;
  for (const std::string& x : inputs) {
    if (qdq()) {
      names.push_back(x + "_d");
    } else {
      names.insert(names.end(), {x + "_q", x + "_s", x + "_z"});
    }
  }
  if (!qdq()) {
    names.insert(type == "Concat" ? names.begin() : names.end(), {y + "_s", y + "_z"});
    return b_.node(("QLinear" + type).c_str(), names, y + "_q").domain("com.microsoft");
  }
  const NodeBuilder node = b_.node(type.c_str(), names, y + "_f");
  b_.node("QuantizeLinear", {y + "_f", y + "_s", y + "_z"}, y + "_q");
  dequantize(y);
  return node;
}

NodeBuilder QuantizedModel::move(const std::string& type, const std::string& x,
                                 const std::vector<std::string>& constants, const std::string& y, UintGrid grid) {
  set_grid(y, grid);
  std::vector<std::string> names{x + (qdq() ? "_d" : "_q")};
  names.insert(names.end(), constants.begin(), constants.end());
  const NodeBuilder node = b_.node(type.c_str(), names, y + (qdq() ? "_f" : "_q"));
  if (qdq()) {
    b_.node("QuantizeLinear", {y + "_f", y + "_s", y + "_z"}, y + "_q");
    dequantize(y);
  }
  return node;
}

ModelBuilder& QuantizedModel::finish(const std::string& y) {
  b_.node("DequantizeLinear", {y + "_q", y + "_s", y + "_z"}, "y");
  return b_;
}

namespace {

/// Numbers of a fixed stream, the same everywhere.
class Numbers {
 public:
  std::vector<std::int32_t> integers(std::size_t count, int reach) {
    std::vector<std::int32_t> v(count);
    for (std::int32_t& x : v) x = static_cast<std::int32_t>(random_() % (2 * static_cast<unsigned>(reach) + 1)) - reach;
    return v;
  }
  std::vector<float> scales(std::size_t count) {
    std::vector<float> v(count);
    for (float& x : v) x = 0.002F + 1e-5F * static_cast<float>(random_() % 1000);
    return v;
  }

 private:
  std::mt19937 random_{17};
};

}  // namespace

ModelBuilder every_operator(Form form, int h, int w) {
  Numbers n;
  QuantizedModel m(form, {1, 3, h, w}, {0.0187F, 114});
  const std::vector<std::int64_t> around{1, 1, 1, 1}, two{2, 2}, three{3, 3};
  m.conv("x", "c1", {8, 3, 3, 3}, n.integers(216, 127), n.scales(8), n.integers(8, 2000), {0.021F, 0})
      .set("pads", around)
      .set("strides", two);
  m.conv("c1", "c2", {8, 4, 3, 3}, n.integers(288, 127), n.scales(8), n.integers(8, 2000), {0.043F, 131})
      .set("pads", around)
      .set("group", std::int64_t{2});
  m.op("Add", {"c1", "c2"}, "a", {0.047F, 91});
  m.op("LeakyRelu", {"a"}, "l", {0.031F, 40}).set("alpha", 0.1);
  m.op("Sigmoid", {"c2"}, "s", {1.0F / 256, 0});
  m.op("Concat", {"l", "s", "c1"}, "k", {0.033F, 37}).set("axis", std::int64_t{1});
  m.move("MaxPool", "k", {}, "m", {0.033F, 37}).set("kernel_shape", two).set("strides", two);
  m.op("AveragePool", {"m"}, "p", {0.029F, 35}).set("kernel_shape", three).set("pads", around);
  m.op("GlobalAveragePool", {"p"}, "g", {0.02F, 50});
  m.builder().int64("shape", {0, -1});
  m.move("Reshape", "g", {"shape"}, "v", {0.02F, 50});
  m.matmul("v", "o", {24, 10}, n.integers(240, 127), n.scales(10), {0.11F, 128});
  return m.finish("o");
}

}  // namespace e8::model
