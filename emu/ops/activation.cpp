// What an activation makes of a tail (clamps, the negative multiplier) and of int8 values (tables).
#include "emu/ops/activation.h"

#include <algorithm>

#include "emu/numerics/dpu.h"
#include "emu/ops/check.h"

namespace e8::ops {

Tail with_relu(Tail tail) {
  tail.mode.lo = tail.mode.zp;
  return tail;
}

Tail with_relu6(Tail tail, std::int8_t hi) {
  require(hi >= tail.mode.zp, "relu6", "six lies below the zero point");
  tail.mode.lo = tail.mode.zp;
  tail.mode.hi = hi;
  return tail;
}

Tail with_leaky(Tail tail, std::uint32_t slope, int bits) {
  require(bits >= 0 && bits <= 30, "leaky", "slope of more than 30 bits");
  const std::uint64_t grow = std::max<std::uint64_t>(std::uint64_t{1} << bits, slope);
  for (num::ChannelParam& p : tail.channel) {
    require(p.mp == p.mn, "leaky", "the tail has a slope already");
    require(p.mp * grow < std::uint64_t{1} << 31 && p.s + bits <= 62, "leaky", "multiplier or shift too large");
    p = num::dpu::leaky(p, slope, bits);
  }
  return tail;
}

}  // namespace e8::ops
