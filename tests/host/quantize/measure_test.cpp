// Tests host/quantize/measure.h through quantize(), on networks whose errors are known.
#include "host/quantize/measure.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/host/quantize/small_graph.h"

namespace e8::quantize {
namespace {

const TensorReport& find(const std::vector<TensorReport>& report, const std::string& name) {
  const auto found = std::find_if(report.begin(), report.end(), [&](const auto& r) { return r.name == name; });
  EXPECT_NE(found, report.end()) << name;
  return *found;
}

/// y = x * w + b on one pixel; weights and inputs chosen by the test.
std::vector<TensorReport> report_of(float w, float b, const std::vector<float>& inputs, Options o) {
  SmallGraph builder({1, 1, 1});
  const int y = builder.conv(0, 1, 1);
  builder.maker(y).weights = {w};
  builder.maker(y).bias = {b};
  const model::Graph g = builder.end(y);
  model::Batch pictures(static_cast<int>(inputs.size()), {1, 1, 1});
  pictures.data = inputs;
  o.preprocess = options_for(g, o.scheme).preprocess;
  Report report;
  quantize(g, pictures, o, &report);
  return report.tensors;
}

TEST(Measure, ExactTensorsHaveNoNoise) {
  const auto report = report_of(2, 1, {1, -3, 5}, {});
  ASSERT_EQ(report.size(), 4U);
  for (const TensorReport& r : report) {
    EXPECT_EQ(r.sqnr_db, kNoNoise) << r.name;
    EXPECT_EQ(r.max_error, 0);
    EXPECT_EQ(r.saturated, 0);
    EXPECT_EQ(r.scale, std::ldexp(1.0, -r.p));
  }
  EXPECT_TRUE(find(report, "Conv0 weights").weights);
  EXPECT_TRUE(find(report, "Conv0 bias").weights);
  EXPECT_FALSE(find(report, "input").weights);
}

TEST(Measure, ErrorsInLsbAndDecibel) {
  Options o;
  o.activations = Activations::kMax;  // p 0: the range is 100
  const auto report = report_of(1, 0, {100, 0.25F}, o);
  const TensorReport& in = find(report, "input");
  EXPECT_EQ(in.p, 0);
  EXPECT_EQ(in.max_error, 0.25);
  EXPECT_NEAR(in.sqnr_db, 10 * std::log10((100 * 100 + 0.0625) / 0.0625), 1e-9);
  EXPECT_EQ(find(report, "Conv0_out").max_error, 0.25) << "the error before it is carried on";
  EXPECT_EQ(report[0].sqnr_db, in.sqnr_db) << "worst first";
  EXPECT_TRUE(
      std::is_sorted(report.begin(), report.end(), [](const auto& a, const auto& b) { return a.sqnr_db < b.sqnr_db; }));
}

TEST(Measure, SaturationIsTheShareThatTheClampChanged) {
  Options o;
  o.activations = Activations::kPercentile;
  o.percentile = 75;
  const TensorReport in = find(report_of(1, 0, {1, 1, 1, 60}, o), "input");
  EXPECT_EQ(in.p, 6);
  EXPECT_EQ(in.saturated, 0.25);
  EXPECT_EQ(in.max_error, 60 * 64 - 127);
}

}  // namespace
}  // namespace e8::quantize
