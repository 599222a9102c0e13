// Random EXEC and SHIFT: loops first, then strides and bases that keep every address inside.
#include "tests/sim/random_exec.h"

#include <algorithm>
#include <vector>

namespace e8::test {
namespace {

struct Loop {
  std::int64_t count;
  std::int64_t* stride;
};

/// Strides and the base that puts all addresses into `space`.
std::int64_t place(Random& random, const std::vector<Loop>& loops, const Words& space) {
  for (std::int64_t reach = std::min<std::int64_t>(space.words / 4, 60);; reach /= 2) {
    std::int64_t low = 0, high = 0;
    for (const Loop& l : loops) {
      *l.stride = random.range(-reach, reach);
      const std::int64_t end = (l.count - 1) * *l.stride;
      (end < 0 ? low : high) += end;
    }
    if (high - low < space.words) return space.first + random.range(-low, space.words - 1 - high);
  }
}

void random_counts(Random& random, isa::Exec& e, const Words& weight, bool one_vector) {
  e.n_ky = random.range(1, 3);
  e.n_kx = random.range(1, 3);
  e.n_i = random.chance(15) ? random.range(5, 40) : random.range(1, 3);
  if (random.chance(25)) e.n_ky = e.n_kx = e.n_i = 1;
  e.n_g = random.range(1, 3);
  e.n_y = random.range(1, 4);
  e.n_x = random.range(1, 6);
  if (one_vector) e.n_g = e.n_y = e.n_x = 1;
  if (e.n_i > 3) e.n_ky = e.n_y = 1;  // long windows cost cycles
  e.w_step = random.chance(80) && e.n_ky * e.n_kx * e.n_i <= weight.words ? 1 : 0;
}

void random_limits(Random& random, std::int64_t& lo, std::int64_t& hi) {
  lo = random.chance(60) ? -128 : random.range(-128, 127);
  hi = random.chance(60) ? 127 : random.range(lo, 127);
}

void random_tail(Random& random, const isa::Config& c, isa::Exec& e) {
  e.tie = random.range(0, 2);
  if (c.double_round && random.chance(25)) {
    e.double_round = 1;
    e.tie = 0;
  }
  e.zp_first = e.tie == 2 && random.chance(50) ? 1 : 0;
  e.zp = random.chance(50) ? 0 : random.range(-128, 127);
  random_limits(random, e.lo, e.hi);
}

void random_stage2(Random& random, const isa::Config& c, isa::Exec& e) {
  e.stage2 = random.range(1, 2);
  e.table_bank = random.range(0, 1);
  e.tie2 = random.range(0, 2);
  if (c.double_round && random.chance(25)) {
    e.double_round2 = 1;
    e.tie2 = 0;
  }
  e.zp2 = random.chance(50) ? 0 : random.range(-128, 127);
  random_limits(random, e.lo2, e.hi2);
  const std::int64_t bits = c.mul_bits == 0 ? 0 : random.range(1, c.mul_bits);
  e.m2 = bits == 0 ? random.range(0, 1) : random.range(0, (std::int64_t{1} << bits) - 1);
  e.s2 = std::min<std::int64_t>(62, bits + random.range(1, 25));
}

}  // namespace

isa::Exec random_exec(Random& random, const isa::Config& c, const ExecSpace& space, bool one_vector) {
  isa::Exec e;
  const std::int64_t all = (std::int64_t{1} << c.lanes) - 1;
  e.lane_mask = random.chance(60) ? all : random.range(0, all);
  e.reduce_max = random.chance(20) ? 1 : 0;
  random_counts(random, e, space.weight, one_vector);
  random_tail(random, c, e);
  if (c.tables && random.chance(50)) random_stage2(random, c, e);
  const std::int64_t steps = e.n_ky * e.n_kx * e.n_i;
  e.a_base =
      place(random,
            {{e.n_g, &e.a_g}, {e.n_y, &e.a_y}, {e.n_x, &e.a_x}, {e.n_ky, &e.a_ky}, {e.n_kx, &e.a_kx}, {e.n_i, &e.a_i}},
            space.read);
  e.w_base = place(random, {{e.n_g, &e.w_g}}, {space.weight.first, space.weight.words - (steps - 1) * e.w_step});
  e.p_base = space.param.first + random.range(0, space.param.words - e.n_g);
  e.o_base = place(random, {{e.n_g, &e.o_g}, {e.n_y, &e.o_y}, {e.n_x, &e.o_x}}, space.write);
  if (e.stage2 == 0) return e;
  const std::int64_t vectors = e.n_g * e.n_y * e.n_x;
  if (random.chance(30) && vectors <= space.write.words) {  // in place: every vector has its own word
    e.r_x = e.o_x = 1;
    e.r_y = e.o_y = e.n_x;
    e.r_g = e.o_g = e.n_x * e.n_y;
    e.r_base = e.o_base = space.write.first + random.range(0, space.write.words - vectors);
  } else {
    e.r_base = place(random, {{e.n_g, &e.r_g}, {e.n_y, &e.r_y}, {e.n_x, &e.r_x}}, space.read);
  }
  return e;
}

isa::Shift random_shift(Random& random, const isa::Config& c, const Words& read, const Words& write) {
  isa::Shift s;
  const std::int64_t all = (std::int64_t{1} << c.lanes) - 1;
  s.lane_mask = random.chance(60) ? all : random.range(0, all);
  s.fill_mask = random.chance(60) ? 0 : random.range(0, all);
  s.fill = random.range(0, 255);
  s.dist = random.chance(70) ? (random.chance(50) ? 1 : -1) : random.range(1, 15) * (random.chance(50) ? 1 : -1);
  s.n_rows = random.chance(5) ? 0 : random.range(1, 3);
  s.n_words = random.chance(5) ? 0 : random.range(1, std::min<std::int64_t>({12, read.words, write.words}));
  const std::int64_t more = std::max<std::int64_t>(0, s.n_words - 1);  // words of a row behind its first
  const std::int64_t rows = std::max<std::int64_t>(1, s.n_rows);
  s.s_base = place(random, {{rows, &s.s_row}}, {read.first, read.words - more});
  s.d_base = place(random, {{rows, &s.d_row}}, {write.first, write.words - more});
  return s;
}

}  // namespace e8::test
