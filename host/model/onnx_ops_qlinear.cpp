// Quantized operators of onnxruntime (QOperator form), each read as what it is defined to be: its inputs dequantized,
// the float operator, its result quantized. So QOperator and QDQ files of one network give one graph.
#include <algorithm>

#include "host/model/onnx_ops.h"

namespace e8::model {

namespace {

/// The parts of one quantized operator.
class Parts {
 public:
  Parts(Importer& im, const Proto& node) : im_(im), node_(node) {}

  /// Name of input `x` as float; its scale is input x + 1, its zero point x + 2. Scales of a constant run along `axis`.
  std::string dequantized(int x, int axis = 0) const {
    Proto part = begin("DequantizeLinear", im_.fresh(node_.output(0) + "_input_" + str(x)));
    for (int i = x; i < x + 3; ++i) part.add_input(im_.absent(node_, i) ? "" : node_.input(i));
    onnx::AttributeProto* a = part.add_attribute();
    a->set_name("axis");
    a->set_type(onnx::AttributeProto::INT);
    a->set_i(axis);
    im_.expand(node_, part);
    return part.output(0);
  }

  /// Name of the int32 bias, input i, as float: in units of input scale (input x + 1) * weight scale (input w + 1).
  std::string bias(int i, int x, int w) const {
    if (im_.absent(node_, i)) return "";
    ImportedConstant c = im_.constant(node_, i);
    if (c.data.type != onnx::TensorProto::INT32)
      im_.fail(109, node_, "its bias (input " + str(i) + ") must be int32; quantize the model again");
    const double s = double{real_constant(im_, node_, x + 1).data.real.at(0)};
    for (const float scale : real_constant(im_, node_, w + 1).data.real)
      c.quant.scales.push_back(double{static_cast<float>(s * double{scale})});
    if (c.quant.scales.size() != 1 && c.quant.scales.size() != c.data.size())
      im_.fail(109, node_,
               "has " + str(static_cast<std::int64_t>(c.quant.scales.size())) + " weight scales for " +
                   str(static_cast<std::int64_t>(c.data.size())) + " channels");
    c.quant.bits = 32;
    for (std::size_t k = 0; k < c.data.integer.size(); ++k) {
      c.quant.values.push_back(static_cast<std::int32_t>(c.data.integer[k]));
      c.data.real.push_back(static_cast<float>(static_cast<double>(c.data.integer[k]) * c.quant.scale_of(k)));
    }
    c.data.integer.clear();
    c.data.type = onnx::TensorProto::FLOAT;
    const std::string name = im_.fresh(node_.output(0) + "_bias");
    im_.define(name, std::move(c));
    return name;
  }

  /// The float operator on `inputs`, with the node's attributes but `without`; its result quantized with scale and zero
  /// point that are inputs y and y + 1.
  void compute(const char* type, const std::vector<std::string>& inputs, int y,
               const std::vector<std::string>& without = {}) const {
    Proto part = begin(type, im_.fresh(node_.output(0) + "_float"));
    for (const std::string& input : inputs) part.add_input(input);
    for (const auto& a : node_.attribute())
      if (std::find(without.begin(), without.end(), a.name()) == without.end()) *part.add_attribute() = a;
    im_.expand(node_, part);
    quantize(part.output(0), y);
  }

 private:
  Proto begin(const char* type, const std::string& output) const {
    Proto part;
    part.set_op_type(type);
    part.set_name(node_.name().empty() ? node_.output(0) : node_.name());
    part.add_output(output);
    return part;
  }

  void quantize(const std::string& from, int y) const {
    Proto part = begin("QuantizeLinear", node_.output(0));
    part.add_input(from);
    part.add_input(node_.input(y));
    part.add_input(im_.absent(node_, y + 1) ? zero_of_inputs() : node_.input(y + 1));
    im_.expand(node_, part);
    im_.name_after(node_, from);
  }

  /// Where the file has no zero point: 0, of the type of the first input.
  std::string zero_of_inputs() const {
    ImportedConstant zero;
    zero.data.type = im_.integer_type(node_, 0);
    zero.data.integer = {0};
    const std::string name = im_.fresh(node_.output(0) + "_zero_point");
    im_.define(name, std::move(zero));
    return name;
  }

