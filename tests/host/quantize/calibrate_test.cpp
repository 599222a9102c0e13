// Tests host/quantize/calibrate.h.
#include "host/quantize/calibrate.h"

#include <gtest/gtest.h>

#include <cmath>

#include "host/model/error.h"
#include "host/quantize/pow2.h"
#include "host/quantize/scaled.h"
#include "tests/host/quantize/small_graph.h"

namespace e8::quantize {
namespace {

Options with(Scheme scheme, Activations activations) {
  Options o;
  o.scheme = scheme;
  o.activations = activations;
  o.forward = Forward::kFloat;
  return o;
}

void see(Calibrator& c, const std::vector<float>& x) { c.see(x, range_of(x, 1), 1); }

TEST(Calibrators, MaximumOverAllBatches) {
  const auto scaled = make_calibrator(with(Scheme::kScaled, Activations::kMax), num::Tie::kHalfEven);
  EXPECT_EQ(scaled->all().scale, 0) << "nothing seen";
  see(*scaled, {1, -2});
  EXPECT_EQ(scaled->own().scale, 2.0 / 127);
  see(*scaled, {1, 0.5F});
  EXPECT_EQ(scaled->own().scale, 1.0 / 127);
  EXPECT_EQ(scaled->all().scale, 2.0 / 127);
  const auto dpu = make_calibrator(with(Scheme::kDpu, Activations::kMax), num::Tie::kHalfUp);
  see(*dpu, {0.2F, 0.9961F});
  see(*dpu, {0.3F});
  EXPECT_EQ(dpu->all().scale, scale_of_p(6));
  EXPECT_EQ(dpu->own().scale, scale_of_p(8));
}

TEST(Calibrators, DpuUsesTheRoomBelowMinus127) {
  const auto dpu = make_calibrator(with(Scheme::kDpu, Activations::kMax), num::Tie::kHalfUp);
  see(*dpu, {-128.4F, 1});
  EXPECT_EQ(dpu->all().scale, 1) << "-128.4 rounds to -128";
}

TEST(Calibrators, Percentile) {
  Options o = with(Scheme::kScaled, Activations::kPercentile);
  o.percentile = 90;
  const auto c = make_calibrator(o, num::Tie::kHalfEven);
  std::vector<float> x(90, 1);
  x.resize(100, 8);
  see(*c, x);
  EXPECT_NEAR(c->all().scale * 127, 1, 0.005);
  o.scheme = Scheme::kDpu;
  const auto dpu = make_calibrator(o, num::Tie::kHalfUp);
  see(*dpu, x);
  EXPECT_EQ(dpu->all().scale, scale_of_p(6));
}

TEST(Calibrators, ModeCountsBatchesNotValues) {
  const auto c = make_calibrator(with(Scheme::kDpu, Activations::kMode), num::Tie::kHalfUp);
  see(*c, {100, 3});
  see(*c, {0.5F, 0.25F});
  EXPECT_EQ(c->own().scale, scale_of_p(7)) << "the least p that is exact";
  EXPECT_EQ(c->all().scale, scale_of_p(0)) << "one each: the smallest p";
  see(*c, {0.5F, 0.25F});
  EXPECT_EQ(c->all().scale, scale_of_p(7));
}

TEST(Calibrators, DpuLeastErrorOverAllBatches) {
  const auto c = make_calibrator(with(Scheme::kDpu, Activations::kMse), num::Tie::kHalfUp);
  std::vector<float> x;
  for (int i = 0; i < 50000; ++i) x.push_back(0.3F * std::sin(static_cast<float>(i)));
  see(*c, x);
  const double alone = c->all().scale;
  x.assign(1, 0.6F);
  see(*c, x);
  EXPECT_EQ(alone, scale_of_p(8));
  EXPECT_EQ(c->all().scale, scale_of_p(8)) << "one outlier is clipped";
}

TEST(Calibrators, EntropyIsTheThresholdOver127OrItsPowerOfTwo) {
  std::vector<float> x;
  for (int i = 1; i <= 100000; ++i) x.push_back(0.9F * static_cast<float>(i) * 1e-5F);  // uniform: nothing is cut
  const auto scaled = make_calibrator(with(Scheme::kScaled, Activations::kEntropy), num::Tie::kHalfEven);
  EXPECT_EQ(scaled->all().scale, 0) << "nothing seen";
  see(*scaled, x);
  EXPECT_NEAR(scaled->all().scale * 127, 0.9, 0.01);
  see(*scaled, {0.1F});
  EXPECT_NEAR(scaled->own().scale * 127, 0.1, 1e-3);
  const auto dpu = make_calibrator(with(Scheme::kDpu, Activations::kEntropy), num::Tie::kHalfUp);
  see(*dpu, x);
  EXPECT_EQ(dpu->all().scale, scale_of_p(7));
}

TEST(Calibrators, AsymmetricOnesUseAllSteps) {
  std::vector<float> x;
  for (int i = 0; i < 100000; ++i) x.push_back(static_cast<float>(i) * 3e-5F - 1);  // uniform in -1..2
  for (const Activations a : {Activations::kAsymMinMax, Activations::kAsymKl}) {
    const auto c = make_calibrator(with(Scheme::kScaled, a), num::Tie::kHalfEven);
    see(*c, x);
    EXPECT_NEAR(c->all().scale * 255, 3, 0.01);
    EXPECT_EQ(c->all().zero_point, -43);
    see(*c, {0, 1});
    EXPECT_EQ(c->own().zero_point, -128);
    EXPECT_EQ(c->all().zero_point, -43);
  }
}

/// input -> MaxPool -> 1x1 convolution with weight w: scales of both groups.
Plan calibrated(double w, const model::Batch& pictures, const Options& o) {
  SmallGraph b({2, 2, 1});
  const int pooled = b.max_pool(0), y = b.conv(pooled, 1, 1);
  b.maker(y).weights = {static_cast<float>(w)};
  b.maker(y).bias = {0};
  const model::Graph g = b.end(y);
  Plan plan = plan_of(g, o.scheme, num::Tie::kHalfUp);
  calibrate(g, pictures, o, &plan, {});
  return plan;
}

model::Batch constant_pictures(const std::vector<float>& values) {
  model::Batch batch(static_cast<int>(values.size()), {2, 2, 1});
  for (std::size_t i = 0; i < values.size(); ++i) std::fill_n(batch.image(static_cast<int>(i)), 4, values[i]);
  return batch;
}

TEST(Calibrate, AGroupTakesItsLargestScale) {
  model::Batch pictures = constant_pictures({1, 1});
  pictures.data[0] = -5;  // the maximum does not see it
  const Plan plan = calibrated(3, pictures, with(Scheme::kScaled, Activations::kMax));
  EXPECT_EQ(plan.scale_of(0), storable(5.0 / 127));
  EXPECT_EQ(plan.scale_of(1), plan.scale_of(0));
  EXPECT_EQ(plan.scale_of(2), storable(3.0 / 127));
}

TEST(Calibrate, AsymmetricGroupsHoldTheRangesOfAll) {
  model::Batch pictures = constant_pictures({1, 1});
  pictures.data[0] = -3;
  const Plan plan = calibrated(3, pictures, with(Scheme::kScaled, Activations::kAsymMinMax));
  EXPECT_NEAR(plan.scale_of(0), 4.0 / 255, 1e-8);
  EXPECT_EQ(plan.affine_of(0).zero_point, 63);
  EXPECT_EQ(plan.affine_of(1).zero_point, 63) << "the maximum's input";
  EXPECT_EQ(plan.affine_of(2).zero_point, -128);
}

// Most pixels have one grey level, as a background has: a divergence alone would end there.
TEST(Calibrate, EntropyLeavesTheInputWhole) {
  model::Batch pictures(1, {64, 64, 1});
  for (std::size_t i = 0; i < pictures.data.size(); ++i)
    pictures.data[i] = i % 2 == 0 ? 0.8F : static_cast<float>(i % 256) / 100;
  SmallGraph b({64, 64, 1});
  const model::Graph g = b.end(b.conv(0, 1, 1));
  for (const auto& [activations, span] :
       {std::pair{Activations::kEntropy, 127}, {Activations::kAsymKl, 255}, {Activations::kMax, 127}}) {
    Plan plan = plan_of(g, Scheme::kScaled, num::Tie::kHalfEven);
    calibrate(g, pictures, with(Scheme::kScaled, activations), &plan, {});
    EXPECT_NEAR(plan.scale_of(0) * span, 2.55, 1e-5);
  }
}

// NVIDIA copies an output's range to the input: what the maximum does not let through has no say.
TEST(Calibrate, EntropyGroupsTakeTheLastOne) {
  SmallGraph b({2, 2, 1});
  const int y = b.conv(0, 1, 1), pooled = b.max_pool(y);
  b.maker(y).weights = {1};
  b.maker(y).bias = {0};
  const model::Graph g = b.end(pooled);
  model::Batch pictures = constant_pictures({1, 1});
  pictures.data[0] = -5;
  Plan plan = plan_of(g, Scheme::kScaled, num::Tie::kHalfEven);
  calibrate(g, pictures, with(Scheme::kScaled, Activations::kEntropy), &plan, {});
  EXPECT_NEAR(plan.scale_of(y), 1.0 / 127, 1e-4);
}

// With a batch of one, 1.26 has p 6 and becomes 81/64, 100.3 has p 0 and becomes 100: each batch by its own p.
TEST(Calibrate, QuantizedForwardUsesEachBatchsOwnScale) {
  Options o = with(Scheme::kScaled, Activations::kMax);
  o.batch = 1;
  o.forward = Forward::kQuantized;
  SmallGraph b({1, 1, 2});
  const int y = b.conv(0, 1, 1);
  b.maker(y).weights = {0, 1};  // the smaller value of each picture
  b.maker(y).bias = {0};
  const model::Graph g = b.end(y);
  model::Batch pictures(2, {1, 1, 2});
  pictures.data = {127, 30.4F, 1270, 14};
  Plan plan = plan_of(g, o.scheme, num::Tie::kHalfUp);
  calibrate(g, pictures, o, &plan, {});
  EXPECT_EQ(plan.scale_of(y), storable(30.0 / 127)) << "30.4 was not rounded to the first batch's grid of 1";
  o.forward = Forward::kFloat;
  calibrate(g, pictures, o, &plan, {});
  EXPECT_NEAR(plan.scale_of(y), 30.4 / 127, 1e-6);
}

TEST(Calibrate, ModeIsOverBatches) {
  const model::Batch pictures = constant_pictures({1, 1, 1, 100, 100});
  Options o = with(Scheme::kDpu, Activations::kMode);
  o.batch = 1;
  EXPECT_EQ(calibrated(1, pictures, o).scale_of(0), scale_of_p(6));
  o.batch = 3;  // {1, 1, 1}, {100, 100}: one vote each, the smallest p wins
  EXPECT_EQ(calibrated(1, pictures, o).scale_of(0), scale_of_p(0));
}

TEST(Calibrate, ABatchOfZerosHasNoVote) {
  Options o = with(Scheme::kDpu, Activations::kMode);
  o.batch = 1;
  EXPECT_EQ(calibrated(1, constant_pictures({0, 0, 1}), o).scale_of(0), scale_of_p(6));
}

int error_of(double w, const model::Batch& pictures, std::string* text) {
  try {
    calibrated(w, pictures, with(Scheme::kDpu, Activations::kMax));
  } catch (const UserError& e) {
    *text = e.what();
    return e.id();
  }
  return 0;
}

TEST(Calibrate, ZeroAndInfiniteTensorsAreNamed) {
  std::string text;
  EXPECT_EQ(error_of(0, constant_pictures({1}), &text), 302);
  EXPECT_NE(text.find("'Conv1_out' is zero"), std::string::npos) << text;
  EXPECT_EQ(error_of(1, constant_pictures({0, 0}), &text), 302);
  EXPECT_NE(text.find("'input' is zero"), std::string::npos) << text;
  EXPECT_EQ(error_of(1e38, constant_pictures({100}), &text), 302);
  EXPECT_NE(text.find("'Conv1_out' has infinities"), std::string::npos) << text;
  EXPECT_EQ(error_of(1, constant_pictures({NAN}), &text), 302);
}

TEST(Slice, PartsOfABatch) {
  const model::Batch pictures = constant_pictures({1, 2, 3});
  const model::Batch part = slice(pictures, 1, 2);
  EXPECT_EQ(part.n, 2);
  EXPECT_EQ(part.data, (std::vector<float>{2, 2, 2, 2, 3, 3, 3, 3}));
}

}  // namespace
}  // namespace e8::quantize
