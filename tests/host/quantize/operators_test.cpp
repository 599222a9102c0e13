// A network of each operator, from the float model to the emulator: quantize, write, read, lower, golden, compile, run.
#include <gtest/gtest.h>

#include <cmath>

#include "host/model/error.h"
#include "host/model/golden.h"
#include "host/model/lower.h"
#include "host/model/onnx_read.h"
#include "host/model/onnx_write.h"
#include "host/quantize/legality.h"
#include "host/quantize/plan.h"
#include "host/quantize/pow2.h"
#include "tests/host/model/operator_nets.h"
#include "tests/host/program_run.h"
#include "tests/host/quantize/small_graph.h"

namespace e8::quantize {
namespace {

using model::Graph;

constexpr Scheme kSchemes[] = {Scheme::kDpu, Scheme::kScaled};

/// An NCHW picture on the input tensor's grid.
ops::Tensor to_input(const model::IntNet& net, const float* image) {
  const model::IntTensor& in = net.tensors[static_cast<std::size_t>(net.input)];
  ops::Tensor x(in.shape);
  for (int c = 0; c < in.shape.c; ++c)
    for (int y = 0; y < in.shape.h; ++y)
      for (int column = 0; column < in.shape.w; ++column)
        x.at(y, column, c) =
            static_cast<std::int8_t>(std::min(127.0, std::max(-128.0, std::nearbyint(*image++ / in.scale))));
  return x;
}

/// Relative error of the golden model's output, dequantized, beside the float network's.
double error_of(const Graph& real, const model::IntNet& net, const model::Batch& pictures) {
  const model::Batch want = model::run_float(real, pictures);
  const double scale = net.tensors[static_cast<std::size_t>(net.outputs[0].tensor)].scale;
  double noise = 0, signal = 0;
  for (int i = 0; i < pictures.n; ++i) {
    const ops::Tensor got = model::run_golden_output(net, to_input(net, pictures.image(i)));
    const float* w = want.image(i);
    for (int c = 0; c < got.shape.c; ++c)
      for (int y = 0; y < got.shape.h; ++y)
        for (int x = 0; x < got.shape.w; ++x, ++w) {
          noise += std::pow(*w - got.at(y, x, c) * scale, 2);
          signal += double{*w} * *w;
        }
  }
  return std::sqrt(noise / signal);
}

class Operators : public ::testing::TestWithParam<model::OperatorNet> {};
INSTANTIATE_TEST_SUITE_P(nets, Operators, ::testing::ValuesIn(model::operator_nets()),
                         [](const auto& info) { return info.param.name; });

TEST_P(Operators, FromFloatToTheEmulator) {
  const Graph& g = GetParam().graph;
  const model::Batch pictures = normal_inputs(g, 32), other = normal_inputs(g, 8, 99);
  for (const Scheme scheme : kSchemes) {
    SCOPED_TRACE(scheme == Scheme::kDpu ? "dpu" : "scaled");
    const Graph quantized = quantize(g, pictures, options_for(g, scheme));
    const onnx::ModelProto file = model::to_onnx(quantized);
    const Graph back = model::read_onnx(file, g.file);
    EXPECT_EQ(model::to_onnx(back).SerializeAsString(), file.SerializeAsString());
    const model::IntNet net = model::lower(back);
    EXPECT_LT(error_of(g, net, other), 0.1);
    EXPECT_GT(error_of(g, net, other), 1e-4) << "nothing was quantized";
    for (const char* config : {"tiny", "b512"}) {
      const ops::Tensor input = to_input(net, other.image(0));
      EXPECT_GT(test::expect_golden(net, input, *isa::find_config(config), {true}), 1) << config;
    }
  }
}

const Graph& net_named(const char* name) {
  static const std::vector<model::OperatorNet> nets = model::operator_nets();
  for (const model::OperatorNet& n : nets)
    if (n.name == name) return n.graph;
  throw std::out_of_range(name);
}

TEST(OperatorPlan, ConcatSharesOnePositionUnderDpuOnly) {
  const Graph& g = net_named("Concat");
  for (const Scheme scheme : kSchemes) {
    const Plan plan = plan_of(g, scheme, num::Tie::kHalfUp);
    for (const model::Node& n : g.nodes) {
      if (n.op != model::Op::kConcat) continue;
      for (const int v : n.inputs)
        EXPECT_EQ(plan.group_of[static_cast<std::size_t>(v)] == plan.group_of[static_cast<std::size_t>(n.output)],
                  scheme == Scheme::kDpu);
    }
    for (std::size_t group = 0; group < plan.groups.size(); ++group)
      for (const int v : plan.groups[group].values)
        EXPECT_EQ(plan.group_of[static_cast<std::size_t>(v)], static_cast<int>(group));
  }
}

TEST(OperatorPlan, CopiesKeepTheirScale) {
  for (const char* name : {"Pad", "Resize", "Slice", "Split", "Unsqueeze"}) {
    const Graph& g = net_named(name);
    int copies = 0;
    for (const Scheme scheme : kSchemes) {
      const Plan plan = plan_of(g, scheme, num::Tie::kHalfUp);
      for (const model::Node& n : g.nodes) {
        if (!model::keeps_values(n.op) && n.op != model::Op::kPad) continue;
        ++copies;
        EXPECT_EQ(plan.group_of[static_cast<std::size_t>(n.inputs[0])],
                  plan.group_of[static_cast<std::size_t>(n.output)]);
      }
    }
    EXPECT_GE(copies, 2) << name;
  }
}

// HardSigmoid's values end at 1, where calibration would choose 2^-6; its integer form begins at 2^-7.
TEST(OperatorPlan, HardSigmoidIsRaisedToItsLeastPosition) {
  const Graph& g = net_named("HardSigmoidSixth");
  Report report;
  Options o = options_for(g, Scheme::kDpu);
  o.activations = Activations::kMax;
  const Graph q = quantize(g, normal_inputs(g, 32), o, &report);
  for (const model::Node& n : q.nodes) {
    if (n.op != model::Op::kHardSigmoid) continue;
    EXPECT_EQ(p_of_scale(q.out(n).scale), 7);
    for (const TensorReport& r : report.tensors) {
      if (r.name == q.out(n).name) {
        EXPECT_NE(r.note.find("least position of HardSigmoid"), std::string::npos) << r.note;
      }
    }
  }
}

/// Positions of HardSwish after repair.
std::pair<int, int> repaired_swish(int px, int py) {
  const Graph& g = net_named("HardSwish");
  Plan plan = plan_of(g, Scheme::kDpu, num::Tie::kHalfUp);
  for (Group& group : plan.groups) group.scale = scale_of_p(px);
  for (NodeScales& node : plan.nodes) node = {{1.0}, 1.0};
  const model::Node& n = g.nodes[1];
  EXPECT_EQ(n.op, model::Op::kHardSwish);
  plan.group(n.output).scale = scale_of_p(py);
  make_legal(g, &plan);
  return {p_of_scale(plan.scale_of(n.inputs[0])), p_of_scale(plan.scale_of(n.output))};
}

TEST(OperatorPlan, HardSwishPositionsAreRepaired) {
  EXPECT_EQ(repaired_swish(4, 5), (std::pair{4, 5}));
  EXPECT_EQ(repaired_swish(4, 11), (std::pair{4, 11}));
  EXPECT_EQ(repaired_swish(4, 12), (std::pair{4, 11}));
  EXPECT_EQ(repaired_swish(15, 12), (std::pair{15, 12}));
  EXPECT_EQ(repaired_swish(16, 12), (std::pair{15, 12}));
  try {
    repaired_swish(-1, 2);
    ADD_FAILURE() << "accepted";
  } catch (const UserError& e) {
    EXPECT_EQ(e.id(), 304);
    EXPECT_NE(std::string(e.what()).find("0 to 15 is allowed"), std::string::npos) << e.what();
  }
}

}  // namespace
}  // namespace e8::quantize
