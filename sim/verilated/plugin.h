/* The C interface of a Verilated configuration (a shared library made by `make rtl CONFIG=name`).
 * The plug-in is only exact8_core with its pins: clocking, memory, lockstep live in the program that loads it, so one
 * program serves every LANES x V, and somebody's modified RTL too.
 *
 * Pins: each points at the model's storage, little-endian, (bits + 7) / 8 bytes rounded up to 1, 2, 4, 8 or a multiple
 * of 4. */
#ifndef EXACT8_PLUGIN_H
#define EXACT8_PLUGIN_H
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

#define E8_PLUGIN_ABI 1u

struct e8_pin {
  const char* name; /* Verilog port name */
  void* data;
  uint32_t bits;
  uint32_t is_input;
};

struct e8_plugin_info {
  uint32_t abi;      /* E8_PLUGIN_ABI */
  uint32_t isa_hash; /* of the RTL it was made from */
  const char* name;  /* configuration name, or lanesLxV */
  uint32_t lanes, v, feature_words, weight_words, param_words, drain, axi_bytes, mul_bits, double_round, tables;
  uint32_t addr_bits;
  uint32_t traced; /* 1: e8_trace_* works */
};

/* All are exported with these names. */
const struct e8_plugin_info* e8_plugin_info(void);
void* e8_create(void);
void e8_destroy(void* model);
/* Pins of a model; *count gets their number. */
const struct e8_pin* e8_pins(void* model, uint32_t* count);
/* Evaluate with the present inputs. One clock cycle = set aclk 0, eval, (change inputs), set aclk 1, eval. */
void e8_eval(void* model);
/* FST trace (traced builds): open, dump at a time, close. Return 0 on success. */
int e8_trace_open(void* model, const char* path);
int e8_trace_dump(void* model, uint64_t time);
int e8_trace_close(void* model);

#ifdef __cplusplus
}
#endif
#endif
