// See cmsis_cases.h. CMSIS-NN's names: *_OFFSET of an input is minus its zero point, of an output the zero point.
#include "tests/host/cmsis_cases.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "emu/numerics/tflite.h"
#include "emu/ops/ops.h"

namespace e8::test {
namespace {

using nlohmann::json;
using ops::Shape;

class Reader {
 public:
  explicit Reader(const json& j) : config_(j.at("config")), data_(j.at("data")) {
    case_.kind = j.at("kind");
    case_.name = j.at("case");
  }
  CmsisCase run() {
    if (case_.kind == "conv") {
      conv(number("IN_CH") / number("FILTER_CH", number("IN_CH")));
    } else if (case_.kind == "dwconv") {
      conv(number("IN_CH"));
    } else if (case_.kind == "fc") {
      fully_connected();
    } else if (case_.kind == "avgpool" || case_.kind == "maxpool") {
      pool();
    } else if (case_.kind == "add") {
      add();
    } else if (case_.kind == "mul") {
      case_.unsupported = "an element-wise product of two tensors is left to the CPU";
    } else {
      throw std::runtime_error("unknown kind '" + case_.kind + "'");
    }
    return std::move(case_);
  }

 private:
  int number(const char* key) const { return config_.at(key).get<int>(); }
  int number(const char* key, int otherwise) const { return config_.value(key, otherwise); }
  std::vector<std::int8_t> bytes(const char* key) const { return data_.at(key).get<std::vector<std::int8_t>>(); }
  std::vector<std::int32_t> words(const char* key) const { return data_.at(key).get<std::vector<std::int32_t>>(); }

  num::TailMode mode() const {
    num::TailMode m;
    m.double_round = true;
    m.zp = static_cast<std::int8_t>(number("OUTPUT_OFFSET"));
    m.lo = static_cast<std::int8_t>(number("OUT_ACTIVATION_MIN"));
    m.hi = static_cast<std::int8_t>(number("OUT_ACTIVATION_MAX"));
    return m;
  }

  /// The window, what is missing at the end filled up by the output's size.
  static ops::Window window(const Shape& in, const Shape& out, ops::Window w) {
    w.bottom = std::max(0, (out.h - 1) * w.sh + (w.kh - 1) * w.dh + 1 - in.h - w.top);
    w.right = std::max(0, (out.w - 1) * w.sw + (w.kw - 1) * w.dw + 1 - in.w - w.left);
    return w;
  }

  /// Bias with the input's zero point, multipliers.
  void set_tail(ops::ConvParams& p, const std::vector<std::int32_t>& m, const std::vector<std::int32_t>& shift) {
    const std::vector<std::int32_t> bias = words("biases");
    const auto channels = static_cast<std::size_t>(p.cout);
    if (bias.size() != channels || p.weights.size() % channels != 0) throw std::runtime_error("sizes disagree");
    const std::size_t depth = p.weights.size() / channels;
    p.pad_value = static_cast<std::int8_t>(-number("INPUT_OFFSET"));
    p.tail.mode = mode();
    for (std::size_t c = 0; c < channels; ++c) {
      std::int64_t sum = 0;
      for (std::size_t i = 0; i < depth; ++i) sum += p.weights[c * depth + i];
      const std::size_t k = m.size() == 1 ? 0 : c;
      p.tail.channel.push_back(num::tflite::channel(bias[c] + sum * number("INPUT_OFFSET"), m.at(k), shift.at(k)));
    }
  }

  void conv(int groups) {
    const Shape in{number("INPUT_H"), number("INPUT_W"), number("IN_CH")};
    const Shape out{number("OUTPUT_H"), number("OUTPUT_W"), number("OUT_CH")};
    ops::ConvParams p;
    p.cout = out.c;
    p.groups = groups;
    ops::Window w;
    w.kh = number("FILTER_Y");
    w.kw = number("FILTER_X");
    w.sh = number("STRIDE_Y");
    w.sw = number("STRIDE_X");
    w.dh = number("DILATION_Y");
    w.dw = number("DILATION_X");
    w.top = number("PAD_Y");
    w.left = number("PAD_X");
    p.window = window(in, out, w);
    p.weights = bytes("weights");
    if (case_.kind == "dwconv") p.weights = channels_first(p.weights, out.c);
    set_tail(p, words("output_mult"), words("output_shift"));
    finish({in}, out, p, {"input"}, "output_ref");
  }

  /// [kh][kw][cout] to [cout][kh][kw].
  static std::vector<std::int8_t> channels_first(const std::vector<std::int8_t>& from, int cout) {
    const auto channels = static_cast<std::size_t>(cout);
    std::vector<std::int8_t> to;
    for (std::size_t c = 0; c < channels; ++c)
      for (std::size_t i = c; i < from.size(); i += channels) to.push_back(from[i]);
    return to;
  }

  void fully_connected() {
    if (number("FILTER_OFFSET", 0) != 0) {
      case_.unsupported = "weights with a zero point";
      return;
    }
    const Shape in{number("INPUT_H"), number("INPUT_W"), number("IN_CH")};
    ops::ConvParams p;
    p.cout = number("OUT_CH");
    p.window.kh = in.h;
    p.window.kw = in.w;
    p.weights = bytes("weights");
    set_tail(p, {number("OUTPUT_MULTIPLIER")}, {number("OUTPUT_SHIFT")});
    finish({in}, {1, 1, p.cout}, p, {"input"}, "output_ref");
  }

