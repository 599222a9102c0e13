// See tflite_model.h.
#include "host/model/tflite_model.h"

#include <algorithm>
#include <iterator>
#include <set>

#include "host/model/error.h"

namespace e8::model::tflite {

namespace {

// Numbers of the fields in their tables.
namespace model_field {
constexpr int kVersion = 0, kOperatorCodes = 1, kSubgraphs = 2, kBuffers = 4;
}
namespace code_field {
constexpr int kOldBuiltin = 0, kCustom = 1, kBuiltin = 3;
}
namespace graph_field {
constexpr int kTensors = 0, kInputs = 1, kOutputs = 2, kOperators = 3;
}
namespace tensor_field {
constexpr int kShape = 0, kType = 1, kBuffer = 2, kName = 3, kQuantization = 4, kVariable = 5, kSparsity = 6;
}
namespace quantization_field {
constexpr int kScale = 2, kZeroPoint = 3, kDimension = 6;
}
namespace operator_field {
constexpr int kCode = 0, kInputs = 1, kOutputs = 2, kOptions = 4;
}
namespace buffer_field {
constexpr int kData = 0, kOffset = 1;
}

constexpr std::size_t kMaxItems = 16384;  // tensors, operators: far above any network
constexpr std::size_t kMaxRank = 8, kMaxOperands = 64, kMaxName = 256;

// Builtin operators 0 to 128 in the schema's order.
constexpr const char* kBuiltinNames[] = {"ADD",
                                         "AVERAGE_POOL_2D",
                                         "CONCATENATION",
                                         "CONV_2D",
                                         "DEPTHWISE_CONV_2D",
                                         "DEPTH_TO_SPACE",
                                         "DEQUANTIZE",
                                         "EMBEDDING_LOOKUP",
                                         "FLOOR",
                                         "FULLY_CONNECTED",
                                         "HASHTABLE_LOOKUP",
                                         "L2_NORMALIZATION",
                                         "L2_POOL_2D",
                                         "LOCAL_RESPONSE_NORMALIZATION",
                                         "LOGISTIC",
                                         "LSH_PROJECTION",
                                         "LSTM",
                                         "MAX_POOL_2D",
                                         "MUL",
                                         "RELU",
                                         "RELU_N1_TO_1",
                                         "RELU6",
                                         "RESHAPE",
                                         "RESIZE_BILINEAR",
                                         "RNN",
                                         "SOFTMAX",
                                         "SPACE_TO_DEPTH",
                                         "SVDF",
                                         "TANH",
                                         "CONCAT_EMBEDDINGS",
                                         "SKIP_GRAM",
                                         "CALL",
                                         "CUSTOM",
                                         "EMBEDDING_LOOKUP_SPARSE",
                                         "PAD",
                                         "UNIDIRECTIONAL_SEQUENCE_RNN",
                                         "GATHER",
                                         "BATCH_TO_SPACE_ND",
                                         "SPACE_TO_BATCH_ND",
                                         "TRANSPOSE",
                                         "MEAN",
                                         "SUB",
                                         "DIV",
                                         "SQUEEZE",
                                         "UNIDIRECTIONAL_SEQUENCE_LSTM",
                                         "STRIDED_SLICE",
                                         "BIDIRECTIONAL_SEQUENCE_RNN",
                                         "EXP",
                                         "TOPK_V2",
                                         "SPLIT",
                                         "LOG_SOFTMAX",
                                         "DELEGATE",
                                         "BIDIRECTIONAL_SEQUENCE_LSTM",
                                         "CAST",
                                         "PRELU",
                                         "MAXIMUM",
                                         "ARG_MAX",
                                         "MINIMUM",
                                         "LESS",
                                         "NEG",
                                         "PADV2",
                                         "GREATER",
                                         "GREATER_EQUAL",
                                         "LESS_EQUAL",
                                         "SELECT",
                                         "SLICE",
                                         "SIN",
                                         "TRANSPOSE_CONV",
                                         "SPARSE_TO_DENSE",
                                         "TILE",
                                         "EXPAND_DIMS",
                                         "EQUAL",
                                         "NOT_EQUAL",
                                         "LOG",
                                         "SUM",
                                         "SQRT",
                                         "RSQRT",
                                         "SHAPE",
                                         "POW",
                                         "ARG_MIN",
                                         "FAKE_QUANT",
                                         "REDUCE_PROD",
                                         "REDUCE_MAX",
                                         "PACK",
                                         "LOGICAL_OR",
                                         "ONE_HOT",
                                         "LOGICAL_AND",
                                         "LOGICAL_NOT",
                                         "UNPACK",
                                         "REDUCE_MIN",
                                         "FLOOR_DIV",
                                         "REDUCE_ANY",
                                         "SQUARE",
                                         "ZEROS_LIKE",
                                         "FILL",
                                         "FLOOR_MOD",
                                         "RANGE",
                                         "RESIZE_NEAREST_NEIGHBOR",
                                         "LEAKY_RELU",
                                         "SQUARED_DIFFERENCE",
                                         "MIRROR_PAD",
                                         "ABS",
                                         "SPLIT_V",
                                         "UNIQUE",
                                         "CEIL",
                                         "REVERSE_V2",
                                         "ADD_N",
                                         "GATHER_ND",
                                         "COS",
                                         "WHERE",
                                         "RANK",
                                         "ELU",
                                         "REVERSE_SEQUENCE",
                                         "MATRIX_DIAG",
                                         "QUANTIZE",
                                         "MATRIX_SET_DIAG",
                                         "ROUND",
                                         "HARD_SWISH",
                                         "IF",
                                         "WHILE",
                                         "NON_MAX_SUPPRESSION_V4",
                                         "NON_MAX_SUPPRESSION_V5",
                                         "SCATTER_ND",
                                         "SELECT_V2",
                                         "DENSIFY",
                                         "SEGMENT_SUM",
                                         "BATCH_MATMUL",
                                         "PLACEHOLDER_FOR_GREATER_OP_CODES",
                                         "CUMSUM"};
constexpr std::int32_t kCustom = 32;

std::string printable(std::string_view text) {
  std::string s(text.substr(0, kMaxName));
  for (char& c : s)
    if (c < ' ' || c > '~') c = '?';
  return s;
}

class Parser {
 public:
  explicit Parser(const flat::Buffer& buffer) : buffer_(buffer) {}
  Model run();

