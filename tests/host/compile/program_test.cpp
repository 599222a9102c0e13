// What holds for any program: the checks can fail, compilation is repeatable, errors say what and where, events are
// located, memory is planned.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "host/model/error.h"
#include "tests/host/compile/configs.h"
#include "tests/host/net_builder.h"
#include "tests/host/program_run.h"

namespace e8 {
namespace {

using test::NetBuilder;

ops::Window window(int k, int s = 1, int pad = 0) { return {k, k, s, s, 1, 1, pad, pad, pad, pad}; }

/// Two convolutions with several tiles and weights of both.
model::IntNet two_convs(NetBuilder& b) {
  const int hidden = b.conv(b.input({13, 60, 3}), 9, window(3, 1, 1));
  b.conv(hidden, 12, window(3, 2, 1));
  return b.take();
}

class AnyConfig : public ::testing::TestWithParam<std::string> {
 protected:
  const isa::Config& config() const { return test::config(GetParam()); }
};
E8_ALL_CONFIGS(AnyConfig);

TEST_P(AnyConfig, changed_weight_differs) {
  NetBuilder b(config(), 1);
  const model::IntNet net = two_convs(b);
  NetBuilder inputs(config(), 2);
  inputs.input({13, 60, 3});
  const ops::Tensor input = inputs.random_input();
  compile::Program program = compile::compile(net, config());
  const std::vector<ops::Tensor> want = model::run_golden(net, input);
  for (std::uint8_t& byte : program.weights) byte = static_cast<std::uint8_t>(byte ^ 1u);
  test::LoadedProgram run(program, input);
  ASSERT_EQ(run.machine.run(nullptr), machine::StepState::kDone);
  EXPECT_NE(test::difference(run.tensor(net.outputs[0].tensor), want.back()), "");
}

/// Every token is needed: without it the emulator sees a hazard (or a token that was never sent).
TEST_P(AnyConfig, each_token_is_needed) {
  NetBuilder b(config(), 3);
  const model::IntNet net = two_convs(b);
  const compile::Program whole = compile::compile(net, config());
  const ops::Tensor input(net.tensors[0].shape);
  int tokens = 0;
  for (std::size_t i = 0; i < whole.code.size() && tokens < 40; ++i) {
    for (const isa::FieldInfo& f : isa::all_fields()) {
      if (std::string(f.group) != "COMMON" || std::string(f.name) != "wait" || whole.code[i].get(f) == 0) continue;
      compile::Program broken = whole;
      broken.code[i].put(f, 0);
      test::LoadedProgram run(broken, input);
      EXPECT_THROW(run.machine.run(nullptr), machine::Hazard) << isa::disassemble(whole.code[i]);
      ++tokens;
    }
  }
  EXPECT_GT(tokens, 3);
}

TEST_P(AnyConfig, compilation_is_repeatable) {
  for (const bool keep_all : {false, true}) {
    NetBuilder a(config(), 4), b(config(), 4);
    const compile::Program p = compile::compile(two_convs(a), config(), {keep_all});
    EXPECT_EQ(compile::serialize_program(p),
              compile::serialize_program(compile::compile(two_convs(b), config(), {keep_all})));
  }
}

/// Compares each EXEC result with the element that locate() names.
class Locator : public machine::EventSink {
 public:
  Locator(const compile::Program& program, const std::vector<ops::Tensor>& want) : program_(program), want_(want) {}

  void on_exec(machine::ExecKind kind, std::uint32_t instr, std::uint32_t lane_mask, std::uint32_t,
               const std::int8_t* data, const std::int32_t*) override {
    n_ = instr == instr_ ? n_ + 1 : 0;
    instr_ = instr;
    if (kind != machine::ExecKind::kWrite) return;
    for (unsigned lane = 0; lane < program_.config.lanes; ++lane) {
      for (unsigned c = 0; c < program_.config.v && (lane_mask >> lane & 1u) != 0; ++c) {
        const compile::Element e = compile::locate(program_, instr, n_, lane, c);
        if (!e.known) continue;
        const auto output = static_cast<std::size_t>(program_.layers[static_cast<std::size_t>(e.layer)].output);
        EXPECT_EQ(want_[output].at(e.y, e.x, e.c), data[lane * program_.config.v + c])
            << e.layer << " [" << e.y << "," << e.x << "," << e.c << "]";
        ++found_[output];
      }
    }
  }
  void on_load_feature(std::uint32_t, unsigned, std::uint32_t, const std::int8_t*) override {}
  void on_load_shared(isa::Target, std::uint32_t, std::uint32_t, const std::uint8_t*, std::size_t) override {}
  void on_store(std::uint32_t, std::uint64_t, const std::uint8_t*, std::size_t) override {}
  /// Elements of a tensor that were named, once each when nothing fails.
  std::size_t found(int tensor) { return found_[static_cast<std::size_t>(tensor)]; }

