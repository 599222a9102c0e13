// Addition and subtraction, and functions of one value: stage 2 with its tables.
//
// Stage 2 computes V2 = 2*(T1[q] + T2[r]), T = V2 * m2, round(T / 2^s2) + zp2 (emu/numerics/requant.h (6)). Each
// arithmetic of AddParams becomes two tables, m2 and s2 without any rounding of their own. Builds without tables add by
// two taps with weights instead, where that is exact.
#include <algorithm>
#include <array>
#include <limits>

#include "emu/numerics/dpu.h"
#include "emu/numerics/tflite.h"
#include "host/compile/layout.h"
#include "host/compile/lowering.h"

namespace e8::compile {
namespace {

/// T1, T2 and what follows them.
struct Stage2 {
  std::array<std::vector<std::int64_t>, 2> table;  ///< by operand; index value + 128
  std::int64_t m2 = 1;
  int s2 = 1;
};

template <typename F>
std::vector<std::int64_t> tabulate(F f) {
  std::vector<std::int64_t> t;
  for (int x = -128; x <= 127; ++x) t.push_back(f(x));
  return t;
}

/// -1 for the operand that is subtracted.
int sign_of(const ops::AddParams& p, int operand) { return p.subtract && operand == 1 ? -1 : 1; }

Stage2 dpu_stage(const ops::AddParams& p) {
  const int cut = p.sw + p.guard;  // a negative cut is a shift to the left, before the tables
  Stage2 s;
  s.s2 = std::max(cut, 0) + 1;
  for (int i = 0; i < 2; ++i) {
    const std::int64_t scale = sign_of(p, i) * (std::int64_t{1} << std::max(-cut, 0));
    s.table[static_cast<std::size_t>(i)] =
        tabulate([&](int x) { return scale * num::dpu::aligned(x, p.sr[static_cast<std::size_t>(i)], p.guard); });
  }
  return s;
}

Stage2 scaled_stage(const ops::AddParams& p) {
  Stage2 s;
  s.s2 = p.shift + 1;
  for (std::size_t i = 0; i < 2; ++i) {
    const std::int64_t scale = std::int64_t{sign_of(p, static_cast<int>(i))} * p.mult[i];
    s.table[i] = tabulate([&](int x) { return scale * (x - p.zp_in[i]); });
  }
  return s;
}

Stage2 tflite_stage(const ops::AddParams& p) {
  Stage2 s;
  s.m2 = p.out_m;
  s.s2 = 32 - p.out_shift;
  for (std::size_t i = 0; i < 2; ++i) {
    s.table[i] = tabulate([&](int x) {
      return num::tflite::multiply((x - p.zp_in[i]) * (std::int64_t{1} << p.left_shift), p.in_m[i], p.in_shift[i]);
    });
  }
  return s;
}

Stage2 stage_of(const ops::AddParams& p) {
  switch (p.kind) {
    case ops::AddParams::Kind::kDpu:
      return dpu_stage(p);
    case ops::AddParams::Kind::kScaled:
      return scaled_stage(p);
    case ops::AddParams::Kind::kTflite:
      break;
  }
  return tflite_stage(p);
}

/// Whether the addition rounds twice (TFLite).
bool rounds_twice(const ops::AddParams& p) {
  return p.kind == ops::AddParams::Kind::kTflite || (p.kind == ops::AddParams::Kind::kScaled && p.mode.double_round);
}

/// Zero point before rounding (half-even only): into T1, where a multiple of 2^(s2-1) is a whole number of results.
void add_zp_first(const Target& target, const ops::AddParams& p, Stage2& s) {
  if (s.s2 > 31) unsupported(target, "zero point before rounding with shift " + std::to_string(s.s2 - 1) + " above 30");
  for (std::int64_t& t : s.table[0]) t += p.mode.zp * (std::int64_t{1} << (s.s2 - 1));
}

void check_tables(const Target& target, const Stage2& s) {
  constexpr std::int64_t kLow = std::numeric_limits<std::int32_t>::min(),
                         kHigh = std::numeric_limits<std::int32_t>::max();
  std::int64_t low = 0, high = 0;
  for (const auto& table : s.table) {
    const auto [min, max] = std::minmax_element(table.begin(), table.end());
    low += *min;
    high += *max;
    if (*min < kLow || *max > kHigh) unsupported(target, "an operand times its multiplier leaves the table's 32 bits");
  }
  if (!num::fits_v(2 * low) || !num::fits_v(2 * high)) {
    unsupported(target, "the sum of both operands can be " + std::to_string(std::max(-low, high)) +
                            ", and stage 2 holds 33 bits of its double; make both multipliers smaller");
  }
}

std::vector<std::int32_t> narrow(const std::vector<std::int64_t>& table) {
  std::vector<std::int32_t> t;
  for (const std::int64_t x : table) t.push_back(static_cast<std::int32_t>(x));
  return t;
}

/// a*w[0] + b*w[1] + bias, to be divided by 2^shift.
struct TwoTaps {
  std::array<std::int64_t, 2> w{};
  std::int64_t bias = 0;
  int shift = 0;
};

/// The addition as two taps with int8 weights, or a reason why not.
std::string two_taps(const ops::AddParams& p, TwoTaps& t) {
  using Kind = ops::AddParams::Kind;
  if (p.kind == Kind::kTflite) return "TFLite's addition needs tables";
  if (p.kind == Kind::kDpu) {
    if (p.sr[0] > p.guard || p.sr[1] > p.guard) return "an operand loses bits below the guard bits, which needs tables";
    for (std::size_t i = 0; i < 2; ++i)
      t.w[i] = sign_of(p, static_cast<int>(i)) * (std::int64_t{1} << (p.guard - p.sr[i]));
    t.shift = p.sw + p.guard;
  } else {
    for (std::size_t i = 0; i < 2; ++i) {
      t.w[i] = sign_of(p, static_cast<int>(i)) * std::int64_t{p.mult[i]};
      t.bias -= t.w[i] * p.zp_in[i];
    }
    t.shift = p.shift;
  }
  const auto even = [&] { return t.w[0] % 2 == 0 && t.w[1] % 2 == 0 && t.bias % 2 == 0; };
  while (t.shift > 0 && even()) {
    for (std::int64_t& w : t.w) w /= 2;
    t.bias /= 2;
    --t.shift;
  }
  for (; t.shift < 0; ++t.shift) {
    for (std::int64_t& w : t.w) w *= 2;
    t.bias *= 2;
  }
  for (const std::int64_t w : t.w) {
    if (w < -128 || w > 127)
      return "operand weight " + std::to_string(w) + " does not fit int8, and there are no tables";
  }
  return t.shift > 61 ? "shift " + std::to_string(t.shift) + " above 61" : "";
}

/// Both operands as sources of a layer whose groups read one block of each.
void make_two_taps(const Lowering& l, Layer& layer, const ops::AddParams& p, const model::IntNode& node) {
  const Target target{l.config(), node.name};
  TwoTaps t;
  const std::string why = two_taps(p, t);
  if (!why.empty()) unsupported(target, why);
  layer.parallel = true;
  layer.sources.push_back(l.source(node.inputs[1]));
  layer.one_weight = false;
  for (BlockRange& r : layer.reads) r.count = 2;
  layer.weights = [size = l.v(), t](int, int, std::int8_t* words) {
    for (int i = 0; i < 2; ++i, words += size * size) {
      for (int j = 0; j < size; ++j) words[j * size + j] = static_cast<std::int8_t>(t.w[static_cast<std::size_t>(i)]);
    }
  };
  const num::ChannelParam record{2 * t.bias, 1, 1, static_cast<std::uint8_t>(t.shift + 1)};
  l.set_tail(layer, {{record}, p.mode});
}

}  // namespace

void set_add(const Target& target, Layer& layer, const ops::AddParams& p, int own) {
  Stage2 s = stage_of(p);
  isa::Exec& e = layer.arithmetic;
  e.zp2 = p.mode.zp;
  if (p.mode.zp_first) {
    add_zp_first(target, p, s);
    e.zp2 = 0;
  }
  check_tables(target, s);
  bool twice = rounds_twice(p);
  if (twice && !target.config.double_round) {
    if (s.s2 > 32)
      unsupported(target, "double rounding with shift " + std::to_string(s.s2) + ", and DOUBLE_ROUND is off");
    twice = false;  // nothing is left for the second rounding; the first is half-up
    e.tie2 = static_cast<int>(num::Tie::kHalfUp);
  } else {
    e.tie2 = twice ? 0 : static_cast<int>(p.mode.tie);
  }
  for (; target.config.mul_bits == 24 && s.m2 >> 24 != 0 && s.m2 % 2 == 0 && s.s2 > 1 && !twice; --s.s2) s.m2 /= 2;
  if (target.config.mul_bits < 31 && s.m2 != 1 && (target.config.mul_bits == 0 || s.m2 >> 24 != 0)) {
    unsupported(target, "the output multiplier " + std::to_string(s.m2) +
                            " needs more than MUL_BITS = " + std::to_string(target.config.mul_bits));
  }
  e.stage2 = 2;
  e.double_round2 = twice;
  e.lo2 = p.mode.lo;
  e.hi2 = p.mode.hi;
  e.m2 = s.m2;
  e.s2 = s.s2;
  layer.t1 = narrow(s.table[static_cast<std::size_t>(own)]);
  layer.t2 = narrow(s.table[static_cast<std::size_t>(1 - own)]);
}

void set_table(const Target& target, Layer& layer, const ops::TableParams& p) {
  if (!target.config.tables) unsupported(target, "a table of 256 values, and TABLES is off");
  isa::Exec& e = layer.arithmetic;
  e.stage2 = 1;
  e.m2 = 1;
  e.s2 = 1;
  e.lo2 = -128;
  e.hi2 = 127;
  layer.t1.assign(p.table.begin(), p.table.end());
}

Layer lower_add(const Lowering& l, const model::IntNode& node, const ops::AddParams& p) {
  Layer layer = l.start(node, p.subtract ? "subtract" : "add");
  layer.sources = {l.source(node.inputs[0])};
  layer.phases = {Phase{}};
  l.make_identity(layer);
  if (l.config().tables) {
    l.set_tail(layer, ops::identity_tail());
    set_add({l.config(), node.name}, layer, p, 0);
    layer.residual = node.inputs[1];
  } else {
    make_two_taps(l, layer, p, node);
  }
  l.finish(layer);
  return layer;
}

Layer lower_table(const Lowering& l, const model::IntNode& node, const ops::TableParams& p) {
  Layer layer = l.start(node, "table");
  layer.sources = {l.source(node.inputs[0])};
  layer.phases = {Phase{}};
  l.make_identity(layer);
  l.set_tail(layer, ops::identity_tail());
  set_table({l.config(), node.name}, layer, p);
  l.finish(layer);
  return layer;
}

}  // namespace e8::compile
