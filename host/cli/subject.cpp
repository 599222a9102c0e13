// See subject.h.
#include "host/cli/subject.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>

#include "host/model/error.h"
#include "host/model/preprocess.h"
#include "sim/verilated/stall.h"

namespace e8::cli {
namespace {

constexpr char kInt8[] = "|i1";

/// What a program tells of its network.
model::IntNet face_of(const compile::Program& p) {
  model::IntNet face;
  face.name = p.name;
  face.scheme = p.scheme;
  face.tie = p.tie;
  for (const compile::TensorInfo& t : p.tensors) face.tensors.push_back({t.name, t.shape, t.scale, t.zero_point});
  face.input = p.input;
  face.outputs = p.outputs;
  face.preprocess = p.preprocess;
  face.labels = p.labels;
  return face;
}

/// Program files begin with 0x89 "E8P"; no ONNX file does.
bool is_program(const std::string& path) {
  if (std::filesystem::path(path).extension() == ".e8") return true;
  char start[4] = {};
  std::ifstream(path, std::ios::binary).read(start, sizeof start);
  return std::string(start, sizeof start) ==
         "\x89"
         "E8P";
}

bool is_int8_array(const std::string& path) {
  return std::filesystem::path(path).extension() == ".npy" && model::read_npy(path).dtype == kInt8;
}

const model::IntTensor& input_of(const model::IntNet& face) {
  return face.tensors.at(static_cast<std::size_t>(face.input));
}

}  // namespace

const isa::Config& config_named(const std::string& name) {
  if (const isa::Config* config = isa::find_config(name)) return *config;
  std::string list;
  for (const isa::Config& c : isa::configs()) list += (list.empty() ? "" : ", ") + c.name;
  throw UserError(811, "--config " + name + ": no such configuration; there are " + list +
                           ", and any plug-in made by `make rtl` by --rtl path.so");
}

Subject read_subject(const std::string& path, const NetOptions& options) {
  Subject s;
  s.path = path;
  if (is_program(path)) {
    if (!options.empty())
      throw UserError(814, path +
                               ": a compiled program is what it is; give --scheme, --tie, --mean and --std to "
                               "exact8 compile");
    s.program = compile::read_program(path);
    s.face = face_of(*s.program);
  } else {
    s.net = options.read(path);
    s.face = *s.net;
  }
  s.name = s.face.name.empty() ? std::filesystem::path(path).stem().string() : s.face.name;
  return s;
}

void compile_for(Subject* subject, const std::optional<isa::Config>& config, const isa::Config& otherwise,
                 const compile::Options& options) {
  if (!subject->program) {
    subject->program = compile::compile(*subject->net, config.value_or(otherwise), options);
    return;
  }
  const compile::Program& p = *subject->program;
  if (config && !(*config == p.config)) {
    throw UserError(812, subject->path + ": compiled for " + p.config.name + ", asked for " + config->name +
                             "; compile the model for it, or leave --config out");
  }
  if (options.keep_all)
    throw UserError(814, subject->path + ": a compiled program is what it is; give --keep-all to exact8 compile");
  if (!options.cpu && !p.cpu.empty()) {
    throw UserError(401, fmt::format("{}: {} of its nodes run on the CPU, the first is '{}': {} Leave --strict out.",
                                     subject->path, p.cpu.size(), p.cpu[0].node.name, p.cpu[0].why));
  }
}

std::uint64_t useful_macs(const compile::Program& program) {
  std::uint64_t macs = 0;
  for (const compile::LayerInfo& l : program.layers) macs += l.macs;
  return macs;
}

// ------------------------------------------------------------------------------------------------ inputs

Inputs::Inputs(const std::vector<std::string>& paths, const model::IntNet& face, std::optional<std::size_t> index,
               std::optional<std::size_t> limit)
    : face_(face) {
  for (const std::string& path : paths) {
    sources_.push_back(open(path));
    for (std::size_t i = 0; i < sources_.back().count; ++i)
      items_.push_back({sources_.size() - 1, i, items_.size(), ""});
  }
  if (index) {
    if (*index >= items_.size()) {
      throw UserError(813, fmt::format("--index {}: the inputs have {}, numbered from 0", *index, items_.size()));
    }
    items_ = {items_[*index]};
  }
  if (limit && *limit < items_.size()) items_.resize(*limit);
}

Inputs::Inputs(const model::IntNet& face, std::size_t count, std::uint64_t seed) : face_(face), random_seed_(seed) {
  for (std::size_t i = 0; i < count; ++i) items_.push_back({0, i, i, fmt::format("random[{}]", i)});
}

Inputs::Source Inputs::open(const std::string& path) const {
  Source s;
  s.path = path;
  if (!is_int8_array(path)) {
    s.pictures = model::open_pictures(path);
    s.count = s.pictures->size();
    return s;
  }
  s.array = model::read_npy(path);
  s.count = 1;
  if (s.array.shape.size() == 4 && s.array.shape[0] != 1) {
    s.count = static_cast<std::size_t>(s.array.shape[0]);
    if (s.count == 0) throw UserError(203, path + ": an array without pictures");
  }
  return s;
}

std::string Inputs::name(std::size_t i) const {
  const Item& item = items_.at(i);
  if (!item.name.empty()) return item.name;
  const Source& s = sources_[item.source];
  if (s.pictures) return s.pictures->name(item.position);
  const std::string file = std::filesystem::path(s.path).filename().string();
  return s.count == 1 ? file : fmt::format("{}[{}]", file, item.position);
}

ops::Tensor Inputs::read(std::size_t i) const {
  const Item& item = items_.at(i);
  if (random_seed_) {
    ops::Tensor t(input_of(face_).shape);
    sim::RandomStream random(derived_seed(*random_seed_, item.number));
    for (std::int8_t& q : t.data) q = static_cast<std::int8_t>(random.next() >> 56);
    return t;
  }
  const Source& s = sources_[item.source];
  if (s.pictures) return model::picture_to_int8(s.pictures->read(item.position), name(i), face_);
  if (s.count == 1) return model::npy_to_int8(s.array, name(i), face_);
  model::Npy one{{s.array.shape.begin() + 1, s.array.shape.end()}, s.array.dtype, {}};
  const auto bytes = static_cast<std::ptrdiff_t>(s.array.bytes.size() / s.count);
  const auto begin = s.array.bytes.begin() + bytes * static_cast<std::ptrdiff_t>(item.position);
  one.bytes.assign(begin, begin + bytes);
  return model::npy_to_int8(one, name(i), face_);
}

void Inputs::rename(const std::string& name, std::size_t number) {
  items_.at(0).name = name;
  items_.at(0).number = number;
}

std::uint64_t derived_seed(std::uint64_t seed, std::uint64_t number) {
  return sim::RandomStream(sim::RandomStream(seed).next() ^ number).next();
}

}  // namespace e8::cli
