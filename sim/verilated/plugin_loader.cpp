// dlopen, the checks of what was loaded, pins by name.
#include "sim/verilated/plugin_loader.h"

#include <dlfcn.h>

namespace e8::sim {

namespace {

std::string hex(std::uint32_t value) {
  static const char* const kDigits = "0123456789abcdef";
  std::string text = "0x";
  for (int shift = 28; shift >= 0; shift -= 4) text += kDigits[(value >> shift) & 15u];
  return text;
}

}  // namespace

std::shared_ptr<const Plugin> Plugin::load(const std::string& path) {
  return std::shared_ptr<const Plugin>(new Plugin(path));
}

Plugin::Plugin(const std::string& path) : path_(path) {
  // dlopen searches the library path for a name without a slash; a file name is meant.
  const std::string file = path.find('/') == std::string::npos ? "./" + path : path;
  handle_ = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle_ == nullptr) throw PluginError(path + ": cannot load RTL plug-in: " + dlerror());
  try {
    const struct e8_plugin_info* (*info)() = nullptr;
    resolve(info, "e8_plugin_info");
    resolve(create_, "e8_create");
    resolve(destroy_, "e8_destroy");
    resolve(pins_, "e8_pins");
    resolve(eval_, "e8_eval");
    resolve(trace_open_, "e8_trace_open");
    resolve(trace_dump_, "e8_trace_dump");
    resolve(trace_close_, "e8_trace_close");
    info_ = info();
    check_info();
  } catch (...) {
    dlclose(handle_);
    throw;
  }
}

Plugin::~Plugin() { dlclose(handle_); }

template <typename F>
void Plugin::resolve(F*& function, const char* name) const {
  function = reinterpret_cast<F*>(dlsym(handle_, name));
  if (function == nullptr) throw PluginError(path_ + ": not an exact8 RTL plug-in: no function " + name);
}

void Plugin::check_info() {
  if (info_ == nullptr) throw PluginError(path_ + ": e8_plugin_info returned nothing");
  if (info_->abi != E8_PLUGIN_ABI) {
    throw PluginError(path_ + ": plug-in ABI " + std::to_string(info_->abi) + ", this program needs " +
                      std::to_string(E8_PLUGIN_ABI) + "; make the plug-in again");
  }
  if (info_->isa_hash != isa::isa_hash()) {
    throw PluginError(path_ + ": made from instruction set " + hex(info_->isa_hash) + ", this program has " +
                      hex(isa::isa_hash()) + "; make the plug-in again");
  }
  config_.name = info_->name;
  config_.lanes = info_->lanes;
  config_.v = info_->v;
  config_.feature_words = info_->feature_words;
  config_.weight_words = info_->weight_words;
  config_.param_words = info_->param_words;
  config_.drain = info_->drain;
  config_.axi_bytes = info_->axi_bytes;
  config_.mul_bits = info_->mul_bits;
  config_.double_round = info_->double_round != 0;
  config_.tables = info_->tables != 0;
  const std::string problem = config_.problem();
  if (!problem.empty()) throw PluginError(path_ + ": illegal parameters: " + problem);
  if (info_->addr_bits < 32 || info_->addr_bits > 64) {
    throw PluginError(path_ + ": " + std::to_string(info_->addr_bits) + " AXI address bits; 32 to 64 are possible");
  }
}

Model::Model(std::shared_ptr<const Plugin> plugin) : plugin_(std::move(plugin)), model_(plugin_->create_()) {
  if (model_ == nullptr) throw PluginError(plugin_->path() + ": e8_create returned nothing");
  std::uint32_t count = 0;
  const e8_pin* pins = plugin_->pins_(model_, &count);
  for (std::uint32_t i = 0; i < count; ++i) pins_.emplace(pins[i].name, pins[i]);
}

Model::~Model() { plugin_->destroy_(model_); }

std::uint8_t* Model::find(const std::string& name, unsigned bits, bool is_input) const {
  const auto it = pins_.find(name);
  if (it == pins_.end()) throw PluginError(plugin_->path() + ": no pin " + name);
  const e8_pin& pin = it->second;
  if (pin.bits != bits) {
    throw PluginError(plugin_->path() + ": pin " + name + " has " + std::to_string(pin.bits) + " bits instead of " +
                      std::to_string(bits));
  }
  if ((pin.is_input != 0) != is_input) {
    throw PluginError(plugin_->path() + ": pin " + name + " is not an " + (is_input ? "input" : "output"));
  }
  return static_cast<std::uint8_t*>(pin.data);
}

void Model::trace_open(const std::string& path) {
  if (!plugin_->traced()) throw PluginError(plugin_->path() + ": not a traced plug-in");
  if (plugin_->trace_open_(model_, path.c_str()) != 0) throw PluginError(path + ": cannot write trace");
}

void Model::trace_dump(std::uint64_t time) {
  if (plugin_->trace_dump_(model_, time) != 0) throw PluginError(plugin_->path() + ": cannot write trace");
}

void Model::trace_close() {
  if (plugin_->trace_close_(model_) != 0) throw PluginError(plugin_->path() + ": cannot close trace");
}

}  // namespace e8::sim