 private:
  [[noreturn]] void fail(const std::string& what) const { throw UserError(141, buffer_.file() + ": " + what); }
  std::vector<std::int32_t> few(const flat::Numbers<std::int32_t>& numbers, std::size_t limit,
                                const std::string& what) const;
  std::string_view data_of(const flat::Table& tensor, const flat::Tables& buffers, const Tensor& t) const;
  Tensor tensor(int index, const flat::Table& from, const flat::Tables& buffers);
  Operator operation(int index, const flat::Table& from, const flat::Tables& codes) const;
  int only(const flat::Numbers<std::int32_t>& numbers, const std::string& what) const;

  const flat::Buffer& buffer_;
  Model model_;
  std::set<std::string> names_;
};

std::vector<std::int32_t> Parser::few(const flat::Numbers<std::int32_t>& numbers, std::size_t limit,
                                      const std::string& what) const {
  if (numbers.size() > limit)
    fail(what + " has " + std::to_string(numbers.size()) + " entries; at most " + std::to_string(limit) +
         " are read; convert the model again");
  std::vector<std::int32_t> all;
  for (std::size_t i = 0; i < numbers.size(); ++i) all.push_back(numbers[i]);
  return all;
}

std::string_view Parser::data_of(const flat::Table& tensor, const flat::Tables& buffers, const Tensor& t) const {
  const auto index = tensor.number<std::uint32_t>(tensor_field::kBuffer, 0);
  if (index >= buffers.size())
    fail("tensor " + std::to_string(t.index) + " '" + t.name + "': its buffer " + std::to_string(index) +
         " is none of " + std::to_string(buffers.size()) + "; convert the model again");
  const flat::Table data = buffers[index];
  if (data.number<std::uint64_t>(buffer_field::kOffset, 0) > 1)
    fail("tensor '" + t.name + "': its data lies outside the FlatBuffer; convert to a file below 2 GB");
  return data.numbers<std::uint8_t>(buffer_field::kData).bytes();
}

Tensor Parser::tensor(int index, const flat::Table& from, const flat::Tables& buffers) {
  Tensor t;
  t.index = index;
  t.name = printable(from.text(tensor_field::kName));
  if (t.name.empty()) t.name = "tensor";
  while (!names_.insert(t.name).second) t.name += "#" + std::to_string(index);
  const std::string what = "tensor " + std::to_string(index) + " '" + t.name + "'";
  t.shape = few(from.numbers<std::int32_t>(tensor_field::kShape), kMaxRank, what + ": its shape");
  t.type = static_cast<Type>(from.number<std::int8_t>(tensor_field::kType, 0));
  t.data = data_of(from, buffers, t);
  if (from.number<std::uint8_t>(tensor_field::kVariable, 0) != 0)
    fail(what + " keeps its value from one inference to the next; models without state are supported");
  if (from.table(tensor_field::kSparsity)) fail(what + " is sparse; store it dense");
  if (const auto q = from.table(tensor_field::kQuantization)) {
    t.scales = q->numbers<float>(quantization_field::kScale);
    t.zero_points = q->numbers<std::int64_t>(quantization_field::kZeroPoint);
    t.channel_dim = q->number<std::int32_t>(quantization_field::kDimension, 0);
  }
  return t;
}

Operator Parser::operation(int index, const flat::Table& from, const flat::Tables& codes) const {
  Operator o;
  o.index = index;
  const std::string what = "operator " + std::to_string(index);
  const auto code = from.number<std::uint32_t>(operator_field::kCode, 0);
  if (code >= codes.size())
    fail(what + ": its code " + std::to_string(code) + " is none of " + std::to_string(codes.size()));
  const flat::Table c = codes[code];
  // Codes below 127 are in the old, 8-bit field of old files and in both fields of new ones.
  o.code = std::max<std::int32_t>(c.number<std::int8_t>(code_field::kOldBuiltin, 0),
                                  c.number<std::int32_t>(code_field::kBuiltin, 0));
  o.name = o.code == kCustom ? "custom operator " + printable(c.text(code_field::kCustom)) : builtin_name(o.code);
  o.inputs = few(from.numbers<std::int32_t>(operator_field::kInputs), kMaxOperands, what + ": its inputs");
  o.outputs = few(from.numbers<std::int32_t>(operator_field::kOutputs), kMaxOperands, what + ": its outputs");
  const auto tensors = static_cast<std::int32_t>(model_.tensors.size());
  for (const auto* operands : {&o.inputs, &o.outputs})
    for (const std::int32_t t : *operands)
      if (t < -1 || t >= tensors)
        fail(what + " (" + o.name + "): there is no tensor " + std::to_string(t) + " among " + std::to_string(tensors));
  o.options = from.table(operator_field::kOptions);
  return o;
}

int Parser::only(const flat::Numbers<std::int32_t>& numbers, const std::string& what) const {
  if (numbers.size() != 1)
    fail("the model has " + std::to_string(numbers.size()) + " " + what + "s; 1 is supported; cut the model");
  const std::int32_t t = numbers[0];
  if (t < 0 || static_cast<std::size_t>(t) >= model_.tensors.size())
    fail("its " + what + ", tensor " + std::to_string(t) + ", does not exist");
  return t;
}

Model Parser::run() {
  if (buffer_.bytes().size() < 8 || buffer_.bytes().substr(4, 4) != kIdentifier)
    throw UserError(140, buffer_.file() + ": not a TFLite model, or a truncated one (bytes 4 to 7 are not TFL3)");
  const flat::Table root = flat::root(buffer_);
  const auto version = root.number<std::uint32_t>(model_field::kVersion, 0);
  if (version != 3) fail("schema version " + std::to_string(version) + "; 3 is supported; convert the model again");
  const flat::Tables graphs = root.tables(model_field::kSubgraphs);
  if (graphs.size() != 1)
    fail("the model has " + std::to_string(graphs.size()) + " subgraphs; 1 is supported (no IF, WHILE or CALL)");
  const flat::Table graph = graphs[0];
  const flat::Tables tensors = graph.tables(graph_field::kTensors), operators = graph.tables(graph_field::kOperators);
  if (tensors.size() > kMaxItems || operators.size() > kMaxItems)
    fail("the model has " + std::to_string(tensors.size()) + " tensors and " + std::to_string(operators.size()) +
         " operators; at most " + std::to_string(kMaxItems) + " of each are read");
  model_.file = buffer_.file();
  const flat::Tables buffers = root.tables(model_field::kBuffers), codes = root.tables(model_field::kOperatorCodes);
  for (std::size_t i = 0; i < tensors.size(); ++i)
    model_.tensors.push_back(tensor(static_cast<int>(i), tensors[i], buffers));
  for (std::size_t i = 0; i < operators.size(); ++i)
    model_.operators.push_back(operation(static_cast<int>(i), operators[i], codes));
  model_.input = only(graph.numbers<std::int32_t>(graph_field::kInputs), "input");
  model_.output = only(graph.numbers<std::int32_t>(graph_field::kOutputs), "output");
  return std::move(model_);
}

}  // namespace

std::string type_name(Type type) {
  static constexpr const char* kNames[] = {"FLOAT32", "FLOAT16", "INT32", "UINT8",     "INT64",
                                           "STRING",  "BOOL",    "INT16", "COMPLEX64", "INT8"};
  const auto i = static_cast<int>(type);
  return i >= 0 && i < static_cast<int>(std::size(kNames)) ? kNames[i] : "type " + std::to_string(i);
}

std::string builtin_name(std::int32_t code) {
  const bool known = code >= 0 && static_cast<std::size_t>(code) < std::size(kBuiltinNames);
  return known ? kBuiltinNames[code] : "builtin operator " + std::to_string(code);
}

Model parse(const flat::Buffer& buffer) { return Parser(buffer).run(); }

}  // namespace e8::model::tflite
