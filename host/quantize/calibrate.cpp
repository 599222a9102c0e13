// Calibrators, and the forward pass that feeds them.
#include "host/quantize/calibrate.h"

#include <algorithm>

#include "host/model/error.h"
#include "host/quantize/histogram.h"
#include "host/quantize/pow2.h"
#include "host/quantize/scaled.h"

namespace e8::quantize {
namespace {

/// (3): each batch votes for the p with the least squared error.
class ModeCalibrator final : public Calibrator {
 public:
  explicit ModeCalibrator(num::Tie tie) : tie_(tie) {}
  void see(const Values& x, const Range& range, int threads) override {
    own_ = min_mse_p(x, range, tie_, threads);
    votes_.add(own_);
  }
  double own_scale() const override { return scale_of_p(own_); }
  double scale() const override {
    const std::optional<int> p = votes_.mode();
    return p ? scale_of_p(*p) : 0;
  }

 private:
  num::Tie tie_;
  int own_ = 0;
  ModeOfP votes_;
};

/// All batches in one histogram; `choose` turns it into a scale.
class HistogramCalibrator final : public Calibrator {
 public:
  using Choose = std::function<double(const Histogram&)>;
  explicit HistogramCalibrator(Choose choose) : choose_(std::move(choose)) {}
  void see(const Values& x, const Range& range, int threads) override {
    latest_ = Histogram();
    latest_.add(x, range, threads);
    all_.merge(latest_);
  }
  double own_scale() const override { return choose_(latest_); }
  double scale() const override { return all_.count() > 0 ? choose_(all_) : 0; }

 private:
  Choose choose_;
  Histogram latest_, all_;
};

/// A grid that reaches the threshold on both sides, or the values' own end where that is nearer.
double pow2_scale(const Histogram& h, double threshold) {
  return scale_of_p(non_overflow_p(std::max(h.lo(), -threshold), std::min(h.hi(), threshold)));
}

double pow2_min_mse_scale(const Histogram& h) {
  const int p0 = non_overflow_p(h.lo(), h.hi());
  int best = p0;
  for (int p = p0 + 1; p <= p0 + 4; ++p)
    if (squared_error(h, scale_of_p(p)) < squared_error(h, scale_of_p(best))) best = p;
  return scale_of_p(best);
}

/// The tensor of one value, batch after batch.
class Observer {
 public:
  Observer(const model::Graph& graph, const Options& options, const Plan& plan, bool quantized)
      : graph_(graph), options_(options), plan_(plan), quantized_(quantized), calibrators_(graph.values.size()) {
    for (std::size_t v = 0; v < calibrators_.size(); ++v)
      if (plan.stored(static_cast<int>(v))) calibrators_[v] = make_calibrator(options, plan.tie);
    // Copies hold what their source holds.
    for (const model::Node& n : graph.nodes)
      if (model::keeps_values(n.op) && n.op != model::Op::kMaxPool)
        calibrators_[static_cast<std::size_t>(n.output)].reset();
  }

  void see(int value, model::Batch* batch) {
    Calibrator* calibrator = calibrators_[static_cast<std::size_t>(value)].get();
    const Values x(batch->data);
    const Range range = range_of(x, options_.threads);
    if (!range.finite)
      fail(value, "has infinities or NaNs on the calibration pictures; check the model and --mean/--std");
    if (calibrator == nullptr || range.zero()) return;
    calibrator->see(x, range, options_.threads);
    if (quantized_) snap_tensor(activation_grid(plan_, calibrator->own_scale()), &batch->data, options_.threads);
  }

  /// Of a group: the largest.
  double scale(const Group& group) const {
    double scale = 0;
    for (const int v : group.values) {
      const Calibrator* calibrator = calibrators_[static_cast<std::size_t>(v)].get();
      if (calibrator != nullptr) scale = std::max(scale, calibrator->scale());
    }
    if (scale == 0) fail(group.values[0], "is zero on all calibration pictures; calibrate on other pictures");
    return storable(scale);
  }

 private:
  [[noreturn]] void fail(int value, const std::string& what) const {
    throw UserError(302, graph_.file + ": tensor '" + graph_.value(value).name + "' " + what);
  }

  const model::Graph& graph_;
  const Options& options_;
  const Plan& plan_;
  bool quantized_;
  std::vector<std::unique_ptr<Calibrator>> calibrators_;
};

}  // namespace

std::unique_ptr<Calibrator> make_calibrator(const Options& options, num::Tie tie) {
  const bool dpu = options.scheme == Scheme::kDpu;
  const auto by_histogram = [](HistogramCalibrator::Choose choose) {
    return std::make_unique<HistogramCalibrator>(std::move(choose));
  };
  const auto by_threshold = [&](std::function<double(const Histogram&)> threshold) {
    return by_histogram([dpu, threshold = std::move(threshold)](const Histogram& h) {
      const double t = threshold(h);
      return dpu ? pow2_scale(h, t) : t / kSymmetric;
    });
  };
  switch (options.activations) {
    case Activations::kMax:
      return by_threshold([](const Histogram& h) { return h.max(); });
    case Activations::kPercentile:
      return by_threshold([percent = options.percentile](const Histogram& h) { return percentile(h, percent); });
    case Activations::kMse:
      if (dpu) return by_histogram(pow2_min_mse_scale);
      return by_threshold(min_mse_threshold);
    case Activations::kMode:
    case Activations::kDefault:
      break;
  }
  return std::make_unique<ModeCalibrator>(tie);
}

model::Batch slice(const model::Batch& pictures, int first, int count) {
  model::Batch batch;
  batch.n = count;
  batch.shape = pictures.shape;
  batch.data.assign(pictures.image(first), pictures.image(first + count));
  return batch;
}

void calibrate(const model::Graph& graph, const model::Batch& pictures, const Options& options, Plan* plan,
               const std::function<void(int)>& step) {
  Observer observer(graph, options, *plan, options.forward == Forward::kQuantized);
  const auto hook = [&](int value, model::Batch* batch) { observer.see(value, batch); };
  for (int first = 0; first < pictures.n; first += options.batch) {
    const int count = std::min(options.batch, pictures.n - first);
    model::run_float(graph, slice(pictures, first, count), hook, options.threads);
    if (step) step(count);
  }
  for (Group& group : plan->groups) group.scale = observer.scale(group);
}

}  // namespace e8::quantize
