// Loads a Verilated configuration (plugin.h) and finds its pins by name.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <unordered_map>

#include "emu/isa/isa.h"
#include "sim/verilated/plugin.h"

namespace e8::sim {

/// The message names the file and what is wrong with it.
struct PluginError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A loaded shared library. Models made from it keep it alive.
class Plugin {
 public:
  /// Throws PluginError: not loadable, a function missing, another ABI, another instruction set, illegal parameters.
  static std::shared_ptr<const Plugin> load(const std::string& path);
  ~Plugin();
  Plugin(const Plugin&) = delete;
  Plugin& operator=(const Plugin&) = delete;

  const std::string& path() const { return path_; }
  const isa::Config& config() const { return config_; }
  unsigned addr_bits() const { return info_->addr_bits; }
  bool traced() const { return info_->traced != 0; }

 private:
  friend class Model;
  explicit Plugin(const std::string& path);
  template <typename F>
  void resolve(F*& function, const char* name) const;
  void check_info();

  std::string path_;
  void* handle_ = nullptr;
  const struct e8_plugin_info* info_ = nullptr;
  isa::Config config_;
  void* (*create_)() = nullptr;
  void (*destroy_)(void*) = nullptr;
  const e8_pin* (*pins_)(void*, std::uint32_t*) = nullptr;
  void (*eval_)(void*) = nullptr;
  int (*trace_open_)(void*, const char*) = nullptr;
  int (*trace_dump_)(void*, std::uint64_t) = nullptr;
  int (*trace_close_)(void*) = nullptr;
};

/// One instance of the RTL: pins and evaluation, no clock.
class Model {
 public:
  explicit Model(std::shared_ptr<const Plugin> plugin);
  ~Model();
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;

  const Plugin& plugin() const { return *plugin_; }
  void eval() { plugin_->eval_(model_); }
  /// Storage of a pin (plugin.h tells the layout). Throws PluginError when there is none of that name, or its width or
  /// direction is another.
  std::uint8_t* input(const std::string& name, unsigned bits) const { return find(name, bits, true); }
  const std::uint8_t* output(const std::string& name, unsigned bits) const { return find(name, bits, false); }

  /// Traced plug-ins only. Throw PluginError naming the file when the trace cannot be written.
  void trace_open(const std::string& path);
  void trace_dump(std::uint64_t time);
  void trace_close();

 private:
  std::uint8_t* find(const std::string& name, unsigned bits, bool is_input) const;

  std::shared_ptr<const Plugin> plugin_;
  void* model_ = nullptr;
  std::unordered_map<std::string, e8_pin> pins_;
};

}  // namespace e8::sim
