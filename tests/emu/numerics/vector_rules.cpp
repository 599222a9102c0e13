// One function a label. Those of class kRun call emu/numerics; those of class kControl are wrong on purpose or, for
// float32 arithmetic, somebody else's, and live here only.
#include "tests/emu/numerics/vector_rules.h"

#include <cmath>
#include <cstdlib>
#include <stdexcept>
#include <string>

#include "emu/numerics/accumulator.h"
#include "emu/numerics/dpu.h"
#include "emu/numerics/requant.h"
#include "emu/numerics/tflite.h"

namespace e8::testing {
namespace {

using num::ChannelParam;
using num::TailMode;
using num::Tie;
using Row = VectorRow;

int arg(const Row& r, const char* key) { return static_cast<int>(r.arg(key)); }

/// All tie rules must give the same value; that value.
template <typename F>
std::int64_t all_ties(F f) {
  const std::int64_t up = f(Tie::kHalfUp);
  if (f(Tie::kHalfAway) != up || f(Tie::kHalfEven) != up) throw std::runtime_error("the tie rules disagree");
  return up;
}

// ---------------------------------------------------------------------------------------------- rounding

template <Tie tie>
std::int64_t rounded(const Row& r) {
  return num::round_shift(r.arg("acc"), arg(r, "s"), tie);
}
template <Tie tie>
std::int64_t rounded_sat(const Row& r) {
  return num::clamp8(rounded<tie>(r));
}
std::int64_t floored(const Row& r) { return num::asr(r.arg("acc"), arg(r, "s")); }
std::int64_t rounded_sat_all(const Row& r) {
  return all_ties([&r](Tie tie) { return num::clamp8(num::round_shift(r.arg("acc"), arg(r, "s"), tie)); });
}

std::int64_t truncated(const Row& r) { return r.arg("acc") / (std::int64_t{1} << arg(r, "s")); }
std::int64_t half_toward_zero(const Row& r) {
  const std::int64_t x = r.arg("acc"), half = std::int64_t{1} << (arg(r, "s") - 1);
  return x >= 0 ? num::asr(x + half - 1, arg(r, "s")) : num::asr(x + half, arg(r, "s"));
}

/// Negative shifts (R3): by the primitive and by the tail, which must agree.
std::int64_t left_shift_sat(const Row& r) {
  return all_ties([&r](Tie tie) {
    TailMode mode;
    mode.tie = tie;
    const auto acc = static_cast<std::int32_t>(r.arg("acc"));
    const std::int64_t tail = num::requantize(acc, num::dpu::channel(0, arg(r, "s")), mode);
    if (tail != num::clamp8(num::dpu::scale_pow2(acc, arg(r, "s"), tie))) throw std::runtime_error("tail != primitive");
    return tail;
  });
}

// ---------------------------------------------------------------------------------------------- dot products

std::int64_t raw_dot(const Row& r) {
  const std::int64_t steps = r.arg("K"), product = r.arg("a=w") * r.arg("a=w");
  std::int64_t sum = 0;
  for (std::int64_t k = 0; k < steps; ++k) sum += product;
  return sum;
}
std::int64_t dot_int32(const Row& r) { return num::checked_acc(raw_dot(r)); }
/// The exact value is 2^31: the project must refuse it, not wrap.
std::int64_t dot_refused(const Row& r) {
  try {
    num::checked_acc(raw_dot(r));
  } catch (const std::overflow_error&) {
    return raw_dot(r);
  }
  throw std::runtime_error(r.id + ": the accumulator left int32 unnoticed");
}
std::int64_t dot_wrap32(const Row& r) { return static_cast<std::int32_t>(static_cast<std::uint32_t>(raw_dot(r))); }
std::int64_t dot_wrap24(const Row& r) {
  const std::int64_t low = raw_dot(r) & 0xffffff;
  return low >= 0x800000 ? low - 0x1000000 : low;
}
std::int64_t dot_dpu(const Row& r) {
  const auto acc = static_cast<std::int32_t>(r.arg("a") * r.arg("w"));
  if (acc != r.arg("acc")) throw std::runtime_error(r.id + ": a * w is not acc");
  return num::requantize(acc, num::dpu::channel(0, arg(r, "sc")), TailMode{});
}

// ---------------------------------------------------------------------------------------------- convolution tail

std::int64_t b2_of(const Row& r) { return r.has("bias") ? num::dpu::doubled_bias(r.arg("bias"), arg(r, "sb")) : 0; }
std::int64_t conv_tail(const Row& r) {
  ChannelParam p = num::dpu::channel(b2_of(r), arg(r, "sc"));
  TailMode mode;
  const std::string act = r.text("act");
  if (act == "LEAKY26") {
    p = num::dpu::leaky(p);
  } else if (act == "RELU6") {
    mode.lo = 0;
    mode.hi = num::dpu::relu6_hi(arg(r, "po"));
  } else if (act != "NONE") {
    throw std::runtime_error(r.id + ": unknown activation " + act);
  }
  return num::requantize(static_cast<std::int32_t>(r.arg("acc")), p, mode);
}
/// The bias floored to whole accumulator units.
std::int64_t no_guard_bit(const Row& r) {
  const std::int64_t bias = num::asr(r.arg("bias") * (std::int64_t{1} << 20), 20 - arg(r, "sb"));
  return num::clamp8(num::round_shift(r.arg("acc") + bias, arg(r, "sc"), Tie::kHalfUp));
}
/// No floor at all: everything scaled by 2^20, then leaky and one rounding.
std::int64_t exact_bias_leaky(const Row& r) {
  const std::int64_t v =
      r.arg("acc") * (std::int64_t{1} << 20) + r.arg("bias") * (std::int64_t{1} << (20 + arg(r, "sb")));
  return num::clamp8(num::round_shift(v * (v < 0 ? 26 : 256), 28 + arg(r, "sc"), Tie::kHalfUp));
}
std::int64_t leaky_two_steps(const Row& r) {
  const std::int64_t y = num::clamp8(num::round_shift(r.arg("acc"), arg(r, "sc"), Tie::kHalfUp));
  return y < 0 ? num::round_shift(26 * y, 8, Tie::kHalfUp) : y;
}
std::int64_t relu6_fixed_96(const Row& r) { return num::clamp(r.arg("acc"), 0, 6 << 4); }

// ---------------------------------------------------------------------------------------------- elementwise, pooling

template <int guard>
std::int64_t eltwise_add(const Row& r) {
  const int pa = arg(r, "pa"), pc = arg(r, "pc"), pm = pa < pc ? pa : pc;
  const std::int64_t sum =
      num::dpu::aligned(r.arg("a"), pa - pm, guard) + num::dpu::aligned(r.arg("c"), pc - pm, guard);
  return num::clamp8(num::dpu::add(sum, pm - arg(r, "po"), guard, Tie::kHalfUp));
}

std::int64_t pool_dpu(const Row& r) {
  const num::dpu::Divisor d = num::dpu::pool_divisor(arg(r, "k"), arg(r, "k"));
  if (d.m != r.arg("M") || d.n != r.arg("N")) throw std::runtime_error(r.id + ": another divisor");
  return num::requantize(static_cast<std::int32_t>(r.arg("sum")), num::dpu::average(d, 0), TailMode{});
}
template <Tie tie>
std::int64_t pool_true_divisor(const Row& r) {
  TailMode mode;
  mode.tie = tie;
  return num::requantize(static_cast<std::int32_t>(r.arg("sum")), num::tflite::average(arg(r, "k") * arg(r, "k")),
                         mode);
}

std::int64_t hard_sigmoid(const Row& r) {
  if (14 + r.arg("pi") - r.arg("po") != r.arg("shift")) throw std::runtime_error(r.id + ": another shift");
  return num::dpu::hard_sigmoid(r.arg("x"), arg(r, "pi"), arg(r, "po"));
}
std::int64_t h_swish(const Row& r) {
  if (r.arg("pi") + r.arg("ph") - r.arg("po") != r.arg("shift")) throw std::runtime_error(r.id + ": another shift");
  return num::dpu::h_swish(r.arg("x"), arg(r, "pi"), arg(r, "po"));
}

// ---------------------------------------------------------------------------------------------- multipliers

template <bool double_round>
std::int64_t tflite(const Row& r) {
  TailMode mode;
  mode.double_round = double_round;
  const ChannelParam p = num::tflite::channel(0, static_cast<std::int32_t>(r.arg("M31")), arg(r, "sh"));
  return num::requantize(static_cast<std::int32_t>(r.arg("acc")), p, mode);
}
template <Tie tie>
std::int64_t significand(const Row& r) {
  TailMode mode;
  mode.tie = tie;
  const auto m = static_cast<std::uint32_t>(r.arg("M24"));
  const ChannelParam p{0, m, m, static_cast<std::uint8_t>(r.arg("S") + 1)};
  return num::requantize(static_cast<std::int32_t>(r.arg("acc")), p, mode);
}
std::int64_t float32_rint(const Row& r) {
  const float scaled = static_cast<float>(r.arg("acc")) * std::strtof(r.text("scale").c_str(), nullptr);
  return static_cast<std::int64_t>(std::nearbyint(std::fmin(std::fmax(scaled, -128.0f), 127.0f)));
}
template <bool zp_first>
std::int64_t zero_point(const Row& r) {
  if (r.text("scale") != "0.5") throw std::runtime_error(r.id + ": another scale");
  TailMode mode;
  mode.tie = Tie::kHalfEven;
  mode.zp_first = zp_first;
  mode.zp = static_cast<std::int8_t>(r.arg("zp"));
  return num::requantize(static_cast<std::int32_t>(r.arg("acc")), ChannelParam{0, 1, 1, 2}, mode);
}

/// x is a multiple of one half and p = 0.
template <Tie tie>
std::int64_t quantize_half(const Row& r) {
  const double twice = 2 * std::strtod(r.text("x").c_str(), nullptr);
  if (twice != std::nearbyint(twice) || r.arg("p") != 0) throw std::runtime_error(r.id + ": not a half at p = 0");
  return num::clamp8(num::round_shift(static_cast<std::int64_t>(twice), 1, tie));
}

constexpr const char* kHalfUp = "HALF_UP(DPU/SRDHM/TFL_S/rndnu)";
constexpr const char* kHalfAway = "HALF_AWAY(std::round/RDBPOT)";
constexpr const char* kHalfEven = "HALF_EVEN(ONNX/ORT/np)";
constexpr const char* kHostPixels = "quantizes pixels in floating point: host/quantize";
constexpr const char* kHostArgmax = "argmax runs on the host: host/model";

}  // namespace

const std::vector<VectorRule>& vector_rules() {
  constexpr VectorClass kRun = VectorClass::kRun, kControl = VectorClass::kControl, kNa = VectorClass::kNotApplicable;
  static const std::vector<VectorRule> rules = {
      {"round_shift", kHalfUp, kRun, rounded<Tie::kHalfUp>},
      {"round_shift", kHalfAway, kRun, rounded<Tie::kHalfAway>},
      {"round_shift", kHalfEven, kRun, rounded<Tie::kHalfEven>},
      {"round_shift", "FLOOR(>>)", kRun, floored},
      {"round_shift", "TRUNC(C cast)", kControl, truncated, kHalfUp, "no datapath truncates"},
      {"round_shift", "HALF_TOWARD_ZERO(nndct 6)", kControl, half_toward_zero, kHalfUp, "no profile uses it"},
      {"round_shift_sat", kHalfUp, kRun, rounded_sat<Tie::kHalfUp>},
      {"round_shift_sat", kHalfAway, kRun, rounded_sat<Tie::kHalfAway>},
      {"round_shift_sat", kHalfEven, kRun, rounded_sat<Tie::kHalfEven>},
      {"round_shift_sat", "ALL", kRun, rounded_sat_all},
      {"left_shift_sat", "ALL(shift then clamp; never wrap)", kRun, left_shift_sat},
      {"left_shift_sat", "ALL", kRun, left_shift_sat},
      {"dot", "DPU", kRun, dot_dpu},
      {"dot", "int32 acc", kRun, dot_int32},
      {"dot", "int64 acc", kRun, dot_refused},
      {"dot", "int32 wrap acc", kControl, dot_wrap32, "int64 acc", "wrapping is forbidden (R1)"},
      {"dot", "24-bit wrap acc", kControl, dot_wrap24, "int32 acc", "the accumulator has 32 bits"},
      {"conv_tail", "DPU(1 guard bit)", kRun, conv_tail},
      {"conv_tail", "DPU single rounding", kRun, conv_tail},
      {"conv_tail", "DPU(guard floor)", kRun, conv_tail},
      {"conv_tail", "DPU thr=6<<4", kRun, conv_tail},
      {"conv_tail", "mathematical relu6 (thr=48)", kRun, conv_tail},
      {"conv_tail", "WRONG: no guard bit", kControl, no_guard_bit, "DPU(1 guard bit)", "loses half-unit biases"},
      {"conv_tail", "exact bias", kControl, exact_bias_leaky, "DPU(guard floor)",
       "hardware floors below one guard bit"},
      {"conv_tail", "two-step: round to int8 then ALU x26>>8", kControl, leaky_two_steps, "DPU single rounding",
       "two roundings"},
      {"conv_tail", "AMD emulators (thr fixed 96)", kControl, relu6_fixed_96, "mathematical relu6 (thr=48)",
       "right at py = 4 only"},
      {"eltwise_add", "DPU G=0", kRun, eltwise_add<0>},
      {"eltwise_add", "DPU G=2", kRun, eltwise_add<2>},
      {"eltwise_add", "DPU G=7", kRun, eltwise_add<7>},
      {"eltwise_add", "exact", kRun, eltwise_add<15>},
      {"avgpool", "DPU", kRun, pool_dpu},
      {"avgpool", "TFLite/CMSIS int8 (half-away / true divisor)", kRun, pool_true_divisor<Tie::kHalfAway>},
      {"avgpool", "exact half-even", kRun, pool_true_divisor<Tie::kHalfEven>},
      {"hsigmoid", "DPU", kRun, hard_sigmoid},
      {"hswish", "DPU", kRun, h_swish},
      {"requant", "TFL_DOUBLE(SRDHM+RDBPOT)", kRun, tflite<true>},
      {"requant", "TFL_SINGLE/half-up", kRun, tflite<false>},
      {"requant", "F32SIG half-up(XNNPACK rndnu)", kRun, significand<Tie::kHalfUp>},
      {"requant", "F32SIG half-even(AMD VART qlinear)", kRun, significand<Tie::kHalfEven>},
      {"requant", "FP32*rint(ORT MLAS/XNNPACK fp32)", kControl, float32_rint, "F32SIG half-even(AMD VART qlinear)",
       "the product is rounded to float32 first"},
      {"requant_zp", "round then +zp (ORT/ONNX text)", kRun, zero_point<false>},
      {"requant_zp", "(x+zp) then round (onnx.reference QLinearConv; AMD VART qlinear)", kRun, zero_point<true>},
      {"qint", "Q weights Vitis TF1/PyTorch (half-away)", kRun, quantize_half<Tie::kHalfAway>},
      {"qint", "Q weights Vitis TF2/ONNX/Quark (half-even)", kRun, quantize_half<Tie::kHalfEven>},
      {"qint", "Q weights TF2/ONNX/Quark (half-even)", kRun, quantize_half<Tie::kHalfEven>},
      {"qint", "half-even", kRun, quantize_half<Tie::kHalfEven>},
      {"qint", "Q activation Vitis TF1/PyTorch/TF2 (half-up)", kRun, quantize_half<Tie::kHalfUp>},
      {"qint", "Q activation (half-up)", kRun, quantize_half<Tie::kHalfUp>},
      {"qint", "C cast TRUNC", kNa, nullptr, "", kHostPixels},
      {"qint", "any round-to-nearest", kNa, nullptr, "", kHostPixels},
      {"argmax", "numpy/ONNX ArgMax select_last_index=0: FIRST", kNa, nullptr, "", kHostArgmax},
      {"argmax", "v0.7 Xilinx app.cc Top1 (max-heap of value+index): LAST", kNa, nullptr, "", kHostArgmax},
  };
  return rules;
}

}  // namespace e8::testing
