// Quantization operators of Vitis AI (ai.onnx.contrib, com.vai.quantize) and Quark (com.amd.quark): QuantizeLinear and
// DequantizeLinear under other names, and both in one (FixNeuron).
#include <cmath>

#include "host/model/onnx_ops.h"

namespace e8::model {

namespace {

constexpr int kMaxPosition = 126;  // 2^-126 is the least normal float32

// An attribute that Python operators write as text and others as a number.
std::int64_t number(Importer& im, const Proto& node, const char* name, std::int64_t otherwise) {
  for (const auto& a : node.attribute()) {
    if (a.name() != name || a.type() != onnx::AttributeProto::STRING) continue;
    const std::string& s = a.s();
    const std::size_t sign = !s.empty() && s[0] == '-' ? 1 : 0;
    if (s.size() == sign || s.size() > 6 || s.find_first_not_of("0123456789", sign) != std::string::npos)
      im.fail(105, node, std::string("attribute '") + name + "' = '" + s + "' is no whole number");
    return std::stol(s);
  }
  return im.integer(node, name, otherwise);
}

void need_eight_bits(Importer& im, const Proto& node) {
  const std::int64_t bits = number(im, node, "bit_width", 8);
  if (bits != 8) im.fail(105, node, "attribute 'bit_width' = " + str(bits) + "; 8 is supported; quantize to 8 bits");
}

Proto renamed(const Proto& node, const char* type) {
  Proto part;
  part.set_op_type(type);
  part.set_name(node.name());
  for (const auto& input : node.input()) part.add_input(input);
  part.add_output(node.output(0));
  for (const auto& a : node.attribute())
    if (a.name() == "axis") *part.add_attribute() = a;
  return part;
}

void import_as(Importer& im, const Proto& node, const char* type) {
  need_eight_bits(im, node);
  im.mark_amd();
  im.expand(node, renamed(node, type));
}

void import_amd_quantize(Importer& im, const Proto& node) { import_as(im, node, "QuantizeLinear"); }
void import_amd_dequantize(Importer& im, const Proto& node) { import_as(im, node, "DequantizeLinear"); }

// The zero point that FixNeuron, which is signed, leaves out: int8, as many zeros as scales.
void add_zero_point(Importer& im, const Proto& node, std::size_t scales, Proto* part) {
  ImportedConstant zero;
  zero.data.type = onnx::TensorProto::INT8;
  zero.data.integer.assign(scales, 0);
  if (scales > 1) zero.data.dims = {static_cast<std::int64_t>(scales)};
  while (part->input_size() < 3) part->add_input();
  part->set_input(2, im.fresh(node.output(0) + "_zero_point"));
  im.define(part->input(2), std::move(zero));
}

// Inputs that attribute 'pos' (scale 2^-pos) stands for.
void add_position(Importer& im, const Proto& node, Proto* part) {
  if (!im.has(node, "pos")) im.fail(109, node, "has neither a scale (input 1) nor attribute 'pos'");
  const std::int64_t pos = number(im, node, "pos", 0);
  if (pos < -kMaxPosition || pos > kMaxPosition)
    im.fail(105, node,
            "attribute 'pos' = " + str(pos) + "; " + str(-kMaxPosition) + " to " + str(kMaxPosition) + " is supported");
  ImportedConstant scale;
  scale.data.real = {std::ldexp(1.0F, static_cast<int>(-pos))};
  part->add_input(im.fresh(node.output(0) + "_scale"));
  im.define(part->input(1), std::move(scale));
}

void import_fix_neuron(Importer& im, const Proto& node) {
  need_eight_bits(im, node);
  im.mark_amd();
  Proto quantize = renamed(node, "QuantizeLinear");
  if (quantize.input_size() == 1) add_position(im, node, &quantize);
  if (im.absent(quantize, 2)) add_zero_point(im, node, real_constant(im, quantize, 1).data.size(), &quantize);
  quantize.set_output(0, im.fresh(node.output(0) + "_quantized"));
  im.expand(node, quantize);
  Proto dequantize = renamed(node, "DequantizeLinear");
  dequantize.clear_input();
  dequantize.add_input(quantize.output(0));
  for (int i = 1; i < quantize.input_size(); ++i) dequantize.add_input(quantize.input(i));
  im.expand(node, dequantize);
}

}  // namespace

const std::vector<OpRow>& amd_rows() {
  const std::vector<std::string> attributes{"axis", "bit_width"};
  static const std::vector<OpRow> rows{
      {"ExtendedDequantizeLinear", attributes, 2, 3, import_amd_dequantize},
      {"ExtendedQuantizeLinear", attributes, 2, 3, import_amd_quantize},
      {"FixNeuron", {"axis", "bit_width", "pos"}, 1, 3, import_fix_neuron},
      {"VaiDeQuantize", attributes, 2, 3, import_amd_dequantize},
      {"VaiDequantizeLinear", attributes, 2, 3, import_amd_dequantize},
      {"VaiQuantize", attributes, 2, 3, import_amd_quantize},
      {"VaiQuantizeLinear", attributes, 2, 3, import_amd_quantize},
      {"VitisDequantizeLinear", attributes, 2, 3, import_amd_dequantize},
      {"VitisQuantizeLinear", attributes, 2, 3, import_amd_quantize},
  };
  return rows;
}

}  // namespace e8::model
