// Metadata keys to and from text; lists and records are JSON.
#include "host/model/metadata.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "host/model/error.h"
#include "host/model/picture_formats.h"

namespace e8::model {

namespace {

using nlohmann::json;

constexpr char kPrefix[] = "exact8.";
constexpr std::size_t kMaxText = std::size_t{1} << 20;  // of one value
constexpr int kMaxSide = 1 << 20;                       // of the input

std::string key(const char* name) { return std::string(kPrefix) + name; }

[[noreturn]] void fail(const Graph& graph, const char* name, const std::string& what) {
  throw UserError(122, graph.file + ": metadata '" + key(name) + "' " + what);
}

std::string shown(const std::string& value) {
  constexpr std::size_t kShown = 60;
  return "'" + (value.size() > kShown ? value.substr(0, kShown) + "..." : value) + "'";
}

const std::string* find(const Graph& graph, const char* name) {
  const auto found = graph.metadata.find(key(name));
  return found == graph.metadata.end() ? nullptr : &found->second;
}

const std::string& required(const Graph& graph, const char* name) {
  const std::string* text = find(graph, name);
  if (text == nullptr) fail(graph, name, "is missing; make the file with 'exact8 quantize'");
  return *text;
}

json parse(const Graph& graph, const char* name, const std::string& text) {
  if (text.size() > kMaxText) fail(graph, name, "is longer than " + std::to_string(kMaxText) + " bytes");
  json value = json::parse(text, nullptr, false);
  if (value.is_discarded()) fail(graph, name, "is not JSON: " + shown(text) + "; quantize the model again");
  return value;
}

void check_choice(const Graph& graph, const char* name, const std::string& value,
                  const std::vector<std::string>& allowed) {
  std::string list;
  for (const std::string& a : allowed) {
    if (a == value) return;
    list += (list.empty() ? "" : ", ") + a;
  }
  fail(graph, name, "is " + shown(value) + "; allowed: " + list);
}

// `begin`: of the message.
void check_geometry(const std::string& begin, const Preprocess& p) {
  const auto wrong = [&](const std::string& what) { throw UserError(122, begin + what); };
  if (p.resize.size() > 2) wrong("has " + std::to_string(p.resize.size()) + " sizes in 'resize'; 1 or 2 are allowed");
  for (const int side : p.resize)
    if (side < 1 || side > static_cast<int>(kMaxPictureSide))
      wrong("resizes to " + std::to_string(side) + "; allowed: 1 to " + std::to_string(kMaxPictureSide));
  if (!p.resize.empty()) {
    const int h = p.resize[0], w = p.resize.back();
    if (h < p.h || w < p.w || (p.resize.size() == 2 && !p.crop && (h != p.h || w != p.w)))
      wrong("resizes to " + std::to_string(h) + (p.resize.size() == 2 ? "x" + std::to_string(w) : "") +
            ", the network takes " + std::to_string(p.h) + "x" + std::to_string(p.w) +
            " (height, width); resize to that size, or to a larger one and crop");
  }
  if (p.bgr && p.c != 3) wrong("has 'bgr' for " + std::to_string(p.c) + " channels; 3 are needed");
}

void check(const Graph& graph, const Metadata& m) {
  check_choice(graph, "scheme", m.scheme, {"dpu", "scaled"});
  check_choice(graph, "tie", m.tie, {"half_up", "half_away", "half_even"});
  if (m.guard_bits < 0 || m.guard_bits > 15)
    fail(graph, "guard_bits", "is " + std::to_string(m.guard_bits) + "; allowed: 0 to 15");
  const Preprocess& p = m.preprocess;
  for (int side : {p.h, p.w, p.c})
    if (side < 1 || side > kMaxSide)
      fail(graph, "preprocess", "has size " + std::to_string(side) + "; allowed: 1 to " + std::to_string(kMaxSide));
  const auto channels = static_cast<std::size_t>(p.c);
  if (p.mean.size() != channels || p.stddev.size() != channels)
    fail(graph, "preprocess",
         "has " + std::to_string(p.mean.size()) + " means and " + std::to_string(p.stddev.size()) +
             " standard deviations; needs one a channel, " + std::to_string(channels));
  for (double mean : p.mean)
    if (!std::isfinite(mean)) fail(graph, "preprocess", "has a mean that is not finite");
  for (double deviation : p.stddev)
    if (!std::isfinite(deviation) || !(deviation > 0))
      fail(graph, "preprocess", "has standard deviation " + std::to_string(deviation) + "; must be positive");
  check_geometry(graph.file + ": metadata 'exact8.preprocess' ", p);
  check_choice(graph, "preprocess", p.round, {"half_up", "half_away", "half_even", "trunc"});
}

Preprocess preprocess_of(const Graph& graph, const json& value) {
  Preprocess p;
  try {
    const auto size = value.at("size").get<std::vector<double>>();
    if (size.size() != 3) fail(graph, "preprocess", "needs 3 numbers in 'size': height, width, channels");
    for (double side : size)
      if (!(side >= 1 && side <= kMaxSide) || side != std::floor(side))
        fail(graph, "preprocess",
             "has size " + std::to_string(side) + "; allowed: whole numbers from 1 to " + std::to_string(kMaxSide));
    p.h = static_cast<int>(size[0]), p.w = static_cast<int>(size[1]), p.c = static_cast<int>(size[2]);
    p.mean = value.at("mean").get<std::vector<double>>();
    p.stddev = value.at("std").get<std::vector<double>>();
    p.round = value.at("round").get<std::string>();
    if (value.contains("resize")) p.resize = value.at("resize").get<std::vector<int>>();
    p.crop = value.value("crop", false);
    p.bgr = value.value("bgr", false);
  } catch (const json::exception& e) {
    fail(graph, "preprocess", std::string("is not understood (") + e.what() + "); quantize the model again");
  }
  return p;
}

json preprocess_json(const Preprocess& p) {
  json value = {{"size", {p.h, p.w, p.c}}, {"mean", p.mean}, {"std", p.stddev}};
  if (!p.resize.empty()) value["resize"] = p.resize;
  if (p.crop) value["crop"] = true;
  if (p.bgr) value["bgr"] = true;
  return value;
}

}  // namespace

void write_metadata(Graph* graph, const std::string& scheme, const std::string& tie, const Preprocess& p,
                    const std::vector<std::string>& labels, int guard_bits) {
  check(*graph, {scheme, tie, guard_bits, p, labels});
  auto& to = graph->metadata;
  for (auto entry = to.lower_bound(kPrefix); entry != to.end() && entry->first.rfind(kPrefix, 0) == 0;)
    entry = to.erase(entry);
  to[key("scheme")] = scheme;
  to[key("tie")] = tie;
  if (scheme == "dpu") to[key("guard_bits")] = std::to_string(guard_bits);
  try {
    json value = preprocess_json(p);
    value["round"] = p.round;
    to[key("preprocess")] = value.dump();
    if (!labels.empty()) to[key("labels")] = json(labels).dump();
  } catch (const json::exception&) {
    fail(*graph, "labels", "must be UTF-8 text");
  }
}

namespace {

std::vector<std::string> labels_of(const Graph& graph) {
  const std::string* text = find(graph, "labels");
  if (text == nullptr) return {};
  try {
    return parse(graph, "labels", *text).get<std::vector<std::string>>();
  } catch (const json::exception&) {
    fail(graph, "labels", "is not a list of texts: " + shown(*text));
  }
}

}  // namespace

namespace {

Metadata of_another_tool(const Graph& graph, const Reading& reading) {
  Metadata m = read_picture_metadata(graph);
  if (find(graph, "preprocess") == nullptr) m.preprocess = {};
  m.scheme = !reading.scheme.empty() ? reading.scheme : graph.amd ? "dpu" : "scaled";
  m.tie = !reading.tie.empty() ? reading.tie : m.scheme == "dpu" ? "half_up" : "half_even";
  check_choice(graph, "scheme", m.scheme, {"dpu", "scaled"});
  check_choice(graph, "tie", m.tie, {"half_up", "half_away", "half_even"});
  m.onnx = m.scheme == "scaled";
  if (m.preprocess.round.empty()) m.preprocess.round = "half_even";  // of QuantizeLinear
  return m;
}

}  // namespace

Metadata read_metadata(const Graph& graph, const Reading& reading) {
  if (find(graph, "scheme") == nullptr && find(graph, "tie") == nullptr) return of_another_tool(graph, reading);
  Metadata m;
  m.scheme = required(graph, "scheme");
  if (!reading.empty())
    fail(graph, "scheme",
         "is " + shown(m.scheme) + ": the file says how it is to be read; leave --scheme and --tie out");
  m.tie = required(graph, "tie");
  m.preprocess = preprocess_of(graph, parse(graph, "preprocess", required(graph, "preprocess")));
  if (const std::string* text = find(graph, "guard_bits")) {
    const json bits = parse(graph, "guard_bits", *text);
    if (!bits.is_number_unsigned() || bits.get<std::uint64_t>() > 15)
      fail(graph, "guard_bits", "is " + shown(*text) + "; allowed: 0 to 15");
    m.guard_bits = bits.get<int>();
  }
  m.labels = labels_of(graph);
  check(graph, m);
  return m;
}

Metadata read_picture_metadata(const Graph& graph) {
  const ops::Shape& in = graph.value(graph.input).shape;
  const auto channels = static_cast<std::size_t>(in.c);
  Metadata m;
  m.preprocess = {in.h, in.w, in.c, std::vector<double>(channels, 0.0), std::vector<double>(channels, 1.0), ""};
  m.labels = labels_of(graph);
  const std::string* text = find(graph, "preprocess");
  if (text == nullptr) return m;
  json value = parse(graph, "preprocess", *text);
  const bool rounds = !value.is_object() || value.contains("round");
  if (!rounds) value["round"] = "half_even";
  m.preprocess = preprocess_of(graph, value);
  check(graph, {"dpu", "half_up", m.guard_bits, m.preprocess, m.labels});
  if (!rounds) m.preprocess.round.clear();
  return m;
}

void write_picture_metadata(Graph* graph, const Preprocess& p) {
  graph->metadata[key("preprocess")] = preprocess_json(p).dump();
}

void check_preprocess(const std::string& file, const Preprocess& p) { check_geometry(file + ": preprocessing ", p); }

num::Tie tie_of(const std::string& name, const std::string& file) {
  if (name == "half_up") return num::Tie::kHalfUp;
  if (name == "half_away") return num::Tie::kHalfAway;
  if (name == "half_even") return num::Tie::kHalfEven;
  throw UserError(122, file + ": tie rule '" + name + "'; allowed: half_up, half_away, half_even");
}

}  // namespace e8::model