  void pool() {
    const Shape in{number("INPUT_H"), number("INPUT_W"), number("INPUT_C")};
    const Shape out{number("OUTPUT_H"), number("OUTPUT_W"), number("OUTPUT_C")};
    ops::Window w;
    w.kh = number("FILTER_H");
    w.kw = number("FILTER_W");
    w.sh = number("STRIDE_H");
    w.sw = number("STRIDE_W");
    w.top = number("PADDING_H");
    w.left = number("PADDING_W");
    w = window(in, out, w);
    num::TailMode mode;
    mode.tie = num::Tie::kHalfAway;
    mode.lo = static_cast<std::int8_t>(number("ACTIVATION_MIN"));
    mode.hi = static_cast<std::int8_t>(number("ACTIVATION_MAX"));
    if (case_.kind == "maxpool") {
      ops::MaxPoolParams p{w, ops::identity_tail()};
      p.tail.mode = mode;
      return finish({in}, out, p, {"input_tensor"}, "output");
    }
    ops::AvgPoolParams p;
    p.window = w;
    p.count_pad = false;
    p.mode = mode;
    for (int n = 1; n <= w.kh * w.kw; ++n) p.by_count.push_back(num::tflite::average(n));
    finish({in}, out, p, {"input_tensor"}, "output");
  }

  void add() {
    ops::AddParams p;
    p.kind = ops::AddParams::Kind::kTflite;
    p.mode = mode();
    p.mode.double_round = false;  // the arithmetic has its own
    p.left_shift = number("LEFT_SHIFT");
    p.zp_in = {static_cast<std::int8_t>(-number("INPUT1_OFFSET")), static_cast<std::int8_t>(-number("INPUT2_OFFSET"))};
    p.in_m = {number("INPUT1_MULT"), number("INPUT2_MULT")};
    p.in_shift = {number("INPUT1_SHIFT"), number("INPUT2_SHIFT")};
    p.out_m = number("OUTPUT_MULT");
    p.out_shift = number("OUTPUT_SHIFT");
    const Shape shape{1, 1, number("DST_SIZE")};
    finish({shape, shape}, shape, p, {"input1", "input2"}, "output_ref");
  }

  /// One image of several that lie one behind the other.
  static ops::Tensor image(const std::vector<std::int8_t>& all, std::size_t i, const Shape& shape) {
    ops::Tensor t(shape);
    const auto begin = all.begin() + static_cast<std::ptrdiff_t>(i * shape.size());
    std::copy(begin, begin + static_cast<std::ptrdiff_t>(shape.size()), t.data.begin());
    return t;
  }

  void finish(const std::vector<Shape>& in, const Shape& out, model::IntParams params,
              const std::vector<const char*>& inputs, const char* output) {
    model::IntNet& net = case_.net;
    net.name = case_.kind + "_" + case_.name;
    net.scheme = "tflite";
    net.tie = "double_round";
    model::IntNode node{net.name, {}, static_cast<int>(in.size()), std::move(params)};
    for (std::size_t k = 0; k < in.size(); ++k) {
      net.tensors.push_back({inputs[k], in[k], 1.0, 0});
      node.inputs.push_back(static_cast<int>(k));
    }
    net.tensors.push_back({"output", out, 1.0, 0});
    net.nodes.push_back(std::move(node));
    net.input = 0;
    net.outputs = {{static_cast<int>(in.size())}};
    const std::vector<std::int8_t> want = bytes(output);
    const std::size_t images = want.size() / out.size();
    if (images == 0 || want.size() != images * out.size()) throw std::runtime_error("output sizes disagree");
    for (std::size_t i = 0; i < images; ++i) {
      case_.want.push_back(image(want, i, out));
      case_.inputs.emplace_back();
      for (std::size_t k = 0; k < in.size(); ++k) {
        const std::vector<std::int8_t> all = bytes(inputs[k]);
        if (all.size() != images * in[k].size()) throw std::runtime_error("input sizes disagree");
        case_.inputs.back().push_back(image(all, i, in[k]));
      }
    }
  }

  const json &config_, &data_;
  CmsisCase case_;
};

}  // namespace

std::vector<CmsisCase> read_cmsis(const std::string& path) {
  std::ifstream file(path);
  std::vector<CmsisCase> cases;
  for (std::string line; std::getline(file, line);) {
    try {
      const json j = json::parse(line);
      cases.push_back(Reader(j).run());
    } catch (const std::exception& e) {
      throw std::runtime_error(path + ", line " + std::to_string(cases.size() + 1) + ": " + e.what());
    }
  }
  return cases;
}

std::size_t mismatches(const CmsisCase& c, std::size_t i, const ops::Tensor& got) {
  const ops::Tensor& want = c.want.at(i);
  if (!(got.shape == want.shape)) return want.data.size();
  std::size_t n = 0;
  for (std::size_t k = 0; k < want.data.size(); ++k) n += got.data[k] != want.data[k];
  return n;
}

std::string conformance_table(const std::vector<CmsisCase>& cases, const std::vector<bool>& passed,
                              const std::vector<std::string>& unsupported) {
  struct Row {
    int passed = 0, failed = 0;
    std::string unsupported;
  };
  std::map<std::string, Row> rows;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    Row& row = rows[cases[i].kind];
    if (!unsupported[i].empty()) {
      row.unsupported +=
          (row.unsupported.empty() ? "; not supported: " : ", ") + cases[i].name + " (" + unsupported[i] + ")";
    } else {
      ++(passed[i] ? row.passed : row.failed);
    }
  }
  std::string text;
  for (const auto& [kind, row] : rows)
    text += "  " + kind + std::string(kind.size() < 8 ? 8 - kind.size() : 0, ' ') + " passed " +
            std::to_string(row.passed) + ", failed " + std::to_string(row.failed) + row.unsupported + "\n";
  return text;
}

}  // namespace e8::test
