// Implementation of exec_programs.h.
#include "tests/rtl/datapath/exec_programs.h"

#include <algorithm>
#include <cstring>

namespace e8::test {
namespace {

struct Loop {
  std::int64_t n;
  std::int64_t* stride;
};

/// Strides and a base so that every address of the loops is in [0, words).
std::int64_t place(const std::vector<Loop>& loops, std::int64_t words, Random& random) {
  std::int64_t reach = std::max<std::int64_t>(1, std::min<std::int64_t>(words / 8, 40));
  for (;; reach /= 2) {
    std::int64_t low = 0, high = 0;
    for (const Loop& l : loops) {
      *l.stride = random.range(-reach, reach);
      const std::int64_t span = (l.n - 1) * *l.stride;
      (span < 0 ? low : high) += span;
    }
    if (high - low < words) return random.range(-low, words - 1 - high);
  }
}

void random_nest(isa::Exec& e, const ProgramStyle& style, Random& random) {
  e.n_ky = random.range(1, 3);
  e.n_kx = random.range(1, 3);
  e.n_i = random.chance(style.long_windows) ? random.range(8, 20) : random.range(1, 3);
  if (random.chance(30)) e.n_ky = e.n_kx = e.n_i = 1;
  e.n_g = random.range(1, 3);
  e.n_y = random.range(1, 3);
  e.n_x = random.range(1, 4);
  e.w_step = random.range(0, 1);
}

void random_addresses(isa::Exec& e, Random& random) {
  const isa::Config c = bench_config();
  const std::int64_t words = ExecBench::program_words();
  e.a_base =
      place({{e.n_g, &e.a_g}, {e.n_y, &e.a_y}, {e.n_x, &e.a_x}, {e.n_ky, &e.a_ky}, {e.n_kx, &e.a_kx}, {e.n_i, &e.a_i}},
            words, random);
  e.o_base = place({{e.n_g, &e.o_g}, {e.n_y, &e.o_y}, {e.n_x, &e.o_x}}, words, random);
  if (e.stage2 != 0) e.r_base = place({{e.n_g, &e.r_g}, {e.n_y, &e.r_y}, {e.n_x, &e.r_x}}, words, random);
  const std::int64_t steps = e.n_ky * e.n_kx * e.n_i;
  e.w_base = place({{e.n_g, &e.w_g}}, c.weight_words - (steps - 1) * e.w_step, random);
  e.p_base = random.range(0, c.param_words - e.n_g);
}

/// Some addresses, anywhere.
void lead_astray(isa::Exec& e, Random& random) {
  const auto base = [&] { return random.chance(50) ? random.range(0, 0xffff) : random.range(0, 2) * 0x1ff; };
  const auto stride = [&] { return random.chance(50) ? random.range(-0x8000, 0x7fff) : random.range(-600, 600); };
  switch (random.range(0, 16)) {
    case 0:
      e.a_base = base();
      break;
    case 1:
      e.a_g = stride();
      break;
    case 2:
      e.a_y = stride();
      break;
    case 3:
      e.a_x = stride();
      break;
    case 4:
      e.a_ky = stride();
      break;
    case 5:
      e.a_kx = stride();
      break;
    case 6:
      e.a_i = stride();
      break;
    case 7:
    case 14:
      e.w_base = base();
      break;
    case 8:
    case 15:
      e.w_g = stride();
      break;
    case 9:
    case 13:
      e.p_base = random.chance(50) ? bench_config().param_words - 1 : base();
      break;
    case 10:
      (e.stage2 != 0 ? e.r_base : e.o_base) = base();
      break;
    case 11:
      (e.stage2 != 0 ? e.r_x : e.o_x) = stride();
      break;
    case 12:
      e.o_base = base();
      break;
    default:
      e.o_y = stride();
      break;
  }
}

void random_mode(isa::Exec& e, Random& random) {
  const isa::Config c = bench_config();
  const auto limits = [&](std::int64_t& lo, std::int64_t& hi) {
    lo = random.chance(60) ? -128 : random.range(-128, 127);
    hi = random.chance(60) ? 127 : random.range(lo, 127);
  };
  e.tie = random.range(0, 2);
  if (c.double_round && random.chance(25)) e.double_round = 1, e.tie = 0;
  if (e.tie == 2 && random.chance(50)) e.zp_first = 1;
  e.zp = random.chance(50) ? 0 : random.range(-128, 127);
  limits(e.lo, e.hi);
  if (e.stage2 == 0) return;
  e.table_bank = random.range(0, 1);
  e.tie2 = random.range(0, 2);
  if (c.double_round && random.chance(25)) e.double_round2 = 1, e.tie2 = 0;
  e.zp2 = random.chance(50) ? 0 : random.range(-128, 127);
  limits(e.lo2, e.hi2);
  const unsigned bits = c.mul_bits == 0 ? 0 : static_cast<unsigned>(random.range(1, c.mul_bits));
  e.m2 = bits == 0 ? 1 : random.range(1, (std::int64_t{1} << bits) - 1);
  e.s2 = std::min<std::int64_t>(62, bits + random.range(1, 12));
}

isa::Exec random_exec(const ProgramStyle& style, bool one_vector, Random& random) {
  const isa::Config c = bench_config();
  isa::Exec e = simple_exec();
  random_nest(e, style, random);
  if (one_vector) e.n_g = e.n_y = e.n_x = 1;
  e.reduce_max = random.chance(style.maximum) ? 1 : 0;
  if (c.tables && random.chance(style.stage2)) e.stage2 = random.range(1, 2);
  random_mode(e, random);
  e.lane_mask = random.range(0, (1 << c.lanes) - 1);
  if (random.chance(60)) e.lane_mask = (1 << c.lanes) - 1;
  e.drain_wait = random.chance(style.drain_wait) ? 1 : 0;
  random_addresses(e, random);
  if (random.chance(style.astray)) lead_astray(e, random);
  return e;
}

isa::Shift random_shift(const ProgramStyle& style, Random& random) {
  const isa::Config c = bench_config();
  isa::Shift s;
  s.drain_wait = random.chance(style.drain_wait) ? 1 : 0;
  s.lane_mask = random.range(0, (1 << c.lanes) - 1);
  s.fill_mask = random.chance(50) ? 0 : random.range(0, (1 << c.lanes) - 1);
  s.fill = random.range(0, 255);
  s.dist = random.chance(70) ? random.range(-1, 1) : random.range(-15, 15);
  if (s.dist == 0) s.dist = 2;
  s.n_rows = random.chance(10) ? 0 : random.range(1, 4);
  s.n_words = random.chance(10) ? 0 : random.range(1, 6);
  const std::int64_t words = ExecBench::program_words() - 6;
  s.s_base = place({{s.n_rows == 0 ? 1 : s.n_rows, &s.s_row}}, words, random);
  s.d_base = place({{s.n_rows == 0 ? 1 : s.n_rows, &s.d_row}}, words, random);
  if (random.chance(style.astray)) {
    switch (random.range(0, 3)) {
      case 0:
        s.s_base = random.range(0, 0xffff);
        break;
      case 1:
        s.d_base = random.range(0, 0xffff);
        break;
      case 2:
        s.s_row = random.range(-0x8000, 0x7fff);
        break;
      default:
        s.d_row = random.range(-600, 600);
        break;
    }
  }
  return s;
}

}  // namespace

isa::Exec simple_exec() {
  isa::Exec e;
  e.lane_mask = (1 << E8_LANES) - 1;
  e.lo = -128;
  e.hi = 127;
  e.o_base = 300;
  e.n_ky = e.n_kx = e.n_i = e.n_g = e.n_y = e.n_x = 1;
  return e;
}

std::vector<std::int8_t> random_lane(Random& random) {
  const isa::Config c = bench_config();
  std::vector<std::int8_t> lane(std::size_t{c.feature_words} * c.v);
  for (std::int8_t& b : lane) b = static_cast<std::int8_t>(random.bits());
  return lane;
}

Contents random_contents(Random& random) {
  const isa::Config c = bench_config();
  Contents all(c);
  for (auto& lane : all.feature) lane = random_lane(random);
  all.weight = random.bytes(all.weight.size());
  for (std::size_t i = 0; i < all.param.size(); i += 16) {
    isa::ParamRecord p;
    const auto bits = static_cast<unsigned>(random.range(1, 31));
    p.b2 = random.range(-20000, 20000);
    p.mp = static_cast<std::uint32_t>(random.range(std::int64_t{1} << (bits - 1), (std::int64_t{1} << bits) - 1));
    p.mn = random.chance(70) ? p.mp : static_cast<std::uint32_t>(random.range(0, p.mp));
    p.s = static_cast<std::uint8_t>(std::min<std::int64_t>(62, (c.mul_bits == 0 ? 0 : bits) + random.range(5, 12)));
    isa::pack_param(p, all.param.data() + i);
  }
  for (std::int32_t& t : all.table) t = static_cast<std::int32_t>(random.range(-40000, 40000));
  return all;
}

void heat_params(Contents& contents, unsigned first, Random& random) {
  const isa::Config c = bench_config();
  for (unsigned w = first; w < c.param_words; ++w) {
    std::uint8_t* record =
        contents.param.data() + (std::size_t{w} * c.v + static_cast<unsigned>(random.range(0, c.v - 1))) * 16;
    isa::ParamRecord p = isa::unpack_param(record);
    // |V| may be up to 2^32; accumulators of some 10^4 leave it now and then
    p.b2 = (random.chance(50) ? 1 : -1) * ((std::int64_t{1} << 32) - random.range(1, 60000));
    isa::pack_param(p, record);
  }
}

std::vector<isa::Instruction> random_program(const ProgramStyle& style, unsigned count, const Contents& contents,
                                             Random& random) {
  std::vector<isa::Instruction> program;
  bool holding = false, max = false;
  while (program.size() < count) {
    if (random.chance(style.shift)) {
      program.push_back(isa::encode(random_shift(style, random)));
      continue;
    }
    const bool keep = holding && random.chance(80), hold = random.chance(style.chain);
    isa::Exec e = random_exec(style, keep || hold, random);
    e.acc_keep = keep ? 1 : 0;
    e.acc_hold = hold ? 1 : 0;
    if (keep) e.reduce_max = max ? 1 : 0;
    holding = hold;
    max = e.reduce_max != 0;
    program.push_back(isa::encode(e));
  }
  // A hazard goes away with a drain_wait, or else the instruction goes.
  for (;;) {
    try {
      (void)expect(program, contents);
      return program;
    } catch (const machine::Hazard& h) {
      isa::Instruction& i = program[h.later];
      if (i.opcode() == static_cast<unsigned>(isa::Opcode::kSHIFT)) {
        isa::Shift s = isa::decode_shift(i);
        if (s.drain_wait != 0) s.n_rows = 0;
        s.drain_wait = 1;
        i = isa::encode(s);
      } else {
        isa::Exec e = isa::decode_exec(i);
        if (e.drain_wait != 0) e.n_g = e.n_y = e.n_x = 1;
        e.drain_wait = 1;
        i = isa::encode(e);
      }
    }
  }
}

}  // namespace e8::test
