// A plug-in that is another one with a fault: of the EXEC event with number EXACT8_BREAK_EVENT (from 0), the lowest bit
// of the first byte is wrong on the retire port. EXACT8_BREAK_PLUGIN names the good one.
#include <dlfcn.h>

#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "sim/verilated/plugin.h"

namespace {

template <typename F>
F* inner(const char* name) {
  static void* const handle = ::dlopen(std::getenv("EXACT8_BREAK_PLUGIN"), RTLD_NOW | RTLD_LOCAL);
  return reinterpret_cast<F*>(::dlsym(handle, name));
}

struct Broken {
  void* model;
  std::vector<e8_pin> pins;
  std::vector<std::uint8_t> data;  ///< the retire port's bytes, as shown
  const std::uint8_t *clock = nullptr, *valid = nullptr;
  const void* good_data = nullptr;
  long event = 0, broken = std::atol(std::getenv("EXACT8_BREAK_EVENT"));
};

}  // namespace

extern "C" {

const struct e8_plugin_info* e8_plugin_info(void) { return inner<const struct e8_plugin_info*()>("e8_plugin_info")(); }

void* e8_create(void) {
  auto* b = new Broken{};
  b->model = inner<void*()>("e8_create")();
  std::uint32_t count = 0;
  const e8_pin* pins = inner<const e8_pin*(void*, std::uint32_t*)>("e8_pins")(b->model, &count);
  b->pins.assign(pins, pins + count);
  for (e8_pin& p : b->pins) {
    const std::string name = p.name;
    if (name == "aclk") b->clock = static_cast<const std::uint8_t*>(p.data);
    if (name == "retire_exec_valid") b->valid = static_cast<const std::uint8_t*>(p.data);
    if (name != "retire_exec_data") continue;
    b->good_data = p.data;
    b->data.resize((p.bits + 31) / 32 * 4);
    p.data = b->data.data();
  }
  return b;
}

void e8_destroy(void* model) {
  auto* b = static_cast<Broken*>(model);
  inner<void(void*)>("e8_destroy")(b->model);
  delete b;
}

const e8_pin* e8_pins(void* model, std::uint32_t* count) {
  auto* b = static_cast<Broken*>(model);
  *count = static_cast<std::uint32_t>(b->pins.size());
  return b->pins.data();
}

void e8_eval(void* model) {
  auto* b = static_cast<Broken*>(model);
  inner<void(void*)>("e8_eval")(b->model);
  std::memcpy(b->data.data(), b->good_data, b->data.size());
  if (*b->clock == 0 && *b->valid != 0 && b->event++ == b->broken) b->data[0] ^= 1;
}

int e8_trace_open(void* model, const char* path) {
  return inner<int(void*, const char*)>("e8_trace_open")(static_cast<Broken*>(model)->model, path);
}
int e8_trace_dump(void* model, std::uint64_t time) {
  return inner<int(void*, std::uint64_t)>("e8_trace_dump")(static_cast<Broken*>(model)->model, time);
}
int e8_trace_close(void* model) { return inner<int(void*)>("e8_trace_close")(static_cast<Broken*>(model)->model); }

}  // extern "C"
