// EXEC and SHIFT against the pseudo-code of emu/isa/README.md, with a requantizer of the test's own in 128 bits.
#include "emu/machine/exec.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/emu/machine/emu_run.h"

namespace e8::machine {
namespace {

using test::EmuRun;
using test::Event;
using test::ProgramBuilder;
using Wide = __int128;

Wide floor_div(Wide a, Wide b) { return a >= 0 ? a / b : -((-a + b - 1) / b); }

/// round(t / 2^s) by comparing twice the remainder with the divisor.
Wide rounded(Wide t, int s, std::int64_t tie) {
  const Wide d = Wide{1} << s, q = floor_div(t, d), twice = 2 * (t - q * d);
  if (twice != d) return q + (twice > d ? 1 : 0);
  if (tie == 0) return q + 1;
  if (tie == 1) return t >= 0 ? q + 1 : q;
  return q % 2 != 0 ? q + 1 : q;
}

struct Mode {
  std::int64_t tie, twice, zp_first, zp, lo, hi;
};

std::int8_t tail(Wide v, std::int64_t mp, std::int64_t mn, int s, const Mode& m) {
  const Wide t = v * (v < 0 ? mn : mp);
  Wide y;
  if (m.twice != 0) {
    const int first = std::min(s, 32);
    y = rounded(rounded(t, first, 0), s - first, 1) + m.zp;
  } else if (m.zp_first != 0) {
    y = rounded(t + Wide{m.zp} * (Wide{1} << s), s, 2);
  } else {
    y = rounded(t, s, m.tie) + m.zp;
  }
  return static_cast<std::int8_t>(std::max<Wide>(m.lo, std::min<Wide>(m.hi, y)));
}

/// One machine with noise in every memory, and EXECs drawn to fit it.
class Draw {
 public:
  Draw(const isa::Config& config, unsigned seed) : config_(config), random_(seed) {}
  std::int64_t pick(std::int64_t lo, std::int64_t hi) {
    return std::uniform_int_distribution<std::int64_t>(lo, hi)(random_);
  }

  void fill_memories(Machine& m) {
    for (unsigned l = 0; l < config_.lanes; ++l)
      for (unsigned b = 0; b < config_.feature_words * config_.v; ++b)
        m.feature(l)[b] = static_cast<std::int8_t>(pick(0, 9) == 0 ? -128 : pick(-128, 127));
    for (unsigned b = 0; b < config_.weight_words * config_.weight_word_bytes(); ++b)
      m.weight()[b] = static_cast<std::uint8_t>(pick(0, 255));
    for (unsigned r = 0; r < config_.param_words * config_.v; ++r) {
      isa::ParamRecord p;
      p.b2 = pick(0, 3) == 0 ? 1 : pick(-4000, 4000);
      p.mp = static_cast<std::uint32_t>(pick(0, 1) ? pick(0, 0x7fffffff) : 1);
      p.mn = static_cast<std::uint32_t>(pick(0, 1) ? p.mp : static_cast<std::uint32_t>(pick(0, 0x7fffffff)));
      p.s = static_cast<std::uint8_t>(p.mp == 1 ? pick(1, 14) : pick(28, 46));
      isa::pack_param(p, m.param() + std::size_t{r} * 16);
    }
    for (unsigned i = 0; i < 1024; ++i) m.table()[i] = static_cast<std::int32_t>(pick(-2000000, 2000000));
  }
  void tail_mode(std::int64_t& tie, std::int64_t& twice, std::int64_t& zp, std::int64_t& lo, std::int64_t& hi) {
    twice = config_.double_round && pick(0, 3) == 0;
    tie = twice ? 0 : pick(0, 2);
    zp = pick(0, 1) ? 0 : pick(-128, 127);
    lo = pick(0, 1) ? -128 : pick(-128, 0);
    hi = pick(0, 1) ? 127 : pick(lo, 127);
  }
  isa::Exec exec() {
    isa::Exec e;
    e.lane_mask = pick(1, (1 << config_.lanes) - 1);
    e.n_ky = pick(1, 3);
    e.n_kx = pick(1, 3);
    e.n_i = pick(1, 3);
    e.n_g = pick(1, 2);
    e.n_y = pick(1, 3);
    e.n_x = pick(1, 4);
    e.a_base = 200;  // reads stay in 0..399, writes in 400..511
    for (std::int64_t* stride : {&e.a_g, &e.a_y, &e.a_x, &e.a_ky, &e.a_kx, &e.a_i}) *stride = pick(-12, 12);
    e.w_step = pick(0, 1);
    e.w_base = 60;
    e.w_g = pick(-28, 28);
    e.p_base = pick(0, 62);
    e.o_base = 450;
    e.o_x = pick(1, 2);
    e.o_y = 8;
    e.o_g = pick(0, 1) ? 24 : -24;
    e.reduce_max = pick(0, 3) == 0;
    tail_mode(e.tie, e.double_round, e.zp, e.lo, e.hi);
    e.zp_first = e.tie == 2 && pick(0, 1);
    if (config_.tables) e.stage2 = pick(0, 2);
    if (e.stage2 != 0) {
      tail_mode(e.tie2, e.double_round2, e.zp2, e.lo2, e.hi2);
      e.table_bank = pick(0, 1);
      e.m2 = pick(0, 1) ? 1 : pick(0, 0x7fffffff);
      e.s2 = e.m2 == 1 ? pick(1, 20) : pick(30, 50);
    }
    if (e.stage2 == 2) {
      e.r_base = 200;
      for (std::int64_t* stride : {&e.r_g, &e.r_y, &e.r_x}) *stride = pick(-12, 12);
    }
    return e;
  }

