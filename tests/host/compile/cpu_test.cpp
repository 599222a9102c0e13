// What the accelerator cannot compute runs on the CPU between segments of the program: equal to the golden model on
// every configuration, refused without Options::cpu, kept by the program file, which is refused when it is wrong.
#include <gmock/gmock.h>

#include "host/compile/check_net.h"
#include "host/driver/driver.h"
#include "host/driver/emu_device.h"
#include "host/model/error.h"
#include "tests/host/compile/configs.h"
#include "tests/host/net_builder.h"
#include "tests/host/program_run.h"

namespace e8 {
namespace {

using test::NetBuilder;
using ::testing::HasSubstr;

ops::Window window(int k, int s = 1, int pad = 0) { return {k, k, s, s, 1, 1, pad, pad, pad, pad}; }

compile::Options on_cpu(bool keep_all = false) {
  compile::Options o;
  o.keep_all = keep_all;
  o.cpu = true;
  return o;
}

/// An image scaled by a gate made of itself, and added to it: a tensor that crosses the cut, and a fused addition.
void squeeze_and_excite(NetBuilder& b) {
  const int map = b.conv(b.input({9, 11, 5}), 13, window(3, 1, 1));
  const int gate = b.conv(b.conv(b.global_avg_pool(map), 4, window(1)), 13, window(1));
  b.add(b.conv(b.mul(map, gate), 13, window(1)), map);
}

class CpuNodes : public ::testing::TestWithParam<std::string> {
 protected:
  const isa::Config& config() const { return test::config(GetParam()); }
};
E8_ALL_CONFIGS(CpuNodes);

TEST_P(CpuNodes, in_the_middle) {
  for (const bool keep_all : {false, true}) {
    NetBuilder b(config(), 21);
    squeeze_and_excite(b);
    const ops::Tensor input = b.random_input();
    const model::IntNet net = b.take();
    const compile::Program p = compile::compile(net, config(), on_cpu(keep_all));
    ASSERT_EQ(p.cpu.size(), 1u);
    EXPECT_THAT(p.cpu[0].why, HasSubstr("multiplies two activations"));
    EXPECT_EQ(p.cpu[0].macs, 0u);
    EXPECT_GT(p.cpu[0].at, 0u);
    EXPECT_LT(p.cpu[0].at, p.code.size());
    EXPECT_EQ(p.code[p.cpu[0].at - 1].opcode(), static_cast<unsigned>(isa::Opcode::kEND));
    EXPECT_GE(test::expect_golden(net, input, config(), on_cpu(keep_all)), keep_all ? 8 : 2);
    driver::EmuDevice device(config(), driver::memory_needed(p));
    driver::Driver d(device, p);
    for (int i = 0; i < 2; ++i)  // a second run starts afresh
      EXPECT_EQ(d.run(input).data, model::run_golden_output(net, input).data);
  }
}

TEST_P(CpuNodes, at_both_ends_and_behind_each_other) {
  NetBuilder b(config(), 22);
  const int in = b.input({4, 6, 7});
  const int rows = b.concat({b.mul(in, in), in}, false, false, 0);
  const int map = b.conv(rows, 6, window(3, 1, 1));
  const int columns = b.concat({map, b.conv(rows, 6, window(1))}, true, false, 1);
  b.outputs({columns, b.mul(columns, columns), rows});
  const ops::Tensor input = b.random_input();
  const model::IntNet net = b.take();
  const compile::Program p = compile::compile(net, config(), on_cpu());
  ASSERT_EQ(p.cpu.size(), 4u);
  EXPECT_EQ(p.cpu[0].at, 0u);
  EXPECT_EQ(p.cpu[1].at, 0u);
  EXPECT_EQ(p.cpu[3].at, p.code.size());
  EXPECT_GE(test::expect_golden(net, input, config(), on_cpu()), 4);
}

TEST_P(CpuNodes, are_refused_unless_allowed) {
  NetBuilder b(config(), 21);
  squeeze_and_excite(b);
  try {
    compile::compile(b.net(), config());
    ADD_FAILURE() << "compiled";
  } catch (const UserError& e) {
    EXPECT_EQ(e.id(), 401);
    EXPECT_THAT(e.what(), HasSubstr("multiplies two activations"));
  }
}

/// Nothing of a network with real multipliers is in nano: every operator goes through the file and the CPU.
model::IntNet all_operators() {
  NetBuilder b(test::config("b512"), 23);
  const int in = b.input({6, 8, 5});
  const int a = b.conv(in, 8, window(3, 1, 1)), d = b.deconv(a, 8, window(2, 1));
  const int pool = b.avg_pool(b.max_pool(d, window(2, 1), true), window(2, 2), false);
  const int more = b.concat({b.upsample(pool, 2, 2, true), b.upsample(pool, 2, 2, true)}, true, true);
  const int cut = b.slice(b.pad(b.table(more), 1, 0, 2, 1), {1, 0, 3, {4, 5, 6}, 1, 1});
  for (const auto kind : {ops::AddParams::Kind::kDpu, ops::AddParams::Kind::kScaled, ops::AddParams::Kind::kTflite})
    b.add(cut, cut, kind);
  const int last = b.requant(b.mul(cut, cut));
  std::vector<int> outputs{last};
  for (int t = last - 5; t < last - 1; ++t) outputs.push_back(t);
  b.outputs(outputs);
  return b.take();
}

TEST(CpuProgram, EveryOperatorThroughTheFile) {
  const model::IntNet net = all_operators();
  const compile::Program made = compile::compile(net, test::config("nano"), on_cpu());
  const std::string file = compile::serialize_program(made);
  const compile::Program p = compile::parse_program(file, "x.e8");
  EXPECT_EQ(compile::serialize_program(p), file);
  ASSERT_EQ(p.cpu.size(), made.cpu.size());
  EXPECT_GT(p.cpu.size(), 8u);
  EXPECT_EQ(p.cpu[0].macs, 6u * 8 * 8 * 9 * 5);
  driver::EmuDevice device(p.config, driver::memory_needed(p));
  driver::Driver d(device, p);
  ops::Tensor input(net.tensors[0].shape);
  for (std::size_t i = 0; i < input.data.size(); ++i) input.data[i] = static_cast<std::int8_t>(i * 2654435761U >> 24);
  d.run(input);
  const std::vector<ops::Tensor> want = model::run_golden_outputs(net, input);
  for (std::size_t o = 0; o < want.size(); ++o) EXPECT_EQ(d.read_tensor(p.outputs[o].tensor).data, want[o].data) << o;
}

TEST(CpuProgram, WrongNodesAreRefused) {
  NetBuilder b(test::config("tiny"), 21);
  squeeze_and_excite(b);
  const compile::Program good = compile::compile(b.take(), test::config("tiny"), on_cpu());
  const std::vector<std::pair<const char*, void (*)(compile::CpuNode&)>> faults = {
      {"names tensor 99", [](compile::CpuNode& c) { c.node.inputs[1] = 99; }},
      {"names tensor -1", [](compile::CpuNode& c) { c.node.output = -1; }},
      {"mul", [](compile::CpuNode& c) { c.node.inputs.pop_back(); }},
      {"shape", [](compile::CpuNode& c) { c.node.output = 0; }},
      {"shift", [](compile::CpuNode& c) { std::get<ops::MulParams>(c.node.params).tail.channel[0].s = 63; }},
      {"a place for each", [](compile::CpuNode& c) { c.inputs.pop_back(); }},
      {"leaves its region", [](compile::CpuNode& c) { c.output.offset = 0xFFFFFF00; }},
      {"leaves its region", [](compile::CpuNode& c) { c.inputs[0].block = 0; }},
      {"follows no END", [](compile::CpuNode& c) { ++c.at; }},
      {"follows no END", [](compile::CpuNode& c) { c.at = 1U << 30; }},
      {"number", [](compile::CpuNode& c) { c.output.block = 1 << 25; }},
      {"unknown choice", [](compile::CpuNode& c) { c.output.region = static_cast<isa::Region>(4); }},
  };
  for (const auto& [says, fault] : faults) {
    compile::Program p = good;
    fault(p.cpu[0]);
    try {
      compile::parse_program(compile::serialize_program(p), "x.e8");
      ADD_FAILURE() << says;
    } catch (const UserError& e) {
      EXPECT_EQ(e.id(), 504) << says;
      EXPECT_THAT(e.what(), HasSubstr(says));
      EXPECT_THAT(e.what(), HasSubstr("section CPU"));
    }
  }
}

/// Windows that nothing real has would keep the check of a file busy for days.
TEST(CpuProgram, HugeWindowsAreRefused) {
  const compile::Program good = compile::compile(all_operators(), test::config("nano"), on_cpu());
  for (const bool count_pad : {false, true}) {
    compile::Program p = good;
    ops::AvgPoolParams pool;
    pool.count_pad = count_pad;
    pool.window.kh = pool.window.top = 1 << 16;
    p.cpu.at(0).node.params = pool;
    try {
      compile::parse_program(compile::serialize_program(p), "x.e8");
      ADD_FAILURE() << "read";
    } catch (const UserError& e) {
      EXPECT_EQ(e.id(), 504);
      EXPECT_THAT(e.what(), HasSubstr("a window with the number 65536; at most 32768"));
    }
  }
}

TEST(TapsInside, AreThoseThatAreCounted) {
  for (int i = 0; i < 5 * 5 * 3 * 3 * 6; ++i) {
    const int size = 1 + i % 5, kernel = 1 + i / 5 % 5, stride = 1 + i / 25 % 3, dilation = 1 + i / 75 % 3;
    const int pad = i / 225, outputs = 12;
    std::vector<int> counts;
    for (int y = 0; y < outputs; ++y) {
      counts.push_back(0);
      for (int k = 0; k < kernel; ++k) {
        const int at = y * stride + k * dilation - pad;
        counts.back() += at >= 0 && at < size ? 1 : 0;
      }
    }
    EXPECT_EQ(compile::taps_inside(outputs, size, kernel, stride, dilation, pad), counts) << i;
  }
  EXPECT_EQ(compile::taps_inside(1 << 16, 5, 1 << 30, 1, 1, 1 << 16).front(), 5) << "in no time";
}

}  // namespace
}  // namespace e8
