// See program_info.h.
#include "host/compile/program_info.h"

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

namespace e8::compile {
namespace {

using nlohmann::json;

constexpr std::int64_t kMaxDim = 1 << 24;       // of a shape; keeps every product below in 64 bits
constexpr std::int64_t kMaxTensor = 1LL << 31;  // values
constexpr std::int64_t kMaxCount = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kMaxU32 = std::numeric_limits<std::uint32_t>::max();

/// A JSON value that knows its name, so that errors can tell it.
class Field {
 public:
  Field(const json& value, std::string name) : value_(value), name_(std::move(name)) {}

  bool has(const char* key) const { return value_.is_object() && value_.contains(key); }
  Field operator[](const char* key) const {
    if (!value_.is_object() || !value_.contains(key)) fail("has no '" + std::string(key) + "'");
    return {value_.at(key), name_.empty() ? key : name_ + "." + key};
  }
  std::vector<Field> items(std::size_t least = 0) const {
    if (!value_.is_array()) fail("must be an array");
    if (value_.size() < least) fail("must have " + std::to_string(least) + " items or more");
    std::vector<Field> all;
    for (const json& v : value_) all.emplace_back(v, name_ + "[" + std::to_string(all.size()) + "]");
    return all;
  }
  std::int64_t integer(std::int64_t least, std::int64_t most) const {
    const bool fits =
        value_.is_number_integer() && !(value_.is_number_unsigned() && value_.get<std::uint64_t>() > kMaxCount);
    const std::int64_t v = fits ? value_.get<std::int64_t>() : 0;
    if (!fits || v < least || v > most) {
      fail("must be an integer from " + std::to_string(least) + " to " + std::to_string(most));
    }
    return v;
  }
  int small(std::int64_t least, std::int64_t most) const { return static_cast<int>(integer(least, most)); }
  std::uint32_t u32() const { return static_cast<std::uint32_t>(integer(0, kMaxU32)); }
  std::uint64_t count() const { return static_cast<std::uint64_t>(integer(0, kMaxCount)); }
  double real() const {
    if (!value_.is_number() || !std::isfinite(value_.get<double>())) fail("must be a number");
    return value_.get<double>();
  }
  double positive() const {
    const double v = real();
    if (!(v > 0)) fail("must be above 0");
    return v;
  }
  bool yes() const {
    if (!value_.is_boolean()) fail("must be true or false");
    return value_.get<bool>();
  }
  std::string text() const {
    if (!value_.is_string()) fail("must be text");
    return value_.get<std::string>();
  }
  /// The position of the text in `allowed`.
  std::size_t one_of(const std::vector<std::string>& allowed) const {
    const std::string t = text();
    std::string list;
    for (std::size_t i = 0; i < allowed.size(); ++i) {
      if (t == allowed[i]) return i;
      list += (i == 0 ? "" : ", ") + allowed[i];
    }
    fail("must be one of " + list);
  }
  [[noreturn]] void fail(const std::string& what) const {
    std::string shown = value_.is_primitive() ? value_.dump(-1, ' ', false, json::error_handler_t::replace) : "";
    if (shown.size() > 60) shown = shown.substr(0, 60) + "...";
    throw BadInfo((name_.empty() ? "the section" : name_) + (shown.empty() ? " " : " is " + shown + ", ") + what);
  }

