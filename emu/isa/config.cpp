// Named configurations and what makes one legal.
#include "emu/isa/isa.h"

namespace e8::isa {
namespace {

bool power_of_two(unsigned n) { return n != 0 && (n & (n - 1)) == 0; }

constexpr unsigned kAddresses = 65536;  // on-chip addresses have 16 bits

bool depth_ok(unsigned words) { return power_of_two(words) && words >= 2 && words <= kAddresses; }

}  // namespace

std::string Config::problem() const {
  if (lanes < 1 || lanes > 16) return "lanes = " + std::to_string(lanes) + ": 1..16";
  if (!power_of_two(v) || v < 2 || v > 32) return "v = " + std::to_string(v) + ": 2, 4, 8, 16 or 32";
  if (!depth_ok(feature_words))
    return "feature words = " + std::to_string(feature_words) + ": a power of two, 2..65536";
  if (!depth_ok(weight_words)) return "weight words = " + std::to_string(weight_words) + ": a power of two, 2..65536";
  if (!depth_ok(param_words)) return "param words = " + std::to_string(param_words) + ": a power of two, 2..65536";
  if (drain < 1 || drain > v || v % drain != 0) return "drain = " + std::to_string(drain) + ": a divisor of v";
  if (param_words > kAddresses / drain) return "param words * drain must not exceed 65536";
  if (!power_of_two(axi_bytes) || axi_bytes < 4 || axi_bytes > 64) {
    return "axi bytes = " + std::to_string(axi_bytes) + ": 4, 8, 16, 32 or 64";
  }
  if (mul_bits != 0 && mul_bits != 24 && mul_bits != 31) {
    return "multiplier bits = " + std::to_string(mul_bits) + ": 0, 24 or 31";
  }
  return {};
}

bool Config::operator==(const Config& o) const {
  return name == o.name && lanes == o.lanes && v == o.v && feature_words == o.feature_words &&
         weight_words == o.weight_words && param_words == o.param_words && drain == o.drain &&
         axi_bytes == o.axi_bytes && mul_bits == o.mul_bits && double_round == o.double_round && tables == o.tables;
}

const std::vector<Config>& configs() {
  static const std::vector<Config> all = {
#define CONFIG(name, lanes, v, fdepth, wdepth, pdepth, drain, axib, mulb, dbl, tab, small, text) \
  {#name, lanes, v, fdepth, wdepth, pdepth, drain, axib, mulb, dbl, tab, small},
#include "emu/isa/configs.def"
  };
  return all;
}

const Config* find_config(std::string_view name) {
  for (const Config& c : configs()) {
    if (c.name == name) return &c;
  }
  return nullptr;
}

}  // namespace e8::isa
