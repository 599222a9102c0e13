// The C interface of plugin.h around a Verilated exact8_core. Compiled into each plug-in by scripts/build_rtl.sh, which
// gives the parameters as E8_* macros and the pin table, made from the Verilated port list, as e8_pins.inc.
#include <Ve8.h>
#include <verilated.h>

#include <memory>
#include <vector>

#include "sim/verilated/plugin.h"
#if E8_TRACED
#include <verilated_fst_c.h>
#endif

namespace {

struct Model {
  VerilatedContext context;
  std::unique_ptr<Ve8> top;
  std::vector<e8_pin> pins;
#if E8_TRACED
  std::unique_ptr<VerilatedFstC> trace;
#endif

  Model() {
    context.traceEverOn(E8_TRACED != 0);
    top = std::make_unique<Ve8>(&context);
#define E8_PIN(port, width, input) pins.push_back({#port, &top->port, width, input});
#include <e8_pins.inc>
#undef E8_PIN
  }
  ~Model() { top->final(); }
};

Model& of(void* model) { return *static_cast<Model*>(model); }

const struct e8_plugin_info kInfo = {E8_PLUGIN_ABI, E8_ISA_HASH, E8_NAME,   E8_LANES,     E8_V,
                                     E8_FEATURE,    E8_WEIGHT,   E8_PARAM,  E8_DRAIN,     E8_AXI,
                                     E8_MUL,        E8_DOUBLE,   E8_TABLES, E8_ADDR_BITS, E8_TRACED};

}  // namespace

#define E8_EXPORT __attribute__((visibility("default")))

extern "C" {

E8_EXPORT const struct e8_plugin_info* e8_plugin_info(void) { return &kInfo; }
E8_EXPORT void* e8_create(void) { return new Model; }
E8_EXPORT void e8_destroy(void* model) { delete static_cast<Model*>(model); }
E8_EXPORT void e8_eval(void* model) { of(model).top->eval(); }

E8_EXPORT const e8_pin* e8_pins(void* model, uint32_t* count) {
  *count = static_cast<uint32_t>(of(model).pins.size());
  return of(model).pins.data();
}

#if E8_TRACED
E8_EXPORT int e8_trace_open(void* model, const char* path) {
  Model& m = of(model);
  m.trace = std::make_unique<VerilatedFstC>();
  m.top->trace(m.trace.get(), 99);
  m.trace->open(path);
  return m.trace->isOpen() ? 0 : 1;
}
E8_EXPORT int e8_trace_dump(void* model, uint64_t time) {
  Model& m = of(model);
  if (!m.trace || !m.trace->isOpen()) return 1;
  m.trace->dump(time);
  return 0;
}
E8_EXPORT int e8_trace_close(void* model) {
  Model& m = of(model);
  if (!m.trace || !m.trace->isOpen()) return 1;
  m.trace->close();
  m.trace.reset();
  return 0;
}
#else
E8_EXPORT int e8_trace_open(void*, const char*) { return 1; }
E8_EXPORT int e8_trace_dump(void*, uint64_t) { return 1; }
E8_EXPORT int e8_trace_close(void*) { return 1; }
#endif
}
