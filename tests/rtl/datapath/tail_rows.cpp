// Implementation of tail_rows.h: one builder for each kind of row.
#include "tests/rtl/datapath/tail_rows.h"

#include "emu/numerics/dpu.h"
#include "emu/numerics/tflite.h"

namespace e8::testing {
namespace {

using num::ChannelParam;
using num::Tie;

int arg(const VectorRow& r, const char* key) { return static_cast<int>(r.arg(key)); }

TailRow pass(std::int64_t acc, const ChannelParam& p, Tie tie) {
  TailRow row;
  row.c.channel[0].acc = static_cast<std::int32_t>(acc);
  row.c.channel[0].param = p;
  row.c.mode.tie = tie;
  const std::uint32_t m = p.mp > p.mn ? p.mp : p.mn;
  row.mul_bits = m == 1 && p.mp == p.mn ? 0 : m < (1u << 24) ? 24 : 31;
  return row;
}

std::vector<TailRow> every_tie(std::int64_t acc, const ChannelParam& p) {
  return {pass(acc, p, Tie::kHalfUp), pass(acc, p, Tie::kHalfAway), pass(acc, p, Tie::kHalfEven)};
}

std::vector<TailRow> conv_tail(const VectorRow& r) {
  const std::int64_t b2 = r.has("bias") ? num::dpu::doubled_bias(r.arg("bias"), arg(r, "sb")) : 0;
  ChannelParam p = num::dpu::channel(b2, arg(r, "sc"));
  if (r.text("act") == "LEAKY26") p = num::dpu::leaky(p);
  TailRow row = pass(r.arg("acc"), p, Tie::kHalfUp);
  if (r.text("act") == "RELU6") {
    row.c.mode.lo = 0;
    row.c.mode.hi = num::dpu::relu6_hi(arg(r, "po"));
  }
  return {row};
}

/// Through stage 2, as the machine adds: the tables hold the aligned operands.
std::vector<TailRow> add(const VectorRow& r, int guard) {
  const int pa = arg(r, "pa"), pc = arg(r, "pc"), pm = pa < pc ? pa : pc, shift = pm - arg(r, "po") + guard;
  TailRow row = pass(0, num::dpu::channel(0, shift), Tie::kHalfUp);
  row.stage2 = true;
  row.c.channel[0].t1 = static_cast<std::int32_t>(num::dpu::aligned(r.arg("a"), pa - pm, guard));
  row.c.channel[0].t2 = static_cast<std::int32_t>(num::dpu::aligned(r.arg("c"), pc - pm, guard));
  return {row};
}

std::vector<TailRow> significand(const VectorRow& r, Tie tie) {
  const auto m = static_cast<std::uint32_t>(r.arg("M24"));
  return {pass(r.arg("acc"), {0, m, m, static_cast<std::uint8_t>(r.arg("S") + 1)}, tie)};
}

std::vector<TailRow> tflite(const VectorRow& r, bool double_round) {
  const ChannelParam p = num::tflite::channel(0, static_cast<std::int32_t>(r.arg("M31")), arg(r, "sh"));
  TailRow row = pass(r.arg("acc"), p, Tie::kHalfUp);
  row.doubles = row.c.mode.double_round = double_round;
  return {row};
}

std::vector<TailRow> zero_point(const VectorRow& r, bool zp_first) {  // every such row has scale 0.5
  TailRow row = pass(r.arg("acc"), {0, 1, 1, 2}, Tie::kHalfEven);
  row.c.mode.zp_first = zp_first;
  row.c.mode.zp = static_cast<std::int8_t>(r.arg("zp"));
  return {row};
}

}  // namespace

std::vector<TailRow> tail_rows(const VectorRow& r) {
  const auto is = [&r](const char* text) { return r.profile.rfind(text, 0) == 0; };
  if (r.op == "round_shift" || r.op == "round_shift_sat") {
    const ChannelParam p = num::dpu::channel(0, arg(r, "s"));
    if (is("HALF_UP")) return {pass(r.arg("acc"), p, Tie::kHalfUp)};
    if (is("HALF_AWAY")) return {pass(r.arg("acc"), p, Tie::kHalfAway)};
    if (is("HALF_EVEN")) return {pass(r.arg("acc"), p, Tie::kHalfEven)};
    if (is("ALL")) return every_tie(r.arg("acc"), p);
  }
  if (r.op == "left_shift_sat") return every_tie(r.arg("acc"), num::dpu::channel(0, arg(r, "s")));
  if (r.op == "dot" && is("DPU")) {
    return {pass(r.arg("acc"), num::dpu::channel(0, arg(r, "sc")), Tie::kHalfUp)};
  }
  if (r.op == "conv_tail" && (is("DPU") || is("mathematical"))) return conv_tail(r);
  if (r.op == "eltwise_add") return add(r, is("DPU G=0") ? 0 : is("DPU G=2") ? 2 : is("DPU G=7") ? 7 : 15);
  if (r.op == "avgpool" && is("DPU")) {
    return {pass(r.arg("sum"), num::dpu::average({arg(r, "M"), arg(r, "N")}, 0), Tie::kHalfUp)};
  }
  if (r.op == "avgpool") {
    return {pass(r.arg("sum"), num::tflite::average(arg(r, "k") * arg(r, "k")),
                 is("TFLite") ? Tie::kHalfAway : Tie::kHalfEven)};
  }
  if (r.op == "requant" && is("TFL_")) return tflite(r, is("TFL_DOUBLE"));
  if (r.op == "requant" && is("F32SIG")) return significand(r, is("F32SIG half-up") ? Tie::kHalfUp : Tie::kHalfEven);
  if (r.op == "requant_zp") return zero_point(r, !is("round then"));
  return {};
}

}  // namespace e8::testing
