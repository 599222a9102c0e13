// Implementation of tail_bench.h: port packing, the expected values, the comparison.
#include "tests/rtl/datapath/tail_bench.h"

#include <sstream>

namespace e8::testing {
namespace {

/// Writes the low `width` <= 64 bits of `value` to bits [lsb, lsb + width) of a Verilated wide port.
template <typename Wide>
void put(Wide& port, int lsb, int width, std::uint64_t value) {
  for (int i = 0; i < width; ++i) {
    const int bit = lsb + i;
    const std::uint32_t mask = std::uint32_t{1} << (bit % 32);
    port[bit / 32] = ((value >> i) & 1) != 0 ? port[bit / 32] | mask : port[bit / 32] & ~mask;
  }
}

int byte_of(std::uint64_t bytes, int i) { return static_cast<std::int8_t>(bytes >> (8 * i)); }

/// What build k sees of a channel and of the mode.
num::ChannelParam seen(num::ChannelParam p, int build) {
  if (build / 2 == 0) p.mp = p.mn = 1;
  if (build / 2 == 1) p.mp &= 0xffffff, p.mn &= 0xffffff;
  return p;
}
num::TailMode seen(num::TailMode mode, int build) {
  if (build % 2 == 0) mode.double_round = false;
  return mode;
}

struct Want {
  bool overflow;
  int q;
};

Want want_of(std::int64_t v, const num::ChannelParam& p, const num::TailMode& mode, int build) {
  if (!num::fits_v(v)) return {true, 0};
  return {false, num::requantize_v(v, seen(p, build), seen(mode, build))};
}
Want want_tail(const TailCase& c, int channel, int build) {
  const TailChannel& x = c.channel[static_cast<std::size_t>(channel)];
  return want_of(num::tail_v(x.acc, x.param), x.param, c.mode, build);
}
Want want_stage2(const TailCase& c, int channel, int build) {
  const TailChannel& x = c.channel[static_cast<std::size_t>(channel)];
  const num::ChannelParam& shared = c.channel[0].param;
  num::TailMode mode = c.mode;
  mode.zp_first = false;
  return want_of(num::stage2_v(x.t1, x.t2), {0, shared.mp, shared.mp, shared.s}, mode, build);
}

std::string compare(const char* unit, int build, int channel, Want want, bool overflow, int q) {
  if (want.overflow == overflow && (overflow || want.q == q)) return "";
  std::ostringstream out;
  out << unit << " build " << build << " channel " << channel << ": got " << q << (overflow ? " overflow" : "")
      << ", want " << want.q << (want.overflow ? " overflow" : "");
  return out.str();
}

}  // namespace

std::string describe(const TailCase& c) {
  std::ostringstream out;
  for (const TailChannel& x : c.channel) {
    out << "[acc " << x.acc << " b2 " << x.param.b2 << " mp " << x.param.mp << " mn " << x.param.mn << " s "
        << int{x.param.s} << " t1 " << x.t1 << " t2 " << x.t2 << "] ";
  }
  out << "tie " << static_cast<int>(c.mode.tie) << " double " << c.mode.double_round << " zp_first " << c.mode.zp_first
      << " zp " << int{c.mode.zp} << " clamp " << int{c.mode.lo} << ".." << int{c.mode.hi};
  return out.str();
}

TailBench::TailBench() : top_(std::make_unique<Vtail_bench>()) { reset(); }
TailBench::~TailBench() { top_->final(); }

void TailBench::tick() {
  top_->clk_i = 0;
  top_->eval();
  top_->clk_i = 1;
  top_->eval();
}

void TailBench::reset() {
  top_->rst_ni = 0;
  top_->valid_i = top_->valid2_i = 0;
  tick();
  top_->rst_ni = 1;
  pipe_.assign(kLatency - 1, std::nullopt);
  last_q_ = top_->q_o;
  last_q2_ = top_->q2_o;
}

int TailBench::q(int build) const { return byte_of(top_->q_o, build); }
int TailBench::q2(int build) const { return byte_of(top_->q2_o, build); }

std::string TailBench::clock(const std::optional<TailCase>& c) {
  top_->valid_i = top_->valid2_i = c ? 1 : 0;
  if (c) {
    std::uint32_t shifts = 0;
    for (int i = 0; i < 3; ++i) {
      const TailChannel& x = c->channel[static_cast<std::size_t>(i)];
      put(top_->acc_i, 32 * i, 32, static_cast<std::uint64_t>(x.acc));
      put(top_->b2_i, 33 * i, 33, static_cast<std::uint64_t>(x.param.b2));
      put(top_->mp_i, 31 * i, 31, x.param.mp);
      put(top_->mn_i, 31 * i, 31, x.param.mn);
      put(top_->t1_i, 32 * i, 32, static_cast<std::uint64_t>(x.t1));
      put(top_->t2_i, 32 * i, 32, static_cast<std::uint64_t>(x.t2));
      shifts |= std::uint32_t{x.param.s} << (6 * i);
    }
    top_->s_i = shifts;
    top_->tie_i = static_cast<std::uint8_t>(c->mode.tie);
    top_->double_i = c->mode.double_round;
    top_->zp_first_i = c->mode.zp_first;
    top_->zp_i = static_cast<std::uint8_t>(c->mode.zp);
    top_->lo_i = static_cast<std::uint8_t>(c->mode.lo);
    top_->hi_i = static_cast<std::uint8_t>(c->mode.hi);
  } else {  // the mode is only promised with valid
    top_->tie_i ^= 1, top_->double_i ^= 1, top_->zp_first_i ^= 1;
    top_->zp_i ^= 0x5a, top_->lo_i ^= 0xff, top_->hi_i ^= 0xff, top_->s_i ^= 0x3ffff;
  }
  pipe_.push_back(c);
  tick();
  const std::optional<TailCase> leaving = pipe_.front();
  pipe_.pop_front();
  return check(leaving);
}

std::string TailBench::check(const std::optional<TailCase>& c) {
  const unsigned all = c ? 0x3f : 0;
  if (top_->valid_o != all || top_->valid2_o != all || top_->wide_valid_o != (all & 1) ||
      top_->wide_valid2_o != (all & 1)) {
    return "valid_o of some build is not " + std::to_string(all & 1);
  }
  if (!c) {
    return top_->q_o == last_q_ && top_->q2_o == last_q2_ ? "" : "q_o does not hold between valid vectors";
  }
  last_q_ = top_->q_o;
  last_q2_ = top_->q2_o;
  std::string bad;
  for (int k = 0; k < kBuilds && bad.empty(); ++k) {
    bad = compare("tail", k, 0, want_tail(*c, 0, k), ((top_->overflow_o >> k) & 1) != 0, q(k));
    if (bad.empty()) {
      bad = compare("stage 2", k, 0, want_stage2(*c, 0, k), ((top_->overflow2_o >> k) & 1) != 0, q2(k));
    }
  }
  for (int i = 0; i < 3 && bad.empty(); ++i) {
    bad = compare("wide tail", kBuilds - 1, i, want_tail(*c, i, kBuilds - 1), ((top_->wide_overflow_o >> i) & 1) != 0,
                  byte_of(top_->wide_q_o, i));
    if (bad.empty()) {
      bad = compare("wide stage 2", kBuilds - 1, i, want_stage2(*c, i, kBuilds - 1),
                    ((top_->wide_overflow2_o >> i) & 1) != 0, byte_of(top_->wide_q2_o, i));
    }
  }
  return bad.empty() ? "" : bad + "; " + describe(*c);
}

std::string TailBench::run(const std::vector<TailCase>& cases, int idle_every) {
  int n = 0;
  for (const TailCase& c : cases) {
    std::string bad = clock(c);
    if (bad.empty() && idle_every > 0 && ++n % idle_every == 0) bad = clock(std::nullopt);
    if (!bad.empty()) return bad;
  }
  for (int i = 0; i < kLatency; ++i) {
    const std::string bad = clock(std::nullopt);
    if (!bad.empty()) return bad;
  }
  return "";
}

}  // namespace e8::testing