 private:
  const compile::Program& program_;
  const std::vector<ops::Tensor>& want_;
  std::uint32_t instr_ = 0xffffffffu;
  std::uint64_t n_ = 0;
  std::map<std::size_t, std::size_t> found_;
};

TEST_P(AnyConfig, every_event_is_located) {
  const int v = static_cast<int>(config().v);
  NetBuilder b(config(), 5);
  int t = b.conv(b.input({11, 10, 3}), 2 * v + 1, window(3, 1, 1));
  t = b.add(b.depthwise(t, window(3, 1, 1)), t);
  t = b.upsample(b.max_pool(t, window(2, 2)), 2, 3);
  t = b.deconv(t, 3, window(3, 2, 1));
  t = b.fully_connected(b.global_avg_pool(b.conv(t, 3 * v, window(1))), 5);
  const ops::Tensor input = b.random_input();
  const model::IntNet net = b.take();
  for (const bool keep_all : {false, true}) {
    const compile::Program program = compile::compile(net, config(), {keep_all});
    const std::vector<ops::Tensor> want = model::run_golden(net, input);
    test::LoadedProgram run(program, input);
    Locator locator(program, want);
    ASSERT_EQ(run.machine.run(&locator), machine::StepState::kDone);
    for (const compile::LayerInfo& layer : program.layers) {
      EXPECT_EQ(locator.found(layer.output), want[static_cast<std::size_t>(layer.output)].data.size()) << layer.name;
    }
  }
}

TEST(Locate, what_is_no_result_is_unknown) {
  const isa::Config& config = test::config("tiny");
  NetBuilder b(config, 6);
  const compile::Program p = compile::compile(two_convs(b), config);
  EXPECT_FALSE(compile::locate(p, 0, 0, 0, 0).known) << "a LOAD";
  EXPECT_EQ(compile::locate(p, 0, 0, 0, 0).layer, 0);
  EXPECT_EQ(compile::locate(p, static_cast<std::uint32_t>(p.code.size()) - 1, 0, 0, 0).layer, -1) << "END";
  EXPECT_FALSE(compile::locate(p, static_cast<std::uint32_t>(p.code.size()), 0, 0, 0).known) << "beyond the program";
}

TEST(Memory, scratch_is_used_again_unless_all_is_kept) {
  const isa::Config& config = test::config("tiny");
  NetBuilder b(config, 7);
  int t = b.input({40, 40, 8});  // too large to stay on chip
  for (int i = 0; i < 6; ++i) t = b.conv(t, 8, window(3, 1, 1));
  const model::IntNet net = b.take();
  const compile::Program reused = compile::compile(net, config), kept = compile::compile(net, config, {true});
  EXPECT_EQ(reused.region_bytes[isa::kRegionScratch], 2u * 40 * 40 * 8);
  EXPECT_EQ(kept.region_bytes[isa::kRegionScratch], 5u * 40 * 40 * 8);
  int there = 0;
  for (const compile::TensorInfo& t : reused.tensors) there += t.in_dram;
  EXPECT_EQ(there, 4) << "input, output and the last two in between";
}

TEST(Fusion, add_and_table_join_the_convolution_before) {
  const isa::Config& config = test::config("b512");
  NetBuilder b(config, 8);
  const int in = b.input({8, 8, 8});
  const int sum = b.add(b.conv(in, 8, window(3, 1, 1)), in);
  b.table(b.conv(sum, 8, window(1)));
  const model::IntNet net = b.take();
  const compile::Program p = compile::compile(net, config);
  ASSERT_EQ(p.layers.size(), 2u);
  EXPECT_EQ(p.layers[0].name, "n0+n1");
  EXPECT_EQ(p.layers[0].op, "conv+add");
  EXPECT_EQ(p.layers[1].op, "conv+table");
  EXPECT_FALSE(p.tensors[1].in_dram);
  EXPECT_EQ(compile::compile(net, config, {true}).layers.size(), 4u);
}

TEST(Fusion, a_result_with_another_reader_stays) {
  const isa::Config& config = test::config("b512");
  NetBuilder b(config, 9);
  const int in = b.input({8, 8, 8}), c = b.conv(in, 8, window(1));
  b.add(b.add(c, in), c);
  EXPECT_EQ(compile::compile(b.take(), config).layers.size(), 3u);
}

TEST(Program, a_network_without_nodes_ends_at_once) {
  const isa::Config& config = test::config("tiny");
  NetBuilder b(config, 10);
  b.input({3, 2, 5});
  const ops::Tensor input = b.random_input();
  EXPECT_EQ(test::expect_golden(b.take(), input, config), 1);
}

// ------------------------------------------------------------------------------------------------ errors

template <typename Build>
void expect_error(int id, const std::string& text, const isa::Config& config, ops::Shape in, Build build) {
  NetBuilder b(config, 1);
  build(b, b.input(in));
  try {
    compile::compile(b.take(), config);
    ADD_FAILURE() << "compiled";
  } catch (const UserError& e) {
    EXPECT_EQ(e.id(), id) << e.what();
    EXPECT_THAT(e.what(), ::testing::HasSubstr(text));
  }
}

TEST(Errors, e402_more_steps_than_the_accumulator_holds) {
  const isa::Config& c = test::config("nano");
  expect_error(402, "node 'n0'", c, {1, 1, 131076}, [](NetBuilder& b, int in) { b.conv(in, 1, window(1)); });
}

TEST(Errors, e402_more_divisors_than_parameter_words) {
  isa::Config c = test::config("tiny");
  c.param_words = 4;
  expect_error(402, "parameter", c, {9, 9, 1}, [](NetBuilder& b, int in) { b.avg_pool(in, window(5, 1, 2), false); });
}

TEST(Errors, e403_image_larger_than_a_field) {
  const isa::Config& c = test::config("b512");
  expect_error(403, "node 'n0'", c, {40000, 1, 1}, [](NetBuilder& b, int in) { b.conv(in, 1, window(1)); });
  expect_error(403, "bytes", c, {1, 1100000, 1}, [](NetBuilder& b, int in) { b.conv(in, 1, window(1)); });
}

TEST(Errors, e404_more_than_four_gigabytes) {
  const isa::Config& c = test::config("b512");
  expect_error(404, "t1", c, {1, 1, 1}, [](NetBuilder& b, int in) { b.pad(in, 0, 0, 30000, 30000); });
}

TEST(Errors, e405_not_a_configuration) {
  isa::Config c = test::config("b512");
  NetBuilder b(c, 1);
  b.input({1, 1, 1});
  c.lanes = 17;
  try {
    compile::compile(b.take(), c);
    ADD_FAILURE() << "compiled";
  } catch (const UserError& e) {
    EXPECT_EQ(e.id(), 405);
    EXPECT_THAT(e.what(), ::testing::HasSubstr("17"));
  }
}

TEST(Errors, e190_not_a_network) {
  const isa::Config& config = test::config("tiny");
  const auto broken = [&](auto change) {
    NetBuilder b(config, 11);
    b.conv(b.conv(b.input({4, 4, 2}), 3, window(1)), 2, window(3));
    model::IntNet net = b.take();
    change(net);
    try {
      compile::compile(net, config);
      return 0;
    } catch (const UserError& e) {
      return e.id();
    }
  };
  EXPECT_EQ(broken([](model::IntNet&) {}), 0);
  EXPECT_EQ(broken([](model::IntNet& n) { n.input = 9; }), 190);
  EXPECT_EQ(broken([](model::IntNet& n) { n.nodes[0].inputs = {2}; }), 190);
  EXPECT_EQ(broken([](model::IntNet& n) { n.nodes[0].inputs.clear(); }), 190);
  EXPECT_EQ(broken([](model::IntNet& n) { n.nodes[1].output = 1; }), 190);
  EXPECT_EQ(broken([](model::IntNet& n) { n.tensors[1].shape.c = 4; }), 190);
  EXPECT_EQ(broken([](model::IntNet& n) { n.tensors[0].shape.h = 0; }), 190);
  EXPECT_EQ(broken([](model::IntNet& n) { std::get<ops::ConvParams>(n.nodes[0].params).weights.pop_back(); }), 190);
  EXPECT_EQ(broken([](model::IntNet& n) { std::get<ops::ConvParams>(n.nodes[0].params).tail.channel.clear(); }), 190);
  EXPECT_EQ(broken([](model::IntNet& n) { n.nodes.pop_back(); }), 190);
}

/// Outputs lie beside each other and stay; one that is read again is stored, not fused into its reader.
TEST_P(AnyConfig, several_outputs) {
  NetBuilder b(config(), 6);
  const int in = b.input({7, 9, 5});
  const int first = b.conv(in, 5, window(3, 1, 1));
  const int sum = b.add(first, in);
  const int last = b.max_pool(b.conv(sum, 11, window(1)), window(2, 2));
  b.outputs({last, first, sum});
  const ops::Tensor input = b.random_input();
  const model::IntNet net = b.take();
  const compile::Program p = compile::compile(net, config());
  ASSERT_EQ(p.outputs.size(), 3u);
  std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges;
  for (const model::IntOutput& o : p.outputs) {
    const compile::TensorInfo& t = p.tensors[static_cast<std::size_t>(o.tensor)];
    ASSERT_TRUE(t.in_dram) << t.name;
    EXPECT_EQ(t.place.region, isa::kRegionOutput) << t.name;
    ranges.emplace_back(t.place.offset, t.place.offset + compile::place_bytes(t.place, t.shape));
  }
  std::sort(ranges.begin(), ranges.end());
  EXPECT_LE(ranges[0].second, ranges[1].first);
  EXPECT_LE(ranges[1].second, ranges[2].first);
  EXPECT_LE(ranges[2].second, p.region_bytes[isa::kRegionOutput]);
  EXPECT_GE(test::expect_golden(net, input, config()), 4);
}

}  // namespace
}  // namespace e8
