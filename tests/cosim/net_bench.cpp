#include "tests/cosim/net_bench.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <sstream>

#include "host/cli/progress.h"
#include "host/compile/compile.h"
#include "host/model/error.h"

namespace e8::test {
namespace {

std::string pair_of(char name, int a, int b) {
  return std::string("_") + name + std::to_string(a) + (a == b ? "" : "x" + std::to_string(b));
}

std::string text(const ops::Window& w) {
  std::string s = pair_of('k', w.kh, w.kw);
  if (w.sh != 1 || w.sw != 1) s += pair_of('s', w.sh, w.sw);
  if (w.dh != 1 || w.dw != 1) s += pair_of('d', w.dh, w.dw);
  if (w.top != w.left || w.top != w.bottom || w.top != w.right) {
    return s + "_p" + std::to_string(w.top) + "." + std::to_string(w.left) + "." + std::to_string(w.bottom) + "." +
           std::to_string(w.right);
  }
  return w.top == 0 ? s : s + "_p" + std::to_string(w.top);
}

/// Name and numbers of an operator, in front of and behind its input's shape.
struct Described {
  std::string name, numbers;
};

struct Describe {
  static std::string out(int cout, int groups) {
    return "_o" + std::to_string(cout) + (groups == 1 ? "" : "_g" + std::to_string(groups));
  }
  Described operator()(const ops::ConvParams& p) const { return {"conv", text(p.window) + out(p.cout, p.groups)}; }
  Described operator()(const ops::DeconvParams& p) const { return {"deconv", text(p.window) + out(p.cout, p.groups)}; }
  Described operator()(const ops::MaxPoolParams& p) const { return {"max_pool", text(p.window)}; }
  Described operator()(const ops::AvgPoolParams& p) const {
    return {p.count_pad ? "avg_pool_padded" : "avg_pool_existing", text(p.window)};
  }
  Described operator()(const ops::AddParams& p) const {
    const char* kind[] = {"dpu", "scaled", "tflite"};
    return {std::string(p.subtract ? "subtract_" : "add_") + kind[static_cast<int>(p.kind)], ""};
  }
  Described operator()(const ops::MulParams&) const { return {"mul", ""}; }
  Described operator()(const ops::TableParams&) const { return {"table", ""}; }
  Described operator()(const ops::UpsampleParams& p) const { return {"upsample", pair_of('f', p.fy, p.fx)}; }
  Described operator()(const ops::ConcatParams& p) const { return {"concat", "_of" + std::to_string(p.tails.size())}; }
  Described operator()(const ops::PadParams& p) const {
    return {"pad", "_p" + std::to_string(p.top) + "." + std::to_string(p.left) + "." + std::to_string(p.bottom) + "." +
                       std::to_string(p.right)};
  }
  Described operator()(const ops::SliceParams& p) const {
    return {"slice", "_at" + std::to_string(p.y0) + "." + std::to_string(p.x0) + "." + std::to_string(p.c0)};
  }
  Described operator()(const ops::RequantParams&) const { return {"requant", ""}; }
};

}  // namespace

std::string describe(const model::IntNet& net) {
  const model::IntNode& node = net.nodes.back();
  const ops::Shape& in = net.tensors.at(static_cast<std::size_t>(node.inputs.at(0))).shape;
  const Described d = std::visit(Describe{}, node.params);
  return d.name + "_" + std::to_string(in.h) + "x" + std::to_string(in.w) + "x" + std::to_string(in.c) + d.numbers;
}

void expect_subject_equal(const cli::Subject& subject, const cli::Inputs& inputs, const Build& build,
                          sim::StallMode stalls, std::uint64_t seed, cli::VerifyResult* total) {
  cli::VerifyOptions options;
  options.rtl = true;
  options.stalls = stalls;
  options.seed = seed;
  std::ostringstream quiet;
  cli::Progress progress(quiet, "pictures", inputs.size(), false);
  const cli::VerifyResult r = cli::verify(subject, inputs, {}, load_plugin(build), options, progress);
  const std::string where = build.name + ", stalls " + stall_name(stalls) + ", seed " + std::to_string(seed);
  EXPECT_EQ(r.differences, 0u) << where;
  if (r.failure) {
    ADD_FAILURE() << r.failure->what << "\n"
                  << cli::fail_line(subject.name, r.failure->number, r.failure->spot) << "\n"
                  << where;
  }
  EXPECT_EQ(r.rtl_pictures, inputs.size()) << where;
  EXPECT_GT(r.values, 0u) << where;
  EXPECT_GT(r.events, 0u) << where;
  total->pictures += r.pictures;
  total->values += r.values;
  total->tensors += r.tensors;
  total->events += r.events;
  total->accumulators += r.accumulators;
  total->cycles += r.cycles;
}

void expect_net_equal(const model::IntNet& net, const Build& build, sim::StallMode stalls, std::uint64_t seed,
                      cli::VerifyResult* total, const compile::Options& options) {
  cli::Subject subject;
  subject.name = describe(net);
  SCOPED_TRACE(subject.name);
  subject.net = subject.face = net;
  subject.program = compile::compile(net, load_plugin(build)->config(), options);
  expect_subject_equal(subject, cli::Inputs(subject.face, 1, seed), build, stalls, seed, total);
}

void expect_refused(const model::IntNet& net, const isa::Config& config, int error) {
  SCOPED_TRACE(describe(net) + " on " + config.name);
  try {
    compile::compile(net, config);
    ADD_FAILURE() << "compiled, though the configuration cannot compute it";
  } catch (const UserError& e) {
    EXPECT_EQ(e.id(), error) << e.what();
    EXPECT_NE(std::string(e.what()).find("node 'n"), std::string::npos) << e.what();
  }
}

void expect_compared(const cli::VerifyResult& total) {
  std::printf(
      "compared %llu values in %llu tensors, %llu retire events and %llu accumulators of %zu runs, %llu cycles\n",
      static_cast<unsigned long long>(total.values), static_cast<unsigned long long>(total.tensors),
      static_cast<unsigned long long>(total.events), static_cast<unsigned long long>(total.accumulators),
      total.pictures, static_cast<unsigned long long>(total.cycles));
  EXPECT_GT(total.values, 0u);
  EXPECT_GT(total.tensors, 0u);
  EXPECT_GT(total.events, 0u);
  EXPECT_GT(total.accumulators, 0u);
}

}  // namespace e8::test
