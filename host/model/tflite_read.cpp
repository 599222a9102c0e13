// The walk over a TFLite model: which tensors are int8 on the accelerator, which operators are nodes, what stays at the
// edges (QUANTIZE of the input, DEQUANTIZE of the output) and on the CPU (SOFTMAX at the end).
#include "host/model/tflite_read.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "host/model/error.h"
#include "host/model/files.h"
#include "host/model/tflite_ops.h"

namespace e8::model {

namespace {

using tflite::Builtin;
using tflite::Call;
using tflite::Model;
using tflite::Operator;
using tflite::Tensor;
using tflite::Type;

constexpr const char* kSupported =
    "ADD, AVERAGE_POOL_2D, CONV_2D, DEPTHWISE_CONV_2D, FULLY_CONNECTED, MAX_POOL_2D, PAD, QUANTIZE, RESHAPE, and "
    "SOFTMAX and DEQUANTIZE at the end";

constexpr std::size_t kMaxWeights = std::size_t{1} << 30;  // a small file that shares a constant could ask for any

class Importer {
 public:
  explicit Importer(const Model& model)
      : model_(model), tensor_(model.tensors.size(), -1), softmaxed_(model.tensors.size()) {}
  IntNet run();

 private:
  void import(const Operator& op);
  void import_quantize(const Call& call);
  void import_reshape(const Call& call);
  void import_softmax(const Call& call);
  int add_tensor(const Call& call, const Tensor& t, const ops::Shape& shape);
  int read(const Call& call, std::size_t input) const;
  const ops::Shape& read_shape(const Call& call, std::size_t input, bool flattened = false) const;
  void emit(const Call& call, std::size_t inputs, IntParams params, const ops::Shape& shape);
  void define(const Call& call, int tensor);
  void set_preprocess();