 private:
  const isa::Config& config_;
  std::mt19937 random_;
};

/// The pseudo-code. Accumulators of all vectors in order; the feature memories change as the program says.
void reference(const isa::Exec& e, const isa::Config& c, Machine& m, std::vector<std::vector<std::int8_t>>& feature,
               std::vector<Event>* events) {
  const auto v = static_cast<std::int64_t>(c.v);
  const Mode mode{e.tie, e.double_round, e.zp_first, e.zp, e.lo, e.hi},
      mode2{e.tie2, e.double_round2, 0, e.zp2, e.lo2, e.hi2};
  for (std::int64_t g = 0; g < e.n_g; ++g)
    for (std::int64_t y = 0; y < e.n_y; ++y)
      for (std::int64_t x = 0; x < e.n_x; ++x) {
        Event event{Event::Kind::kExecWrite, 0, static_cast<std::uint32_t>(e.lane_mask), 0, 0, {}, {}};
        event.addr = static_cast<std::uint64_t>(e.o_base + g * e.o_g + y * e.o_y + x * e.o_x);
        for (unsigned lane = 0; lane < c.lanes; ++lane)
          for (std::int64_t j = 0; j < v; ++j) {
            std::int64_t acc = e.reduce_max ? -128 : 0, step = 0;
            for (std::int64_t ky = 0; ky < e.n_ky; ++ky)
              for (std::int64_t kx = 0; kx < e.n_kx; ++kx)
                for (std::int64_t i = 0; i < e.n_i; ++i, ++step) {
                  const std::int8_t* a = feature[lane].data() + v * (e.a_base + g * e.a_g + y * e.a_y + x * e.a_x +
                                                                     ky * e.a_ky + kx * e.a_kx + i * e.a_i);
                  const auto* w = reinterpret_cast<const std::int8_t*>(m.weight()) +
                                  v * v * (e.w_base + g * e.w_g + step * e.w_step) + v * j;
                  if (e.reduce_max) {
                    acc = std::max<std::int64_t>(acc, a[j]);
                  } else {
                    for (std::int64_t ch = 0; ch < v; ++ch) acc += a[ch] * w[ch];
                  }
                }
            const isa::ParamRecord p = isa::unpack_param(m.param() + 16 * (v * (e.p_base + g) + j));
            const bool multiplier = c.mul_bits != 0;
            std::int8_t q = tail(2 * Wide{acc} + p.b2, multiplier ? p.mp : 1, multiplier ? p.mn : 1, p.s, mode);
            if (e.stage2 != 0) {
              Wide sum = m.table()[e.table_bank * 512 + q + 128];
              if (e.stage2 == 2)
                sum += m.table()[e.table_bank * 512 + 256 + 128 +
                                 feature[lane][static_cast<std::size_t>(
                                     v * (e.r_base + g * e.r_g + y * e.r_y + x * e.r_x) + j)]];
              q = tail(2 * sum, e.m2, e.m2, static_cast<int>(e.s2), mode2);
            }
            event.acc.push_back(static_cast<std::int32_t>(acc));
            event.data.push_back(q);
          }
        for (unsigned lane = 0; lane < c.lanes; ++lane)
          if ((e.lane_mask >> lane & 1) != 0)
            std::copy_n(event.data.begin() + lane * v, v,
                        feature[lane].begin() + static_cast<std::ptrdiff_t>(event.addr) * v);
        events->push_back(event);
      }
}

void expect_equal(const Event& got, const Event& want, const isa::Config& c, const std::string& where) {
  ASSERT_EQ(got.kind, want.kind) << where;
  ASSERT_EQ(got.addr, want.addr) << where;
  ASSERT_EQ(got.mask, want.mask) << where;
  for (unsigned lane = 0; lane < c.lanes; ++lane) {
    if ((want.mask >> lane & 1) == 0) continue;  // other lanes are not compared
    for (unsigned j = lane * c.v; j < (lane + 1) * c.v; ++j) {
      ASSERT_EQ(got.acc[j], want.acc[j]) << where << " lane " << lane << " byte " << j;
      ASSERT_EQ(int{got.data[j]}, int{want.data[j]}) << where << " lane " << lane << " byte " << j;
    }
  }
}

void run_random(const isa::Config& config, unsigned seed, int rounds) {
  Draw draw(config, seed);
  ProgramBuilder p(config);
  for (int n = 0; n < rounds; ++n) {
    isa::Exec e = draw.exec();
    e.drain_wait = 1;
    p.add(e);
  }
  p.end();
  EmuRun r(p);
  draw.fill_memories(r.machine);
  std::vector<std::vector<std::int8_t>> feature;
  for (unsigned l = 0; l < config.lanes; ++l)
    feature.emplace_back(r.machine.feature(l), r.machine.feature(l) + config.feature_words * config.v);
  ASSERT_EQ(r.run(), StepState::kDone) << isa::error_name(r.machine.error()) << " at " << r.machine.error_pc() << "\n"
                                       << p.text();
  std::vector<Event> want;
  for (int n = 0; n < rounds; ++n)
    reference(isa::decode_exec(p.program[static_cast<std::size_t>(n)]), config, r.machine, feature, &want);
  ASSERT_EQ(r.log.events.size(), want.size());
  for (std::size_t i = 0; i < want.size(); ++i) {
    expect_equal(
        r.log.events[i], want[i], config,
        config.name + " seed " + std::to_string(seed) + " instruction " + std::to_string(r.log.events[i].instr));
    if (::testing::Test::HasFatalFailure()) return;
  }
}

TEST(Exec, RandomNestsEqualThePseudoCode) {
  for (const char* name : {"nano", "tiny", "b512", "b4096"}) {
    isa::Config config = *isa::find_config(name);
    if (config.feature_words < 1024) config.feature_words = 1024;
    run_random(config, 21, 40);
    if (HasFatalFailure()) return;
  }
  isa::Config odd = *isa::find_config("tiny");
  odd.lanes = 3;
  odd.v = 32;
  odd.drain = 4;
  run_random(odd, 22, 15);
}

TEST(Exec, KeptAccumulatorsAreOneLongSum) {
  const isa::Config& config = *isa::find_config("b512");
  Draw draw(config, 5);
  ProgramBuilder p(config);
  isa::Exec whole = p.exec(0, 0, 0, 400);
  whole.n_i = 12;
  whole.a_i = 3;
  whole.w_step = 1;
  p.add(whole);
  for (int part = 0; part < 3; ++part) {
    isa::Exec e = whole;
    e.n_i = 4;
    e.a_base = 12 * part;
    e.w_base = 4 * part;
    e.o_base = 401;
    e.acc_keep = part > 0;
    e.acc_hold = part < 2;
    p.add(e);
  }
  p.end();
  EmuRun r(p);
  draw.fill_memories(r.machine);
  ASSERT_EQ(r.run(), StepState::kDone);
  ASSERT_EQ(r.log.events.size(), 4u);
  EXPECT_EQ(r.log.events[3].acc, r.log.events[0].acc);
  EXPECT_EQ(r.log.events[3].data, r.log.events[0].data);
  EXPECT_EQ(r.log.events[1].kind, Event::Kind::kExecHold);
  EXPECT_NE(r.log.events[1].acc, r.log.events[2].acc);
}

TEST(Shift, EveryDistanceMaskAndFill) {
  const isa::Config& config = *isa::find_config("b4096");
  for (std::int64_t dist = -15; dist <= 15; ++dist) {
    if (dist == 0) continue;
    ProgramBuilder p(config);
    isa::Shift s;
    s.lane_mask = 0xB7;
    s.fill_mask = 0x22;
    s.fill = 0x9c;
    s.dist = dist;
    s.n_rows = 2;
    s.n_words = 3;
    s.s_base = 40;
    s.s_row = -20;
    s.d_base = 300;
    s.d_row = 7;
    p.add(s);
    p.end();
    EmuRun r(p);
    Draw(config, 9).fill_memories(r.machine);
    EmuRun before(p);
    Draw(config, 9).fill_memories(before.machine);
    ASSERT_EQ(r.run(), StepState::kDone);
    EXPECT_EQ(r.log.events.size(), 6u);
    for (int row = 0; row < 2; ++row)
      for (int w = 0; w < 3; ++w)
        for (int l = 0; l < 8; ++l) {
          const auto to = static_cast<unsigned>(300 + 7 * row + w), from = static_cast<unsigned>(40 - 20 * row + w);
          const std::int64_t source = l - dist;
          std::vector<std::int8_t> want(16, static_cast<std::int8_t>(0x9c));
          if ((0xB7 >> l & 1) == 0)
            want = before.word(static_cast<unsigned>(l), to);
          else if ((0x22 >> l & 1) == 0 && source >= 0 && source < 8)
            want = before.word(static_cast<unsigned>(source), from);
          EXPECT_EQ(r.word(static_cast<unsigned>(l), to), want) << "dist " << dist << " lane " << l;
        }
  }
}

}  // namespace
}  // namespace e8::machine
