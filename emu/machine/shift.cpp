// SHIFT: word by word, all lanes read the source, then the lanes in the mask are written.
#include "emu/machine/shift.h"

#include <array>
#include <cstring>

namespace e8::machine {

isa::Error run_shift(const isa::Shift& s, Context& ctx) {
  const unsigned lanes = ctx.config.lanes, v = ctx.config.v;
  const std::int64_t words = ctx.config.feature_words;
  std::array<std::int8_t, kMaxLanes * kMaxV> data{};
  for (std::int64_t r = 0; r < s.n_rows; ++r) {
    for (std::int64_t w = 0; w < s.n_words; ++w) {
      const std::int64_t from = s.s_base + r * s.s_row + w, to = s.d_base + r * s.d_row + w;
      if (from < 0 || from >= words || to < 0 || to >= words) return isa::Error::kADDR_FEATURE;
      if (ctx.hazards) {
        ctx.hazards->read_shift(static_cast<std::uint32_t>(from));
        ctx.hazards->write_shift(static_cast<std::uint32_t>(to));
      }
      for (unsigned l = 0; l < lanes; ++l) {
        const std::int64_t source = std::int64_t{l} - s.dist;
        const bool fill = (s.fill_mask >> l & 1) != 0 || source < 0 || source >= lanes;
        std::int8_t* word = data.data() + l * v;
        if (fill) {
          std::memset(word, static_cast<int>(s.fill), v);
        } else {
          std::memcpy(word, ctx.memory.feature[static_cast<std::size_t>(source)].data() + from * v, v);
        }
      }
      for (unsigned l = 0; l < lanes; ++l) {
        if ((s.lane_mask >> l & 1) != 0) std::memcpy(ctx.memory.feature[l].data() + to * v, data.data() + l * v, v);
      }
      if (ctx.sink) {
        ctx.sink->on_exec(ExecKind::kShift, ctx.instr, static_cast<std::uint32_t>(s.lane_mask),
                          static_cast<std::uint32_t>(to), data.data(), nullptr);
      }
    }
  }
  return isa::Error::kNONE;
}

}  // namespace e8::machine