  const Model& model_;
  std::vector<int> tensor_;  ///< of each TFLite tensor: the integer tensor that holds it, or -1
  CpuTail tail_ = CpuTail::kNone;
  std::vector<bool> softmaxed_;  ///< of each TFLite tensor: it is that tensor behind the SOFTMAX
  std::size_t weights_ = 0;      ///< bytes of all nodes
  IntNet net_;
};

int Importer::add_tensor(const Call& call, const Tensor& t, const ops::Shape& shape) {
  const tflite::Quantization q = call.quantization(t);
  net_.tensors.push_back({t.name, shape, double{q.scale}, q.zero_point});
  return static_cast<int>(net_.tensors.size()) - 1;
}

// The integer tensor of an input, which must have been computed.
int Importer::read(const Call& call, std::size_t input) const {
  const Tensor& t = call.in(input);
  const int index = tensor_[static_cast<std::size_t>(t.index)];
  if (index >= 0) return index;
  if (!t.data.empty()) call.fail(147, t, "is a constant; a computed tensor is supported here");
  call.quantization(t);  // a float one is the first thing to name
  call.fail(147, t, "is read before any operator has written it; convert the model again");
}

// Its shape, which a RESHAPE may have promised to be another; only a fully connected layer does not care.
const ops::Shape& Importer::read_shape(const Call& call, std::size_t input, bool flattened) const {
  const ops::Shape& shape = net_.tensors[static_cast<std::size_t>(read(call, input))].shape;
  if (!flattened && !(call.shape(call.in(input)) == shape))
    call.fail(144, call.in(input), "is a reshaped image; only FULLY_CONNECTED is supported behind RESHAPE");
  return shape;
}

void Importer::define(const Call& call, int tensor) {
  int& place = tensor_[static_cast<std::size_t>(call.out().index)];
  if (place >= 0 || !call.out().data.empty()) call.fail(147, call.out(), "is written twice; convert the model again");
  place = tensor;
  softmaxed_[static_cast<std::size_t>(call.out().index)] =
      static_cast<Builtin>(call.op.code) == Builtin::kSoftmax || softmaxed_[static_cast<std::size_t>(call.in(0).index)];
}

void Importer::emit(const Call& call, std::size_t inputs, IntParams params, const ops::Shape& shape) {
  if (tail_ != CpuTail::kNone) call.fail(143, "stands behind SOFTMAX, which the CPU computes; cut the model there");
  IntNode n;
  for (const char c : call.op.name) n.name += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  n.name += "_" + std::to_string(call.op.index);
  for (std::size_t i = 0; i < inputs; ++i) n.inputs.push_back(read(call, i));
  n.output = add_tensor(call, call.out(), shape);
  n.params = std::move(params);
  if (const auto* conv = std::get_if<ops::ConvParams>(&n.params)) weights_ += conv->weights.size();
  if (weights_ > kMaxWeights)
    call.fail(141, "the operators' weights exceed 2^30 bytes: a constant is shared by too many; convert it again");
  define(call, n.output);
  net_.nodes.push_back(std::move(n));
}

// Float to int8 only at the input: the integer network begins behind it.
void Importer::import_quantize(const Call& call) {
  call.expect_operands(1, 1);
  if (call.in(0).type == Type::kInt8) {
    const ops::Shape& shape = read_shape(call, 0);
    call.expect_output(shape);
    return emit(call, 1, tflite::import_requantize(call), shape);
  }
  if (call.in(0).type != Type::kFloat32 || call.in(0).index != model_.input || net_.input >= 0)
    call.fail(142, call.in(0),
              "is " + tflite::type_name(call.in(0).type) +
                  "; int8, or the model's float input read once, is supported; convert with "
                  "inference_input_type = int8");
  net_.input = add_tensor(call, call.out(), call.shape(call.out()));
  define(call, net_.input);
}

void Importer::import_reshape(const Call& call) {
  call.expect_operands(1, 2);
  const int from = read(call, 0);
  call.expect_same_quantization();
  if (call.shape(call.out()).size() != net_.tensors[static_cast<std::size_t>(from)].shape.size())
    call.fail(144, call.out(), "has another number of values than the input; convert the model again");
  define(call, from);
}

void Importer::import_softmax(const Call& call) {
  constexpr int kBeta = 0;
  call.expect_operands(1, 1);
  const int from = read(call, 0);
  const ops::Shape& shape = net_.tensors[static_cast<std::size_t>(from)].shape;
  if (shape.h != 1 || shape.w != 1) call.fail(144, call.in(0), "is an image; SOFTMAX of one vector is supported");
  if (call.op.option<float>(kBeta, 0) != 1.0F) call.fail(144, "beta must be 1; scale the values before it");
  if (tail_ != CpuTail::kNone) call.fail(143, "a second SOFTMAX; one at the end is supported");
  tail_ = CpuTail::kSoftmax;
  define(call, from);
}

void Importer::import(const Operator& op) {
  const Call call{model_, op};
  const auto expect_one = [&] { call.expect_operands(1, 64); };
  switch (static_cast<Builtin>(op.code)) {
    case Builtin::kConv2d: {
      expect_one();
      IntParams p = tflite::import_conv(call, read_shape(call, 0));
      return emit(call, 1, std::move(p), call.shape(call.out()));
    }
    case Builtin::kDepthwiseConv2d: {
      expect_one();
      IntParams p = tflite::import_depthwise(call, read_shape(call, 0));
      return emit(call, 1, std::move(p), call.shape(call.out()));
    }
    case Builtin::kFullyConnected: {
      expect_one();
      IntParams p = tflite::import_fully_connected(call, read_shape(call, 0, true));
      return emit(call, 1, p, {1, 1, std::get<ops::ConvParams>(p).cout});
    }
    case Builtin::kAveragePool2d: {
      expect_one();
      IntParams p = tflite::import_average_pool(call, read_shape(call, 0));
      return emit(call, 1, std::move(p), call.shape(call.out()));
    }
    case Builtin::kMaxPool2d: {
      expect_one();
      IntParams p = tflite::import_max_pool(call, read_shape(call, 0));
      return emit(call, 1, std::move(p), call.shape(call.out()));
    }
    case Builtin::kAdd: {
      call.expect_operands(2, 2);
      const ops::Shape shape = read_shape(call, 0);
      read_shape(call, 1);
      return emit(call, 2, tflite::import_add(call), shape);
    }
    case Builtin::kPad: {
      expect_one();
      IntParams p = tflite::import_pad(call, read_shape(call, 0));
      return emit(call, 1, std::move(p), call.shape(call.out()));
    }
    case Builtin::kQuantize:
      return import_quantize(call);
    case Builtin::kReshape:
      return import_reshape(call);
    case Builtin::kSoftmax:
      return import_softmax(call);
    case Builtin::kDequantize:  // a float view of an int8 tensor; whoever computes with it is refused
      call.expect_operands(1, 1);
      return define(call, read(call, 0));
  }
  call.fail(143, std::string("is not supported; supported are ") + kSupported + "; cut or change the model there");
}

// A picture's mapping is known where the input's grid tells it: one step a grey level from black at -128.
void Importer::set_preprocess() {
  const IntTensor& in = net_.tensors[static_cast<std::size_t>(net_.input)];
  const bool channels = in.shape.c == 1 || in.shape.c == 3;
  const bool unit = in.scale == double{1.0F / 255.0F}, raw = in.scale == 1.0;
  if (!channels || in.shape.h < 2 || in.shape.w < 2 || in.zero_point != -128 || !(unit || raw)) return;
  const auto n = static_cast<std::size_t>(in.shape.c);
  net_.preprocess = {
      in.shape.h, in.shape.w, in.shape.c, std::vector<double>(n, 0.0), std::vector<double>(n, raw ? 1.0 / 255 : 1.0),
      "half_away"};
}

IntNet Importer::run() {
  net_.scheme = "tflite";
  net_.tie = "double_round";
  const std::string stem = std::filesystem::path(model_.file).stem().string();
  net_.name = stem.empty() ? "model" : stem;
  if (model_.operators.empty()) throw UserError(141, model_.file + ": the model has no operators");
  const Tensor& in = model_.tensors[static_cast<std::size_t>(model_.input)];
  if (in.type == Type::kInt8) {
    const auto reader = std::find_if(model_.operators.begin(), model_.operators.end(), [&](const Operator& o) {
      return std::find(o.inputs.begin(), o.inputs.end(), in.index) != o.inputs.end();
    });
    const Call call{model_, reader == model_.operators.end() ? model_.operators.front() : *reader};
    net_.input = tensor_[static_cast<std::size_t>(in.index)] = add_tensor(call, in, call.shape(in));
  }
  for (const Operator& op : model_.operators) import(op);
  net_.outputs = {{tensor_[static_cast<std::size_t>(model_.output)], tail_}};
  if (net_.outputs[0].tensor < 0 || net_.nodes.empty())
    throw UserError(147, model_.file + ": no operator computes the output, tensor " + std::to_string(model_.output));
  if (tail_ != CpuTail::kNone && !softmaxed_[static_cast<std::size_t>(model_.output)])
    throw UserError(143, model_.file + ": SOFTMAX is supported before the model's output only; cut the model there");
  set_preprocess();
  return std::move(net_);
}

}  // namespace

bool is_tflite(const std::string& path) {
  char start[8] = {};
  std::ifstream(path, std::ios::binary).read(start, sizeof start);
  return std::string_view(start + 4, 4) == tflite::kIdentifier || std::filesystem::path(path).extension() == ".tflite";
}

IntNet read_tflite(const std::string& bytes, const std::string& file) {
  const flat::Buffer buffer(file, bytes);
  const Model model = tflite::parse(buffer);
  return Importer(model).run();
}

IntNet read_tflite(const std::string& path) { return read_tflite(read_file(path, 140), path); }

}  // namespace e8::model
