// The hand-written vectors through whole operators, convolutions on every path.
#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>

#include "emu/numerics/dpu.h"
#include "emu/numerics/tflite.h"
#include "emu/ops/activation.h"
#include "emu/ops/table.h"
#include "tests/emu/numerics/vector_table.h"
#include "tests/emu/ops/reference.h"

namespace e8::testing {
namespace {

using ops::Tensor;

std::vector<VectorRow> rows_of(const std::string& op, const std::string& profile) {
  std::ifstream in(EXACT8_SOURCE_DIR "/tests/vectors/numerics_vectors.csv");
  std::vector<VectorRow> found;
  for (const VectorRow& r : read_vectors(in))
    if (r.op == op && r.profile == profile) found.push_back(r);
  return found;
}

int arg(const VectorRow& r, const char* key) { return static_cast<int>(r.arg(key)); }

/// Activations whose products with weights of 127 and 1 sum to `acc`.
Tensor operands(std::int64_t acc, std::vector<std::int8_t>* weights) {
  std::vector<std::int8_t> x;
  weights->clear();
  const auto term = [&](std::int64_t a, std::int8_t w) {
    x.push_back(static_cast<std::int8_t>(a));
    weights->push_back(w);
    acc -= a * w;
  };
  while (acc > 127 || acc < -127) term(num::clamp(acc / 127, -127, 127), 127);
  term(acc, 1);
  Tensor t({1, 1, static_cast<int>(x.size())});
  t.data = std::move(x);
  return t;
}

void expect_conv(const VectorRow& r, const ops::Tail& tail, std::set<ops::Path>* covered) {
  ops::ConvParams p;
  const Tensor in = operands(r.arg("acc"), &p.weights);
  p.tail = tail;
  covered->merge(
      expect_conv_on_every_path(in, p, Tensor({1, 1, 1}, static_cast<std::int8_t>(r.expected)), r.id + " " + r.inputs));
}

ops::Tail dpu_tail(const VectorRow& r) {
  ops::Tail tail;
  tail.channel = {
      num::dpu::channel(r.has("bias") ? num::dpu::doubled_bias(r.arg("bias"), arg(r, "sb")) : 0, arg(r, "sc"))};
  if (r.text("act") == "LEAKY26") return ops::with_leaky(tail);
  if (r.text("act") == "RELU6") return ops::with_relu6(tail, num::dpu::relu6_hi(arg(r, "po")));
  return tail;
}

TEST(OpVectors, DpuConvolution) {
  std::set<ops::Path> covered;
  std::size_t run = 0;
  for (const char* profile : {"DPU(1 guard bit)", "DPU single rounding", "DPU thr=6<<4", "DPU(guard floor)"})
    for (const VectorRow& r : rows_of("conv_tail", profile)) expect_conv(r, dpu_tail(r), &covered), ++run;
  EXPECT_EQ(run, 14u + 13 + 5 + 1);
  expect_required_paths(covered);
}

TEST(OpVectors, MultipliersOfConvolutions) {
  std::set<ops::Path> covered;
  std::size_t run = 0;
  const auto expect = [&](const VectorRow& r, num::ChannelParam channel, num::Tie tie, bool twice) {
    ops::Tail tail{{channel}, {}};
    tail.mode.tie = tie;
    tail.mode.double_round = twice;
    expect_conv(r, tail, &covered);
    ++run;
  };
  for (const bool twice : {true, false})
    for (const VectorRow& r : rows_of("requant", twice ? "TFL_DOUBLE(SRDHM+RDBPOT)" : "TFL_SINGLE/half-up"))
      expect(r, num::tflite::channel(0, static_cast<std::int32_t>(r.arg("M31")), arg(r, "sh")), num::Tie::kHalfUp,
             twice);
  for (const bool even : {true, false})
    for (const VectorRow& r :
         rows_of("requant", even ? "F32SIG half-even(AMD VART qlinear)" : "F32SIG half-up(XNNPACK rndnu)")) {
      const auto m = static_cast<std::uint32_t>(r.arg("M24"));
      expect(r, {0, m, m, static_cast<std::uint8_t>(r.arg("S") + 1)}, even ? num::Tie::kHalfEven : num::Tie::kHalfUp,
             false);
    }
  EXPECT_EQ(run, 4u * 22);
  expect_required_paths(covered);
}

TEST(OpVectors, DpuAdditions) {
  std::size_t run = 0;
  for (const auto& [profile, guard] : {std::pair{"DPU G=0", 0}, {"DPU G=2", 2}, {"DPU G=7", 7}}) {
    for (const VectorRow& r : rows_of("eltwise_add", profile)) {
      const int pa = arg(r, "pa"), pc = arg(r, "pc"), least = std::min(pa, pc);
      ops::AddParams p;
      p.guard = guard;
      p.sr = {pa - least, pc - least};
      p.sw = least - arg(r, "po");
      const Tensor a({1, 1, 1}, static_cast<std::int8_t>(r.arg("a"))),
          c({1, 1, 1}, static_cast<std::int8_t>(r.arg("c")));
      EXPECT_EQ(ops::add(a, c, p).data[0], r.expected) << r.id;
      ++run;
    }
  }
  EXPECT_EQ(run, 3u * 13);
}

/// An image of k x k pixels with this sum.
Tensor image_of_sum(int k, int sum) {
  Tensor t({k, k, 1});
  for (std::int8_t& x : t.data) {
    x = num::clamp8(sum);
    sum -= x;
  }
  EXPECT_EQ(sum, 0);
  return t;
}

TEST(OpVectors, AveragePools) {
  std::size_t run = 0;
  for (const bool dpu : {true, false}) {
    for (const VectorRow& r : rows_of("avgpool", dpu ? "DPU" : "TFLite/CMSIS int8 (half-away / true divisor)")) {
      const int k = arg(r, "k");
      ops::AvgPoolParams p;
      p.window = {k, k};
      p.count_pad = dpu;
      if (dpu) p.by_count = {num::dpu::average(num::dpu::pool_divisor(k, k), 0)};
      for (int n = 1; !dpu && n <= k * k; ++n) p.by_count.push_back(num::tflite::average(n));
      if (!dpu) p.mode.tie = num::Tie::kHalfAway;
      EXPECT_EQ(ops::avg_pool(image_of_sum(k, arg(r, "sum")), p).data[0], r.expected) << r.id;
      ++run;
    }
  }
  EXPECT_EQ(run, 2u * 16);
}

TEST(OpVectors, Tables) {
  std::size_t run = 0;
  for (const bool sigmoid : {true, false}) {
    for (const VectorRow& r : rows_of(sigmoid ? "hsigmoid" : "hswish", "DPU")) {
      const int pi = arg(r, "pi"), po = arg(r, "po");
      const Tensor x({1, 1, 1}, static_cast<std::int8_t>(r.arg("x")));
      const ops::TableParams p = sigmoid ? ops::hard_sigmoid_table(pi, po) : ops::h_swish_table(pi, po);
      EXPECT_EQ(ops::table(x, p).data[0], r.expected) << r.id;
      ++run;
    }
  }
  EXPECT_EQ(run, 2u * 9);
}

}  // namespace
}  // namespace e8::testing