  Importer& im_;
  const Proto& node_;
};

void need_channels_first(Importer& im, const Proto& node) {
  if (im.integer(node, "channels_last", 0) != 0)
    im.fail(105, node, "attribute 'channels_last' = 1; tensors keep the order [N,C,H,W]; quantize without NHWC layout");
}

void import_qlinear_conv(Importer& im, const Proto& node) {
  const Parts parts(im, node);
  const std::string x = parts.dequantized(0), w = parts.dequantized(3), bias = parts.bias(8, 0, 3);
  parts.compute("Conv", bias.empty() ? std::vector<std::string>{x, w} : std::vector<std::string>{x, w, bias}, 6);
}

void import_qlinear_matmul(Importer& im, const Proto& node) {
  const Parts parts(im, node);
  const std::string a = parts.dequantized(0);
  parts.compute("MatMul", {a, parts.dequantized(3, 1)}, 6);
}

void import_qgemm(Importer& im, const Proto& node) {
  if (im.absent(node, 7)) im.fail(109, node, "gives a float result, without y_scale (input 7); quantize its output");
  if (im.real(node, "alpha", 1) != 1) im.fail(105, node, "only alpha = 1 is supported; fold it into the weights");
  const Parts parts(im, node);
  const std::string a = parts.dequantized(0), b = parts.dequantized(3, im.integer(node, "transB", 0) != 0 ? 0 : 1);
  const std::string bias = parts.bias(6, 0, 3);
  parts.compute("Gemm", bias.empty() ? std::vector<std::string>{a, b} : std::vector<std::string>{a, b, bias}, 7);
}

void import_qlinear_two(Importer& im, const Proto& node, const char* type) {
  const Parts parts(im, node);
  const std::string a = parts.dequantized(0), b = parts.dequantized(3);
  parts.compute(type, {a, b}, 6);
}

void import_qlinear_add(Importer& im, const Proto& node) { import_qlinear_two(im, node, "Add"); }
void import_qlinear_mul(Importer& im, const Proto& node) { import_qlinear_two(im, node, "Mul"); }

void import_qlinear_one(Importer& im, const Proto& node, const char* type) {
  need_channels_first(im, node);
  const Parts parts(im, node);
  parts.compute(type, {parts.dequantized(0)}, 3, {"channels_last", "opset"});
}

void import_qlinear_global_average(Importer& im, const Proto& node) {
  import_qlinear_one(im, node, "GlobalAveragePool");
}
void import_qlinear_average(Importer& im, const Proto& node) { import_qlinear_one(im, node, "AveragePool"); }
void import_qlinear_leaky(Importer& im, const Proto& node) { import_qlinear_one(im, node, "LeakyRelu"); }
void import_qlinear_sigmoid(Importer& im, const Proto& node) { import_qlinear_one(im, node, "Sigmoid"); }
void import_qlinear_softmax(Importer& im, const Proto& node) { import_qlinear_one(im, node, "Softmax"); }
void import_qlinear_mean(Importer& im, const Proto& node) { import_qlinear_one(im, node, "ReduceMean"); }

void import_qlinear_concat(Importer& im, const Proto& node) {
  if (node.input_size() % 3 != 2) im.fail(107, node, "needs a scale and a zero point behind each input");
  const Parts parts(im, node);
  std::vector<std::string> inputs;
  for (int i = 2; i < node.input_size(); i += 3) inputs.push_back(parts.dequantized(i));
  parts.compute("Concat", inputs, 0);
}

}  // namespace

const std::vector<OpRow>& qlinear_rows() {
  const std::vector<std::string> window{"auto_pad", "dilations", "group", "kernel_shape", "pads", "strides"};
  static const std::vector<OpRow> rows{
      {"DequantizeLinear", {"axis"}, 2, 3, import_dequantize},
      {"QGemm", {"alpha", "transA", "transB"}, 6, 9, import_qgemm},
      {"QLinearAdd", {}, 7, 8, import_qlinear_add},
      {"QLinearAveragePool",
       {"auto_pad", "ceil_mode", "channels_last", "count_include_pad", "kernel_shape", "pads", "strides"},
       4,
       5,
       import_qlinear_average},
      {"QLinearConcat", {"axis"}, 5, 1024, import_qlinear_concat},
      {"QLinearConv", window, 8, 9, import_qlinear_conv},
      {"QLinearGlobalAveragePool", {"channels_last"}, 5, 5, import_qlinear_global_average},
      {"QLinearLeakyRelu", {"alpha"}, 4, 5, import_qlinear_leaky},
      {"QLinearMatMul", {}, 8, 8, import_qlinear_matmul},
      {"QLinearMul", {}, 7, 8, import_qlinear_mul},
      {"QLinearReduceMean", {"axes", "keepdims"}, 4, 5, import_qlinear_mean},
      {"QLinearSigmoid", {}, 4, 5, import_qlinear_sigmoid},
      {"QLinearSoftmax", {"axis", "opset"}, 5, 5, import_qlinear_softmax},
      {"QuantizeLinear", {"axis"}, 2, 3, import_quantize},
  };
  return rows;
}

}  // namespace e8::model