 private:
  const json& value_;
  std::string name_;
};

/// In the order of CpuTail.
const std::vector<std::string>& tail_names() {
  static const std::vector<std::string> names{"none", "softmax", "argmax_first", "argmax_last"};
  return names;
}

// ------------------------------------------------------------------------------------------------ write

json config_json(const isa::Config& c) {
  return {{"name", c.name},
          {"lanes", c.lanes},
          {"v", c.v},
          {"feature_words", c.feature_words},
          {"weight_words", c.weight_words},
          {"param_words", c.param_words},
          {"drain", c.drain},
          {"axi_bytes", c.axi_bytes},
          {"mul_bits", c.mul_bits},
          {"double_round", c.double_round},
          {"tables", c.tables}};
}

json tensor_json(const TensorInfo& t) {
  json j = {{"name", t.name},
            {"shape", {t.shape.h, t.shape.w, t.shape.c}},
            {"scale", t.scale},
            {"zero_point", t.zero_point},
            {"in_dram", t.in_dram}};
  if (t.in_dram) {
    j["place"] = {{"region", t.place.region},
                  {"offset", t.place.offset},
                  {"row_stride", t.place.row_stride},
                  {"blk_stride", t.place.blk_stride},
                  {"block", t.place.block}};
  }
  return j;
}

json layer_json(const LayerInfo& l) {
  return {{"name", l.name},
          {"op", l.op},
          {"output", l.output},
          {"macs", l.macs},
          {"predicted_cycles", l.predicted_cycles},
          {"dram_bytes", l.dram_bytes},
          {"load_cycles", l.load_cycles},
          {"exec_cycles", l.exec_cycles},
          {"store_cycles", l.store_cycles}};
}

json preprocess_json(const model::Preprocess& p) {
  json j = {{"h", p.h}, {"w", p.w}, {"c", p.c}, {"mean", p.mean}, {"std", p.stddev}, {"round", p.round}};
  if (!p.resize.empty()) j["resize"] = p.resize;
  if (p.crop) j["crop"] = true;
  if (p.bgr) j["bgr"] = true;
  return j;
}

// ------------------------------------------------------------------------------------------------ read

isa::Config read_config(const Field& f) {
  const auto word = [&](const char* key) { return static_cast<unsigned>(f[key].integer(0, 1 << 20)); };
  isa::Config c;
  c.name = f["name"].text();
  c.lanes = word("lanes");
  c.v = word("v");
  c.feature_words = word("feature_words");
  c.weight_words = word("weight_words");
  c.param_words = word("param_words");
  c.drain = word("drain");
  c.axi_bytes = word("axi_bytes");
  c.mul_bits = word("mul_bits");
  c.double_round = f["double_round"].yes();
  c.tables = f["tables"].yes();
  const std::string problem = c.problem();
  if (!problem.empty()) f.fail("is not a legal configuration: " + problem);
  return c;
}

ops::Shape read_shape(const Field& f) {
  const std::vector<Field> dims = f.items(3);
  if (dims.size() != 3) f.fail("must have three numbers: rows, columns, channels");
  const ops::Shape s{dims[0].small(1, kMaxDim), dims[1].small(1, kMaxDim), dims[2].small(1, kMaxDim)};
  const std::int64_t plane = std::int64_t{s.h} * s.w;
  if (plane > kMaxTensor || plane * s.c > kMaxTensor) f.fail("has more than 2^31 values");
  return s;
}

Place read_place(const Field& f, const ops::Shape& shape, const std::uint32_t (&region_bytes)[isa::kRegions]) {
  Place p;
  p.region = static_cast<isa::Region>(f["region"].integer(0, isa::kRegions - 1));
  p.offset = f["offset"].u32();
  p.row_stride = f["row_stride"].u32();
  p.blk_stride = f["blk_stride"].u32();
  p.block = f["block"].small(1, kMaxDim);
  if (p.offset + place_bytes(p, shape) > region_bytes[p.region]) f.fail("leaves its region");
  return p;
}

TensorInfo read_tensor(const Field& f, const std::uint32_t (&region_bytes)[isa::kRegions]) {
  TensorInfo t;
  t.name = f["name"].text();
  t.shape = read_shape(f["shape"]);
  t.scale = f["scale"].positive();
  t.zero_point = f["zero_point"].small(-128, 127);
  t.in_dram = f["in_dram"].yes();
  if (t.in_dram) t.place = read_place(f["place"], t.shape, region_bytes);
  return t;
}

LayerInfo read_layer(const Field& f, std::int64_t tensors) {
  LayerInfo l;
  l.name = f["name"].text();
  l.op = f["op"].text();
  l.output = f["output"].small(-1, tensors - 1);  // -1: an inner step of a node
  l.macs = f["macs"].count();
  l.predicted_cycles = f["predicted_cycles"].count();
  l.dram_bytes = f["dram_bytes"].count();
  l.load_cycles = f["load_cycles"].count();
  l.exec_cycles = f["exec_cycles"].count();
  l.store_cycles = f["store_cycles"].count();
  return l;
}

std::vector<double> read_reals(const Field& f, int count, bool positive) {
  std::vector<double> all;
  for (const Field& v : f.items()) all.push_back(positive ? v.positive() : v.real());
  if (all.size() != static_cast<std::size_t>(count))
    f.fail("must have " + std::to_string(count) + " numbers, one a channel");
  return all;
}

model::Preprocess read_preprocess(const Field& f) {
  static const std::vector<std::string> kRounds{"half_up", "half_away", "half_even", "trunc"};
  model::Preprocess p;
  p.h = f["h"].small(0, kMaxDim);
  p.w = f["w"].small(0, kMaxDim);
  p.c = f["c"].small(0, kMaxDim);
  p.mean = read_reals(f["mean"], p.c, false);
  p.stddev = read_reals(f["std"], p.c, true);
  p.round = kRounds[f["round"].one_of(kRounds)];
  if (f.has("resize"))
    for (const Field& side : f["resize"].items(1)) p.resize.push_back(side.small(1, kMaxDim));
  if (p.resize.size() > 2) f["resize"].fail("must have at most 2 items: the shorter side, or height and width");
  p.crop = f.has("crop") && f["crop"].yes();
  p.bgr = f.has("bgr") && f["bgr"].yes();
  if (p.bgr && p.c != 3) f["bgr"].fail("needs 3 channels");
  return p;
}

void read_tensors(const Field& f, Program* p) {
  for (const Field& t : f["tensors"].items(1)) p->tensors.push_back(read_tensor(t, p->region_bytes));
  const auto count = static_cast<std::int64_t>(p->tensors.size());
  p->input = f["input"].small(0, count - 1);
  const auto need_in_dram = [&](const Field& field, int tensor) {
    if (!p->tensors[static_cast<std::size_t>(tensor)].in_dram) field.fail("names a tensor that is not in DRAM");
  };
  need_in_dram(f["input"], p->input);
  for (const Field& o : f["outputs"].items(1)) {
    p->outputs.push_back(
        {o["tensor"].small(0, count - 1), static_cast<model::CpuTail>(o["tail"].one_of(tail_names()))});
    need_in_dram(o["tensor"], p->outputs.back().tensor);
  }
  for (const Field& l : f["layers"].items()) p->layers.push_back(read_layer(l, count));
}

}  // namespace

std::string write_info(const Program& p) {
  json j = {{"name", p.name},
            {"scheme", p.scheme},
            {"tie", p.tie},
            {"config", config_json(p.config)},
            {"region_bytes", p.region_bytes},
            {"input", p.input},
            {"outputs", json::array()},
            {"predicted_cycles", p.predicted_cycles},
            {"preprocess", preprocess_json(p.preprocess)},
            {"labels", p.labels},
            {"tensors", json::array()},
            {"layers", json::array()}};
  for (const model::IntOutput& o : p.outputs)
    j["outputs"].push_back({{"tensor", o.tensor}, {"tail", tail_names()[static_cast<std::size_t>(o.tail)]}});
  for (const TensorInfo& t : p.tensors) j["tensors"].push_back(tensor_json(t));
  for (const LayerInfo& l : p.layers) j["layers"].push_back(layer_json(l));
  return j.dump(-1, ' ', false, json::error_handler_t::replace);
}

void read_info(const std::string& text, Program* p) {
  const json parsed = json::parse(text, nullptr, false);
  if (parsed.is_discarded()) throw BadInfo("the section is not JSON");
  const Field f(parsed, "");
  p->name = f["name"].text();
  static const std::vector<std::string> kSchemes{"dpu", "scaled", "tflite"},
      kTies{"half_up", "half_away", "half_even", "double_round"};
  p->scheme = kSchemes[f["scheme"].one_of(kSchemes)];
  p->tie = kTies[f["tie"].one_of(kTies)];
  p->config = read_config(f["config"]);
  const std::vector<Field> regions = f["region_bytes"].items(isa::kRegions);
  for (unsigned r = 0; r < isa::kRegions; ++r) p->region_bytes[r] = regions[r].u32();
  read_tensors(f, p);
  p->predicted_cycles = f["predicted_cycles"].count();
  p->preprocess = read_preprocess(f["preprocess"]);
  for (const Field& l : f["labels"].items()) p->labels.push_back(l.text());
}

}  // namespace e8::compile
