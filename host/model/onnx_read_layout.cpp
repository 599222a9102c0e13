// Files of [N,H,W,C], as TensorFlow's exporters write: where the graph's order is another than the file's.
#include <set>

#include "host/model/onnx_import.h"

namespace e8::model {

// Of a tensor that is [N,H,W,C] in the file, only what looks at each value alone can be read without the Transpose;
// ArgMax and Transpose look themselves.
bool Importer::keep_channels_last(const onnx::NodeProto& node) {
  static const std::set<std::string> alone{
      "Clip",     "DequantizeLinear", "Dropout",        "Elu",  "HardSigmoid", "HardSwish",
      "Identity", "LeakyRelu",        "QuantizeLinear", "Relu", "Sigmoid",     "Tanh"};
  const std::string& type = node.op_type();
  bool any = false;
  for (int i = 0; i < node.input_size(); ++i) any = any || channels_last(node, i);
  if (!any || type == "ArgMax" || type == "Transpose") return false;
  if (alone.count(type) == 0)
    fail(105, node, "reads a tensor of [N,H,W,C]; put a Transpose with perm = [0,3,1,2] before it");
  return true;
}

bool Importer::input_is_channels_last(const std::string& name) const {
  std::set<std::string> names{name};
  bool found = false;
  for (const onnx::NodeProto& node : model_.graph().node()) {
    if (node.input_size() == 0 || names.count(node.input(0)) == 0) continue;
    if (node.op_type() == "QuantizeLinear" || node.op_type() == "DequantizeLinear" || node.op_type() == "Identity") {
      names.insert(node.output(0));
      continue;
    }
    if (node.op_type() != "Transpose" || integers(node, "perm") != std::vector<std::int64_t>{0, 3, 1, 2}) return false;
    found = true;
  }
  return found;
}

}  // namespace e8::model
